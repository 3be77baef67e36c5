"""Signing in and out, seen from a browser."""

from __future__ import annotations

import asyncio
import hashlib
from datetime import timedelta
from typing import Any
from urllib.parse import quote_plus, urlencode

import pytest
from authkit import PASSWORD, Kit, csrf_of
from sqlalchemy import select, update

from mypage.audit.models import AuditEntry
from mypage.auth.hashing import LegacyKind
from mypage.auth.models import Account, Credential, LoginSession
from mypage.lib.tokens import token_hash


@pytest.mark.req("ACTV-13", "ACTV-78")
def test_the_right_password_opens_a_new_session_and_leads_home(kit: Kit) -> None:
    kit.member()
    browser = kit.portal.client()
    answer = kit.login(browser)
    assert (answer.status, answer.location) == (303, "/home")
    assert browser.get("/home").status == 200
    assert kit.count(LoginSession) == 1
    assert browser.get("/").location == "/home"
    assert browser.get("/login").location == "/home"


@pytest.mark.req("ACTV-11", "ACTV-12")
def test_wrong_id_wrong_password_suspended_locked_and_not_activated_look_the_same(kit: Kit) -> None:
    kit.member("hanako1958")
    kit.member("suspended1", status="suspended")
    kit.member("lockedout1")
    kit.register(kit.portal.client(), kit.customer(), "waiting123")
    for _ in range(5):
        kit.login(kit.portal.client(), "lockedout1", "Chigau2026")
    answers = [
        kit.login(kit.portal.client(), *tried)
        for tried in (
            ("nobody0000", PASSWORD),
            ("hanako1958", "Chigau2026"),
            ("suspended1", PASSWORD),
            ("lockedout1", PASSWORD),
            ("waiting123", PASSWORD),
        )
    ]
    assert {answer.status for answer in answers} == {422}
    assert len({tuple(answer.errors) for answer in answers}) == 1
    assert len(answers[0].errors) == 1
    shapes = {answer.raw.text.replace(answer.all("//input[@name='login']/@value")[0], "").replace(csrf_of(answer), "")
              for answer in answers}  # fmt: skip
    assert len(shapes) == 1


@pytest.mark.req("ACTV-11", "ACTV-80")
def test_a_locked_account_opens_again_after_the_wait(kit: Kit) -> None:
    kit.member()
    for _ in range(5):
        kit.login(kit.portal.client(), password="Chigau2026")
    assert kit.login(kit.portal.client()).status == 422
    kit.portal.clock.at += timedelta(seconds=31)
    assert kit.login(kit.portal.client()).status == 303
    for _ in range(4):
        assert kit.login(kit.portal.client(), password="Chigau2026").status == 422
    assert kit.login(kit.portal.client()).status == 303


@pytest.mark.req("ACTV-16")
def test_login_ids_are_compared_without_case_and_passwords_with_it(kit: Kit) -> None:
    kit.member("Hanako1958")
    assert kit.login(kit.portal.client(), "hANAKO1958").status == 303
    assert kit.login(kit.portal.client(), "ｈａｎａｋｏ１９５８").status == 303
    assert kit.login(kit.portal.client(), "Hanako1958", PASSWORD.lower()).status == 422


@pytest.mark.req("ACTV-10", "ACTV-44")
def test_an_empty_form_is_refused_at_the_fields_and_counts_nothing(kit: Kit) -> None:
    browser = kit.portal.client()
    browser.get("/login")
    answer = browser.submit({"login": "hanako1958"})
    assert answer.status == 422
    assert len(answer.errors) == 1
    assert answer.all("//input[@name='login']/@value") == ["hanako1958"]
    assert answer.all("//input[@name='password']/@value") == []
    assert [b.get("type") for b in answer.all("//main//form//button[@data-clear]")] == ["reset"]


def test_every_login_gives_another_token_and_ends_the_browsers_old_session(kit: Kit) -> None:
    kit.member()
    browser = kit.portal.client()
    page = browser.get("/login")
    kit.login(browser)
    first = dict(browser.cookies)
    # The form of a second tab, posted while signed in.
    home = browser.get("/home")
    again = browser.post("/login", {"login": "hanako1958", "password": PASSWORD}, csrf=csrf_of(home))
    assert again.status == 303
    name = f"__Host-mp-{kit.portal.name}-session"
    assert browser.cookies[name] != first[name]
    assert kit.count(LoginSession) == 1
    assert browser.post("/login", {"login": "hanako1958", "password": PASSWORD}, csrf=csrf_of(page)).status == 409


