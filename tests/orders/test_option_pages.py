"""The pages of options at an operator whose products, prices and words are others than the shipped ones'."""

from __future__ import annotations

import uuid
from datetime import date, timedelta

import pytest
from orderkit import at
from sqlalchemy import select

import sample_operator.plugin as nagi
from mypage.billing.charging import Purchase, charges
from mypage.contracts.models import Resource, Subscription
from mypage.contracts.papers import Paper, note_paper, paper_running, settle_paper
from mypage.db.keys import Vault
from mypage.db.session import Tx
from mypage.hooks.provisioning import ProvisioningDone
from mypage.mail.models import MailMessage
from mypage.mail.service import Outgoing, claim
from mypage.orders.history import list_orders
from mypage.orders.models import ProductOrder, ProvisioningJob
from mypage.orders.provisioning import note_done, note_failed
from mypage.subaccounts.deleting import delete, would_end
from mypage.testing.portal import Answer, MakePortal, PortalClient
from subaccounts.familykit import Family, make_family

PRICES = {product.code: product.price for product in nagi.product_items()}
HOLDER = "h1000001@nagi.example"
JAN, FEB, MAR = (date(2026, month, 1) for month in (1, 2, 3))


@pytest.fixture
def family(make_portal: MakePortal) -> Family:
    portal = make_portal("nagi", plugins={"nagi": nagi}, settings={"harbour": "北の港"})
    return make_family(portal)


def give_address(family: Family, account: uuid.UUID, address: str) -> None:
    family.portal.run(
        lambda tx: tx.add(
            Resource(
                tenant_id=tx.tenant, customer_id=family.customer_id, contract_id=family.ref.id, account_id=account,
                kind="mail", value=address, value_key=address, own=False, started_at=tx.now(),
            )
        )
    )  # fmt: skip


def order(browser: PortalClient, page: str) -> Answer:
    """Press the only button, check, and finish."""
    browser.get(f"/options/{page}")
    chosen = browser.submit({}, form="//main//section//form")
    assert chosen.status == 303
    browser.get(chosen.location)
    return browser.submit({}, form="//main//form[contains(@action,'confirm')]", follow=True)


def purchases(family: Family) -> list[Purchase]:
    def read(tx: Tx) -> list[Purchase]:
        rows = tx.scalars(select(Subscription).where(Subscription.tenant_id == tx.tenant))
        return [Purchase(str(r.id), r.product, str(r.holder_id), r.bought_at, r.ended_at, r.again) for r in rows]

    return family.portal.run(read)


def billed(family: Family, month: date) -> int:
    return sum(charge.amount for charge in charges(month, purchases(family), PRICES))


def promised(page: Answer) -> list[str]:
    return page.texts("//ol[@class='ahead']/li/p[@class='amount']")


def test_who_reads_what_will_be_charged_has_as_much_time_as_the_session(family: Family) -> None:
    browser = family.signed_in(HOLDER)
    browser.get("/options/more")
    browser.get(browser.submit({}, form="//main//section//form").location)
    family.portal.clock.at += nagi.session_policy().idle - timedelta(minutes=1)
    done = browser.submit({}, form="//main//form[contains(@action,'confirm')]", follow=True)
    assert done.status == 200
    assert [row.product for row in purchases(family)] == ["family-more"]


def test_other_rules_of_prices_are_foreseen_and_charged(family: Family) -> None:
    family.portal.clock.at = at("2026-01-10 12:00")
    browser = family.signed_in(HOLDER)
    page = browser.get("/options/more")
    assert page.texts("//main//dt")[1:] == ["月々", "はじめの手数料"]
    chosen = browser.submit({}, form="//main//section//form")
    check = browser.get(chosen.location)
    assert check.texts("//h1") == ["追加の確認"]
    assert promised(check) == ["990円", "110円", "110円"]
    assert "はじめの手数料を含みます" in check.text
    assert "解約した月の料金はかかりません" in check.text
    browser.submit({}, form="//main//form[contains(@action,'confirm')]")
    family.portal.clock.at = at("2026-02-10 12:00")
    browser = family.signed_in(HOLDER)
    browser.get("/options/more")
    chosen = browser.submit({}, form="//main//section//form")
    assert promised(browser.get(chosen.location)) == ["0円", "0円"]
    done = browser.submit({}, form="//main//form[contains(@action,'confirm')]", follow=True)
    assert done.texts("//main//h2") == ["お受けした内容"]
    assert [billed(family, month) for month in (JAN, FEB, MAR)] == [900, 0, 0]


