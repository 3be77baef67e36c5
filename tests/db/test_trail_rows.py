"""What an entry of the trail holds where nothing was told."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from mypage.audit.trail import record
from mypage.db.session import Tx

ROW = text(
    "SELECT before IS NULL AS nothing, after, as_whom, customer_id FROM audit_entry"
    " WHERE tenant_id = :tenant AND action = 'x.tried'"
)


@pytest.mark.parametrize("after", [{}, {"name": "山田 <&>", "count": 3, "on": True, "off": None, "code": "1234"}])
def test_what_was_not_told_is_null_and_no_json(tx: Tx, after: dict[str, Any]) -> None:
    record(tx, "x.tried", "thing", 7, after=after)
    row = tx.execute(ROW, {"tenant": tx.tenant}).one()
    assert row.nothing is True
    assert row.after == after | ({"code": "*****"} if after else {})
    assert (row.as_whom, row.customer_id) == ("", None)
