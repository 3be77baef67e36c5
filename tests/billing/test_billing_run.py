"""The monthly run: every contract's bill once, numbers without gaps, the same month again is nothing."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import msgspec
import pytest
from runkit import ISSUED, NOVEMBER, SETTINGS, Books, Posted, counted, plan_of, product
from sqlalchemy import Engine, insert, select, update

from mypage.billing import counter, run_chunk, run_rows
from mypage.billing.charging import Purchase, with_again
from mypage.billing.models import Invoice, InvoiceLine
from mypage.billing.run import check_month, one_run
from mypage.billing.run_compare import compare_month
from mypage.billing.run_values import RunRefused, plan_run
from mypage.contracts.models import Contract, Subscription
from mypage.db.session import unit
from mypage.hooks.prices import ChargedMonths, TierPrice, UnitPrice
from mypage.lib.clock import TOKYO, FixedClock
from mypage.testing.guard import _pattern, unfiltered

FEE = 500
SECURITY = product("security", UnitPrice(monthly=FEE), name="セキュリティ360°")
SUPPORT = product(
    "support", UnitPrice(monthly=980, again=3000), name="リモートサポート", again_label="再申し込み手数料"
)
BASIC = product("basic", UnitPrice(monthly=4800, once=800, months=ChargedMonths(first=True)), once_label="登録料")
SLOTS = product("slots", TierPrice(totals=(0, 0, 250, 350)))
PRODUCTS = (BASIC, SECURITY, SUPPORT, SLOTS)


def at(day: str) -> datetime:
    """`2026-11-05`, or with a time, in Japan."""
    return datetime.fromisoformat(day).replace(tzinfo=TOKYO)


def bought(product: str, since: str, until: str | None = None, *, holder: str = "c") -> Purchase:
    return Purchase(f"{product} {since}", product, holder, at(since), at(until) if until else None)


def kept(count: int, since: str = "2026-09-05") -> dict[str, list[Purchase]]:
    return {f"K{number:04d}": [bought("basic", since)] for number in range(count)}


@pytest.fixture
def books(engine: Engine, clock: FixedClock, tenant_name: str) -> Books:
    clock.at = datetime(2026, 12, 5, 3, tzinfo=UTC)
    return Books.open(engine, clock, tenant_name)


def test_a_bill_has_its_lines_taxes_and_number(books: Books) -> None:
    history = [
        bought("basic", "2026-09-05"),
        bought("security", "2026-11-03", "2026-11-30T23:59", holder="taro"),
        bought("support", "2026-09-01", "2026-10-02"),
        bought("support", "2026-11-10"),
    ]
    postings = [Posted(1234), Posted(101, 800, True, description="冊子\\の\t送料")]
    books.add({"K1": list(with_again(history))}, {"K1": postings}, accounts=["taro"])
    report = books.run(plan_of(PRODUCTS))
    assert (report.whole.contracts, report.whole.invoices, report.whole.total) == (1, 1, 9534 + 953 + 101 + 8)
    bill = books.bills()["K1"]
    month = (date(2026, 11, 1), date(2026, 11, 30))
    assert [(line.description, line.kind, line.amount, line.period) for line in bill.lines[:3]] == [
        ("basic", "monthly", 4800, month),
        ("セキュリティ360°（taro-K1）", "monthly", FEE, month),
        ("リモートサポート 再申し込み手数料", "again", 3000, (None, None)),
    ]
    assert sorted(
        (line.description, line.kind, line.amount, line.rate_bp, line.reduced) for line in bill.lines[3:]
    ) == [
        ("冊子\\の\t送料", "posting", 101, 800, True),
        ("通話料", "posting", 1234, 1000, False),
    ]
    assert bill.taxes == ((1000, False, 9534, 953), (800, True, 101, 8))
    assert bill.number == "2026-11-000001"
    assert books.rows(
        "SELECT status, issued_on, due_on, addressee, issuer, tax_mode FROM invoice WHERE tenant_id = :t"
    ) == [("scheduled", ISSUED, None, "見本 K1", "見本通信", "down")]


def test_every_line_leads_to_what_it_charges_for(books: Books) -> None:
    history = [bought("slots", "2026-09-05"), bought("slots", "2026-09-05"), bought("basic", "2026-09-05")]
    books.add({"K1": history}, {"K1": [Posted(5)]})
    books.run(plan_of(PRODUCTS))
    basic, slots, posting = books.bills()["K1"].lines
    assert (slots.kind, slots.amount, len(slots.sources)) == ("tier", 250, 2)
    of_product = "SELECT id FROM subscription WHERE tenant_id = :t AND product = :p ORDER BY id"
    assert sorted(slots.sources) == [row.id for row in books.rows(of_product, p="slots")]
    assert list(basic.sources) == [row.id for row in books.rows(of_product, p="basic")]
    assert list(posting.sources) == [row.id for row in books.rows("SELECT id FROM posting WHERE tenant_id = :t")]


OCTOBER, DECEMBER, JANUARY = date(2026, 10, 1), date(2026, 12, 1), date(2027, 1, 1)


@pytest.mark.req(
    "UCOM-140", "UCOM-141", "UCOM-142", "UCOM-145", "UCOM-146", "UCOM-147", "UCOM-148", "UCOM-149", "UCOM-150"
)
def test_the_examples_of_the_manual_through_the_run(books: Books) -> None:
    """Moved to October to January, so that the year turns as well."""
    days: dict[str, tuple[list[tuple[str, str | None]], list[int]]] = {
        "a kept": ([("2026-10-10", None)], [0, FEE, FEE, FEE]),
        "b ended in its month": ([("2026-10-10", "2026-10-31T23:59")], [FEE, 0, 0, 0]),
        "c ended a minute later": ([("2026-10-10", "2026-11-01")], [0, FEE, 0, 0]),
        "d bought anew": ([("2026-10-05", "2026-10-06"), ("2026-10-07", None)], [FEE, FEE, FEE, FEE]),
        "e twice in a month": ([("2026-10-05", "2026-10-06"), ("2026-10-07", "2026-10-08")], [2 * FEE, 0, 0, 0]),
        "f ended with its account": ([("2026-10-20", "2026-12-03")], [0, FEE, FEE, 0]),
        "g over the year": ([("2026-12-31", None)], [0, 0, 0, FEE]),
        "147 ended and bought": ([("2026-09-05", "2026-10-06"), ("2026-10-07", None)], [FEE, FEE, FEE, FEE]),
        "148 three times": (
            [("2026-10-05", "2026-10-06"), ("2026-10-07", "2026-10-08"), ("2026-10-09", None)],
            [2 * FEE, FEE, FEE, FEE],
        ),
        "the last moment": ([("2026-10-31T23:59:59.999999", None)], [0, FEE, FEE, FEE]),
        "a moment later": ([("2026-11-01T00:00:00", None)], [0, 0, FEE, FEE]),
        "no time at all": ([("2026-10-05", "2026-10-05")], [FEE, 0, 0, 0]),
    }
    books.add(
        {
            name: [bought("security", since, until, holder="a") for since, until in history]
            for name, (history, _) in days.items()
        },
        accounts=["a"],
    )
    found: dict[str, list[int]] = {name: [] for name in days}
    for month in (OCTOBER, NOVEMBER, DECEMBER, JANUARY):
        books.run(plan_of(PRODUCTS, month))
        bills = books.bills(month)
        for name, sums in found.items():
            sums.append(bills[name].net if name in bills else 0)
    assert found == {name: expected for name, (_, expected) in days.items()}


@pytest.mark.req("UCOM-148")
def test_each_account_of_a_contract_pays_for_itself(books: Books) -> None:
    """An account that is deleted and another one that is registered buy anew: both are billed."""
    books.add(
        {
            "K1": [
                bought("security", "2026-11-05", "2026-11-06", holder="a"),
                bought("security", "2026-11-07", "2026-11-08", holder="b"),
            ]
        },
        accounts=["a", "b"],
    )
    books.run(plan_of(PRODUCTS))
    bill = books.bills()["K1"]
    assert counted(bill) == {("security", "monthly", FEE): 2}
    assert sorted(line.description for line in bill.lines) == ["セキュリティ360°（a-K1）", "セキュリティ360°（b-K1）"]


@pytest.mark.req("UCOM-151", "UCOM-138")
def test_buying_again_costs_its_fee_in_its_month(books: Books) -> None:
    history = [
        bought("support", "2026-09-05", "2026-10-02"),
        bought("support", "2026-11-03", "2026-11-04"),
        bought("support", "2026-11-05"),
    ]
    books.add({"K1": list(with_again(history))})
    books.run(plan_of(PRODUCTS))
    assert counted(books.bills()["K1"]) == {("support", "again", 3000): 2, ("support", "monthly", 980): 1}


def test_who_has_nothing_to_pay_gets_no_bill(books: Books) -> None:
    free = product("free", UnitPrice(monthly=0))
    books.add(
        {
            "nothing": [],
            "next month": [bought("security", "2026-11-10")],
            "long ago": [bought("security", "2025-11-10", "2026-10-31T23:59")],
            "free": [bought("free", "2026-09-10")],
            "paid": [bought("free", "2026-09-10"), bought("security", "2026-09-10")],
            "evened out": [],
        },
        {"evened out": [Posted(500), Posted(-500)], "nothing": [Posted(100, month=DECEMBER)]},
    )
    report = books.run(plan_of((*PRODUCTS, free)))
    assert {name: bill.total for name, bill in books.bills().items()} == {"paid": 550, "evened out": 0}
    assert (report.whole.contracts, report.whole.invoices) == (6, 2)


@pytest.mark.parametrize(("mode", "taxes"), [("down", [100, 7]), ("up", [101, 8]), ("half", [101, 8])])
def test_the_tax_is_rounded_once_per_rate_in_the_tenants_way(books: Books, mode: str, taxes: list[int]) -> None:
    postings = [Posted(335), Posted(335), Posted(335), Posted(47, 800, True), Posted(48, 800, True)]
    books.add({"K1": []}, {"K1": postings})
    settings = msgspec.structs.replace(SETTINGS, tax_mode=mode)
    books.run(plan_of((), settings=settings))
    assert [tax for _, _, _, tax in books.bills()["K1"].taxes] == taxes


def test_the_same_month_again_changes_nothing_and_says_so(books: Books, clock: FixedClock) -> None:
    books.add(kept(7))
    first = books.run(plan_of(PRODUCTS), chunk=3)
    assert list(first.printable())[0] == "2026-11: 7 contracts, 7 invoices, 36,960 yen"
    before = books.bills()
    clock.at = datetime(2026, 12, 6, 3, tzinfo=UTC)
    books.add({"late": [bought("basic", "2026-09-01")]})
    again = books.run(plan_of(PRODUCTS))
    assert list(again.printable()) == [
        "2026-11 is billed already: 7 contracts, 7 invoices, 36,960 yen, issued on 2026-12-05; nothing was changed"
    ]
    assert books.bills() == before


def test_numbers_have_no_gaps_over_months_and_chunks(books: Books) -> None:
    books.add(kept(5) | {"X": []})
    books.run(plan_of(PRODUCTS), chunk=2)
    books.add({"late": [bought("basic", "2026-09-01")]})
    books.run(plan_of(PRODUCTS, DECEMBER), chunk=3)
    assert [bill.number for bill in books.bills().values()] == [f"2026-11-{n:06d}" for n in range(1, 6)]
    assert [bill.number for bill in books.bills(DECEMBER).values()] == [f"2026-12-{n:06d}" for n in range(6, 12)]
    assert books.rows("SELECT name, value FROM counter WHERE tenant_id = :t") == [("invoice", 11)]


def test_chunks_cost_the_same_bills_whatever_their_size(engine: Engine, clock: FixedClock, books: Books) -> None:
    histories = kept(11)
    found = []
    for size in (1, 4, 100):
        mine = Books.open(engine, clock, f"{books.scope.tenant}-{size}")
        mine.add(histories)
        seen: list[tuple[int, int]] = []
        mine.run(plan_of(PRODUCTS), chunk=size, progress=lambda done, bills, seen=seen: seen.append((done, bills)))
        assert seen[-1] == (11, 11)
        assert len(seen) == -(-11 // size)
        found.append({name: (bill.net, bill.tax) for name, bill in mine.bills().items()})
    assert found[0] == found[1] == found[2]


def test_a_month_that_is_not_over_is_refused() -> None:
    with pytest.raises(RunRefused, match="2026-11 is not over yet; run it from 2026-12-01 on, or give --early"):
        check_month(NOVEMBER, date(2026, 11, 30))
    check_month(NOVEMBER, date(2026, 12, 1))
    check_month(NOVEMBER, date(2026, 11, 21), early=True)


def test_what_has_no_price_is_named_before_anything_is_issued(books: Books) -> None:
    books.add(kept(3) | {"K9": [bought("gone", "2026-11-05"), bought("basic", "2026-09-05")]})
    with pytest.raises(RunRefused, match="contract K9: gone has no price; declare it as a product of the operator"):
        books.run(plan_of(PRODUCTS), chunk=1)
    assert books.bills() == {}
    assert books.rows("SELECT state FROM billing_run WHERE tenant_id = :t") == []
    books.run(plan_of((*PRODUCTS, product("gone", UnitPrice(monthly=1)))))
    assert len(books.bills()) == 4


def test_what_no_month_charges_needs_no_price(books: Books) -> None:
    books.add(
        {
            "K1": [
                bought("gone", "2025-11-05", "2026-10-05"),
                bought("later", "2026-12-01"),
                bought("basic", "2026-09-05"),
            ]
        }
    )
    books.run(plan_of(PRODUCTS))
    assert len(books.bills()) == 1


def test_more_pieces_than_priced_are_named_and_the_rest_goes_on_when_there_is_a_price(books: Books) -> None:
    books.add(kept(4) | {"K9": [bought("slots", "2026-09-05") for _ in range(4)]})
    with pytest.raises(RunRefused, match="contract K9: slots has 4 pieces, but prices end at 3"):
        books.run(plan_of(PRODUCTS), chunk=1)
    longer = product("slots", TierPrice(totals=(0, 0, 250, 350, 450)))
    books.run(plan_of((BASIC, longer)), chunk=1)
    assert sorted(bill.net for bill in books.bills().values()) == [450, 4800, 4800, 4800, 4800]
    numbers = [bill.number for bill in books.bills().values()]
    assert numbers == [f"2026-11-{n:06d}" for n in range(1, 6)]


def test_a_number_of_a_feed_is_not_given_out_again(books: Books) -> None:
    books.add(kept(3))
    values = {"month": NOVEMBER, "issued_on": ISSUED, "status": "paid", "net": 1, "tax": 0, "total": 1}
    texts = {"addressee": "a", "issuer": "b", "registration_number": "c", "number": "2026-11-000002"}
    customer = books.rows("SELECT id FROM customer WHERE tenant_id = :t LIMIT 1")[0].id
    with unit(books.engine, books.scope) as tx:
        tx.execute(insert(Invoice).values(tenant_id=tx.tenant, customer_id=customer, **values, **texts))
    with pytest.raises(RunRefused, match="an invoice number is taken by a bill of a feed"):
        books.run(plan_of(PRODUCTS), chunk=1)
    assert len(books.rows("SELECT 1 FROM invoice WHERE tenant_id = :t AND run_id IS NOT NULL")) == 1


def test_a_run_that_goes_on_the_next_day_keeps_its_days(books: Books) -> None:
    books.add(kept(4) | {"K9": [bought("slots", "2026-09-05") for _ in range(4)]})
    plan = replace(plan_of(PRODUCTS), due_on=date(2026, 12, 27))
    with pytest.raises(RunRefused):
        books.run(plan, chunk=1)
    longer = product("slots", TierPrice(totals=(0, 0, 250, 350, 450)))
    books.run(replace(plan_of((BASIC, longer)), issued_on=date(2026, 12, 9)), chunk=1)
    days = books.rows("SELECT DISTINCT issued_on, due_on FROM invoice WHERE tenant_id = :t")
    assert days == [(ISSUED, date(2026, 12, 27))]


def test_a_day_of_payment_before_the_issue_is_refused(books: Books) -> None:
    with pytest.raises(RunRefused, match="the day of payment, 2026-12-04, lies before the day of issue"):
        plan_run(NOVEMBER, {}, SETTINGS, issued_on=ISSUED, due_on=date(2026, 12, 4))


def test_two_runs_at_once_the_second_is_refused(books: Books) -> None:
    books.add(kept(3))
    with (
        one_run(books.engine, books.scope),
        pytest.raises(RunRefused, match=r"another billing run of tenant t\w+ is at work"),
    ):
        books.run(plan_of(PRODUCTS))
    books.run(plan_of(PRODUCTS))
    assert len(books.bills()) == 3


def test_a_stranger_who_takes_numbers_makes_no_gap(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    """A number that is taken while a chunk is written: the chunk is done again behind it."""
    books.add(kept(4))
    write = run_chunk.write
    taken: list[int] = []

    def interrupted(*arguments: Any) -> None:
        write(*arguments)
        if not taken:

            def take() -> None:
                with unit(books.engine, books.scope) as tx:
                    taken.append(counter.take(tx, counter.INVOICES))

            stranger = threading.Thread(target=take)
            stranger.start()
            stranger.join()

    monkeypatch.setattr(run_chunk, "write", interrupted)
    books.run(plan_of(PRODUCTS), chunk=2)
    assert taken == [1]
    assert [bill.number for bill in books.bills().values()] == [f"2026-11-{n:06d}" for n in range(2, 6)]


def test_a_dry_run_tells_the_difference_and_changes_nothing(books: Books) -> None:
    books.add(kept(5) | {"X": []})
    plan = plan_of(PRODUCTS)
    missing = compare_month(books.engine, books.scope, plan, chunk=2, most_shown=2)
    assert list(missing.printable()) == [
        "2026-11: 6 contracts; bills: 5 missing, 0 same, 0 different; nothing was changed",
        "  would be issued 26,400 yen, are issued 0 yen",
        *(f"  {each}" for each in missing.shown),
        "  … and 3 more",
    ]
    assert str(missing.shown[0]).endswith(": missing, would be 5,280 yen")
    assert books.bills() == {} and books.rows("SELECT 1 FROM billing_run WHERE tenant_id = :t") == []
    books.run(plan)
    assert compare_month(books.engine, books.scope, plan).same
    dearer = product("basic", UnitPrice(monthly=5000, months=ChargedMonths(first=True)))
    changed = compare_month(books.engine, books.scope, plan_of((dearer,)))
    assert (changed.counts["different"], changed.would, changed.issued) == (5, 27_500, 26_400)
    number = changed.shown[0].number
    assert str(changed.shown[0]).endswith(f"would be 5,500 yen, issued are 5,280 yen (invoice {number})")


def test_a_dry_run_sees_what_should_not_be_there(books: Books) -> None:
    books.add({"A": [bought("basic", "2026-09-05")], "B": [bought("basic", "2026-09-05")]})
    plan = plan_of(PRODUCTS)
    books.run(plan)
    with unit(books.engine, books.scope) as tx:
        of_a = tx.scalar(select(Contract.id).where(Contract.tenant_id == tx.tenant, Contract.number == "A"))
        tx.execute(
            update(Subscription)
            .where(Subscription.tenant_id == tx.tenant, Subscription.contract_id == of_a)
            .values(ended_at=at("2026-10-05"))
        )
    found = compare_month(books.engine, books.scope, plan)
    number = books.bills()["A"].number
    assert [str(each) for each in found.shown] == [
        f"contract A: would be nothing, issued are 5,280 yen (invoice {number})"
    ]


def test_a_dry_run_sees_other_lines_of_the_same_sum(books: Books) -> None:
    books.add({"A": [bought("basic", "2026-09-05")]}, {"A": [Posted(500), Posted(-500)]})
    books.run(plan_of(PRODUCTS))
    with unit(books.engine, books.scope) as tx:
        tx.execute(
            update(InvoiceLine)
            .where(InvoiceLine.tenant_id == tx.tenant, InvoiceLine.amount == 500)
            .values(charge="once")
        )
    [found] = compare_month(books.engine, books.scope, plan_of(PRODUCTS)).shown
    assert str(found) == "contract A: different lines of the same 5,280 yen (invoice 2026-11-000001)"


@pytest.mark.parametrize(
    ("status", "ended_on", "fees"),
    [
        ("terminated", date(2026, 10, 31), 0),
        ("terminated", None, 0),
        ("terminated", date(2026, 11, 1), 4800 + 800 + 4800 + FEE),
        ("active", date(2026, 11, 30), 4800 + 800 + 4800 + FEE),
        ("active", date(2026, 12, 1), 4800 + 800 + 4800),
        ("active", None, 4800 + 800 + 4800),
    ],
)
def test_a_contracts_last_day_ends_its_purchases(books: Books, status: str, ended_on: date | None, fees: int) -> None:
    """One of the month before, one of this month without and one with a month free of charge; and a posting."""
    history = [bought("basic", "2026-09-05"), bought("basic", "2026-11-02"), bought("security", "2026-11-02")]
    books.add({"K1": history}, {"K1": [Posted(100)]})
    with unit(books.engine, books.scope) as tx:
        tx.execute(update(Contract).where(Contract.tenant_id == tx.tenant).values(status=status, ended_on=ended_on))
    books.run(plan_of(PRODUCTS))
    assert books.bills()["K1"].net == fees + 100
    assert compare_month(books.engine, books.scope, plan_of(PRODUCTS)).same


def test_what_has_no_price_any_more_stops_no_run_on_a_contract_that_is_over(books: Books) -> None:
    books.add({"K1": [bought("gone", "2026-09-05")]})
    with pytest.raises(RunRefused, match="contract K1: gone has no price"):
        books.run(plan_of(PRODUCTS))
    with unit(books.engine, books.scope) as tx:
        tx.execute(
            update(Contract)
            .where(Contract.tenant_id == tx.tenant)
            .values(status="terminated", ended_on=date(2026, 10, 31))
        )
    books.run(plan_of(PRODUCTS))
    assert books.bills() == {}


def test_each_chunk_leaves_an_audit_entry(books: Books) -> None:
    books.add(kept(3))
    books.run(plan_of(PRODUCTS), chunk=2)
    rows = books.rows("SELECT action, after FROM audit_entry WHERE tenant_id = :t ORDER BY action, after ->> 'total'")
    assert [(row.action, row.after) for row in rows] == [
        ("billing.issued", {"contracts": 2, "invoices": 2, "total": 10560, "first number": 1, "last number": 2}),
        ("billing.issued", {"contracts": 1, "invoices": 1, "total": 5280, "first number": 3, "last number": 3}),
        ("billing.run_finished", {"contracts": 3, "invoices": 3, "total": 15840}),
        ("billing.run_started", {"month": "2026-11"}),
    ]  # fmt: skip


def test_another_tenants_contracts_are_not_billed(books: Books, engine: Engine, clock: FixedClock) -> None:
    other = Books.open(engine, clock, f"{books.scope.tenant}x")
    other.add(kept(2))
    books.add(kept(1))
    books.run(plan_of(PRODUCTS))
    assert (len(books.bills()), len(other.bills())) == (1, 0)


@pytest.mark.parametrize("statement", run_rows.STATEMENTS)
def test_every_statement_in_bulk_names_its_tenant(statement: str) -> None:
    assert not unfiltered(statement, _pattern())


def test_two_processes_issue_the_same_in_the_same_order(engine: Engine, clock: FixedClock, books: Books) -> None:
    histories = kept(60) | {f"X{n}": [] for n in range(20)}
    books.add(histories)
    seen: list[tuple[int, int]] = []
    report = books.run(plan_of(PRODUCTS), chunk=7, processes=2, progress=lambda *done: seen.append(done))
    assert (report.whole.contracts, report.whole.invoices) == (80, 60) == seen[-1]
    order = books.rows("SELECT number FROM invoice WHERE tenant_id = :t ORDER BY contract_id")
    assert [row.number for row in order] == [f"2026-11-{n:06d}" for n in range(1, 61)]
    again = books.run(plan_of(PRODUCTS), processes=2)
    assert again.already


def test_a_refusal_in_one_process_stops_all_with_its_line(books: Books) -> None:
    books.add(kept(20) | {"K9": [bought("slots", "2026-09-05") for _ in range(4)]})
    with pytest.raises(RunRefused, match="contract K9: slots has 4 pieces, but prices end at 3"):
        books.run(plan_of(PRODUCTS), chunk=3, processes=2)
    numbers = [bill.number for bill in books.bills().values()]
    assert numbers == [f"2026-11-{n:06d}" for n in range(1, len(numbers) + 1)]
    longer = product("slots", TierPrice(totals=(0, 0, 250, 350, 450)))
    books.run(plan_of((BASIC, longer)), chunk=3)
    assert len(books.bills()) == 21