def test_a_session_id_that_we_did_not_issue_is_refused(kit: Kit, other: Kit) -> None:
    kit.member()
    other.member()
    stranger = other.signed_in()
    token = stranger.cookies[f"__Host-mp-{other.portal.name}-session"]
    for value in ("attacker-chosen", token, "", "\u00e9"):
        browser = kit.portal.client()
        cookie = f"__Host-mp-{kit.portal.name}-session={value}"
        answer = browser.get("/home", headers={"cookie": cookie.encode("utf-8")})
        assert (answer.status, answer.location) == (303, "/login")
        assert kit.count(LoginSession) == 0


@pytest.mark.req("ACTV-73", "ACTV-74")
def test_logout_ends_the_session_on_the_server(kit: Kit) -> None:
    kit.member()
    browser = kit.signed_in()
    token = browser.cookies[f"__Host-mp-{kit.portal.name}-session"]
    home = browser.get("/home")
    answer = browser.post("/logout")
    assert (answer.status, answer.location) == (303, "/login")
    assert kit.count(LoginSession) == 0
    thief = kit.portal.client()
    cookie = {"cookie": f"__Host-mp-{kit.portal.name}-session={token}"}
    assert thief.get("/home", headers=cookie).location == "/login"
    # The other tab, whose form still carries the token of the ended session.
    assert browser.post("/logout", csrf=csrf_of(home), headers=cookie).location == "/login"
    browser.get("/login")
    assert browser.post("/logout").location == "/login"


def test_forms_need_the_token_of_this_browser(kit: Kit, other: Kit) -> None:
    kit.member()
    foreign = csrf_of(other.portal.client().get("/login"))
    strange = csrf_of(kit.portal.client().get("/login"))
    browser = kit.portal.client()
    own = csrf_of(browser.get("/login"))
    values = {"login": "hanako1958", "password": PASSWORD}
    for token in ("", foreign, strange, own[:-1]):
        assert browser.post("/login", values, csrf=token).status == 409
    assert browser.post("/login", values, csrf=own, headers={"origin": "https://evil.example"}).status == 409
    assert browser.post("/login", values, csrf=own, headers={"sec-fetch-site": "same-site"}).status == 409
    assert kit.count(LoginSession) == 0
    assert browser.post("/login", values, csrf=own).status == 303


@pytest.mark.parametrize(
    ("wanted", "leads"),
    [
        ("/bills?page=2", "/bills?page=2"),
        ("//evil.example/", "/home"),
        ("https://evil.example/", "/home"),
        ("/\\evil.example", "/home"),
        ("/a\r\nset-cookie: x=1", "/home"),
        ("javascript:alert(1)", "/home"),
    ],
)
def test_next_leads_only_inside_the_portal(kit: Kit, wanted: str, leads: str) -> None:
    kit.member()
    browser = kit.portal.client()
    browser.get("/login?" + urlencode({"next": wanted}))
    assert browser.submit({"login": "hanako1958", "password": PASSWORD}).location == leads


def test_a_page_that_needs_login_leads_back_to_itself(kit: Kit) -> None:
    kit.member()
    browser = kit.portal.client()
    door = browser.get("/bills")
    assert door.location == "/login?next=%2Fbills"
    browser.get(door.location)
    assert browser.submit({"login": "hanako1958", "password": PASSWORD}).location == "/bills"


def test_an_old_hash_is_replaced_at_login(kit: Kit) -> None:
    digest = hashlib.md5(PASSWORD.encode(), usedforsecurity=False).hexdigest()
    kit.member(password_hash=kit.portal.server.hasher.wrap_legacy(LegacyKind.MD5, digest))
    kit.signed_in()
    stored = kit.portal.run(
        lambda tx: tx.scalars(select(Credential.password_hash).where(Credential.tenant_id == tx.tenant)).one()
    )
    assert stored is not None
    assert not kit.portal.server.hasher.needs_rehash(stored)
    kit.signed_in()


