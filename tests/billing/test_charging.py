"""Prices: the manuals' examples to the yen, and agreement with a reference that goes month by month."""

from __future__ import annotations

import itertools
import os
import random
from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
from price_reference import month_costs

from mypage.billing.charging import Charge, PriceError, Purchase, charges, forecast, with_again
from mypage.hooks.prices import ChargedMonths, Price, TierPrice, UnitPrice
from mypage.lib.clock import TOKYO
from mypage.lib.months import add_months, month_of

FEE = 500
SECURITY = UnitPrice(monthly=FEE)
SUPPORT = UnitPrice(monthly=FEE, again=3000)
MAIL_SLOTS = TierPrice(totals=(0, 0, 250, 350, 450))
JAN, FEB, MAR, APR = (date(2026, m, 1) for m in (1, 2, 3, 4))
SEED = int(os.environ.get("MYPAGE_PRICE_SEED", "7"))
HISTORIES = 100_000


def at(text: str) -> datetime:
    """An instant of 2026 (or the year given) in Japan, such as `10 Jan` or `31 Jan 23:59`."""
    parts = text.split()
    parts += ["00:00"] if ":" not in parts[-1] else []
    parts.insert(2, "2026") if len(parts) == 3 else None
    return datetime.strptime(" ".join(parts), "%d %b %Y %H:%M").replace(tzinfo=TOKYO)


def purchase(number: int, bought: str, ended: str | None = None, *, product: str = "p", holder: str = "h") -> Purchase:
    return Purchase(f"{number}", product, holder, at(bought), at(ended) if ended else None)


def cost(month: date, purchases: list[Purchase], price: Price) -> int:
    return sum(line.amount for line in charges(month, with_again(purchases), {"p": price}))


@pytest.mark.req(
    "UCOM-140", "UCOM-141", "UCOM-142", "UCOM-145", "UCOM-146", "UCOM-147", "UCOM-148", "UCOM-149", "UCOM-150"
)
@pytest.mark.parametrize(
    ("history", "expected"),
    [
        pytest.param([("10 Jan", None)], {JAN: 0, FEB: FEE, MAR: FEE}, id="a: kept"),
        pytest.param([("10 Jan", "31 Jan 23:59")], {JAN: FEE, FEB: 0}, id="b: ended in its month"),
        pytest.param([("10 Jan", "1 Feb")], {JAN: 0, FEB: FEE, MAR: 0}, id="c: ended a minute later"),
        pytest.param([("5 Jan", "6 Jan"), ("7 Jan", None)], {JAN: FEE, FEB: FEE, MAR: FEE}, id="d: bought anew"),
        pytest.param([("5 Jan", "6 Jan"), ("7 Jan", "8 Jan")], {JAN: 2 * FEE, FEB: 0}, id="e: twice in a month"),
        pytest.param([("20 Jan", "3 Mar")], {JAN: 0, FEB: FEE, MAR: FEE, APR: 0}, id="f: ended with its account"),
        pytest.param([("31 Dec 2025", None)], {date(2025, 12, 1): 0, JAN: FEE}, id="g: over the year"),
    ],
)
def test_the_examples_of_the_manual(history: list[tuple[str, str | None]], expected: dict[date, int]) -> None:
    purchases = [purchase(n, bought, ended) for n, (bought, ended) in enumerate(history)]
    assert {month: cost(month, purchases, SECURITY) for month in expected} == expected


@pytest.mark.req("UCOM-172")
def test_months_are_those_of_japan() -> None:
    late = datetime.fromisoformat("2026-01-31T15:00:00+00:00")
    assert month_of(late) == FEB
    assert month_of(late - timedelta(microseconds=1)) == JAN
    assert add_months(JAN, -1) == date(2025, 12, 1)
    assert add_months(date(2026, 11, 1), 14) == date(2028, 1, 1)


@pytest.mark.req("UCOM-138", "UCOM-151")
def test_buying_again_costs_its_fee_each_time_and_the_first_time_none() -> None:
    history = [purchase(1, "5 Jan", "6 Jan"), purchase(2, "7 Jan", "9 Feb"), purchase(3, "10 Mar")]
    again = [
        [c.purchases for c in charges(m, with_again(history), {"p": SUPPORT}) if c.kind == "again"]
        for m in (JAN, FEB, MAR)
    ]
    assert again == [[("2",)], [], [("3",)]]
    assert cost(MAR, history, SUPPORT) == 3000


def test_anothers_purchase_or_another_product_is_no_repetition() -> None:
    other = [
        purchase(1, "5 Jan", "6 Jan", holder="x"),
        purchase(2, "5 Jan", "6 Jan", product="q"),
        purchase(3, "7 Jan"),
    ]
    assert not any(p.again for p in with_again(other))


