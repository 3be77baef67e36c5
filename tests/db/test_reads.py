"""Reads that are compiled once and travel together keep every rule of an ordinary statement."""

from __future__ import annotations

import pytest
from sqlalchemy import bindparam, func, select
from sqlalchemy.exc import DBAPIError

from mypage.auth.models import Customer
from mypage.db.reads import Read
from mypage.db.session import Tx
from mypage.testing.guard import UnfilteredStatement

OWN = Read(select(Customer.id).where(Customer.tenant_id == bindparam("tenant"), Customer.number == bindparam("number")))
ALL = Read(select(Customer.id))
WRONG = Read(select(func.no_such_function(Customer.id).label("x")).where(Customer.tenant_id == bindparam("tenant")))


def test_the_guard_hears_reads(tx: Tx) -> None:
    with pytest.raises(UnfilteredStatement):
        tx.rows(ALL)


def test_a_missing_value_is_a_mistake_and_no_null(tx: Tx) -> None:
    with pytest.raises(KeyError):
        tx.rows(OWN, tenant=tx.tenant)


def test_reads_see_what_the_unit_wrote_before_the_answer_is_fetched(tx: Tx) -> None:
    asked = tx.later(OWN, len, tenant=tx.tenant, number="77")
    again = tx.later(OWN, len, tenant=tx.tenant, number="78")
    tx.add(Customer(tenant_id=tx.tenant, number="77", number_key="77", name="x"))
    tx.flush()
    assert (asked.get(), again.get()) == (1, 0)


def test_a_failing_read_raises_as_any_statement(tx: Tx) -> None:
    with pytest.raises(DBAPIError):
        tx.rows(WRONG, tenant=tx.tenant)
