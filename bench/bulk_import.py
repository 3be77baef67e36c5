"""P13: an import against plain COPY of the same rows into the same tables; accounts against bare argon2.

The floor is COPY of the ready rows, as a superuser whom row security does not bind, into the same tables with all
their keys, under another tenant. Each round imports into a tenant of its own and copies what that made.
"""

from __future__ import annotations

import os
import resource
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import argon2
import msgspec
from options import Options
from psycopg import Connection
from report import Row, median_ratio, medians
from sqlalchemy import Engine, create_engine

from mypage.auth.hashing import PasswordHasher
from mypage.db.keys import Vault
from mypage.db.session import Actor, Scope, sync_engine
from mypage.hooks.portal import TenantSettings
from mypage.imports.chunk import Means
from mypage.imports.loader import import_file
from mypage.lib.clock import SystemClock
from mypage.lib.crypto import Keyring
from mypage.testing.database import TestDatabase, drop_database, make_database, test_server

TABLES = {
    "customers": ("customer",),
    "contracts": ("contract", "service"),
    "invoices": ("invoice", "invoice_line", "invoice_tax"),
}
STREETS = ("見本町", "例示通り", "架空台", "雛形ヶ丘")
SETTINGS = TenantSettings(
    mail_from="a@b.example", mail_domain="b.example", issuer_name="見本", registration_number="T1234567890123"
)


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


def accounts(count: int) -> Iterator[dict[str, Any]]:
    """One each, with a first password."""
    for n in range(count):
        yield {
            "type": "account",
            "customer": f"{n:08d}",
            "scheme": "id",
            "login_id": f"u{n}",
            "password": f"hi-{n}-mitsu",
        }


def run(options: Options) -> list[Row]:
    """A row for all feeds together, one per kind in its notes, and one for accounts."""
    count = max(1000, options.customers // 10)
    with test_server() as admin_url, tempfile.TemporaryDirectory() as folder:
        database = make_database(admin_url)
        files = {}
        for name, source in (("customers", customers), ("contracts", contracts), ("invoices", invoices)):
            files[name] = written(Path(folder) / f"{name}.jsonl", source(count))
        logins = written(Path(folder) / "accounts.jsonl", accounts(100 * options.seconds))
        hasher = PasswordHasher(b"p" * 32)
        means = Means(vault=Vault(Keyring({"m1": b"m" * 32}, "m1")), hasher=hasher, settings=SETTINGS)
        engine = sync_engine(database.app)
        rows = [feeds(options, database, engine, means, files), passwords(options, engine, means, files, logins)]
        engine.dispose()
        hasher.close()
        drop_database(database)
    return rows


def written(path: Path, lines: Iterator[dict[str, Any]]) -> Path:
    """The feed as a file."""
    with path.open("wb") as out:
        out.writelines(msgspec.json.encode(line) + b"\n" for line in lines)
    return path


def feeds(options: Options, database: TestDatabase, engine: Engine, means: Means, files: dict[str, Path]) -> Row:
    """Import every file, then copy what it made."""
    rounds: list[dict[str, float]] = []
    lines = rows = 0
    memory: list[float] = []
    for turn in range(options.rounds):
        one: dict[str, float] = {"import": 0.0, "copy": 0.0, "reading": 0.0}
        scope = Scope(f"measured{turn}", SystemClock(), Actor("system", "bench"))
        lines = rows = 0
        for name, path in files.items():
            cpu = time.process_time()
            report = import_file(engine, scope, path, means)
            one["reading"] += time.process_time() - cpu
            if not report.clean:
                raise RuntimeError("\n".join(report.printable()))
            made, seconds = copy_again(database.admin, TABLES[name], scope.tenant)
            one[f"{name} import"], one[f"{name} copy"] = report.seconds, seconds
            one["import"], one["copy"] = one["import"] + report.seconds, one["copy"] + seconds
            lines, rows = lines + report.lines, rows + made
        memory.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
        rounds.append(one)
    found = medians(rounds)
    kinds = ", ".join(f"{name} {median_ratio(rounds, f'{name} copy', f'{name} import'):.2f}" for name in files)
    share = min(1.0, found["reading"] / found["import"])
    return Row(
        goal="P13",
        what=f"import of {lines:,} lines",
        unit="rows/s",
        ours=rows / found["import"],
        floor=rows / found["copy"],
        ratio=median_ratio(rounds, "copy", "import"),
        reference="floor",
        better="at least",
        bound=0.35,
        parts={"reading and checking": share, "waiting for the database": 1 - share},
        notes=(
            f"by kind: {kinds}",
            f"peak memory {memory[0]:.0f} MB after the first round, {memory[-1]:.0f} MB after the last",
        ),
    )


def passwords(options: Options, engine: Engine, means: Means, files: dict[str, Path], logins: Path) -> Row:
    """Accounts with first passwords against argon2 alone on as many threads as there are cores."""
    bare = argon2.PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1, type=argon2.Type.ID)
    count = 100 * options.seconds
    rounds = []
    for turn in range(options.rounds):
        scope = Scope(f"logins{turn}", SystemClock(), Actor("system", "bench"))
        import_file(engine, scope, files["customers"], means)
        started = time.perf_counter()
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            list(pool.map(bare.hash, (f"hi-{n}-mitsu" for n in range(count))))
        one = {"argon2": count / (time.perf_counter() - started)}
        report = import_file(engine, scope, logins, means)
        if not report.clean:
            raise RuntimeError("\n".join(report.printable()))
        one["import"] = report.lines / report.seconds
        rounds.append(one)
    found = medians(rounds)
    return Row(
        goal="P13",
        what=f"import of {count:,} accounts with passwords",
        unit="accounts/s",
        ours=found["import"],
        floor=found["argon2"],
        ratio=median_ratio(rounds, "import", "argon2"),
        reference="floor",
        better="at least",
        bound=0.9,
    )


def copy_again(admin_url: str, tables: tuple[str, ...], tenant: str) -> tuple[int, float]:
    """Copy the rows of the tables to another tenant by plain COPY; rows and seconds, reading not counted."""
    engine = create_engine(admin_url)
    raw = engine.raw_connection()
    driver = raw.driver_connection
    assert isinstance(driver, Connection)
    rows, seconds = 0, 0.0
    with driver.cursor() as cursor:
        for table in tables:
            cursor.execute(
                f"CREATE TEMP TABLE kept ON COMMIT DROP AS SELECT * FROM {table} WHERE tenant_id = '{tenant}'"
            )
            cursor.execute(f"UPDATE kept SET tenant_id = 'copied-{tenant}'")
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
