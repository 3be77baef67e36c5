"""A billing run that is killed at any point is finished by the same command: no bill lost or doubled, no gap in numbers.

Only clients die here, so the tests' usual PostgreSQL does; T13 breaks the server itself under imports, which write alike.
"""

from __future__ import annotations

import os
import random
import signal
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from billing_child import NOVEMBER, REFUSED, Errand, children, finish, kill, start
from sqlalchemy import Engine, insert, text

from mypage.auth.models import Customer
from mypage.billing.models import BillingRun
from mypage.contracts.models import Contract, Subscription
from mypage.db.session import Actor, Scope, unit
from mypage.lib.clock import FixedClock
from mypage.testing.database import TestDatabase

ROUNDS = int(os.environ.get("MYPAGE_FAULT_ROUNDS", "3"))
MODES = (
    ("crash-before", "crash-after", "error-before", "error-after") if ROUNDS >= 50 else ("crash-after", "error-after")
)
TOTAL = 5280
SINCE = datetime(2026, 9, 5, tzinfo=UTC)


class Books:
    """A tenant with contracts that owe their basic fee, every fifth nothing."""

    def __init__(self, engine: Engine, database: TestDatabase, contracts: int, clock: FixedClock) -> None:
        self.engine, self.url = engine, database.app
        self.scope = Scope(f"b{uuid.uuid4().hex[:12]}", clock, Actor("system", "test"), "test")
        self.contracts = contracts
        self.bills = sum(1 for n in range(contracts) if n % 5)
        tenant = {"tenant_id": self.scope.tenant}
        ids = [(uuid.uuid4(), uuid.uuid4(), f"{n}") for n in range(contracts)]
        held = [(contract, customer) for customer, contract, n in ids if int(n) % 5]
        customers = [tenant | {"id": c, "number": n, "number_key": n, "name": "見本"} for c, _, n in ids]
        rows = [tenant | {"id": k, "customer_id": c, "number": n, "number_key": n, "name": "光"} for c, k, n in ids]
        same = tenant | {"product": "basic", "bought_at": SINCE}
        with unit(engine, self.scope) as tx:
            tx.execute(insert(Customer), customers)
            tx.execute(insert(Contract), rows)
            tx.execute(
                insert(Subscription),
                [same | {"id": uuid.uuid4(), "customer_id": c, "contract_id": k, "holder_id": k} for k, c in held],
            )

    def errand(self, chunk: int, **told: object) -> Errand:
        return Errand(self.url, self.scope.tenant, chunk, **told)  # type: ignore[arg-type]

    def count(self, query: str) -> int:
        with unit(self.engine, self.scope) as tx:
            return int(tx.execute(text(query), {"t": tx.tenant}).scalar_one() or 0)

    def issued(self) -> int:
        return self.count("SELECT count(*) FROM invoice WHERE tenant_id = :t")

    def check(self) -> None:
        """Everything is there once, numbers from 1 on in the order of the contracts."""
        with unit(self.engine, self.scope) as tx:
            rows = tx.execute(
                text("SELECT number, total, contract_id FROM invoice WHERE tenant_id = :t ORDER BY contract_id"),
                {"t": tx.tenant},
            ).all()
            run = tx.query(BillingRun).filter(BillingRun.tenant_id == tx.tenant).one()
        assert [(row.number, row.total) for row in rows] == [
            (f"2026-11-{n:06d}", TOTAL) for n in range(1, self.bills + 1)
        ]
        assert len({row.contract_id for row in rows}) == self.bills
        assert (run.month, run.state) == (NOVEMBER, "finished")
        assert (run.contracts, run.invoices, run.total) == (self.contracts, self.bills, self.bills * TOTAL)
        told = "SELECT sum((after ->> 'invoices')::int) FROM audit_entry WHERE tenant_id = :t AND action = 'billing.issued'"
        finished = "SELECT count(*) FROM audit_entry WHERE tenant_id = :t AND action = 'billing.run_finished'"
        counts = {
            "SELECT count(*) FROM invoice_line WHERE tenant_id = :t": self.bills,
            "SELECT count(*) FROM invoice_tax WHERE tenant_id = :t": self.bills,
            "SELECT value FROM counter WHERE tenant_id = :t": self.bills,
            told: self.bills,
            finished: 1,
        }
        assert {query: self.count(query) for query in counts} == counts


@pytest.fixture
def books(engine: Engine, test_database: TestDatabase, clock: FixedClock) -> Callable[[int], Books]:
    return lambda contracts: Books(engine, test_database, contracts, clock)


@pytest.fixture
def chance() -> random.Random:
    seed = int(os.environ.get("MYPAGE_FAULT_SEED", "") or random.randrange(10**6))
    print(f"seed {seed}")
    return random.Random(seed)


def test_at_every_commit(books: Callable[[int], Books], tmp_path: Path, figure: Callable[[str], None]) -> None:
    found = set()
    for mode in MODES:
        for number in range(1, 30):
            mine, points = books(12), tmp_path / f"{mode}-{number}"
            code = finish(start(mine.errand(6, fault=f"{mode}:{number}", points=points)))
            reached = len(points.read_text().splitlines())
            if reached < number:
                assert code == 0
                mine.check()
                found.add(reached)
                break
            assert code == (-signal.SIGKILL if mode.startswith("crash") else 1)
            assert finish(start(mine.errand(5))) == 0
            mine.check()
    assert len(found) == 1
    figure(f"T14 failpoints: billing run {found.pop()} points x {len(MODES)}, numbers without gaps")


def again_until_done(mine: Books, chunk: int) -> None:
    """The same command; one that comes while the server still clears up behind the dead one is refused."""
    deadline = time.monotonic() + 30
    while (code := finish(start(mine.errand(chunk)))) == REFUSED:
        assert time.monotonic() < deadline
    assert code == 0
    mine.check()


@pytest.mark.parametrize("processes", [1, 2])
def test_at_any_moment(
    books: Callable[[int], Books], chance: random.Random, figure: Callable[[str], None], processes: int
) -> None:
    cut, rounds = 0, max(1, ROUNDS // processes**2)
    for _ in range(rounds):
        mine, issued = books(400), 0
        for _ in range(2):
            process = start(mine.errand(20, processes=processes))
            issued = chance.randint(issued, mine.bills - 40)
            while process.is_alive() and mine.issued() < issued:
                process.join(chance.uniform(0, 0.02))
            victims = [process.pid or 0, *children(process.pid or 0)]
            kill(chance.choice(victims))
            # Whoever lost another process of the run ends by itself, with one line.
            cut += finish(process) in (1, -signal.SIGKILL)
        again_until_done(mine, 20)
    assert cut
    figure(f"T13 kill -9 of billing runs, {processes} processes: {rounds} rounds, {cut} cut in the middle, exact bills")


def test_two_commands_at_once_make_one_run(books: Callable[[int], Books]) -> None:
    mine = books(60)
    both = [start(mine.errand(5)) for _ in range(2)]
    codes = sorted(finish(process) for process in both)
    assert codes in ([0, 0], [0, REFUSED])
    mine.check()
