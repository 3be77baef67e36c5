"""How many there are and may be, and what ends by itself when they become fewer."""

from __future__ import annotations

import dataclasses
import uuid
from datetime import timedelta

import pytest
from orderkit import STAFF, Home, add_account, home, shop
from sqlalchemy import select

from mypage.audit.models import AuditEntry
from mypage.auth.models import Account
from mypage.contracts.models import Contract
from mypage.contracts.reaching import ContractRef, lock_contract, reach_contract
from mypage.db.session import Tx
from mypage.hooks.context import Principal
from mypage.lib.errors import NotFound
from mypage.orders.ending import end_fallen, end_of_account, held_by_account, would_fall
from mypage.orders.holdings import held, holdings
from mypage.orders.models import ProductOrder
from mypage.orders.placing import add
from mypage.orders.quotas import standing
from mypage.orders.values import Placed


def texts(tx: Tx, at: Home) -> dict[str, str]:
    return {name: stand.said(shop().catalogues["ja"]) for name, stand in standing(tx, shop(), at.ref).items()}


def buy(tx: Tx, at: Home, product: str, account: uuid.UUID | None = None) -> None:
    add(tx, shop(), at.ref, shop().products[product], account_id=account, placed=STAFF)


def ended(tx: Tx, at: Home) -> list[str]:
    return [h.product for h in holdings(tx, at.ref) if not h.active]


@pytest.mark.req("UCOM-24", "UCOM-49", "UCOM-50", "UCOM-100")
def test_a_quota_says_how_many_there_are_of_how_many_and_why(tx: Tx) -> None:
    at = home(tx, plan="sea")
    assert texts(tx, at) == {
        "logins": "0個 / 2個 (基本 2個)", "boxes": "0個 / 1個 (基本 1個 + 0個)", "sites": "0個 / 0個 (基本 0個 + 0個)"
    }  # fmt: skip
    one, two = at.account("one"), at.account("two")
    at.account("gone", status="closed")
    add_account(tx, at.ref.customer_id, "other-role", "holder")
    at.resource(one, "one@nagi.example")
    at.resource(two, "two@else.example", own=False)
    at.drop(at.resource(at.account("three"), "three@nagi.example"))
    at.resource(one, "~one", kind="web")
    buy(tx, at, "both-pack")
    assert texts(tx, at) == {
        "logins": "3個 / 2個 (基本 2個)", "boxes": "1個 / 3個 (基本 1個 + 2個)", "sites": "1個 / 2個 (基本 0個 + 2個)"
    }  # fmt: skip
    stands = standing(tx, shop(), at.ref)
    assert [stand.free for stand in stands.values()] == [0, 2, 1]
    assert texts(tx, home(tx))["boxes"] == "0個 / 0個 (基本 0個 + 0個)"


@pytest.mark.req("UCOM-152", "UCOM-153", "UCOM-154", "UCOM-155")
def test_what_raises_a_count_ends_when_the_count_falls_to_its_base(tx: Tx) -> None:
    at = home(tx, plan="sea")
    one, two = at.account("one"), at.account("two")
    first = at.resource(one, "one@nagi.example")
    buy(tx, at, "box-pack")
    assert would_fall(tx, shop(), at.ref, {}) == ()
    assert end_fallen(tx, shop(), at.ref, {}, STAFF) == (), "the state alone ends nothing"
    second = at.resource(two, "two@nagi.example")
    assert [product.code for product in would_fall(tx, shop(), at.ref, {"boxes": 1})] == ["box-pack"]
    assert ended(tx, at) == [], "asking changes nothing"
    at.drop(second)
    [gone] = end_fallen(tx, shop(), at.ref, {"boxes": 1}, Placed(two, "mail", "reader"))
    assert (gone.product.code, ended(tx, at)) == ("box-pack", ["box-pack"])
    order = tx.scalars(select(ProductOrder).where(ProductOrder.tenant_id == tx.tenant, ProductOrder.action == "end"))
    [row] = order
    assert (row.number, row.cause, row.state, row.placed_by, row.placed_login) == (
        gone.order_number, "quota-fell", "completed", two, "two"
    )  # fmt: skip
    at.drop(first)
    assert end_fallen(tx, shop(), at.ref, {"boxes": 1}, STAFF) == (), "it has ended already"


@pytest.mark.req("UCOM-152", "UCOM-154")
def test_a_product_of_two_counts_ends_when_both_are_at_their_base(tx: Tx) -> None:
    at = home(tx)
    one = at.account("one")
    buy(tx, at, "both-pack")
    mail, web = at.resource(one, "one@nagi.example"), at.resource(one, "~one", kind="web")
    at.drop(mail)
    assert end_fallen(tx, shop(), at.ref, {"boxes": 1}, STAFF) == (), "there still is a web space"
    assert would_fall(tx, shop(), at.ref, {"logins": 1}) == (), "logins have nothing to do with it"
    at.drop(web)
    assert [gone.product.code for gone in end_fallen(tx, shop(), at.ref, {"sites": 1}, STAFF)] == ["both-pack"]


