from __future__ import annotations

import asyncio
import hashlib
import os
import statistics
import threading
import time
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mypage.auth.hashing import LONGEST_INPUT, HashingBusy, LegacyKind, PasswordHasher, UnhashablePassword
from mypage.testing.portal import HANG

PEPPER, NEXT_PEPPER = b"p" * 32, b"q" * 32


def cheap(pepper: bytes = PEPPER, time_cost: int = 1, workers: int = 1, waiting: int = 64) -> PasswordHasher:
    return PasswordHasher(pepper, time_cost=time_cost, memory_kib=8, workers=workers, waiting=waiting)


@pytest.fixture(scope="module")
def hasher() -> Iterator[PasswordHasher]:
    made = cheap()
    yield made
    made.close()


@pytest.fixture
def slow() -> Iterator[PasswordHasher]:
    made = PasswordHasher(PEPPER, time_cost=2, memory_kib=19456, workers=1, waiting=1)
    yield made
    made.close()


def test_a_password_is_known_again(hasher: PasswordHasher) -> None:
    encoded = hasher.hash("正しい馬")
    assert encoded.startswith("v1$p")
    assert "$argon2id$" in encoded
    assert hasher.verify(encoded, "正しい馬")
    assert not hasher.verify(encoded, "正しい馬 ")
    assert encoded != hasher.hash("正しい馬")
    assert not hasher.needs_rehash(encoded)


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=256), st.text(max_size=256))
def test_exactly_what_was_typed_counts(password: str, other: str) -> None:
    hasher = cheap()
    encoded = hasher.hash(password)
    assert hasher.verify(encoded, password)
    assert hasher.verify(encoded, other) == (other == password)


@pytest.mark.parametrize(
    ("typed", "other"),
    [("a\x00b", "a\x00c"), ("Ａbc", "Abc"), ("abc", "ABC"), ("が", "か\u3099"), ("a" * 72, "a" * 73)],
)
def test_nothing_is_cut_or_folded(hasher: PasswordHasher, typed: str, other: str) -> None:
    assert not hasher.verify(hasher.hash(typed), other)


def test_without_the_pepper_a_stolen_hash_is_of_no_use(hasher: PasswordHasher) -> None:
    other = cheap(NEXT_PEPPER)
    encoded = hasher.hash("secret")
    assert not other.verify(encoded, "secret")
    relabelled = other.hash("x")[:12] + encoded[12:]
    assert not other.verify(relabelled, "secret")
    assert hasher.verify(hasher.hash("x")[:12] + encoded[12:], "secret")


def test_a_new_pepper_verifies_the_old_and_asks_for_a_rehash(hasher: PasswordHasher) -> None:
    encoded = hasher.hash("secret")
    rotated = PasswordHasher(NEXT_PEPPER, previous_peppers=[PEPPER], time_cost=1, memory_kib=8)
    assert rotated.verify(encoded, "secret")
    assert rotated.needs_rehash(encoded)
    assert not rotated.needs_rehash(rotated.hash("secret"))


def test_other_costs_ask_for_a_rehash(hasher: PasswordHasher) -> None:
    costlier = cheap(time_cost=2)
    encoded = hasher.hash("secret")
    assert costlier.verify(encoded, "secret")
    assert costlier.needs_rehash(encoded)


