"""P13: rows per second of an import against plain COPY of the same rows into the same tables, in one run.

    python bench/import_rate.py [CUSTOMERS]       10000 customers by default

The floor is COPY of the ready rows, as a superuser whom row security does not bind, into the same tables with all
their keys, under another tenant. Run on a throw-away server, or on the one of `MYPAGE_TEST_ADMIN_URL`.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
from psycopg import Connection
from sqlalchemy import create_engine

from mypage.auth.hashing import PasswordHasher
from mypage.db.keys import Vault
from mypage.db.session import Actor, Scope, sync_engine
from mypage.hooks.portal import TenantSettings
from mypage.imports.chunk import Means
from mypage.imports.loader import import_file
from mypage.lib.clock import SystemClock
from mypage.lib.crypto import Keyring
from mypage.testing.database import TestDatabase, drop_database, make_database, test_server

GOAL = 0.35
TABLES = {
    "customers": ("customer",),
    "contracts": ("contract", "service"),
    "invoices": ("invoice", "invoice_line", "invoice_tax"),
}
STREETS = ("見本町", "例示通り", "架空台", "雛形ヶ丘")


def customers(count: int) -> Iterator[dict[str, Any]]:
    """Customers with everything that a letter needs."""
    for n in range(count):
        yield {
            "type": "customer",
            "number": f"{n:08d}",
            "name": f"見本 {n}郎",
            "kana": "ミホン タロウ",
            "email": f"k{n}@example.jp",
            "phone": "000-0000-0000",
            "postal_code": "000-0000",
            "address": f"見本県{STREETS[n % 4]}{n % 90 + 1}-{n % 20 + 1}",
        }


def contracts(count: int) -> Iterator[dict[str, Any]]:
    """Two contracts each, with three services."""
    for n in range(count):
        for part in (1, 2):
            services = [
                {"category": "インターネット", "name": f"コース{m}", "started_on": "2024-04-01"} for m in range(3)
            ]
            yield {
                "type": "contract",
                "customer": f"{n:08d}",
                "number": f"K{n:08d}-{part}",
                "name": "インターネット",
                "place": f"見本県{STREETS[n % 4]}{n % 90 + 1}",
                "started_on": "2024-04-01",
                "details": {"回線": "光", "建物": "戸建て"},
                "services": services,
            }


def invoices(count: int) -> Iterator[dict[str, Any]]:
    """Six invoices each, with three lines."""
    for month in range(6, 12):
        for n in range(count):
            lines = [
                {"description": f"コース{m}", "amount": 1980 + m * n % 3000, "period_text": f"{month}月分"}
                for m in range(3)
            ]
            yield {
                "type": "invoice",
                "customer": f"{n:08d}",
                "number": f"2026{month:02d}-{n:08d}",
                "month": f"2026-{month:02d}",
                "issued_on": f"2026-{month:02d}-10",
                "due_on": f"2026-{month:02d}-27",
                "status": "paid",
                "payment_method": "クレジットカード",
                "lines": lines,
            }


def main(count: int) -> int:
    """Print the figures; 1 when the goal is missed."""
    with test_server() as admin_url, tempfile.TemporaryDirectory() as folder:
        database = make_database(admin_url)
        files = {}
        for name, source in (("customers", customers), ("contracts", contracts), ("invoices", invoices)):
            files[name] = Path(folder) / f"{name}.jsonl"
            with files[name].open("wb") as out:
                out.writelines(msgspec.json.encode(line) + b"\n" for line in source(count))
        ratio = measure(database, files)
        drop_database(database)
    print(f"peak memory of this process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")
    print(f"all feeds together: {ratio:.2f} of COPY (goal: {GOAL} or better)")
    return 0 if ratio >= GOAL else 1


def measure(database: TestDatabase, files: dict[str, Path]) -> float:
    """Import each file, then copy the rows that it made under another tenant; the ratio over all of them."""
    settings = TenantSettings(
        mail_from="a@b.example", mail_domain="b.example", issuer_name="見本", registration_number="T1234567890123"
    )
    hasher = PasswordHasher(b"p" * 32)
    means = Means(vault=Vault(Keyring({"m1": b"m" * 32}, "m1")), hasher=hasher, settings=settings)
    engine = sync_engine(database.app)
    scope = Scope("measured", SystemClock(), Actor("system", "bench"))
    import_seconds, copy_seconds = 0.0, 0.0
    for name, path in files.items():
        report = import_file(engine, scope, path, means)
        if not report.clean:
            raise SystemExit("\n".join(report.printable()))
        made, seconds = copy_again(database.admin, TABLES[name])
        import_seconds, copy_seconds = import_seconds + report.seconds, copy_seconds + seconds
        print(
            f"{name}: {report.lines:,} lines, {made:,} rows; import {report.lines / report.seconds:,.0f} lines/s = "
            f"{made / report.seconds:,.0f} rows/s; COPY {made / seconds:,.0f} rows/s; "
            f"ratio {seconds / report.seconds:.2f}"
        )
    again = import_file(engine, scope, files["invoices"], means)
    print(f"invoices again, nothing to do: {again.lines / again.seconds:,.0f} lines/s")
    hasher.close()
    engine.dispose()
    return copy_seconds / import_seconds


def copy_again(admin_url: str, tables: tuple[str, ...]) -> tuple[int, float]:
    """Copy the rows of the tables to another tenant by plain COPY; rows and seconds, reading not counted."""
    engine = create_engine(admin_url)
    raw = engine.raw_connection()
    driver = raw.driver_connection
    assert isinstance(driver, Connection)
    rows, seconds = 0, 0.0
    with driver.cursor() as cursor:
        for table in tables:
            cursor.execute(
                f"CREATE TEMP TABLE kept ON COMMIT DROP AS SELECT * FROM {table} WHERE tenant_id = 'measured'"
            )
            cursor.execute("UPDATE kept SET tenant_id = 'copied'")
            with tempfile.TemporaryFile() as file:
                with cursor.copy("COPY kept TO STDOUT") as out:
                    for block in out:
                        file.write(block)
                file.seek(0)
                started = time.perf_counter()
                with cursor.copy(f"COPY {table} FROM STDIN") as copy:
                    while block := file.read(1 << 18):
                        copy.write(block)
                rows += cursor.rowcount
                driver.commit()
                seconds += time.perf_counter() - started
    raw.close()
    engine.dispose()
    return rows, seconds


if __name__ == "__main__":
    raise SystemExit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000))
