"""The table of section 7, every cell as requests: 18 functions × 3 kinds of login (UCOM-159 to UCOM-167)."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from ucomkit import NUMBER, Household, household

from mypage.auth.sessions import open_session
from mypage.hooks.permissions import ALL, NO, NOTED, OFFLINE, YES, FunctionRow
from mypage.server.routes import routes_for
from mypage.testing.portal import Answer, MakePortal, Portal, PortalClient
from mypage.web.cookies import CookieJar
from mypage_ucom.accounts import FUNCTIONS
from mypage_ucom.names import BY_ACCOUNT, BY_NUMBER, HOLDER, MANAGER, USER

KINDS = (HOLDER, MANAGER, USER)
PRINTED = [
    ("契約情報の変更", "○ ○ ×"),
    ("お支払い登録情報の確認/変更", "○ ○ ×"),
    ("料金明細照会", "○※ ×※ ×"),
    ("アカウントIDの登録/削除", "○ ○ ×"),
    ("アカウントIDパスワードの変更", "◎ ◎ ○"),
    ("メールオプションの購入", "○ ○ ×"),
    ("メールアドレスの登録・変更", "◎ ◎ ○"),
    ("メール転送設定", "◎ ◎ ○"),
    ("メール自動返信設定", "◎ ◎ ○"),
    ("セキュリティオプションの購入/解約", "◎ ◎ ○"),
    ("セキュリティオプション情報確認", "◎ ◎ ○"),
    ("Webスペースの登録", "◎ ◎ ○"),
    ("UCOM光電話の申込/解約", "不可 不可 不可"),
    ("GATE CALL050の申込/解約", "不可 不可 不可"),
    ("UCOM光 リモートサポートの申込/解約", "○ ○ ×"),
    ("ギガシネマ with U-NEXTの申込/解約", "○※ ×※ ×"),
    ("UCOM光 クラブオフ", "○※ ×※ ×"),
    ("インターネット回線の解約", "不可 不可 不可"),
]
"""As the manual prints it, lines 58 to 84."""
NOT_HERE_YET = {"メール転送設定", "メール自動返信設定", "Webスペースの登録"}
"""Their screens are in another manual; see REQUIREMENTS.md, section 12."""


@dataclass(frozen=True)
class Door:
    """One way to a function: a request, and whether it is about one account."""

    method: str
    path: str
    form: tuple[tuple[str, str], ...] = ()
    subject: bool = False
    whole: bool = True
    """Whether the path has nothing else in it that would have to exist."""

    def to(self, account: uuid.UUID) -> Door:
        """The same about this account."""
        form = tuple((name, str(account) if value == "{account}" else value) for name, value in self.form)
        return Door(self.method, self.path.replace("{account_id:uuid}", str(account)), form, whole=self.whole)


def doors(operator: Any, permission: str) -> Iterator[Door]:
    """Everything of the portal that a permission opens: routes, guidance, pages of products, and products on them."""
    for route in routes_for(operator):
        if route.permission == permission and "{slug:str}" not in route.path:
            subject = "{account_id:uuid}" in route.path
            rest = route.path.replace("{account_id:uuid}", "")
            path = re.sub(r"\{(?!account_id)[a-z_]+:uuid\}", str(uuid.UUID(int=7)), route.path)
            path = re.sub(r"\{[a-z_]+:str\}", "x" * 43, path)
            yield Door(route.method, path, subject=subject, whole="{" not in rest)
    for guidance in operator.guidance.values():
        if guidance.permission == permission:
            yield Door("GET", f"/guidance/{guidance.slug}")
    for page in operator.product_pages.values():
        if page.permission == permission:
            yield Door("GET", f"/options/{page.slug}")
        for code in page.products:
            product = operator.products[code]
            if product.permission == permission:
                mine = product.holder == "account"
                form = (("product", code), ("action", "buy"), *((("account", "{account}"),) if mine else ()))
                yield Door("POST", f"/options/{page.slug}", form, subject=mine)


@dataclass(frozen=True)
class Cast:
    """A household with one account of each role, a sibling, and a neighbour's account."""

    home: Household
    accounts: dict[str, uuid.UUID]
    sibling: uuid.UUID
    foreign: uuid.UUID

    def browser(self, kind: str) -> PortalClient:
        """A session of a kind."""
        portal = self.home.portal
        account = self.accounts[kind]
        scheme = BY_NUMBER if kind == HOLDER else BY_ACCOUNT
        token = portal.run(lambda tx: open_session(tx, operator_of(portal), account, scheme, device="t"))
        client = portal.client()
        client.cookies.set(CookieJar(portal.name, portal.prefix, True).name("session"), token, domain=portal.host)
        return client


def operator_of(portal: Portal) -> Any:
    return portal.server.compiled.operators["ucom"]


@pytest.fixture
def cast(make_portal: MakePortal) -> Cast:
    home = household(make_portal("ucom", theme="ucom"))
    accounts = {HOLDER: home.holder_id, MANAGER: home.account("arteri-an-001", MANAGER)}
    accounts[USER] = home.account("arteri-an-002", USER)
    foreign = household(home.portal, "90000000000001").account("other-001")
    return Cast(home, accounts, home.account("arteri-an-003", USER), foreign)


