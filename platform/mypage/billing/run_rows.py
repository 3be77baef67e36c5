"""The rows of a billing run in bulk: read by COPY, written by COPY through a scratch table (performance, P6).

The one module of the area with statements as text; each names its tenant for every table (a test looks).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, LiteralString
from uuid import UUID

from mypage.billing.brands import brand_name
from mypage.billing.run_reckoning import BillForm, Held, Posted
from mypage.billing.run_values import RunPlan, Span
from mypage.db.session import Tx
from mypage.db.staging import (
    LOCK_FEEDS,
    Target,
    copy_row,
    driver_of,
    new_ids_in_order,
    read_rows,
    unescaped,
    write_rows,
)
from mypage.lib.months import add_months

CONTRACTS: LiteralString = """
SELECT c.id, c.customer_id, u.name, p.brand,
CASE WHEN c.ended_on IS NULL THEN c.status = 'terminated' ELSE c.ended_on < %(month)s END,
coalesce(c.ended_on < %(next)s, false) FROM contract c
JOIN customer u ON u.tenant_id = c.tenant_id AND u.id = c.customer_id
LEFT JOIN payment_method p ON p.tenant_id = c.tenant_id AND p.customer_id = c.customer_id AND p.current
WHERE c.tenant_id = %(tenant)s AND c.id > %(after)s AND c.id <= %(until)s
AND u.tenant_id = %(tenant)s ORDER BY c.id"""
PURCHASES: LiteralString = """
SELECT s.contract_id, s.id, s.holder_id, s.account_id, s.product, s.bought_at >= %(begins)s,
coalesce(s.ended_at < %(ends)s, false), s.again AND s.bought_at >= %(begins)s FROM subscription s
WHERE s.tenant_id = %(tenant)s AND s.contract_id > %(after)s AND s.contract_id <= %(until)s
AND s.bought_at < %(ends)s AND (s.ended_at IS NULL OR s.ended_at >= %(begins)s) AND s.voided_at IS NULL
ORDER BY s.contract_id, s.holder_id, s.bought_at, s.id"""
LOGINS: LiteralString = """
SELECT d.account_id, min(d.login_id) FROM credential d
WHERE d.tenant_id = %(tenant)s AND d.account_id = ANY(%(accounts)s::uuid[]) GROUP BY d.account_id"""
POSTINGS: LiteralString = """
SELECT p.contract_id, p.id, p.description, p.amount, p.rate_bp, p.reduced FROM posting p
WHERE p.tenant_id = %(tenant)s AND p.contract_id > %(after)s AND p.contract_id <= %(until)s AND p.month = %(month)s
ORDER BY p.contract_id, p.key"""
NEXT: LiteralString = """
SELECT id FROM (SELECT id FROM contract WHERE tenant_id = %(tenant)s AND id > %(after)s ORDER BY id LIMIT %(most)s) c
ORDER BY id DESC LIMIT 1"""
COUNT: LiteralString = "SELECT count(*) FROM contract WHERE tenant_id = %(tenant)s"
NUMBER: LiteralString = "SELECT number FROM contract WHERE tenant_id = %(tenant)s AND id = %(id)s"
UNPRICED: LiteralString = """
SELECT s.product, c.number FROM subscription s
JOIN contract c ON c.tenant_id = s.tenant_id AND c.id = s.contract_id
WHERE s.tenant_id = %(tenant)s AND c.tenant_id = %(tenant)s AND s.product <> ALL(%(known)s)
AND CASE WHEN c.ended_on IS NULL THEN c.status <> 'terminated' ELSE c.ended_on >= %(month)s END
AND s.bought_at < %(ends)s AND (s.ended_at IS NULL OR s.ended_at >= %(begins)s) AND s.voided_at IS NULL
ORDER BY c.number LIMIT 1"""
ISSUED: LiteralString = """
SELECT i.contract_id, i.id, i.number, i.net, i.tax, i.total FROM invoice i
WHERE i.tenant_id = %(tenant)s AND i.contract_id > %(after)s AND i.contract_id <= %(until)s AND i.month = %(month)s
AND i.run_id IS NOT NULL ORDER BY i.contract_id"""
ISSUED_LINES: LiteralString = """
SELECT l.invoice_id, l.charge, l.rate_bp, l.reduced, l.amount, l.sources FROM invoice_line l
WHERE l.tenant_id = %(tenant)s AND l.invoice_id = ANY(%(invoices)s::uuid[]) ORDER BY l.invoice_id, l.position"""
ONE_RUN: LiteralString = "SELECT pg_try_advisory_xact_lock(hashtextextended('mypage billing run ' || %(tenant)s, 0))"
MAY_WAIT: LiteralString = "SET LOCAL idle_in_transaction_session_timeout = 0"
STATEMENTS = (CONTRACTS, PURCHASES, LOGINS, POSTINGS, NEXT, COUNT, NUMBER, UNPRICED, ISSUED, ISSUED_LINES)

_INVOICES = Target(
    "invoice",
    (
        "id", "customer_id", "contract_id", "addressee", "payment_method", "number", "net", "tax", "total",
        "run_id", "month", "issued_on", "due_on", "status", "issuer", "registration_number", "tax_mode", "created_at",
    ),
)  # fmt: skip
_LINES = Target(
    "invoice_line",
    (
        "id", "invoice_id", "position", "description", "period_from", "period_to", "period_text", "rate_bp", "reduced",
        "amount", "charge", "sources",
    ),
)  # fmt: skip
_TAXES = Target("invoice_tax", ("id", "invoice_id", "rate_bp", "reduced", "net", "tax"))
_BY_CARD = "クレジットカード（{}）"
_TRUE = "t"


@dataclass(slots=True)
class Due:
    """A contract of a chunk and what it is billed for; texts as COPY writes them but for postings.

    `over`: it ended before the month; `ends`: it has ended by the end of the month.
    """

    id: str
    customer_id: str
    name: str
    brand: str
    over: bool = False
    ends: bool = False
    held: list[Held] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    holders: dict[str, str] = field(default_factory=dict)
    """The holders in order; to each the account's login ID, "" for the contract itself."""
    posted: list[Posted] = field(default_factory=list)


