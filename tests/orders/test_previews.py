"""The bills ahead: the same arithmetic as the bills, each with its reason; and which step an order may take."""

from __future__ import annotations

import itertools
import os
import random
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from orderkit import STAFF, at, home, shop
from sqlalchemy import select

from mypage.billing.charging import Purchase, charges
from mypage.billing.tax import TaxMode
from mypage.contracts.models import Subscription
from mypage.db.session import Tx
from mypage.hooks.prices import ChargedMonths, Price, TierPrice, UnitPrice
from mypage.hooks.products import Product
from mypage.lib.clock import FixedClock
from mypage.lib.months import add_months, month_of
from mypage.orders.consents import Wording, keep_wording
from mypage.orders.errors import AlreadyHeld, NotHeld
from mypage.orders.holdings import holdings
from mypage.orders.models import ORDER_STATES, ConsentText, ProductOrder
from mypage.orders.placing import add, end
from mypage.orders.preview import ahead_of_buying, ahead_of_ending, amount_of
from mypage.orders.service import advance
from mypage.orders.states import FINAL, NEXT, IllegalStep
from mypage.orders.values import Holding

SEED = int(os.environ.get("MYPAGE_PRICE_SEED", "7"))
ROUNDS = 3_000
RULES = [ChargedMonths(first=f, last=last, only=o) for f, last, o in itertools.product((False, True), repeat=3)]


def product(price: Price) -> Product:
    return Product(code="p", name="p", holder="contract", price=price, permission="x")


def past(bought: datetime, ended: datetime | None, *, again: bool = False) -> Holding:
    return Holding(uuid.uuid4(), "p", uuid.UUID(int=1), None, bought, ended, again, has_pin=False)


@pytest.mark.req("UCOM-140", "UCOM-145", "UCOM-146", "UCOM-151")
def test_bills_ahead_are_the_bills_that_come(figure) -> None:  # type: ignore[no-untyped-def]
    """Whatever was bought and ended before, by any rule of prices: the months that were shown are those charged."""
    chance = random.Random(SEED)
    months = 0
    for _ in range(ROUNDS):
        now = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=chance.randrange(24 * 365))
        rules = chance.choice(RULES)
        price: Price = UnitPrice(
            monthly=chance.choice((0, 1, 333, 500)), once=chance.choice((0, 800)), again=chance.choice((0, 3000)),
            months=rules, rate_bp=chance.choice((1000, 800)),
        )  # fmt: skip
        if chance.random() < 0.2:
            price = TierPrice(totals=(0, 280, 300, 310), months=rules)
        mine, start = [], now - timedelta(days=chance.randrange(60))
        for _ in range(chance.randrange(3)):
            stop = start + (now - start) * chance.random()
            mine.append(past(start, stop, again=bool(mine)))
            start = stop
        mode = chance.choice(list(TaxMode))
        sold, again = product(price), bool(mine)
        before = [Purchase(str(h.id), "p", "", h.bought_at, h.ended_at, h.again) for h in mine]
        if chance.random() < 0.5:
            told = ahead_of_buying(sold, mine, now, again=again, mode=mode)
            after = [*before, Purchase("n", "p", "", now, again=again)]
            assert [each.onward for each in told] == [False, False, True]
        else:
            held = past(start, None, again=again)
            told = ahead_of_ending(sold, held, [*mine, held], now, mode=mode)
            after = [*before, Purchase("n", "p", "", start, now, again)]
            assert [each.onward for each in told] == [False, True]
        for each in told:
            net = sum(line.amount for line in charges(each.month, after, {"p": price}))
            assert each.amount == amount_of(net, price.rate_bp, mode), (SEED, price, mine, now)
            assert each.reasons
            months += 1
        if told[-1].onward:
            later = add_months(told[-1].month, 7)
            assert sum(x.amount for x in charges(later, after, {"p": price})) == told[-1].amount.net
        assert told[0].month == month_of(now)
    figure(f"previews: {ROUNDS} histories, {months} months, 0 differences, seed {SEED}")


@pytest.mark.parametrize(
    ("price", "reasons"),
    [
        (UnitPrice(monthly=500), [("free",), ("begins",), ("each-month",)]),
        (UnitPrice(monthly=500, months=ChargedMonths(first=True)), [("begins",), ("each-month",), ("each-month",)]),
        (UnitPrice(monthly=0, once=800), [("free", "once"), ("nothing",), ("nothing",)]),
        (UnitPrice(monthly=500, again=3000), [("free", "again", "earlier"), ("begins",), ("each-month",)]),
    ],
)
def test_each_month_says_why(price: UnitPrice, reasons: list[tuple[str, ...]]) -> None:
    now = at("2026-01-20 12:00")
    mine = [past(at("2026-01-05 00:00"), at("2026-01-06 00:00"))] if price.again else []
    assert [each.reasons for each in ahead_of_buying(product(price), mine, now, again=bool(mine))] == reasons


