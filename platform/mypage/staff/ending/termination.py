"""The kind "termination": a contract ends on a day, with everything on it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import select

from mypage.auth.models import Customer
from mypage.contracts.models import Contract
from mypage.contracts.reaching import ContractRef, lock_contract
from mypage.db.session import Tx
from mypage.i18n import Catalogue
from mypage.staff.approvals.carrying import Carry, DeskMeans, Payload, Told
from mypage.staff.approvals.errors import WorldChanged
from mypage.staff.ending.closing import KIND
from mypage.terminations.closing import Ending, end_contract, reach, set_last_day, what_ends

__all__ = ["KIND", "TERMINATION", "describe", "facts"]


def facts(tx: Tx, payload: Payload) -> Mapping[str, Any]:
    """The contract, its customer, and everything on it. Raises WorldChanged for one that has ended."""
    ref = _contract(tx, payload)
    if ref is None or ref.status == "terminated":
        raise WorldChanged
    ended_on = tx.execute(
        select(Contract.ended_on).where(Contract.tenant_id == tx.tenant, Contract.id == ref.id)
    ).scalar_one()
    number, name = _customer(tx, ref)
    ending = what_ends(tx, None, ref)
    ends = {"ends": list(ending.ids), "services": list(ending.services)}
    return {"contract": ref.number, "ended_on": str(ended_on), "customer": number, "name": name, **ends}


def describe(tx: Tx, desk: DeskMeans, payload: Payload) -> tuple[Told, ...]:
    """Who loses what, on which day; what stays."""
    ref = _contract(tx, payload)
    if ref is None:
        return ()
    t, last_day = desk.t, date.fromisoformat(payload["last_day"])
    number, name = _customer(tx, ref)
    ending = what_ends(tx, desk.operator, ref)
    over = last_day < tx.today()
    return (
        Told(t("Customer"), f"{name} ({number})"),
        Told(t("Contract number"), f"{ref.number} {desk.words(ref.name) if ref.name else ''}".strip()),
        Told(t("Last day of the contract"), day_words(last_day, t.locale)),
        Told(t("When it ends"), t("At once") if over else t("In the night after the last day")),
        *_losses(desk, ending),
        Told(t("What stays"), t("Logins and bills. The last bill is that of the month of the last day.")),
        Told(t("Way back"), t("None. A new contract would have to be made.")),
    )


def _losses(desk: DeskMeans, ending: Ending) -> tuple[Told, ...]:
    t, words = desk.t, desk.words
    products = [f"{words(name)} ({login})" if login else words(name) for name, login in ending.products]
    told = [
        Told(t("Options that end"), ", ".join(products) or t("None")),
        Told(t("Services that end"), ", ".join(words(name) for name in ending.services) or t("None")),
    ]
    if ending.addresses:
        told.append(Told(t("Addresses that end"), ", ".join(ending.addresses)))
    if ending.orders:
        text = "%(count)s. What they started is ended again."
        told.append(Told(t("Orders that are not completed"), t(text, count=ending.orders)))
    return tuple(told)


def hold(tx: Tx, payload: Payload) -> None:
    """Let nothing be bought on the contract between the check and its end."""
    ref = _contract(tx, payload)
    if ref is not None:
        lock_contract(tx, ref)


def carry_out(tx: Tx, desk: DeskMeans, payload: Payload) -> None:
    """Set the last day; what is over ends now, the rest in the night after it. A second time changes nothing."""
    ref = _contract(tx, payload)
    if ref is None:
        raise WorldChanged
    last_day = date.fromisoformat(payload["last_day"])
    set_last_day(tx, ref, last_day)
    if last_day < tx.today():
        end_contract(tx, desk.operator, ref, last_day)


def day_words(day: date, locale: str) -> str:
    """A day for people."""
    return f"{day.year}年{day.month}月{day.day}日" if locale == "ja" else f"{day:%B} {day.day}, {day.year}"


def _contract(tx: Tx, payload: Payload) -> ContractRef | None:
    return reach(tx, uuid.UUID(payload["contract_id"]))


def _customer(tx: Tx, ref: ContractRef) -> tuple[str, str]:
    row = tx.execute(
        select(Customer.number, Customer.name).where(Customer.tenant_id == tx.tenant, Customer.id == ref.customer_id)
    ).one()
    return row.number, row.name


def summary(t: Catalogue, name: str, number: str, last_day: date) -> str:
    """The proposal in a line."""
    day = day_words(last_day, t.locale)
    return t("End contract %(number)s of %(name)s on %(day)s", number=number, name=name, day=day)


TERMINATION = Carry(label="End of a contract", facts=facts, describe=describe, carry_out=carry_out, hold=hold)