def read_due(tx: Tx, plan: RunPlan, span: Span) -> list[Due]:
    """The contracts of a span in the order of their ids, each with its purchases and postings.

    A contract's last day ends what was bought on it: nothing is charged after that month but postings.
    """
    values = _values(tx, span) | _instants(plan)
    purchases, postings = read_rows(tx, PURCHASES, values), read_rows(tx, POSTINGS, values)
    logins = _logins(tx, {row[3] for row in purchases})
    # Last, so that whatever a feed adds meanwhile, no purchase is without its contract.
    due = {
        row[0]: Due(row[0], row[1], row[2], row[3], row[4] == _TRUE, row[5] == _TRUE)
        for row in read_rows(tx, CONTRACTS, values)
    }
    codes = _Codes()
    for contract_id, row_id, holder, account, product, bought_now, ended_now, again in purchases:
        one = due[contract_id]
        if one.over:
            continue
        if holder not in one.holders:
            one.holders[holder] = logins.get(account, "")
        # Holders come in blocks, so the newest is the one.
        place = len(one.holders) - 1
        ended = one.ends or ended_now == _TRUE
        one.held.append((codes[product], place, bought_now == _TRUE, ended, again == _TRUE))
        one.sources.append(row_id)
    for contract_id, row_id, description, amount, rate_bp, reduced in postings:
        one = due[contract_id]
        one.posted.append(Posted(row_id, unescaped(description), int(amount), int(rate_bp), reduced == _TRUE))
        one.sources.append(row_id)
    return list(due.values())


def write_bills(tx: Tx, plan: RunPlan, run_id: UUID, bills: Sequence[tuple[Due, BillForm]], first: int) -> None:
    """Write bills that have lines, numbered from `first` on."""
    ids = new_ids_in_order(tx.now())
    fixed = (run_id, plan.month, plan.issued_on, plan.due_on, "scheduled", plan.issuer, plan.registration_number)
    same = copy_row((*fixed, plan.tax_mode.value, tx.now()))
    month = f"{plan.month:%Y-%m}"
    invoices: list[str] = []
    lines: list[str] = []
    taxes: list[str] = []
    paid_by = _PaidBy()
    for number, (due, form) in enumerate(bills, first):
        row_id = next(ids)
        whose = f"{row_id}\t{due.customer_id}\t{due.id}\t{due.name}\t{paid_by[due.brand]}"
        invoices.append(f"{whose}\t{month}-{number:06d}\t{form.amounts}\t{same}")
        lines += _line_rows(ids, row_id, due, form)
        taxes += [f"{next(ids)}\t{row_id}\t{tax}" for tax in form.taxes]
    with driver_of(tx).cursor() as cursor:
        write_rows(cursor, tx.tenant, _INVOICES, invoices)
        write_rows(cursor, tx.tenant, _LINES, lines)
        write_rows(cursor, tx.tenant, _TAXES, taxes)


