"""What places cost on real bills of the monthly run, against the reference, and what confirm pages say of it before."""

from __future__ import annotations

import random
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from price_reference import month_costs, tax_sums
from runkit import ISSUED, SETTINGS, Books, counted
from sqlalchemy import select

from mypage.auth.models import Customer
from mypage.billing.charging import Purchase
from mypage.billing.run import run_month
from mypage.billing.run_compare import compare_month
from mypage.billing.run_values import RunPlan, plan_run
from mypage.contracts.models import Contract, Subscription
from mypage.contracts.reaching import ContractRef
from mypage.db.keys import Vault
from mypage.db.session import Actor, Scope, Tx
from mypage.hooks.context import Principal
from mypage.lib.clock import TOKYO
from mypage.lib.months import add_months
from mypage.operators.operator import Operator
from mypage.slots.prices import PricesAhead, Usage, prices_ahead
from mypage.slots.reading import overview
from mypage.slots.service import check_wish, file_application
from mypage.slots.values import Reserved, SlotWish
from mypage.testing.portal import MakePortal, Portal
from portal_rows import operator_of

SEED = 11
DECEMBER = date(2026, 12, 1)
VECTORS = [
    ((1, 1), (200, 20, 220)),
    ((2, 0), (250, 25, 275)),
    ((3, 2), (750, 75, 825)),
    ((4, 4), (1_250, 125, 1_375)),
    ((3, 0), (350, 35, 385)),
    ((4, 0), (450, 45, 495)),
]
"""OCN-161 to OCN-163: accounts in use and with the option → net, tax, with tax."""


class House:
    """A line of OCN whose applications are done at once, for nobody else has to be asked."""

    def __init__(self, portal: Portal, number: str = "N230110835") -> None:
        self.portal, self.operator, self.number = portal, operator_of(portal), number
        customer, contract = uuid.uuid4(), uuid.uuid4()

        def move_in(tx: Tx) -> None:
            tx.add(Customer(tenant_id=tx.tenant, id=customer, number=number, number_key=number, name="見本商店"))
            tx.flush()
            tx.add(
                Contract(tenant_id=tx.tenant, id=contract, customer_id=customer, number=number, number_key=number, name="光")
            )  # fmt: skip

        portal.run(move_in)
        self.ref = ContractRef(contract, number, "", "光", "active", customer)
        self.principal = Principal(
            account_id=uuid.uuid4(), customer_id=customer, session_id=uuid.uuid4(), scheme="line", role="holder",
            name="", customer_number=number, email="", permissions=frozenset(),
        )  # fmt: skip
        self.names = 0

    def do(self, number: int, action: str, local: str | None = None, options: tuple[str, ...] = ()) -> PricesAhead:
        """Apply for it; returns the prices that the confirm page showed."""
        slots, operation = self.operator.slots["mail"], uuid.uuid4()
        secret = "Umi4826kaze" if local else None
        wish = SlotWish(
            slots=slots, number=number, action=action, local=local, secret=secret, options=frozenset(options)  # type: ignore[arg-type]
        )  # fmt: skip
        reserved = Reserved(id=operation, local=local, host=slots.hosts[0]) if local else None

        def work(tx: Tx) -> PricesAhead:
            prices = check_wish(tx, self.operator, self.ref, wish).prices
            shown, vault = replace(wish, shown=prices.mark), self.portal.server.ports.get(Vault)
            file_application(
                tx, vault, self.operator, self.principal, shown, reserved, operation_id=operation, language="ja"
            )
            return prices

        return self.portal.run(work)

    def fill(self, accounts: int, checked: int) -> PricesAhead:
        """So many accounts, the first ones with the option."""
        for number in range(1, accounts + 1):
            shown = self.do(number, "add", f"name{number}", ("virus-check",) if number <= checked else ())
        return shown

    def purchases(self) -> list[Purchase]:
        found = select(Subscription).where(Subscription.contract_id == self.ref.id)
        rows = self.portal.run(lambda tx: list(tx.scalars(found.where(Subscription.tenant_id == tx.tenant))))
        return [
            Purchase(str(row.id), row.product, str(row.holder_id), row.bought_at, row.ended_at, row.again)
            for row in rows
        ]

    def books(self) -> Books:
        return Books(self.portal.engine, Scope(self.portal.name, self.portal.clock, Actor("system", "test"), "test"))


def plan_of(operator: Operator, month: date) -> RunPlan:
    return plan_run(month, operator.products, SETTINGS, issued_on=max(ISSUED, add_months(month)))


@pytest.fixture
def house(make_portal: MakePortal) -> House:
    return House(make_portal("ocn"))


