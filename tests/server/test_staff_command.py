"""`mypage staff`: who may work in the console, from the command line; every refusal is one line that says what to do."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from mypage.audit.models import AuditEntry
from mypage.server.cli import cli
from mypage.staff.models import StaffMember
from mypage.testing.database import TestDatabase
from mypage.testing.portal import MakePortal, Portal
from staff_rows import add_staff, mails_of, make_office, sit_down

Run = Callable[..., tuple[int, str]]


@pytest.fixture
def office(make_portal: MakePortal) -> Portal:
    return make_office(make_portal)


@pytest.fixture
def worked(make_portal: MakePortal) -> Portal:
    return make_portal("actv")


@pytest.fixture
def run(test_database: TestDatabase, office: Portal) -> Run:
    environment = {
        "MYPAGE_DATABASE_URL": test_database.app,
        "MYPAGE_SECRET_KEY": base64.b64encode(bytes(range(32))).decode(),
    }

    def call(*words: str, at: str = office.name) -> tuple[int, str]:
        done = CliRunner(env=environment).invoke(cli, ["staff", *words, *(["--office", at] if at else [])])
        # The frame around a message breaks its lines.
        return done.exit_code, " ".join(done.output.replace("│", " ").split())

    return call


def _invite(run: Run, worked: Portal, role: str = "agent", email: str = "mari@isp.example") -> tuple[int, str]:
    return run("invite", email, "--tenant", worked.name, "--role", role, "--name", "森 真理", "--by", "root")


def test_somebody_is_invited_listed_and_withdrawn(run: Run, office: Portal, worked: Portal) -> None:
    status, said = _invite(run, worked)
    assert status == 0
    assert said.startswith(f"office {office.name}: mari@isp.example invited as agent of {worked.name}; a mail with")
    mail = mails_of(office, "staff_invite")[0]
    assert mail["to"] == "mari@isp.example"
    assert mail["link"].startswith(f"{office.origin}/invited/")
    assert office.client().get(mail["link"].removeprefix(office.origin)).status == 200
    status, said = run("list", "--json")
    assert json.loads(said) | {"since": ""} == {
        "email": "mari@isp.example",
        "name": "森 真理",
        "state": "invited",
        "tenant": worked.name,
        "role": "agent",
        "since": "",
        "by": "root",
    }
    assert run("list", "--tenant", worked.name)[1].startswith("mari@isp.example 森 真理 invited agent of")
    status, said = run("withdraw", "MARI@isp.example", "--tenant", worked.name)
    assert (status, said) == (0, f"office {office.name}: mari@isp.example is no agent of {worked.name} any more")
    assert run("list")[1] == "mari@isp.example 森 真理 invited no role"
    assert office.client().get(mail["link"].removeprefix(office.origin)).status == 404


def test_both_tenants_keep_what_was_done(run: Run, office: Portal, worked: Portal) -> None:
    _invite(run, worked)
    run("withdraw", "mari@isp.example", "--all", "--by", "root")

    def actions(portal: Portal) -> list[str]:
        entries = portal.run(
            lambda tx: tx.scalars(
                select(AuditEntry).where(AuditEntry.tenant_id == tx.tenant).order_by(AuditEntry.at)
            ).all()
        )
        assert all(entry.actor.endswith(")") for entry in entries)
        return [entry.action for entry in entries]

    assert sorted(actions(office)) == ["staff.invited", "staff.role_granted", "staff.role_withdrawn"]
    assert actions(worked) == ["staff.role_granted", "staff.role_withdrawn"]
    members = worked.run(lambda tx: tx.scalars(select(StaffMember).where(StaffMember.tenant_id == tx.tenant)).all())
    assert [(each.name, each.role, each.active) for each in members] == [("森 真理", "agent", False)]


def test_a_withdrawn_role_ends_at_once(run: Run, office: Portal, worked: Portal, make_portal: MakePortal) -> None:
    other = make_portal("actv")
    staff = add_staff(office, {worked.name: "manager", other.name: "reader"})
    client = sit_down(office, staff, worked)
    assert client.get("/home").status == 200
    run("withdraw", staff.email, "--tenant", worked.name)
    assert client.get("/home").location == "/seat"
    run("withdraw", staff.email, "--all")
    assert client.get("/home").location.startswith("/login")


def test_refusals_are_one_line_and_change_nothing(run: Run, office: Portal, worked: Portal) -> None:
    staff = add_staff(office, {worked.name: "reader"})
    there = ("--tenant", worked.name)
    named = ("--name", "森")
    for words, reason in (
        (("invite", "mari", *there, "--role", "agent", *named), "is no mail address"),
        (
            ("invite", "mari@isp.example", "--tenant", "nowhere", "--role", "agent", *named),
            "there is no portal 'nowhere'",
        ),
        (("invite", "mari@isp.example", "--tenant", office.name, "--role", "agent", *named), "to work for"),
        (("invite", "mari@isp.example", *there, "--role", "boss", *named), "'boss' is not one of"),
        (("invite", "mari@isp.example", *there, "--role", "agent", "--name", " "), "a name of 1 to 100 characters"),
        (("withdraw", "nobody@isp.example", *there), "nobody has the address nobody@isp.example"),
        (("withdraw", staff.email, "--tenant", "elsewhere"), f"the roles are at: {worked.name}"),
        (("withdraw", staff.email), "say which role ends"),
        (("withdraw", staff.email, *there, "--all"), "say which role ends"),
    ):
        status, said = run(*words)
        assert status != 0, said
        assert reason in said
    assert len(run("list", "--json")[1].splitlines()) == 1
    assert mails_of(office, "staff_invite") == []


def test_the_office_is_found_or_asked_for(run: Run, office: Portal, worked: Portal, make_portal: MakePortal) -> None:
    make_office(make_portal)
    status, said = run("list", at="")
    assert status == 1
    assert "there are several consoles; choose one by --office (" in said
    status, said = run("list", at=worked.name)
    assert status == 1
    assert f"'{worked.name}' is no tenant of the staff console" in said


def test_again_is_as_once(run: Run, office: Portal, worked: Portal) -> None:
    staff = add_staff(office, {worked.name: "reader"})
    assert "is reader of" in _invite(run, worked, "reader", staff.email)[1]
    assert "nothing was changed" in _invite(run, worked, "reader", staff.email)[1]
    assert "works as manager" in _invite(run, worked, "manager", staff.email)[1]
    assert [mail["change"] for mail in mails_of(office, "staff_role")] == ["changed"]
