"""The end of a contract that its holder asks for: accepted once and for ever, arranged by staff, done on its day.

    accepted → arranged: staff or another system have prepared it → done: on its day, or at once when that is over

All of an acceptance is one unit under the contract's lock: whoever presses how often, wherever, one end is accepted and
one mail goes out (OCN-147). Nothing takes it back.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Mapping
from dataclasses import astuple, dataclass
from datetime import date

from sqlalchemy import or_, select, update

from mypage.audit.trail import record
from mypage.auth.models import Credential, Customer
from mypage.contracts.models import Contract
from mypage.contracts.reaching import ContractRef, lock_contract, reach_contract
from mypage.contracts.standing import contract_standing
from mypage.db.keys import Vault
from mypage.db.session import Tx
from mypage.hooks.context import Principal
from mypage.hooks.desk import TERMINATION as WORK
from mypage.hooks.permissions import TERMINATION
from mypage.hooks.terminations import Termination
from mypage.lib.errors import NotAllowed, NotFound
from mypage.lib.tokens import token_hash
from mypage.operators.operator import Operator
from mypage.slots.service import close_pending
from mypage.terminations.closing import Ending, set_last_day, what_ends
from mypage.terminations.days import offered_days
from mypage.terminations.errors import AlreadyAccepted, Changed, DayGone, Hindered
from mypage.terminations.fees import EndFee, fee_of
from mypage.terminations.models import EndingRow
from mypage.terminations.options import OptionState, option_states, staying
from mypage.terminations.systems import ask_other_system
from mypage.terminations.telling import tell_accepted
from mypage.work.service import open_kind, short_reference


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What was entered and checked. `shown` is the mark of what was said to end and to cost."""

    wanted_on: date
    email: str
    answers: Mapping[str, str]
    shown: str
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """The contract and its holder as they are now, and everything that the end would end."""

    ref: ContractRef
    number: str
    name: str
    kind: str
    started_on: date | None
    ending: Ending
    options: tuple[OptionState, ...]


@dataclass(frozen=True, slots=True)
class EndThing:
    """Something that ends: a text of the operator, the login that has it, and how many of it."""

    name: str
    login: str = ""
    count: int = 1


def rules_of(operator: Operator) -> Termination:
    """The operator's rules. Raises NotFound without any."""
    if operator.termination is None:
        raise NotFound
    return operator.termination


def accepted_of(tx: Tx, principal: Principal) -> EndingRow | None:
    """What the principal's customer has asked for; the newest."""
    found = (
        select(EndingRow)
        .where(EndingRow.tenant_id == tx.tenant, EndingRow.customer_id == principal.customer_id)
        .order_by(EndingRow.accepted_at.desc(), EndingRow.id)
        .limit(1)
    )
    return tx.scalars(found).one_or_none()


def reach_endable(tx: Tx, principal: Principal) -> ContractRef:
    """The first living contract of the customer whose end was not asked for.

    Raises AlreadyAccepted when there is none because all ends are accepted, NotFound when there is none at all.
    """
    asked = select(EndingRow.contract_id).where(
        EndingRow.tenant_id == tx.tenant, EndingRow.customer_id == principal.customer_id
    )
    free = tx.scalars(
        select(Contract.id)
        .where(
            Contract.tenant_id == tx.tenant,
            Contract.customer_id == principal.customer_id,
            Contract.status != "terminated",
            or_(Contract.ended_on.is_(None), Contract.ended_on >= tx.today()),
            Contract.id.not_in(asked),
        )
        .order_by(Contract.number_key, Contract.id)
        .limit(1)
    ).one_or_none()
    if free is not None:
        return reach_contract(tx, principal, free)
    if accepted_of(tx, principal) is not None:
        raise AlreadyAccepted
    raise NotFound


def look(tx: Tx, operator: Operator, principal: Principal) -> Facts:
    """What would end. Changes nothing. Raises AlreadyAccepted, NotFound, and Hindered."""
    if not principal.may(TERMINATION):
        raise NotAllowed(TERMINATION)
    ref = reach_endable(tx, principal)
    found = _facts(tx, operator, ref)
    _unhindered(tx, operator, found)
    return found


def fee_on(operator: Operator, facts: Facts, wanted_on: date) -> EndFee | None:
    """What ending on that day costs."""
    return fee_of(operator, kind=facts.kind, started_on=facts.started_on, last_day=wanted_on)


def mark_of(facts: Facts, fee: EndFee | None) -> str:
    """A short mark of all that was shown to end and to cost: it differs when that does."""
    shown = [str(facts.ref.id), *facts.ending.ids, *facts.ending.services, str(fee.kept() if fee else "")]
    return token_hash("\n".join(shown)).hex()[:24]


