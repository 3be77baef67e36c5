"""Whom a notice is for: asked for one customer, as pages do, and for all of them, as counts and mails do."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from typing import Any, cast

from sqlalchemy import (
    ColumnElement,
    Select,
    Uuid,
    and_,
    any_,
    case,
    delete,
    exists,
    false,
    func,
    insert,
    literal,
    or_,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import aliased

from mypage.auth.models import Account, Customer
from mypage.contracts.models import Contract, Subscription
from mypage.db.session import Tx
from mypage.notices.models import Notice, NoticeRead, NoticeTarget

_AT_ONCE = 5_000
_IDS = ARRAY(Uuid())
_BEGINS = "^@"


def aimed_at(tenant: ColumnElement[str], customer: ColumnElement[uuid.UUID]) -> ColumnElement[bool]:
    """Whether a notice that is not for all is for a customer: one look into an index of that customer's rows."""
    # Another name, so that it is not taken for the customers of a statement around this.
    inside = aliased(Customer)
    listed = exists().where(
        NoticeTarget.tenant_id == tenant, NoticeTarget.customer_id == customer, NoticeTarget.notice_id == Notice.id
    )
    of_contract = exists().where(
        *_living(tenant, customer),
        or_(
            and_(Notice.audience == "plan", Contract.plan == any_(Notice.aimed)),
            and_(Notice.audience == "area", _placed(Notice.aimed)),
        ),
    )
    held = exists().where(
        Subscription.tenant_id == tenant,
        Subscription.customer_id == customer,
        Subscription.ended_at.is_(None),
        Subscription.product == any_(Notice.aimed),
    )
    there = exists().where(inside.tenant_id == tenant, inside.id == customer, _there(Notice.aimed, inside))
    # A CASE, so that the rows of one kind of audience are looked at for notices of that kind alone; each table stands
    # in it once, since every page that shows notices prepares all of it.
    return case(
        (Notice.audience == "list", listed),
        (Notice.audience == "product", held),
        (and_(Notice.audience == "area", there), true()),
        (or_(Notice.audience == "plan", Notice.audience == "area"), of_contract),
        else_=false(),
    )


def audience_of(tx: Tx, notice: Notice) -> Select[Any]:
    """The ids of the customers that a notice is for, each once, in no order."""
    mine = select(Customer.id).where(Customer.tenant_id == tx.tenant)
    if notice.customer_id is not None:
        return mine.where(Customer.id == notice.customer_id)
    aimed = literal(notice.aimed, Notice.aimed.type)
    living = select(Contract.customer_id).where(Contract.tenant_id == tx.tenant, Contract.status != "terminated")
    match notice.audience:
        case "list":
            listed = select(NoticeTarget.customer_id)
            return listed.where(NoticeTarget.tenant_id == tx.tenant, NoticeTarget.notice_id == notice.id)
        case "plan":
            return living.where(Contract.plan == any_(aimed)).distinct()
        case "product":
            return (
                select(Subscription.customer_id)
                .where(
                    Subscription.tenant_id == tx.tenant,
                    Subscription.ended_at.is_(None),
                    Subscription.product == any_(aimed),
                )
                .distinct()
            )
        case "area":
            there = select(Customer.id).where(Customer.tenant_id == tx.tenant, _there(aimed))
            either = there.union(living.where(_placed(aimed))).subquery()
            return select(either.c.id)
        case _:
            return mine


def count_audience(tx: Tx, notice: Notice) -> int:
    """How many customers a notice is for, now."""
    return tx.execute(select(func.count()).select_from(audience_of(tx, notice).subquery())).scalar_one()


def count_readers(tx: Tx, notices: Iterable[uuid.UUID]) -> dict[uuid.UUID, int]:
    """How many customers have opened each of the notices, by whichever of their accounts; 0 are absent."""
    wanted = list(notices)
    rows = tx.execute(
        select(NoticeRead.notice_id, func.count(Account.customer_id.distinct()))
        .join(Account, and_(Account.tenant_id == NoticeRead.tenant_id, Account.id == NoticeRead.account_id))
        .where(NoticeRead.tenant_id == tx.tenant, NoticeRead.notice_id.in_(wanted))
        .group_by(NoticeRead.notice_id)
    )
    return {row[0]: row[1] for row in rows} if wanted else {}


def set_targets(tx: Tx, notice_id: uuid.UUID, customers: Sequence[uuid.UUID]) -> None:
    """The list of a notice, in place of the one before."""
    mine = (NoticeTarget.tenant_id == tx.tenant, NoticeTarget.notice_id == notice_id)
    tx.execute(delete(NoticeTarget).where(*mine))
    for start in range(0, len(customers), _AT_ONCE):
        part = customers[start : start + _AT_ONCE]
        rows = select(literal(tx.tenant), func.unnest(literal(part, _IDS)), literal(notice_id, Notice.id.type))
        tx.execute(insert(NoticeTarget).from_select(["tenant_id", "customer_id", "notice_id"], rows))


def _living(tenant: ColumnElement[str], customer: ColumnElement[uuid.UUID]) -> tuple[ColumnElement[bool], ...]:
    return (Contract.tenant_id == tenant, Contract.customer_id == customer, Contract.status != "terminated")


def _there(aimed: Any, customer: Any = Customer) -> ColumnElement[bool]:
    """Whether a customer's postal code or address begins with one of the texts."""
    digits = func.replace(customer.postal_code, "-", "")
    return or_(digits.op(_BEGINS)(any_(aimed)), customer.address.op(_BEGINS)(any_(aimed)))


def _placed(aimed: Any) -> ColumnElement[bool]:
    """Whether the place of a contract does."""
    return cast("ColumnElement[bool]", Contract.place.op(_BEGINS)(any_(aimed)))
