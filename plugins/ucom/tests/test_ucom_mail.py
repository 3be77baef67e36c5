"""メールアドレス登録／変更: the manual's texts to the character, the rule of an address, what ends, and who is told."""

from __future__ import annotations

import asyncio
import re
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from ucomkit import NUMBER, Household, household, signed_in

from mypage.audit.models import AuditEntry
from mypage.auth.closing import close_account
from mypage.auth.models import Account
from mypage.contracts.models import Contract, Resource, Subscription
from mypage.contracts.reaching import ContractRef, reach_contract
from mypage.db.keys import Vault
from mypage.db.session import Tx
from mypage.hooks.context import Principal
from mypage.hooks.permissions import MAILBOX_CHANGE
from mypage.mail.composing import compose
from mypage.mail.models import MailMessage
from mypage.mail.service import claim
from mypage.mail.values import unpack_values
from mypage.operators.operator import Operator
from mypage.orders.models import ProductOrder, ProvisioningJob
from mypage.subaccounts import mailbox_change
from mypage.subaccounts.accounts import SubAccount, reach_account
from mypage.subaccounts.mailbox_change import AddressRefused, Wanted
from mypage.testing.portal import Answer, MakePortal, Portal, PortalClient
from mypage_ucom.mail import DOMAIN, MAILBOXES
from mypage_ucom.names import BY_ACCOUNT, BY_NUMBER, FIBER, MANAGER, USER

OWN, OTHER = {"use": "own", "consent": "1"}, {"use": "other", "consent": "1"}
OUTSIDE = "arteri-an@ucom.ne.jp"
ENDS = (
    "UCOM光メールアドレスから他社メールアドレスへ変更された場合、今まで登録されていたメール、"
    "Webスペースのご利用ができなくなります。"
)
ABOUT_OWN = (
    "UCOM光の提供するメールアドレスでは、1GBのメールボックスをご利用いただけます。有料で10GBに容量を増設することができます。"
    "また、Webスペース/メール転送サービス/ウイルスチェックサービスをご利用いただくことができます。"
)
NOTES = [
    "お申し込み後のキャンセルは行いません。",
    "お申し込み後、すぐにご利用いただけます。",
    "利用料金は購入翌月から発生いたします。",
    (
        "メールアドレスはアカウントIDに付随し、単体での解約手続きは行いません。"
        "アカウントIDを残したままメールアドレスを解約されたい場合は、「他社のメールアドレスを利用する」設定にご変更ください。"
    ),
    (
        "メールアドレスの変更は費用は発生しませんが、同月内に、取得・解約・取得を繰り返された場合でも、"
        "メールサービス購入毎の費用が発生いたします。"
    ),
    "当月末日までにマイページにて解約されたものに対し、当月での解約を行います。",
    "解約時は、解約月の当月分の料金が発生いたします。",
    "利用開始および解約時の日割り計算は行いません。",
]


@pytest.fixture
def portal(make_portal: MakePortal) -> Portal:
    return make_portal("ucom", theme="ucom")


@pytest.fixture
def home(portal: Portal) -> Household:
    return household(portal)


@pytest.fixture
def account(home: Household) -> uuid.UUID:
    return home.account("arteri-an-001")


@pytest.fixture
def holder(home: Household) -> PortalClient:
    return signed_in(home.portal, BY_NUMBER, NUMBER)


def buy(home: Household, product: str = "mail-web") -> None:
    """The contract holds a mail product, so that addresses are left."""
    home.portal.run(
        lambda tx: tx.add(
            Subscription(
                tenant_id=tx.tenant,
                customer_id=home.customer_id,
                contract_id=home.contract_id,
                holder_id=home.contract_id,
                product=product,
                bought_at=tx.now() - timedelta(days=1),
            )
        )
    )


def on_fiber(home: Household) -> None:
    """A contract whose first address is free of charge."""

    def work(tx: Tx) -> None:
        contract = tx.get(Contract, (tx.tenant, home.contract_id))
        assert contract is not None
        contract.plan = FIBER

    home.portal.run(work)


def have(home: Household, account: uuid.UUID, value: str, *, kind: str = "mail", own: bool = True) -> None:
    def work(tx: Tx) -> None:
        tx.add(
            Resource(
                tenant_id=tx.tenant,
                customer_id=home.customer_id,
                contract_id=home.contract_id,
                account_id=account,
                kind=kind,
                value=value,
                value_key=value,
                own=own,
                started_at=tx.now() - timedelta(days=1),
            )
        )

    home.portal.run(work)


