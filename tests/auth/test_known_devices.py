"""The mark of a known device: bound to tenant, credential, password and time; nothing else opens its counter."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import timedelta

import pytest

from mypage.auth.known import LIFE, Devices
from mypage.testing.portal import NOON

ME, SET = uuid.UUID(int=7), NOON - timedelta(days=3)
EMPTY = Devices(key=b"k" * 32, tenant="t1", value="")
KNOWN = replace(EMPTY, value=EMPTY.remembering(ME, SET, NOON))


def test_a_mark_makes_the_device_known_until_its_time_is_over() -> None:
    assert EMPTY.known(ME, SET, NOON) == ""
    assert KNOWN.known(ME, SET, NOON + LIFE - timedelta(seconds=1))
    assert KNOWN.known(ME, SET, NOON + LIFE) == ""


@pytest.mark.parametrize("changed", [{"key": b"x" * 32}, {"tenant": "t2"}])
def test_a_mark_is_bound_to_its_tenant_and_key(changed: dict[str, object]) -> None:
    assert replace(KNOWN, **changed).known(ME, SET, NOON) == ""  # type: ignore[arg-type]


def test_a_mark_is_bound_to_credential_and_password() -> None:
    assert KNOWN.known(uuid.UUID(int=8), SET, NOON) == ""
    assert KNOWN.known(ME, SET + timedelta(microseconds=1), NOON) == ""


def test_no_part_of_a_mark_can_be_changed() -> None:
    for place in range(len(KNOWN.value)):
        other = "A" if KNOWN.value[place] != "A" else "B"
        forged = replace(KNOWN, value=KNOWN.value[:place] + other + KNOWN.value[place + 1 :])
        assert forged.known(ME, SET, NOON) == "" or place == len(KNOWN.value)


@pytest.mark.parametrize("value", ["~~~", ".", "a.b.c", "é.1.ü", "x" * 5000, "a." + "9" * 500 + ".c", "\udc80"])
def test_nonsense_is_no_mark(value: str) -> None:
    assert replace(EMPTY, value=value).known(ME, SET, NOON) == ""
    assert replace(EMPTY, value=replace(EMPTY, value=value).remembering(ME, SET, NOON)).known(ME, SET, NOON)


def test_a_device_keeps_its_name_and_serves_three_people() -> None:
    family, name = KNOWN, KNOWN.known(ME, SET, NOON)
    for each in (8, 9):
        family = replace(family, value=family.remembering(uuid.UUID(int=each), SET, NOON))
    assert family.known(ME, SET, NOON) == name
    again = replace(family, value=family.remembering(ME, SET, NOON + timedelta(days=100)))
    assert again.known(ME, SET, NOON + LIFE + timedelta(days=1)) == name
    assert again.known(uuid.UUID(int=8), SET, NOON)
    full = replace(again, value=again.remembering(uuid.UUID(int=10), SET, NOON))
    assert [bool(full.known(uuid.UUID(int=n), SET, NOON)) for n in (7, 8, 9, 10)] == [True, False, True, True]
