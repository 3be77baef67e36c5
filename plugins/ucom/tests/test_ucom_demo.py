"""The demo's households: loaded with what the plugin sells, and each shows the state that its note promises."""

from __future__ import annotations

import json
import tomllib
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from ucomkit import try_login

from mypage.auth.models import Account, Credential
from mypage.billing.review import accept, list_waiting, reject
from mypage.db.keys import Vault
from mypage.db.session import Actor, Scope, Tx
from mypage.imports.chunk import Means
from mypage.imports.loader import import_feed, import_file
from mypage.testing.portal import Answer, MakePortal, Portal, PortalClient
from mypage_ucom.names import BY_ACCOUNT, BY_NUMBER

DEMO = Path(__file__).parents[3] / "demo"
LOGINS = tomllib.loads((DEMO / "logins.toml").read_text(encoding="utf-8"))["login"]
WORDS = {each["login"]: each["password"] for each in LOGINS if each["tenant"] == "ucom"}


def means_of(portal: Portal) -> Means:
    """What `mypage import` knows of the portal."""
    operator = portal.server.compiled.operators["ucom"]
    tenant = portal.server.registry.current.get(portal.name)
    assert tenant is not None
    return Means.of(operator, tenant.settings, vault=Vault(portal.server.keyring), hasher=portal.server.hasher)


@pytest.fixture
def portal(make_portal: MakePortal, monkeypatch: pytest.MonkeyPatch) -> Portal:
    """The demo's portal; its payment company is declared and never called."""
    monkeypatch.setenv("MYPAGE_TEST_PAYMENT_KEY", "demo-key")
    company = {"adapter": "hosted-page", "base_url": "http://127.0.0.1:9", "key_env": "MYPAGE_TEST_PAYMENT_KEY"}
    portal = make_portal("ucom", theme="ucom", extensions={"payment": company})
    means = means_of(portal)
    scope = Scope(portal.name, portal.clock, Actor("system", "demo"))
    for path in sorted((DEMO / "feeds" / "ucom").glob("*.jsonl")):
        report = import_file(portal.engine, scope, path, means)
        assert report.problems == []
        assert report.tally.total("new") == report.lines > 0
    return portal


def enter(portal: Portal, login: str) -> PortalClient:
    browser = portal.client()
    scheme = BY_NUMBER if login.isdecimal() else BY_ACCOUNT
    answer = try_login(browser, scheme, login, WORDS[login])
    assert answer.status == 303, answer.errors
    return browser


def test_every_sample_login_opens_a_page(portal: Portal) -> None:
    assert len(WORDS) == 11
    for login in WORDS:
        page = enter(portal, login).get("/", follow=True)
        assert page.status == 200
        portal.clock.at += timedelta(seconds=1)


@pytest.mark.req("UCOM-09", "UCOM-24", "UCOM-25", "UCOM-48", "UCOM-53")
def test_each_household_shows_its_state(portal: Portal) -> None:
    def page(login: str, path: str = "/") -> Answer:
        return enter(portal, login).get(path, follow=True)

    assert page("90000000000001").texts("//h1") == ["アカウントID登録／変更"]
    assert "2個 / 5個 (基本 5個)" in page("90000000000000").text
    assert "5個 / 5個 (基本 5個)" in page("90000000000002").text
    assert "メールパック:購入済" in page("90000000000003").text
    assert "メール&Webスペース:購入済" in page("90000000000004").text
    mine = page("arteri-an-001").text
    assert "an@example.jp" in mine
    assert "セキュリティ360°購入済" in mine
    assert "セキュリティオンライン未購入" in mine
    assert page("arteri-an-002").texts("//h1") == ["ユーザー管理"]


@pytest.mark.req("UCOM-116", "UCOM-117")
@pytest.mark.parametrize("yes", [True, False])
def test_one_households_card_waits_for_staff_and_they_decide(portal: Portal, yes: bool) -> None:
    number, says = "90000000000006", "新しいカードを確認しています"
    (waiting,) = portal.run(list_waiting)
    assert (waiting.customer_number, waiting.customer_kana, waiting.card_name, waiting.last4) == (
        number, "マチダ ノゾミ", "ICHIRO MACHIDA", "1881",
    )  # fmt: skip
    browser = enter(portal, number)
    assert says in browser.get("/card").text
    vault, words = Vault(portal.server.keyring), portal.server.compiled.operators["ucom"].catalogues

    def decide(tx: Tx) -> None:
        if yes:
            accept(tx, vault, words, waiting.id, by="staff")
        else:
            reject(tx, vault, words, waiting.id, by="staff", reason="another person")

    portal.run(decide)
    page = browser.get("/card").text
    assert says not in page
    assert ("1881" in page) is yes
    again = import_file(
        portal.engine,
        Scope(portal.name, portal.clock, Actor("system", "demo")),
        DEMO / "feeds" / "ucom" / "6-cards.jsonl",
        means_of(portal),
    )
    assert set(again.tally.flat()) == {"card unchanged"}
    assert portal.run(list_waiting) == ()


@pytest.mark.req("UCOM-165")
def test_an_account_of_old_days_comes_as_that_of_a_user_and_may_be_raised(make_portal: MakePortal) -> None:
    """The operator's old accounts know no kinds: their lines state no role."""
    portal = make_portal("ucom", theme="ucom")
    scope = Scope(portal.name, portal.clock, Actor("system", "import"))
    lines = [
        {"type": "customer", "number": "90000000000009", "name": "昔 からの", "kana": "ムカシ カラノ"},
        {"type": "account", "customer": "90000000000009", "scheme": BY_NUMBER, "login_id": "90000000000009"},
        {"type": "account", "customer": "90000000000009", "scheme": BY_ACCOUNT, "login_id": "mukashi-2014"},
        {
            "type": "contract",
            "customer": "90000000000009",
            "number": "90000000000009",
            "name": "マンションLANタイプ",
            "plan": "lan",
        },
    ]
    for raised in ({}, {"role": "manager"}):
        lines[2] |= raised
        raw = [json.dumps(line).encode() + b"\n" for line in lines]
        report = import_feed(portal.engine, scope, raw, means_of(portal), source="old")
        assert report.problems == []
        wanted = select(Account.role).join(Credential, Credential.account_id == Account.id)
        wanted = wanted.where(Account.tenant_id == portal.name, Credential.tenant_id == portal.name)
        roles = portal.run(lambda tx, w=wanted: sorted(tx.scalars(w)))
        assert roles == ["holder", "manager" if raised else "user"]


@pytest.mark.req("UCOM-18")
def test_a_number_that_the_feed_writes_in_groups_signs_in(make_portal: MakePortal) -> None:
    portal = make_portal("ucom", theme="ucom")
    shared = {"customer": "90000000000009", "scheme": BY_NUMBER, "password": "hikari2026"}
    lines = [
        {"type": "customer", "number": "90000000000009", "name": "昔 からの", "kana": "ムカシ カラノ"},
        {"type": "account", "login_id": "9000-0000 ００００ー０9", **shared},
    ]
    raw = [json.dumps(line).encode() + b"\n" for line in lines]
    scope = Scope(portal.name, portal.clock, Actor("system", "import"))
    assert import_feed(portal.engine, scope, raw, means_of(portal), source="old").problems == []
    assert try_login(portal.client(), BY_NUMBER, "90000000000009", "hikari2026").status == 303
