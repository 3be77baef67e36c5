"""Figures: what is counted, on which day, and that counting again changes nothing."""

from __future__ import annotations

import uuid
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from mypage.audit.trail import record
from mypage.db.session import Tx
from mypage.staff.figures.service import days_of, unpaid_of, waiting_of
from mypage.staff.figures.tally import tally
from mypage.staff.models import DailyFigure
from mypage.testing.portal import MakePortal, Portal
from mypage.work.models import WorkItem
from portal_rows import add_bill, add_person
from staff_rows import add_staff, make_office, sit_down


@pytest.fixture
def here(make_portal: MakePortal) -> Portal:
    return make_portal("actv")


def login(here: Portal, *, refused: bool = False) -> None:
    here.run(lambda tx: record(tx, "login.failed" if refused else "login.succeeded", "login", "x"))


def work(here: Portal, customer: uuid.UUID, *, days_ago: int, kind: str = "order") -> None:
    def add(tx: Tx) -> None:
        tx.add(
            WorkItem(
                tenant_id=tx.tenant,
                kind=kind,
                subject_id=uuid.uuid4(),
                reference="W-1",
                customer_id=customer,
                due_on=tx.today(),
                created_at=tx.now() - timedelta(days=days_ago),
            )
        )

    here.run(add)


def test_days_are_those_of_japan_and_counting_again_changes_nothing(here: Portal) -> None:
    noon = here.clock.at
    here.clock.at = noon.replace(hour=14, minute=59, second=59)
    login(here)
    login(here, refused=True)
    here.clock.at = noon.replace(hour=15, minute=0, second=0)
    login(here)
    login(here)
    for _ in range(2):
        here.run(tally)
    found = here.run(days_of)
    assert [(day.day, day.logins, day.refused) for day in found[:2]] == [
        (date(2026, 11, 22), 2, 0),
        (date(2026, 11, 21), 1, 1),
    ]
    assert len(found) == 31


def test_a_day_that_is_over_is_not_counted_for_ever(here: Portal) -> None:
    login(here)
    here.run(tally)
    here.clock.at += timedelta(days=5)
    here.run(tally)

    def spoil(tx: Tx) -> None:
        for row in tx.scalars(
            select(DailyFigure).where(DailyFigure.tenant_id == tx.tenant, DailyFigure.name == "logins")
        ):
            row.value = 99

    here.run(spoil)
    here.run(tally)
    old = next(day for day in here.run(days_of) if day.day == date(2026, 11, 21))
    assert old.logins == 99, "a day long over was read again"


def test_open_work_by_age(here: Portal) -> None:
    person = add_person(here)
    for days_ago in (0, 0, 1, 2, 3, 6, 7, 40):
        work(here, person.customer_id, days_ago=days_ago)
    work(here, person.customer_id, days_ago=0, kind="mail")
    assert [(each.kind, each.ages, each.total) for each in here.run(waiting_of)] == [
        ("order", (2, 2, 2, 2), 8),
        ("mail", (1, 0, 0, 0), 1),
    ]


def test_the_page(make_portal: MakePortal, here: Portal) -> None:
    other = make_portal("actv")
    office = make_office(make_portal)
    person, theirs = add_person(here), add_person(other)
    add_bill(here, person, date(2026, 10, 1), [("料金", 1000)], status="failed")
    add_bill(here, person, date(2026, 10, 1), [("料金", 2000)], status="unpaid")
    add_bill(here, person, date(2026, 9, 1), [("料金", 3000)], status="paid")
    add_bill(other, theirs, date(2026, 10, 1), [("料金", 50_000)], status="unpaid")
    assert [(row.month, row.failed, row.unpaid, row.yen) for row in here.run(unpaid_of)] == [
        (date(2026, 10, 1), 1, 1, 3300)
    ]
    login(here)
    work(here, person.customer_id, days_ago=4)
    here.run(tally)
    page = sit_down(office, add_staff(office, {here.name: "reader"}), here).get("/figures")
    assert page.status == 200
    assert "3,300円" in page.text
    assert "55,000" not in page.text
    assert page.texts("//section[@aria-labelledby='waiting']//tbody/tr/td") == ["0", "0", "1", "0", "1"]
    assert page.texts("//section[@aria-labelledby='days']//tbody/tr[1]/td")[0] == "1"
