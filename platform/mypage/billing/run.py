"""The monthly billing run of a tenant: every contract's bill, once, with numbers without gaps.

Chunks of contracts in the order of their ids, one transaction each. A run that was killed goes on behind the last chunk
that was committed; a month that is done stays as it is.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import Engine, insert, select, update

from mypage.audit.trail import record
from mypage.billing import counter, run_chunk, run_parallel, run_rows
from mypage.billing.models import BillingRun
from mypage.billing.run_chunk import NOTHING, OutOfTurn
from mypage.billing.run_reckoning import Reckoner
from mypage.billing.run_values import CHUNK_CONTRACTS, Part, Progress, RunPlan, RunRefused, RunStopped
from mypage.db.session import Scope, Tx, unit
from mypage.db.staging import FAILURES, first_line, sqlstate
from mypage.lib.months import add_months

_TRIES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReport:
    """What a run came to. `whole` is all of the month, `now` what this command did of it, in `seconds`.

    `already`: the month was done before.
    """

    month: date
    issued_on: date
    whole: Part
    now: Part
    seconds: float
    already: bool = False

    def printable(self) -> Iterator[str]:
        """Lines of text for a terminal."""
        month, whole = f"{self.month:%Y-%m}", self.whole
        sums = f"{whole.contracts:,} contracts, {whole.invoices:,} invoices, {whole.total:,} yen"
        if self.already:
            yield f"{month} is billed already: {sums}, issued on {self.issued_on}; nothing was changed"
            return
        yield f"{month}: {sums}"
        if self.now != whole:
            yield f"  of these by this command: {self.now.contracts:,} contracts, {self.now.invoices:,} invoices"
        speed = f", {self.now.contracts / self.seconds:,.0f} contracts/s" if self.seconds else ""
        yield f"  {self.seconds:.1f} s{speed}"


@dataclass(frozen=True, slots=True)
class Begun:
    """A run that is under way or done."""

    id: uuid.UUID
    plan: RunPlan
    after: uuid.UUID
    whole: Part
    finished: bool


def check_month(month: date, today: date, *, early: bool = False) -> None:
    """Raises RunRefused for a month that is not over in Japan, unless that is wanted."""
    if add_months(month) > today and not early:
        later = f"run it from {add_months(month)} on, or give --early if no charge of it can change any more"
        raise RunRefused(f"{month:%Y-%m} is not over yet; {later}")


def run_month(
    engine: Engine,
    scope: Scope,
    plan: RunPlan,
    *,
    processes: int = 1,
    chunk: int = CHUNK_CONTRACTS,
    progress: Progress | None = None,
) -> RunReport:
    """Issue the bills of the plan's month, as the app role; does nothing when they are all there.

    With several `processes` chunks are reckoned and written side by side and committed in turn. Raises RunRefused, and
    RunStopped when it can be gone on with by the same command.
    """
    started = time.monotonic()
    with _told(), one_run(engine, scope) as lock:
        with unit(engine, scope) as tx:
            begun = _begin(tx, plan)
        if begun.finished:
            return _report(begun, begun.whole, started, already=True)
        tell = _Telling(begun.whole, progress)
        if processes > 1:
            url = engine.url.render_as_string(hide_password=False)
            work = run_parallel.Work(url, scope, begun.plan, begun.id)
            run_parallel.issue(lock, work, begun.after, processes, chunk, tell)
        else:
            _issue(engine, scope, begun, chunk, tell)
        with unit(engine, scope) as tx:
            _finish(tx, begun.id)
    return _report(begun, tell.whole, started)


@contextmanager
def one_run(engine: Engine, scope: Scope) -> Iterator[Tx]:
    """A unit that is open for as long as the run; no other run of the tenant begins within. Raises RunRefused."""
    with unit(engine, scope) as tx:
        if not run_rows.lock_run(tx):
            raise RunRefused(f"another billing run of tenant {scope.tenant} is at work; wait until it is done")
        yield tx


class _Telling:
    """Adds up what is done and tells of it."""

    def __init__(self, before: Part, progress: Progress | None) -> None:
        self.whole = before
        self._progress = progress

    def __call__(self, part: Part) -> None:
        self.whole = self.whole.plus(part)
        if self._progress is not None:
            self._progress(self.whole.contracts, self.whole.invoices)


def _issue(engine: Engine, scope: Scope, begun: Begun, chunk: int, tell: _Telling) -> None:
    reckoner, after = Reckoner(begun.plan), begun.after
    tries = 0
    while True:
        try:
            with unit(engine, scope) as tx:
                span = run_rows.next_span(tx, after, chunk)
                if span is None:
                    return
                drafted = run_chunk.draft(tx, begun.plan, reckoner, span)
                first = counter.last(tx, counter.INVOICES) + 1
                run_chunk.write(tx, begun.plan, begun.id, drafted, first)
                run_chunk.close(tx, begun.id, drafted, first)
        except (*FAILURES, OutOfTurn) as error:
            tries += 1
            if tries >= _TRIES or not _may_pass(error):
                raise
            continue
        after, tries = span.until, 0
        tell(drafted.part)


def _begin(tx: Tx, plan: RunPlan) -> Begun:
    """Enter the month, or find how far it is. From then on no feed adds postings to it."""
    run_rows.lock_feeds(tx)
    found = tx.scalars(
        select(BillingRun).where(BillingRun.tenant_id == tx.tenant, BillingRun.month == plan.month).with_for_update()
    ).one_or_none()
    if found is not None:
        whole = Part(found.contracts, found.invoices, found.total)
        plan = _same_days(plan, found)
        if found.state == "finished":
            return Begun(found.id, plan, NOTHING, whole, True)
        _check_prices(tx, plan)
        return Begun(found.id, plan, found.last_contract or NOTHING, whole, False)
    _check_prices(tx, plan)
    run_id = uuid.uuid4()
    tx.execute(
        insert(BillingRun).values(
            tenant_id=tx.tenant,
            id=run_id,
            month=plan.month,
            issued_on=plan.issued_on,
            due_on=plan.due_on,
            state="running",
            started_at=tx.now(),
        )
    )
    record(tx, "billing.run_started", "billing_run", run_id, after={"month": f"{plan.month:%Y-%m}"})
    return Begun(run_id, plan, NOTHING, Part(), False)


def _same_days(plan: RunPlan, found: BillingRun) -> RunPlan:
    """The bills of one run are all of one day, also when it was finished on the next."""
    return replace(plan, issued_on=found.issued_on, due_on=found.due_on)


def _check_prices(tx: Tx, plan: RunPlan) -> None:
    found = run_rows.find_unpriced(tx, plan)
    if found is not None:
        product, number = found
        raise RunRefused(f"contract {number}: {product} has no price; declare it as a product of the operator")


def _finish(tx: Tx, run_id: uuid.UUID) -> None:
    mine = (BillingRun.tenant_id == tx.tenant, BillingRun.id == run_id)
    tx.execute(update(BillingRun).where(*mine).values(state="finished", finished_at=tx.now()))
    run = tx.scalars(select(BillingRun).where(*mine)).one()
    after = {"contracts": run.contracts, "invoices": run.invoices, "total": run.total}
    record(tx, "billing.run_finished", "billing_run", run_id, after=after)


def _report(begun: Begun, whole: Part, started: float, *, already: bool = False) -> RunReport:
    before = begun.whole
    now = Part(whole.contracts - before.contracts, whole.invoices - before.invoices, whole.total - before.total)
    return RunReport(
        month=begun.plan.month,
        issued_on=begun.plan.issued_on,
        whole=whole,
        now=now,
        seconds=time.monotonic() - started,
        already=already,
    )


@contextmanager
def _told() -> Iterator[None]:
    """Failures of the database as one line that says what to do."""
    try:
        yield
    except (*FAILURES, OutOfTurn) as error:
        state, line = sqlstate(error), first_line(error)
        if state == "23505" and "_number_" in line:
            raise RunRefused(
                f"an invoice number is taken by a bill of a feed ({line}); renumber the feed's bills"
            ) from error
        raise RunStopped(f"stopped, run it again to go on: {line}") from error


def _may_pass(error: Exception) -> bool:
    return isinstance(error, OutOfTurn) or sqlstate(error)[:2] == "40"
