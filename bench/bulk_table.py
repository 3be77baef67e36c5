"""P8: the table of a customer's 1,000,000 bill lines over HTTP against psql's COPY TO STDOUT of the same rows.

The floor has the same columns in the same order, as a superuser whom row security does not bind, without guard against
formulas, without words and translations.
"""

from __future__ import annotations

import shutil
import subprocess
import time
import uuid
from collections.abc import Iterable
from http.client import HTTPConnection
from pathlib import Path

import psutil
from data import Store
from options import Options
from report import Row, median_ratio, medians
from serving import Served, environment, free_port, product, serving
from sqlalchemy.dialects.postgresql import insert

from mypage.auth.sessions import open_session
from mypage.db.embedded_files import installed_binaries
from mypage.db.session import Actor, Scope, platform_unit, sync_engine, unit
from mypage.lib.clock import SystemClock
from mypage.operators.loading import installed_operators
from mypage.operators.models import TenantAddress, TenantRecord
from mypage.server.app import compile_all
from mypage.testing.database import TestDatabase, drop_database, make_database, test_server
from mypage.testing.portal import SETTINGS
from mypage.web.cookies import CookieJar

TENANT, HOST = "table", "table.bench.example"
LINES, BILLS = 1_000_000, 10_000
CUSTOMER, SMALL = (str(uuid.UUID(int=n)) for n in (1, 2))
ROWS = """
INSERT INTO customer (tenant_id, id, number, number_key, name, kind)
    SELECT 'table', c::uuid, n, n, '見本株式会社', 'company' FROM (VALUES ('{0}', '1'), ('{1}', '2')) v(c, n);
INSERT INTO account (tenant_id, id, customer_id, role, email, email_verified_at, created_at)
    SELECT 'table', id, id, 'holder', 'a@b.example', now(), now() FROM customer WHERE tenant_id = 'table';
CREATE TEMP TABLE bill AS
    SELECT '{0}'::uuid AS customer, n, gen_random_uuid() AS id FROM generate_series(1, {2}) n
    UNION ALL SELECT '{1}', 0, gen_random_uuid();
INSERT INTO invoice (tenant_id, id, customer_id, number, month, issued_on, status, net, tax, total, addressee, issuer,
                     registration_number)
    SELECT 'table', id, customer, 'B' || lpad(n::text, 8, '0'), m, m + 9, 'paid', 100, 10, 110, '見本', '見本', ''
    FROM (SELECT *, (date_trunc('month', now()) - n % 12 * interval '1 month')::date AS m FROM bill) b;
INSERT INTO invoice_line (tenant_id, id, invoice_id, position, description, period_from, period_to, period_text,
                          rate_bp, reduced, amount)
    SELECT 'table', gen_random_uuid(), id, p,
           (ARRAY['インターネット 100Mコース', 'ケーブルテレビ ベーシック', '電話 基本料', '機器 (STB)', '割引, まとめて'])[p % 5 + 1]
           || ' ' || p % 10, date '2026-10-01', date '2026-10-31', CASE WHEN p % 7 = 0 THEN '10月分' ELSE '' END,
           CASE WHEN p % 9 = 0 THEN 800 ELSE 1000 END, p % 9 = 0, CASE WHEN p % 11 = 0 THEN -500 ELSE 1980 + p END
    FROM bill, generate_series(1, {3}) p;
ANALYZE
"""  # noqa: E501 - words of the rows
PLAIN = f"""
COPY (
    SELECT i.month, i.number, l.description, l.period_from, l.period_to, l.period_text, l.rate_bp, l.reduced, l.amount
    FROM invoice i JOIN invoice_line l ON l.tenant_id = i.tenant_id AND l.invoice_id = i.id
    WHERE i.tenant_id = 'table' AND i.customer_id = '{CUSTOMER}'
    ORDER BY i.month DESC, i.issued_on DESC, i.number DESC, l.position
) TO STDOUT (FORMAT csv)
"""


def run(options: Options) -> Iterable[Row]:
    """One row: seconds for the whole file, interleaved."""
    with test_server() as admin_url:
        database = make_database(admin_url)
        fill(database)
        kept = Store(database.app, database.admin, 1, 2)
        port = free_port()
        options.folder.mkdir(parents=True, exist_ok=True)
        env = environment(kept, MYPAGE_PUBLIC_PORT=str(port))
        with serving(product(port), port, env, options.folder / "table.log") as served:
            row = measure(options, database, kept, served)
        drop_database(database)
    return [row]


