"""Chunks side by side in several processes, committed in turn: numbers have no gaps, whatever is killed when.

A process writes its chunk as soon as it is known how many bills the chunks before it have, and commits when they are
committed. The counter and the run's row are touched last, so that nobody waits for a lock.
"""

from __future__ import annotations

import multiprocessing
import uuid
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import Any

from mypage.billing import counter, run_chunk, run_rows
from mypage.billing.run_chunk import OutOfTurn
from mypage.billing.run_reckoning import Reckoner
from mypage.billing.run_values import Part, RunPlan, RunRefused, RunStopped, Span
from mypage.db.session import Scope, Tx, sync_engine, unit
from mypage.db.staging import FAILURES, first_line

_PATIENCE = 20.0


@dataclass(frozen=True, slots=True)
class Work:
    """What a process is started with."""

    url: str
    scope: Scope
    plan: RunPlan
    run_id: uuid.UUID


@dataclass(slots=True)
class _Hand:
    """One process and how far its chunk is."""

    process: SpawnProcess
    line: Connection
    span: Span | None = None
    bills: int | None = None
    first: int | None = None
    written: bool = False
    released: bool = False

    def begin(self, span: Span) -> None:
        self.span, self.bills, self.first, self.written, self.released = span, None, None, False, False
        self.send(span)

    def send(self, what: Any) -> None:
        with _lost():
            self.line.send(what)

    def receive(self) -> tuple[str, Any]:
        with _lost():
            said: tuple[str, Any] = self.line.recv()
        return said


def issue(lock: Tx, work: Work, after: uuid.UUID, processes: int, chunk: int, tell: Callable[[Part], None]) -> None:
    """Issue everything behind `after`. `lock` is the unit that holds the run. Raises RunRefused and RunStopped."""
    first = counter.last(lock, counter.INVOICES) + 1
    with _hands(work, processes) as idle:
        busy: deque[_Hand] = deque()
        while True:
            while idle and (span := run_rows.next_span(lock, after, chunk)):
                hand = idle.popleft()
                hand.begin(span)
                busy.append(hand)
                after = span.until
            if not busy:
                return
            for line in wait([hand.line for hand in busy]):
                hand = next(each for each in busy if each.line is line)
                if (part := _heard(hand)) is not None:
                    busy.remove(hand)
                    idle.append(hand)
                    tell(part)
            first = _number(busy, first)
            if busy and busy[0].written and not busy[0].released:
                busy[0].released = True
                busy[0].send(True)


def _heard(hand: _Hand) -> Part | None:
    """Take what a process says; its part when the chunk is committed."""
    what, value = hand.receive()
    match what:
        case "drafted":
            hand.bills = value
        case "written":
            hand.written = True
        case "committed":
            return Part(*value)
        case "refused":
            raise RunRefused(value)
        case _:
            raise RunStopped(f"stopped, run it again to go on: {value}")
    return None


def _number(busy: deque[_Hand], first: int) -> int:
    """Give numbers to chunks whose predecessors all have theirs; the next number."""
    for hand in busy:
        if hand.bills is None:
            break
        if hand.first is None:
            hand.first = first
            hand.send(first)
            first += hand.bills
    return first


@contextmanager
def _hands(work: Work, processes: int) -> Iterator[deque[_Hand]]:
    """The processes; afterwards none is left, and what was not committed is rolled back."""
    context = multiprocessing.get_context("spawn")
    hands: list[_Hand] = []
    try:
        for _ in range(processes):
            ours, theirs = context.Pipe()
            process = context.Process(target=_work, args=(work, theirs), daemon=True)
            process.start()
            theirs.close()
            hands.append(_Hand(process, ours))
        yield deque(hands)
    finally:
        for hand in hands:
            hand.line.close()
        for hand in hands:
            hand.process.join(_PATIENCE)
            if hand.process.exitcode is None:
                hand.process.kill()


def _work(work: Work, line: Connection) -> None:
    """A process: chunk after chunk until the line is closed, which also happens when the run is killed."""
    engine, reckoner = sync_engine(work.url), Reckoner(work.plan)
    with suppress(EOFError, BrokenPipeError, ConnectionResetError, KeyboardInterrupt):
        while True:
            span = line.recv()
            try:
                with unit(engine, work.scope) as tx:
                    drafted = run_chunk.draft(tx, work.plan, reckoner, span)
                    line.send(("drafted", len(drafted.bills)))
                    first = line.recv()
                    run_chunk.write(tx, work.plan, work.run_id, drafted, first)
                    line.send(("written", None))
                    line.recv()
                    run_chunk.close(tx, work.run_id, drafted, first)
            except RunRefused as error:
                line.send(("refused", str(error)))
                continue
            except (*FAILURES, OutOfTurn) as error:
                line.send(("failed", first_line(error)))
                continue
            part = drafted.part
            line.send(("committed", (part.contracts, part.invoices, part.total)))
    engine.dispose()


@contextmanager
def _lost() -> Iterator[None]:
    try:
        yield
    except (EOFError, BrokenPipeError, ConnectionResetError) as error:
        raise RunStopped("stopped, run it again to go on: one of its processes ended") from error
