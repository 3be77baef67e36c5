"""Inviting staff: one mail link to choose a password, a role for who has an account, and roles that end."""

from __future__ import annotations

import asyncio
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pyotp
import pytest
from sqlalchemy import select

from mypage.auth.models import Account, LoginSession, MailLink
from mypage.db.keys import Vault
from mypage.db.session import Tx
from mypage.operators.operator import OFFICE
from mypage.staff import invites
from mypage.staff.errors import NotInvitable
from mypage.staff.invites import Invitation, Means
from mypage.staff.members import members_of, roles_of
from mypage.staff.models import DeskRole
from mypage.testing.portal import MakePortal, Portal, PortalClient
from staff_rows import add_staff, mails_of, make_office, sit_down

EMAIL = "mari@isp.example"
SECRET = "kyuuri to nasu 2026"


@pytest.fixture
def desk(make_portal: MakePortal) -> Portal:
    return make_portal("actv")


@pytest.fixture
def office(make_portal: MakePortal) -> Portal:
    return make_office(make_portal)


def means(office: Portal) -> Means:
    server = office.server
    return Means(
        vault=server.ports.get(Vault),
        operator=server.compiled.operators[OFFICE],
        language="ja",
        link_of=lambda token: f"{office.origin}/invited/{token}",
        login_url=f"{office.origin}/login",
    )


def wanted(desk: Portal, role: str = "agent", **other: str) -> Invitation:
    values = {"email": EMAIL, "name": "森 真理", "worked": desk.name, "role": role, "portal": "青森"} | other
    return Invitation(**values)


def invite(office: Portal, desk: Portal, role: str = "agent", **other: str) -> tuple[uuid.UUID, str]:
    return office.run(lambda tx: invites.invite(tx, means(office), wanted(desk, role, **other), by="test"))


def link(office: Portal) -> str:
    """The path of the newest link."""
    address: str = mails_of(office, "staff_invite")[-1]["link"]
    return address.removeprefix(office.origin)


def joined(office: Portal, path: str) -> PortalClient:
    client = office.client()
    assert client.get(path).status == 200
    done = client.submit({"password": SECRET, "password_again": SECRET})
    assert done.location == "/login", done.text
    return client


def status(office: Portal) -> str:
    return office.run(lambda tx: tx.scalars(select(Account.status).where(Account.tenant_id == tx.tenant)).one())


def test_from_the_mail_to_the_desk(office: Portal, desk: Portal) -> None:
    assert invite(office, desk)[1] == "invited"
    path = link(office)
    page = office.client().get(path)
    assert EMAIL in page.text
    assert "青森ケーブルテレビ" in page.text
    assert "担当者" in page.text
    assert page.form_values()["name"] == "森 真理"
    client = joined(office, path)
    assert "パスワードを設定しました" in client.get("/login").text
    done = client.submit(login_of(client))
    assert done.status == 303, done.text
    # The password alone opens nothing but the page that asks for a second factor.
    client.get("/factors")
    for path in ("/home", "/seat"):
        assert client.get(path).location == "/factors"
    assert client.post("/seat", {"tenant": desk.name}).location == "/factors"
    set_up_app(office, client)
    assert client.get("/home").location == "/seat"
    client.get("/seat")
    assert client.post("/seat", {"tenant": desk.name}, follow=True).status == 200
    assert "森 真理" in " ".join(client.get("/home").texts("//header"))


def login_of(client: PortalClient) -> dict[str, str]:
    assert client.last is not None
    names = client.last.all("//main//form//input[not(@type='hidden')]/@name")
    return dict(zip(names, (EMAIL, SECRET), strict=True))


def set_up_app(office: Portal, client: PortalClient) -> None:
    client.get("/factors")
    client.post("/factors/app/start")
    page = client.get("/factors/app")
    secret = "".join(page.texts("//*[contains(@class,'code--mono')]")[0].split())
    code = pyotp.TOTP(secret).at(office.clock.now())
    done = client.submit({"code": code, "name": "app"})
    assert done.location == "/factors/codes", done.text


