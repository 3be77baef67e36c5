"""A feed for imports that are interrupted, and what has to be there in the end."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

from installation import Installation

MONTHS = ("2026-08", "2026-09", "2026-10", "2026-11")


def write_feed(path: Path, prefix: str, customers: int) -> Path:
    """Customers with a contract, bills and a notice each; the path."""
    lines: list[dict[str, Any]] = []
    for number in range(customers):
        name = f"{prefix}{number:05d}"
        lines.append({"type": "customer", "number": name, "name": f"青森 {number}", "email": f"{name}@mail.example"})
        lines.append(
            {
                "type": "contract", "customer": name, "number": f"K{name}", "name": "光コース", "started_on": "2024-04-01",
                "services": [{"category": "ネット", "name": "1G"}, {"category": "電話", "name": "IP"}],
            }
        )  # fmt: skip
        lines += [_bill(name, month) for month in MONTHS]
        lines.append(
            {
                "type": "notice", "key": f"N{name}", "title": "お知らせ", "body": "本文", "customer": name,
                "starts_at": "2026-11-01T09:00:00+09:00",
            }
        )  # fmt: skip
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")
    return path


def _bill(name: str, month: str) -> dict[str, Any]:
    return {
        "type": "invoice", "customer": name, "number": f"B{month}-{name}", "month": month, "issued_on": f"{month}-10",
        "status": "paid",
        "lines": [{"description": "基本料", "amount": 5280}, {"description": "冊子", "amount": 297, "rate_percent": 8, "reduced": True}],
    }  # fmt: skip


def check_import(here: Installation, tenant: str, prefix: str, source: str, customers: int) -> None:
    """Every row of a feed is there once, and the trail tells of each once."""
    bills = customers * len(MONTHS)
    joined = "FROM {} t JOIN invoice i ON i.tenant_id = t.tenant_id AND i.id = t.invoice_id WHERE i.number LIKE %s"
    like = {
        "SELECT count(*) FROM customer WHERE number LIKE %s": (f"{prefix}_____", customers),
        "SELECT count(*) FROM contract WHERE number LIKE %s": (f"K{prefix}_____", customers),
        "SELECT count(*) FROM service s JOIN contract c ON c.tenant_id = s.tenant_id AND c.id = s.contract_id"
        " WHERE c.number LIKE %s": (f"K{prefix}_____", 2 * customers),
        "SELECT count(*) FROM notice WHERE key LIKE %s": (f"N{prefix}_____", customers),
        "SELECT count(*) FROM invoice WHERE number LIKE %s": (f"B%-{prefix}_____", bills),
        f"SELECT count(*) {joined.format('invoice_line')}": (f"B%-{prefix}_____", 2 * bills),
        f"SELECT count(*) {joined.format('invoice_tax')}": (f"B%-{prefix}_____", 2 * bills),
    }
    found = {query: here.count(query, pattern) for query, (pattern, _) in like.items()}
    assert found == {query: wanted for query, (_, wanted) in like.items()}
    trail = here.rows(
        "SELECT after FROM audit_entry WHERE tenant_id = %s AND action = 'import.loaded' AND object_id = %s",
        tenant, source,
    )  # fmt: skip
    told = Counter[str]()
    for (after,) in trail:
        told.update({name: number for name, number in after.items() if name.endswith(" new")})
    assert told == {"customer new": customers, "contract new": customers, "invoice new": bills, "notice new": customers}