def accept(tx: Tx, vault: Vault, operator: Operator, principal: Principal, wish: Wish) -> EndingRow:
    """Accept the end. There is no way back from here.

    Raises NotAllowed, AlreadyAccepted, Hindered, DayGone, Changed, and NotFound; then nothing happened.
    """
    if not principal.may(TERMINATION):
        # An end that was accepted takes the permission away: who pressed a moment later is told of that one.
        raise AlreadyAccepted if accepted_of(tx, principal) is not None else NotAllowed(TERMINATION)
    rules, ref = rules_of(operator), reach_endable(tx, principal)
    lock_contract(tx, ref)
    # Whoever waited for the lock sees what the other one did.
    facts = _facts(tx, operator, reach_endable(tx, principal))
    if facts.ref.id != ref.id:
        raise AlreadyAccepted
    _unhindered(tx, operator, facts)
    if wish.wanted_on not in offered_days(rules.days, tx.today()):
        raise DayGone
    fee = fee_on(operator, facts, wish.wanted_on)
    if wish.shown != mark_of(facts, fee):
        raise Changed
    row = _write(tx, rules, principal, facts, wish, fee)
    set_last_day(tx, ref, wish.wanted_on)
    tx.execute(
        update(Contract)
        .where(Contract.tenant_id == tx.tenant, Contract.id == ref.id)
        .values(ending_accepted_at=tx.now(), updated_at=tx.now())
    )
    close_pending(tx, operator, ref, cause="termination")
    open_kind(
        tx,
        operator.desk,
        kind=WORK,
        subject_id=row.id,
        customer_id=ref.customer_id,
        reference=row.number,
        title=f"{row.wanted_on} {ref.number}",
    )
    ask_other_system(tx, operator, row, ref)
    after = {"contract": ref.number, "number": row.number, "wanted_on": row.wanted_on.isoformat()}
    record(tx, "termination.accepted", "termination", row.id, customer_id=ref.customer_id, after=after)
    tell_accepted(tx, vault, operator, row, ref, facts.name)
    return row


def things_of(rules: Termination, ending: Ending) -> tuple[EndThing, ...]:
    """What ends, in the operator's texts: services, products with how many and whose, addresses."""
    services = tuple(EndThing(name) for name in ending.services if not name.startswith(rules.staying_services))
    products = tuple(EndThing(name, login, count) for (name, login), count in Counter(ending.products).items())
    return (*services, *products, *(EndThing(address) for address in ending.addresses))


def _facts(tx: Tx, operator: Operator, ref: ContractRef) -> Facts:
    row = tx.execute(
        select(Customer.number, Customer.name, Customer.kind, Contract.started_on)
        .join(Contract, (Contract.tenant_id == Customer.tenant_id) & (Contract.customer_id == Customer.id))
        .where(Customer.tenant_id == tx.tenant, Contract.id == ref.id)
    ).one()
    ending = what_ends(tx, operator, ref)
    return Facts(
        ref=ref,
        number=row.number,
        name=row.name,
        kind=row.kind,
        started_on=row.started_on,
        ending=ending,
        options=option_states(tx, rules_of(operator), ref, ending),
    )


def _unhindered(tx: Tx, operator: Operator, facts: Facts) -> None:
    match contract_standing(tx, facts.ref.id, stopping=operator.desk.stopping()):
        case "paper":
            raise Hindered("paper")
        case "preparing":
            raise Hindered("preparing")
        case "accepted" | "terminated":
            raise AlreadyAccepted
    if rules_of(operator).stays_block and staying(facts.options):
        raise Hindered("stays")


def _write(tx: Tx, rules: Termination, principal: Principal, facts: Facts, wish: Wish, fee: EndFee | None) -> EndingRow:
    row_id = uuid.uuid4()
    login = select(Credential.login_id).where(
        Credential.tenant_id == tx.tenant,
        Credential.account_id == principal.account_id,
        Credential.scheme == principal.scheme,
    )
    row = EndingRow(
        tenant_id=tx.tenant,
        id=row_id,
        customer_id=facts.ref.customer_id,
        contract_id=facts.ref.id,
        account_id=principal.account_id,
        number=short_reference("E", tx.today(), row_id),
        state="accepted",
        wanted_on=wish.wanted_on,
        email=wish.email,
        answers=dict(wish.answers),
        ends=[list(astuple(thing)) for thing in things_of(rules, facts.ending)],
        fee=fee.kept() if fee else {},
        language=wish.language,
        placed_login=tx.scalars(login.limit(1)).one_or_none() or "",
        accepted_at=tx.now(),
    )
    tx.add(row)
    tx.flush()
    return row
