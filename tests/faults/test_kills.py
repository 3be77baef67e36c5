"""T13: kill -9 at a random moment while customers register and change cards, mails go out and a feed is imported.

Afterwards everything is started plainly, nobody mends anything by hand, and all invariants hold within 30 seconds.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from feeds import check_import, write_feed
from installation import RECOVERED_SECONDS, TENANTS, Installation, until
from invariants import check, settle
from sqlalchemy import Engine
from visitors import Person, Visitor, members, newcomers, steps_of_card_change, steps_of_registration

ROUNDS = int(os.environ.get("MYPAGE_FAULT_ROUNDS", "2"))
CUSTOMERS = 300


@dataclass
class Crowd:
    """Customers at work at the same time; what they finished is counted."""

    here: Installation
    engine: Engine
    chance: random.Random
    folder: Path
    registered: int = 0
    cards: int = 0
    left: int = 0
    feeds: int = 0
    spare: dict[tuple[Callable[..., list[Person]], str], list[Person]] = field(default_factory=dict)

    def next(self, make: Callable[..., list[Person]], tenant: str) -> Person:
        """Somebody whom no test knows yet."""
        waiting = self.spare.setdefault((make, tenant), [])
        if not waiting:
            waiting.extend(make(self.engine, tenant, 20))
        return waiting.pop()

    def work(self, pool: ThreadPoolExecutor) -> list[Future[None]]:
        """In each tenant somebody registers and somebody changes the card; one more goes away in the middle."""
        jobs = []
        for tenant in TENANTS:
            jobs.append(pool.submit(self._register, self.next(newcomers, tenant)))
            jobs.append(pool.submit(self._change_card, self.next(members, tenant), 99))
        jobs.append(pool.submit(self._change_card, self.next(members, TENANTS[0]), self.chance.randrange(1, 5)))
        return jobs

    def _register(self, person: Person) -> None:
        visitor = Visitor(self.here, person)
        for _ in steps_of_registration(visitor):
            pass
        visitor.close()
        self.registered += 1

    def _change_card(self, person: Person, most: int) -> None:
        visitor = Visitor(self.here, person)
        for done, _ in enumerate(steps_of_card_change(visitor), 1):
            if done >= most:
                self.left += 1
                break
        else:
            self.cards += 1
        visitor.close()

    def feed(self) -> tuple[int, str, Path]:
        """An import that has begun: its process, the prefix of its numbers, its file."""
        self.feeds += 1
        prefix = f"F{self.feeds:04d}x"
        path = write_feed(self.folder / f"{prefix}.jsonl", prefix, CUSTOMERS)
        return self.here.start("import", TENANTS[1], str(path)), prefix, path

    def finish(self, prefix: str, path: Path) -> None:
        """The same import again, until PostgreSQL has recovered and it ends what the first began."""

        def again() -> bool:
            return self.here.wait(self.here.start("import", TENANTS[1], str(path)), 60) == 0

        until(again, "the import is finished", tell=lambda: self.here.log("import"))
        check_import(self.here, TENANTS[1], prefix, path.name, CUSTOMERS)


@pytest.fixture(scope="module")
def crowd(here: Installation, rows_engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Crowd:
    return Crowd(here, rows_engine, random.Random(), tmp_path_factory.mktemp("feeds"))


@pytest.fixture(scope="module")
def usual(crowd: Crowd, here: Installation) -> Iterator[float]:
    """Seconds that the crowd takes when nothing breaks; the moments of the kills lie within."""
    here.start_web()
    if not here.worker:
        here.start_worker()
    whole = 0.0
    for _ in range(2):
        began = time.monotonic()
        with ThreadPoolExecutor(5) as pool:
            for job in crowd.work(pool):
                job.result(120)
        whole = time.monotonic() - began
    settle(here)
    check(here)
    yield whole
    here.kill_web()


def rounds(crowd: Crowd, usual: float, seed: int, strike: Callable[[], None], *, importing: bool = False) -> float:
    """Run the rounds; returns the longest time from the kill until all was well."""
    crowd.chance.seed(seed)
    here, longest = crowd.here, 0.0
    before = check(here)
    done = (crowd.registered, crowd.cards, crowd.left)
    for number in range(ROUNDS):
        with ThreadPoolExecutor(5) as pool:
            jobs = crowd.work(pool)
            feed = crowd.feed() if importing else None
            time.sleep(crowd.chance.uniform(0, usual))
            struck = time.monotonic()
            strike()
            for job in jobs:
                job.result(120)
            if feed:
                here.wait(feed[0], 60)
                crowd.finish(*feed[1:])
            settle(here)
        longest = max(longest, time.monotonic() - struck)
        print(f"round {number + 1}: all well after {time.monotonic() - struck:.1f} s")
        after = check(here)
    assert after.accounts - before.accounts == crowd.registered - done[0]
    # Who went away may have done so after the last press.
    assert 0 <= after.cards - before.cards - (crowd.cards - done[1]) <= crowd.left - done[2]
    assert longest < RECOVERED_SECONDS * 2
    return longest


def test_web(crowd: Crowd, usual: float, here: Installation, seed: int, figure: Callable[[str], None]) -> None:
    def strike() -> None:
        here.kill_web()
        here.start_web()

    longest = rounds(crowd, usual, seed, strike)
    figure(f"T13 kill -9 of web: {ROUNDS} rounds, invariants hold, all well within {longest:.1f} s, seed {seed}")


def test_worker(crowd: Crowd, usual: float, here: Installation, seed: int, figure: Callable[[str], None]) -> None:
    def strike() -> None:
        here.kill_worker()
        here.start_worker()

    longest = rounds(crowd, usual, seed, strike)
    figure(f"T13 kill -9 of worker: {ROUNDS} rounds, invariants hold, all well within {longest:.1f} s, seed {seed}")


def test_postgres_process(
    crowd: Crowd, usual: float, here: Installation, seed: int, figure: Callable[[str], None]
) -> None:
    longest = rounds(crowd, usual, seed, here.kill_backend, importing=True)
    figure(f"T13 kill -9 in postgres: {ROUNDS} rounds, invariants hold, all well within {longest:.1f} s, seed {seed}")


def test_postgres_stop(
    crowd: Crowd, usual: float, here: Installation, seed: int, figure: Callable[[str], None]
) -> None:
    longest = rounds(crowd, usual, seed, here.crash_postgres, importing=True)
    figure(
        f"T13 postgres stopped at once: {ROUNDS} rounds, invariants hold, all well within {longest:.1f} s, seed {seed}"
    )


def test_import(crowd: Crowd, here: Installation, seed: int, figure: Callable[[str], None]) -> None:
    chance = random.Random(seed)
    began = time.monotonic()
    process, prefix, path = crowd.feed()
    assert here.wait(process, 60) == 0
    usual, cut = time.monotonic() - began, 0
    check_import(here, TENANTS[1], prefix, path.name, CUSTOMERS)
    for _ in range(ROUNDS):
        process, prefix, path = crowd.feed()
        time.sleep(chance.uniform(0, usual))
        cut += here.ended(process) is None
        here.kill(process)
        crowd.finish(prefix, path)
    check(here)
    figure(f"T13 kill -9 of import: {ROUNDS} rounds, {cut} cut in the middle, exact row counts, seed {seed}")
