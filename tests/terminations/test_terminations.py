"""The end of a contract that its holder asks for: accepted once, arranged, done on its day, and never taken back."""

from __future__ import annotations

import dataclasses
import json
import uuid
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import select, update

import sample_operator.plugin as nagi
from mypage.audit.models import AuditEntry
from mypage.auth.models import Customer
from mypage.contracts.models import Contract, Service, Subscription
from mypage.contracts.standing import contract_standing
from mypage.db.session import Actor, Scope, Tx
from mypage.hooks.permissions import SLOT_CHANGE, TERMINATION, TERMINATION_READ
from mypage.hooks.provisioning import ProvisioningDone
from mypage.imports.chunk import Means
from mypage.imports.loader import import_feed
from mypage.lib.errors import NotAllowed
from mypage.orders.models import ProductOrder, ProvisioningJob
from mypage.orders.provisioning import note_done, note_failed
from mypage.slots.errors import SlotRefused
from mypage.terminations.arranging import arrange, end_arranged
from mypage.terminations.errors import AlreadyAccepted, Changed, DayGone, Hindered
from mypage.terminations.models import EndingRow
from mypage.terminations.service import Wish, accept, fee_on, look, mark_of, things_of
from mypage.testing.portal import MakePortal, PortalClient
from mypage.work.models import WorkItem
from portal_rows import operator_of, sign_in
from slots.slotkit import Home, all_of, at_once, deploy, move_in, states
from staff_rows import add_staff, mails_of, make_office, sit_down

DAY = date(2026, 12, 10)
"""Of those that are offered on the day of the tests, 2026-11-21 in Japan."""


@pytest.fixture
def home(make_portal: MakePortal) -> Home:
    return leaver(deploy(make_portal))


def leaver(portal: Any, number: str = "1000001") -> Home:
    """A customer with a contract who may end it."""
    home = move_in(portal, number)
    may = frozenset({SLOT_CHANGE, TERMINATION, TERMINATION_READ})
    return dataclasses.replace(home, principal=dataclasses.replace(home.principal, permissions=may))


def wish(home: Home, day: date = DAY) -> Wish:
    """What the form and the check page give, as things stand."""

    def work(tx: Tx) -> Wish:
        facts = look(tx, home.operator, home.principal)
        shown = mark_of(facts, fee_on(home.operator, facts, day))
        answers = {"day": day.isoformat(), "why": "move", "more": "", "tel": "", "mail": "new@example.jp"}
        return Wish(wanted_on=day, email="new@example.jp", answers=answers, shown=shown, language="ja")

    return home.portal.run(work)


def press(home: Home, wanted: Wish | None = None) -> EndingRow:
    wanted = wanted or wish(home)
    return home.portal.run(lambda tx: accept(tx, home.vault, home.operator, home.principal, wanted))


def standing(home: Home) -> str:
    return home.portal.run(lambda tx: contract_standing(tx, home.ref.id, stopping=()))


def change(home: Home, **values: Any) -> None:
    mine = update(Contract).where(Contract.tenant_id == home.portal.name, Contract.id == home.ref.id)
    home.portal.run(lambda tx: tx.execute(mine.values(**values)))


def service(home: Home, name: str) -> None:
    home.portal.run(
        lambda tx: tx.add(Service(tenant_id=tx.tenant, contract_id=home.ref.id, position=1, category="回線", name=name))
    )


def trail(home: Home) -> list[str]:
    found = select(AuditEntry.action).where(AuditEntry.tenant_id == home.portal.name).order_by(AuditEntry.at)
    actions = home.portal.run(lambda tx: list(tx.scalars(found)))
    return [action for action in actions if action.startswith(("termination.", "contract."))]


@pytest.mark.req("OCN-147", "OCN-148")
def test_it_is_accepted_with_everything_in_one_unit(home: Home) -> None:
    home.have("one", options={1: ["lamp"]})
    row = press(home)
    assert standing(home) == "accepted"
    assert (row.wanted_on, row.state, row.answers["why"]) == (DAY, "accepted", "move")
    assert [thing[0] for thing in row.ends][-1].startswith("one@")
    (contract,) = all_of(home.portal, Contract)
    assert contract.ended_on == DAY
    assert [item.kind for item in all_of(home.portal, WorkItem)] == ["termination"]
    assert [mail["to"] for mail in mails_of(home.portal, "termination_accepted")] == ["new@example.jp"]
    assert trail(home) == ["contract.ending_set", "termination.accepted"]
    with pytest.raises(AlreadyAccepted):
        press(home, dataclasses.replace(wish_of(row)))
    assert len(mails_of(home.portal, "termination_accepted")) == 1


