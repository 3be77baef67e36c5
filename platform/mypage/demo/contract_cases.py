"""States of contracts in the demo: an application on paper that runs, one online that waits, an end that was accepted.

Each is brought about by the services that customers and staff use, once.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping

from sqlalchemy import select

from mypage.auth.models import Account, Customer
from mypage.contracts.papers import Paper, note_paper, running_kinds
from mypage.contracts.reaching import reach_contract
from mypage.contracts.standing import contract_standing
from mypage.db.keys import Vault
from mypage.db.session import Actor, Tx
from mypage.hooks.context import Principal
from mypage.operators.operator import Operator
from mypage.slots.prices import prices_ahead, usage_after, usage_of
from mypage.slots.reading import overview
from mypage.slots.service import file_application
from mypage.slots.values import Reserved, SlotWish
from mypage.staff.models import StaffMember
from mypage.terminations.days import offered_days
from mypage.terminations.service import Wish, accept, fee_on, look, mark_of, rules_of

CASES = uuid.UUID("6f3f9e0c-1d53-4a3e-9d0a-2f8b7c5e4d21")
"""Where the ids of what is applied for come from: the same case is the same application."""


def run_paper(tx: Tx, principal: Principal, kind: str, by: str) -> None:
    """An application on paper that somebody of the staff has noted; nothing when nobody of that address works here."""
    ref = reach_contract(tx, principal)
    member = tx.scalars(
        select(StaffMember.id).where(StaffMember.tenant_id == tx.tenant, StaffMember.email == by)
    ).one_or_none()
    if member is None or kind in running_kinds(tx, ref.id):
        return
    tx.act_as(Actor("staff", str(member)))
    paper = Paper(
        customer_id=ref.customer_id,
        contract_id=ref.id,
        account_id=None,
        kind=kind,
        since=tx.today(),
        until=None,
        note="",
    )
    note_paper(tx, paper, by=member, reason=kind)


def apply_for_place(tx: Tx, vault: Vault, operator: Operator, principal: Principal, local: str, secret: str) -> None:
    """A new name in the first free place, on the host that the operator names first."""
    ref, slots = reach_contract(tx, principal), next(iter(operator.slots.values()))
    operation = uuid.uuid5(CASES, f"{tx.tenant} {ref.number} {local}")
    rows = overview(tx, operator, ref, slots)
    free = next((row.number for row in rows if row.state == "free"), None)
    if free is None:
        return
    wish = SlotWish(slots=slots, number=free, action="add", local=local, secret=secret)
    prices = prices_ahead(operator, usage_of(slots, rows), usage_after(slots, rows, wish))
    wish = SlotWish(slots=slots, number=free, action="add", local=local, secret=secret, shown=prices.mark)
    tx.act_as(Actor("account", str(principal.account_id)))
    reserved = Reserved(id=operation, local=local, host=slots.hosts[0])
    file_application(tx, vault, operator, principal, wish, reserved, operation_id=operation, language="ja")


def ask_for_end(tx: Tx, vault: Vault, operator: Operator, principal: Principal, answers: Mapping[str, str]) -> None:
    """An end that was accepted, for a day in the middle of those that are offered; the answers are by field."""
    ref = reach_contract(tx, principal)
    if contract_standing(tx, ref.id, stopping=()) == "accepted":
        return
    rules = rules_of(operator)
    days = offered_days(rules.days, tx.today())
    wanted_on, email = days[len(days) // 2], rules.field("email")
    day = rules.field("date")
    assert day is not None
    assert email is not None
    facts = look(tx, operator, principal)
    wish = Wish(
        wanted_on=wanted_on,
        email=answers[email.name],
        answers={**answers, day.name: wanted_on.isoformat()},
        shown=mark_of(facts, fee_on(operator, facts, wanted_on)),
        language="ja",
    )
    tx.act_as(Actor("account", str(principal.account_id)))
    accept(tx, vault, operator, principal, wish)


def principal_of(tx: Tx, operator: Operator, account: Account, scheme: str) -> Principal:
    """The account as if it had signed in."""
    customer = tx.scalars(
        select(Customer).where(Customer.tenant_id == tx.tenant, Customer.id == account.customer_id)
    ).one()
    return Principal(
        account_id=account.id,
        customer_id=account.customer_id,
        session_id=account.id,
        scheme=scheme,
        role=account.role,
        name=customer.name,
        customer_number=customer.number,
        email=account.email,
        permissions=operator.permissions.of(account.role),
    )
