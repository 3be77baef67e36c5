"""The demo's companies: loaded with what the plugin offers, and each shows the state that its note promises."""

from __future__ import annotations

import tomllib
import uuid
from pathlib import Path

import pytest
from ocnkit import try_login

from mypage.db.keys import Vault
from mypage.db.session import Actor, Scope, Tx
from mypage.demo.cases import bring_about, read_cases
from mypage.imports.chunk import Means
from mypage.imports.loader import import_file
from mypage.staff.models import StaffMember
from mypage.testing.portal import MakePortal, Portal, PortalClient
from mypage_ocn.contract import CHANGES_ARE_OVER
from portal_rows import operator_of

DEMO = Path(__file__).parents[3] / "demo"
LOGINS = tomllib.loads((DEMO / "logins.toml").read_text(encoding="utf-8"))["login"]
WORDS = {each["login"].partition("@")[0]: each for each in LOGINS if each["tenant"] == "ocn"}
CASES = [case for case in read_cases(DEMO / "cases.toml").case if case.tenant == "ocn"]


@pytest.fixture
def portal(make_portal: MakePortal) -> Portal:
    """The demo's portal with its feeds and cases."""
    portal = make_portal("ocn", theme="ocn", extensions={"provisioning": {"adapter": "desk"}})
    operator, vault = operator_of(portal), Vault(portal.server.keyring)
    tenant = portal.server.registry.current.get(portal.name)
    assert tenant is not None
    means = Means.of(operator, tenant.settings, vault=vault, hasher=portal.server.hasher)
    scope = Scope(portal.name, portal.clock, Actor("system", "demo"))
    for path in sorted((DEMO / "feeds" / "ocn").glob("*.jsonl")):
        report = import_file(portal.engine, scope, path, means)
        assert report.problems == []
        assert report.tally.total("new") == report.lines > 0
    portal.run(_add_member)
    for _ in range(2):
        for case in CASES:
            assert portal.run(lambda tx, case=case: bring_about(tx, vault, operator, case))
    return portal


def _add_member(tx: Tx) -> None:
    told = {"name": "佐藤 花子", "email": "sato@mypage.example", "role": "agent"}
    tx.add(StaffMember(tenant_id=tx.tenant, id=uuid.uuid4(), updated_at=tx.now(), **told))


def enter(portal: Portal, local: str) -> PortalClient:
    browser = portal.client()
    login = WORDS[local]
    answer = try_login(browser, local, login["password"], domain=login["login"].partition("@")[2])
    assert answer.status == 303, answer.errors
    return browser


@pytest.mark.req("OCN-32", "OCN-41", "OCN-61", "OCN-63", "OCN-73", "OCN-126", "OCN-150", "OCN-151", "OCN-152")
def test_each_company_shows_its_state(portal: Portal) -> None:
    assert len(WORDS) == 10
    for local in WORDS.keys() - {"kyumihon07"}:
        page = enter(portal, local).get("/", follow=True)
        assert page.texts("//h1") == ["ご利用状況の確認"]
    over = WORDS["kyumihon07"]
    assert try_login(portal.client(), "kyumihon07", over["password"]).status == 422
    assert enter(portal, "shokudo05").get("/credentials").status == 403
    accepted = enter(portal, "fudosan06")
    assert CHANGES_ARE_OVER in accepted.get("/slots/mail").text
    assert "廃止のお申込みを受け付けています。" in accepted.get("/home").text
    assert "ArcstarIPVoice" in enter(portal, "denki09").get("/termination").text
    assert enter(portal, "shin08").get("/home").texts("//main//dl//dd")[3] == "—"

    def buttons(local: str) -> list[str]:
        page = enter(portal, local).get("/slots/mail")
        # A hidden part says which place a button is for.
        return [each.partition("：")[0] for each in page.texts("(//main//table)[1]//tbody//*[self::a or self::button]")]

    assert buttons("yamanami01") == ["変更", "削除", "追加", "追加", "追加"]
    assert buttons("insatsu02") == ["変更", "削除"] * 4
    assert len([each for each in buttons("asahi03") if "キャンセル" in each]) == 1
    assert buttons("unyu04") == []
    assert len([each for each in buttons("mitsuba10") if "キャンセル" in each]) == 1