def wish_of(row: EndingRow) -> Wish:
    return Wish(wanted_on=row.wanted_on, email=row.email, answers=row.answers, shown="", language="ja")


@pytest.mark.req("OCN-147")
@pytest.mark.parametrize("crowd", [2, 8])
def test_of_presses_at_the_same_moment_one_is_accepted(home: Home, crowd: int) -> None:
    """Without the wizard's memory: many browsers, each with a form of its own, in real parallel transactions."""
    wanted = wish(home)
    found = at_once(
        home.portal, *[lambda tx: accept(tx, home.vault, home.operator, home.principal, wanted) for _ in range(crowd)]
    )
    assert sorted(type(each).__name__ for each in found) == ["AlreadyAccepted"] * (crowd - 1) + ["EndingRow"]
    assert len(all_of(home.portal, EndingRow)) == len(all_of(home.portal, WorkItem)) == 1
    assert len(mails_of(home.portal, "termination_accepted")) == 1


@pytest.mark.req("OCN-150")
def test_what_waits_about_places_is_closed(home: Home) -> None:
    home.have("one")
    home.apply(2, "add", "taro")
    press(home)
    assert states(home.portal) == ["closed"]
    with pytest.raises(SlotRefused):
        home.apply(3, "add", "jiro")


@pytest.mark.req("OCN-150")
def test_an_application_at_the_same_moment_is_closed_or_refused(home: Home) -> None:
    home.have("one")
    asked, wanted = home.wish(2, "add", "taro"), wish(home)
    at_once(
        home.portal,
        lambda tx: home.post(tx, asked),
        lambda tx: accept(tx, home.vault, home.operator, home.principal, wanted),
    )
    assert standing(home) == "accepted"
    assert states(home.portal) in ([], ["closed"])


@pytest.mark.req("OCN-127", "OCN-151", "OCN-171")
def test_on_its_day_all_of_it_ends_by_itself(home: Home) -> None:
    home.have("one", "two", options={1: ["lamp"]})
    service(home, "海の回線")
    row = press(home)
    operator = home.operator
    assert home.portal.run(lambda tx: end_arranged(tx, 10, operator=operator)) == 0
    assert home.portal.run(lambda tx: arrange(tx, operator, row.id, by="test")) is False
    assert standing(home) == "accepted"
    home.portal.clock.at = datetime(2026, 12, 9, 14, 59, 59, tzinfo=UTC)
    assert home.portal.run(lambda tx: end_arranged(tx, 10, operator=operator)) == 0
    home.portal.clock.at = datetime(2026, 12, 9, 15, 0, 0, tzinfo=UTC)
    assert home.portal.run(lambda tx: end_arranged(tx, 10, operator=operator)) == 1
    assert standing(home) == "terminated"
    assert [each.ended_at is not None for each in all_of(home.portal, Subscription)] == [True] * 3
    assert [each.status for each in all_of(home.portal, Service)] == ["terminated"]
    assert home.rows()[0].state == "free"
    assert {order.cause for order in all_of(home.portal, ProductOrder)} == {"customer"}
    assert trail(home)[-2:] == ["contract.terminated", "termination.done"]
    assert home.portal.run(lambda tx: end_arranged(tx, 10, operator=operator)) == 0


