"""Rules that the shipped operator does not use: joined login IDs, history, waits between changes, several schemes."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import pytest
from authkit import Kit

import sample_operator.plugin as nagi
from mypage.auth.models import Account, Credential, Customer, LoginName
from mypage.plugin import LoginScheme, PasswordPolicy, TextPart, hookimpl, hours
from mypage.testing.portal import Answer, MakePortal, Portal, PortalClient

PASSWORDS = [f"nagi no umi {word} no kaze" for word in ("haru", "natsu", "aki", "fuyu", "kita")]


def variant(**answers: Any) -> Any:
    """The sample operator with other answers to some hooks."""
    own = {name: value for name, value in vars(nagi).items() if not name.startswith("__")}
    return SimpleNamespace(**{**own, **answers}, __file__=nagi.__file__, __name__=nagi.__name__)


@pytest.fixture
def harbour(make_portal: MakePortal) -> Portal:
    return make_portal("nagi", plugins={"nagi": nagi}, settings={"harbour": "八戸"})


def member(
    portal: Portal, login: str = "umi@nagi.example", scheme: str = "mail", email: str = "u@mail.example"
) -> None:
    """An account with the first password."""
    hashed = portal.server.hasher.hash(PASSWORDS[0])

    def make(tx: Any) -> None:
        customer = Customer(tenant_id=tx.tenant, number="1", number_key="1", name="海")
        tx.add(customer)
        tx.flush()
        account = Account(
            tenant_id=tx.tenant, customer_id=customer.id, email="u@mail.example", email_verified_at=tx.now()
        )
        tx.add(account)
        tx.flush()
        tx.add(LoginName(tenant_id=tx.tenant, scheme=scheme, login_key=login, state="used", owner_id=account.id))
        tx.add(
            Credential(
                tenant_id=tx.tenant,
                account_id=account.id,
                scheme=scheme,
                login_id=login,
                login_key=login,
                password_hash=hashed,
                changed_at=tx.now(),
            )
        )

    portal.run(make)


def login(
    portal: Portal, password: str, local: str = "umi", domain: str = "nagi.example"
) -> tuple[PortalClient, Answer]:
    browser = portal.client()
    browser.get("/login")
    return browser, browser.submit({"local": local, "domain": domain, "password": password})


def change(browser: PortalClient, old: str, new: str) -> Answer:
    browser.get("/credentials")
    entered = browser.submit({"current": old, "password": new, "password_again": new})
    if entered.status != 303:
        return entered
    browser.get(entered.location)
    return browser.submit({})


def test_a_login_id_of_a_typed_and_a_chosen_part(harbour: Portal) -> None:
    member(harbour)
    assert login(harbour, PASSWORDS[0])[1].location == "/"
    assert login(harbour, PASSWORDS[0], domain="sea.nagi.example")[1].status == 422
    typed = login(harbour, PASSWORDS[0], local="umi@nagi.example")[1]
    assert "@" in typed.texts("//*[@id='local-e']")[0]
    browser = harbour.client()
    page = browser.get("/login")
    values = {"local": "umi", "domain": "evil.example", "password": PASSWORDS[0]}
    assert browser.post("/login", values).all("//*[@id='domain-e']")
    assert not page.all("//a[contains(@href,'/register')]")
    assert browser.get("/register/mail").status == 404


def test_the_last_passwords_do_not_come_back(harbour: Portal) -> None:
    member(harbour)
    browser, _ = login(harbour, PASSWORDS[0])
    for old, new in pairwise(PASSWORDS[:4]):
        assert change(browser, old, new).status == 303
    for former in PASSWORDS[:4]:
        refused = change(browser, PASSWORDS[3], former)
        assert refused.status == 422
        assert refused.all("//*[@id='password-e']")
    assert change(browser, PASSWORDS[3], PASSWORDS[4]).status == 303
    assert change(browser, PASSWORDS[4], PASSWORDS[0]).status == 303


def test_a_reset_keeps_the_history_too(harbour: Portal) -> None:
    member(harbour)
    browser, _ = login(harbour, PASSWORDS[0])
    assert change(browser, PASSWORDS[0], PASSWORDS[1]).status == 303
    visitor = harbour.client()
    visitor.get("/recover/password")
    visitor.submit({"login": "umi@nagi.example"})
    path = Kit(harbour).path(Kit(harbour).mails("password_reset")[0]["link"])
    for former in PASSWORDS[:2]:
        visitor.get(path)
        assert visitor.submit({"password": former, "password_again": former}).status == 422
    visitor.get(path)
    assert visitor.submit({"password": PASSWORDS[2], "password_again": PASSWORDS[2]}).status == 303


def test_only_what_the_operator_allows_can_be_changed(harbour: Portal) -> None:
    member(harbour)
    browser, _ = login(harbour, PASSWORDS[0])
    page = browser.get("/credentials")
    assert page.all("//main//input[@type!='hidden']/@name") == ["current", "password", "password_again"]
    sneaky = {"login": "other@nagi.example", "current": PASSWORDS[0]}
    values = sneaky | {"password": PASSWORDS[1], "password_again": PASSWORDS[1]}
    browser.get(browser.post("/credentials", values).location)
    assert browser.submit({}).status == 303
    assert login(harbour, PASSWORDS[1])[1].status == 303


def test_a_wait_between_changes_and_the_echo_of_first_characters(make_portal: MakePortal) -> None:
    @hookimpl
    def password_policy(scheme: str) -> PasswordPolicy:
        return PasswordPolicy(length=(12, 64), cool_down=hours(24), echo=3)

    portal = make_portal("nagi", plugins={"nagi": variant(password_policy=password_policy)}, settings={"harbour": "x"})
    member(portal)
    portal.clock.at += timedelta(hours=25)
    browser, _ = login(portal, PASSWORDS[0])
    browser.get("/credentials")
    new = {"password": PASSWORDS[1], "password_again": PASSWORDS[1]}
    confirm = browser.get(browser.submit({"current": PASSWORDS[0]} | new).location)
    assert f"{PASSWORDS[1][:3]}*****" in confirm.text
    assert PASSWORDS[1][:5] not in confirm.raw.text
    assert browser.submit({}).status == 303
    closed = browser.get("/credentials")
    assert closed.status == 200
    assert closed.all("//main//form") == []
    assert closed.texts("//main//*[@role='alert']") == [
        "パスワードは、変更したばかりです。次に変更できるのは2026年11月23日 13:00以降です"
    ]
    portal.clock.at += timedelta(hours=24)
    browser, _ = login(portal, PASSWORDS[1])
    assert change(browser, PASSWORDS[1], PASSWORDS[2]).status == 303


def test_two_schemes_on_one_page_do_not_mix(make_portal: MakePortal) -> None:
    @hookimpl
    def login_scheme_items() -> list[LoginScheme]:
        mail = nagi.login_scheme_items()[0]
        line = LoginScheme(
            name="line", title="回線ID", parts=(TextPart("login", "ID"),), secret="パスワード", submit="入る"
        )
        return [dataclasses.replace(mail), line]

    plugin = variant(login_scheme_items=login_scheme_items)
    portal = make_portal("nagi", plugins={"nagi": plugin}, settings={"harbour": "x"})
    member(portal, "line-1", "line")
    browser = portal.client()
    page = browser.get("/login")
    forms = page.all("//main//form")
    assert len(forms) == 2
    names = [name for form in forms for name in form.xpath(".//input[@type!='hidden']/@id | .//select/@id")]
    assert len(names) == len(set(names)) == 5
    second = "(//main//form)[2]"
    wrong = browser.submit({"line-login": "line-1", "line-password": "x" * 12}, form=second)
    assert wrong.status == 422
    assert len(wrong.all("//*[contains(@class,'error-summary')]")) == 1
    assert browser.submit({"line-login": "line-1", "line-password": PASSWORDS[0]}, form=second).location == "/"
