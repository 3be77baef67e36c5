"""Signing in through one's company: a real provider, its own login and consent pages, and everybody it must not let in."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import lxml.html
import pytest
from sqlalchemy import select

from mypage.audit.models import AuditEntry
from mypage.auth.factors.models import SecondFactor
from mypage.auth.models import Credential, LoginSession
from mypage.staff.models import DeskRole, StaffIdentity
from mypage.staff.oidc.provider import Providers
from mypage.testing.portal import Answer, MakePortal, Portal, PortalClient
from staff_rows import Staff, add_staff, sit_down

ROOT = Path(__file__).parents[2]
HOSTS = [f"desk{number}.example" for number in range(12)]
SECRET = "a secret of the tests that nobody else knows"
PEOPLE = {
    "hanako": {"email": "hanako@isp.example", "email_verified": True},
    "twin": {"email": "hanako@isp.example", "email_verified": True},
    "unverified": {"email": "taro@isp.example", "email_verified": False},
    "stranger": {"email": "stranger@isp.example", "email_verified": True},
}


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    """A provider that runs until the module is over."""
    folder = (
        ROOT
        / subprocess.run(
            [ROOT / "scripts/ensure-oidc-provider.sh"], check=True, capture_output=True, text=True
        ).stdout.strip()
    )
    client = {
        "client_id": "mypage",
        "client_secret": SECRET,
        "redirect_uris": [f"https://{host}/company/back" for host in HOSTS],
    }
    command = ["node", "provider.js", json.dumps({"people": PEOPLE, "client": client})]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.kill()


@dataclass
class Place:
    """A console whose people of one tenant come from the provider."""

    office: Portal
    worked: Portal
    staff: Staff

    def begin(self, client: PortalClient, **more: str) -> str:
        answer = client.get(f"/company?portal={self.worked.name}")
        assert answer.status == 303, answer.text
        return answer.location


@pytest.fixture
def place(make_portal: MakePortal, issuer: str, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Place]:
    """`place(n)` has the n-th host that the provider knows; every test takes its own."""
    monkeypatch.setenv("TEST_OIDC_SECRET", SECRET)

    def made(number: int, *, demanded: str = "no", email: str = "hanako@isp.example", factor: bool = False) -> Place:
        office = make_portal("staff", host=HOSTS[number])
        login = {"adapter": "oidc", "issuer": issuer, "client_id": "mypage", "client_secret_env": "TEST_OIDC_SECRET"}
        worked = make_portal("actv", extensions={"staff_login": login | {"demanded": demanded}})
        office.clock.at = datetime.now(UTC)
        staff = add_staff(office, {worked.name: "agent"})

        def plain(tx: Any) -> None:
            # An address that the provider knows, and no second factor of the console's own.
            credential = tx.scalar(
                select(Credential).where(Credential.tenant_id == tx.tenant, Credential.account_id == staff.account_id)
            )
            credential.login_id = credential.login_key = email
            for own in () if factor else tx.scalars(select(SecondFactor).where(SecondFactor.tenant_id == tx.tenant)):
                tx.delete(own)

        office.run(plain)
        return Place(office, worked, staff)

    return made


def through(url: str, who: str, browser: httpx.Client | None = None) -> str:
    """Log in and consent at the provider; returns the address to which it sends the browser back."""
    with browser or httpx.Client(timeout=60) as provider:
        answer = provider.get(url)
        for _ in range(12):
            if answer.is_redirect:
                location = str(answer.next_request.url) if answer.next_request else ""
                if "/company/back" in location:
                    return location
                answer = provider.get(location)
                continue
            form = lxml.html.fromstring(answer.text).forms[0]
            fields = dict(form.form_values())
            if "login" in form.fields:
                fields |= {"login": who, "password": "x"}
            answer = provider.post(form.action, data=fields)
    raise AssertionError("the provider never came back")


def back(client: PortalClient, address: str) -> Answer:
    parts = urlsplit(address)
    return client.get(f"{parts.path}?{parts.query}")


def test_in_and_at_the_desk(place: Callable[..., Place]) -> None:
    here = place(0)
    client = here.office.client()
    assert back(client, through(here.begin(client), "hanako")).location == "/seat"
    assert client.get("/seat").all("//button[@name='tenant']/@value") == [here.worked.name]
    assert client.post("/seat", {"tenant": here.worked.name}).location == "/home"
    assert client.get("/home").status == 200
    actions = here.office.run(
        lambda tx: list(tx.scalars(select(AuditEntry.action).where(AuditEntry.tenant_id == tx.tenant)))
    )
    assert {"staff.identity_bound", "login.succeeded", "desk.seat_taken"} <= set(actions)


def test_who_is_bound_stays_bound(place: Callable[..., Place]) -> None:
    here = place(1)
    first, second = here.office.client(), here.office.client()
    assert back(first, through(here.begin(first), "hanako")).status == 303
    # Another subject with the same address is another person to the provider; both are this account's only by the address.
    bound = here.office.run(
        lambda tx: list(
            tx.execute(
                select(StaffIdentity.subject, StaffIdentity.account_id).where(StaffIdentity.tenant_id == tx.tenant)
            )
        )
    )
    assert [tuple(row) for row in bound] == [("hanako", here.staff.account_id)]
    assert back(second, through(here.begin(second), "hanako")).location == "/seat"


@pytest.mark.parametrize(("number", "who"), [(2, "unverified"), (3, "stranger")])
def test_nobody_else(place: Callable[..., Place], number: int, who: str) -> None:
    here = place(number, email="taro@isp.example")
    client = here.office.client()
    answer = back(client, through(here.begin(client), who))
    assert answer.status == 403
    assert "このマイページの権限がありません" in answer.text
    assert (
        here.office.run(lambda tx: tx.scalar(select(LoginSession.public_id).where(LoginSession.tenant_id == tx.tenant)))
        is None
    )


def test_a_withdrawn_role(place: Callable[..., Place]) -> None:
    here = place(4)
    client = here.office.client()
    assert back(client, through(here.begin(client), "hanako")).location == "/seat"

    def withdraw(tx: Any) -> None:
        tx.get(DeskRole, (tx.tenant, here.staff.account_id, here.worked.name)).withdrawn_at = tx.now()

    here.office.run(withdraw)
    assert client.post("/seat", {"tenant": here.worked.name}).status == 404
    again = here.office.client()
    assert back(again, through(here.begin(again), "hanako")).status == 403


def test_the_answer_belongs_to_the_browser_that_asked(place: Callable[..., Place]) -> None:
    here = place(5)
    mine, theirs = here.office.client(), here.office.client()
    address = through(here.begin(mine), "hanako")
    assert back(theirs, address).status == 400
    other = here.begin(theirs)
    state = parse_qs(urlsplit(other).query)["state"][0]
    mixed = re.sub(r"state=[^&]+", f"state={state}", address)
    assert back(theirs, mixed).status in (400, 503)
    assert back(mine, address).location == "/seat"
    assert back(mine, address).status == 400


def test_an_old_answer_and_a_forged_cookie(place: Callable[..., Place]) -> None:
    here = place(6)
    client = here.office.client()
    address = through(here.begin(client), "hanako")
    here.office.clock.at += timedelta(minutes=11)
    assert back(client, address).status == 400
    assert client.get("/company/back?state=x&code=y").status == 400
    assert client.get("/company/back").status == 400


def test_a_session_of_one_company_works_for_no_other(place: Callable[..., Place], make_portal: MakePortal) -> None:
    here = place(7)
    other = make_portal("actv")
    here.office.clock.at = datetime.now(UTC)

    def grant(tx: Any) -> None:
        tx.add(
            DeskRole(
                tenant_id=tx.tenant, account_id=here.staff.account_id, worked=other.name, role="manager",
                granted_by="test", granted_at=tx.now(),
            )
        )  # fmt: skip

    here.office.run(grant)
    client = here.office.client()
    assert back(client, through(here.begin(client), "hanako")).location == "/seat"
    assert client.get("/seat").all("//button[@name='tenant']/@value") == [here.worked.name]
    assert client.post("/seat", {"tenant": other.name}).status == 404
    assert client.get("/home").location == "/seat"


def test_where_it_is_demanded_the_own_login_is_not_enough(place: Callable[..., Place]) -> None:
    here = place(8, demanded="yes", factor=True)
    client = sit_down(here.office, here.staff, here.worked)
    assert client.get("/home").location == "/seat"
    assert client.get("/seat").all("//button[@name='tenant']/@value") == []


def test_proving_it_again(place: Callable[..., Place]) -> None:
    here = place(9)
    client = here.office.client()
    back(client, through(here.begin(client), "hanako"))
    assert client.get("/reauth?next=/seat").location == "/reauth/company?next=%2Fseat"
    address = client.get("/reauth/company?next=/seat").location
    assert parse_qs(urlsplit(address).query)["prompt"] == ["login"]
    token = dict(client.cookies)
    assert back(client, through(address, "hanako")).location == "/seat"
    assert dict(client.cookies) != token
    somebody = client.get("/reauth/company").location
    assert back(client, through(somebody, "stranger")).status == 403


def test_a_made_up_code_makes_nobody_ask_the_provider_anew(place: Callable[..., Place], issuer: str) -> None:
    here = place(11)
    client = here.office.client()
    state = parse_qs(urlsplit(here.begin(client)).query)["state"][0]
    known = here.office.server.ports.get(Providers)._known
    before = known[issuer]
    assert client.get(f"/company/back?state={state}&code=made-up").status == 503
    assert known[issuer] is before


def test_what_is_no_portal_with_a_login(place: Callable[..., Place], make_portal: MakePortal) -> None:
    here = place(10)
    plain = make_portal("actv")
    for typed in (plain.name, here.office.name, "nothing", "x" * 500, "'; --"):
        answer = (
            here.office.client().get("/company", headers=None)
            if not typed
            else here.office.client().get(f"/company?portal={typed}")
        )
        assert answer.status == 422
        assert "error" in answer.raw.text


def test_a_provider_that_is_down(make_portal: MakePortal) -> None:
    office = make_portal("staff")
    login = {"adapter": "oidc", "issuer": "http://127.0.0.1:1", "client_id": "m", "client_secret_env": "NOTHING"}
    worked = make_portal("actv", extensions={"staff_login": login})
    answer = office.client().get(f"/company?portal={worked.name}")
    assert answer.status == 503


def test_a_provider_gets_nothing_that_opens_the_account_elsewhere(
    make_portal: MakePortal, figure: Callable[[str], None]
) -> None:
    """Its word counts for its own tenant: second steps and the password of the account stay the holder's."""
    office, worked = make_portal("staff"), make_portal("actv")
    staff = add_staff(office, {worked.name: "agent"})
    client = sit_down(office, staff)
    own = select(SecondFactor).where(SecondFactor.tenant_id == office.name)

    def federate(tx: Any) -> Any:
        tx.scalar(select(LoginSession).where(LoginSession.tenant_id == tx.tenant)).scheme = f"oidc:{worked.name}"
        return tx.scalar(own).id

    factor = office.run(federate)
    assert client.get("/sessions").all("//a[contains(@href, '/factors') or contains(@href, '/credentials')]") == []
    pages = ["/factors", f"/factors/{factor}", "/factors/app", "/factors/passkey", "/factors/codes", "/credentials"]
    acts = ["/factors/codes/new", f"/factors/{factor}/remove", f"/factors/{factor}/rename", "/factors/app/start"]
    acts += ["/factors/app", "/factors/passkey/start", "/factors/passkey", "/reauth", "/credentials"]
    seen = [client.get(path).status for path in pages] + [client.post(path, {"password": "x"}).status for path in acts]
    figure(f"{len(seen)} addresses of second steps and the password")
    assert set(seen) == {404}
    assert office.run(lambda tx: [row.name for row in tx.scalars(own)]) == ["app"]


def test_a_seat_that_nobody_may_take_leaves_nothing_behind(make_portal: MakePortal) -> None:
    office, worked = make_portal("staff"), make_portal("actv")
    client = sit_down(office, add_staff(office, {worked.name: "agent"}))
    sessions = select(LoginSession).where(LoginSession.tenant_id == office.name)
    office.run(lambda tx: setattr(tx.scalar(sessions), "scheme", "oidc:elsewhere"))
    client.get("/seat")
    assert client.post("/seat", {"tenant": worked.name}).status == 404
    actions = select(AuditEntry.action).where(AuditEntry.tenant_id == office.name)
    assert "desk.seat_taken" not in office.run(lambda tx: list(tx.scalars(actions)))
