"""The parts of second factors without a portal: codes after the standard's vectors, readable recovery codes, pictures."""

from __future__ import annotations

import re
from base64 import b32encode
from datetime import UTC, datetime
from math import log2
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mypage.auth.factors import passkeys, recovery_codes, totp
from softkey import Device, b64

RFC_SECRET = b32encode(b"12345678901234567890").decode()
SITE = passkeys.Site("portal.example", "https://portal.example", "ポータル")


@pytest.mark.parametrize(
    ("second", "code"),
    [(59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"), (2000000000, "279037"),
     (20000000000, "353130")],
)  # fmt: skip
def test_codes_are_those_of_rfc_6238(second: int, code: str) -> None:
    at = datetime.fromtimestamp(second, UTC)
    assert totp.step_of(RFC_SECRET, code, at) == second // 30
    assert totp.step_of(RFC_SECRET, f"{(int(code) + 1) % 10**6:06}", at) is None


def test_codes_of_the_neighbouring_steps_hold_and_no_others() -> None:
    base = 1_000_000
    generator = totp.pyotp.TOTP(RFC_SECRET)
    at = datetime.fromtimestamp(base * 30 + 29, UTC)
    found = [totp.step_of(RFC_SECRET, generator.generate_otp(base + off), at) for off in range(-3, 4)]
    assert found == [None, None, base - 1, base, base + 1, None, None]


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "12345a", "１２３４５", "١٢٣٤٥٦", "12.456", "\x00" * 6])
def test_what_is_not_six_digits_is_no_code(typed: str) -> None:
    assert totp.fold_code(typed) is None


@given(st.text(max_size=200))
def test_folding_never_fails(typed: str) -> None:
    code, recovery = totp.fold_code(typed), recovery_codes.fold_recovery(typed)
    assert code is None or re.fullmatch("[0-9]{6}", code)
    assert recovery is None or len(recovery) == recovery_codes.LENGTH
    assert passkeys.named_in(typed) is None or typed.lstrip().startswith("{")
    assert passkeys.read_creation(SITE, b"x" * 32, typed) is None
    assert passkeys.read_assertion(SITE, b"x" * 32, typed, b"key") is None


def test_secrets_have_160_bits_and_are_shown_in_groups() -> None:
    secrets = {totp.new_secret() for _ in range(50)}
    assert len(secrets) == 50
    assert all(re.fullmatch("[A-Z2-7]{32}", secret) for secret in secrets)
    assert re.fullmatch("([A-Z2-7]{4} ){7}[A-Z2-7]{4}", totp.grouped(secrets.pop()))


def test_the_address_names_portal_and_login() -> None:
    found = urlsplit(totp.address(RFC_SECRET, portal="見本: マイページ", login_id="hanako&x=1"))
    assert (found.scheme, found.netloc) == ("otpauth", "totp")
    assert unquote(found.path) == "/見本  マイページ:hanako&x=1"
    assert parse_qs(found.query) == {"secret": [RFC_SECRET], "issuer": ["見本  マイページ"]}


def test_the_picture_is_dark_squares_inside_a_quiet_zone() -> None:
    drawn = totp.picture(totp.address(RFC_SECRET, portal="MyPage", login_id="hanako1958"))
    bars = [(int(x), int(y), int(w)) for x, y, w in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\3z", drawn.path)]
    assert len(bars) > 100
    assert "".join(f"M{x} {y}h{w}v1h-{w}z" for x, y, w in bars) == drawn.path
    assert min(min(x, y) for x, y, _ in bars) == 4
    assert max(x + w for x, _, w in bars) == drawn.size - 4
    assert len(drawn.path) < 12_000


def test_recovery_codes_are_readable_and_hard_to_guess() -> None:
    codes = [code for _ in range(50) for code in recovery_codes.new_codes()]
    assert len(set(codes)) == len(codes) == 500
    assert all(re.fullmatch(r"(\w{4}-){2}\w{4}", code) for code in codes)
    assert set("".join(codes)) - {"-"} == set(recovery_codes.ALPHABET)
    assert not set("01OILU") & set(recovery_codes.ALPHABET)
    assert recovery_codes.LENGTH * log2(len(recovery_codes.ALPHABET)) > 50


@pytest.mark.parametrize(
    "typed", ["7KQM-2XRT-9HVB", "７ｋｑｍー２ｘｒｔ―９ｈｖｂ", " 7kqm 2xrt　9hvb ", "7KQM2XRT9HVB"]
)
def test_recovery_codes_are_typed_as_people_type(typed: str) -> None:
    assert recovery_codes.fold_recovery(typed) == "7KQM2XRT9HVB"


def test_a_passkey_is_read_for_its_own_challenge_and_site_alone() -> None:
    device = Device(SITE.origin, SITE.rp_id)
    challenge = passkeys.new_challenge()
    options = {"challenge": b64(challenge)}
    made = passkeys.read_creation(SITE, challenge, device.create(options))
    assert made is not None
    assert made.credential_id == device.id
    answer = device.get(options)
    assert passkeys.named_in(answer) == device.id
    assert passkeys.read_assertion(SITE, challenge, answer, made.public_key) == device.count
    assert passkeys.read_assertion(SITE, passkeys.new_challenge(), answer, made.public_key) is None
    other = passkeys.Site("other.example", "https://other.example", "x")
    assert passkeys.read_assertion(other, challenge, answer, made.public_key) is None
    assert passkeys.read_creation(other, challenge, device.create(options)) is None
    assert passkeys.read_creation(SITE, challenge, answer) is None