def test_one_that_lasted_no_time_does_not_follow_itself() -> None:
    assert [p.again for p in with_again([purchase(1, "5 Jan", "5 Jan")])] == [False]
    assert [p.again for p in with_again([purchase(1, "5 Jan", "5 Jan"), purchase(2, "5 Jan")])] == [False, True]


@pytest.mark.req("OCN-156", "OCN-161")
@pytest.mark.parametrize(("pieces", "fee"), [(0, 0), (1, 0), (2, 250), (3, 350), (4, 450)])
def test_a_tier_is_the_price_of_all_pieces_together(pieces: int, fee: int) -> None:
    assert cost(MAR, [purchase(n, "10 Jan") for n in range(pieces)], MAIL_SLOTS) == fee


def test_a_tier_counts_each_holders_pieces_by_themselves() -> None:
    held = [purchase(n, "10 Jan", holder=f"h{n % 2}") for n in range(4)]
    lines = charges(MAR, held, {"p": MAIL_SLOTS})
    assert [(line.holder, line.amount, len(line.purchases)) for line in lines] == [("h0", 250, 2), ("h1", 250, 2)]


def test_what_has_no_price_or_too_many_pieces_is_named() -> None:
    with pytest.raises(PriceError, match="gone of h has no price"):
        charges(JAN, [purchase(1, "5 Jan", product="gone")], {"p": SECURITY})
    with pytest.raises(PriceError, match="p of h has 5 pieces, but prices end at 4"):
        charges(FEB, [purchase(n, "5 Jan") for n in range(5)], {"p": MAIL_SLOTS})


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: UnitPrice(monthly=-1),
        lambda: UnitPrice(monthly=1.5),  # type: ignore[arg-type]
        lambda: UnitPrice(once=True),
        lambda: UnitPrice(rate_bp=10_001),
        lambda: TierPrice(totals=(0,)),
        lambda: TierPrice(totals=(10, 20)),
        lambda: Purchase("1", "p", "h", at("5 Jan"), at("4 Jan")),
    ],
)
def test_values_that_cannot_be_are_refused(wrong: Callable[[], object]) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        wrong()


def test_a_forecast_is_the_bills_that_follow() -> None:
    held = [purchase(1, "10 Jan")]
    assert [sum(c.amount for c in lines) for _, lines in forecast(JAN, 3, held, {"p": SECURITY})] == [0, FEE, FEE]
    assert [month for month, _ in forecast(date(2025, 12, 1), 2, held, {"p": SECURITY})] == [date(2025, 12, 1), JAN]


RULES = [ChargedMonths(first=f, last=last, only=o) for f, last, o in itertools.product((False, True), repeat=3)]


def random_prices(chance: random.Random) -> dict[str, Price]:
    return {
        "unit": UnitPrice(
            monthly=chance.choice((0, 1, 500)), once=chance.choice((0, 800)), again=chance.choice((0, 3000)),
            months=chance.choice(RULES),
        ),
        "tier": TierPrice(totals=(0, 0, 250, 350, 450, 451, 999), months=chance.choice(RULES)),
    }  # fmt: skip


def random_history(chance: random.Random) -> list[Purchase]:
    """Up to six purchases whose moments often meet at the edges of months."""
    moments = [at("1 Jan") + timedelta(minutes=chance.choice((0, -1, 1, 720))) + timedelta(days=chance.choice((0, 30, 31, 58, 59, 90, chance.randint(0, 120)))) for _ in range(8)]  # fmt: skip
    found = []
    for number in range(chance.randint(0, 6)):
        bought, ended = sorted(chance.sample(moments, 2))
        end = ended if chance.random() < 0.7 else None
        found.append(Purchase(f"{number}", chance.choice(("unit", "tier")), chance.choice(("x", "y")), bought, end))
    return found


def counted(lines: tuple[Charge, ...]) -> Counter[tuple[str, str, str, int]]:
    return Counter((line.product, line.holder, line.kind, line.amount) for line in lines)


def test_any_history_costs_what_the_reference_says(figure: Callable[[str], None]) -> None:
    chance = random.Random(SEED)
    for number in range(HISTORIES):
        prices, history = random_prices(chance), random_history(chance)
        month = add_months(date(2025, 12, 1), chance.randint(0, 5))
        ours, expected = counted(charges(month, with_again(history), prices)), month_costs(month, history, prices)
        assert ours == expected, (SEED, number, month, prices, history)
    figure(f"Prices: {HISTORIES:,} histories, 0 differences from the reference, seed {SEED}")