def found(portal: Portal, model: Any, *order: Any) -> list[Any]:
    return portal.run(lambda tx: list(tx.scalars(select(model).where(model.tenant_id == tx.tenant).order_by(*order))))


def living(portal: Portal) -> list[str]:
    """Everything that accounts have now."""
    return sorted(row.value for row in found(portal, Resource) if row.ended_at is None)


def enter(browser: PortalClient, account: uuid.UUID, values: dict[str, str]) -> Answer:
    browser.get(f"/accounts/{account}/mail")
    return browser.submit(values)


def register(browser: PortalClient, account: uuid.UUID, values: dict[str, str]) -> Answer:
    """Through all three steps."""
    entered = enter(browser, account, values)
    assert entered.status == 303, entered.errors
    browser.get(entered.location)
    return browser.submit({}, follow=True)


def own(local: str) -> dict[str, str]:
    return OWN | {"local": local}


def other(address: str) -> dict[str, str]:
    return OTHER | {"address": address}


def facts(page: Answer) -> dict[str, str]:
    names = page.texts("//main//dl[contains(@class,'facts')]/div/dt")
    return dict(zip(names, page.texts("//main//dl[contains(@class,'facts')]/div/dd"), strict=True))


@pytest.mark.req("UCOM-82", "UCOM-85")
def test_the_form_has_the_manuals_words(home: Household, account: uuid.UUID, holder: PortalClient) -> None:
    buy(home)
    page = holder.get(f"/accounts/{account}/mail")
    assert page.status == 200
    assert page.texts("//h1") == ["メールアドレス登録／変更"]
    assert "メールアドレスを入力し、[次へ進む] ボタンをクリックしてください。" in page.text
    assert facts(page) == {"アカウントID": "arteri-an-001", "現在のメールアドレス": "未登録"}
    radios = "//input[@type='radio']"
    assert page.texts(f"{radios}/..") == ["UCOMの提供するメールアドレスを取得する", "他社のメールを利用する"]
    assert page.all(f"{radios}[@disabled or @checked]") == []
    assert page.texts("//*[@class='group__sep']") == ["@s2.spaaqs.ne.jp"]
    assert page.texts("//*[@id='local-rules']/p") == [
        "※半角英小文字、半角数字および記号(.-_)がご利用いただけます。",
        "※3文字以上15文字以内で入力してください。",
        "※記号の連続使用、先頭と末尾での使用はできません。",
    ]
    assert ABOUT_OWN in page.texts("//main//p")
    assert [text for text in page.texts("//main//li") if text in NOTES] == NOTES
    assert page.texts("//main//details/summary") == ["メールアドレス変更時の注意事項"]
    consent = "お申し込みの前に注意事項を必ずお読みになり、「上記の内容に同意する」にチェックしてください。"
    assert consent in page.texts("//main//p")
    assert page.texts("//label[input[@type='checkbox']]") == ["上記の内容に同意する"]
    assert page.texts("//main//button[not(@aria-hidden)]") == ["次へ進む"]


@pytest.mark.req("UCOM-80")
def test_three_ways_lead_to_the_form(home: Household, account: uuid.UUID, holder: PortalClient) -> None:
    target = f"/accounts/{account}/mail"
    assert target in holder.get("/overview").all("//details//a/@href")
    assert target in holder.get("/accounts").all("//main//a/@href")


@pytest.mark.req("UCOM-39", "UCOM-40")
def test_an_address_equal_to_the_account_id_is_advised_against_and_accepted(
    home: Household, account: uuid.UUID, holder: PortalClient
) -> None:
    buy(home)
    [advice] = [note for note in holder.get("/accounts/new").texts("//main//li") if "@前" in note]
    assert advice.startswith(
        "アカウントIDとパスワードは、このアカウントIDで取得するメールアドレスのIDとパスワードになります。"
    )
    register(holder, account, own("arteri-an-001"))
    assert living(home.portal) == [f"arteri-an-001@{DOMAIN}"]


@pytest.mark.req("UCOM-37", "UCOM-38")
def test_local_parts_by_the_rule() -> None:
    [boxes] = MAILBOXES
    assert boxes.local is not None
    right = ["abc", "arteri.an", "arteria.net_001", "a-b.c_d", "arteri-an-001", "123456789012345"]
    assert [boxes.local.broken(local) for local in right] == [""] * len(right)


