"""What a month's bill of a contract comes to without and with one more line, as things are now."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import or_, select

from mypage.billing.charging import Purchase, charges
from mypage.billing.models import Posting
from mypage.billing.run_values import midnight
from mypage.billing.tax import TaxableLine, TaxMode, totals
from mypage.contracts.models import Contract, Subscription
from mypage.db.session import Tx
from mypage.hooks.products import Product
from mypage.lib.months import add_months


@dataclass(frozen=True, slots=True)
class BillPreview:
    """Yen with tax, before and after; `known` False where not all that is held has a price here."""

    before: int
    after: int
    known: bool = True


def preview(
    tx: Tx,
    products: Mapping[str, Product],
    tax_mode: str,
    *,
    contract_id: uuid.UUID,
    month: date,
    line: TaxableLine,
) -> BillPreview:
    """The bill of the month if nothing else is bought or ended. Products that are not billed here count nothing."""
    contract = tx.execute(
        select(Contract.status, Contract.ended_on).where(Contract.tenant_id == tx.tenant, Contract.id == contract_id)
    ).one()
    over = contract.status == "terminated" if contract.ended_on is None else contract.ended_on < month
    held = [] if over else _held(tx, contract_id, month, contract.ended_on)
    known = [each for each in held if each.product in products]
    prices = {code: product.price for code, product in products.items()}
    lines = [TaxableLine(c.amount, c.rate_bp) for c in charges(month, known, prices)] + _posted(tx, contract_id, month)
    mode = TaxMode(tax_mode)
    return BillPreview(totals(lines, mode).gross, totals([*lines, line], mode).gross, len(known) == len(held))


def _held(tx: Tx, contract_id: uuid.UUID, month: date, ended_on: date | None) -> list[Purchase]:
    begins, ends = midnight(month), midnight(add_months(month))
    rows = tx.scalars(
        select(Subscription).where(
            Subscription.tenant_id == tx.tenant,
            Subscription.contract_id == contract_id,
            Subscription.bought_at < ends,
            or_(Subscription.ended_at.is_(None), Subscription.ended_at >= begins),
            Subscription.voided_at.is_(None),
        )
    )
    last = midnight(ended_on) if ended_on is not None and ended_on < add_months(month) else None
    return [
        Purchase(str(row.id), row.product, str(row.holder_id), row.bought_at, _end(row, last), row.again)
        for row in rows
    ]


def _end(row: Subscription, last: datetime | None) -> datetime | None:
    """A contract's last day ends what was bought on it."""
    ends = [each for each in (row.ended_at, last) if each is not None]
    return max(min(ends), row.bought_at) if ends else None


def _posted(tx: Tx, contract_id: uuid.UUID, month: date) -> list[TaxableLine]:
    rows = tx.execute(
        select(Posting.amount, Posting.rate_bp, Posting.reduced).where(
            Posting.tenant_id == tx.tenant, Posting.contract_id == contract_id, Posting.month == month
        )
    )
    return [TaxableLine(row.amount, row.rate_bp, row.reduced) for row in rows]
