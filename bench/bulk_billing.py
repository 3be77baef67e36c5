"""P6 and P7: the billing run against set-based INSERT … SELECT of the same rows, and a tenfold tenant.

Compared is CPU time, of the run's processes and of PostgreSQL together, which hardly depends on what else runs; two
processes against one are compared by the clock. Server and clients are ours alone.
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from uuid import UUID

import psycopg
from billing_rows import COUNT, FLOOR, PRICED, TENANT, make_rows
from data import server
from options import Options
from report import Row, median_ratio, medians
from sqlalchemy.engine import make_url

from mypage.billing.run import run_month
from mypage.billing.run_values import CHUNK_CONTRACTS, RunPlan
from mypage.billing.tax import TaxMode
from mypage.db.embedded import EmbeddedPostgres
from mypage.db.schema import APP, OWNER, prepare_database, upgrade
from mypage.db.session import Actor, Scope, sync_engine
from mypage.lib.clock import SystemClock

VERSION = 1
"""Another number makes the rows anew; so does another schema."""
MONTH = date(2026, 11, 1)
_TICK = os.sysconf("SC_CLK_TCK")
_ISSUED = ("invoice_tax", "invoice_line", "invoice", "billing_run", "counter", "audit_entry")
_COUNTS = (
    "SELECT (SELECT count(*) FROM invoice), (SELECT sum(total) FROM invoice), (SELECT count(*) FROM invoice_line),"
    " (SELECT sum(amount) FROM invoice_line), (SELECT count(*) FROM invoice_tax), (SELECT sum(tax) FROM invoice_tax),"
    " (SELECT sum(hashtext(description || coalesce(period_to::text, '') || charge || position)) FROM invoice_line)"
)


@dataclass(frozen=True, slots=True)
class Store:
    """One tenant's contracts: URLs as the app and as a superuser, how many there are, and the server's process."""

    app: str
    admin: str
    contracts: int
    postmaster: int

    def connect(self) -> psycopg.Connection:
        """As the superuser, outside of transactions."""
        return psycopg.connect(self.admin.replace("postgresql+psycopg://", "postgresql://"), autocommit=True)

    def forget(self) -> None:
        """Take all bills away."""
        with self.connect() as connection:
            connection.execute(f"TRUNCATE {', '.join(_ISSUED)} CASCADE")
            connection.execute("CHECKPOINT")

    def issued(self) -> tuple[object, ...]:
        """What there is, in figures that any difference changes."""
        with self.connect() as connection:
            found = connection.execute(_COUNTS).fetchone()
        return tuple(found or ())


@dataclass(frozen=True, slots=True)
class Measured:
    """Seconds by the clock, CPU seconds of clients and server, peak memory of one client in MB."""

    wall: float
    client: float
    server: float
    memory: float

    @property
    def cpu(self) -> float:
        """Both sides."""
        return self.client + self.server


def run(options: Options) -> list[Row]:
    """Rows for P6 against the floor, for two processes, and for P7: growth and memory."""
    small, large = options.customers, 10 * options.customers
    with tuned(options.folder / "billing") as running:
        store = made(running, small)
        rounds = [one_round(store, number) for number in range(min(options.rounds, 3))]
        store.forget()
        before, grown = [after_restart(running, contracts) for contracts in (small, large)]
    return [against_floor(small, rounds), side_by_side(small, rounds), *growth(small, large, before, grown)]


def after_restart(running: EmbeddedPostgres, contracts: int) -> Measured:
    """A run whose server has read nothing yet: a month's run of any size begins with rows that nobody asked for lately.

    Measured right after other runs, the small tenant would have all of its rows in the server's memory, and the large
    one none of them.
    """
    made(running, contracts).forget()
    running.stop()
    running.start()
    store = made(running, contracts)
    result = measured(store, 1)
    store.forget()
    return result


@contextmanager
def tuned(folder: Path) -> Iterator[EmbeddedPostgres]:
    """The server with the memory that a tenant of this size is given: ids are random, so every page is as likely."""
    with server(folder) as running:
        admin = running.url("postgres", "postgres").replace("postgresql+psycopg://", "postgresql://")
        with psycopg.connect(admin, autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET shared_buffers = '2GB'")
            connection.execute("ALTER SYSTEM SET max_wal_size = '8GB'")
        running.stop()
        running.start()
        yield running


def one_round(store: Store, number: int) -> dict[str, float]:
    """Each variant once, in another order each time; all must have issued the same."""
    found: dict[str, float] = {}
    seen = set()
    variants: list[tuple[str, Callable[[], Measured]]] = [
        ("ours", lambda: measured(store, 1)),
        ("two", lambda: measured(store, 2)),
        ("floor", lambda: set_based(store)),
    ]
    for name, variant in variants[number % 3 :] + variants[: number % 3]:
        store.forget()
        result = variant()
        seen.add(store.issued())
        found |= {name: result.cpu, f"{name} wall": result.wall, f"{name} client": result.client}
        found[f"{name} memory"] = result.memory
    if len(seen) != 1:
        raise RuntimeError(f"the variants do not issue the same: {seen}")
    return found


def against_floor(contracts: int, rounds: list[dict[str, float]]) -> Row:
    """P6 by CPU time, with the clock's ratio in the notes."""
    found = medians(rounds)
    share = found["ours client"] / found["ours"]
    clock = median_ratio(rounds, "floor wall", "ours wall")
    speeds = contracts / found["ours wall"], contracts / found["floor wall"]
    return Row(
        goal="P6",
        what=f"billing run of {contracts:,} contracts",
        unit="contracts/CPU s",
        ours=contracts / found["ours"],
        floor=contracts / found["floor"],
        ratio=median_ratio(rounds, "floor", "ours"),
        reference="floor",
        better="at least",
        bound=0.8,
        parts={"reckoning and rows": share, "PostgreSQL": 1 - share},
        notes=(f"by the clock {clock:.2f} of the floor: {speeds[0]:,.0f} and {speeds[1]:,.0f} contracts/s",),
    )