WRONG_LOCALS = {
    "ab": "3文字以上15文字以内",
    "a234567890123456": "3文字以上15文字以内",
    "Abc": "半角の英小文字と数字、記号",
    "ａｂｃ": "半角の英小文字と数字、記号",
    "あいう": "半角の英小文字と数字、記号",
    "a b": "半角の英小文字と数字、記号",
    "a+b": "半角の英小文字と数字、記号",
    "a@b.c": "半角の英小文字と数字、記号",
    ".abc": "先頭と末尾",
    "abc_": "先頭と末尾",
    "a.-b": "先頭と末尾",
    "a..b": "先頭と末尾",
    "": "メールアドレスを入力",
    "postmaster": "このメールアドレスはご利用いただけません",
    "abuse": "このメールアドレスはご利用いただけません",
}


@pytest.mark.req("UCOM-37", "UCOM-38", "UCOM-82")
def test_local_parts_against_the_rule_are_refused_with_the_rule(
    home: Household, account: uuid.UUID, holder: PortalClient
) -> None:
    buy(home)
    holder.get(f"/accounts/{account}/mail")
    for local, why in WRONG_LOCALS.items():
        answer = holder.submit(own(local))
        assert answer.status == 422
        assert [why in error for error in answer.errors] == [True], (local, answer.errors)
        assert answer.all("//input[@name='local']/@value") == [local] * bool(local)
        assert answer.all("//input[@name='consent']/@checked") == ["checked"]
    assert found(home.portal, Resource) == []


@pytest.mark.req("UCOM-81", "UCOM-85", "UCOM-86", "UCOM-87", "UCOM-91")
def test_an_own_address_is_registered_at_once_and_no_mail_goes_out(
    home: Household, account: uuid.UUID, holder: PortalClient
) -> None:
    buy(home)
    entered = enter(holder, account, own("arteri.an"))
    assert entered.status == 303, entered.errors
    assert living(home.portal) == []
    page = holder.get(entered.location)
    assert page.texts("//h1") == ["メールアドレス登録／変更確認"]
    assert "登録内容をご確認いただき、問題ない場合は【登録】ボタンをクリックしてください。" in page.text
    rows = {
        "アカウントID": "arteri-an-001",
        "利用メール": "UCOMの提供するメールアドレスを取得する",
        "メールアドレス": "arteri.an@s2.spaaqs.ne.jp",
        "お申込み日": "2026/11/21",
    }
    assert facts(page) == rows
    assert [text for text in page.texts("//main//li") if text in NOTES] == NOTES
    assert page.texts("//*[@class='actions']/*") == ["入力画面へ戻る", "登録"]
    assert page.all("//*[contains(@class,'callout--warn')]") == []
    done = holder.submit({}, follow=True)
    assert done.status == 200
    assert done.texts("//h1") == ["メールアドレス登録／変更完了"]
    assert "お申し込みいただきました内容につきまして手続きが完了しました。" in done.text
    assert "メールソフト設定情報は【ご案内】をご参照ください。" in done.text
    assert holder.get(done.all("//a[normalize-space()='ご案内']/@href")[0]).status == 200
    assert facts(done) == rows
    assert "■お申し込み内容" in done.texts("//h2")
    assert living(home.portal) == ["arteri.an@s2.spaaqs.ne.jp"]
    assert found(home.portal, MailMessage) == []
    [job] = found(home.portal, ProvisioningJob)
    assert (job.action, job.product, job.subject) == ("start", "mailbox", "arteri.an@s2.spaaqs.ne.jp")
    assert {row.id: row.email for row in found(home.portal, Account)}[account] == "arteri.an@s2.spaaqs.ne.jp"


@pytest.mark.req("UCOM-88", "UCOM-176", "UCOM-177", "UCOM-86")
def test_another_companys_address_gets_a_mail_without_link(
    home: Household, account: uuid.UUID, holder: PortalClient
) -> None:
    entered = enter(holder, account, other(OUTSIDE))
    assert entered.status == 303, entered.errors
    page = holder.get(entered.location)
    rows = {
        "アカウントID": "arteri-an-001",
        "利用メール": "他社のメールを利用する",
        "メールアドレス": OUTSIDE,
        "お申込み日": "2026/11/21",
    }
    assert facts(page) == rows
    assert ENDS in page.texts("//main//p")
    assert (
        "英数字の文字数に制限があるアドレスの場合、必要情報が確認できない場合がありますのでご注意ください。"
        in page.texts("//main//p")
    )
    done = holder.submit({}, follow=True)
    assert done.texts("//main//*[contains(@class,'done-mark')]/../p") == [
        "お申込みいただきました内容につきまして手続きが完了しました。",
        f"{OUTSIDE} 宛に、「メールアドレス登録完了メール」を送信しましたのでご確認ください。",
        "メールが届かない場合は、再度登録を行ってください。",
    ]
    assert facts(done) == rows
    assert ENDS in done.texts("//main//p")
    [mail] = found(home.portal, MailMessage)
    assert (mail.template, mail.recipient, mail.subject_id) == ("mailbox_registered", OUTSIDE, account)
    vault = home.portal.server.ports.get(Vault)
    values = home.portal.run(
        lambda tx: unpack_values(vault.open(tx, mail.sealed, table="mail_message", column="sealed", row=str(mail.id)))
    )
    assert set(values) == {"account", "address", "registered_at"}
    assert "://" not in " ".join(str(value) for value in values.values())
    assert living(home.portal) == [OUTSIDE]
    assert found(home.portal, ProvisioningJob) == []


