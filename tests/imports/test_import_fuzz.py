"""Spoilt lines by the thousand: each is loaded or refused with a reason, and none takes its chunk with it."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable
from typing import Any

import pytest

from mypage.imports.report import Report

NASTY: list[Any] = [
    None, True, False, 0, -1, 1, 8, 10, 99, 2**31, 2**63, 2**64, -(2**63), 10**12, 10**400, 1.5, 1e300,
    "", " ", "　", "0", "x", "X" * 64, "y" * 65, "長" * 200, "z" * 20_001, "\u0000", "a\nb", "a\tb", "\\N", "\\.", "\\", "%s", "{0}",
    "'; DROP TABLE customer; --", "\u202e", "\ud800", "\udfff\ud800", "\ufeff", "\u200b", "😀", "神", "か\u3099", "\u0301" * 60, "ﷺ" * 60,
    "2026-11", "2026-02-30", "0001-01-01", "0000-00-00", "9999-12-31", "2199-12-31", "1899-12-31", "-2026-01-01",
    "2026-11-01T00:00:00Z", "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59", "2026-06-30T23:59:60Z",
    "a@b.example", "@", "v1$p00000000$argon2id$x", "visa", "active", "paid", "down",
    [], [""], ["a"], [None], [[]], {}, {"": ""}, {"\u0000": "x"}, {"a": "b" * 1001}, {"k" * 201: "v"}, {"a": {"b": "c"}},
    [{"category": "c", "name": "n"}], [{"description": "d", "amount": -(10**12)}] * 3, {"kind": "md5", "value": "0" * 32},
    {"kind": "mypage", "value": "v1$p00000000$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNo"}, {"net": 0, "tax": 0, "total": 0},
]  # fmt: skip


def spoilt(line: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    line = copy.deepcopy(line)
    for _ in range(chance.choice((1, 1, 2, 3))):
        target: Any = line
        nested = [
            value[0] for value in line.values() if isinstance(value, list) and value and isinstance(value[0], dict)
        ]
        if nested and chance.random() < 0.4:
            target = chance.choice(nested)
        target[chance.choice([*target, "extra"] if chance.random() < 0.05 else list(target))] = copy.deepcopy(
            chance.choice(NASTY)
        )
    return line


@pytest.mark.parametrize("seed", range(3))
def test_a_spoilt_line_never_stops_an_import(
    feed: Callable[..., Report], each: list[dict[str, Any]], seed: int
) -> None:
    chance = random.Random(seed)
    lines = [spoilt(chance.choice(each), chance) for _ in range(1500)]
    report = feed({"type": "customer", "number": "00-1", "name": "見本"}, *lines, chunk=200)
    assert report.lines == 1501
    assert sum(report.tally.counts.values()) == 1501
    assert report.tally.total("refused") == len(report.problems) > 500
    assert all(len(str(problem)) < 400 and "\n" not in str(problem) for problem in report.problems)
    # Customers that stand below what names them are there by the second run; from then on nothing changes.
    runs = [feed({"type": "customer", "number": "00-1", "name": "見本"}, *lines, chunk=size) for size in (333, 1000)]
    assert (runs[1].tally.total("new"), runs[1].tally.total("updated")) == (0, 0)