def test_room_that_was_bought_ends_when_the_family_is_small_again(family: Family) -> None:
    browser = family.signed_in(HOLDER)
    order(browser, "more")
    crew = [family.account(f"crew{n}@sea.nagi.example") for n in range(3)]
    assert "3個 / 4個 (基本 2個 + 2個)" in browser.get("/accounts").text
    told = family.portal.run(lambda tx: would_end(tx, family.operator, family.ref, crew[0]))
    assert [product.code for product in told.falling] == ["family-more"]
    gone = family.portal.run(lambda tx: delete(tx, family.operator, family.principal(), family.ref, crew[0]))
    assert [product.code for product in gone.ended.falling] == ["family-more"]
    assert all(p.ended for p in purchases(family))
    page = browser.get("/orders")
    assert "登録数が減ったことによる自動解約" in page.text


def test_what_an_account_gets_by_mail_is_confirmed_to_it(family: Family) -> None:
    crew = family.account("umi@sea.nagi.example")
    family.account("kaze@sea.nagi.example")
    browser = family.signed_in("umi@sea.nagi.example")
    page = browser.get("/options/weather")
    assert page.texts("//select//option") == []
    assert [button.get("aria-disabled") for button in page.all("//main//section//button")] == ["true"]
    give_address(family, crew, "umi@else.example")
    page = browser.get("/options/weather")
    assert page.all("//main//input[@type='checkbox']") == [], "nothing is to be agreed to"
    done = order(browser, "weather")
    assert "あすの朝から umi@else.example へお送りします。" in done.text
    page = browser.get("/options/weather/holdings")
    assert page.texts("//h1") == ["天気だよりの合言葉"]
    assert "(合言葉: *****)" in page.text
    assert "*****" not in browser.submit({}, form="//main//section//form").text
    holder = family.signed_in(HOLDER)
    assert holder.get("/options/more/holdings").status == 404, "there are no licences"
    assert holder.post("/options/more/pin", {"product": "family-more"}).status == 404
    assert browser.get("/options/more").status == 403
    assert billed(family, date(2026, 12, 1)) == 280

    def mails(tx: Tx) -> list[tuple[str, str]]:
        rows = tx.execute(select(MailMessage.template, MailMessage.recipient).where(MailMessage.tenant_id == tx.tenant))
        return [(row.template, row.recipient) for row in rows]

    assert family.portal.run(mails) == [("option_bought", "umi@else.example")]


def test_a_history_has_pages(family: Family) -> None:
    def fill(tx: Tx) -> None:
        row = Subscription(
            tenant_id=tx.tenant, id=uuid.uuid4(), customer_id=family.customer_id, contract_id=family.ref.id,
            holder_id=family.ref.id, product="gone", bought_at=tx.now(),
        )  # fmt: skip
        tx.add(row)
        tx.flush()
        for number in range(51):
            tx.add(
                ProductOrder(
                    tenant_id=tx.tenant, number=f"N{number:02d}", customer_id=family.customer_id,
                    contract_id=family.ref.id, subscription_id=row.id, product="gone", action="add", state="held",
                    cause="feed", placed_at=tx.now(), effective_on=tx.today(),
                )
            )  # fmt: skip

    family.portal.run(fill)
    browser = family.signed_in(HOLDER)
    first, second = browser.get("/orders"), browser.get("/orders?page=2")
    assert [len(page.all("//tbody/tr")) for page in (first, second)] == [50, 1]
    assert browser.get("/orders?page=3").status == 404
    assert "gone" in first.text
    assert "弊社でのお手続き" in first.text
    assert "お待ちください" in first.text
    own = family.portal.run(lambda tx: list_orders(tx, family.principal(uuid.uuid4(), "crew")))
    assert (own.orders, own.pages) == ((), 1)


HOOKED = {"provisioning": {"adapter": "webhook", "base_url": "http://127.0.0.1:9", "key_env": "NOT_USED_HERE"}}


