"""What a first login shows and confirms: the customer's lines with their secrets, once (USEN-07 to USEN-13)."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import select, update

from mypage.audit.trail import record
from mypage.auth.models import Account, Credential
from mypage.contracts.line_secrets import PLACE, SHOWN
from mypage.contracts.models import Contract, LineSecret
from mypage.db.keys import Vault
from mypage.db.session import Tx
from mypage.hooks.context import Principal
from mypage.hooks.summary import FirstLogin, FirstLoginVariant

CONFIRMED = "first_login.confirmed"


@dataclass(frozen=True, slots=True)
class Line:
    """A living contract and what a first login says of its plan."""

    contract_id: uuid.UUID
    place: str
    variant: FirstLoginVariant


def is_confirmed(tx: Tx, principal: Principal) -> bool:
    """Whether the account has confirmed before."""
    wanted = select(Account.confirmed_at).where(Account.tenant_id == tx.tenant, Account.id == principal.account_id)
    return tx.scalar(wanted) is not None


def confirm(tx: Tx, principal: Principal, names: Collection[str]) -> bool:
    """Note that the account has confirmed, and what it was shown; False when it had done so before.

    Of presses at the same time one is noted: the others wait for it and find it done.
    """
    changed = tx.execute(
        update(Account)
        .where(
            Account.tenant_id == tx.tenant,
            Account.id == principal.account_id,
            Account.confirmed_at.is_(None),
        )
        .values(confirmed_at=tx.now())
        .returning(Account.id)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    if changed is None:
        return False
    after = {"shown": "、".join(names)}
    record(tx, CONFIRMED, "account", principal.account_id, customer_id=principal.customer_id, after=after)
    return True


def lines_of(tx: Tx, principal: Principal, words: FirstLogin) -> tuple[Line, ...]:
    """The living contracts of the principal's customer, by number, each with the variant of its plan."""
    rows = tx.execute(
        select(Contract.id, Contract.plan, Contract.place)
        .where(
            Contract.tenant_id == tx.tenant,
            Contract.customer_id == principal.customer_id,
            Contract.status != "terminated",
        )
        .order_by(Contract.number_key, Contract.id)
        .limit(50)
    )
    found = ((row, variant_of(words, row.plan)) for row in rows)
    return tuple(Line(row.id, row.place, variant) for row, variant in found if variant is not None)


def variant_of(words: FirstLogin, plan: str) -> FirstLoginVariant | None:
    """What is said of a plan: the variant that names it, else the one that names none."""
    named = (each for each in words.variants if plan in each.plans)
    return next(named, next((each for each in words.variants if not each.plans), None))


def reveal(tx: Tx, vault: Vault, principal: Principal, lines: Collection[Line]) -> Mapping[tuple[uuid.UUID, str], str]:
    """The secrets that the lines' variants show, by contract and label; audited. For one answer, kept nowhere."""
    wanted = {(line.contract_id, label) for line in lines for label in line.variant.secrets}
    if not wanted:
        return {}
    rows = tx.execute(
        select(LineSecret.id, LineSecret.contract_id, LineSecret.label, LineSecret.sealed).where(
            LineSecret.tenant_id == tx.tenant,
            LineSecret.customer_id == principal.customer_id,
            LineSecret.contract_id.in_(sorted({contract for contract, _ in wanted})),
            LineSecret.label.in_(sorted({label for _, label in wanted})),
        )
    ).all()
    rows = [row for row in rows if (row.contract_id, row.label) in wanted]
    for row in rows:
        after = {"label": row.label, "page": "first-login"}
        record(tx, SHOWN, "line_secret", row.id, customer_id=principal.customer_id, after=after)
    return {(row.contract_id, row.label): vault.open(tx, row.sealed, row=str(row.id), **PLACE).decode() for row in rows}


def login_id_of(tx: Tx, principal: Principal) -> str:
    """The login ID by which the session was opened."""
    wanted = select(Credential.login_id).where(
        Credential.tenant_id == tx.tenant,
        Credential.account_id == principal.account_id,
        Credential.scheme == principal.scheme,
    )
    return str(tx.scalar(wanted) or "")
