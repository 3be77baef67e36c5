"""Mail addresses and web spaces of accounts: what somebody has, what is free, and what ends (UCOM-81, UCOM-89).

Rows of what ended stay for ever: an own address is never given to another account.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, cast

from sqlalchemy import select, update

from mypage.audit.trail import record
from mypage.contracts.models import Resource
from mypage.contracts.reaching import ContractRef
from mypage.db.session import Tx
from mypage.operators.operator import Operator
from mypage.orders.provisioning import provision
from mypage.orders.quotas import QuotaStand
from mypage.orders.values import Placed

Kind = Literal["mail", "web"]
_ENDED = {"mail": "mailbox.ended", "web": "web_space.ended"}


@dataclass(frozen=True, slots=True)
class Held:
    """A mail address or web space that an account has now. `own`: the operator's, which counts against a quota."""

    id: uuid.UUID
    account_id: uuid.UUID
    kind: Kind
    value: str
    own: bool


def resources_of(tx: Tx, account_id: uuid.UUID) -> tuple[Held, ...]:
    """What an account has now. One statement."""
    rows = tx.execute(
        select(Resource.id, Resource.account_id, Resource.kind, Resource.value, Resource.own)
        .where(Resource.tenant_id == tx.tenant, Resource.account_id == account_id, Resource.ended_at.is_(None))
        .order_by(Resource.kind, Resource.id)
    )
    return tuple(Held(row.id, row.account_id, cast("Kind", row.kind), row.value, row.own) for row in rows)


def mail_of(found: Iterable[Held]) -> Held | None:
    """The mail address among what an account has."""
    return next((held for held in found if held.kind == "mail"), None)


def key_of(address: str) -> str:
    """How an address is looked up and kept unique."""
    return address.lower()


def taken(tx: Tx, address: str, account_id: uuid.UUID) -> bool:
    """Whether an own address is, or ever was, another account's (UCOM-92)."""
    found = (
        select(Resource.id)
        .where(
            Resource.tenant_id == tx.tenant,
            Resource.kind == "mail",
            Resource.value_key == key_of(address),
            Resource.own,
            Resource.account_id != account_id,
        )
        .limit(1)
    )
    return tx.execute(found).one_or_none() is not None


def own_left(operator: Operator, stands: Mapping[str, QuotaStand], found: Iterable[Held]) -> bool:
    """Whether an account with `found` may have an own address: there is one left, or it has one already (UCOM-83)."""
    boxes = operator.mailboxes
    if boxes is None or not boxes.domain:
        return False
    mail = mail_of(found)
    return (mail is not None and mail.own) or stands[boxes.quota].free > 0


def losses(operator: Operator, going: Iterable[Held]) -> dict[str, int]:
    """By how many pieces each quota falls when these end."""
    kinds = Counter(held.kind for held in going if held.own)
    return {q.name: kinds[q.counts] for q in operator.quotas.values() if q.counts != "sub-accounts" and kinds[q.counts]}


def end_resources(
    tx: Tx, operator: Operator, ref: ContractRef, account_id: uuid.UUID, placed: Placed
) -> Mapping[str, int]:
    """End all that an account has, because it is deleted; returns the losses by quota, for `orders.ending`.

    The caller holds `lock_contract`. Other systems are told of what was the operator's.
    """
    going = resources_of(tx, account_id)
    end_rows(tx, operator, ref, going)
    for held in going:
        after = {"value": held.value, "by_scheme": placed.scheme, "by_role": placed.role}
        record(tx, _ENDED[held.kind], "account", account_id, customer_id=ref.customer_id, after=after)
    return losses(operator, going)


def end_rows(tx: Tx, operator: Operator, ref: ContractRef, going: Iterable[Held]) -> None:
    """Mark as ended, and have the mail boxes and web spaces among them switched off."""
    ending = tuple(going)
    if not ending:
        return
    tx.execute(
        update(Resource)
        .where(Resource.tenant_id == tx.tenant, Resource.id.in_([held.id for held in ending]))
        .values(ended_at=tx.now())
        .execution_options(synchronize_session=False)
    )
    for held in ending:
        if held.own:
            provision(
                tx,
                customer_id=ref.customer_id,
                order_id=None,
                action="end",
                product=service_of(operator, held.kind),
                subject=held.value,
                desk=operator.desk,
            )


def service_of(operator: Operator, kind: Kind) -> str:
    """What provisioning calls a resource of this kind."""
    boxes = operator.mailboxes
    return boxes.service if kind == "mail" and boxes is not None else kind