def test_opening_the_link_changes_nothing_and_the_button_works_once(office: Portal, desk: Portal) -> None:
    invite(office, desk)
    path = link(office)
    for _ in range(3):
        assert office.client().get(path).status == 200
    assert status(office) == "suspended"
    client = office.client()
    client.get(path)
    fields = {"name": "森 真理", "password": SECRET, "password_again": SECRET}
    assert client.post(path, fields).location == "/login"
    assert client.post(path, fields).location == "/login", "a double click is as a click"
    assert client.post(path, fields | {"password": "x" * 20, "password_again": "x" * 20}).status == 404
    assert office.client().get(path).status == 404
    assert status(office) == "active"


def test_the_token_is_nowhere_but_in_the_mail(office: Portal, desk: Portal) -> None:
    invite(office, desk)
    token = link(office).rpartition("/")[2]
    assert len(token) >= 43
    rows = office.run(lambda tx: tx.scalars(select(MailLink).where(MailLink.tenant_id == tx.tenant)).all())
    assert [row.purpose for row in rows] == ["staff-invite"]
    assert token.encode() not in rows[0].token_hash
    assert rows[0].expires_at - rows[0].created_at == timedelta(hours=72)


def test_a_link_dies_by_time_by_a_newer_one_and_by_a_withdrawal(office: Portal, desk: Portal) -> None:
    account_id = invite(office, desk)[0]
    first = link(office)
    invite(office, desk)
    assert office.client().get(first).status == 404
    second = link(office)
    office.clock.at += timedelta(hours=72)
    assert office.client().get(second).status == 404
    invite(office, desk)
    third = link(office)
    office.run(lambda tx: invites.dismiss(tx, means(office), account_id, desk.name, "青森", by="test"))
    assert office.client().get(third).status == 404
    assert mails_of(office, "staff_role") == [], "who has not joined is not written to"


def test_nobody_signs_in_or_recovers_before_joining(office: Portal, desk: Portal) -> None:
    invite(office, desk)
    client = office.client()
    client.get("/recover/password")
    assert client.submit({"login": EMAIL}).location == "/recover/password/sent"
    assert mails_of(office, "password_reset") == []
    client.get("/login")
    assert client.submit(login_of(client)).status == 422


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"name": ""}, "名前"),
        ({"password": "short", "password_again": "short"}, "パスワード"),
        ({"password": "password1234567", "password_again": "password1234567"}, "パスワード"),
        ({"password": EMAIL + "123", "password_again": EMAIL + "123"}, "パスワード"),
        ({"password_again": "something else here"}, "パスワード"),
        ({"name": "\x00\ud83d".encode("utf-8", "replace").decode()}, "名前"),
    ],
)
def test_bad_input_is_said_at_the_field(office: Portal, desk: Portal, fields: dict[str, str], said: str) -> None:
    invite(office, desk)
    client = office.client()
    path = link(office)
    client.get(path)
    good = {"name": "森 真理", "password": SECRET, "password_again": SECRET}
    answer = client.post(path, good | fields)
    assert answer.status == 422
    assert any(said in error for error in answer.errors), answer.errors
    assert status(office) == "suspended"


def test_who_has_an_account_only_gets_the_role(office: Portal, desk: Portal, make_portal: MakePortal) -> None:
    other = make_portal("actv")
    account_id = invite(office, desk)[0]
    joined(office, link(office))
    assert invite(office, other, "reader", name="誰か")[1] == "added"
    assert invite(office, other, "reader")[1] == "unchanged"
    assert invite(office, other, "manager")[1] == "changed"
    assert office.run(lambda tx: roles_of(tx, account_id)) == {desk.name: "agent", other.name: "manager"}
    assert [mail["change"] for mail in mails_of(office, "staff_role")] == ["added", "changed"]
    assert len(mails_of(office, "staff_invite")) == 1
    found = office.run(lambda tx: members_of(tx, other.name))
    assert [(member.name, member.email, member.role, member.joined) for member in found] == [
        ("森 真理", EMAIL, "manager", True)
    ]


