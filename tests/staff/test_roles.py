"""Roles in the console: proposed by a manager, confirmed by another one, carried out in the office once."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from sqlalchemy import select, update

from mypage.audit.models import AuditEntry
from mypage.db.session import Tx
from mypage.staff import invites
from mypage.staff.members import roles_of
from mypage.staff.models import Approval, DeskRole, StaffMember
from mypage.testing.portal import Answer, MakePortal, Portal
from staff_rows import Staff, add_staff, mails_of, make_office, sit_down


@dataclass(frozen=True)
class Desk:
    office: Portal
    worked: Portal
    first: Staff
    second: Staff
    agent: Staff

    def act(self, staff: Staff, path: str, **fields: str) -> Answer:
        """Fill in the form of a page and send it."""
        client = sit_down(self.office, staff, self.worked)
        page = client.get(path)
        assert page.status == 200, page.text
        return client.submit(fields)

    def confirm(self, staff: Staff, approval: str) -> Answer:
        client = sit_down(self.office, staff, self.worked)
        page = client.get(approval)
        form = f"//main//form[@action='{approval}/confirm']"
        if not page.all(form):
            return client.post(f"{approval}/confirm", {"seal": "00"})
        return client.submit({}, form=form)

    def roles(self, account_id: uuid.UUID) -> dict[str, str]:
        return self.office.run(lambda tx: roles_of(tx, account_id))

    def state(self) -> list[str]:
        def read(tx: Tx) -> list[str]:
            rows = select(Approval.state).where(Approval.tenant_id == tx.tenant).order_by(Approval.proposed_at)
            return list(tx.scalars(rows))

        return self.worked.run(read)


@pytest.fixture
def desk(make_portal: MakePortal) -> Desk:
    office, worked = make_office(make_portal), make_portal("actv")

    def add(role: str, name: str) -> Staff:
        return add_staff(office, {worked.name: role}, name=name)

    made = Desk(office, worked, add("manager", "田中 誠"), add("manager", "鈴木 陽子"), add("agent", "佐藤 花子"))
    for staff in (made.first, made.second, made.agent):
        sit_down(office, staff, worked)
    return made


def test_a_second_manager_changes_a_role(desk: Desk) -> None:
    path = f"/roles/{desk.agent.account_id}"
    proposed = desk.act(desk.first, path, role="manager", reason="チームリーダーになります")
    assert proposed.status == 303, proposed.text
    approval = proposed.location
    assert desk.roles(desk.agent.account_id) == {desk.worked.name: "agent"}, "nothing happens before"
    page = sit_down(desk.office, desk.second, desk.worked).get(approval)
    for word in ("佐藤 花子", "担当者", "管理者", "チームリーダーになります", "田中 誠", desk.worked.name):
        assert word in page.text
    assert desk.confirm(desk.first, approval).status == 409, "not by who proposed it"
    assert desk.confirm(desk.second, approval).status == 303
    assert desk.roles(desk.agent.account_id) == {desk.worked.name: "manager"}
    assert desk.state() == ["done"]
    assert [(m["to"], m["change"]) for m in mails_of(desk.office, "staff_role")] == [(desk.agent.email, "changed")]
    assert copied(desk, desk.agent) == ("manager", True)


def test_a_role_is_withdrawn_and_ends_at_once(desk: Desk) -> None:
    open_browser = sit_down(desk.office, desk.agent, desk.worked)
    assert open_browser.get("/home").status == 200
    approval = desk.act(desk.first, f"/roles/{desk.agent.account_id}", role="none", reason="退職します").location
    assert desk.confirm(desk.second, approval).status == 303
    assert desk.roles(desk.agent.account_id) == {}
    assert open_browser.get("/home").location.startswith("/login")
    assert copied(desk, desk.agent) == ("agent", False)
    actions = desk.worked.run(
        lambda tx: set(tx.scalars(select(AuditEntry.action).where(AuditEntry.tenant_id == tx.tenant)))
    )
    assert {"approval.proposed", "approval.confirmed", "staff.role_withdrawn"} <= actions
    assert [m["change"] for m in mails_of(desk.office, "staff_role")] == ["withdrawn"]


def test_somebody_is_invited(desk: Desk) -> None:
    fields = {"email": "mari@isp.example", "name": "森 真理", "role": "reader", "reason": "新しく入りました"}
    approval = desk.act(desk.first, "/roles/invite", **fields).location
    assert mails_of(desk.office, "staff_invite") == [], "no mail before it is confirmed"
    assert desk.confirm(desk.second, approval).status == 303
    (mail,) = mails_of(desk.office, "staff_invite")
    assert mail["to"] == "mari@isp.example"
    assert mail["link"].startswith(f"{desk.office.origin}/invited/")
    listed = sit_down(desk.office, desk.first, desk.worked).get("/roles").text
    assert "森 真理" in listed
    assert "招待中" in listed
    assert desk.confirm(desk.second, approval).status in (303, 409)
    assert len(mails_of(desk.office, "staff_invite")) == 1


def test_nobody_changes_a_role_of_their_own(desk: Desk) -> None:
    client = sit_down(desk.office, desk.first, desk.worked)
    own = f"/roles/{desk.first.account_id}"
    assert client.get(own).status == 403
    client.get("/roles")
    assert client.post(own, {"role": "reader", "reason": "いやになりました"}).status == 403
    assert client.get("/roles").all(f"//main//a[@href='{own}']") == []
    approval = desk.act(desk.second, own, role="reader", reason="交代します").location
    refused = desk.confirm(desk.first, approval)
    assert refused.status == 409
    assert "あなた自身の権限" in refused.text
    assert desk.roles(desk.first.account_id) == {desk.worked.name: "manager"}
    assert desk.state() == ["waiting"]


def test_the_same_twice_waits_once(desk: Desk) -> None:
    path = f"/roles/{desk.agent.account_id}"
    first = desk.act(desk.first, path, role="reader", reason="交代します").location
    assert desk.act(desk.first, path, role="reader", reason="もう一度").location == first
    assert desk.state() == ["waiting"]
    assert "佐藤 花子" in sit_down(desk.office, desk.second, desk.worked).get("/roles").texts("//main//ul")[0]


def test_a_change_from_elsewhere_meanwhile_wins(desk: Desk) -> None:
    approval = desk.act(desk.first, f"/roles/{desk.agent.account_id}", role="manager", reason="交代します").location

    def elsewhere(tx: Tx) -> None:
        tx.execute(
            update(StaffMember)
            .where(StaffMember.tenant_id == tx.tenant, StaffMember.id == desk.agent.account_id)
            .values(active=False)
        )

    desk.worked.run(elsewhere)
    assert desk.confirm(desk.second, approval).status == 409
    assert desk.roles(desk.agent.account_id) == {desk.worked.name: "agent"}


def test_what_was_confirmed_and_cut_off_is_finished_by_the_same_press(desk: Desk) -> None:
    approval = desk.act(desk.first, f"/roles/{desk.agent.account_id}", role="reader", reason="交代します").location
    approval_id = uuid.UUID(approval.rpartition("/")[2])

    def cut_off(tx: Tx) -> None:
        row = tx.get(Approval, (tx.tenant, approval_id))
        assert row is not None
        row.state, row.decided_by, row.decided_at = "approved", desk.second.account_id, tx.now()

    desk.worked.run(cut_off)
    assert desk.roles(desk.agent.account_id) == {desk.worked.name: "agent"}
    assert desk.confirm(desk.second, approval).status == 303
    assert desk.roles(desk.agent.account_id) == {desk.worked.name: "reader"}
    assert desk.state() == ["done"]
    assert len(mails_of(desk.office, "staff_role")) == 1


def test_who_works_elsewhere_is_nobody_here(desk: Desk, make_portal: MakePortal) -> None:
    other = make_portal("actv")
    stranger = add_staff(desk.office, {other.name: "agent"})
    client = sit_down(desk.office, desk.first, desk.worked)
    assert stranger.name + stranger.email not in client.get("/roles").text
    assert client.get(f"/roles/{stranger.account_id}").status == 404
    assert client.get(f"/roles/{uuid.uuid4()}").status == 404
    client.get("/roles")
    assert client.post(f"/roles/{stranger.account_id}", {"role": "none", "reason": "x"}).status == 404
    assert desk.roles(stranger.account_id) == {other.name: "agent"}


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"email": "mari"}, "@"),
        ({"email": ""}, "メールアドレス"),
        ({"email": "o'brien@isp.example"}, "'"),
        ({"name": ""}, "名前"),
        ({"role": "boss"}, "権限"),
        ({"role": ""}, "権限"),
        ({"reason": ""}, "理由"),
        ({"reason": "x" * 501}, "理由"),
    ],
)
def test_bad_input_keeps_what_was_typed(desk: Desk, fields: dict[str, str], said: str) -> None:
    good = {"email": "mari@isp.example", "name": "森 真理", "role": "reader", "reason": "新しく入りました"}
    answer = desk.act(desk.first, "/roles/invite", **(good | fields))
    assert answer.status == 422
    assert said in " ".join(answer.errors)
    shown = answer.form_values()
    assert {name: str(shown.get(name)).strip() for name in good if name not in fields} == {
        name: value for name, value in good.items() if name not in fields
    }
    assert desk.state() == []


def test_who_works_here_already_is_not_invited_again(desk: Desk) -> None:
    answer = desk.act(
        desk.first, "/roles/invite", email=desk.agent.email.upper(), name="誰か", role="manager", reason="交代します"
    )
    assert answer.status == 422
    assert "すでに担当者です" in " ".join(answer.errors)


def test_a_role_withdrawn_meanwhile_is_not_given_back(desk: Desk) -> None:
    """The office decides: a change of a role that is gone there leaves it gone."""
    approval = desk.act(desk.first, f"/roles/{desk.agent.account_id}", role="manager", reason="交代します").location

    def gone(tx: Tx) -> None:
        tx.execute(
            update(DeskRole)
            .where(DeskRole.tenant_id == tx.tenant, DeskRole.account_id == desk.agent.account_id)
            .values(withdrawn_at=tx.now())
        )

    desk.office.run(gone)
    desk.confirm(desk.second, approval)
    assert desk.roles(desk.agent.account_id) == {}


def copied(desk: Desk, staff: Staff) -> tuple[str, bool]:
    def read(tx: Tx) -> tuple[str, bool]:
        row = tx.get(StaffMember, (tx.tenant, staff.account_id))
        assert row is not None
        return row.role, row.active

    return desk.worked.run(read)


def test_days_are_those_of_japan(desk: Desk) -> None:
    desk.office.clock.at = datetime(2026, 11, 21, 19, 0, tzinfo=UTC)
    add_staff(desk.office, {desk.worked.name: "agent"}, name="夜 遅子")
    page = sit_down(desk.office, desk.first, desk.worked).get("/roles")
    (row,) = [text for text in page.texts("//tbody/tr") if "夜 遅子" in text]
    assert "11月22日" in row


def test_an_address_whose_account_was_closed_meanwhile(desk: Desk) -> None:
    """It is said on the page, and the proposal neither counts as done nor is a fault."""
    fields = {"email": "mari@isp.example", "name": "森 真理", "role": "reader", "reason": "新しく入りました"}
    approval = desk.act(desk.first, "/roles/invite", **fields).location

    def closed(tx: Tx) -> None:
        invites.new_account(tx, fields["email"], fields["email"], "森 真理").status = "closed"

    desk.office.run(closed)
    answer = desk.confirm(desk.second, approval)
    assert answer.status == 409
    assert "このメールアドレスでは招待できません" in answer.text
    assert desk.state() == ["approved"]


def test_who_has_an_account_keeps_the_name_on_it(desk: Desk) -> None:
    """Nobody stands in the trail under a name that a proposer made up."""
    somebody = add_staff(desk.office, {"elsewhere": "agent"}, name="森 真理")
    fields = {"email": somebody.email.title(), "name": "田中 誠", "role": "agent", "reason": "応援に来ます"}
    approval = desk.act(desk.first, "/roles/invite", **fields).location
    assert desk.confirm(desk.second, approval).status == 303

    def read(tx: Tx) -> tuple[str, str]:
        row = tx.get(StaffMember, (tx.tenant, somebody.account_id))
        assert row is not None
        return row.name, row.email

    assert desk.worked.run(read) == ("森 真理", somebody.email)