def fill(database: TestDatabase) -> None:
    """A tenant, a customer with a million lines and one with a hundred."""
    operator = installed_operators()[0]
    owner, admin = sync_engine(database.owner), sync_engine(database.admin)
    with platform_unit(owner) as connection:
        values = {"name": TENANT, "operator": operator, "theme": "plain", "locale": "ja", "settings": SETTINGS}
        connection.execute(insert(TenantRecord).values(**values, extensions={}))
        connection.execute(insert(TenantAddress).values(host=HOST, prefix="", tenant=TENANT, main=True))
    with platform_unit(admin) as connection:
        for statement in ROWS.format(CUSTOMER, SMALL, BILLS, LINES // BILLS).split(";\n"):
            connection.exec_driver_sql(statement.replace("%", "%%"), ())
    owner.dispose()
    admin.dispose()


def cookie_of(database: TestDatabase, account: str) -> str:
    """A session of the account."""
    name = installed_operators()[0]
    operator = compile_all((Path(__file__).parents[1] / "themes",)).operators[name]
    engine = sync_engine(database.app)
    with unit(engine, Scope(TENANT, SystemClock(), Actor("system", "bench"))) as tx:
        token = open_session(tx, operator, uuid.UUID(account), next(iter(operator.schemes)), device="bench")
    engine.dispose()
    return f"{CookieJar(TENANT, '', True).name('session')}={token}"


def measure(options: Options, database: TestDatabase, kept: Store, served: Served) -> Row:
    """Rounds of floor and ours in turns; both end when the last byte is read."""
    small, large = cookie_of(database, SMALL), cookie_of(database, CUSTOMER)
    postgres = Postgres(kept)
    for cookie in (small, small, large):
        download(served, cookie)
    rounds, sizes, grown = [], {}, 0.0
    for _ in range(options.rounds):
        one = {}
        for name, read in (("floor", lambda: plain(kept)), ("ours", lambda: download(served, large))):
            idle = forget_peak(served.pid)
            cpu, own = postgres.cpu_seconds(), served.cpu_seconds()
            started = time.perf_counter()
            sizes[name], lines = read()
            one[name] = time.perf_counter() - started
            one[f"{name} database"], one[f"{name} server"] = postgres.cpu_seconds() - cpu, served.cpu_seconds() - own
            if lines - (name == "ours") != LINES:
                raise RuntimeError(f"{name} gave {lines} lines")
            if name == "ours":
                grown = max(grown, peak(served.pid) - idle)
        rounds.append(one)
    found = medians(rounds)
    whole = found["ours database"] + found["ours server"]
    return Row(
        goal="P8",
        what=f"table of {LINES:,} bill lines over HTTP",
        unit="MB/s",
        ours=sizes["ours"] / found["ours"] / 1e6,
        floor=sizes["floor"] / found["floor"] / 1e6,
        ratio=median_ratio(rounds, "floor", "ours") * sizes["ours"] / sizes["floor"],
        reference="floor",
        better="at least",
        bound=0.8,
        parts={"database": found["ours database"] / whole, "server": found["ours server"] / whole},
        notes=(
            (
                f"CPU seconds: ours {found['ours database']:.2f} database + {found['ours server']:.2f} server, floor "
                f"{found['floor database']:.2f} database; memory grew by {grown:.0f} MB (goal: at most 20)"
            ),
        ),
    )


def plain(kept: Store) -> tuple[int, int]:
    """Bytes and lines of psql's COPY."""
    psql = shutil.which("psql") or str(installed_binaries() / "psql")
    with subprocess.Popen([psql, kept.libpq, "-qXc", PLAIN], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        return _counted(process.stdout.read)


def download(served: Served, cookie: str) -> tuple[int, int]:
    """Bytes and lines of our file."""
    connection = HTTPConnection("127.0.0.1", served.port, timeout=600)
    connection.request("GET", "/bills/lines.csv", headers={"Host": HOST, "Cookie": cookie})
    answer = connection.getresponse()
    if answer.status != 200 or "text/csv" not in answer.headers["content-type"]:
        raise RuntimeError(f"the table was answered with {answer.status} {answer.headers['content-type']}")
    found = _counted(answer.read)
    connection.close()
    return found


def _counted(read) -> tuple[int, int]:
    size = lines = 0
    while block := read(1 << 18):
        size += len(block)
        lines += block.count(b"\n")
    return size, lines


class Postgres:
    """The CPU time of a whole PostgreSQL server, of connections that have ended too."""

    def __init__(self, kept: Store) -> None:
        engine = sync_engine(kept.admin)
        with platform_unit(engine) as connection:
            backend = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar()
            self._main = psutil.Process(backend).parent()
        engine.dispose()

    def cpu_seconds(self) -> float:
        """User and system seconds so far."""
        total = sum(self._main.cpu_times())
        for child in self._main.children(recursive=True):
            try:
                times = child.cpu_times()
            except psutil.NoSuchProcess:
                continue
            total += times.user + times.system
        return total


def forget_peak(pid: int) -> float:
    """Begin a new peak; MB in use now."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")
    return psutil.Process(pid).memory_info().rss / 1e6


def peak(pid: int) -> float:
    """The highest MB since."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) * 1024 / 1e6
