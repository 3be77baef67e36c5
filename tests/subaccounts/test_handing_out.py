"""Accounts of another operator: other fields and roles, login IDs of two parts, and no session after a deletion."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from familykit import PASSWORD, Family, make_family
from sqlalchemy import func, select, update

from mypage.auth.errors import LoginNameTaken
from mypage.auth.factors.models import RecoveryCode, SecondFactor
from mypage.auth.models import Account, LoginName, LoginSession
from mypage.contracts.models import Contract
from mypage.contracts.reaching import ContractRef
from mypage.db.keys import Vault
from mypage.db.session import Tx
from mypage.hooks.permissions import ACCOUNT_CHANGE, ACCOUNT_READ
from mypage.lib.errors import NotAllowed, NotFound
from mypage.subaccounts.accounts import list_accounts, reach_account
from mypage.subaccounts.deleting import delete, reach_for_deletion
from mypage.subaccounts.errors import AccountsFull
from mypage.subaccounts.registering import AccountChange, Names, NewAccount, change, register
from mypage.testing.portal import Answer, MakePortal, PortalClient

NEW = "wide harbour lamp"
ENTRY = {
    "family_name": "Sample",
    "given_name": "Kai",
    "role": "reader",
    "login_local": "kai",
    "login_domain": "sea.nagi.example",
    "password": NEW,
    "password_again": NEW,
}


def wanted(login: str, role: str = "crew") -> NewAccount:
    return NewAccount(login_id=login, login_key=login, role=role, password_hash="x", names=Names(family_name="凪"))


def enter(browser: PortalClient, **changed: str) -> Answer:
    browser.get("/accounts/new")
    return browser.submit(ENTRY | changed)


def test_registering_with_other_fields(family: Family) -> None:
    browser = family.signed_in("h1000001@nagi.example")
    page = browser.get("/accounts/new")
    assert page.texts("//h1") == ["ご家族をふやす"]
    assert page.all("//main//form//*[self::input or self::select][not(@type='hidden')]/@name") == [
        "family_name",
        "given_name",
        "role",
        "role",
        "login_local",
        "login_domain",
        "password",
        "password_again",
    ]
    confirm = browser.get(enter(browser).location)
    assert confirm.texts("//h1") == ["ふやすまえの確認"]
    rows = [" ".join(node.text_content().split()) for node in confirm.all("//main//dl/div/dd")]
    assert rows == ["Sample Kai", "帳場", "kai@sea.nagi.example", "*****"]
    [back] = confirm.all("//main//form//a/@href")
    again = browser.get(back).form_values()
    assert (again["login_local"], again["login_domain"], again["role"]) == ("kai", "sea.nagi.example", "reader")
    browser.get(confirm.raw.url.raw_path.decode())
    done = browser.submit({}, follow=True)
    assert done.texts("//h1") == ["ご家族がふえました"]
    assert not done.all("//main//a[contains(@href,'/mail')]")
    kai = family.signed_in("kai@sea.nagi.example", NEW)
    assert kai.get("/accounts").status == 403
    assert kai.get("/bills").status == 200


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"login_local": "kai@x"}, "login_local"),
        ({"login_local": "海"}, "login_local"),
        ({"login_domain": ""}, "login_domain"),
        ({"login_domain": "evil.example"}, "login_domain"),
        ({"login_local": "h1000001", "login_domain": "nagi.example"}, "login_local"),
        ({"login_local": "", "login_domain": ""}, "login_local"),
        ({"role": "holder"}, "role"),
        ({"family_name": "x" * 41}, "family_name"),
    ],
)
def test_a_wrong_part_is_said_at_its_field(family: Family, changed: dict[str, str], field: str) -> None:
    page = enter(family.signed_in("h1000001@nagi.example"), **changed)
    assert page.status == 422
    assert page.all(f"//*[@id='{field}-e']"), page.errors


def test_a_deleted_account_is_out_at_once(family: Family) -> None:
    account = family.account("umi@nagi.example")
    browser = family.signed_in("umi@nagi.example")
    assert browser.get(f"/accounts/{account}").status == 200
    holder = family.signed_in("h1000001@nagi.example")
    page = holder.get(f"/accounts/{account}/delete")
    assert page.texts("//main//dl//li") == ["すぐにサインアウトされます。"]
    holder.submit({}, follow=True)
    assert browser.get(f"/accounts/{account}").location.startswith("/login")
    left = family.portal.run(lambda tx: _count(tx, LoginSession, account))
    assert left == 0


def test_what_an_account_reaches(family: Family) -> None:
    own, other = family.account("umi@nagi.example"), family.account("kaze@nagi.example", "reader")
    stranger = make_family(family.portal, "1000002").account("sora@nagi.example")
    holder, crew = family.principal(), family.principal(own, "crew")

    def work(tx: Tx) -> None:
        reach = family.operator
        assert [each.id for each in list_accounts(tx, reach, holder)] == [own, other]
        assert [each.id for each in list_accounts(tx, reach, crew)] == [own]
        assert list_accounts(tx, reach, family.principal(other, "reader")) == ()
        for account in (own, other):
            assert reach_account(tx, reach, holder, account, ACCOUNT_CHANGE).id == account
        assert reach_account(tx, reach, crew, own, ACCOUNT_CHANGE).login_id == "umi@nagi.example"
        for principal, account in ((crew, other), (crew, stranger), (holder, stranger), (holder, family.holder_id)):
            with pytest.raises(NotFound):
                reach_account(tx, reach, principal, account, ACCOUNT_READ)
        with pytest.raises(NotFound):
            reach_account(tx, reach, family.principal(other, "reader"), other, ACCOUNT_CHANGE)
        with pytest.raises(NotAllowed):
            reach_for_deletion(tx, reach, crew, own)

    family.portal.run(work)


def test_the_quota_counts_living_accounts_of_handed_out_roles(family: Family) -> None:
    def work(tx: Tx) -> None:
        first = register(tx, family.operator, family.principal(), family.ref, wanted("a1@nagi.example"))
        register(tx, family.operator, family.principal(), family.ref, wanted("a2@nagi.example", "reader"))
        with pytest.raises(AccountsFull):
            register(tx, family.operator, family.principal(), family.ref, wanted("a3@nagi.example"))
        delete(tx, family.operator, family.principal(), family.ref, first)
        with pytest.raises(LoginNameTaken):
            register(tx, family.operator, family.principal(), family.ref, wanted("a1@nagi.example"))
        register(tx, family.operator, family.principal(), family.ref, wanted("a3@nagi.example"))

    family.portal.run(work)
    neighbour = make_family(family.portal, "1000002")

    def taken(tx: Tx) -> None:
        for login in ("a1@nagi.example", "a2@nagi.example"):
            with pytest.raises(LoginNameTaken):
                register(tx, family.operator, neighbour.principal(), neighbour.ref, wanted(login))

    family.portal.run(taken)


def test_only_who_manages_accounts_changes_a_role(family: Family) -> None:
    account = family.account("umi@nagi.example")
    vault = family.portal.server.keyring

    def by(principal: Any) -> Any:
        asked = AccountChange(names=Names(family_name="海"), role="reader")
        return lambda tx: (
            change(tx, Vault(vault), family.operator, principal, family.ref, account, asked, language="ja").role
        )

    assert family.portal.run(by(family.principal(account, "crew"))) == "crew"
    assert family.portal.run(by(family.principal())) == "reader"


def test_nothing_of_a_deleted_account_signs_in_again(family: Family) -> None:
    account = family.account("umi@nagi.example")

    def prepare(tx: Tx) -> None:
        tx.add(
            SecondFactor(
                tenant_id=tx.tenant, account_id=account, kind="totp", name="x", sealed=b"x", created_at=tx.now()
            )
        )
        tx.add(RecoveryCode(tenant_id=tx.tenant, account_id=account, code_hash=b"x" * 32, created_at=tx.now()))

    family.portal.run(prepare)
    family.portal.run(lambda tx: delete(tx, family.operator, family.principal(), family.ref, account))

    def left(tx: Tx) -> tuple[int, int, str, str]:
        state = tx.scalars(
            select(LoginName.state).where(LoginName.tenant_id == tx.tenant, LoginName.owner_id == account)
        ).one()
        status = tx.scalars(select(Account.status).where(Account.tenant_id == tx.tenant, Account.id == account)).one()
        return _count(tx, SecondFactor, account), _count(tx, RecoveryCode, account), state, status

    assert family.portal.run(left) == (0, 0, "retired", "closed")
    with pytest.raises(NotFound):
        family.portal.run(lambda tx: delete(tx, family.operator, family.principal(), family.ref, account))


def test_without_a_living_contract_the_list_stands_and_nothing_can_be_registered(family: Family) -> None:
    family.account("umi@nagi.example")
    family.portal.run(lambda tx: _end_contract(tx, family.ref))
    browser = family.signed_in("h1000001@nagi.example")
    page = browser.get("/accounts")
    assert page.status == 200
    assert len(page.all("//main//tbody/tr")) == 1
    assert browser.get("/accounts/new").location == "/accounts"
    assert browser.get(f"/accounts/{uuid.uuid4()}").status == 404


def test_a_portal_without_accounts_has_no_such_pages(make_portal: MakePortal) -> None:
    browser = make_portal("actv").client()
    for path in ("", "/new", "/new/confirm", f"/{uuid.uuid4()}", f"/{uuid.uuid4()}/delete"):
        assert browser.get(f"/accounts{path}").status == 404


def test_the_input_of_a_password_that_was_handed_out(family: Family) -> None:
    """A new account's password is its own: the first login asks for no other."""
    browser = family.signed_in("h1000001@nagi.example", PASSWORD)
    browser.get(enter(browser, role="crew").location)
    browser.submit({})
    kai = family.signed_in("kai@sea.nagi.example", NEW)
    page = kai.get("/accounts")
    assert page.status == 200
    assert page.texts("//main//tbody//th") == ["kai@sea.nagi.example"]


def _count(tx: Tx, model: Any, account: uuid.UUID) -> int:
    found = select(func.count()).select_from(model).where(model.tenant_id == tx.tenant, model.account_id == account)
    return tx.scalars(found).one()


def _end_contract(tx: Tx, ref: ContractRef) -> None:
    tx.execute(
        update(Contract).where(Contract.tenant_id == tx.tenant, Contract.id == ref.id).values(status="terminated")
    )
