"""The queue is not empty on the day it comes: what waited before is in it, of every tenant its own."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from queuekit import add_card_review
from sqlalchemy import create_engine, select

from mypage.db.migrations.waiting_work import FILL
from mypage.orders.models import ProvisioningJob
from mypage.testing.database import TestDatabase
from mypage.testing.portal import MakePortal, Portal
from mypage.work.models import WorkItem
from portal_rows import add_person


@pytest.fixture
def here(make_portal: MakePortal) -> Portal:
    return make_portal("actv")


def test_what_waited_before_is_in_the_queue(here: Portal, make_portal: MakePortal, test_database: TestDatabase) -> None:
    elsewhere = make_portal("actv")
    items = [(portal, add_card_review(portal)) for portal in (here, elsewhere)]
    person = add_person(here, "1000009")
    old, failed = uuid.uuid4(), uuid.uuid4()

    def prepare(tx) -> None:  # type: ignore[no-untyped-def]
        for each, days in ((old, 31), (failed, 1)):
            tx.add(
                ProvisioningJob(
                    tenant_id=tx.tenant, id=each, customer_id=person.customer_id, action="end", product="mail",
                    subject="a@b.example", adapter="webhook", state="failed", created_at=tx.now(),
                    done_at=tx.now() - timedelta(days=days),
                )
            )  # fmt: skip

    here.run(prepare)
    wanted = select(WorkItem.subject_id, WorkItem.reference, WorkItem.title, WorkItem.customer_id, WorkItem.tenant_id)
    owner = create_engine(test_database.owner)
    admin = create_engine(test_database.admin)
    with admin.begin() as connection:
        connection.exec_driver_sql("DELETE FROM work_item WHERE tenant_id IN (%s, %s)", (here.name, elsewhere.name))
    with owner.begin() as connection:
        connection.exec_driver_sql(FILL)
        connection.exec_driver_sql(FILL)  # again is harmless
    try:
        for portal, item in items:
            found = portal.run(lambda tx: tx.execute(wanted.where(WorkItem.tenant_id == tx.tenant)).all())
            cards = [row for row in found if row.reference.startswith("C-")]
            assert [(row.subject_id, row.reference, row.title) for row in cards] == [
                (item.subject_id, item.reference, "VISA **** 4242")
            ]
        (failure,) = [
            row
            for row in here.run(lambda tx: tx.execute(wanted.where(WorkItem.tenant_id == tx.tenant)).all())
            if row.reference.startswith("P-")
        ]
        assert (failure.subject_id, failure.title) == (failed, "end mail")
    finally:
        owner.dispose()
        admin.dispose()
