"""T14: at every commit, outside call and note about a job, the process dies or the operation fails; then all holds.

For each number N from 1 until a run reaches no N-th point: a process with a failpoint at N, customers who try again,
plain restarts, the invariants. Death after point N and death before point N + 1 leave the same behind, because nothing
else lasts; so the short run does the one of them, and at each point either that or the error, in turns that the day
begins; the night's run does all.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from feeds import check_import, write_feed
from installation import TENANTS, Installation
from invariants import check, settle
from sqlalchemy import Engine
from visitors import KEYRING, Visitor, members, newcomers, steps_of_card_change, steps_of_registration

from mypage.db.keys import Vault
from mypage.db.session import Actor, Scope, unit
from mypage.lib.clock import SystemClock
from mypage.mail.service import send_mail

NIGHT = int(os.environ.get("MYPAGE_FAULT_ROUNDS", "0")) >= 50
MODES = ("crash-before", "crash-after", "error-before", "error-after") if NIGHT else ("crash-after", "error-after")
TURN = int(os.environ.get("MYPAGE_FAULT_SEED", "0")) or datetime.now(UTC).toordinal()
"""Says at which points of a short run the process dies, and at which the operation fails."""
MOST = 60
CUSTOMERS = 70
REPEATED = {("mail", "crash-after"), ("mail", "error-after"), ("commit", "crash-before"), ("commit", "error-before")}
"""The only faults after which a mail may go out twice."""


def exhaust(here: Installation, folder: Path, attempt: Callable[[str, Path, int], None]) -> int:
    """Run `attempt` with the fault at point 1, 2, … in each mode; returns how many points there are."""
    found = set()
    for mode in MODES if NIGHT else ("in turns",):
        for number in range(1, MOST):
            fault = mode if NIGHT else MODES[(number + TURN) % len(MODES)]
            points = folder / f"{mode}-{number}"
            attempt(f"{fault}:{number}", points, number)
            reached = points.read_text().splitlines() if points.exists() else []
            if len(reached) < number:
                found.add(number - 1)
                break
            check(here)
    # A second try after an error may reach more points than a run without any; each was tried all the same.
    assert min(found) > 1
    return min(found)


def restart_web(here: Installation, broken: bool) -> None:
    """A plain start once the process has ended; after an error that was answered nothing is to be done."""
    if broken:
        here.wait(here.web)
        here.start_web()


@pytest.fixture
def web_points(here: Installation, rows_engine: Engine, tmp_path: Path) -> Callable[..., int]:
    """Takes customers through a way in the pages, each with the fault at another point."""

    def run(people: Callable[..., list], steps: Callable) -> int:
        crowd = iter(people(rows_engine, TENANTS[0], MOST * 2) + people(rows_engine, TENANTS[1], MOST * 2))

        def attempt(fault: str, points: Path, number: int) -> None:
            here.start_web(fault=fault, points=points)
            visitor = Visitor(here, next(crowd), mend=partial(restart_web, here))
            for _ in steps(visitor):
                pass
            visitor.close()
            here.kill_web()
            settle(here)

        return exhaust(here, tmp_path, attempt)

    return run


def test_registration(here: Installation, web_points: Callable[..., int], say: Callable[..., None]) -> None:
    here.start_worker()
    say("registration", web_points(newcomers, steps_of_registration))


def test_card_change(here: Installation, web_points: Callable[..., int], say: Callable[..., None]) -> None:
    if not here.worker:
        here.start_worker()
    say("card change", web_points(members, steps_of_card_change))


def test_mail(here: Installation, rows_engine: Engine, tmp_path: Path, say: Callable[..., None]) -> None:
    here.kill_worker()
    vault = Vault(KEYRING)

    def attempt(fault: str, points: Path, number: int) -> None:
        before, address = len(here.sink.taken), f"{fault.replace(':', '')}@{TENANTS[0]}.example"
        values = {"link": f"https://{TENANTS[0]}.example/activate/t", "expires_at": datetime.now(UTC), "login_id": "a"}
        mail: dict[str, Any] = {"template": "activation", "recipient": address, "language": "ja", "values": values}
        with unit(rows_engine, Scope(TENANTS[0], SystemClock(), Actor("system", "test"), "test")) as tx:
            send_mail(tx, vault, **mail)
        here.start_worker(fault=fault, points=points)
        settle(here, partial(restart_worker, here))
        here.kill_worker()
        letters = here.sink.to(address)
        assert 1 <= len(letters) <= 2, fault
        assert len(here.sink.taken) == before + len(letters)
        if len(letters) == 2:
            # The reply of the mail server was lost, or what it said was not written down any more.
            struck = points.read_text().splitlines()[number - 1].split(" ", 1)[1]
            assert (struck, fault.split(":", maxsplit=1)[0]) in REPEATED

    say("mail", exhaust(here, tmp_path, attempt))


def test_import(here: Installation, tmp_path: Path, say: Callable[..., None]) -> None:
    def attempt(fault: str, points: Path, number: int) -> None:
        prefix = fault.replace(":", "").replace("-", "")
        feed = write_feed(tmp_path / f"{prefix}.jsonl", prefix, CUSTOMERS)
        code = here.wait(here.start("import", TENANTS[0], str(feed), fault=fault, points=points), 60)
        struck = len(points.read_text().splitlines()) >= number
        assert code == ((-signal.SIGKILL if fault.startswith("crash") else 1) if struck else 0), here.log("import")
        assert here.wait(here.start("import", TENANTS[0], str(feed)), 60) == 0, here.log("import")
        check_import(here, TENANTS[0], prefix, feed.name, CUSTOMERS)

    say("import", exhaust(here, tmp_path, attempt))


def restart_worker(here: Installation) -> None:
    if here.ended(here.worker) is not None:
        here.worker = 0
        here.start_worker()


@pytest.fixture
def say(here: Installation, figure: Callable[[str], None]) -> Callable[[str, int], None]:
    """Wait until all is quiet, check once more, and tell the figure."""

    def tell(what: str, points: int) -> None:
        if here.worker:
            settle(here)
        check(here)
        how = f"x {len(MODES)}" if NIGHT else f"in turns of {len(MODES)} from day {TURN}"
        figure(f"T14 failpoints: {what} {points} points {how}, invariants hold")

    return tell