@pytest.mark.req("OCN-150", "OCN-151")
def test_no_feed_takes_it_back(home: Home) -> None:
    press(home)
    line = {"type": "contract", "customer": "1000001", "number": "C1000001", "name": "みなと", "status": "active"}
    settings = home.portal.server.registry.current.get(home.portal.name).settings
    means = Means(vault=home.vault, hasher=home.portal.server.hasher, settings=settings)
    scope = Scope(home.portal.name, home.portal.clock, Actor("system", "import"))

    def feed(**more: Any) -> Contract:
        raw = [json.dumps(line | more).encode()]
        report = import_feed(home.portal.engine, scope, raw, means, source="f")
        assert report.clean, report.problems
        (contract,) = all_of(home.portal, Contract)
        return contract

    contract = feed()
    assert (standing(home), contract.ended_on) == ("accepted", DAY)
    contract = feed(ended_on="2027-12-31", name="みなと2")
    assert (standing(home), contract.ended_on, contract.name) == ("accepted", DAY, "みなと2")
    assert feed(status="suspended").status == "suspended"
    (row,) = all_of(home.portal, EndingRow)
    home.portal.clock.at = datetime(2026, 12, 11, 3, 0, tzinfo=UTC)
    home.portal.run(lambda tx: arrange(tx, home.operator, row.id, by="test"))
    contract = feed(services=[{"category": "回線", "name": "海の回線", "status": "active"}])
    assert (standing(home), contract.ended_on, all_of(home.portal, Service)) == ("terminated", DAY, [])


@pytest.mark.req("OCN-150")
def test_a_feed_that_ends_it_first_leaves_nothing_behind(home: Home) -> None:
    home.have("one")
    row = press(home)
    change(home, status="terminated")
    home.portal.clock.at = datetime(2026, 12, 11, 3, 0, tzinfo=UTC)
    assert home.portal.run(lambda tx: arrange(tx, home.operator, row.id, by="test"))
    assert all(each.ended_at is not None for each in all_of(home.portal, Subscription))
    (after,) = all_of(home.portal, EndingRow)
    assert after.state == "done"


@pytest.mark.parametrize("declined", [False, True])
def test_another_system_arranges_it_or_leaves_it_to_staff(make_portal: MakePortal, declined: bool) -> None:
    home = leaver(deploy(make_portal, "webhook"))
    row = press(home)
    (job,) = all_of(home.portal, ProvisioningJob)
    assert (job.concerns, job.concerns_id, job.details["wanted_on"]) == ("termination", row.id, DAY.isoformat())
    if declined:
        home.portal.run(lambda tx: note_failed(tx, job.id, "no", home.operator.desk, home.outcomes))
    else:
        home.portal.run(lambda tx: note_done(tx, home.vault, job.id, ProvisioningDone(), home.outcomes))
    (after,) = all_of(home.portal, EndingRow)
    assert after.state == ("accepted" if declined else "arranged")
    left = sorted(item.kind for item in all_of(home.portal, WorkItem) if item.closed_at is None)
    assert left == (["failure", "termination"] if declined else [])


@pytest.mark.req("OCN-168", "OCN-181")
def test_what_stands_in_the_way(home: Home) -> None:
    early = wish(home)
    for day in (date(2026, 12, 6), date(2027, 1, 31)):
        with pytest.raises(DayGone):
            press(home, wish(home, day))
    change(home, status="preparing")
    with pytest.raises(Hindered, match="preparing"):
        press(home, early)
    change(home, status="suspended")
    home.paper("cancel")
    with pytest.raises(Hindered, match="paper"):
        press(home, early)
    nobody = dataclasses.replace(home, principal=dataclasses.replace(home.principal, permissions=frozenset()))
    with pytest.raises(NotAllowed):
        press(nobody, early)
    assert all_of(home.portal, EndingRow) == []


def test_a_contract_whose_last_day_is_over_does_not_stand_before_another(home: Home) -> None:
    second = uuid.uuid4()
    whose = {"customer_id": home.ref.customer_id, "number": "C9", "number_key": "c9", "name": "ふたつめ"}
    home.portal.run(lambda tx: tx.add(Contract(tenant_id=tx.tenant, id=second, **whose)))
    change(home, ended_on=date(2026, 11, 20))
    assert press(home).contract_id == second


@pytest.mark.req("OCN-124", "OCN-152")
def test_an_option_that_stays_stops_it_where_the_operator_says_so(home: Home) -> None:
    early = wish(home)
    service(home, "灯台 大")
    with pytest.raises(Hindered, match="stays"):
        press(home, early)


