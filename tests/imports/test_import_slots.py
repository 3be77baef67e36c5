"""What is in numbered places: found again, ended once, one contract's address for ever, and what came online stays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import update

from mypage.db.session import Tx
from mypage.hooks.mailboxes import LocalPart
from mypage.hooks.passwords import ASCII_LOWER, DIGITS
from mypage.hooks.slots import SlotOption, Slots
from mypage.imports.chunk import Means
from mypage.imports.report import Report
from mypage.slots.models import Slot

Feed = Callable[..., Report]
Rows = Callable[..., list[Any]]
Objects = list[dict[str, Any]]
PLACE = 9
MAIL = Slots(
    code="mail", product="mail-account", at_most=4, local=LocalPart(length=(3, 20), alphabet=ASCII_LOWER + DIGITS),
    options=(SlotOption(code="virus-check", product="virus-check"),),
)  # fmt: skip
LIVE = "SELECT number, local || '@' || host, options, blocked FROM slot WHERE tenant_id = :t AND ended_at IS NULL ORDER BY 1"
NAMES = "SELECT local_key || '@' || host, used_at IS NOT NULL, ended_at IS NULL FROM slot_name WHERE tenant_id = :t ORDER BY 1"


def said(report: Report) -> list[str]:
    return [str(problem) for problem in report.problems]


@pytest.fixture
def strict(means: Means) -> Means:
    return replace(means, slots={"mail": MAIL})


def test_a_place_is_stored_once_with_its_options_and_its_name(feed: Feed, each: Objects, rows: Rows) -> None:
    assert feed(*each).clean
    assert rows(LIVE) == [(1, "soumu@arrow.example.jp", ["virus-check"], False)]
    assert rows(NAMES) == [("soumu@arrow.example.jp", True, True)]
    for again in ({}, {"address": "SOUMU@ARROW.example.jp"}, {"options": []}):
        assert feed(each[PLACE] | again).tally.flat() == {"slot unchanged": 1}
    assert feed(each[PLACE] | {"blocked": True}).tally.flat() == {"slot updated": 1}
    assert feed(each[PLACE] | {"number": 2, "address": "keiri@dune.example.jp"}).tally.flat() == {"slot new": 1}
    assert rows(LIVE) == [
        (1, "soumu@arrow.example.jp", ["virus-check"], True), (2, "keiri@dune.example.jp", ["virus-check"], False),
    ]  # fmt: skip


def test_a_place_is_emptied_and_filled_anew_in_one_feed(feed: Feed, each: Objects, rows: Rows) -> None:
    feed(*each)
    ended = each[PLACE] | {"ended_at": "2026-10-01T00:00:00+09:00"}
    after = each[PLACE] | {
        "address": "hanbai@arrow.example.jp",
        "started_at": "2026-10-01T00:00:00+09:00",
        "options": [],
    }
    assert feed(after, ended).tally.flat() == {"slot new": 1, "slot updated": 1}
    assert rows(LIVE) == [(1, "hanbai@arrow.example.jp", [], False)]
    assert rows(NAMES) == [("hanbai@arrow.example.jp", True, True), ("soumu@arrow.example.jp", True, False)]
    assert feed(ended, after).tally.flat() == {"slot unchanged": 2}
    assert feed(each[PLACE]).tally.flat() == {"slot unchanged": 1}
    other_end = each[PLACE] | {"ended_at": "2026-10-02T00:00:00+09:00"}
    assert "an end never changes" in said(feed(other_end))[0]


def test_what_was_changed_online_stays(
    feed: Feed, each: Objects, rows: Rows, in_unit: Callable[[Callable[[Tx], Any]], Any]
) -> None:
    feed(*each)
    in_unit(lambda tx: tx.execute(update(Slot).where(Slot.tenant_id == tx.tenant).values(options=[])))
    assert feed(each[PLACE] | {"blocked": True}).tally.flat() == {"slot updated": 1}
    assert rows(LIVE) == [(1, "soumu@arrow.example.jp", [], True)]
    in_unit(lambda tx: tx.execute(update(Slot).where(Slot.tenant_id == tx.tenant).values(ended_at=tx.now())))
    assert feed(each[PLACE]).tally.flat() == {"slot unchanged": 1}
    assert rows(LIVE) == []


BAD: list[tuple[dict[str, Any], str]] = [
    ({"kind": "fax"}, "kind: 'fax' is no kind of places here; there is mail"),
    ({"number": 5}, "number: is 5; there are 4 places of mail"),
    ({"number": 0}, "number: is too small (the limit is 1)"),
    ({"options": ["spam"]}, "options: has 'spam', which mail does not have"),
    ({"options": ["'; --"]}, "options[0]: does not have the form that this field needs"),
    ({"address": "here"}, "address: is not an e-mail address; write it as name@example.jp"),
    ({"contract": "K-9"}, "contract: there is no contract K-9; load the contracts first"),
    ({"ended_at": "2026-09-05T09:59:00+09:00"}, "ended_at: lies before started_at"),
    ({"address": "second@arrow.example.jp"}, "number: place 1 has soumu@arrow.example.jp already; end that first"),
    (
        {"contract": "K-2", "number": 3},
        "address: soumu@arrow.example.jp is or was another contract's; an address is one contract's for ever",
    ),
]


def test_each_bad_line_is_named(feed: Feed, each: Objects, strict: Means, rows: Rows) -> None:
    other = each[0] | {"number": "00-2"}, each[2] | {"customer": "00-2", "number": "K-2"}
    feed(*each[:3], *other, each[PLACE], means=strict)
    report = feed(*(each[PLACE] | change for change, _ in BAD), means=strict)
    assert said(report) == [f"line {number}, {why}" for number, (_, why) in enumerate(BAD, 1)]
    assert len(rows(LIVE)) == 1


def test_a_dry_run_writes_nothing(feed: Feed, each: Objects, strict: Means, rows: Rows) -> None:
    assert feed(*each[:3], each[PLACE], dry_run=True, means=strict).tally.flat()["slot new"] == 1
    assert (rows(LIVE), rows(NAMES)) == ([], [])