@pytest.mark.req("UCOM-88", "UCOM-176", "UCOM-177")
def test_the_mail_says_what_was_registered_and_has_no_link(
    home: Household, account: uuid.UUID, holder: PortalClient
) -> None:
    register(holder, account, other(OUTSIDE))
    portal = home.portal
    [mail] = found(portal, MailMessage)
    queued = portal.run(lambda tx: claim(tx, portal.server.ports.get(Vault), mail.id, mail_domain="isp.example"))
    tenant = portal.server.registry.current.get(portal.name)
    assert queued is not None
    assert tenant is not None
    message = compose(
        queued,
        tenant=tenant,
        operator=operator_of(portal),
        templates=portal.server.kernels["ucom"].responder.templates,
        origin=portal.origin,
        login_url=f"{portal.origin}/login",
        now=portal.clock.now(),
    )
    assert message["Subject"] == "メールアドレス登録完了メール"
    body, html = (message.get_body((kind,)) for kind in ("plain", "html"))
    assert body is not None
    assert html is not None
    text = body.get_content()
    assert "UCOM光 レジデンス 会員専用ツール マイページで、メールアドレスの登録が完了しました。" in text
    assert "対象のアカウント: arteri-an-001" in text
    assert f"メールアドレス: {OUTSIDE}" in text
    assert "://" not in text
    assert "http" not in html.get_content()


@pytest.mark.req("UCOM-88")
def test_accounts_that_come_and_go_send_no_more_mails(home: Household, holder: PortalClient) -> None:
    """An account is deleted and another one registered at once: the limit is the customer's, too."""
    for number in range(mailbox_change.MAILS_OF_ALL):
        passing = home.account(f"passing-{number:03}")
        register(holder, passing, other("victim@example.jp"))
        home.portal.run(lambda tx, gone=passing: close_account(tx, gone, keep_sessions=False))
    last = enter(holder, home.account("passing-last"), other("victim@example.jp"))
    assert last.status == 422
    assert "1時間ほどおいて" in last.errors[0]
    assert len(found(home.portal, MailMessage)) == mailbox_change.MAILS_OF_ALL


@pytest.mark.req("UCOM-88")
def test_the_same_outside_address_can_be_registered_again_when_no_mail_came(
    home: Household, account: uuid.UUID, holder: PortalClient
) -> None:
    for _ in range(5):
        register(holder, account, other(OUTSIDE))
    assert len(found(home.portal, MailMessage)) == 5
    assert len(found(home.portal, Resource)) == 1
    sixth = enter(holder, account, other("victim@example.jp"))
    assert sixth.status == 422
    assert "1時間ほどおいて" in sixth.errors[0]
    home.portal.clock.at += timedelta(minutes=61)
    again = signed_in(home.portal, BY_NUMBER, NUMBER)
    assert enter(again, account, other("another@example.jp")).status == 303


@pytest.mark.req("UCOM-92")
def test_a_family_may_share_an_outside_address(home: Household, account: uuid.UUID, holder: PortalClient) -> None:
    second = home.account("arteri-an-002")
    register(holder, account, other(OUTSIDE))
    register(holder, second, other(OUTSIDE))
    assert living(home.portal) == [OUTSIDE, OUTSIDE]


WRONG_ENTRIES: list[tuple[dict[str, str], str]] = [
    ({"consent": "1"}, "利用メールを選んでください"),
    ({"use": "both", "consent": "1"}, "利用メールを選んでください"),
    ({"use": "other", "consent": "1"}, "メールアドレスを入力してください"),
    ({"use": "other", "address": OUTSIDE}, "上記の内容に同意する"),
    ({"use": "other", "consent": "1", "address": "nobody"}, "@"),
    ({"use": "other", "consent": "1", "address": "a@b\x00.jp"}, "使えない文字"),
    ({"use": "other", "consent": "1", "address": f"an@{DOMAIN.upper()}"}, f"@{DOMAIN}"),
]


