"""What ends with an アカウントID: addresses, options, and the mail service that falls by itself; all or nothing."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Sequence
from typing import Any

import pytest
from optionkit import order, with_address, with_card, with_plan
from sqlalchemy import select
from ucomkit import NUMBER, Household, household, signed_in

import mypage.subaccounts.deleting
from mypage.audit.models import AuditEntry
from mypage.auth.models import Account, LoginName
from mypage.contracts.models import Resource, Subscription
from mypage.lib.errors import Busy
from mypage.orders.models import ProductOrder
from mypage.testing.portal import Answer, MakePortal, Portal, PortalClient
from mypage_ucom.names import BY_ACCOUNT, BY_NUMBER, FIBER, MANAGER


@pytest.fixture
def home(make_portal: MakePortal) -> Household:
    home = household(make_portal("ucom", theme="ucom"))
    with_card(home)
    return home


@pytest.fixture
def holder(home: Household) -> PortalClient:
    return signed_in(home.portal, BY_NUMBER, NUMBER)


def rows(portal: Portal, model: Any) -> Sequence[Any]:
    return portal.run(lambda tx: tx.scalars(select(model).where(model.tenant_id == tx.tenant)).all())


def held(portal: Portal) -> list[str]:
    return sorted(row.product for row in rows(portal, Subscription) if row.ended_at is None)


def lists(page: Answer, heading: str) -> list[str]:
    return page.texts(f"//main//*[h2[contains(., '{heading}')]]//li")


def orders_because(portal: Portal, cause: str) -> list[str]:
    return sorted(row.product for row in rows(portal, ProductOrder) if row.cause == cause)


@pytest.mark.req("UCOM-77", "UCOM-78", "UCOM-141", "UCOM-152", "UCOM-153", "UCOM-155")
def test_all_that_ends_is_said_before_and_after(home: Household, holder: PortalClient) -> None:
    portal = with_plan(home, FIBER).portal
    first, second = home.account("arteri-an-001"), home.account("arteri-an-002")
    order(holder, "mail", "mail-pack")
    for account, name in ((first, "arteri.an"), (second, "arteri.kaoru")):
        with_address(home, account, f"{name}@s2.spaaqs.ne.jp")
    order(holder, "security", "security-360", second)
    order(holder, "security", "kids-filter", second)
    order(holder, "security", "security-online", first)
    page = holder.get(f"/accounts/{second}/delete")
    own = {"arteri.kaoru@s2.spaaqs.ne.jp", "セキュリティ360°", "安心 Kidsフィルター"}
    assert set(lists(page, "アカウントと同時に終了するもの")) == own
    assert lists(page, "自動的に解約されるもの") == ["メールパック"]
    assert len(held(portal)) == 4
    done = holder.submit({}, follow=True)
    ended = done.texts("//main//section[@aria-labelledby='ended']//li")
    assert (set(ended[:3]), ended[3:]) == (own, ["メールパック"])
    assert held(portal) == ["security-online"]
    assert {row.ended_at for row in rows(portal, Subscription) if row.ended_at} == {portal.clock.at}
    assert [row.value for row in rows(portal, Resource) if row.ended_at is None] == ["arteri.an@s2.spaaqs.ne.jp"]
    assert orders_because(portal, "account-deleted") == ["kids-filter", "security-360"]
    assert orders_because(portal, "quota-fell") == ["mail-pack"]
    [entry] = [row for row in rows(portal, AuditEntry) if row.action == "account.deleted"]
    assert (entry.object_id, entry.after["login_id"], entry.after["by_scheme"]) == (
        str(second),
        "arteri-an-002",
        BY_NUMBER,
    )


@pytest.mark.req("UCOM-152", "UCOM-153", "UCOM-154")
def test_the_mail_service_ends_only_by_a_fall(home: Household, holder: PortalClient) -> None:
    accounts = [home.account(f"arteri-an-00{n}") for n in range(4)]
    order(holder, "mail", "mail-web")
    with_address(home, accounts[0], "arteri.an@s2.spaaqs.ne.jp")
    with_address(home, accounts[1], "an@other.example", own=False)
    with_address(home, accounts[2], "an.web", kind="web")
    for account, left in ((accounts[3], ["mail-web"]), (accounts[1], ["mail-web"]), (accounts[2], ["mail-web"])):
        page = holder.get(f"/accounts/{account}/delete")
        assert lists(page, "自動的に解約されるもの") == []
        holder.submit({}, follow=True)
        assert held(home.portal) == left
    page = holder.get(f"/accounts/{accounts[0]}/delete")
    assert lists(page, "自動的に解約されるもの") == ["メール&Webスペース"]
    holder.submit({}, follow=True)
    assert held(home.portal) == []


@pytest.mark.req("UCOM-78")
def test_when_one_part_fails_nothing_is_deleted(
    home: Household, holder: PortalClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = home.account("arteri-an-001")
    with_address(home, account, "arteri.an@s2.spaaqs.ne.jp")
    order(holder, "security", "security-360", account)
    holder.get(f"/accounts/{account}/delete")

    def break_off(*_: Any) -> None:
        raise Busy

    with monkeypatch.context() as patched:
        patched.setattr(mypage.subaccounts.deleting, "end_fallen", break_off)
        assert holder.submit({}).status == 503
    portal = home.portal
    assert held(portal) == ["security-360"]
    assert [row.ended_at for row in rows(portal, Resource)] == [None]
    assert {row.status for row in rows(portal, Account)} == {"active"}
    assert {row.state for row in rows(portal, LoginName)} == {"used"}
    signed_in(portal, BY_ACCOUNT, "arteri-an-001")
    holder.get(f"/accounts/{account}/delete")
    assert holder.submit({}, follow=True).texts("//h1") == ["アカウントID削除完了"]


@pytest.mark.req("UCOM-78", "UCOM-169")
def test_a_double_click_deletes_once_and_a_second_tab_finds_nothing(home: Household, holder: PortalClient) -> None:
    account = home.account("arteri-an-001")
    tab = holder.get(f"/accounts/{account}/delete").form_values()
    values = holder.get(f"/accounts/{account}/delete").form_values()

    async def twice() -> list[Any]:
        path = f"/accounts/{account}/delete"
        return list(await asyncio.gather(*(holder.arequest("POST", path, data=values) for _ in range(3))))

    answers = home.portal.wait(twice())
    assert {answer.status_code for answer in answers} == {303}
    assert len([row for row in rows(home.portal, AuditEntry) if row.action == "account.deleted"]) == 1
    assert holder.post(f"/accounts/{account}/delete", tab).status == 404
    assert holder.post(f"/accounts/{uuid.uuid4()}/delete", values).status == 404


def test_a_purchase_for_an_account_that_is_deleted_at_once_is_not_left_behind(home: Household) -> None:
    """Whoever takes the contract's lock first: the account's options end with it, or are refused."""
    portal = home.portal
    one, two = (signed_in(portal, BY_NUMBER, NUMBER) for _ in range(2))
    accounts = [home.account(f"arteri-an-00{n}", MANAGER) for n in range(3)]
    for account in accounts:
        with_address(home, account, f"a{account.hex[:6]}@s2.spaaqs.ne.jp")
        shown = one.get(f"/options/security?account={account}")
        form = "//main//section[@aria-labelledby='security-360']//form"
        ticks = dict.fromkeys(shown.html.xpath(f"{form}//input[@type='checkbox']/@name"), "1")
        confirm = one.get(one.submit(ticks, form=form).location)
        action = confirm.all("//main//form[@method='post']/@action")[-1]
        buying = confirm.form_values("//main//form[@method='post']")
        deleting = two.get(f"/accounts/{account}/delete").form_values()

        async def both(
            action: str = action,
            buying: dict[str, str] = buying,
            account: uuid.UUID = account,
            deleting: dict[str, str] = deleting,
        ) -> list[int]:
            found = await asyncio.gather(
                one.arequest("POST", action, data=buying),
                two.arequest("POST", f"/accounts/{account}/delete", data=deleting),
            )
            return [answer.status_code for answer in found]

        bought, deleted = portal.wait(both())
        assert deleted == 303
        assert bought in (303, 404, 409, 422)
    assert held(portal) == []
    assert [row.value for row in rows(portal, Resource) if row.ended_at is None] == []


def test_changing_and_deleting_at_once_leaves_a_deleted_account(home: Household) -> None:
    portal = home.portal
    one, two = (signed_in(portal, BY_NUMBER, NUMBER) for _ in range(2))
    account = home.account("arteri-an-001", family_name="有光", given_name="杏", family_kana="ア", given_kana="ア")
    one.get(f"/accounts/{account}")
    confirm = one.get(one.submit({"user_name": "香"}).location).form_values()
    deleting = two.get(f"/accounts/{account}/delete").form_values()

    async def both() -> list[int]:
        found = await asyncio.gather(
            one.arequest("POST", f"/accounts/{account}/confirm", data=confirm),
            two.arequest("POST", f"/accounts/{account}/delete", data=deleting),
        )
        return [answer.status_code for answer in found]

    changed, deleted = portal.wait(both())
    assert deleted == 303
    assert changed in (303, 404)
    assert [row.status for row in rows(portal, Account) if row.id == account] == ["closed"]


@pytest.mark.req("UCOM-15")
def test_a_deleted_account_buys_nothing_any_more(home: Household, holder: PortalClient) -> None:
    account = home.account("arteri-an-001", MANAGER)
    browser = signed_in(home.portal, BY_ACCOUNT, "arteri-an-001")
    browser.get("/options/support")
    form = browser.last.form_values("//main//section//form") if browser.last else {}
    holder.get(f"/accounts/{account}/delete")
    holder.submit({})
    assert browser.get("/options/support").status == 200
    refused = browser.post("/options/support", form)
    assert refused.status == 403
    assert "お申し込みや変更はできません" in refused.text
    assert held(home.portal) == []
