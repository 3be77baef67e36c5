"""The kind "posting": a line on one month's bill of a contract."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from mypage.audit.trail import record
from mypage.auth.models import Customer
from mypage.billing.models import BillingRun, Posting
from mypage.billing.tax import TaxableLine
from mypage.contracts.models import Contract
from mypage.db.session import Tx
from mypage.db.staging import hold_feeds
from mypage.lib.money import format_yen
from mypage.staff.approvals.carrying import Carry, DeskMeans, Payload, Told
from mypage.staff.approvals.errors import WorldChanged
from mypage.staff.money.preview import preview

KIND = "posting"
MOST = 1_000_000
"""The largest amount of one line, in yen without tax."""
RATES: Mapping[str, tuple[int, bool]] = {"10": (1000, False), "8": (800, True), "0": (0, False)}
"""What may be chosen: the rate in basis points, and whether it is the reduced one (軽減税率)."""
RATE_WORDS: Mapping[str, str] = {"10": "10%", "8": "8% (reduced rate)", "0": "Not taxed"}


def billed(tx: Tx, month: date) -> bool:
    """Whether the bills of a month are being made or are out."""
    found = select(BillingRun.id).where(BillingRun.tenant_id == tx.tenant, BillingRun.month == month)
    return tx.execute(found).first() is not None


def facts(tx: Tx, payload: Payload) -> Mapping[str, Any]:
    """Whose contract it is and how it stands. Raises WorldChanged when the contract is gone or the month is billed."""
    row = tx.execute(
        select(Contract.number, Contract.status, Contract.ended_on, Customer.number, Customer.name)
        .join(Customer, (Customer.tenant_id == Contract.tenant_id) & (Customer.id == Contract.customer_id))
        .where(Contract.tenant_id == tx.tenant, Contract.id == uuid.UUID(payload["contract_id"]))
    ).one_or_none()
    if row is None or billed(tx, date.fromisoformat(payload["month"])):
        raise WorldChanged
    number, status, ended_on, customer, name = row
    return {"contract": number, "status": status, "ended_on": str(ended_on), "customer": customer, "name": name}


def describe(tx: Tx, desk: DeskMeans, payload: Payload) -> tuple[Told, ...]:
    """The line as it will stand on the bill, and whose bill it is."""
    t, amount = desk.t, int(payload["amount"])
    row = tx.execute(
        select(Contract.number, Customer.number, Customer.name)
        .join(Customer, (Customer.tenant_id == Contract.tenant_id) & (Customer.id == Contract.customer_id))
        .where(Contract.tenant_id == tx.tenant, Contract.id == uuid.UUID(payload["contract_id"]))
    ).one()
    month = date.fromisoformat(payload["month"])
    yen = format_yen(abs(amount), t.locale)
    said = t("%(amount)s less to pay (credit)", amount=yen) if amount < 0 else t("%(amount)s more to pay", amount=yen)
    return (
        Told(t("Customer"), f"{row[2]} ({row[1]})"),
        Told(t("Contract number"), row[0]),
        Told(t("Bill of"), month_words(month, t.locale)),
        Told(t("Text on the bill"), payload["description"]),
        Told(t("Amount without tax"), said),
        Told(t("Tax"), t(RATE_WORDS[payload["rate"]])),
    )


def month_words(month: date, locale: str) -> str:
    """A month for people."""
    return f"{month.year}年{month.month}月" if locale == "ja" else f"{month:%B %Y}"


def carry_out(tx: Tx, desk: DeskMeans, payload: Payload) -> None:
    """Post it; a second time changes nothing.

    Raises WorldChanged when the month's run has begun meanwhile, or when with other credits that were confirmed since
    the bill would come to less than nothing.
    """
    # As a feed does: a run that begins now waits, one that has begun is seen.
    hold_feeds(tx)
    month = date.fromisoformat(payload["month"])
    if billed(tx, month):
        raise WorldChanged
    contract_id, amount = uuid.UUID(payload["contract_id"]), int(payload["amount"])
    rate_bp, reduced = RATES[payload["rate"]]
    if amount < 0:
        line, products, mode = (
            TaxableLine(amount, rate_bp, reduced),
            desk.operator.products,
            desk.tenant.settings.tax_mode,
        )
        if preview(tx, products, mode, contract_id=contract_id, month=month, line=line).after < 0:
            raise WorldChanged
    posted = tx.execute(
        insert(Posting)
        .values(
            tenant_id=tx.tenant,
            id=uuid.uuid4(),
            contract_id=contract_id,
            month=month,
            key=f"desk {desk.approval_id}",
            description=payload["description"],
            amount=amount,
            rate_bp=rate_bp,
            reduced=reduced,
            created_at=tx.now(),
        )
        .on_conflict_do_nothing(index_elements=["tenant_id", "key"])
        .returning(Posting.id)
    ).scalar_one_or_none()
    if posted is None:
        return
    customer_id = tx.execute(
        select(Contract.customer_id).where(Contract.tenant_id == tx.tenant, Contract.id == contract_id)
    ).scalar_one()
    after = {"amount": amount, "month": f"{month:%Y-%m}", "text": payload["description"], "contract": payload["number"]}
    record(tx, "posting.added", "posting", posted, customer_id=customer_id, after=after)


POSTING = Carry(label="An amount on the bill", facts=facts, describe=describe, carry_out=carry_out)