@pytest.mark.req("UCOM-82", "UCOM-96")
def test_what_is_wrong_is_said(home: Household, account: uuid.UUID, holder: PortalClient) -> None:
    buy(home)
    holder.get(f"/accounts/{account}/mail")
    for values, why in WRONG_ENTRIES:
        answer = holder.post(f"/accounts/{account}/mail", values)
        assert answer.status == 422
        assert [why in error for error in answer.errors] == [True], (values, answer.errors)


def test_the_field_of_the_other_choice_is_none_of_ones_business(
    home: Household, account: uuid.UUID, holder: PortalClient
) -> None:
    buy(home)
    entered = enter(holder, account, own("arteri.an") | {"address": "not an address"})
    assert entered.status == 303, entered.errors
    assert enter(holder, account, other(OUTSIDE) | {"local": "NO!"}).status == 303


def test_the_whole_own_address_may_be_typed(home: Household, account: uuid.UUID, holder: PortalClient) -> None:
    buy(home)
    register(holder, account, own(f"arteri.an@{DOMAIN}"))
    assert living(home.portal) == [f"arteri.an@{DOMAIN}"]


@pytest.mark.req("UCOM-83", "UCOM-93")
def test_without_a_slot_the_first_choice_is_grey_and_points_to_the_purchase(home: Household) -> None:
    ids = {role: home.account(f"arteri-{role}", role) for role in (MANAGER, USER)}
    for login in (NUMBER, "arteri-manager"):
        browser = signed_in(home.portal, BY_NUMBER if login == NUMBER else BY_ACCOUNT, login)
        page = browser.get(f"/accounts/{ids[USER]}/mail")
        assert [r.get("disabled") is not None for r in page.all("//input[@type='radio']")] == [True, False]
        assert page.all("//input[@type='radio'][@value='other']/@checked") == ["checked"]
        assert page.all("//input[@name='local']") == []
        assert "オプションサービスの購入(有料)が必要" in page.text
        assert page.all("//*[@id='full']//a/@href") == ["/options/mail"]
        assert browser.get("/options/mail").status == 200
    browser = signed_in(home.portal, BY_ACCOUNT, "arteri-user")
    page = browser.get(f"/accounts/{ids[USER]}/mail")
    assert "オプションサービスの購入(有料)が必要" in page.text
    assert page.all("//*[@id='full']//a") == []
    assert "/options/mail" not in page.raw.text
    forged = browser.post(f"/accounts/{ids[USER]}/mail", own("arteri.an"))
    assert forged.status == 422
    assert living(home.portal) == []


@pytest.mark.req("UCOM-93", "UCOM-160", "UCOM-161")
def test_a_user_reaches_the_own_account_only(home: Household, portal: Portal) -> None:
    mine, sibling = home.account("arteri-an-001", USER), home.account("arteri-an-002", USER)
    foreign = household(portal, "90000000000001").account("else-where-1", USER)
    buy(home)
    user = signed_in(portal, BY_ACCOUNT, "arteri-an-001")
    register(user, mine, own("arteri.an"))
    assert living(portal) == [f"arteri.an@{DOMAIN}"]
    holder = signed_in(portal, BY_NUMBER, NUMBER)
    for browser, account in ((user, sibling), (user, foreign), (holder, foreign), (holder, uuid.uuid4())):
        for path in ("mail", "mail/confirm", "mail/done"):
            assert browser.get(f"/accounts/{account}/{path}").status == 404
        assert browser.post(f"/accounts/{account}/mail", other(OUTSIDE)).status == 404
        assert browser.post(f"/accounts/{account}/mail/confirm", {"operation": str(uuid.uuid4())}).status == 404
    assert living(portal) == [f"arteri.an@{DOMAIN}"]


@pytest.mark.req("UCOM-81", "UCOM-92")
def test_an_own_address_is_never_given_to_another_account_and_nobody_is_named(home: Household, portal: Portal) -> None:
    first, second = home.account("arteri-an-001"), home.account("arteri-an-002")
    buy(home)
    stranger = household(portal, "90000000000001")
    buy(stranger)
    third = stranger.account("else-where-1")
    holder, outside = signed_in(portal, BY_NUMBER, NUMBER), signed_in(portal, BY_NUMBER, "90000000000001")
    register(holder, first, own("arteri.an"))
    taken = [enter(holder, second, own("arteri.an")), enter(outside, third, own("arteri.an"))]
    register(holder, first, other(OUTSIDE))
    buy(home)
    taken += [enter(holder, second, own("arteri.an")), enter(outside, third, own("arteri.an"))]
    for answer in taken:
        assert answer.status == 422
        assert answer.errors == ["このメールアドレスはご利用いただけません。ほかのメールアドレスを入力してください"]
        assert "arteri-an-001" not in answer.text
    register(holder, first, own("arteri.an"))
    assert living(portal) == [f"arteri.an@{DOMAIN}"]
    assert len(found(portal, Resource)) == 3


