"""A bill is found with its neighbours and the one to compare with, without reading all the others."""

from __future__ import annotations

import os
import random
import uuid
from datetime import date

import pytest
from sqlalchemy import event

from mypage.billing.service import Bill, find_bill, first_month, list_bills
from mypage.db.session import Tx
from mypage.hooks.context import Principal
from mypage.lib.errors import NotFound
from mypage.testing.portal import Portal
from portal_rows import Person, add_bill, add_person

SEED = int(os.environ.get("MYPAGE_BILLS_SEED", "20261121"))
MONTHS = 12


def principal_of(person: Person) -> Principal:
    return Principal(
        account_id=person.account_id,
        customer_id=person.customer_id,
        session_id=uuid.uuid4(),
        scheme="x",
        role="holder",
        email="",
        permissions=frozenset(),
        name="",
        customer_number="",
    )


def expected(bills: tuple[Bill, ...], place: int) -> tuple[Bill | None, Bill | None, Bill | None]:
    """Older, newer and the one bill of the month before, from the whole list."""
    bill = bills[place]
    same = [other for other in bills if other.month == bill.month]
    before = [other for other in bills if other.month == first_month(bill.month, 2)]
    return (
        bills[place + 1] if place + 1 < len(bills) else None,
        bills[place - 1] if place else None,
        before[0] if len(same) == len(before) == 1 else None,
    )


def test_neighbours_are_those_of_the_whole_list(portal: Portal) -> None:
    chance = random.Random(SEED)
    person, other = add_person(portal, "1000001"), add_person(portal, "1000002")
    for back in range(MONTHS + 2):
        month = first_month(date(2026, 11, 1), back + 1)
        for owner in (person, other):
            for n in range(chance.choice([0, 1, 1, 1, 2, 3])):
                add_bill(portal, owner, month, [("x", n + 1)], number=f"{chance.randrange(10**9)}")
    reader = principal_of(person)

    def work(tx: Tx) -> tuple[int, int, int]:
        bills = list_bills(tx, reader, months=MONTHS, page=1).bills
        compared = 0
        asked: list[str] = []
        connection = tx.connection()
        event.listen(connection, "before_cursor_execute", lambda *a: asked.append(a[2]))
        for place, bill in enumerate(bills):
            found = find_bill(tx, reader, bill.id, months=MONTHS)
            assert found.bill == bill
            assert (found.older, found.newer, found.before) == expected(bills, place)
            assert len(found.before_lines) == (1 if found.before else 0)
            compared += found.before is not None
        foreign = list_bills(tx, principal_of(other), months=MONTHS, page=1).bills[0]
        with pytest.raises(NotFound):
            find_bill(tx, reader, foreign.id, months=MONTHS)
        with pytest.raises(NotFound):
            find_bill(tx, reader, bills[-1].id, months=1)
        return len(bills), compared, len(asked)

    bills, compared, statements = portal.run(work)
    print(f"seed {SEED}: {bills} bills, {compared} with one to compare with, {statements} statements")
    assert bills > 8
    assert compared > 0
    assert statements <= 3 * bills + 3
