"""A billing run in a process of its own that a test may kill; what runs is what `mypage billing run` runs."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from dataclasses import dataclass
from datetime import UTC, date, datetime
from multiprocessing import get_context
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from mypage.billing.run import run_month
from mypage.billing.run_values import RunRefused, RunStopped, plan_run
from mypage.db.session import Actor, Scope, sync_engine
from mypage.hooks.portal import TenantSettings
from mypage.hooks.prices import UnitPrice
from mypage.hooks.products import Product
from mypage.lib.clock import FixedClock
from mypage.testing.faults import install

NOVEMBER = date(2026, 11, 1)
SETTINGS = TenantSettings(mail_from="a@b.example", mail_domain="b.example", issuer_name="a", registration_number="T1")
BASIC = Product(code="basic", name="基本料", holder="contract", price=UnitPrice(monthly=4800), permission="p")
REFUSED = 3


@dataclass(frozen=True)
class Errand:
    """What a process is told."""

    url: str
    tenant: str
    chunk: int
    processes: int = 1
    fault: str = ""
    points: Path | None = None


def start(errand: Errand) -> ForkServerProcess:
    """A process that does it: everything is imported once, in a server that has no threads, and each is a fork."""
    context = get_context("forkserver")
    context.set_forkserver_preload(["mypage.billing.run", "mypage.testing.faults"])
    process = context.Process(target=work, args=(errand,))
    process.start()
    return process


def work(errand: Errand) -> None:
    if errand.fault:
        os.environ["MYPAGE_FAULT"] = errand.fault
    if errand.points:
        os.environ["MYPAGE_FAULT_LOG"] = str(errand.points)
    install(os.environ)
    clock = FixedClock(datetime(2026, 12, 5, 3, tzinfo=UTC))
    plan = plan_run(NOVEMBER, {"basic": BASIC}, SETTINGS, issued_on=date(2026, 12, 5))
    scope = Scope(errand.tenant, clock, Actor("system", "test"), "test")
    try:
        run_month(sync_engine(errand.url), scope, plan, processes=errand.processes, chunk=errand.chunk)
    except RunStopped:
        sys.exit(1)
    except RunRefused as refused:
        print(refused, file=sys.stderr)
        sys.exit(REFUSED)


def finish(process: ForkServerProcess, seconds: float = 60) -> int:
    """Wait for its end; the exit code, negative for a signal."""
    process.join(seconds)
    assert process.exitcode is not None, "it hangs"
    return process.exitcode


def children(pid: int) -> list[int]:
    """The processes that it started itself."""
    try:
        return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def kill(pid: int) -> None:
    """kill -9."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