@pytest.mark.parametrize("size", [LONGEST_INPUT + 1, 1_000_000])
def test_long_input_is_never_hashed(hasher: PasswordHasher, size: int) -> None:
    with pytest.raises(UnhashablePassword):
        hasher.hash("a" * size)
    with pytest.raises(UnhashablePassword):
        hasher.hash("漢" * (size // 3 + 1))
    assert not hasher.verify(hasher.hash(""), "a" * size)
    assert hasher.verify(hasher.hash("a" * LONGEST_INPUT), "a" * LONGEST_INPUT)


def test_lone_surrogates_are_wrong_passwords_not_errors(hasher: PasswordHasher) -> None:
    assert not hasher.verify(hasher.hash(""), "\ud800")
    with pytest.raises(UnhashablePassword):
        hasher.hash("\ud800")


@pytest.mark.parametrize(
    "encoded",
    [
        "", "secret", "v1$", "v2$p00000000$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaA", "v1$pzzzzzzzz$argon2id$x",
        "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaA", "v1$p00000000$l:rot13:$argon2id$x", "{own}$argon2id$broken",
        "{own}$l:md5:a$argon2id$x", "\ud800", "{own}$argon2id$v=19$m=8,t=1,p=1$漢$字",
    ],
)  # fmt: skip
def test_an_unreadable_stored_form_matches_nothing(hasher: PasswordHasher, encoded: str) -> None:
    own = hasher.hash("x").split("$argon2id", 1)[0]
    assert not hasher.verify(encoded.replace("{own}", own), "secret")
    assert hasher.needs_rehash(encoded.replace("{own}", own))


@pytest.mark.parametrize(
    ("kind", "value", "salt"),
    [
        (LegacyKind.MD5, hashlib.md5("ひみつ1".encode()).hexdigest(), b""),
        (LegacyKind.MD5, hashlib.md5("ひみつ1".encode()).hexdigest().upper(), b""),
        (LegacyKind.SHA256, hashlib.sha256("ひみつ1".encode()).hexdigest(), b""),
        (LegacyKind.SHA256_SALT_FIRST, hashlib.sha256(b"\x00\xff" + "ひみつ1".encode()).hexdigest(), b"\x00\xff"),
        (LegacyKind.SHA256_SALT_LAST, hashlib.sha256("ひみつ1".encode() + b"salt").hexdigest(), b"salt"),
    ],
)
def test_legacy_hashes_are_wrapped_and_replaced_later(
    hasher: PasswordHasher, kind: LegacyKind, value: str, salt: bytes
) -> None:
    wrapped = hasher.wrap_legacy(kind, value, salt=salt)
    assert value.lower() not in wrapped.lower()
    assert hasher.verify(wrapped, "ひみつ1")
    assert not hasher.verify(wrapped, "ひみつ2")
    assert not hasher.verify(wrapped, value)
    assert hasher.needs_rehash(wrapped)
    assert not hasher.verify(wrapped.replace("$l:", "$x:"), "ひみつ1")


def test_a_plain_legacy_password_becomes_an_ordinary_hash(hasher: PasswordHasher) -> None:
    wrapped = hasher.wrap_legacy(LegacyKind.PLAIN, "secret")
    assert "secret" not in wrapped
    assert hasher.verify(wrapped, "secret")
    assert not hasher.needs_rehash(wrapped)


@pytest.mark.parametrize(
    ("kind", "value", "salt"),
    [
        (LegacyKind.MD5, "zz", b""),
        (LegacyKind.MD5, "a" * 64, b""),
        (LegacyKind.SHA256, "a" * 32, b""),
        (LegacyKind.SHA256, "a" * 64, b"salt"),
        (LegacyKind.SHA256_SALT_FIRST, "a" * 64, b""),
    ],
)
def test_what_is_no_such_digest_is_refused(hasher: PasswordHasher, kind: LegacyKind, value: str, salt: bytes) -> None:
    with pytest.raises(ValueError, match=kind):
        hasher.wrap_legacy(kind, value, salt=salt)


def test_a_short_pepper_is_refused() -> None:
    with pytest.raises(ValueError, match="pepper"):
        PasswordHasher(b"short")


@pytest.mark.parametrize("encoded", [None, "unreadable", "v1$p{pepper}$argon2id$broken"])
def test_an_unknown_user_costs_as_much_as_a_known_one(slow: PasswordHasher, encoded: str | None) -> None:
    known = slow.hash("secret")
    encoded = encoded and encoded.replace("{pepper}", known[4:12])

    def median_cost(stored: str | None, password: str) -> float:
        spent = []
        for _ in range(7):
            start = time.thread_time()
            assert not slow.verify(stored, password)
            spent.append(time.thread_time() - start)
        return statistics.median(spent)

    wrong = median_cost(known, "wrong")
    for cost in (median_cost(encoded, "wrong"), median_cost(known, "x" * 5000)):
        assert 0.5 * wrong < cost < 2 * wrong


async def _three(hasher: PasswordHasher) -> list[bool]:
    encoded = await hasher.hash_async("secret")
    answers = await asyncio.gather(
        hasher.verify_async(encoded, "secret"),
        hasher.verify_async(encoded, "wrong"),
        hasher.verify_async(None, "secret"),
    )
    return list(answers)


def test_the_pool_gives_the_same_answers(hasher: PasswordHasher) -> None:
    assert asyncio.run(_three(hasher)) == [True, False, False]


def test_a_crowd_is_refused_at_once_and_later_served_again(slow: PasswordHasher) -> None:
    async def crowd() -> tuple[list[bool | BaseException], bool]:
        outcomes = await asyncio.gather(*(slow.verify_async(None, "x") for _ in range(6)), return_exceptions=True)
        return list(outcomes), await slow.verify_async(None, "x")

    outcomes, later = asyncio.run(crowd())
    assert [type(outcome) for outcome in outcomes] == [bool, bool, *[HashingBusy] * 4]
    assert later is False


def test_a_caller_who_leaves_frees_the_place(slow: PasswordHasher) -> None:
    async def leave() -> bool:
        for _ in range(5):
            calls = [asyncio.ensure_future(slow.verify_async(None, "x")) for _ in range(2)]
            await asyncio.sleep(0)
            for call in calls:
                call.cancel()
            await asyncio.gather(*calls, return_exceptions=True)
        deadline = time.monotonic() + HANG
        while time.monotonic() < deadline:
            try:
                return await slow.verify_async(None, "x")
            except HashingBusy:
                await asyncio.sleep(0.02)
        return True

    assert asyncio.run(leave()) is False


def test_the_event_loop_runs_on_while_hashing(slow: PasswordHasher) -> None:
    async def ticks() -> int:
        call = asyncio.ensure_future(slow.hash_async("secret"))
        count = 0
        while not call.done():
            count += 1
            await asyncio.sleep(0.001)
        return count

    assert asyncio.run(ticks()) >= 3


def test_the_pool_is_never_larger_than_the_cores() -> None:
    greedy = cheap(workers=500, waiting=600)

    async def many() -> None:
        await asyncio.gather(*(greedy.verify_async(None, "x") for _ in range(300)))

    before = threading.active_count()
    asyncio.run(many())
    assert threading.active_count() - before <= (os.cpu_count() or 1)
    greedy.close()