def _line_rows(ids: Iterator[str], row_id: str, due: Due, form: BillForm) -> Iterator[str]:
    logins = list(due.holders.values())
    sources = due.sources
    for line in form.lines:
        login = logins[line.holder] if line.holder >= 0 else ""
        who = f"（{login}）" if login else ""
        named = sources[line.sources[0]] if len(line.sources) == 1 else ",".join(sources[n] for n in line.sources)
        yield f"{next(ids)}\t{row_id}\t{line.head}{who}\t{line.tail}\t{{{named}}}"


def lock_run(tx: Tx) -> bool:
    """Whether this is the tenant's only run until the unit ends, however long that takes."""
    with driver_of(tx).cursor() as cursor:
        cursor.execute(MAY_WAIT)
        row = cursor.execute(ONE_RUN, {"tenant": tx.tenant}).fetchone()
    return bool(row and row[0])


def lock_feeds(tx: Tx) -> None:
    """Wait for the chunk of an import that is at work; the next waits until this unit ends."""
    with driver_of(tx).cursor() as cursor:
        cursor.execute(LOCK_FEEDS, (tx.tenant,))


def next_span(tx: Tx, after: UUID, most: int) -> Span | None:
    """The next `most` contracts, fewer at the end, None behind it."""
    row = _one(tx, NEXT, {"tenant": tx.tenant, "after": after, "most": most})
    return Span(after, row[0]) if row else None


def count_contracts(tx: Tx) -> int:
    """How many contracts the tenant has."""
    row = _one(tx, COUNT, {"tenant": tx.tenant})
    return int(row[0]) if row else 0


def contract_number(tx: Tx, contract_id: str) -> str:
    """The number that people know a contract by."""
    row = _one(tx, NUMBER, {"tenant": tx.tenant, "id": UUID(contract_id)})
    return str(row[0]) if row else contract_id


def find_unpriced(tx: Tx, plan: RunPlan) -> tuple[str, str] | None:
    """Product and contract number of a purchase that the month may charge and that has no price."""
    values = {"tenant": tx.tenant, "known": list(plan.priced)} | _instants(plan)
    row = _one(tx, UNPRICED, values)
    return (str(row[0]), str(row[1])) if row else None


@dataclass(frozen=True, slots=True)
class Issued:
    """A bill that a run issued: amounts as text of COPY, lines as (charge, rate, reduced, amount, sources)."""

    number: str
    amounts: tuple[int, int, int]
    lines: tuple[tuple[str, ...], ...]


def read_issued(tx: Tx, plan: RunPlan, span: Span) -> dict[str, Issued]:
    """What runs issued for the contracts of a span in the month, by contract."""
    found = read_rows(tx, ISSUED, _values(tx, span) | {"month": plan.month})
    values = {"tenant": tx.tenant, "invoices": [row[1] for row in found]}
    lines: defaultdict[str, list[tuple[str, ...]]] = defaultdict(list)
    for row in read_rows(tx, ISSUED_LINES, values):
        lines[row[0]].append(tuple(row[1:]))
    return {
        contract_id: Issued(unescaped(number), (int(net), int(tax), int(total)), tuple(lines[row_id]))
        for contract_id, row_id, number, net, tax, total in found
    }


class _Codes(dict[str, str]):
    """Codes of products from their texts of COPY."""

    def __missing__(self, text: str) -> str:
        code = self[text] = unescaped(text)
        return code


class _PaidBy(dict[str, str]):
    """How a bill is paid, for COPY, from the brand of the card."""

    def __missing__(self, brand: str) -> str:
        words = self[brand] = "" if brand == "\\N" else copy_row((_BY_CARD.format(brand_name(brand)),))
        return words


def _logins(tx: Tx, accounts: set[str]) -> Mapping[str, str]:
    accounts.discard("\\N")
    values = {"tenant": tx.tenant, "accounts": list(accounts)}
    return {row[0]: row[1] for row in read_rows(tx, LOGINS, values)} if accounts else {}


def _instants(plan: RunPlan) -> dict[str, Any]:
    return {"begins": plan.begins, "ends": plan.ends, "month": plan.month, "next": add_months(plan.month)}


def _values(tx: Tx, span: Span) -> dict[str, Any]:
    return {"tenant": tx.tenant, "after": span.after, "until": span.until}


def _one(tx: Tx, query: LiteralString, values: Mapping[str, Any]) -> tuple[Any, ...] | None:
    with driver_of(tx).cursor() as cursor:
        return cursor.execute(query, values).fetchone()