@pytest.mark.req("OCN-124", "OCN-179")
def test_an_option_that_stays_is_not_said_to_end_and_does_not(home: Home) -> None:
    rules = dataclasses.replace(home.operator.termination, stays_block=False)
    operator = dataclasses.replace(home.operator, termination=rules)
    service(home, "灯台 大")
    facts = home.portal.run(lambda tx: look(tx, operator, home.principal))
    assert [thing.name for thing in things_of(rules, facts.ending)] == []
    wanted = Wish(
        wanted_on=DAY, email="a@b.jp", answers={}, shown=mark_of(facts, fee_on(operator, facts, DAY)), language="ja"
    )
    row = home.portal.run(lambda tx: accept(tx, home.vault, operator, home.principal, wanted))
    home.portal.clock.at = datetime(2026, 12, 11, 3, 0, tzinfo=UTC)
    home.portal.run(lambda tx: arrange(tx, operator, row.id, by="test"))
    assert standing(home) == "terminated"
    assert [each.status for each in all_of(home.portal, Service)] == ["active"]


def test_what_was_shown_is_what_ends(home: Home) -> None:
    """Something came to the contract between the check page and the press."""
    early = wish(home)
    home.have("one")
    with pytest.raises(Changed):
        press(home, early)
    assert all_of(home.portal, EndingRow) == []
    assert press(home).state == "accepted"


def browser_of(home: Home) -> PortalClient:
    from portal_rows import Person

    me = Person(home.principal.customer_id, home.principal.account_id, home.principal.scheme)
    return sign_in(home.portal, me)


FILLED = {"day": DAY.isoformat(), "why": "move", "more": "inland", "mail": "a@b.jp", "mail_again": "a@b.jp"}


@pytest.mark.req("OCN-165")
@pytest.mark.parametrize(
    ("kind", "since", "told"),
    [
        (
            "person",
            date(2026, 3, 15),
            [
                "違約金3,000円 基本料金1か月分（3,800円）以内",
                "工事費の残額15,000円 24,000円 × (24 − 9) ÷ 24",
                "合計18,000円",
            ],
        ),
        ("person", date(2024, 4, 1), ["解約による料金はかかりません。"]),
        ("company", date(2026, 3, 15), []),
    ],
)
def test_the_check_page_shows_a_consumer_the_arithmetic(home: Home, kind: str, since: date, told: list[str]) -> None:
    change(home, started_on=since)
    who = update(Customer).where(Customer.tenant_id == home.portal.name).values(kind=kind)
    home.portal.run(lambda tx: tx.execute(who))
    browser = browser_of(home)
    browser.get("/termination")
    page = browser.get(browser.submit(FILLED).location)
    rows = page.texts("//section[@aria-labelledby='fee']//dl/div | //section[@aria-labelledby='fee']/p")
    assert [row.replace(" ", "") for row in rows] == [line.replace(" ", "") for line in told]
    done = browser.submit({}, form="//form[.//input[@name='operation']]")
    assert done.location.endswith("/termination/done")
    (row,) = all_of(home.portal, EndingRow)
    assert row.fee.get("total") == (18_000 if len(told) == 3 else 0 if told else None)


def test_without_a_condition_the_core_itself_refuses_what_comes_later(home: Home) -> None:
    press(home)
    browser = browser_of(home)
    for path in ("/termination", "/termination/confirm"):
        assert browser.get(path, follow=True).texts("//h1") == ["お別れをうけたまわりました"]


def test_staff_see_it_in_their_queue_and_complete_it(make_portal: MakePortal, home: Home) -> None:
    row = press(home)
    office = make_office(make_portal, plugins={"nagi": nagi})
    client = sit_down(office, add_staff(office, {home.portal.name: "agent"}, name="佐藤 花子"), home.portal)
    (item,) = all_of(home.portal, WorkItem)
    page = client.get(f"/queue/{item.id}")
    for fact in (row.number, "2026/12/10(木)", "C1000001", "お引っこし", "new@example.jp"):
        assert fact in page.text
    assert client.get(f"/queue/{item.id}/decide/decline").status == 404
    assert "当日に自動で終了します" in client.get(f"/queue/{item.id}/decide/complete").text
    assert client.submit({}).location == f"/queue/{item.id}"
    (after,) = all_of(home.portal, EndingRow)
    assert after.state == "arranged"
    told = client.get(f"/customers/{home.ref.customer_id}").raw.text
    assert "契約の終了の手配が済みました" in told
    assert operator_of(home.portal).desk.rule("termination").days > 0