def test_a_role_ends_at_once_and_the_last_one_ends_the_sessions(
    office: Portal, desk: Portal, make_portal: MakePortal
) -> None:
    other = make_portal("actv")
    staff = add_staff(office, {desk.name: "agent", other.name: "reader"})
    here, there = sit_down(office, staff, desk), sit_down(office, staff, other)

    def dismiss(worked: Portal) -> str:
        return office.run(
            lambda tx: invites.dismiss(tx, means(office), staff.account_id, worked.name, "青森", by="test")
        )

    assert dismiss(desk) == "agent"
    assert dismiss(desk) == ""
    assert here.get("/home").location == "/seat"
    assert there.get("/home").status == 200
    assert dismiss(other) == "reader"
    assert there.get("/home").location.startswith("/login")
    assert (
        office.run(lambda tx: tx.scalars(select(LoginSession).where(LoginSession.tenant_id == tx.tenant)).all()) == []
    )
    assert [mail["change"] for mail in mails_of(office, "staff_role")] == ["withdrawn", "withdrawn"]


@pytest.mark.parametrize(
    "email", ["", "mari", "mari@", "m" * 250 + "@isp.example", "o'neil@isp.example", "a\nb@c.example"]
)
def test_what_is_no_login_is_refused_in_one_line(office: Portal, desk: Portal, email: str) -> None:
    with pytest.raises(NotInvitable) as caught:
        invite(office, desk, email=email)
    assert "\n" not in str(caught.value)
    assert office.run(rows) == 0


@pytest.mark.parametrize("name", ["", "  ", "x" * 101, "a\x00b", "a\nb"])
def test_a_name_is_needed(office: Portal, desk: Portal, name: str) -> None:
    with pytest.raises(NotInvitable):
        invite(office, desk, name=name)
    assert office.run(rows) == 0


def rows(tx: Tx) -> int:
    return len(tx.scalars(select(DeskRole).where(DeskRole.tenant_id == tx.tenant)).all())


def test_letters_of_a_mail_address_may_be_large_or_small(office: Portal, desk: Portal) -> None:
    first = invite(office, desk)[0]
    assert invite(office, desk, email=EMAIL.upper())[0] == first


def test_invitations_of_one_moment_make_one_account(office: Portal, desk: Portal, make_portal: MakePortal) -> None:
    desks = [desk, make_portal("actv"), make_portal("actv"), make_portal("actv")]
    with ThreadPoolExecutor(len(desks)) as pool:
        made = list(pool.map(lambda worked: invite(office, worked)[0], desks))
    assert len(set(made)) == 1
    assert office.run(lambda tx: set(roles_of(tx, made[0]))) == {each.name for each in desks}
    alive = [mail["link"] for mail in mails_of(office, "staff_invite")]
    usable = [link for link in alive if office.client().get(link.removeprefix(office.origin)).status == 200]
    assert len(alive) == len(desks)
    assert len(usable) == 1, "each newer link ends the earlier ones"


def test_of_two_who_use_a_link_at_once_one_sets_the_password(office: Portal, desk: Portal) -> None:
    invite(office, desk)
    path = link(office)
    clients = [office.client() for _ in range(2)]
    forms = []
    for number, client in enumerate(clients):
        page = client.get(path)
        password = f"kyuuri to nasu 202{number}"
        forms.append(page.form_values() | {"password": password, "password_again": password})

    async def both() -> list[int]:
        sent = (c.arequest("POST", path, data=f) for c, f in zip(clients, forms, strict=True))
        return [answer.status_code for answer in await asyncio.gather(*sent)]

    assert sorted(office.wait(both())) == [303, 404]
    assert status(office) == "active"