@pytest.mark.req("UCOM-91")
def test_changing_one_own_address_for_another_takes_no_further_slot(
    home: Household, account: uuid.UUID, holder: PortalClient
) -> None:
    on_fiber(home)
    register(holder, account, own("arteri.an"))
    have(home, account, "www.s2.spaaqs.ne.jp/~an", kind="web")
    page = holder.get(f"/accounts/{account}/mail")
    assert page.all("//input[@type='radio'][@value='own']/@checked") == ["checked"]
    same = enter(holder, account, own("arteri.an"))
    assert same.errors == ["現在のメールアドレスと同じです"]
    done = register(holder, account, own("arteri.kyo"))
    assert done.all("//*[contains(@class,'callout--warn')]") == []
    assert living(home.portal) == [f"arteri.kyo@{DOMAIN}", "www.s2.spaaqs.ne.jp/~an"]
    jobs = [(job.action, job.subject) for job in found(home.portal, ProvisioningJob, ProvisioningJob.created_at)]
    assert sorted(jobs) == [
        ("end", f"arteri.an@{DOMAIN}"),
        ("start", f"arteri.an@{DOMAIN}"),
        ("start", f"arteri.kyo@{DOMAIN}"),
    ]
    assert found(home.portal, ProductOrder) == []


@pytest.mark.req("UCOM-89", "UCOM-90", "UCOM-152", "UCOM-154", "UCOM-155")
def test_leaving_an_own_address_ends_mail_box_and_web_space_and_perhaps_the_product(
    home: Household, account: uuid.UUID, holder: PortalClient
) -> None:
    buy(home)
    register(holder, account, own("arteri.an"))
    have(home, account, "www.s2.spaaqs.ne.jp/~an", kind="web")
    entered = enter(holder, account, other(OUTSIDE))
    page = holder.get(entered.location)
    [warning] = page.texts("//*[contains(@class,'callout--warn')]")
    assert f"arteri.an@{DOMAIN}" in warning
    assert "「メール&Webスペース」は自動的に解約されます。" in warning
    assert ENDS in page.texts("//main//p")
    assert living(home.portal) == [f"arteri.an@{DOMAIN}", "www.s2.spaaqs.ne.jp/~an"]
    done = holder.submit({}, follow=True)
    [warning] = done.texts("//*[contains(@class,'callout--warn')]")
    assert "「メール&Webスペース」は自動的に解約されました。" in warning
    assert ENDS in done.texts("//main//p")
    assert living(home.portal) == [OUTSIDE]
    [bought] = found(home.portal, Subscription)
    assert bought.ended_at == home.portal.clock.now()
    [order] = found(home.portal, ProductOrder)
    assert (order.action, order.cause, order.product) == ("end", "quota-fell", "mail-web")
    ended = [job.subject for job in found(home.portal, ProvisioningJob) if job.action == "end"]
    assert len(ended) == 3
    assert {f"arteri.an@{DOMAIN}", "www.s2.spaaqs.ne.jp/~an"} < set(ended)
    assert holder.get(f"/accounts/{account}/mail").all("//input[@value='own']/@disabled") == ["disabled"]


@pytest.mark.req("UCOM-152", "UCOM-153", "UCOM-154")
def test_the_mail_pack_ends_when_its_last_but_one_address_goes(home: Household, holder: PortalClient) -> None:
    on_fiber(home)
    first, second = home.account("arteri-an-001"), home.account("arteri-an-002")
    buy(home, "mail-pack")
    register(holder, first, own("arteri.one"))
    assert [s.ended_at for s in found(home.portal, Subscription)] == [None]
    register(holder, second, own("arteri.two"))
    holder.get(enter(holder, second, own("arteri.three")).location)
    assert holder.last is not None
    assert holder.last.all("//*[contains(@class,'callout--warn')]") == []
    done = register(holder, second, other(OUTSIDE))
    assert "「メールパック」は自動的に解約されました。" in done.text
    [bought] = found(home.portal, Subscription)
    assert bought.ended_at is not None