@pytest.mark.parametrize(
    ("bought", "months", "reason"),
    [
        ("2025-12-31 23:59", ChargedMonths(), "full-last"),
        ("2026-01-01 00:00", ChargedMonths(), "lost-free"),
        ("2026-01-01 00:00", ChargedMonths(first=True), "full-last"),
        ("2026-01-01 00:00", ChargedMonths(only=False), "nothing"),
        ("2025-12-31 23:59", ChargedMonths(last=False), "nothing"),
    ],
)
def test_the_month_of_ending_says_why(bought: str, months: ChargedMonths, reason: str) -> None:
    held = past(at(bought), None)
    told = ahead_of_ending(product(UnitPrice(monthly=500, months=months)), held, [held], at("2026-01-31 23:59"))
    assert [each.reasons for each in told] == [(reason,), ("ended",)]


def test_only_legal_steps_are_taken_and_the_last_ones_stay(tx: Tx) -> None:
    assert set(NEXT) == set(ORDER_STATES)
    assert {"completed", "failed", "cancelled", "rejected"} == FINAL
    at_home = home(tx)
    order = add(tx, shop(), at_home.ref, shop().products["help"], account_id=None, placed=STAFF)
    assert order.state == "completed", "nobody has to be asked"
    legal = 0
    for before, after in itertools.product(ORDER_STATES, repeat=2):
        order.state = before
        if after in NEXT[before]:
            advance(tx, order, after)
            legal += 1
            assert order.state == after
        else:
            with pytest.raises(IllegalStep, match=f"{before} cannot become {after}"):
                advance(tx, order, after)
    print(f"{legal} of {len(ORDER_STATES) ** 2} steps are legal")
    order.state = "completed"


@pytest.mark.req("UCOM-142", "UCOM-151")
def test_buying_anew_is_a_purchase_of_its_own(tx: Tx, clock: FixedClock) -> None:
    at_home, help_ = home(tx), shop().products["help"]
    clock.at = at("2026-01-05 00:00")
    add(tx, shop(), at_home.ref, help_, account_id=None, placed=STAFF)
    with pytest.raises(AlreadyHeld):
        add(tx, shop(), at_home.ref, help_, account_id=None, placed=STAFF)
    [held] = holdings(tx, at_home.ref)
    clock.at = at("2026-01-04 23:59")
    end(tx, shop(), at_home.ref, held, placed=STAFF)
    with pytest.raises(NotHeld):
        end(tx, shop(), at_home.ref, held, placed=STAFF)
    clock.at = at("2026-02-01 00:00")
    add(tx, shop(), at_home.ref, help_, account_id=None, placed=STAFF)
    first, second = holdings(tx, at_home.ref)
    assert first.ended_at == first.bought_at, "a clock that runs behind ends nothing before it began"
    assert (first.again, second.again, second.active) == (False, True, True)
    orders = tx.scalars(
        select(ProductOrder).where(ProductOrder.tenant_id == tx.tenant).order_by(ProductOrder.placed_at)
    )
    assert sorted((o.action, o.again) for o in orders) == [("add", 0), ("add", 3000), ("end", 0)]


def test_the_database_itself_allows_one_at_a_time(tx: Tx, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two that both saw nothing held: the second is told that it is held, and its unit goes on."""
    at_home, help_ = home(tx), shop().products["help"]
    add(tx, shop(), at_home.ref, help_, account_id=None, placed=STAFF)
    monkeypatch.setattr("mypage.orders.placing._purchases", lambda *_: [])
    with pytest.raises(AlreadyHeld):
        add(tx, shop(), at_home.ref, help_, account_id=None, placed=STAFF)
    rows = tx.scalars(select(Subscription).where(Subscription.tenant_id == tx.tenant)).all()
    assert len(rows) == 1


def test_a_wording_is_kept_once_and_another_beside_it(tx: Tx) -> None:
    help_ = shop().products["help"]
    first, other = Wording("ja", "1", "同意する"), Wording("en", "1", "同意する")
    kept = [keep_wording(tx, help_, each) for each in (first, first, other)]
    assert kept[0] == kept[1] != kept[2]
    rows = tx.scalars(select(ConsentText).where(ConsentText.tenant_id == tx.tenant)).all()
    assert {(row.language, row.version, row.body) for row in rows} == {("ja", "1", "同意する"), ("en", "1", "同意する")}
