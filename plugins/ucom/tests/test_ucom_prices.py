"""Bought and ended through the pages at the instants of the manual's examples; then charged as bills are."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import date

import pytest
from optionkit import ahead, at, billed, choose, order, orders_of, subscriptions, with_address, with_card, with_plan
from ucomkit import NUMBER, Household, household, signed_in

from mypage.contracts.models import Resource
from mypage.contracts.reaching import ContractRef, lock_contract
from mypage.db.session import Tx
from mypage.orders.ending import end_fallen, end_of_account, would_fall
from mypage.orders.values import Ended, Placed
from mypage.testing.portal import MakePortal, Portal
from mypage_ucom.names import BY_NUMBER, FIBER, LAN

F = 500
DEC, JAN, FEB, MAR, APR = (date(2025, 12, 1), *(date(2026, month, 1) for month in (1, 2, 3, 4)))


@pytest.fixture
def portal(make_portal: MakePortal) -> Portal:
    return make_portal("ucom", theme="ucom")


@pytest.fixture
def home(portal: Portal) -> Household:
    return household(portal)


def press(home: Household, instant: str, page: str, code: str, account: uuid.UUID | None = None) -> None:
    """Somebody signs in at an instant and presses the product's button, through to the end."""
    home.portal.clock.at = at(instant)
    order(signed_in(home.portal, BY_NUMBER, NUMBER), page, code, account)


@pytest.mark.req("UCOM-140", "UCOM-141", "UCOM-142", "UCOM-143", "UCOM-145", "UCOM-146", "UCOM-147", "UCOM-148")
@pytest.mark.req("UCOM-149", "UCOM-150", "UCOM-172")
@pytest.mark.parametrize(
    ("instants", "expected"),
    [
        pytest.param(["2026-01-10"], {JAN: 0, FEB: F, MAR: F}, id="a"),
        pytest.param(["2026-01-10", "2026-01-31 23:59"], {JAN: F, FEB: 0}, id="b"),
        pytest.param(["2026-01-10", "2026-02-01 00:00"], {JAN: 0, FEB: F, MAR: 0}, id="c"),
        pytest.param(["2026-01-05", "2026-01-06", "2026-01-07"], {JAN: F, FEB: F, MAR: F}, id="d"),
        pytest.param(["2026-01-05", "2026-01-06", "2026-01-07", "2026-01-08"], {JAN: 2 * F, FEB: 0}, id="e"),
        pytest.param(["2025-12-31"], {DEC: 0, JAN: F}, id="g"),
    ],
)
def test_the_vectors_of_the_manual_through_the_pages(
    home: Household, instants: list[str], expected: dict[date, int]
) -> None:
    account = home.account("arteri-an-001")
    with_address(home, account, "an@else.example", own=False)
    for instant in instants:
        press(home, instant, "security", "security-360", account)
    assert {month: billed(home, month) for month in expected} == expected
    assert [o.action for o in orders_of(home)] == ["add", "end", "add", "end"][: len(instants)]


@pytest.mark.req("UCOM-148", "UCOM-150", "UCOM-155")
def test_an_option_that_ends_with_its_account_is_charged_to_the_end_of_that_month(home: Household) -> None:
    account = home.account("arteri-an-001")
    with_address(home, account, "an@else.example", own=False)
    press(home, "2026-01-20", "security", "security-360", account)
    home.portal.clock.at = at("2026-03-03")
    [gone] = act(home, lambda tx, ref: end_of_account(tx, operator(home), ref, account, by(home)))
    assert gone.product.name == "セキュリティ360°"
    assert [billed(home, month) for month in (FEB, MAR, APR)] == [F, F, 0]
    assert orders_of(home)[-1].cause == "account-deleted"


@pytest.mark.req("UCOM-140", "UCOM-141", "UCOM-144", "UCOM-151")
def test_mail_and_support_are_charged_by_the_same_rules(home: Household) -> None:
    with_card(home)
    press(home, "2026-01-10", "mail", "mail-web")
    assert [billed(home, month) for month in (JAN, FEB)] == [0, 300], "also while no address is registered"
    press(home, "2026-01-10", "support", "remote-support")
    press(home, "2026-02-28 23:59", "support", "remote-support")
    press(home, "2026-04-01 00:00", "support", "remote-support")
    assert [billed(home, month) for month in (JAN, FEB, MAR, APR)] == [0, 300 + F, 300, 300 + 3000]
    assert billed(home, date(2026, 5, 1)) == 300 + F


