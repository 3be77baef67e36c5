"""Bills of a customer as read models. A bill outside the months that the operator shows is as good as missing."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, cast

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Row,
    Subquery,
    bindparam,
    func,
    literal,
    or_,
    select,
    text,
    true,
    tuple_,
    union_all,
)

from mypage.auth.models import Customer
from mypage.billing.models import Invoice, InvoiceLine, InvoiceTax
from mypage.billing.tax import InvoiceTotals, RateTotal
from mypage.db.reads import Later, Read
from mypage.db.session import Tx
from mypage.hooks.context import Principal
from mypage.lib.errors import NotFound

PAGE_SIZE = 50
"""Bills on one page of the list: those of a household all fit, those of a large company must not all be sent."""

State = Literal["scheduled", "paid", "unpaid", "failed"]

_OWN = (
    Invoice.tenant_id == bindparam("tenant"),
    Invoice.customer_id == bindparam("customer"),
    Invoice.month >= bindparam("since"),
)
_BILL = (
    Invoice.id,
    Invoice.number,
    Invoice.month,
    Invoice.issued_on,
    Invoice.due_on,
    Invoice.status,
    Invoice.payment_method,
    Invoice.net,
    Invoice.tax,
    Invoice.total,
    Invoice.addressee,
    Invoice.issuer,
    Invoice.registration_number,
    Invoice.tax_mode,
    Invoice.note,
)
_NEWEST_FIRST = (Invoice.month.desc(), Invoice.issued_on.desc(), Invoice.number.desc())
_PLACE = tuple_(Invoice.month, Invoice.issued_on, Invoice.number)
_THIS = select(*_BILL).where(*_OWN, Invoice.id == bindparam("bill")).cte("this")
_PLACE_OF_THIS = tuple_(_THIS.c.month, _THIS.c.issued_on, _THIS.c.number)


def _near(name: str, number: int, *where: ColumnElement[bool], oldest_first: bool = False) -> Subquery:
    order = [column.asc() for column in _PLACE.clauses] if oldest_first else list(_NEWEST_FIRST)
    own = select(literal(name).label("what"), *_BILL).where(*_OWN, *where).join(_THIS, true())
    return own.order_by(*order).limit(number).subquery(name)


_AROUND = union_all(
    select(literal("this").label("what"), _THIS),
    select(_near("older", 1, _PLACE < _PLACE_OF_THIS)),
    select(_near("newer", 1, _PLACE > _PLACE_OF_THIS, oldest_first=True)),
    select(_near("beside", 1, Invoice.month == _THIS.c.month, Invoice.id != _THIS.c.id)),
    select(_near("before", 2, Invoice.month == _THIS.c.month - text("interval '1 month'"))),
)
_PAGE = (
    select(*_BILL, func.count().over().label("bill_count"))
    .where(*_OWN, or_(bindparam("all_kinds", type_=Boolean), Invoice.registration_number != ""))
    .order_by(*_NEWEST_FIRST)
    .limit(PAGE_SIZE)
    .offset(bindparam("offset"))
)
_RANKED = select(*_BILL, func.row_number().over(order_by=_NEWEST_FIRST).label("place")).where(*_OWN).subquery()
_NOTABLE = Read(
    select(_RANKED)
    .where((_RANKED.c.place == 1) | (_RANKED.c.status == "unpaid") | (_RANKED.c.status == "failed"))
    .order_by(_RANKED.c.place)
    .limit(20)
)
_LINES = (
    select(
        InvoiceLine.invoice_id,
        InvoiceLine.description,
        InvoiceLine.period_from,
        InvoiceLine.period_to,
        InvoiceLine.period_text,
        InvoiceLine.rate_bp,
        InvoiceLine.reduced,
        InvoiceLine.amount,
    )
    .where(
        InvoiceLine.tenant_id == bindparam("tenant"), InvoiceLine.invoice_id.in_(bindparam("invoices", expanding=True))
    )
    .order_by(InvoiceLine.invoice_id, InvoiceLine.position)
)
_TAXES = (
    select(InvoiceTax.rate_bp, InvoiceTax.reduced, InvoiceTax.net, InvoiceTax.tax)
    .where(InvoiceTax.tenant_id == bindparam("tenant"), InvoiceTax.invoice_id == bindparam("invoice"))
    .order_by(InvoiceTax.rate_bp.desc())
)
_KIND = select(Customer.kind).where(Customer.tenant_id == bindparam("tenant"), Customer.id == bindparam("customer"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """An issued bill without its lines. Amounts in yen, `month` its first day."""

    id: uuid.UUID
    number: str
    month: date
    issued_on: date
    due_on: date | None
    state: State
    payment_method: str
    net: int
    tax: int
    total: int
    addressee: str
    issuer: str
    registration_number: str
    tax_mode: str
    note: str

    @property
    def settled(self) -> bool:
        """Whether nothing is to be paid any more."""
        return self.state == "paid"


@dataclass(frozen=True, slots=True)
class BillList:
    """One page of bills, newest first, and how many pages there are (at least one)."""

    bills: tuple[Bill, ...]
    page: int
    pages: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of a bill: yen without tax, rate in basis points."""

    description: str
    amount: int
    rate_bp: int
    reduced: bool
    period_from: date | None
    period_to: date | None
    period_text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BillDetail:
    """A bill with lines and taxes, and its neighbours in the list.

    `before` is the only bill of the month before, if this is the only one of its own; `before_lines` are its lines.
    """

    bill: Bill
    lines: tuple[Line, ...]
    totals: InvoiceTotals
    older: Bill | None
    newer: Bill | None
    before: Bill | None
    before_lines: tuple[Line, ...]


