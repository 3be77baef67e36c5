"""What the people at the desk of the demo have begun: notices, and amounts that wait for a second person.

`python -m mypage.demo.desk FILE` makes those of `demo/desk.toml`, in a demo alone and each once.
"""

from __future__ import annotations

import sys
import uuid
from datetime import timedelta
from pathlib import Path

import msgspec
from sqlalchemy import Engine, exists, select

from mypage.auth.models import Customer
from mypage.contracts.models import Contract
from mypage.db.session import Actor, Scope, Tx, unit
from mypage.demo.making import read_file, run
from mypage.lib.clock import SystemClock
from mypage.lib.money import format_yen
from mypage.lib.months import add_months
from mypage.notices.models import Notice
from mypage.notices.writing import NoticeText, publish, write
from mypage.server.settings import Settings, SettingsError
from mypage.staff.approvals.service import propose
from mypage.staff.models import Approval, StaffMember
from mypage.staff.money.posting import KIND


class NoticeFor(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A published notice that begins `in_days` from now and is shown for `days`, for ever without."""

    tenant: str
    by: str
    title: str
    body: str
    title_en: str = ""
    body_en: str = ""
    importance: str = "normal"
    audience: str = "all"
    aimed: tuple[str, ...] = ()
    in_days: int = 0
    days: int = 0


class AmountFor(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An amount on the next month's bill of a contract, in yen without tax; it waits for a second person."""

    tenant: str
    by: str
    contract: str
    amount: int
    description: str
    reason: str


class Begun(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The file."""

    notice: list[NoticeFor]
    amount: list[AmountFor]


def make_notice(tx: Tx, each: NoticeFor) -> bool:
    """Publish one; False when there is one of this title, or nobody of that address works here."""
    known = exists().where(Notice.tenant_id == tx.tenant, Notice.title == each.title)
    by = _member(tx, each.by)
    if by is None or tx.scalar(select(known)):
        return False
    starts = (tx.now() + timedelta(days=each.in_days)).replace(minute=0, second=0, microsecond=0)
    text = NoticeText(
        title=each.title,
        body=each.body.strip(),
        title_en=each.title_en,
        body_en=each.body_en.strip(),
        importance=each.importance,
        starts_at=starts,
        ends_at=starts + timedelta(days=each.days) if each.days else None,
        audience=each.audience,
        aimed=each.aimed,
    )
    tx.act_as(Actor("staff", str(by)))
    publish(tx, write(tx, text, by=by).id)
    return True


def make_amount(tx: Tx, each: AmountFor) -> bool:
    """Propose one; False when the same was proposed before, or there is no such contract or person."""
    by = _member(tx, each.by)
    row = tx.execute(
        select(Contract.id, Contract.customer_id, Customer.name)
        .join(Customer, (Customer.tenant_id == Contract.tenant_id) & (Customer.id == Contract.customer_id))
        .where(Contract.tenant_id == tx.tenant, Contract.number == each.contract)
    ).one_or_none()
    known = exists().where(Approval.tenant_id == tx.tenant, Approval.reason == each.reason)
    if by is None or row is None or tx.scalar(select(known)):
        return False
    said = "減額" if each.amount < 0 else "加算"
    tx.act_as(Actor("staff", str(by)))
    propose(
        tx,
        kind=KIND,
        customer_id=row.customer_id,
        payload={
            "contract_id": str(row.id),
            "number": each.contract,
            "month": add_months(tx.today().replace(day=1)).isoformat(),
            "amount": each.amount,
            "rate": "10",
            "description": each.description,
        },
        summary=f"{row.name}様に{format_yen(abs(each.amount))}を{said}",
        reason=each.reason,
        by=by,
    )
    return True


def _member(tx: Tx, email: str) -> uuid.UUID | None:
    found = select(StaffMember.id).where(StaffMember.tenant_id == tx.tenant, StaffMember.email == email)
    return tx.scalars(found).one_or_none()


def read_begun(path: Path) -> Begun:
    """What the file says. Raises ValueError with one line."""
    return read_file(path, Begun)


def make_all(settings: Settings, begun: Begun, engine: Engine) -> int:
    """Make what is not there; how many. Raises SettingsError outside of a demo."""
    if not settings.demo:
        raise SettingsError("notices and proposals are made up for a demo alone")
    made = 0
    begun_all: list[NoticeFor | AmountFor] = [*begun.notice, *begun.amount]
    for each in begun_all:
        with unit(engine, Scope(each.tenant, SystemClock(), Actor("system", "mypage.demo.desk"), "demo")) as tx:
            made += make_notice(tx, each) if isinstance(each, NoticeFor) else make_amount(tx, each)
    return made


def main(argv: list[str] | None = None) -> int:
    """The command."""
    return run(
        argv,
        name="mypage.demo.desk",
        usage="give the file of what the desk has begun: python -m mypage.demo.desk demo/desk.toml",
        make=lambda settings, path, engine: make_all(settings, read_begun(path), engine),
        made="notices and proposals",
    )


if __name__ == "__main__":
    sys.exit(main())
