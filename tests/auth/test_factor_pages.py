"""Setting the second step up and taking it down, seen from a browser: who may, what is told, what ends."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any, ClassVar

import pytest
from authkit import PASSWORD, csrf_of
from factorkit import FactorKit, device_of, keys_of, options_of
from sqlalchemy import func, select, update

from mypage.audit.models import AuditEntry
from mypage.auth.factors import service
from mypage.auth.factors.models import RecoveryCode, SecondFactor
from mypage.auth.models import Credential, LoginSession
from mypage.mail.models import MailMessage
from mypage.testing.portal import MakePortal, PortalClient


def told(kit: FactorKit) -> list[str]:
    return [mail["change"] for mail in kit.mails("second_factor_changed")]


def trail(kit: FactorKit) -> list[tuple[str, Any]]:
    wanted = select(AuditEntry).order_by(AuditEntry.at)
    rows = kit.portal.run(lambda tx: list(tx.scalars(wanted.where(AuditEntry.tenant_id == tx.tenant))))
    return [(row.action, row.after) for row in rows if row.action.startswith("factor")]


def test_an_app_is_set_up_and_used(offered: FactorKit) -> None:
    person = offered.member()
    stays, other = offered.signed_in(), offered.signed_in()
    page = stays.get("/factors")
    assert page.status == 200
    assert "方法を選ぶ" in page.text
    secret, answer = offered.enrol_app(stays)
    assert answer.location == "/factors/codes"
    codes = stays.get("/factors/codes")
    assert len(codes.texts("//ol[@class='recovery-codes']/li")) == 10
    assert "スマートフォンの故障や紛失" in codes.text
    assert stays.get("/factors/codes").status == 200
    assert other.get("/home").status == 303
    assert told(offered) == ["app-added"]
    assert [action for action, _ in trail(offered)] == ["factor.added"]
    assert stays.submit({}, form="//form[contains(@action, 'kept')]").location == "/factors"
    assert stays.get("/factors/codes").location == "/factors"
    listed = stays.get("/factors")
    assert listed.texts("//ul[contains(@class,'factor-list')]//h2") == ["認証アプリ"]
    assert "残りは10個です" in listed.text
    assert offered.factors(person.account_id) == 1
    # The code that proved the app cannot be used at the login as well.
    late = offered.half_way()
    assert offered.send(late, offered.code(secret)).status == 422
    offered.portal.clock.at += timedelta(seconds=30)
    assert offered.send(late, offered.code(secret)).status == 303


def test_the_secret_is_on_one_page_that_nobody_stores(offered: FactorKit) -> None:
    offered.member()
    browser = offered.signed_in()
    browser.get("/factors")
    browser.post("/factors/app/start")
    page = browser.get("/factors/app")
    secret = page.texts("//dd[contains(@class,'factor-key__text')]")[0].replace(" ", "")
    assert page.raw.headers["cache-control"] == "no-store"
    attributes = [value for value in page.all("//main//@*") if secret in value.replace(" ", "")]
    assert attributes == []
    assert secret not in str(page.raw.url)
    wrong = browser.submit({"code": "000000"}, form="//form[.//input[@name='code']]")
    assert wrong.status == 422
    assert "数字が正しくありません" in wrong.errors[0]
    assert wrong.texts("//dd[contains(@class,'factor-key__text')]")[0].replace(" ", "") == secret
    offered.portal.clock.at += timedelta(minutes=9, seconds=59)
    assert browser.submit({"code": offered.code(secret)}, form="//form[.//input[@name='code']]").status == 303


def test_a_set_up_that_took_too_long_begins_again(offered: FactorKit) -> None:
    person = offered.member()
    browser = offered.signed_in()
    for start, page in (("/factors/app/start", "/factors/app"), ("/factors/passkey/start", "/factors/passkey")):
        browser.get("/factors")
        browser.post(start)
        browser.get(page)
        offered.portal.clock.at += timedelta(minutes=10)
        again = browser.get(page)
        assert again.location.startswith("/reauth")
        browser.get(again.location)
        browser.submit({"password": PASSWORD})
        assert browser.get(page).location == "/factors"
        assert "もう一度はじめから" in browser.get("/factors").text
        assert browser.post(page, {"code": "123456", "name": "x", "answer": "{}"}).location == "/factors"
    assert offered.factors(person.account_id) == 0


def test_a_passkey_is_set_up_named_and_removed(offered: FactorKit) -> None:
    person = offered.member()
    browser, device = offered.signed_in(), device_of(offered.portal)
    assert offered.enrol_passkey(browser, device, "居間の <b>パソコン</b>").location == "/factors/codes"
    browser.get("/factors/codes")
    browser.submit({}, form="//form[contains(@action, 'kept')]")
    other = offered.half_way()
    other.post("/login/second", {"way": "passkey", "answer": device.get(options_of(other.get("/login/second")))})
    listed = browser.get("/factors")
    assert listed.texts("//ul[contains(@class,'factor-list')]//h2") == ["居間の <b>パソコン</b>"]
    link = listed.all("//ul[contains(@class,'factor-list')]//a/@href")[0]
    browser.get(link)
    empty = browser.submit({"name": " "}, form="//form[contains(@action, 'rename')]")
    assert (empty.status, len(empty.errors)) == (422, 1)
    browser.get(link)
    assert browser.submit({"name": "電話"}, form="//form[contains(@action, 'rename')]").location == "/factors"
    page = browser.get(link)
    assert page.texts("//h1") == ["電話"]
    assert "予備コードも使えなくなります" in page.text
    assert browser.submit({}, form="//form[contains(@action, 'remove')]").location == "/factors"
    assert offered.factors(person.account_id) == 0
    assert offered.count(RecoveryCode) == 0
    assert other.get("/home").status == 303
    assert told(offered) == ["passkey-added", "removed"]
    assert sorted(action for action, _ in trail(offered)) == ["factor.added", "factor.removed", "factor.renamed"]
    assert offered.login(offered.portal.client()).location == "/home"


def test_a_device_that_is_known_is_excluded_and_added_once(offered: FactorKit) -> None:
    person = offered.member()
    browser, device = offered.signed_in(), device_of(offered.portal)
    offered.enrol_passkey(browser, device)
    browser.get("/factors")
    browser.post("/factors/passkey/start")
    options = options_of(browser.get("/factors/passkey"))
    assert len(options["excludeCredentials"]) == 1
    assert options["rp"]["id"] == offered.portal.host
    assert options["user"]["name"] == person.login
    assert offered.enrol_passkey(browser, device).location == "/factors"
    assert "すでに登録されています" in browser.get("/factors").text
    assert offered.factors(person.account_id) == 1


@pytest.mark.parametrize("answer", ["", "{", "[]", '{"id": "x"}', "x" * 17_000])
def test_a_made_up_passkey_is_told_in_plain_words(offered: FactorKit, answer: str) -> None:
    person = offered.member()
    browser = offered.signed_in()
    browser.get("/factors")
    browser.post("/factors/passkey/start")
    browser.get("/factors/passkey")
    refused = browser.submit({"answer": answer}, form="//form[@data-passkey]")
    assert refused.status == 422
    assert "パスキーを登録できませんでした" in refused.text
    assert offered.factors(person.account_id) == 0


def test_passkeys_are_made_at_the_main_address_only(offered: FactorKit) -> None:
    """The browser is at another host of the tenant: the page says where to go instead of a button that cannot work."""
    from mypage.auth.factors.routes_base import elsewhere

    class Request:
        tenant = offered.portal.server.registry.current.get(offered.portal.name)
        headers: ClassVar[dict[str, str]] = {"host": "other.example"}

        def absolute(self, name: str) -> str:
            return f"https://main/{name}"

    assert elsewhere(Request(), "factors") == "https://main/factors"
    Request.headers = {"host": f"{offered.portal.host.upper()}:8443"}
    assert elsewhere(Request(), "factors") == ""


def test_posts_side_by_side_add_one_app(offered: FactorKit) -> None:
    person = offered.member()
    browser = offered.signed_in()
    browser.get("/factors")
    browser.post("/factors/app/start")
    page = browser.get("/factors/app")
    secret = page.texts("//dd[contains(@class,'factor-key__text')]")[0].replace(" ", "")
    form = {"code": offered.code(secret), "name": "x", "_csrf": csrf_of(page)}

    async def all_at_once() -> list[int]:
        posts = (browser.arequest("POST", "/factors/app", data=form) for _ in range(16))
        return [answer.status_code for answer in await asyncio.gather(*posts)]

    assert set(offered.portal.wait(all_at_once())) == {303}
    assert offered.factors(person.account_id) == 1
    assert offered.count(RecoveryCode) == 10
    assert told(offered) == ["app-added"]


def test_new_recovery_codes_end_the_earlier_ones_and_can_be_saved(offered: FactorKit) -> None:
    _, _, old = offered.with_app()
    browser = offered.half_way()
    offered.send(browser, old[0], "recovery")
    browser.get("/factors")
    assert browser.submit({}, form="//form[contains(@action, 'codes/new')]").location == "/factors/codes"
    shown = browser.get("/factors/codes").texts("//ol[@class='recovery-codes']/li")
    saved = browser.get("/factors/codes/file")
    assert saved.raw.headers["content-type"] == "text/plain; charset=utf-8"
    assert "attachment" in saved.raw.headers["content-disposition"]
    assert saved.raw.content.decode("utf-8-sig").split()[-10:] == shown
    assert offered.send(offered.half_way(), old[1], "recovery").status == 422
    assert offered.send(offered.half_way(), shown[9], "recovery").status == 303
    assert "codes-made" in told(offered)
    assert browser.post("/factors/codes/kept").location == "/factors"
    assert browser.get("/factors/codes/file").status == 404


def test_everything_asks_for_a_fresh_password(offered: FactorKit) -> None:
    person, secret, _ = offered.with_app()
    browser = offered.half_way()
    offered.send(browser, offered.code(secret))
    page = browser.get("/factors")
    factor = page.all("//ul[contains(@class,'factor-list')]//a/@href")[0]
    token = csrf_of(page)
    offered.portal.clock.at += timedelta(minutes=10)
    for path in ("/factors", "/factors/app", "/factors/passkey", "/factors/codes", "/factors/codes/file", factor):
        assert browser.get(path).location.startswith("/reauth?next=%2Ffactors"), path
    for path in (
        "/factors/app/start", "/factors/app", "/factors/passkey/start", "/factors/passkey", "/factors/codes/new",
        "/factors/codes/kept", f"{factor}/rename", f"{factor}/remove",
    ):  # fmt: skip
        answer = browser.post(path, {"_back": "/factors", "_csrf": token})
        assert answer.location == "/reauth?next=%2Ffactors", path
    assert offered.factors(person.account_id) == 1


def test_what_is_another_customers_is_not_found(offered: FactorKit, make_portal: MakePortal) -> None:
    mine, _, _ = offered.with_app("mine000001")
    factor = offered.portal.run(
        lambda tx: tx.scalars(select(SecondFactor.id).where(SecondFactor.tenant_id == tx.tenant)).one()
    )
    offered.member("yours00001")
    other = FactorKit(make_portal("actv", second_factor="offered"))
    other.member("yours00001")
    for kit in (offered, other):
        browser = kit.signed_in("yours00001")
        page = browser.get("/factors")
        assert browser.get(f"/factors/{factor}").status == 404
        for act in ("rename", "remove"):
            answer = browser.post(f"/factors/{factor}/{act}", {"name": "x", "_csrf": csrf_of(page)})
            assert answer.status == 404
        assert browser.post("/factors/codes/new", {"_csrf": csrf_of(page)}).status == 404
    assert offered.factors(mine.account_id) == 1


def test_ten_are_enough(offered: FactorKit) -> None:
    person, _, codes = offered.with_app()
    assert person.account_id is not None
    holder = service.Holder(account_id=person.account_id, session_id=None, language="ja")
    for number in range(service.MOST - 1):
        offered.portal.run(
            lambda tx, n=number: service.add_app(
                tx, keys_of(offered.portal), holder, secret="A" * 32, name=f"{n}", step=0
            )
        )
    browser = offered.half_way()
    offered.send(browser, codes[0], "recovery")
    assert "登録の上限に達しています" in browser.get("/factors").text
    assert browser.post("/factors/app/start").location == "/factors"


def test_where_it_is_demanded_everybody_sets_one_up_first(demanded: FactorKit) -> None:
    person = demanded.member()
    browser = demanded.signed_in()
    for path in ("/home", "/bills", "/sessions", "/contract"):
        assert browser.get(path).location == "/factors", path
    page = browser.get("/factors")
    assert "2段階認証が必要です" in page.text
    assert not page.all("//nav[@id='menu']")
    assert browser.get("/").location == "/home"
    # The password grows stale while somebody looks for the telephone: the way back is open.
    demanded.portal.clock.at += timedelta(minutes=11)
    assert browser.get("/factors").location.startswith("/reauth")
    browser.get("/reauth?next=%2Ffactors")
    assert browser.submit({"password": PASSWORD}).location == "/factors"
    secret, answer = demanded.enrol_app(browser)
    assert answer.location == "/factors/codes"
    assert browser.get("/home").status == 200
    listed = browser.get("/factors")
    factor = listed.all("//ul[contains(@class,'factor-list')]//a/@href")[0]
    assert not browser.get(factor).all("//form[contains(@action, 'remove')]")
    assert browser.post(f"{factor}/remove").location == "/factors"
    assert "最後のひとつは削除できません" in browser.get("/factors").text
    assert demanded.factors(person.account_id) == 1
    assert secret


def test_a_handed_out_password_is_changed_before_anything_is_set_up(demanded: FactorKit) -> None:
    demanded.member()

    def hand_out(tx: Any) -> None:
        tx.execute(update(Credential).where(Credential.tenant_id == tx.tenant).values(must_change=True))

    demanded.portal.run(hand_out)
    browser = demanded.signed_in()
    assert browser.get("/factors").location == "/credentials"
    assert browser.get("/home").location == "/credentials"


def test_a_session_that_is_open_meets_the_gate_when_the_tenant_begins_to_demand(demanded: FactorKit) -> None:
    demanded.with_app("has0000001")
    person = demanded.member("none000001")
    assert demanded.signed_in("none000001").get("/home").location == "/factors"
    browser = demanded.half_way("has0000001")
    assert browser.get("/home").location.startswith("/login")
    assert demanded.count(LoginSession, LoginSession.account_id == person.account_id) == 1


def test_the_pages_are_found_beside_the_sessions_where_it_is_offered(offered: FactorKit) -> None:
    offered.member()
    browser: PortalClient = offered.signed_in()
    for path in ("/sessions", "/credentials"):
        assert browser.get(path).all("//main//a[@href='/factors']"), path
    assert not browser.get("/home").all("//a[@href='/factors']")


def test_no_mail_goes_where_none_can(offered: FactorKit) -> None:
    offered.member(email="")
    _, answer = offered.enrol_app(offered.signed_in())
    assert answer.status == 303
    assert (
        offered.portal.run(
            lambda tx: tx.scalar(
                select(func.count()).select_from(MailMessage).where(MailMessage.tenant_id == tx.tenant)
            )
        )
        == 0
    )