@pytest.mark.req("UCOM-154")
def test_a_fall_that_stays_above_the_base_ends_nothing(tx: Tx) -> None:
    at = home(tx, plan="sea")
    buy(tx, at, "box-pack")
    boxes = [at.resource(at.account(f"a{n}"), f"a{n}@nagi.example") for n in range(3)]
    at.drop(boxes[0])
    assert would_fall(tx, shop(), at.ref, {"boxes": 1}) != ()
    assert end_fallen(tx, shop(), at.ref, {"boxes": 1}, STAFF) == ()
    at.drop(boxes[1])
    assert len(end_fallen(tx, shop(), at.ref, {"boxes": 1}, STAFF)) == 1


@pytest.mark.req("UCOM-77", "UCOM-174")
def test_what_an_account_holds_ends_with_it_and_nothing_else(tx: Tx) -> None:
    at, other = home(tx), home(tx)
    one, two, theirs = at.account("one"), at.account("two"), other.account("theirs")
    for where, account in ((at, one), (at, two), (other, theirs)):
        buy(tx, where, "shield", account)
    buy(tx, at, "help")
    assert [product.code for product in held_by_account(tx, shop(), at.ref, one)] == ["shield"]
    assert end_of_account(tx, shop(), at.ref, theirs, STAFF) == (), "an account of another contract"
    gone = end_of_account(tx, shop(), at.ref, one, Placed(two, "mail", "reader"))
    assert [(g.product.name) for g in gone] == ["まもり"]
    found = holdings(tx, at.ref)
    assert {(h.product, h.account_id, h.active) for h in found} == {
        ("shield", one, False), ("shield", two, True), ("help", None, True)
    }  # fmt: skip
    assert held(found, "shield", two) in found
    assert held(found, "shield", one) is None
    [entry] = tx.scalars(
        select(AuditEntry).where(AuditEntry.tenant_id == tx.tenant, AuditEntry.action == "option.ended")
    )
    assert entry.after == {
        "order": gone[0].order_number, "product": "shield", "for": "one", "account": str(one), "cause": "account-deleted",
        "by_login": "two", "by_account": str(two), "by_scheme": "mail", "by_role": "reader",
    }  # fmt: skip


def test_what_an_account_holds_in_another_contract_of_the_customer_ends_with_it(tx: Tx) -> None:
    """The bills of that contract would charge for it for ever: nobody reaches a purchase of an account that is gone."""
    at = home(tx)
    one, two = at.account("one"), at.account("two")
    second = uuid.uuid4()
    number = f"D{at.ref.number}"
    tx.add(
        Contract(
            tenant_id=tx.tenant, id=second, customer_id=at.ref.customer_id, number=number, number_key=number.lower(),
            name="船", plan="sea",
        )
    )  # fmt: skip
    tx.flush()
    other = dataclasses.replace(at, ref=ContractRef(second, number, "sea", "船", "active", at.ref.customer_id))
    buy(tx, other, "shield", one)
    buy(tx, other, "shield", two)
    buy(tx, other, "help")
    assert [product.code for product in held_by_account(tx, shop(), at.ref, one)] == ["shield"]
    [gone] = end_of_account(tx, shop(), at.ref, one, STAFF)
    assert ended(tx, other) == ["shield"]
    order = tx.scalars(
        select(ProductOrder).where(ProductOrder.tenant_id == tx.tenant, ProductOrder.number == gone.order_number)
    ).one()
    assert (order.contract_id, order.account_id, order.action) == (second, one, "end")


def principal(at: Home) -> Principal:
    return Principal(
        account_id=at.holder, customer_id=at.ref.customer_id, session_id=uuid.uuid4(), scheme="mail", role="holder",
        name="", customer_number="", email="", permissions=frozenset(),
    )  # fmt: skip


def test_a_contract_is_reached_by_its_own_customer_and_while_it_lives(tx: Tx) -> None:
    at, other = home(tx, plan="sea"), home(tx)
    assert reach_contract(tx, principal(at)) == at.ref
    assert reach_contract(tx, principal(at), at.ref.id) == at.ref
    for wanted in (other.ref.id, uuid.uuid4()):
        with pytest.raises(NotFound):
            reach_contract(tx, principal(at), wanted)
    lock_contract(tx, at.ref)
    row = tx.get_one(Contract, (tx.tenant, at.ref.id))
    row.ended_on = tx.today()
    tx.flush()
    assert reach_contract(tx, principal(at)) == at.ref, "its last day is a day of use"
    row.ended_on = tx.today() - timedelta(days=1)
    tx.flush()
    with pytest.raises(NotFound):
        reach_contract(tx, principal(at))
    row.status, row.ended_on = "terminated", None
    tx.flush()
    with pytest.raises(NotFound):
        reach_contract(tx, principal(at))


def test_a_product_that_is_declared_no_more_still_ends_with_its_account(tx: Tx) -> None:
    at = home(tx)
    one = at.account("one")
    buy(tx, at, "shield", one)
    poorer = dataclasses.replace(shop(), products={c: p for c, p in shop().products.items() if c != "shield"})
    [gone] = end_of_account(tx, poorer, at.ref, one, STAFF)
    assert (gone.product.name, ended(tx, at)) == ("shield", ["shield"])
    assert tx.get_one(Account, (tx.tenant, one)).status == "active"
