"""Addresses of an operator without a mail domain: one field, no choice, no consent, set by the holder alone."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from familykit import Family
from sqlalchemy import select

from mypage.contracts.models import Resource
from mypage.db.keys import Vault
from mypage.db.session import Tx
from mypage.lib.errors import NotFound
from mypage.mail.models import MailMessage
from mypage.orders.models import ProvisioningJob
from mypage.orders.values import Placed
from mypage.subaccounts.mailbox_change import AddressRefused, Wanted, register
from mypage.subaccounts.mailboxes import end_resources, mail_of, resources_of
from mypage.testing.portal import Answer, PortalClient

HOLDER, CREW = "h1000001@nagi.example", "umi@nagi.example"
OUTSIDE = "umi@example.jp"


@pytest.fixture
def crew(family: Family) -> uuid.UUID:
    return family.account(CREW)


def rows(family: Family, model: Any) -> list[Any]:
    return family.portal.run(lambda tx: list(tx.scalars(select(model).where(model.tenant_id == tx.tenant))))


def give(family: Family, account: uuid.UUID, address: str, *, own: bool = False) -> Any:
    vault = family.portal.server.ports.get(Vault)
    return family.portal.run(
        lambda tx: register(
            tx,
            vault,
            family.operator,
            family.ref,
            family.principal(),
            account_id=account,
            wanted=Wanted(own, address),
            language="ja",
        )
    )


def steps(browser: PortalClient, account: uuid.UUID, address: str) -> Answer:
    browser.get(f"/accounts/{account}/mail")
    entered = browser.submit({"address": address})
    assert entered.status == 303, entered.errors
    browser.get(entered.location)
    return browser.submit({}, follow=True)


def test_the_form_has_one_field_and_the_operators_words(family: Family, crew: uuid.UUID) -> None:
    browser = family.signed_in(HOLDER)
    page = browser.get(f"/accounts/{crew}/mail")
    assert page.texts("//h1") == ["お知らせの送り先"]
    assert page.all("//main//form//input[not(@type='hidden')]/@name") == ["address"]
    assert browser.submit({"address": ""}).errors == ["送り先を入力してください"]
    page = steps(browser, crew, OUTSIDE)
    assert page.texts("//h1") == ["送り先がきまりました"]
    assert f"{OUTSIDE} にお知らせを送りました。ご家族のようすにもどれます。" in page.text
    assert page.all("//main//p/a[normalize-space()='ご家族のようす']/@href") == ["/overview"] * 2
    assert page.texts("//main//dt") == ["メールアドレス", "送り先", "きめた日"]
    assert [(m.template, m.recipient) for m in rows(family, MailMessage)] == [("mailbox_registered", OUTSIDE)]


def test_crew_may_not_set_its_own_address_here(family: Family, crew: uuid.UUID) -> None:
    browser = family.signed_in(CREW)
    assert browser.get(f"/accounts/{crew}/mail").status == 403
    assert browser.post(f"/accounts/{crew}/mail", {"address": OUTSIDE}).status == 403
    assert browser.get("/overview").all("//details//a[contains(@href,'/mail')]") == []


def test_an_own_address_cannot_be_had_without_a_domain(family: Family, crew: uuid.UUID) -> None:
    browser = family.signed_in(HOLDER)
    browser.get(f"/accounts/{crew}/mail")
    forged = browser.post(f"/accounts/{crew}/mail", {"use": "own", "local": "umi"})
    assert forged.status == 422
    with pytest.raises(AddressRefused, match="full"):
        give(family, crew, "umi@nagi.example", own=True)
    assert rows(family, Resource) == []


def test_an_ended_address_stays_as_a_row(family: Family, crew: uuid.UUID) -> None:
    give(family, crew, OUTSIDE)
    give(family, crew, "other@example.jp")
    found = sorted(rows(family, Resource), key=lambda row: row.value)
    assert [(row.value, row.ended_at is None) for row in found] == [("other@example.jp", True), (OUTSIDE, False)]


def test_what_ends_with_an_account_costs_no_quota_and_asks_no_other_system(family: Family, crew: uuid.UUID) -> None:
    give(family, crew, OUTSIDE)
    lost = family.portal.run(lambda tx: end_resources(tx, family.operator, family.ref, crew, Placed(family.holder_id)))
    assert lost == {}
    assert mail_of(family.portal.run(lambda tx: resources_of(tx, crew))) is None
    assert rows(family, ProvisioningJob) == []


def test_a_service_reaches_no_account_of_others(family: Family, crew: uuid.UUID) -> None:
    with pytest.raises(NotFound):
        give(family, uuid.uuid4(), OUTSIDE)
    with pytest.raises(NotFound):
        give(family, family.holder_id, OUTSIDE)

    def as_crew(tx: Tx) -> Any:
        principal = family.principal(crew, role="crew")
        vault = family.portal.server.ports.get(Vault)
        wanted = Wanted(own=False, address=OUTSIDE)
        return register(
            tx, vault, family.operator, family.ref, principal, account_id=crew, wanted=wanted, language="ja"
        )

    with pytest.raises(NotFound):
        family.portal.run(as_crew)
    assert rows(family, Resource) == []
