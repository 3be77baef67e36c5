from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mypage.lib.crypto import DecryptError, Keyring, TenantKey, derive, key_id_of
from mypage.lib.tokens import length_prefixed, new_token, same, sign, token_hash, verify

OLD, NEW = b"\x01" * 32, b"\x02" * 32
PLACE = ("north", "lines", "password", "row-1")


@pytest.fixture
def keyring() -> Keyring:
    return Keyring({"m1": OLD}, "m1")


@pytest.fixture
def key(keyring: Keyring) -> TenantKey:
    return keyring.unwrap("north", "d1", keyring.new_key("north", "d1"))


def test_a_secret_comes_back_where_it_was_sealed(key: TenantKey) -> None:
    sealed = key.encrypt("ひみつ".encode(), aad=PLACE)
    assert key.decrypt(sealed, aad=PLACE).decode() == "ひみつ"
    assert key_id_of(sealed) == "d1"
    assert sealed != key.encrypt("ひみつ".encode(), aad=PLACE)


@pytest.mark.parametrize("part", range(4))
def test_a_moved_secret_cannot_be_read(key: TenantKey, part: int) -> None:
    sealed = key.encrypt(b"1234", aad=PLACE)
    moved = list(PLACE)
    moved[part] += "x"
    with pytest.raises(DecryptError):
        key.decrypt(sealed, aad=(moved[0], moved[1], moved[2], moved[3]))


def test_parts_of_a_place_do_not_run_together(key: TenantKey) -> None:
    for mark in ("", "|", "/", "\x00"):
        sealed = key.encrypt(b"1234", aad=("north", f"a{mark}b", "c", "1"))
        with pytest.raises(DecryptError):
            key.decrypt(sealed, aad=("north", "a", f"b{mark}c", "1"))


def test_a_key_seals_only_for_its_own_tenant(key: TenantKey) -> None:
    with pytest.raises(ValueError, match="north"):
        key.encrypt(b"1", aad=("south", "lines", "password", "row-1"))


@given(st.data())
def test_any_damage_is_noticed(data: st.DataObject) -> None:
    key = TenantKey("north", "d1", b"\x07" * 32)
    sealed = bytearray(key.encrypt(b"secret", aad=PLACE))
    at = data.draw(st.integers(0, len(sealed) - 1))
    sealed[at] ^= data.draw(st.integers(1, 255))
    with pytest.raises(DecryptError):
        key.decrypt(bytes(sealed), aad=PLACE)
    with pytest.raises(DecryptError):
        key.decrypt(bytes(sealed[:at]), aad=PLACE)


@given(st.binary(max_size=80))
def test_foreign_bytes_give_only_our_error(noise: bytes) -> None:
    key = TenantKey("north", "d1", b"\x07" * 32)
    with pytest.raises(DecryptError):
        key.decrypt(noise, aad=PLACE)


def test_master_keys_rotate_and_secrets_stay(keyring: Keyring) -> None:
    wrapped = keyring.new_key("north", "d1")
    sealed = keyring.unwrap("north", "d1", wrapped).encrypt(b"pin", aad=PLACE)
    both = Keyring({"m1": OLD, "m2": NEW}, "m2")
    assert both.needs_rewrap(wrapped)
    rewrapped = both.rewrap("north", "d1", wrapped)
    only_new = Keyring({"m2": NEW}, "m2")
    assert not only_new.needs_rewrap(rewrapped)
    assert only_new.unwrap("north", "d1", rewrapped).decrypt(sealed, aad=PLACE) == b"pin"
    with pytest.raises(DecryptError, match="m1"):
        only_new.unwrap("north", "d1", wrapped)


def test_a_data_key_of_another_tenant_or_id_does_not_unwrap(keyring: Keyring) -> None:
    wrapped = keyring.new_key("north", "d1")
    for tenant, key_id in (("south", "d1"), ("north", "d2")):
        with pytest.raises(DecryptError):
            keyring.unwrap(tenant, key_id, wrapped)


def test_another_data_key_is_named_in_the_error(keyring: Keyring, key: TenantKey) -> None:
    other = keyring.unwrap("north", "d2", keyring.new_key("north", "d2"))
    with pytest.raises(DecryptError, match="d1"):
        other.decrypt(key.encrypt(b"x", aad=PLACE), aad=PLACE)


@pytest.mark.parametrize(
    ("keys", "current"), [({"a": OLD}, "b"), ({"a": b"short"}, "a"), ({"": OLD}, ""), ({"鍵": OLD}, "鍵")]
)
def test_a_wrong_keyring_is_refused(keys: dict[str, bytes], current: str) -> None:
    with pytest.raises(ValueError, match="key"):
        Keyring(keys, current)


def test_keys_do_not_show_in_representations(keyring: Keyring, key: TenantKey) -> None:
    assert repr(OLD) not in repr(keyring)
    assert repr(key.secret) not in repr(key)


def test_derived_keys_differ_by_purpose_and_tenant() -> None:
    keys = {derive(OLD, purpose, tenant) for purpose in ("csrf", "captcha") for tenant in ("", "north", "south")}
    assert len(keys) == 6
    assert (
        derive(OLD, "csrf", "north")
        == derive(OLD, "csrf", "north")
        == Keyring({"m1": OLD}, "m1").derive("csrf", "north")
    )
    assert derive(OLD, "a", "bc") != derive(OLD, "ab", "c")


def test_tokens_are_long_and_differ() -> None:
    tokens = {new_token() for _ in range(100)}
    assert len(tokens) == 100
    assert all(len(token) == 43 and token.isascii() for token in tokens)
    assert len(token_hash("x")) == 32


@given(st.text())
def test_any_string_can_be_looked_up_and_compared(text: str) -> None:
    assert token_hash(text) == token_hash(text)
    assert same(text, text)
    assert not same(text, text + "x")
    assert not verify(OLD, text, "a")


def test_lone_surrogates_do_no_harm() -> None:
    assert len(token_hash("\ud800")) == 32
    assert not verify(OLD, "\ud800", "\udfff")


@given(st.lists(st.text(max_size=5), max_size=4), st.lists(st.text(max_size=5), max_size=4))
def test_signatures_bind_the_parts(left: list[str], right: list[str]) -> None:
    assert verify(OLD, sign(OLD, *left), *left)
    assert verify(OLD, sign(OLD, *left), *right) == (left == right)
    assert not verify(NEW, sign(OLD, *left), *left)
    assert (length_prefixed(*left) == length_prefixed(*right)) == (left == right)
