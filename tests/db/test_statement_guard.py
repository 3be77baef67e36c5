"""The guard that makes every test also a test of the tenant filter; and what else the scale rules forbid."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from sqlalchemy import select, text, update

from mypage.auth.models import Account, Customer
from mypage.db.session import Tx
from mypage.testing.guard import UnfilteredStatement

CORE = Path(__file__).parents[2] / "platform" / "mypage"


def test_a_statement_without_its_tenant_is_refused(tx: Tx) -> None:
    with pytest.raises(UnfilteredStatement):
        tx.execute(select(Customer.id))
    with pytest.raises(UnfilteredStatement):
        tx.execute(update(Customer).where(Customer.number == "1").values(name="x"))
    with pytest.raises(UnfilteredStatement):
        tx.execute(text("DELETE FROM customer"))


def test_every_joined_table_repeats_the_tenant(tx: Tx) -> None:
    joined = select(Account.id).join(Customer, Customer.id == Account.customer_id)
    with pytest.raises(UnfilteredStatement):
        tx.execute(joined.where(Account.tenant_id == tx.tenant).with_only_columns(Account.role))
    both = joined.where(Account.tenant_id == tx.tenant, Customer.tenant_id == tx.tenant)
    assert tx.execute(both).all() == []


@pytest.mark.parametrize("forbidden", [r"set_config\(", r"\bMERGE INTO\b", r"WHERE CURRENT OF", r"SET NULL"])
def test_what_a_distributed_database_refuses_stands_nowhere(forbidden: str) -> None:
    for path in CORE.rglob("*.py"):
        if "migrations/versions" in path.as_posix():
            assert "SET NULL" not in path.read_text(encoding="utf-8")
            continue
        assert not re.search(forbidden, path.read_text(encoding="utf-8")), path