def knock(browser: PortalClient, door: Door) -> Answer:
    if door.method == "GET":
        return browser.get(door.path)
    return browser.post(door.path, dict(door.form))


def opens(answer: Answer, door: Door) -> bool:
    """A page, a form that asks for more, a step on; what a path names besides may be missing."""
    away = answer.location.startswith(("/login", "/reauth"))
    refused = (403, 404) if door.whole and door.method == "GET" else (403,)
    return answer.status not in refused and answer.status < 500 and not away


def stays_shut(answer: Answer) -> bool:
    return answer.status in (403, 404)


@pytest.mark.req("UCOM-159")
def test_the_table_is_the_manuals() -> None:
    assert [(row.name, " ".join(row.cells)) for row in FUNCTIONS.rows] == PRINTED
    assert FUNCTIONS.roles == KINDS
    assert {row.name for row in FUNCTIONS.rows if not row.permissions and OFFLINE not in row.cells} == NOT_HERE_YET
    ways = {row.name: row.offline for row in FUNCTIONS.rows if row.offline}
    assert ways == {
        "UCOM光電話の申込/解約": "インフォメーションセンターでの電話受付",
        "GATE CALL050の申込/解約": "書面受付",
        "インターネット回線の解約": "インフォメーションセンターでの電話受付",
    }


@pytest.mark.req("UCOM-159", "UCOM-160", "UCOM-161", "UCOM-162", "UCOM-163", "UCOM-186")
@pytest.mark.parametrize("row", FUNCTIONS.rows, ids=lambda row: row.name)
def test_the_cells_of_a_function(cast: Cast, row: FunctionRow) -> None:
    operator = operator_of(cast.home.portal)
    found = [door for permission in row.permissions for door in doors(operator, permission)]
    assert bool(found) == bool(row.permissions), "a permission that opens nothing"
    for kind, cell in zip(KINDS, row.cells, strict=True):
        browser = cast.browser(kind)
        browser.get("/accounts")
        if cell == OFFLINE or not found:
            _is_nowhere(operator, row, browser)
        for door in found:
            CHECKS[cell](cast, browser, kind, door)


def _for_all(cast: Cast, browser: PortalClient, kind: str, door: Door) -> None:
    if not door.subject:
        assert opens(knock(browser, door), door), (kind, door)
        return
    for account in (cast.accounts[MANAGER], cast.sibling):
        assert opens(knock(browser, door.to(account)), door), (kind, door)
    assert stays_shut(knock(browser, door.to(cast.foreign))), (kind, door)


def _allowed(cast: Cast, browser: PortalClient, kind: str, door: Door) -> None:
    if not door.subject:
        assert opens(knock(browser, door), door), (kind, door)
        return
    own = cast.accounts[kind] if kind != HOLDER else cast.sibling
    assert stays_shut(knock(browser, door.to(cast.foreign))), (kind, door)
    assert stays_shut(knock(browser, door.to(cast.home.holder_id))), door
    if kind == USER:
        assert stays_shut(knock(browser, door.to(cast.sibling))), (kind, door)
    assert opens(knock(browser, door.to(own)), door), (kind, door)


def _forbidden(cast: Cast, browser: PortalClient, kind: str, door: Door) -> None:
    for account in (cast.accounts[kind], cast.sibling):
        assert stays_shut(knock(browser, door.to(account))), (kind, door)


def _leads_out(cast: Cast, browser: PortalClient, kind: str, door: Door) -> None:
    """The page says that a login of its own follows, and its links carry nothing along."""
    page = knock(browser, door)
    assert page.status == 200, door
    assert "お客様番号" in page.text, door
    assert "ログイン" in page.text, door
    links = [str(link) for link in page.all("//main//a/@href") if link.startswith("http")]
    assert links, door
    assert all(link.startswith("https://") and "?" not in link for link in links), links


def _is_nowhere(operator: Any, row: FunctionRow, browser: PortalClient) -> None:
    """Nothing that is sold, and no page, has the name of the function."""
    function = re.sub(r"の(申込/解約|登録|解約)$|設定$", "", row.name)
    assert function not in {product.name for product in operator.products.values()}
    page = browser.get("/accounts")
    assert function not in page.texts("//nav[@id='menu']//a")


CHECKS: dict[str, Callable[[Cast, PortalClient, str, Door], None]] = {
    ALL: _for_all,
    YES: _allowed,
    NO: _forbidden,
    YES + NOTED: _leads_out,
    NO + NOTED: _leads_out,
}


@pytest.mark.req("UCOM-46", "UCOM-162", "UCOM-167")
def test_what_kind_c_sees_of_the_contract_holder(cast: Cast) -> None:
    browser = cast.browser(USER)
    for path in ("/profile", "/card", "/notices", "/credentials", "/contract", "/bills", "/invoices"):
        assert stays_shut(browser.get(path)), path
    page = browser.get("/accounts")
    assert "有光 杏" not in page.raw.text
    assert NUMBER in page.raw.text