@pytest.mark.req("UCOM-110", "UCOM-111")
def test_what_another_system_switches_waits_for_it_and_gets_its_watchword_from_it(make_portal: MakePortal) -> None:
    portal = make_portal("nagi", plugins={"nagi": nagi}, settings={"harbour": "北の港"}, extensions=HOOKED)
    family = make_family(portal)
    give_address(family, family.account("umi@sea.nagi.example"), "umi@else.example")
    browser = family.signed_in("umi@sea.nagi.example")
    taken = order(browser, "weather")
    assert taken.texts("//h1") == ["お申し込みの受付"]
    assert taken.texts("//*[contains(@class,'badge')]") == ["手続き中"]
    assert "お申し込みを受け付け、お手続きを進めています。" in taken.text
    assert "umi@else.example へお送りします" not in taken.text, "it is not there yet"
    assert "手続き中" in browser.get("/orders").text

    def mail(tx: Tx) -> Outgoing | None:
        mail_id = tx.scalars(select(MailMessage.id).where(MailMessage.tenant_id == tx.tenant)).one()
        return claim(tx, portal.server.ports.get(Vault), mail_id, mail_domain="nagi.example")

    told = portal.run(mail)
    assert told is not None
    assert (told.template, told.values["waiting"]) == ("option_bought", True)
    page = browser.get("/options/weather/holdings")
    assert "発行しています" in page.text
    assert page.all("//main//section//form") == []

    def answer(tx: Tx) -> None:
        job = tx.scalars(select(ProvisioningJob).where(ProvisioningJob.tenant_id == tx.tenant)).one()
        note_done(tx, portal.server.ports.get(Vault), job.id, ProvisioningDone(pin="NAMI-KAZE"))

    portal.run(answer)
    finished = browser.get(str(taken.raw.url))
    assert "umi@else.example へお送りします。" in finished.text
    assert "進めています" not in finished.text
    assert "完了" in browser.get("/orders").text
    browser.get("/options/weather/holdings")
    assert "(合言葉: NAMI-KAZE)" in browser.submit({}, form="//main//section//form").text

    def decline(tx: Tx) -> None:
        open_jobs = (ProvisioningJob.tenant_id == tx.tenant, ProvisioningJob.state == "waiting")
        note_failed(tx, tx.scalars(select(ProvisioningJob.id).where(*open_jobs)).one(), "no")

    ended = order(browser, "weather")
    portal.run(decline)
    assert "お手続きできませんでした（ご連絡します）" in browser.get("/orders").text
    declined = browser.get(str(ended.raw.url)).text
    assert "お手続きできませんでした（ご連絡します）" in declined
    assert "料金はかかりません" not in declined, "an end that is declined gives no money back"
    bought = order(browser, "weather")
    portal.run(decline)
    assert "このお申し込みの料金はかかりません。" in browser.get(str(bought.raw.url)).text
    assert "手続き中" in order(browser, "weather").text, "it may be bought again"


def test_a_paper_application_stops_buying_and_ending_until_it_is_settled(family: Family) -> None:
    browser, staff = family.signed_in(HOLDER), uuid.uuid4()
    order(browser, "more")
    assert len(purchases(family)) == 1
    browser.get("/options/more")
    begun = browser.submit({}, form="//main//section//form")
    browser.get(begun.location)

    def note(kind: str) -> uuid.UUID:
        paper = Paper(
            customer_id=family.customer_id,
            contract_id=family.ref.id,
            account_id=None,
            kind=kind,
            since=date(2026, 11, 20),
            until=None,
            note="",
        )
        return family.portal.run(lambda tx: note_paper(tx, paper, by=staff, reason="a letter came in"))

    assert family.portal.run(lambda tx: paper_running(tx, family.ref.id, "cancel")) is False
    note("payment")
    paper_id = note("cancel")
    assert family.portal.run(lambda tx: paper_running(tx, family.ref.id, "cancel")) is True
    assert family.portal.run(lambda tx: paper_running(tx, uuid.uuid4(), "cancel")) is False
    stopped = browser.submit({}, form="//main//form[contains(@action,'confirm')]", follow=True)
    assert "書面でのお申し込み（ご解約）" in stopped.text
    assert purchases(family)[0].ended is None
    page = browser.get("/options/more")
    assert not page.all("//main//section//button[@type='submit']")
    assert browser.post("/options/more", {"product": "family-more", "action": "end"}, follow=True).status == 200
    assert purchases(family)[0].ended is None
    family.portal.run(
        lambda tx: settle_paper(
            tx, family.customer_id, paper_id, by=staff, outcome="withdrawn", reason="they called it off"
        )
    )
    order(browser, "more")
    assert purchases(family)[0].ended is not None