def side_by_side(contracts: int, rounds: list[dict[str, float]]) -> Row:
    """P6, two processes by the clock."""
    found = medians(rounds)
    more = found["two"] / found["ours"]
    return Row(
        goal="P6",
        what="two processes instead of one",
        unit="contracts/s",
        ours=contracts / found["two wall"],
        floor=contracts / found["ours wall"],
        ratio=median_ratio(rounds, "ours wall", "two wall"),
        reference="one process",
        better="at least",
        bound=1.6,
        notes=(f"CPU time of two is {more:.2f} of one's: on two idle cores at most {2 / more:.2f} times as fast",),
    )


def growth(small: int, large: int, before: Measured, grown: Measured) -> list[Row]:
    """P7: time per contract, and memory, ten times as many contracts later."""
    walls = before.wall / small, grown.wall / large
    return [
        Row(
            goal="P7",
            what=f"CPU time per contract, {small:,} to {large:,}",
            unit="µs",
            ours=grown.cpu / large * 1e6,
            floor=before.cpu / small * 1e6,
            ratio=(grown.cpu / large) / (before.cpu / small),
            reference="itself",
            better="at most",
            bound=1.1,
            notes=(
                f"by the clock {walls[0] * 1e6:.0f} and {walls[1] * 1e6:.0f} µs; {large:,} in {grown.wall:.0f} s",
                f"CPU time of {small:,}: {before.client:.1f} s ours and {before.server:.1f} s PostgreSQL's",
                f"CPU time of {large:,}: {grown.client:.0f} s ours and {grown.server:.0f} s PostgreSQL's",
            ),
        ),
        Row(
            goal="P7",
            what=f"peak memory at {large:,} contracts",
            unit="MB",
            ours=grown.memory,
            floor=before.memory,
            ratio=grown.memory / 150,
            reference="150 MB",
            better="at most",
            bound=1.0,
            notes=(f"{before.memory:.0f} MB at {small:,} contracts",),
        ),
    ]


