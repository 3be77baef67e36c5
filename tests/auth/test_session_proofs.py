"""What a session has proved and under which tokens: the setting is switched on while it is open, its token is rotated."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from authkit import NEW_PASSWORD, PASSWORD, Kit, csrf_of
from factorkit import FactorKit, switch
from sqlalchemy import select, update

from mypage.audit.models import AuditEntry
from mypage.auth.factors.models import SecondFactor
from mypage.auth.models import Credential, LoginSession
from mypage.forms.models import Draft
from mypage.testing.portal import Answer, MakePortal, PortalClient
from portal_rows import operator_of

NAME = "青森 花子"
CODE = "//form[.//input[@name='code']]"


def opened_while_off(make_portal: MakePortal, second_factor: str) -> tuple[FactorKit, PortalClient, str, str]:
    """A session of the password alone at a tenant that switched second factors on afterwards; its factor, the secret."""
    kit = FactorKit(make_portal("actv"))
    _, secret, _ = kit.with_app()
    browser = kit.portal.client()
    assert kit.login(browser).location == "/home"
    switch(kit, second_factor)
    return kit, browser, f"/factors/{kit.portal.run(_factor)}", secret


def _factor(tx: Any) -> Any:
    return tx.scalars(select(SecondFactor.id).where(SecondFactor.tenant_id == tx.tenant)).one()


@pytest.mark.parametrize("second_factor", ["offered", "required"])
def test_a_session_of_the_password_alone_changes_nothing_once_it_is_switched_on(
    make_portal: MakePortal, second_factor: str
) -> None:
    """It is not a minute old, and yet it removes no factor and sets no password before both steps were given."""
    kit, browser, factor, secret = opened_while_off(make_portal, second_factor)
    assert browser.get("/home").status == 200
    new = {"current": PASSWORD, "password": NEW_PASSWORD, "password_again": NEW_PASSWORD}
    answers = [browser.get(path) for path in ("/factors", factor, "/factors/app", "/credentials")]
    answers += [browser.post(f"{factor}/remove"), browser.post("/factors/codes/new"), browser.post("/credentials", new)]
    assert {(each.status, each.location.partition("?")[0]) for each in answers} == {(303, "/reauth")}
    assert kit.count(Draft) == 0
    browser.get("/reauth?next=/factors")
    asked = browser.submit({"password": PASSWORD})
    assert asked.location.startswith("/reauth/second")
    assert browser.get("/factors").location.startswith("/reauth"), "the password once more is no factor"
    browser.get(asked.location)
    assert browser.submit({"code": kit.code(secret)}, form=CODE).location == "/factors"
    assert browser.get(factor).status == 200
    assert browser.post("/credentials", new).location.startswith("/credentials/confirm")


def test_a_password_given_again_while_it_is_off_counts_for_itself_alone(offered: FactorKit) -> None:
    _, secret, _ = offered.with_app()
    browser = offered.half_way()
    assert offered.send(browser, offered.code(secret)).status == 303
    assert browser.get("/factors").status == 200
    switch(offered, "off")
    browser.get("/reauth?next=/home")
    assert browser.submit({"password": PASSWORD}).location == "/home"
    assert browser.get("/credentials").status == 200
    switch(offered, "offered")
    assert browser.get("/factors").location == "/reauth?next=%2Ffactors"


def test_no_gate_leads_past_the_second_step(make_portal: MakePortal) -> None:
    """A password that was handed out is changed right after the login, but not by who never showed the factor."""
    kit, browser, _, _ = opened_while_off(make_portal, "offered")
    kit.portal.run(
        lambda tx: tx.execute(update(Credential).where(Credential.tenant_id == tx.tenant).values(must_change=True))
    )
    assert browser.get("/home").location == "/credentials"
    assert browser.get("/credentials").location == "/reauth?next=%2Fcredentials"
    assert browser.get("/reauth").status == 200


def test_who_sets_the_first_factor_up_has_shown_it(offered: FactorKit) -> None:
    offered.member()
    browser = offered.signed_in()
    _, answer = offered.enrol_app(browser)
    assert browser.get(answer.location).status == 200, "the recovery codes are shown at once"
    offered.portal.clock.at += operator_of(offered.portal).sessions.reauth
    assert browser.get("/factors").location.startswith("/reauth")


def cookies_of(answer: Answer) -> list[str]:
    return answer.raw.headers.get_list("set-cookie")


def rotated(kit: Kit, browser: PortalClient) -> dict[str, str]:
    """Give the password again; the cookie that the browser had until then."""
    name = f"__Host-mp-{kit.portal.name}-session"
    before = browser.cookies[name]
    browser.get("/reauth")
    assert browser.submit({"password": PASSWORD}).status == 303
    assert browser.cookies[name] != before
    return {"cookie": f"{name}={before}"}


def test_a_logout_with_the_token_before_ends_the_session(kit: Kit, other: Kit) -> None:
    """The page was sent off before the answer of a re-authentication had brought its browser the new token."""
    for each in (kit, other):
        each.member()
    browser, elsewhere = kit.signed_in(), other.signed_in()
    page = browser.get("/credentials")
    browser.post("/credentials", {"current": PASSWORD, "password": NEW_PASSWORD, "password_again": NEW_PASSWORD})
    assert kit.count(Draft) == 1
    former = rotated(kit, browser)
    answer = kit.portal.client().post("/logout", csrf=csrf_of(page), headers=former)
    assert (answer.status, answer.location) == (303, "/login")
    assert any("-session=" in each and "Max-Age=0" in each for each in cookies_of(answer))
    assert (kit.count(LoginSession), kit.count(Draft), other.count(LoginSession)) == (0, 0, 1)
    assert browser.get("/home").location == "/login"
    assert elsewhere.get("/home").status == 200
    actors = kit.portal.run(
        lambda tx: list(
            tx.scalars(
                select(AuditEntry.actor_kind).where(AuditEntry.tenant_id == tx.tenant, AuditEntry.action == "logout")
            )
        )
    )
    assert actors == ["account"]


def test_the_token_before_opens_nothing_else(kit: Kit) -> None:
    kit.member()
    browser, second = kit.signed_in(), kit.signed_in()
    page = browser.get("/sessions")
    assert NAME in page.raw.text
    token = csrf_of(page)
    former = rotated(kit, browser)
    for path in ("/home", "/sessions", "/credentials", "/reauth"):
        assert kit.portal.client().get(path, headers=former).location.startswith("/login"), path
    for path in ("/sessions/end", "/reauth", "/credentials", "/login", "/nowhere"):
        answer = kit.portal.client().post(path, {"password": PASSWORD}, csrf=token, headers=former)
        assert answer.location.startswith("/login") or answer.status == 404, path
        assert NAME not in answer.raw.text
        assert NAME not in answer.raw.text
    # Its form token goes with it: another site's form, or one of this browser's visitor, ends nothing.
    for wrong in ("", "x", csrf_of(second.get("/sessions"))):
        refused = kit.portal.client().post("/logout", csrf=wrong, headers=former)
        assert refused.status == 409
        assert NAME not in refused.raw.text
    assert kit.count(LoginSession) == 2
    assert browser.get("/home").status == 200


def test_one_token_before_is_kept_and_no_more(kit: Kit) -> None:
    kit.member()
    browser = kit.signed_in()
    token = csrf_of(browser.get("/sessions"))
    first = rotated(kit, browser)
    kit.portal.clock.at += timedelta(seconds=1)
    rotated(kit, browser)
    late = kit.portal.client().post("/logout", csrf=token, headers=first)
    assert late.location.partition("?")[0] == "/login"
    assert not any("-session=" in each for each in cookies_of(late)), "the new one may stand in the browser by now"
    assert kit.count(LoginSession) == 1
    assert browser.get("/home").status == 200