@pytest.mark.req("UCOM-84")
def test_two_tabs_cannot_pass_the_limit(home: Household, portal: Portal) -> None:
    on_fiber(home)
    accounts = [home.account(f"arteri-an-00{n}") for n in range(4)]
    browsers = [signed_in(portal, BY_NUMBER, NUMBER) for _ in accounts]
    forms = []
    for n, (browser, account) in enumerate(zip(browsers, accounts, strict=True)):
        entered = enter(browser, account, own(f"arteri.{n}"))
        assert entered.status == 303, entered.errors
        forms.append((browser.get(entered.location).form_values(), account))

    async def all_at_once() -> list[Any]:
        return await asyncio.gather(
            *(
                browser.arequest("POST", f"/accounts/{account}/mail/confirm", data=values)
                for browser, (values, account) in zip(browsers, forms, strict=True)
            )
        )

    answers = [Answer(raw) for raw in portal.wait(all_at_once())]
    assert sorted(answer.status for answer in answers) == [303, 422, 422, 422]
    refused = [answer for answer in answers if answer.status == 422]
    assert all("登録可能なUCOM光のメールアドレスがありません。" in answer.errors[0] for answer in refused)
    assert len(living(portal)) == 1


@pytest.mark.req("UCOM-92")
def test_two_contracts_cannot_get_one_address_at_once(portal: Portal) -> None:
    browsers, forms = [], []
    for n in range(4):
        number = f"9000000000000{n}"
        home = household(portal, number)
        on_fiber(home)
        account = home.account(f"arteri-an-00{n}")
        browser = signed_in(portal, BY_NUMBER, number)
        entered = enter(browser, account, own("arteri.an"))
        forms.append((browser.get(entered.location).form_values(), account))
        browsers.append(browser)

    async def all_at_once() -> list[Any]:
        return await asyncio.gather(
            *(
                browser.arequest("POST", f"/accounts/{account}/mail/confirm", data=values)
                for browser, (values, account) in zip(browsers, forms, strict=True)
            )
        )

    assert sorted(raw.status_code for raw in portal.wait(all_at_once())) == [303, 422, 422, 422]
    assert living(portal) == [f"arteri.an@{DOMAIN}"]


@pytest.mark.req("UCOM-81", "UCOM-92")
def test_an_address_that_another_contract_had_and_left_meanwhile_is_taken_all_the_same(portal: Portal) -> None:
    """Between the check and the row of one contract, another one gets the address, leaves it, and both commit."""
    homes = [household(portal, f"9000000000000{n}") for n in range(2)]
    accounts = [home.account(f"arteri-an-00{n}") for n, home in enumerate(homes)]
    for home in homes:
        on_fiber(home)
    wanted = Wanted(own=True, address=f"arteri.an@{DOMAIN}")

    def work(tx: Tx) -> None:
        ref, account = reached(tx, portal, homes[0], accounts[0])
        mailbox_change.check(tx, operator_of(portal), ref, account, wanted)
        quick = signed_in(portal, BY_NUMBER, homes[1].number)
        register(quick, accounts[1], own("arteri.an"))
        register(quick, accounts[1], other(OUTSIDE))
        mailbox_change._begin(tx, operator_of(portal), ref, account, wanted)

    with pytest.raises(AddressRefused, match="taken"):
        portal.run(work)
    assert [row.account_id for row in found(portal, Resource) if row.own] == [accounts[1]]


def operator_of(portal: Portal) -> Operator:
    return portal.server.compiled.operators["ucom"]


def reached(tx: Tx, portal: Portal, home: Household, account: uuid.UUID) -> tuple[ContractRef, SubAccount]:
    operator = operator_of(portal)
    principal = Principal(
        account_id=home.holder_id,
        customer_id=home.customer_id,
        session_id=uuid.uuid4(),
        scheme=BY_NUMBER,
        role="holder",
        name="",
        customer_number=home.number,
        email="",
        permissions=operator.permissions.of("holder"),
    )
    return reach_contract(tx, principal), reach_account(tx, operator, principal, account, MAILBOX_CHANGE)


def at_once(browser: PortalClient, path: str, values: dict[str, str], times: int) -> list[Answer]:
    """The same form so many times at the same moment, and once more after all of them."""

    async def together() -> list[Any]:
        return await asyncio.gather(*(browser.arequest("POST", path, data=values) for _ in range(times)))

    return [*(Answer(raw) for raw in browser.portal.wait(together())), browser.post(path, values)]