def measured(store: Store, processes: int) -> Measured:
    """A run in a process of its own, whose memory and time are known when it is over."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    server_before = server_cpu(store.postmaster)
    process = context.Process(target=_run, args=(store.app, processes, theirs))
    process.start()
    theirs.close()
    seconds, client, memory = ours.recv()
    process.join()
    return Measured(seconds, client, server_cpu(store.postmaster) - server_before, memory)


def _run(url: str, processes: int, line: object) -> None:
    engine = sync_engine(url)
    scope = Scope(TENANT, SystemClock(), Actor("system", "bench"), "bench")
    plan = RunPlan(
        month=MONTH, issued_on=date(2026, 12, 1), due_on=None, priced=PRICED, tax_mode=TaxMode.DOWN, issuer="見本通信",
        registration_number="T1234567890123",
    )  # fmt: skip
    before, started = _used()[0], time.monotonic()
    run_month(engine, scope, plan, processes=processes)
    seconds = time.monotonic() - started
    engine.dispose()
    client, memory = _used()
    line.send((seconds, client - before, memory))  # type: ignore[attr-defined]


def _used() -> tuple[float, float]:
    """CPU seconds of this process and those it ended, and the most memory of one of them in MB."""
    every = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in every), max(each.ru_maxrss for each in every) / 1024


def set_based(store: Store) -> Measured:
    """The floor: set-based statements per chunk, as a superuser whom row security does not bind."""
    began, server_before, client_before = time.monotonic(), server_cpu(store.postmaster), time.process_time()
    after, first = UUID(int=0), 1
    chunk = "SELECT id FROM contract WHERE tenant_id = %s AND id > %s ORDER BY id LIMIT %s"
    last = f"SELECT id FROM ({chunk}) c ORDER BY id DESC LIMIT 1"
    with store.connect() as connection:
        connection.execute("SET jit = off")
        while found := connection.execute(last, (TENANT, after, CHUNK_CONTRACTS)).fetchone():
            with connection.transaction():
                for statement in FLOOR:
                    connection.execute(statement, {"after": after, "until": found[0], "first": first})
                row = connection.execute(COUNT).fetchone()
            after, first = found[0], first + (row[0] if row else 0)
    seconds, client = time.monotonic() - began, time.process_time() - client_before
    return Measured(seconds, client, server_cpu(store.postmaster) - server_before, 0.0)


def server_cpu(postmaster: int) -> float:
    """CPU seconds of a PostgreSQL with all its processes, those that ended too."""
    ticks = 0
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(") ")[2].split()
        except OSError:
            continue
        if path.parent.name == str(postmaster):
            ticks += sum(map(int, fields[11:15]))
        elif fields[1] == str(postmaster):
            ticks += sum(map(int, fields[11:13]))
    return ticks / _TICK


def made(running: EmbeddedPostgres, contracts: int) -> Store:
    """The database of this size, made when it is not there."""
    admin = running.url("postgres", "postgres")
    name = f"billing_{VERSION}_{contracts}"
    prepare_database(admin, name)
    url = make_url(admin).set(database=name)
    upgrade(url.set(username=OWNER).render_as_string(hide_password=False))
    postmaster = int((running.home / "cluster" / "postmaster.pid").read_text().splitlines()[0])
    store = Store(
        url.set(username=APP).render_as_string(hide_password=False),
        url.render_as_string(hide_password=False),
        contracts,
        postmaster,
    )
    with store.connect() as connection:
        make_rows(connection, contracts)
        for table in _ISSUED:
            # Figures that are taken while the first bills are written say that there are none, and mislead every plan.
            connection.execute(f"ALTER TABLE {table} SET (autovacuum_enabled = false)")
    return store
