"""What was bought, addresses, and single amounts: found again, ended once, never a second owner."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import insert, update

from mypage.auth.models import Account
from mypage.billing.models import BillingRun
from mypage.contracts.models import Subscription
from mypage.db.session import Tx
from mypage.hooks.prices import TierPrice, UnitPrice
from mypage.hooks.products import Product
from mypage.imports.chunk import Means
from mypage.imports.report import Report
from mypage.imports.scratch import Scratch

Feed = Callable[..., Report]
Rows = Callable[..., list[Any]]
Objects = list[dict[str, Any]]
SECURITY, ADDRESS, POSTING = 6, 7, 8


def said(report: Report) -> list[str]:
    return [str(problem) for problem in report.problems]


def product(code: str, **values: Any) -> Product:
    usual: dict[str, Any] = {"code": code, "name": code, "holder": "contract", "price": UnitPrice(), "permission": "p"}
    return Product(**usual | values)


@pytest.fixture
def sold(means: Means) -> Means:
    """The operator sells three products and has a mail domain."""
    products = (
        product("security", holder="account"),
        product("support"),
        product("slots", price=TierPrice(totals=(0, 0, 250))),
    )
    return replace(means, products={each.code: each for each in products}, mail_domain="mail.example")


def test_purchases_addresses_and_postings_are_stored_as_stated(feed: Feed, each: Objects, rows: Rows) -> None:
    assert feed(*each).clean
    assert rows(
        "SELECT s.product, s.piece, s.again, s.bought_at, s.ended_at, s.holder_id = s.account_id, c.number"
        " FROM subscription s JOIN contract c ON c.tenant_id = s.tenant_id AND c.id = s.contract_id"
        " WHERE s.tenant_id = :t"
    ) == [
        ("security", 1, False, datetime(2026, 9, 5, 1, tzinfo=UTC), datetime(2026, 9, 30, 14, 59, tzinfo=UTC), True, "K-1")
    ]  # fmt: skip
    assert rows("SELECT kind, value, value_key, own, ended_at FROM resource WHERE tenant_id = :t") == [
        ("mail", "Taro.M@mail.example", "taro.m@mail.example", True, None)
    ]
    assert rows("SELECT month, description, amount, rate_bp, reduced FROM posting WHERE tenant_id = :t") == [
        (date(2026, 11, 1), "通話料", 1234, 1000, False)
    ]
    assert rows("SELECT plan FROM contract WHERE tenant_id = :t") == ["mansion"]
    assert rows("SELECT profile FROM customer WHERE tenant_id = :t") == [{"職業": "会社員"}]
    names = "family_name, given_name, family_kana, given_kana, user_name"
    assert rows(f"SELECT {names} FROM account WHERE tenant_id = :t") == [("見本", "太郎", "ミホン", "タロウ", "たろう")]


def test_what_a_later_line_leaves_out_of_names_and_profile_stays(feed: Feed, each: Objects, rows: Rows) -> None:
    feed(*each)
    customer, account = each[0], each[1]
    del customer["profile"], account["family_name"]
    account["user_name"] = ""
    assert feed(customer, account).tally.flat() == {"customer unchanged": 1, "account updated": 1}
    assert rows("SELECT profile FROM customer WHERE tenant_id = :t") == [{"職業": "会社員"}]
    assert rows("SELECT family_name, user_name FROM account WHERE tenant_id = :t") == [("見本", "")]
    assert feed(customer | {"profile": {}}).tally.flat() == {"customer updated": 1}
    assert rows("SELECT profile FROM customer WHERE tenant_id = :t") == [{}]


@pytest.mark.req("UCOM-151")
def test_a_purchase_after_an_end_is_a_repetition_in_whatever_order_they_come(
    feed: Feed, each: Objects, rows: Rows
) -> None:
    feed(*each)
    second = each[SECURITY] | {"bought_at": "2026-10-05T10:00:00+09:00", "ended_at": None}
    other = second | {"product": "filter"}
    earlier = each[SECURITY] | {"product": "filter"}
    assert feed(second).clean
    assert feed(other).clean
    query = (
        "SELECT product, extract(month FROM bought_at)::int, again FROM subscription WHERE tenant_id = :t ORDER BY 1, 2"
    )
    assert rows(query) == [("filter", 10, False), ("security", 9, False), ("security", 10, True)]
    assert feed(earlier).clean
    assert rows(query)[:2] == [("filter", 9, False), ("filter", 10, True)]


def test_an_end_is_stated_once_and_makes_room_in_the_same_chunk(feed: Feed, each: Objects, rows: Rows) -> None:
    each[SECURITY]["ended_at"] = None
    feed(*each)
    again = each[SECURITY] | {"bought_at": "2026-10-01T00:00:00+09:00"}
    assert said(feed(again)) == ["line 1, product: security is held already, since 2026-09-05 01:00+00:00"]
    ended = each[SECURITY] | {"ended_at": "2026-09-30T00:00:00+09:00"}
    assert feed(again, ended).tally.flat() == {"subscription new": 1, "subscription updated": 1}
    assert feed(each[SECURITY]).tally.flat() == {"subscription unchanged": 1}
    report = feed(each[SECURITY] | {"ended_at": "2026-09-29T00:00:00+09:00"})
    assert said(report) == [
        "line 1, ended_at: is another end than the one that is known, 2026-09-29 15:00+00:00; an end never changes"
    ]
    assert rows("SELECT count(*), count(ended_at) FROM subscription WHERE tenant_id = :t") == [(2, 1)]


@pytest.mark.req("UCOM-151")
def test_what_was_declined_is_no_earlier_purchase_and_no_feed_brings_it_back(
    feed: Feed, each: Objects, rows: Rows, in_unit: Callable[[Callable[[Tx], object]], object]
) -> None:
    feed(*each)
    void = update(Subscription).values(voided_at=datetime(2026, 10, 1, tzinfo=UTC))
    in_unit(lambda tx: tx.execute(void.where(Subscription.tenant_id == tx.tenant)))
    later = each[SECURITY] | {"bought_at": "2026-10-02T00:00:00+09:00", "ended_at": "2026-10-03T00:00:00+09:00"}
    third = each[SECURITY] | {"bought_at": "2026-10-04T00:00:00+09:00", "ended_at": None}
    assert feed(each[SECURITY], later).tally.flat() == {"subscription new": 1, "subscription unchanged": 1}
    assert rows("SELECT again, voided_at IS NULL FROM subscription WHERE tenant_id = :t ORDER BY bought_at") == [
        (False, False),
        (False, True),
    ]
    feed(third)
    assert rows("SELECT again FROM subscription WHERE tenant_id = :t ORDER BY bought_at") == [False, False, True]


def test_pieces_of_one_product_stand_beside_each_other(feed: Feed, each: Objects, sold: Means, rows: Rows) -> None:
    feed(*each[:3])
    line = {"type": "subscription", "contract": "K-1", "product": "slots", "bought_at": "2026-09-05T10:00:00+09:00"}
    report = feed(line, line | {"piece": 2}, line | {"piece": 3}, line | {"piece": 2}, means=sold)
    assert said(report) == [
        "line 3, piece: has no price; prices of slots end at 2 pieces",
        "line 4, bought_at: this purchase of slots for contract K-1 was stated in line 2 already",
    ]
    assert rows("SELECT piece, holder_id = contract_id FROM subscription WHERE tenant_id = :t ORDER BY 1") == [
        (1, True),
        (2, True),
    ]


BAD: list[tuple[int, dict[str, Any], str]] = [
    (SECURITY, {"product": "gone"}, "product: 'gone' is no product here; there is security, support, slots"),
    (SECURITY, {"scheme": None, "login_id": None}, "login_id: is missing; security is held by an account"),
    (SECURITY, {"product": "support"}, "login_id: has no meaning; support is held by the contract"),
    (SECURITY, {"login_id": None}, "login_id: is missing beside scheme"),
    (SECURITY, {"scheme": None}, "scheme: is missing beside login_id"),
    (SECURITY, {"contract": "K-9"}, "contract: there is no contract K-9; load the contracts first"),
    (SECURITY, {"login_id": "jiro"}, "login_id: there is no account jiro; load the accounts first"),
    (SECURITY, {"login_id": "other"}, "login_id: other is not of the customer of contract K-1"),
    (SECURITY, {"ended_at": "2026-09-05T09:59:00+09:00"}, "ended_at: lies before bought_at"),
    (SECURITY, {"bought_at": "1026-09-05T09:59:00Z"}, "bought_at: is in the year 1026; days lie between 1900 and 2199"),
    (SECURITY, {"piece": 0}, "piece: is too small (the limit is 1)"),
    (ADDRESS, {"own": False}, "own: should be true: the address is of mail.example"),
    (ADDRESS, {"value": "a@b.example"}, "own: should be false: the address is not of mail.example"),
    (ADDRESS, {"value": "here"}, "value: is not an e-mail address; write it as name@example.jp"),
    (ADDRESS, {"kind": "fax"}, "kind: 'fax' is not one of the known words"),
    (POSTING, {"contract": "K-9", "key": "lost"}, "contract: there is no contract K-9; load the contracts first"),
    (POSTING, {"rate_bp": 10_001}, "rate_bp: is too large (the limit is 10000)"),
    (POSTING, {"month": "2026-13"}, "month: does not have the form that this field needs"),
    (POSTING, {"month": "0026-11"}, "month: is in the year 26; give the month billed, such as 2026-11"),
    (POSTING, {"amount": 1.5}, "amount: should be a whole number, not a number with decimals"),
]


def test_each_bad_line_is_named_and_its_neighbours_are_loaded(
    feed: Feed, each: Objects, sold: Means, rows: Rows
) -> None:
    other = each[0] | {"number": "00-2"}, each[1] | {"customer": "00-2", "login_id": "other"}
    feed(*each[:3], *other, means=sold)
    report = feed(*(each[kind] | change for kind, change, _ in BAD), *each[SECURITY:], means=sold)
    assert said(report) == [f"line {number}, {why}" for number, (_, _, why) in enumerate(BAD, 1)]
    assert report.tally.total("new") == 5
    for table in ("subscription", "resource", "posting", "slot", "line_secret"):
        assert rows(f"SELECT count(*) FROM {table} WHERE tenant_id = :t") == [1]


def test_an_own_address_is_one_accounts_for_ever(feed: Feed, each: Objects, rows: Rows) -> None:
    second = each[1] | {"login_id": "jiro"}
    feed(*each, second)
    taken = each[ADDRESS] | {"login_id": "jiro"}
    why = "line 1, value: Taro.M@mail.example is or was another account's; an own address is one account's for ever"
    assert said(feed(taken)) == [why]
    more = each[ADDRESS] | {"value": "b@mail.example"}
    assert said(feed(more)) == ["line 1, value: the account has Taro.M@mail.example already; end that first"]
    ended = each[ADDRESS] | {"ended_at": "2026-10-01T00:00:00+09:00"}
    assert feed(more, ended).tally.flat() == {"resource new": 1, "resource updated": 1}
    assert said(feed(taken)) == [why]
    assert feed(each[ADDRESS], ended, chunk=1).tally.flat() == {"resource unchanged": 1, "resource refused": 1}
    assert "the other answer" in said(feed(each[ADDRESS] | {"own": False}))[0]
    elsewhere = each[ADDRESS] | {"value": "taro@other.example", "own": False, "login_id": "jiro"}
    assert feed(elsewhere, elsewhere | {"login_id": "taro01", "kind": "web"}).clean
    assert rows("SELECT count(*) FROM resource WHERE tenant_id = :t AND ended_at IS NULL") == [3]


def test_a_posting_never_changes_and_a_billed_month_takes_none(
    feed: Feed, each: Objects, in_unit: Callable[[Callable[[Tx], Any]], Any]
) -> None:
    feed(*each)
    said_of_change = "line 1, key: posting call-1 is stored with other values; correct it by another posting"
    for change in ({"amount": 1}, {"month": "2026-12"}, {"description": "x"}, {"rate_bp": 800}, {"reduced": True}):
        assert said(feed(each[POSTING] | change)) == [said_of_change]

    def begin(tx: Tx) -> None:
        tx.execute(
            insert(BillingRun).values(
                tenant_id=tx.tenant, month=date(2026, 11, 1), issued_on=tx.today(), state="running", started_at=tx.now()
            )
        )

    in_unit(begin)
    assert feed(each[POSTING]).tally.flat() == {"posting unchanged": 1}
    late = said(feed(each[POSTING] | {"key": "call-2"}))
    assert late == ["line 1, month: the billing run of 2026-11 has begun; post it to a later month"]
    assert feed(each[POSTING] | {"key": "call-2", "month": "2026-12"}).clean


def test_a_deleted_account_is_not_opened_by_a_feed(
    feed: Feed, each: Objects, in_unit: Callable[[Callable[[Tx], Any]], Any], rows: Rows
) -> None:
    feed(*each)
    in_unit(
        lambda tx: tx.execute(
            update(Account).where(Account.tenant_id == tx.tenant).values(status="closed", closed_at=tx.now())
        )
    )
    assert said(feed(each[1] | {"status": "active"})) == ["line 1, status: Taro01 was deleted and stays closed"]
    assert feed(each[1]).clean
    assert rows("SELECT status FROM account WHERE tenant_id = :t") == ["closed"]


def test_feeds_of_one_dry_run_know_each_others_contracts_and_accounts(feed: Feed, each: Objects) -> None:
    with Scratch() as scratch:
        assert feed(*each[:3], dry_run=True, scratch=scratch).clean
        assert feed(*each[SECURITY:], dry_run=True, scratch=scratch).clean
    assert [p.field for p in feed(*each[SECURITY:], dry_run=True).problems] == ["contract"] * 5
    feed(*each[:1])
    with Scratch() as scratch:
        assert feed(*each[1:], dry_run=True, scratch=scratch).clean
