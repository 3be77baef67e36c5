"""A mail that goes nowhere becomes work; one that is about nobody does not."""

from __future__ import annotations

import uuid
from datetime import timedelta
from functools import partial

from sqlalchemy import select

from mypage.auth.models import Account, Customer
from mypage.db.keys import Vault
from mypage.db.session import Tx
from mypage.hooks.desk import USUAL
from mypage.lib.clock import FixedClock
from mypage.mail.models import MailMessage
from mypage.mail.service import fail_stuck, mark_failed, mark_missed, send_mail
from mypage.testing.portal import Portal
from mypage.work.mails import open_for_mail
from mypage.work.models import WorkItem

GIVEN_UP = lambda tx, mail: open_for_mail(tx, mail, USUAL)  # noqa: E731 - the form that the worker hands in


def test_mails_that_are_given_up_wait_for_staff(portal: Portal) -> None:
    vault, clock = portal.server.ports.get(Vault), portal.clock
    assert isinstance(clock, FixedClock)
    customer, account = uuid.uuid4(), uuid.uuid4()

    def queue(tx: Tx) -> list[uuid.UUID]:
        tx.add(Customer(tenant_id=tx.tenant, id=customer, number="1", number_key="1", name="青森 太郎"))
        tx.flush()
        tx.add(Account(tenant_id=tx.tenant, id=account, customer_id=customer))
        tx.flush()
        send = partial(send_mail, tx, vault, template="card_changed", recipient="a@b.example", language="ja", values={})
        return [send(subject_id=about) for about in (customer, account, account, uuid.uuid4(), None)]

    first, second, third, stranger, nobody = portal.run(queue)
    assert portal.run(lambda tx: mark_missed(tx, second, "451", patience=timedelta(days=1), given_up=GIVEN_UP)) == 0
    portal.run(lambda tx: mark_failed(tx, first, "550 no such user", given_up=GIVEN_UP))
    for each in (stranger, nobody):
        portal.run(lambda tx, mail=each: mark_failed(tx, mail, "550", given_up=GIVEN_UP))  # type: ignore[misc]
    clock.at += timedelta(days=2)
    portal.run(lambda tx: mark_missed(tx, second, "451", patience=timedelta(days=1), given_up=GIVEN_UP))
    clock.at += timedelta(days=2)
    portal.run(lambda tx: fail_stuck(tx, 10, given_up=GIVEN_UP))

    def found(tx: Tx) -> dict[uuid.UUID, WorkItem]:
        items = tx.scalars(select(WorkItem).where(WorkItem.tenant_id == tx.tenant))
        return {item.subject_id: item for item in items}

    items = portal.run(found)
    assert set(items) == {first, second, third}
    assert {(item.kind, item.customer_id, item.title) for item in items.values()} == {
        ("mail", customer, "card_changed")
    }
    states = portal.run(
        lambda tx: list(tx.scalars(select(MailMessage.state).where(MailMessage.tenant_id == tx.tenant)))
    )
    assert set(states) == {"failed"}