def test_a_double_click_on_the_first_login_after_an_import_signs_in(kit: Kit) -> None:
    digest = hashlib.md5(PASSWORD.encode(), usedforsecurity=False).hexdigest()
    kit.member(password_hash=kit.portal.server.hasher.wrap_legacy(LegacyKind.MD5, digest))
    browser = kit.portal.client()
    data = {"login": "hanako1958", "password": PASSWORD, "_csrf": csrf_of(browser.get("/login"))}

    async def twice() -> list[Any]:
        return list(await asyncio.gather(*(browser.arequest("POST", "/login", data=data) for _ in range(3))))

    assert [answer.status_code for answer in kit.portal.wait(twice())] == [303, 303, 303]
    assert kit.count(AuditEntry, AuditEntry.action == "login.failed") == 0


def test_closing_an_account_ends_what_its_session_can_do(kit: Kit) -> None:
    person = kit.member()
    browser = kit.signed_in()
    kit.portal.run(
        lambda tx: tx.execute(
            update(Account)
            .where(Account.tenant_id == tx.tenant, Account.id == person.account_id)
            .values(status="suspended")
        )
    )
    assert browser.get("/home").location == "/login"


def test_idle_and_old_sessions_end(kit: Kit) -> None:
    kit.member()
    browser = kit.signed_in()
    kit.portal.clock.at += timedelta(minutes=29)
    assert browser.get("/home").status == 200
    kit.portal.clock.at += timedelta(minutes=31)
    assert browser.get("/home").status == 303
    browser = kit.signed_in()
    for _ in range(30):
        kit.portal.clock.at += timedelta(minutes=25)
        last = browser.get("/home").status
    assert last == 303


def test_the_trail_says_who_signed_in_and_never_what_was_typed(kit: Kit) -> None:
    kit.member()
    kit.login(kit.portal.client(), "hanako1958", "Chigau2026")
    kit.login(kit.portal.client(), "nobody0000", "Chigau2026")
    kit.signed_in()
    rows = kit.portal.run(
        lambda tx: tx.execute(
            select(AuditEntry.action, AuditEntry.object_id, AuditEntry.actor_kind, AuditEntry.after)
            .where(AuditEntry.tenant_id == tx.tenant)
            .order_by(AuditEntry.at)
        ).all()
    )
    assert sorted(row.action for row in rows) == ["login.failed", "login.failed", "login.succeeded"]
    assert {row.actor_kind for row in rows if row.action == "login.succeeded"} == {"account"}
    assert token_hash("mypage\nnobody0000").hex()[:12] in {row.object_id for row in rows}
    assert not any(typed in str(row) for row in rows for typed in ("hanako1958", "nobody0000", "Chigau", PASSWORD))


@pytest.mark.parametrize(
    "value", ["\x00", "\ud800", "a" * 5_000, "%00", "'; DROP TABLE account; --", "{{7*7}}", "\u202e", "𠮷" * 400]
)
def test_no_input_breaks_the_login(kit: Kit, value: str) -> None:
    browser = kit.portal.client()
    token = csrf_of(browser.get("/login"))
    typed = quote_plus(value, errors="surrogatepass")
    body = f"_csrf={token}&login={typed}&login={typed}&password={typed}&password=%ED%A0%80"
    headers = {"content-type": "application/x-www-form-urlencoded"}
    raw = kit.portal.wait(browser.arequest("POST", "/login", content=body, headers=headers))
    assert raw.status_code == 422, raw.text[:200]


def test_a_megabyte_is_refused_with_a_page(kit: Kit) -> None:
    browser = kit.portal.client()
    browser.get("/login")
    answer = browser.post("/login", {"login": "a" * 1_000_000, "password": "x"})
    assert answer.status == 413
    assert answer.all("//h1")
    assert browser.get("/login").status == 200


@pytest.mark.req("ACTV-74")
def test_the_login_page_says_once_that_one_has_logged_out(kit: Kit) -> None:
    kit.member()
    browser = kit.signed_in()
    browser.get("/home")
    browser.post("/logout")
    assert "ログアウトしました。" in browser.get("/login").text
    assert "ログアウトしました。" not in browser.get("/login").text
