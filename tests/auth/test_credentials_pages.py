"""Changing login ID and password, own sessions, and the password once more."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from authkit import EMAIL, NEW_PASSWORD, PASSWORD, Kit, csrf_of
from sqlalchemy import select, update

from mypage.audit.models import AuditEntry
from mypage.auth.models import Credential, LoginName, LoginSession
from mypage.forms.models import Draft
from mypage.testing.portal import Answer, PortalClient


def fill(browser: PortalClient, **values: str) -> Answer:
    """Post the input page."""
    browser.get("/credentials")
    return browser.submit({"current": PASSWORD} | values)


def change(browser: PortalClient, **values: str) -> Answer:
    """Through the confirm page to the end."""
    entered = fill(browser, **values)
    assert entered.status == 303, entered.errors
    browser.get(entered.location)
    return browser.submit({}, follow=True)


def both(password: str) -> dict[str, str]:
    return {"password": password, "password_again": password}


@pytest.mark.req("ACTV-64", "ACTV-65", "ACTV-66", "ACTV-76")
def test_id_and_password_change_together_and_other_sessions_end(kit: Kit) -> None:
    kit.member()
    browser, elsewhere = kit.signed_in(), kit.signed_in()
    old = dict(browser.cookies)
    confirm = browser.get(fill(browser, login="hanako2027", **both(NEW_PASSWORD)).location)
    assert "hanako2027" in confirm.text
    assert "*****" in confirm.text
    assert not any(secret in confirm.raw.text for secret in (PASSWORD, NEW_PASSWORD, NEW_PASSWORD[:3]))
    done = browser.submit({}, follow=True)
    assert "hanako2027" in done.text
    assert EMAIL in done.text
    assert browser.get("/home").status == 200
    assert dict(browser.cookies) != old
    assert elsewhere.get("/home").location == "/login"
    assert kit.login(kit.portal.client()).status == 422
    assert kit.login(kit.portal.client(), "hanako2027", NEW_PASSWORD).status == 303
    [mail] = kit.mails()
    assert (mail["to"], mail["changed"], mail["login_id"]) == (EMAIL, "both", "hanako2027")
    assert not any(secret in str(mail) for secret in (PASSWORD, NEW_PASSWORD))


@pytest.mark.req("ACTV-65")
@pytest.mark.parametrize(
    ("values", "login", "password", "told"),
    [
        ({"login": "hanako2027"}, "hanako2027", PASSWORD, "login"),
        (both(NEW_PASSWORD), "hanako1958", NEW_PASSWORD, "password"),
    ],
)
def test_each_changes_alone(kit: Kit, values: dict[str, str], login: str, password: str, told: str) -> None:
    kit.member()
    change(kit.signed_in(), **values)
    assert kit.login(kit.portal.client(), login, password).status == 303
    assert kit.mails()[0]["changed"] == told


@pytest.mark.req("ACTV-14", "ACTV-15", "ACTV-44", "ACTV-66")
@pytest.mark.parametrize(
    ("values", "marked"),
    [
        ({"current": "Chigau2026", "login": "hanako2027"}, "current"),
        ({"current": "", "login": "hanako2027"}, "current"),
        ({"login": "abc"}, "login"),
        ({"login": "taro123"}, "login"),
        ({"login": "TARO123"}, "login"),
        ({"login": "hanako1958"}, "login"),
        (both("kz7Qp"), "password"),
        (both(PASSWORD), "password"),
        (both("hanako1958"), "password"),
        ({"login": "hanako2027", **both("hanako2027")}, "password"),
        ({"password": NEW_PASSWORD, "password_again": ""}, "password_again"),
        ({"password": "", "password_again": NEW_PASSWORD}, "password"),
        ({"password": NEW_PASSWORD, "password_again": "Kazahana9"}, "password_again"),
        ({"login": "a\x00bcd"}, "login"),
    ],
)
def test_a_bad_value_says_so_at_its_field(kit: Kit, values: dict[str, str], marked: str) -> None:
    kit.member()
    kit.member("taro123")
    answer = fill(kit.signed_in(), **values)
    assert answer.status == 422
    assert answer.all(f"//*[@id='{marked}-e']")
    assert answer.all("//input[@type='password']/@value") == []
    assert kit.count(Draft) == 0


def test_nothing_entered_is_said(kit: Kit) -> None:
    kit.member()
    answer = fill(kit.signed_in())
    assert answer.status == 422
    assert len(answer.errors) == 1


@pytest.mark.req("ACTV-11", "ACTV-66")
def test_the_current_password_is_throttled_like_a_login(kit: Kit) -> None:
    kit.member()
    browser = kit.signed_in()
    for _ in range(5):
        wrong = fill(browser, current="Chigau2026", login="hanako2027")
    right = fill(browser, login="hanako2027")
    assert right.status == 422
    assert right.errors == wrong.errors
    # A known device counts by itself: nobody waits elsewhere (decision 0009).
    assert kit.login(kit.portal.client()).status == 303
    kit.portal.clock.at += timedelta(seconds=31)
    assert fill(browser, login="hanako2027").status == 303


def test_a_former_id_stays_its_owners(kit: Kit) -> None:
    kit.member("hanako1958")
    kit.member("taro123")
    browser = kit.signed_in()
    change(browser, login="hanako2027")
    taro = kit.signed_in("taro123")
    assert fill(taro, login="hanako1958").all("//*[@id='login-e']")
    assert kit.enter(kit.portal.client(), kit.customer(), "hanako1958").status == 422
    change(browser, login="hanako1958")
    assert kit.login(kit.portal.client(), "hanako1958").status == 303
    states = kit.portal.run(
        lambda tx: dict(
            tx.execute(select(LoginName.login_key, LoginName.state).where(LoginName.tenant_id == tx.tenant)).all()
        )
    )
    assert states == {"hanako1958": "used", "hanako2027": "retired", "taro123": "used"}


def test_two_who_want_one_id_get_it_once(kit: Kit) -> None:
    browsers = []
    for login in ("hanako1958", "taro123"):
        kit.member(login)
        browser = kit.signed_in(login)
        browser.get(fill(browser, login="wanted2027").location)
        browsers.append(browser)
    answers = [browser.submit({}) for browser in browsers]
    assert [answer.status for answer in answers] == [303, 422]
    assert answers[1].all("//*[@id='login-e']")
    assert browsers[1].get("/home").status == 200


def test_pressed_twice_at_once_is_one_change_and_the_session_goes_on(kit: Kit) -> None:
    kit.member()
    browser = kit.signed_in()
    page = browser.get(fill(browser, **both(NEW_PASSWORD)).location)
    values = page.form_values()

    async def twice() -> list[Any]:
        return list(
            await asyncio.gather(*(browser.arequest("POST", "/credentials/confirm", data=values) for _ in range(3)))
        )

    answers = kit.portal.wait(twice())
    assert {answer.status_code for answer in answers} == {303}
    assert len(kit.mails()) == 1
    assert kit.count(LoginSession) == 1
    assert kit.count(AuditEntry, AuditEntry.action == "credentials.changed") == 1
    again = browser.submit({})
    assert again.status in (303, 409)


@pytest.mark.req("ACTV-66")
def test_an_open_reset_link_ends_with_the_change(kit: Kit) -> None:
    kit.member()
    asking = kit.portal.client()
    asking.get("/recover/password")
    asking.submit({"login": "hanako1958"})
    path = kit.path(kit.mails("password_reset")[0]["link"])
    change(kit.signed_in(), **both(NEW_PASSWORD))
    assert kit.portal.client().get(path).status == 404


def test_a_password_that_was_handed_out_is_changed_before_anything_else(kit: Kit) -> None:
    kit.member(must_change=True)
    browser = kit.signed_in()
    assert browser.get("/home").location == "/credentials"
    assert browser.get("/bills").location == "/credentials"
    assert fill(browser, login="hanako2027").status == 422
    assert change(browser, **both(NEW_PASSWORD)).status == 200
    assert browser.get("/home").status == 200


def test_the_draft_holds_no_password_and_belongs_to_the_session(kit: Kit) -> None:
    kit.member()
    kit.member("taro123")
    browser = kit.signed_in()
    location = fill(browser, **both(NEW_PASSWORD)).location
    [draft] = kit.portal.run(lambda tx: tx.scalars(select(Draft).where(Draft.tenant_id == tx.tenant)).all())
    assert not any(secret in str(vars(draft)) for secret in (PASSWORD, NEW_PASSWORD, "argon2"))
    taro = kit.signed_in("taro123")
    assert taro.get(location).status == 409
    taro.get("/credentials")
    assert taro.post("/credentials/confirm", {"operation": str(draft.id)}).status == 409
    assert kit.login(kit.portal.client()).status == 303


def test_a_session_that_ended_during_a_slow_request_stays_ended(kit: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    """The password is being compared for a re-authentication while the same browser logs out."""
    kit.member()
    browser = kit.signed_in()
    token = csrf_of(browser.get("/reauth"))
    hasher = type(kit.portal.server.hasher)
    plain, hashing, go_on = hasher.verify_async, asyncio.Event(), asyncio.Event()

    async def slow(self: Any, encoded: str | None, password: str) -> bool:
        hashing.set()
        await go_on.wait()
        return await plain(self, encoded, password)

    monkeypatch.setattr(hasher, "verify_async", slow)

    async def race() -> Any:
        pending = asyncio.create_task(
            browser.arequest("POST", "/reauth", data={"_csrf": token, "password": PASSWORD}, headers={})
        )
        await hashing.wait()
        out = await browser.arequest("POST", "/logout", data={"_csrf": token})
        assert out.headers["location"] == "/login"
        go_on.set()
        return await pending

    answer = kit.portal.wait(race())
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/login")
    assert kit.count(LoginSession) == 0
    assert browser.get("/home").status == 303


def test_own_sessions_are_listed_and_ended(kit: Kit) -> None:
    kit.member()
    kit.member("taro123")
    agent = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605 Version/18.0 Mobile Safari/604.1"
    phone = kit.portal.client()
    phone.get("/login")
    assert (
        phone.post("/login", {"login": "hanako1958", "password": PASSWORD}, headers={"user-agent": agent}).status == 303
    )
    browser, third, taro = kit.signed_in(), kit.signed_in(), kit.signed_in("taro123")
    page = browser.get("/sessions")
    assert "Safari / iPhone" in page.text
    ends = [url for url in page.all("//main//form/@action") if url != "/sessions/end"]
    assert len(ends) == 2
    taro.get("/sessions")
    assert taro.post(ends[0]).status == 404
    assert phone.get("/home").status == 200
    browser.get("/sessions")
    assert browser.post("/sessions/end").location == "/sessions"
    assert [client.get("/home").status for client in (browser, phone, third, taro)] == [200, 303, 303, 200]
    last = kit.signed_in()
    [end] = [url for url in browser.get("/sessions").all("//main//form/@action") if url != "/sessions/end"]
    assert browser.post(end).status == 303
    assert last.get("/home").status == 303


def test_sessions_that_idled_away_are_not_listed(kit: Kit) -> None:
    kit.member()
    kit.signed_in()
    idle = kit.portal.server.compiled.operators["actv"].sessions.idle
    kit.portal.clock.at += idle + timedelta(seconds=1)
    page = kit.signed_in().get("/sessions")
    assert page.status == 200
    assert page.all("//main//form/@action") == []


def test_reauthentication_rotates_the_session_and_goes_on(kit: Kit) -> None:
    kit.member()
    browser = kit.signed_in()
    name = f"__Host-mp-{kit.portal.name}-session"
    before = browser.cookies[name]
    browser.get("/reauth?next=/bills")
    assert browser.submit({"password": "Chigau2026"}).status == 422
    answer = browser.submit({"password": PASSWORD})
    assert (answer.status, answer.location) == (303, "/bills")
    assert browser.cookies[name] != before
    assert browser.get("/bills").status == 200
    browser.get("/reauth?next=//evil.example")
    assert browser.submit({"password": PASSWORD}).location == "/home"


def test_pages_of_members_need_a_login(kit: Kit) -> None:
    browser = kit.portal.client()
    for path in ("/credentials", "/credentials/confirm", "/credentials/done", "/sessions", "/reauth"):
        assert browser.get(path).location.startswith("/login")
    token = csrf_of(browser.get("/login"))
    for path in ("/credentials", "/credentials/confirm", "/sessions/end", "/reauth"):
        assert browser.post(path, csrf=token).location.startswith("/login")


def test_a_session_whose_account_lost_its_credential_gets_a_page(kit: Kit) -> None:
    person = kit.member()
    browser = kit.signed_in()
    kit.portal.run(
        lambda tx: tx.execute(
            update(Credential)
            .where(Credential.tenant_id == tx.tenant, Credential.account_id == person.account_id)
            .values(scheme="gone")
        )
    )
    assert browser.get("/credentials").status == 404
