"""The run over the database against the plain reference: any history costs the same to the yen, tax included.

`MYPAGE_BILLING_HISTORIES` is how many contracts are billed; the night's run takes 100,000 and more.
"""

from __future__ import annotations

import os
import random
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date

import msgspec
from price_reference import month_costs, tax_sums
from runkit import SETTINGS, Bill, Books, Posted, plan_of, product
from sqlalchemy import Engine
from test_charging import random_history, random_prices

from mypage.billing.charging import Purchase, with_again
from mypage.hooks.prices import Price
from mypage.lib.clock import FixedClock
from mypage.lib.months import add_months

HISTORIES = int(os.environ.get("MYPAGE_BILLING_HISTORIES", "2500"))
OF_ONE_TENANT = 1_000
SEED = int(os.environ.get("MYPAGE_PRICE_SEED", "7"))
RATES = (1_000, 800, 333, 0)
Costs = Counter[tuple[str, str, str, int]]


def expected(
    month: date, history: list[Purchase], prices: dict[str, Price], posted: list[Posted], mode: str
) -> tuple[Costs, list[tuple[int, bool, int, int]]] | None:
    """The lines and taxes of a bill in the reference's words; None when there is nothing to bill."""
    costs = month_costs(month, history, prices)
    costs.update(("", "", "posting", each.amount) for each in posted if each.month == month)
    if not any(yen for _, _, _, yen in costs):
        return None
    lines = [(yen, prices[p].rate_bp, False) for (p, _, _, yen), often in costs.items() if p for _ in range(often)]
    lines += [(each.amount, each.rate_bp, each.reduced) for each in posted if each.month == month]
    return costs, tax_sums(lines, mode)


def billed(bill: Bill, contract: uuid.UUID) -> tuple[Costs, list[tuple[int, bool, int, int]]]:
    names = {str(uuid.uuid5(contract, holder)): holder for holder in ("x", "y")} | {"": ""}
    costs = Counter((line.product, names[line.holder], line.kind, line.amount) for line in bill.lines)
    assert (bill.net, bill.tax) == (sum(tax[2] for tax in bill.taxes), sum(tax[3] for tax in bill.taxes))
    assert bill.net == sum(line.amount for line in bill.lines)
    return costs, list(bill.taxes)


def postings(chance: random.Random, month: date) -> list[Posted]:
    if chance.random() > 0.3:
        return []
    return [
        Posted(
            chance.choice((0, 1, 5, 335, 12_345, -335, -10)),
            *chance.choice(((1_000, False), (800, True), (800, False), (0, False))),
            month=add_months(month, chance.choice((0, 0, 0, 1, -1))),
        )
        for _ in range(chance.randint(1, 3))
    ]


def test_any_history_is_billed_as_the_reference_says(
    engine: Engine, clock: FixedClock, tenant_name: str, figure: Callable[[str], None]
) -> None:
    chance, lines, bills, done = random.Random(SEED), 0, 0, 0
    while done < HISTORIES:
        books = Books.open(engine, clock, f"{tenant_name}-{done}")
        size = min(OF_ONE_TENANT, HISTORIES - done)
        prices = {code: replace(price, rate_bp=chance.choice(RATES)) for code, price in random_prices(chance).items()}
        mode = chance.choice(("down", "up", "half"))
        month = add_months(date(2025, 12, 1), chance.randint(0, 5))
        histories = {f"{n}": list(with_again(random_history(chance))) for n in range(size)}
        posted = {name: postings(chance, month) for name in histories}
        books.add(histories, posted)
        plan = plan_of(
            [product(code, price) for code, price in prices.items()],
            month,
            msgspec.structs.replace(SETTINGS, tax_mode=mode),
        )
        books.run(plan, chunk=chance.choice((97, 700, 10_000)))
        ids = dict(map(tuple, books.rows("SELECT number, id FROM contract WHERE tenant_id = :t")))
        found = {name: billed(bill, ids[name]) for name, bill in books.bills(month).items()}
        wanted = {
            name: costs
            for name, history in histories.items()
            if (costs := expected(month, history, prices, posted[name], mode)) is not None
        }
        wrong = {name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name)}
        assert not wrong, (SEED, month, prices, mode, [(wanted.get(n), found.get(n)) for n in sorted(wrong)[:2]])
        done, bills = done + size, bills + len(found)
        lines += sum(sum(costs.values()) for costs, _ in found.values())
    figure(
        f"Billing run: {done:,} histories, {bills:,} bills, {lines:,} lines, 0 differences from the reference, seed {SEED}"
    )