def test_a_form_pressed_many_times_at_once_registers_once(home: Household, holder: PortalClient) -> None:
    for number, times in enumerate((2, 8, 64), 1):
        account = home.account(f"arteri-an-00{number}")
        entered = enter(holder, account, other(OUTSIDE))
        values = holder.get(entered.location).form_values()
        answers = at_once(holder, f"/accounts/{account}/mail/confirm", values, times)
        assert {answer.status for answer in answers} == {303}
        assert len({answer.location for answer in answers}) == 1
        assert len(found(home.portal, MailMessage)) == number
        assert len(found(home.portal, Resource)) == number
        assert len([e for e in found(home.portal, AuditEntry) if e.action.startswith("mailbox.")]) == number


def test_back_keeps_what_was_entered_and_a_reload_shows_the_result(
    home: Household, account: uuid.UUID, holder: PortalClient
) -> None:
    entered = enter(holder, account, other(OUTSIDE))
    back = holder.get(entered.location).all("//a[normalize-space()='入力画面へ戻る']/@href")[0]
    assert holder.get(back).form_values()["address"] == OUTSIDE
    holder.get(entered.location)
    done = holder.submit({})
    assert holder.get(done.location).status == 200
    assert holder.get(entered.location).location == done.location
    assert holder.get(f"/accounts/{account}/mail/confirm").location == f"/accounts/{account}/mail"
    assert holder.get(f"/accounts/{account}/mail/confirm?draft={uuid.uuid4()}").status == 409
    assert holder.get(f"/accounts/{account}/mail/done?operation=no").location == f"/accounts/{account}/mail"


def test_a_draft_of_one_account_is_none_of_another(home: Household, account: uuid.UUID, holder: PortalClient) -> None:
    second = home.account("arteri-an-002")
    entered = enter(holder, account, other(OUTSIDE))
    values = holder.get(entered.location).form_values()
    assert holder.post(f"/accounts/{second}/mail/confirm", values).status == 409
    assert living(home.portal) == []


@pytest.mark.req("UCOM-15")
def test_an_account_that_is_gone_meanwhile_gets_nothing(
    home: Household, account: uuid.UUID, holder: PortalClient
) -> None:
    entered = enter(holder, account, other(OUTSIDE))
    values = holder.get(entered.location).form_values()

    def close(tx: Tx) -> None:
        row = tx.get(Account, (tx.tenant, account))
        assert row is not None
        row.status = "closed"

    home.portal.run(close)
    assert holder.post(f"/accounts/{account}/mail/confirm", values).status == 404
    assert living(home.portal) == []


@pytest.mark.req("UCOM-172")
def test_the_date_is_tokyos(home: Household, account: uuid.UUID, holder: PortalClient) -> None:
    home.portal.clock.at = datetime(2026, 12, 31, 15, 30, tzinfo=UTC)
    browser = signed_in(home.portal, BY_NUMBER, NUMBER)
    entered = enter(browser, account, other(OUTSIDE))
    assert facts(browser.get(entered.location))["お申込み日"] == "2027/01/01"


@pytest.mark.req("UCOM-174")
def test_the_trail_says_who_gave_which_address_to_which_account(home: Household, portal: Portal) -> None:
    mine = home.account("arteri-an-001", USER)
    buy(home)
    register(signed_in(portal, BY_ACCOUNT, "arteri-an-001"), mine, own("arteri.an"))
    register(signed_in(portal, BY_NUMBER, NUMBER), mine, other(OUTSIDE))
    entries = [e for e in found(portal, AuditEntry, AuditEntry.at) if e.action.startswith("mailbox.")]
    entries.sort(key=lambda e: e.before is not None)
    assert [(e.action, e.object_id, e.actor) for e in entries] == [
        ("mailbox.registered", str(mine), str(mine)),
        ("mailbox.changed", str(mine), str(home.holder_id)),
    ]
    assert [(e.after["by_scheme"], e.after["by_role"], e.after["account"]) for e in entries] == [
        (BY_ACCOUNT, USER, "arteri-an-001"),
        (BY_NUMBER, "holder", "arteri-an-001"),
    ]
    assert entries[1].before["address"] == f"arteri.an@{DOMAIN}"
    assert entries[1].after["ended"] == "メール&Webスペース"


def test_no_page_of_the_flow_needs_a_script(home: Household, account: uuid.UUID, holder: PortalClient) -> None:
    page = holder.get(f"/accounts/{account}/mail")
    assert not re.search(r"data-hx-|onclick=", page.raw.text.partition("<main")[2])
