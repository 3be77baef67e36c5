"""Whether a customer can pay, by the card in force and what waits for a decision."""

from __future__ import annotations

import uuid
from datetime import datetime

import pytest
from sqlalchemy import update

from mypage.billing.models import PaymentMethod, PaymentReview
from mypage.billing.standing import payment_standing
from mypage.db.session import Tx
from mypage.lib.clock import TOKYO
from mypage.testing.portal import Portal
from portal_rows import Person, add_card, add_person


def standing(portal: Portal, person: Person) -> str:
    return portal.run(lambda tx: payment_standing(tx, person.customer_id))


def wait_for_review(portal: Portal, person: Person, card: uuid.UUID) -> None:
    def work(tx: Tx) -> None:
        tx.execute(
            update(PaymentMethod)
            .where(PaymentMethod.tenant_id == tx.tenant, PaymentMethod.id == card)
            .values(current=False)
        )
        tx.add(
            PaymentReview(
                tenant_id=tx.tenant, customer_id=person.customer_id, payment_method_id=card, card_name="TARO AOMORI",
                state="waiting", created_at=tx.now(),
            )
        )  # fmt: skip

    portal.run(work)


@pytest.mark.req("UCOM-121", "UCOM-116")
def test_while_a_card_waits_nothing_that_needs_payment_is_sold_whatever_is_in_force(portal: Portal) -> None:
    person, neighbour = add_person(portal), add_person(portal, "1000002")
    assert standing(portal, person) == "none"
    waiting = add_card(portal, person, last4="1111")
    assert standing(portal, person) == "valid"
    wait_for_review(portal, person, waiting)
    assert standing(portal, person) == "review"
    add_card(portal, person, last4="2222", expires=(2026, 12))
    assert standing(portal, person) == "review"
    assert standing(portal, neighbour) == "none"


@pytest.mark.req("UCOM-112", "UCOM-121")
@pytest.mark.parametrize(
    ("now", "expected"),
    [(datetime(2026, 11, 30, 23, 59, tzinfo=TOKYO), "valid"), (datetime(2026, 12, 1, 0, 0, tzinfo=TOKYO), "expired")],
)
def test_a_card_is_valid_to_the_last_moment_of_its_month_in_japan(portal: Portal, now: datetime, expected: str) -> None:
    person = add_person(portal)
    add_card(portal, person, expires=(2026, 11))
    portal.clock.at = now
    assert standing(portal, person) == expected


def test_an_expired_card_with_a_newer_one_under_review_waits_for_the_review(portal: Portal) -> None:
    person = add_person(portal)
    wait_for_review(portal, person, add_card(portal, person, last4="3333"))
    add_card(portal, person, expires=(2026, 10))
    assert standing(portal, person) == "review"
