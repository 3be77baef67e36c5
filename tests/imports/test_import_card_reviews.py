"""Cards of a feed that wait for staff: one of a customer, told once, and what staff decided stays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from mypage.billing.models import PaymentMethod, PaymentReview
from mypage.billing.review_queue import leave
from mypage.db.keys import Vault
from mypage.db.session import Tx
from mypage.imports.chunk import Means
from mypage.imports.report import Report
from mypage.lib.crypto import Keyring

Feed = Callable[..., Report]
Rows = Callable[..., list[Any]]
InUnit = Callable[[Callable[[Tx], Any]], Any]
Line = dict[str, Any]

CUSTOMER = {"type": "customer", "number": "1", "name": "見本"}
PAYS = {"type": "card", "customer": "1", "gateway": "g", "token": "tok_pays", "brand": "jcb", "last4": "1111"} | {
    "exp_month": 1,
    "exp_year": 2030,
}
WAITS = PAYS | {"token": "tok_waits", "brand": "visa", "last4": "4242", "holder": " TARO YAMADA ", "review": True}
CARDS = "SELECT last4, current, exp_year FROM payment_method WHERE tenant_id = :t ORDER BY last4, created_at"
REVIEWS = (
    "SELECT r.card_name, r.state, m.last4, r.created_at = m.created_at FROM payment_review r JOIN payment_method m"
    " ON m.tenant_id = r.tenant_id AND m.id = r.payment_method_id WHERE r.tenant_id = :t ORDER BY m.last4"
)


def said(report: Report) -> list[str]:
    return [str(problem) for problem in report.problems]


@pytest.fixture
def reject(in_unit: InUnit) -> Callable[[], None]:
    """What staff do with the one card that waits."""

    def work(tx: Tx) -> None:
        waiting = select(PaymentReview).where(PaymentReview.tenant_id == tx.tenant, PaymentReview.state == "waiting")
        leave(tx, tx.scalars(waiting).one(), "rejected")

    return lambda: in_unit(work)


@pytest.mark.req("UCOM-117", "UCOM-120")
def test_a_card_waits_beside_the_one_that_pays_and_the_second_time_changes_nothing(
    feed: Feed, rows: Rows, in_unit: InUnit, keyring: Keyring
) -> None:
    assert feed(CUSTOMER, PAYS, WAITS, dry_run=True).tally.flat() == {"customer new": 1, "card new": 2}
    assert rows(CARDS) == []
    assert feed(CUSTOMER, PAYS, WAITS).tally.flat() == {"customer new": 1, "card new": 2}
    assert rows(CARDS) == [("1111", True, 2030), ("4242", False, 2030)]
    assert rows(REVIEWS) == [("TARO YAMADA", "waiting", "4242", True)]

    def token(tx: Tx) -> bytes:
        card = tx.scalars(
            select(PaymentMethod).where(PaymentMethod.tenant_id == tx.tenant, ~PaymentMethod.current)
        ).one()
        assert b"tok_waits" not in card.token_sealed
        place = {"table": "payment_method", "column": "token_sealed", "row": str(card.id)}
        return Vault(keyring).open(tx, card.token_sealed, **place)

    assert in_unit(token) == b"tok_waits"
    assert feed(CUSTOMER, PAYS, WAITS).tally.flat() == {"customer unchanged": 1, "card unchanged": 2}
    work = (
        "SELECT w.kind, w.title, w.state, left(w.reference, 2), w.due_on > r.created_at::date FROM work_item w"
        " JOIN payment_review r ON r.tenant_id = w.tenant_id AND r.id = w.subject_id WHERE w.tenant_id = :t"
    )
    assert rows(work) == [("card_review", "VISA **** 4242", "open", "C-", True)]
    later = WAITS | {"holder": "HANAKO YAMADA"}
    assert feed(later).tally.flat() == {"card updated": 1}
    assert feed(later | {"exp_year": 2031}).tally.flat() == {"card updated": 1}
    assert rows(CARDS) == [("1111", True, 2030), ("4242", False, 2031)]
    assert rows(REVIEWS) == [("HANAKO YAMADA", "waiting", "4242", True)]


@pytest.mark.req("UCOM-117")
def test_one_card_of_a_customer_waits_and_does_not_pay_by_the_way(feed: Feed, rows: Rows) -> None:
    feed(CUSTOMER, WAITS)
    other = WAITS | {"token": "tok_other", "last4": "2222"}
    assert said(feed(other)) == ["line 1, token: another card of customer 1 waits for staff; let them decide first"]
    unasked = WAITS | {"review": False}
    assert said(feed(unasked)) == ["line 1, review: is left out, but the card of customer 1 waits for staff"]
    assert said(feed(WAITS, other)) == [
        "line 2, customer: the card in review of customer 1 was stated in line 1 already"
    ]
    assert rows(CARDS) == [("4242", False, 2030)]
    both = [CUSTOMER | {"number": "2"}, WAITS | {"customer": "2"}, unasked | {"customer": "2"}]
    assert said(feed(*both)) == ["line 3, token: is that of the other card of customer 2 in this file"]


@pytest.mark.req("UCOM-117")
def test_what_staff_rejected_does_not_come_back_also_after_the_master_key_changed(
    feed: Feed, rows: Rows, means: Means, keyring: Keyring, reject: Callable[[], None]
) -> None:
    feed(CUSTOMER, WAITS)
    reject()
    assert feed(WAITS).tally.flat() == {"card unchanged": 1}
    newer = Keyring(dict(keyring.master_keys) | {"m2": b"2" * 32}, "m2")
    rotated = replace(means, vault=Vault(newer))
    assert feed(WAITS, means=rotated).tally.flat() == {"card unchanged": 1}
    assert rows(REVIEWS) == [("TARO YAMADA", "rejected", "4242", True)]
    other = WAITS | {"token": "tok_other", "last4": "2222"}
    assert feed(other, means=rotated).tally.flat() == {"card new": 1}
    assert feed(WAITS).tally.flat() == {"card unchanged": 1}, "another one waits, but this one is settled"
    assert [row[1:3] for row in rows(REVIEWS)] == [("waiting", "2222"), ("rejected", "4242")]
    assert rows("SELECT state FROM work_item WHERE tenant_id = :t ORDER BY title") == ["open", "rejected"]
    assert feed(WAITS | {"review": False}).tally.flat() == {"card new": 1}, (
        "the operator may say that it pays after all"
    )


def test_a_card_in_force_stays_so_whatever_the_line_says_of_a_review(feed: Feed, rows: Rows) -> None:
    feed(CUSTOMER, PAYS)
    assert feed(PAYS | {"holder": "A B", "review": True, "exp_year": 2031}).tally.flat() == {"card updated": 1}
    assert rows(CARDS) == [("1111", True, 2031)]
    assert rows(REVIEWS) == []


def test_what_cannot_wait_is_refused_in_one_line(feed: Feed, means: Means, rows: Rows) -> None:
    feed(CUSTOMER)
    report = feed(WAITS, means=replace(means, card_reviews=False))
    assert said(report) == ["line 1, review: has no meaning here: no names on cards are compared; leave it out"]
    wrong = {
        " ": "holder: is missing; staff compare it with the customer's name",
        "4242 4242 4242 4242": "holder: holds the number of a card; give the name on it",
        "TARO\x00": "holder: holds a control character, such as NUL",
        "T" * 201: "holder: is too long (the limit is 200)",
    }
    for holder, reason in wrong.items():
        assert said(feed(WAITS | {"holder": holder})) == [f"line 1, {reason}"]
    assert said(feed(WAITS | {"customer": "404"})) == [
        "line 1, customer: there is no customer 404; load the customers first"
    ]
    assert rows(CARDS) == []
    assert feed(WAITS, means=replace(means, card_reviews=True)).clean


@pytest.mark.req("UCOM-120")
def test_the_name_on_a_card_that_pays_is_kept_nowhere(feed: Feed, rows: Rows) -> None:
    assert feed(CUSTOMER, PAYS | {"holder": "QUIXOTE"}).clean
    assert rows("SELECT 1 FROM payment_method m WHERE tenant_id = :t AND m::text LIKE '%QUIXOTE%'") == []
    assert rows(REVIEWS) == []
    assert feed(PAYS).tally.flat() == {"card unchanged": 1}