def first_month(today: date, months: int) -> date:
    """The oldest month shown when the list reaches back over `months` months, the current one included."""
    index = today.year * 12 + today.month - 1 - (months - 1)
    return date(index // 12, index % 12 + 1, 1)


def list_bills(tx: Tx, principal: Principal, *, months: int, page: int, qualified: bool = False) -> BillList:
    """A page of the bills of the last `months` months (ACTV-61), or of those only that are `qualified` invoices.

    Raises NotFound for a page that does not exist; the first always does.
    """
    values = _values(tx, principal, months) | {"offset": (page - 1) * PAGE_SIZE, "all_kinds": not qualified}
    rows = tx.execute(_PAGE, values).all()
    if not rows and page > 1:
        raise NotFound
    total = rows[0].bill_count if rows else 0
    return BillList(tuple(_bill(row) for row in rows), page, max(1, -(-total // PAGE_SIZE)))


def notable_bills(tx: Tx, principal: Principal, *, months: int) -> Later[tuple[Bill, ...]]:
    """The latest bill first, then every earlier one that was not paid. One statement."""
    return tx.later(_NOTABLE, lambda rows: tuple(map(_bill, rows)), **_values(tx, principal, months))


def find_bill(tx: Tx, principal: Principal, bill_id: uuid.UUID, *, months: int) -> BillDetail:
    """One bill with everything on it. Raises NotFound for another customer's, a too old and a missing one."""
    near: defaultdict[str, list[Bill]] = defaultdict(list)
    for row in tx.execute(_AROUND, _values(tx, principal, months) | {"bill": bill_id}):
        near[row.what].append(_bill(row))
    if not near["this"]:
        raise NotFound
    [bill] = near["this"]
    # Two bills in a month compare with nothing.
    before = near["before"][0] if len(near["before"]) == 1 and not near["beside"] else None
    lines = _lines_of(tx, [bill, before] if before else [bill])
    taxes = tx.execute(_TAXES, {"tenant": tx.tenant, "invoice": bill.id})
    return BillDetail(
        bill=bill,
        lines=lines[bill.id],
        totals=InvoiceTotals(tuple(RateTotal(t.rate_bp, t.reduced, t.net, t.tax) for t in taxes)),
        older=next(iter(near["older"]), None),
        newer=next(iter(near["newer"]), None),
        before=before,
        before_lines=lines[before.id] if before else (),
    )


def is_company(tx: Tx, principal: Principal) -> bool:
    """Whether the addressee of an invoice is a company."""
    kind = tx.execute(_KIND, {"tenant": tx.tenant, "customer": principal.customer_id}).scalar_one_or_none()
    return kind == "company"


def _lines_of(tx: Tx, bills: Sequence[Bill]) -> dict[uuid.UUID, tuple[Line, ...]]:
    found: dict[uuid.UUID, list[Line]] = {bill.id: [] for bill in bills}
    if found:
        for row in tx.execute(_LINES, {"tenant": tx.tenant, "invoices": list(found)}):
            found[row.invoice_id].append(
                Line(
                    description=row.description,
                    amount=row.amount,
                    rate_bp=row.rate_bp,
                    reduced=row.reduced,
                    period_from=row.period_from,
                    period_to=row.period_to,
                    period_text=row.period_text,
                )
            )
    return {bill_id: tuple(lines) for bill_id, lines in found.items()}


def _values(tx: Tx, principal: Principal, months: int) -> dict[str, Any]:
    return {"tenant": tx.tenant, "customer": principal.customer_id, "since": first_month(tx.today(), months)}


def _bill(row: Row[*tuple[Any, ...]]) -> Bill:
    return Bill(
        id=row.id,
        number=row.number,
        month=row.month,
        issued_on=row.issued_on,
        due_on=row.due_on,
        state=cast("State", row.status),
        payment_method=row.payment_method,
        net=row.net,
        tax=row.tax,
        total=row.total,
        addressee=row.addressee,
        issuer=row.issuer,
        registration_number=row.registration_number,
        tax_mode=row.tax_mode,
        note=row.note,
    )