@pytest.mark.req("UCOM-147", "UCOM-148", "UCOM-151")
def test_the_bills_ahead_say_what_the_bills_then_say(home: Household) -> None:
    with_card(home)
    said = []
    for instant in ("2026-01-05", "2026-01-06", "2026-01-07", "2026-02-03", "2026-02-28"):
        home.portal.clock.at = at(instant)
        browser = signed_in(home.portal, BY_NUMBER, NUMBER)
        browser.get(choose(browser, "support", "remote-support").location)
        assert browser.last is not None
        rows = ahead(browser.last)
        promised = [int(amount.removesuffix("円").replace(",", "")) for _, amount, _ in rows]
        reasons = [reason for _, _, reason in rows]
        browser.submit({}, form="//main//form[@class='actions']")
        month = at(instant).date().replace(day=1)
        months = [month, *(date(2026, month.month + more, 1) for more in (1, 2))][: len(promised)]
        assert [billed(home, each) * 11 // 10 for each in months] == promised, instant
        said.append((" ".join(reasons), promised))
    first, back = "お申し込み月は無料", "お申し込み月は無料 再申し込み手数料を含みます 解約済みの分を含みます"
    onward = "ここから発生 解約する月まで"
    assert said == [
        (f"{first} {onward}", [0, 550, 550]),
        ("お申し込み月に解約するため有料 解約後は発生しません", [550, 0]),
        (f"{back} {onward}", [3_850, 550, 550]),
        ("解約する月は1か月分 解約後は発生しません", [550, 0]),
        (f"{back} {onward}", [3_850, 550, 550]),
    ]


def operator(home: Household):  # type: ignore[no-untyped-def]
    return home.portal.server.compiled.operators["ucom"]


def by(home: Household) -> Placed:
    return Placed(home.holder_id, BY_NUMBER, "holder")


def act(home: Household, work: Callable[[Tx, ContractRef], tuple[Ended, ...]], plan: str = LAN) -> tuple[Ended, ...]:
    """Something in one unit under the contract's lock, as deleting and switching do it."""
    ref = ContractRef(home.contract_id, home.number, plan, "", "active", home.customer_id)

    def run(tx: Tx) -> tuple[Ended, ...]:
        lock_contract(tx, ref)
        return work(tx, ref)

    return home.portal.run(run)


def drop(home: Household, address: uuid.UUID, plan: str, quota: str = "mail") -> tuple[Ended, ...]:
    """Switch an address to another company's: it goes, and what falls with it."""

    def work(tx: Tx, ref: ContractRef) -> tuple[Ended, ...]:
        announced = would_fall(tx, operator(home), ref, {quota: 1})
        tx.get_one(Resource, (tx.tenant, address)).ended_at = tx.now()
        tx.flush()
        ended = end_fallen(tx, operator(home), ref, {quota: 1}, by(home))
        assert [product.code for product in announced] == [each.product.code for each in ended]
        return ended

    return act(home, work, plan)


@pytest.mark.req("UCOM-152", "UCOM-153", "UCOM-154", "UCOM-155")
def test_a_mail_pack_ends_when_the_addresses_fall_to_one(home: Household) -> None:
    with_plan(home, FIBER)
    one, two, three = (home.account(f"arteri-an-00{n}") for n in (1, 2, 3))
    first = with_address(home, one, "one@s2.spaaqs.ne.jp")
    press(home, "2026-01-10", "mail", "mail-pack")
    assert subscriptions(home)[0].ended_at is None, "bought with one address: stays, and is charged"
    assert billed(home, FEB) == 200
    second, third = with_address(home, two, "two@s2.spaaqs.ne.jp"), with_address(home, three, "three@s2.spaaqs.ne.jp")
    home.portal.clock.at = at("2026-03-05")
    assert drop(home, third, FIBER) == (), "two are left"
    [gone] = drop(home, second, FIBER)
    assert gone.product.name == "メールパック"
    assert [billed(home, month) for month in (FEB, MAR, APR)] == [200, 200, 0]
    press(home, "2026-03-06", "mail", "mail-pack")
    assert subscriptions(home)[-1].ended_at is None
    assert len(drop(home, first, FIBER)) == 1, "from one to none is a fall too"


@pytest.mark.req("UCOM-152", "UCOM-153", "UCOM-154")
def test_mail_and_web_space_end_when_nothing_is_left(home: Household) -> None:
    one = home.account("arteri-an-001")
    press(home, "2026-01-10", "mail", "mail-web")
    assert subscriptions(home)[0].ended_at is None, "bought with none: stays"
    mail = with_address(home, one, "one@s2.spaaqs.ne.jp")
    web = with_address(home, one, "~one", kind="web")
    with_address(home, home.account("arteri-an-002"), "other@else.example", own=False)
    assert drop(home, mail, LAN) == (), "a web space is left"
    assert [each.product.code for each in drop(home, web, LAN, "web")] == ["mail-web"]
    assert orders_of(home)[-1].cause == "quota-fell"
