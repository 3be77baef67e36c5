"""What a run would issue beside what was issued: changes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from sqlalchemy import Engine

from mypage.billing import run_chunk, run_rows
from mypage.billing.run_chunk import NOTHING
from mypage.billing.run_reckoning import BillForm, Reckoner
from mypage.billing.run_rows import Due, Issued
from mypage.billing.run_values import CHUNK_CONTRACTS, Progress, RunPlan
from mypage.db.session import Scope, unit

Verdict = Literal["missing", "same", "different", "nothing"]
MOST_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Difference:
    """One contract: yen with tax that would be issued and that is, None for no bill, and the number of what is."""

    contract: str
    would: int | None
    issued: int | None
    number: str

    def __str__(self) -> str:
        if self.issued is None:
            return f"contract {self.contract}: missing, would be {self.would:,} yen"
        would = "nothing" if self.would is None else f"{self.would:,} yen"
        if self.would == self.issued:
            return f"contract {self.contract}: different lines of the same {would} (invoice {self.number})"
        return f"contract {self.contract}: would be {would}, issued are {self.issued:,} yen (invoice {self.number})"


@dataclass(slots=True)
class Comparison:
    """The whole month: contracts per verdict, yen with tax of both sides, and the first differences."""

    month: date
    counts: Counter[Verdict] = field(default_factory=Counter)
    would: int = 0
    issued: int = 0
    shown: list[Difference] = field(default_factory=list)

    @property
    def same(self) -> bool:
        """Whether everything was issued as it would be now."""
        return not self.counts["missing"] and not self.counts["different"]

    def printable(self) -> Iterator[str]:
        """Lines of text for a terminal."""
        counts = self.counts
        bills = f"{counts['missing']:,} missing, {counts['same']:,} same, {counts['different']:,} different"
        yield f"{self.month:%Y-%m}: {sum(counts.values()):,} contracts; bills: {bills}; nothing was changed"
        yield f"  would be issued {self.would:,} yen, are issued {self.issued:,} yen"
        for each in self.shown:
            yield f"  {each}"
        if (more := counts["missing"] + counts["different"] - len(self.shown)) > 0:
            yield f"  … and {more:,} more"


def compare_month(
    engine: Engine,
    scope: Scope,
    plan: RunPlan,
    *,
    chunk: int = CHUNK_CONTRACTS,
    most_shown: int = MOST_SHOWN,
    progress: Progress | None = None,
) -> Comparison:
    """Reckon every contract's bill as a run would, and compare it with what runs issued. Raises RunRefused."""
    found, reckoner, after = Comparison(plan.month), Reckoner(plan), NOTHING
    while True:
        with unit(engine, scope) as tx:
            span = run_rows.next_span(tx, after, chunk)
            if span is None:
                return found
            issued = run_rows.read_issued(tx, plan, span)
            for due in run_rows.read_due(tx, plan, span):
                form = run_chunk.form_of(tx, reckoner, due)
                bill = issued.get(due.id)
                verdict = _verdict(due, form, bill)
                found.counts[verdict] += 1
                found.would += form.total
                found.issued += bill.amounts[2] if bill else 0
                if verdict in ("missing", "different") and len(found.shown) < most_shown:
                    found.shown.append(_difference(run_rows.contract_number(tx, due.id), form, bill))
        after = span.until
        if progress is not None:
            progress(sum(found.counts.values()), found.counts["same"])


def _verdict(due: Due, form: BillForm, bill: Issued | None) -> Verdict:
    if bill is None:
        return "missing" if form.lines else "nothing"
    return "same" if _same(due, form, bill) else "different"


def _same(due: Due, form: BillForm, bill: Issued) -> bool:
    """Whether amounts and lines agree, and each line charges for the same rows. Texts may be worded anew."""
    if form.amounts != "\t".join(map(str, bill.amounts)):
        return False
    ours = Counter(_key(line.tail.split("\t")[3:], [due.sources[n] for n in line.sources]) for line in form.lines)
    theirs = Counter(
        _key([rate, reduced, amount, charge], sources.strip("{}").split(","))
        for charge, rate, reduced, amount, sources in bill.lines
    )
    return ours == theirs


def _key(stated: list[str], sources: list[str]) -> tuple[str, ...]:
    return (*stated, *sorted(sources))


def _difference(contract: str, form: BillForm, bill: Issued | None) -> Difference:
    would = form.total if form.lines else None
    return Difference(contract, would, bill.amounts[2] if bill else None, bill.number if bill else "")
