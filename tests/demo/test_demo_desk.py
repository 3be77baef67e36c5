"""What the desk of the demo has begun: made once, by people of the demo, in a demo and nowhere else."""

from __future__ import annotations

import tomllib
import uuid
from pathlib import Path

import pytest
from sqlalchemy import select

from mypage.db.session import Tx
from mypage.demo.desk import AmountFor, Begun, NoticeFor, make_all, make_amount, make_notice, read_begun
from mypage.notices.models import Notice
from mypage.server.settings import SettingsError
from mypage.staff.models import Approval, StaffMember
from mypage.testing.portal import MakePortal, Portal
from portal_rows import add_contract, add_person

ROOT = Path(__file__).parents[2]
BEGUN = read_begun(ROOT / "demo" / "desk.toml")


@pytest.fixture
def here(make_portal: MakePortal) -> Portal:
    return make_portal("actv")


def test_everything_is_begun_by_somebody_who_works_there() -> None:
    staff = tomllib.loads((ROOT / "demo" / "staff.toml").read_text(encoding="utf-8"))["staff"]
    roles = {(each["email"], tenant): role for each in staff for tenant, role in each["roles"].items()}
    assert {each.in_days > 0 for each in BEGUN.notice} == {True, False}
    assert {each.audience for each in BEGUN.notice} >= {"all", "area", "plan"}
    for each in (*BEGUN.notice, *BEGUN.amount):
        assert roles[each.by, each.tenant] in ("agent", "manager")


def test_it_is_refused_outside_of_a_demo(here: Portal) -> None:
    with pytest.raises(SettingsError, match="for a demo alone"):
        make_all(here.server.settings, Begun(notice=[], amount=[]), here.engine)


def test_each_is_made_once(here: Portal) -> None:
    add_contract(here, add_person(here), "0012345-01")
    amounts = [each for each in BEGUN.amount if each.tenant == "actv"]
    notices = [each for each in BEGUN.notice if each.tenant == "actv"]

    def begin(tx: Tx) -> None:
        for each in (*amounts, *notices):
            if not tx.scalars(select(StaffMember).where(StaffMember.tenant_id == tx.tenant)).first():
                tx.add(
                    StaffMember(
                        tenant_id=tx.tenant, id=uuid.uuid4(), name="佐藤 花子", email=each.by, role="agent",
                        updated_at=tx.now(),
                    )
                )  # fmt: skip
                tx.flush()

    here.run(begin)
    for expected in (True, False):
        for each in (*notices, *amounts):
            made = make_notice if isinstance(each, NoticeFor) else make_amount
            assert here.run(lambda tx, made=made, each=each: made(tx, each)) is expected  # type: ignore[arg-type]
    states = here.run(lambda tx: tx.scalars(select(Notice.state).where(Notice.tenant_id == tx.tenant)).all())
    assert states == ["published"] * len(notices)
    waiting = here.run(lambda tx: tx.scalars(select(Approval.state).where(Approval.tenant_id == tx.tenant)).all())
    assert waiting == ["waiting"] * len(amounts)
    strange = AmountFor(tenant="actv", by="nobody@x.example", contract="x", amount=1, description="x", reason="x")
    assert here.run(lambda tx: make_amount(tx, strange)) is False