@pytest.mark.req("OCN-117", "OCN-156", "OCN-161", "OCN-162", "OCN-163", "OCN-164")
@pytest.mark.parametrize(("usage", "amounts"), VECTORS)
def test_a_month_of_places_costs_what_its_page_said_on_the_bill_and_by_the_reference(
    house: House, usage: tuple[int, int], amounts: tuple[int, int, int]
) -> None:
    shown = house.fill(*usage)
    assert (shown.after.net, shown.after.tax, shown.after.gross) == amounts
    books, plan = house.books(), plan_of(house.operator, DECEMBER)
    run_month(books.engine, books.scope, plan)
    bill = books.bills(DECEMBER)[house.number]
    assert (bill.net, bill.tax, bill.total) == amounts
    costs = month_costs(DECEMBER, house.purchases(), dict(house.operator.prices))
    assert counted(bill) == Counter({(product, kind, yen): n for (product, _, kind, yen), n in costs.items()})
    lines = [(yen, 1_000, False) for (_, _, _, yen), often in costs.items() for _ in range(often)]
    assert list(bill.taxes) == tax_sums(lines, "down")
    assert compare_month(books.engine, books.scope, plan).same


@pytest.mark.req("OCN-163", "OCN-164")
def test_the_month_of_an_application_is_as_before_and_the_next_is_the_new_tier(house: House) -> None:
    books = house.books()
    house.fill(4, 0)
    shown = [house.do(4, "remove")]
    assert (shown[0].before.gross, shown[0].after.gross) == (495, 385)
    run_month(books.engine, books.scope, plan_of(house.operator, date(2026, 11, 1)))
    run_month(books.engine, books.scope, plan_of(house.operator, DECEMBER))
    # November is the month in which all of them were applied for: from the next one on they are charged.
    assert books.bills(date(2026, 11, 1)) == {}
    assert books.bills(DECEMBER)[house.number].total == 385
    house.portal.clock.at = datetime(2026, 12, 10, 12, tzinfo=TOKYO)
    house.do(3, "remove")
    run_month(books.engine, books.scope, plan_of(house.operator, date(2027, 1, 1)))
    assert books.bills(date(2027, 1, 1))[house.number].total == 275


@pytest.mark.req("OCN-158", "OCN-162")
def test_a_fraction_of_a_yen_is_nowhere(house: House) -> None:
    slots = house.operator.slots["mail"]
    for count in range(5):
        for checked in range(count + 1):
            after = Usage(slots=slots, count=count, options={"virus-check": checked})
            prices = prices_ahead(house.operator, Usage(slots=slots, count=0), after)
            nets = (0, 0, 250, 350, 450)[count] + 200 * checked
            assert (prices.after.net, prices.after.gross) == (nets, nets * 11 // 10)
            assert nets * 11 % 10 == 0
            assert [line.after.net for line in prices.lines] == [(0, 0, 250, 350, 450)[count], 200 * checked]


def test_a_place_is_charged_once_a_month_whatever_was_removed_and_added_in_it(house: House) -> None:
    books = house.books()
    house.fill(4, 4)
    house.portal.clock.at = datetime(2026, 12, 3, 12, tzinfo=TOKYO)
    for round_ in range(3):
        house.portal.clock.at += timedelta(days=2)
        house.do(4, "remove")
        house.portal.clock.at += timedelta(days=2)
        house.do(4, "add", f"again{round_}", ("virus-check",))
    run_month(books.engine, books.scope, plan_of(house.operator, DECEMBER))
    assert books.bills(DECEMBER)[house.number].total == 1_375


def test_any_history_of_places_is_billed_as_the_reference_says(
    make_portal: MakePortal, figure: Callable[[str], None]
) -> None:
    chance, portal = random.Random(SEED), make_portal("ocn")
    houses = [House(portal, f"N{n}") for n in range(3)]
    months = [add_months(date(2026, 11, 1), n) for n in range(4)]
    done = Counter[str]()
    for day in range(0, 118, 4):
        portal.clock.at = datetime(2026, 11, 1, 12, tzinfo=TOKYO) + timedelta(days=day)
        for house in houses:
            done[a_step(chance, house)] += 1
    books, lines = houses[0].books(), 0
    for month in months:
        plan = plan_of(houses[0].operator, month)
        run_month(books.engine, books.scope, plan)
        bills = books.bills(month)
        for house in houses:
            costs = month_costs(month, house.purchases(), dict(house.operator.prices))
            wanted = Counter({(product, kind, yen): n for (product, _, kind, yen), n in costs.items()})
            found = counted(bills[house.number]) if house.number in bills else Counter[tuple[str, str, int]]()
            assert found == (wanted if any(yen for _, _, yen in wanted) else Counter()), (SEED, month, house.number)
            lines += found.total()
        assert compare_month(books.engine, books.scope, plan).same
    assert min(done["add"], done["change"], done["remove"]) > 5
    figure(
        f"places: {sum(done.values())} applications {dict(done)}, {lines} lines of {len(months)} months, seed {SEED}"
    )


def a_step(chance: random.Random, house: House) -> str:
    """Something that is possible about one of the places."""
    rows = house.portal.run(lambda tx: overview(tx, house.operator, house.ref, house.operator.slots["mail"]))
    row = chance.choice(rows)
    options = chance.choice(((), ("virus-check",)))
    if row.address is None:
        house.names += 1
        house.do(row.number, "add", f"{house.number.lower()}x{house.names}", options)
        return "add"
    if chance.random() < 0.5:
        house.do(row.number, "remove")
        return "remove"
    if frozenset(options) == row.options:
        return "nothing"
    house.do(row.number, "change", None, options)
    return "change"
