"""Nobody reaches a desk by one proof alone, on whatever way: the password, a forgotten one, a passkey or a code."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta

import pytest
from sqlalchemy import delete, update

from mypage.auth.factors import service, totp
from mypage.auth.factors.models import SecondFactor
from mypage.auth.models import LoginSession
from mypage.auth.sessions import open_session
from mypage.db.keys import Vault
from mypage.db.session import Tx
from mypage.lib.crypto import Keyring
from mypage.operators.operator import OFFICE
from mypage.server.routes import office_routes
from mypage.staff import invites
from mypage.staff.members import grant
from mypage.staff.office import SCHEME
from mypage.testing.portal import Answer, MakePortal, Portal, PortalClient
from staff_rows import add_staff, mails_of, make_office, sit_down

SECRET, NEW = "kyuuri to nasu 2026", "tomato to piman 2027"
EMAIL = "mari@isp.example"
KEY = "KRUGKIDROVUWG2ZAMJZG653OEBTG66BA"
DESK = [(route.method, route.path) for route in office_routes() if route.desk]


@pytest.fixture
def office(make_portal: MakePortal) -> Portal:
    return make_office(make_portal)


@pytest.fixture
def worked(make_portal: MakePortal) -> Portal:
    return make_portal("actv")


@pytest.fixture
def account_id(office: Portal, worked: Portal) -> uuid.UUID:
    """Somebody who joined, with an authenticator app."""
    server = office.server
    encoded = server.hasher.hash(SECRET)

    def work(tx: Tx) -> uuid.UUID:
        account = invites.new_account(tx, EMAIL, EMAIL, "森 真理")
        invites.activate(tx, account.id, name="森 真理", password_hash=encoded, language="ja")
        grant(tx, account.id, worked.name, "manager", by="test")
        keys = service.Keys(server.ports.get(Vault), server.ports.get(Keyring))
        holder = service.Holder(account_id=account.id, session_id=None, language="ja")
        service.add_app(tx, keys, holder, secret=KEY, name="app", step=0)
        return account.id

    return office.run(work)


def sign_in(client: PortalClient, password: str) -> Answer:
    client.get("/login")
    return client.submit({"email": EMAIL, "password": password})


def code(office: Portal) -> str:
    """The next code: each is good once."""
    office.clock.at += timedelta(seconds=30)
    return totp.code_at(KEY, office.clock.now())


def at_every_desk(client: PortalClient) -> set[tuple[int, str]]:
    """How all routes of the desk answer, with the addresses that they lead to."""
    seen = set()
    for method, path in DESK:
        here = re.sub(r"\{\w+:uuid\}", str(uuid.uuid4()), re.sub(r"\{\w+:str\}", "x", path))
        answer = client.get(here) if method == "GET" else client.post(here, {"reason": "x"})
        seen.add((answer.status, answer.location.partition("?")[0]))
    return seen


def test_there_are_routes_of_the_desk() -> None:
    assert len(DESK) > 20
    print(f"{len(DESK)} routes of the desk")


def test_a_password_without_a_second_factor_opens_no_desk(
    office: Portal, worked: Portal, account_id: uuid.UUID
) -> None:
    office.run(lambda tx: tx.execute(delete(SecondFactor).where(SecondFactor.tenant_id == tx.tenant)))
    client = office.client()
    assert sign_in(client, SECRET).status == 303
    client.get("/factors")
    assert at_every_desk(client) == {(303, "/factors")}
    assert client.post("/seat", {"tenant": worked.name}).location == "/factors"


def test_the_right_password_alone_is_no_session(office: Portal, account_id: uuid.UUID) -> None:
    client = office.client()
    assert sign_in(client, SECRET).location == "/login/second"
    client.get("/login/second")
    assert at_every_desk(client) == {(303, "/login")}
    assert client.get("/seat").location.startswith("/login")


def test_a_session_that_never_saw_a_second_factor_has_no_seat(office: Portal, worked: Portal) -> None:
    """There is no way to such a session; were there one, no desk would open to it."""
    staff = add_staff(office, {worked.name: "manager"})
    client = sit_down(office, staff, worked)
    assert client.get("/home").status == 200
    office.run(
        lambda tx: tx.execute(update(LoginSession).where(LoginSession.tenant_id == tx.tenant).values(factor_at=None))
    )
    client.get("/sessions")
    assert at_every_desk(client) == {(303, "/seat")}
    assert client.post("/seat", {"tenant": worked.name}).location == "/home"
    assert client.get("/home").location == "/seat"


def test_a_code_or_a_passkey_without_the_password_is_nothing(office: Portal, account_id: uuid.UUID) -> None:
    client = office.client()
    client.get("/login")
    for fields in ({"code": code(office)}, {"answer": "{}"}, {"recovery": "x"}):
        assert client.post("/login/second", fields).location.startswith("/login")
    assert client.get("/home").location.startswith("/login")
    assert client.get("/login/second").location.startswith("/login")


def test_a_forgotten_password_asks_for_the_second_factor_all_the_same(
    office: Portal, worked: Portal, account_id: uuid.UUID
) -> None:
    client = office.client()
    client.get("/login")
    assert "パスワードを忘れたとき" in client.get("/login").text
    client.get("/recover/password")
    assert client.submit({"login": EMAIL}).location == "/recover/password/sent"
    (mail,) = mails_of(office, "password_reset")
    path = str(mail["link"]).removeprefix(office.origin)
    client.get(path)
    assert client.submit({"password": NEW, "password_again": NEW}).location == "/login"
    assert sign_in(client, NEW).location == "/login/second"
    client.get("/login/second")
    assert client.submit({"code": "000000"}).status == 422
    assert client.submit({"code": code(office)}).status == 303
    client.get("/seat")
    assert client.post("/seat", {"tenant": worked.name}).location == "/home"
    assert client.get("/home").status == 200


def test_own_password_is_changed_with_both_proofs_fresh(office: Portal, worked: Portal, account_id: uuid.UUID) -> None:
    client = office.client()
    sign_in(client, SECRET)
    client.get("/login/second")
    client.submit({"code": code(office)})
    office.clock.at += timedelta(minutes=6)
    assert client.get("/credentials").location.startswith("/reauth")
    client.get("/reauth")
    assert client.submit({"password": SECRET}).location.startswith("/reauth/second")
    client.get("/reauth/second")
    assert client.submit({"code": code(office)}).status == 303
    client.get("/credentials")
    answer = client.submit({"current": SECRET, "password": NEW, "password_again": NEW})
    assert answer.status == 303, answer.errors
    client.get(answer.location)
    done = client.submit({})
    assert done.location.startswith("/credentials/done"), done.text
    assert EMAIL in client.get(done.location).text
    assert [mail["to"] for mail in mails_of(office, "credentials_changed")] == [EMAIL]
    assert sign_in(office.client(), SECRET).status == 422
    assert sign_in(office.client(), NEW).location == "/login/second"


def test_the_last_second_factor_stays(office: Portal, account_id: uuid.UUID) -> None:
    token = office.run(
        lambda tx: open_session(
            tx, office.server.compiled.operators[OFFICE], account_id, SCHEME, device="t", factor=True
        )
    )
    client = sit_down(office, add_staff(office, {}))
    name = next(cookie.name for cookie in client.cookies.jar if "session" in cookie.name)
    client.cookies.set(name, token, domain=office.host)
    page = client.get("/factors")
    (path,) = [url for url in page.all("//ul//a/@href") if re.fullmatch(r"/factors/[0-9a-f-]{36}", url)]
    client.get(path)
    client.post(f"{path}/remove")

    rows = office.run(lambda tx: tx.query(SecondFactor).filter_by(tenant_id=tx.tenant, account_id=account_id).count())
    assert rows == 1
