"""What a billing run is told, what it finds, and why it may refuse."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from uuid import UUID

from mypage.billing.tax import TaxMode
from mypage.hooks.portal import TenantSettings
from mypage.hooks.prices import Price
from mypage.hooks.products import Product
from mypage.lib.clock import TOKYO
from mypage.lib.months import add_months

CHUNK_CONTRACTS = 4_000
"""Contracts of one transaction: what each costs besides its rows is shared by many, and memory stays small."""

Progress = Callable[[int, int], None]
"""Called after each chunk with the contracts and the invoices of the whole run so far."""


class RunRefused(RuntimeError):
    """The run cannot begin or cannot go on; the message is one line. What was issued stays, in whole chunks."""


class RunStopped(RuntimeError):
    """The database or a process failed midway: the same command again goes on where it ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Priced:
    """Of a product, what a bill needs."""

    name: str
    price: Price
    once_label: str
    again_label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPlan:
    """What holds for every bill of a run. `priced` is in the order of bills; all of it may go to another process."""

    month: date
    issued_on: date
    due_on: date | None
    priced: Mapping[str, Priced]
    tax_mode: TaxMode
    issuer: str
    registration_number: str

    @property
    def begins(self) -> datetime:
        """The first instant of the month in Japan."""
        return midnight(self.month)

    @property
    def ends(self) -> datetime:
        """The first instant after it."""
        return midnight(add_months(self.month))


@dataclass(frozen=True, slots=True)
class Span:
    """The contracts whose ids lie behind `after` and not behind `until`."""

    after: UUID
    until: UUID


@dataclass(frozen=True, slots=True)
class Part:
    """What one chunk, or the whole run, came to. `total` in yen with tax."""

    contracts: int = 0
    invoices: int = 0
    total: int = 0

    def plus(self, other: Part) -> Part:
        """Both together."""
        return Part(self.contracts + other.contracts, self.invoices + other.invoices, self.total + other.total)


def plan_run(
    month: date,
    products: Mapping[str, Product],
    settings: TenantSettings,
    *,
    issued_on: date,
    due_on: date | None = None,
) -> RunPlan:
    """The plan of a month (its first day) for a tenant with these products and settings.

    Raises RunRefused when the day of payment lies before the day of issue.
    """
    if due_on is not None and due_on < issued_on:
        raise RunRefused(f"the day of payment, {due_on}, lies before the day of issue, {issued_on}; give a later one")
    return RunPlan(
        month=month,
        issued_on=issued_on,
        due_on=due_on,
        priced={
            code: Priced(
                name=product.name,
                price=product.price,
                once_label=product.once_label,
                again_label=product.again_label,
            )
            for code, product in products.items()
        },
        tax_mode=TaxMode(settings.tax_mode),
        issuer=settings.issuer_name,
        registration_number=settings.registration_number,
    )


def midnight(day: date) -> datetime:
    """The first instant of a day in Japan."""
    return datetime.combine(day, time(), TOKYO)
