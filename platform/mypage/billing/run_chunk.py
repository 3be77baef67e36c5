"""One chunk of a billing run: contracts in, numbered bills out, all in one transaction with how far the run is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import update

from mypage.audit.trail import record
from mypage.billing import counter, run_rows
from mypage.billing.charging import PriceError
from mypage.billing.models import BillingRun
from mypage.billing.run_reckoning import BillForm, Reckoner
from mypage.billing.run_rows import Due
from mypage.billing.run_values import Part, RunPlan, RunRefused, Span
from mypage.db.session import Tx

NOTHING = UUID(int=0)
"""Before the first contract."""


class OutOfTurn(RuntimeError):
    """Somebody else moved the numbers or the run meanwhile; nothing of the chunk is kept."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A chunk that is reckoned and not written."""

    span: Span
    contracts: int
    bills: Sequence[tuple[Due, BillForm]]

    @property
    def part(self) -> Part:
        """What it comes to."""
        return Part(self.contracts, len(self.bills), sum(form.total for _, form in self.bills))


def draft(tx: Tx, plan: RunPlan, reckoner: Reckoner, span: Span) -> Draft:
    """Reckon the bills of a span. Raises RunRefused, naming contract and product, for what has no price."""
    bills: list[tuple[Due, BillForm]] = []
    found = run_rows.read_due(tx, plan, span)
    for due in found:
        if not due.held and not due.posted:
            continue
        form = form_of(tx, reckoner, due)
        if form.lines:
            bills.append((due, form))
    return Draft(span, len(found), bills)


def form_of(tx: Tx, reckoner: Reckoner, due: Due) -> BillForm:
    """The bill of one contract. Raises RunRefused."""
    try:
        return reckoner.bill(tuple(due.held), due.posted)
    except PriceError as error:
        raise RunRefused(f"contract {run_rows.contract_number(tx, due.id)}: {error.problem}") from None


def write(tx: Tx, plan: RunPlan, run_id: UUID, drafted: Draft, first: int) -> None:
    """Write the bills, numbered from `first`; nobody else sees them before `close` and the end of the unit."""
    if drafted.bills:
        run_rows.write_bills(tx, plan, run_id, drafted.bills, first)


def close(tx: Tx, run_id: UUID, drafted: Draft, first: int) -> None:
    """Count the numbers and move the run behind the chunk. Raises OutOfTurn.

    Comes last, so that numbers wait for no one: until here the unit holds no lock that another chunk needs.
    """
    part = drafted.part
    if part.invoices and not counter.move(tx, counter.INVOICES, first - 1, part.invoices):
        raise OutOfTurn("somebody else took invoice numbers")
    before = drafted.span.after
    stood = BillingRun.last_contract.is_(None) if before == NOTHING else BillingRun.last_contract == before
    moved = tx.execute(
        update(BillingRun)
        .where(BillingRun.tenant_id == tx.tenant, BillingRun.id == run_id, BillingRun.state == "running", stood)
        .values(
            last_contract=drafted.span.until,
            contracts=BillingRun.contracts + part.contracts,
            invoices=BillingRun.invoices + part.invoices,
            total=BillingRun.total + part.total,
        )
    )
    if not moved.rowcount:  # type: ignore[attr-defined]
        raise OutOfTurn("another run of the same month moved on")
    numbers = {"first number": first, "last number": first + part.invoices - 1} if part.invoices else {}
    record(
        tx,
        "billing.issued",
        "billing_run",
        run_id,
        after={"contracts": part.contracts, "invoices": part.invoices, "total": part.total} | numbers,
    )
