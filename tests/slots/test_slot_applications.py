"""Applications about places: what is possible, what it becomes, and that nothing changes where it is refused."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import timedelta

import pytest
from slotkit import EAST, PASSWORD, WEST, Home, all_of, deploy, job_of, move_in, states

from mypage.audit.models import AuditEntry
from mypage.auth.models import Account, Customer
from mypage.contracts.models import Contract
from mypage.db.session import Tx
from mypage.hooks.provisioning import ProvisioningDone
from mypage.lib.errors import NotFound
from mypage.mail.models import MailMessage
from mypage.mail.service import claim
from mypage.orders.by_hand import complete_by_hand, decline_by_hand
from mypage.orders.models import ProductOrder, ProvisioningJob
from mypage.orders.provisioning import begin_try, locked_job, note_done
from mypage.slots.errors import (
    AlreadyProcessed,
    BadWish,
    Blocked,
    Ending,
    LimitReached,
    NameTaken,
    NotFree,
    NothingChanges,
    NotUsed,
    PriceChanged,
)
from mypage.slots.models import Slot, SlotApplication, SlotName
from mypage.slots.service import cancel, close_pending
from mypage.slots.values import ApplicationRow
from mypage.testing.portal import MakePortal
from mypage.work.models import WorkItem


@pytest.fixture
def home(make_portal: MakePortal) -> Home:
    """At a harbour where people do what is applied for."""
    return move_in(deploy(make_portal))


def done(home: Home, row: ApplicationRow) -> None:
    job = job_of(home.portal, row)
    home.portal.run(lambda tx: complete_by_hand(tx, home.vault, job.id, outcomes=home.outcomes))


def mails(home: Home) -> list[tuple[str, str]]:
    return sorted((mail.template, mail.recipient) for mail in all_of(home.portal, MailMessage))


@pytest.mark.req("OCN-66", "OCN-71", "OCN-72", "OCN-107")
def test_an_addition_waits_and_is_then_there(home: Home) -> None:
    assert home.seen() == [("free", None, ())] * 3
    row = home.apply(1, "add", "taro", options=["lamp"])
    assert (row.state, row.address, row.cancellable, row.price_before, row.price_after) == (
        "pending", f"taro@{EAST}", True, 0, 330,
    )  # fmt: skip
    assert home.seen() == [("pending", None, ()), ("free", None, ()), ("free", None, ())]
    assert home.held() == []
    (item,) = all_of(home.portal, WorkItem)
    assert (item.kind, item.reference, item.state) == ("application", row.number, "open")
    done(home, row)
    assert home.seen()[0] == ("used", f"taro@{EAST}", ("lamp",))
    assert home.held() == [("berth", 1, True), ("lamp", 1, True)]
    assert {(order.product, order.state) for order in all_of(home.portal, ProductOrder)} == {
        ("berth", "completed"), ("lamp", "completed"),
    }  # fmt: skip
    assert [item.state for item in all_of(home.portal, WorkItem)] == ["done"]


@pytest.mark.req("OCN-91", "OCN-104")
def test_a_first_password_goes_sealed_to_whoever_does_it_and_nowhere_else(make_portal: MakePortal) -> None:
    home = move_in(deploy(make_portal, "webhook"))
    row = home.apply(1, "add", "taro")
    job = job_of(home.portal, row)
    tried = home.portal.run(lambda tx: begin_try(tx, job.id, home.vault))
    assert (tried.task.secret, tried.task.subject) == (PASSWORD, f"taro@{EAST}")  # type: ignore[union-attr]
    assert dict(tried.task.details) == {  # type: ignore[union-attr]
        "number": row.number, "kind": "berths", "place": "1", "contract": "C1000001", "address_before": "",
        "address": f"taro@{EAST}", "options_before": "", "options": "",
    }  # fmt: skip
    home.portal.run(lambda tx: note_done(tx, home.vault, job.id, ProvisioningDone(reference="r"), home.outcomes))
    assert job_of(home.portal, row).secret_sealed is None
    kept = [*all_of(home.portal, SlotApplication), *all_of(home.portal, Slot), *all_of(home.portal, AuditEntry)]
    assert PASSWORD not in repr([vars(each) for each in kept])


def test_without_anybody_to_ask_it_is_done_at_once(make_portal: MakePortal) -> None:
    home = move_in(deploy(make_portal, "null"))
    row = home.apply(1, "add", "taro")
    assert (row.state, row.cancellable, home.seen()[0][0]) == ("done", False, "used")
    (job,) = all_of(home.portal, ProvisioningJob)
    assert (job.state, job.secret_sealed) == ("done", None)


@pytest.mark.req("OCN-61", "OCN-72", "OCN-170", "OCN-178")
def test_there_are_no_more_places_than_there_are(home: Home) -> None:
    home.have("one", "two")
    home.apply(3, "add", "three")
    assert [row.state for row in home.rows()] == ["used", "used", "pending"]
    for number in (3, 4, 99):
        with pytest.raises(LimitReached):
            home.wish(number, "add", "four")
    with pytest.raises(NotFound):
        home.wish(4, "remove")
    assert states(home.portal) == ["pending"]


def test_of_two_about_one_place_the_second_is_refused(home: Home) -> None:
    home.have("one")
    home.apply(1, "remove")
    with pytest.raises(NotUsed):
        home.wish(1, "change", "other")
    with pytest.raises(NotFree):
        home.wish(1, "add", "other")
    with pytest.raises(NotUsed):
        home.wish(2, "remove")


@pytest.mark.req("OCN-84")
@pytest.mark.parametrize(
    ("wish", "refused"),
    [
        ({"action": "change", "options": ["lamp"]}, NothingChanges),
        ({"action": "change", "local": "one", "options": []}, NothingChanges),
        ({"action": "change", "local": "ONE"}, BadWish),
        ({"action": "change", "local": "no"}, BadWish),
        ({"action": "change", "options": ["anchor"]}, BadWish),
        ({"action": "remove", "local": "two"}, BadWish),
        ({"action": "remove", "secret": PASSWORD}, BadWish),
    ],
)
def test_what_cannot_be_applied_for(home: Home, wish: dict[str, object], refused: type[Exception]) -> None:
    home.have("one", options={1: ["lamp"]})
    with pytest.raises(refused):
        home.wish(1, **wish)  # type: ignore[arg-type]


@pytest.mark.req("OCN-86")
def test_a_password_comes_with_a_new_name_and_never_alone(home: Home) -> None:
    home.have("one")
    for wish in (home.wish(2, "add", "two", secret=None), home.wish(1, "change", options=["lamp"], secret="nami77")):
        with pytest.raises(BadWish):
            home.portal.run(lambda tx, wish=wish: home.post(tx, wish))
    assert (states(home.portal), len(all_of(home.portal, SlotName))) == ([], 1)


@pytest.mark.req("OCN-78", "OCN-79", "OCN-80", "OCN-109")
def test_changes_of_name_and_options_leave_what_is_charged_and_move_mails(home: Home) -> None:
    home.have("one", options={1: ["buoy"]})

    def notices_there(tx: Tx) -> None:
        tx.get_one(Customer, (tx.tenant, home.ref.customer_id)).email = f"One@{EAST}"
        tx.get_one(Account, (tx.tenant, home.principal.account_id)).email = f"one@{EAST}"

    home.portal.run(notices_there)
    done(home, home.apply(1, "change", "uno", options=["buoy"], host=WEST))
    assert home.seen()[0] == ("used", f"uno@{WEST}", ("buoy",))
    assert home.held() == [("berth", 1, True), ("buoy", 1, True)]
    assert [each.email for each in (*all_of(home.portal, Customer), *all_of(home.portal, Account))] == [
        f"uno@{WEST}", f"uno@{WEST}",
    ]  # fmt: skip
    home.portal.clock.at += timedelta(days=40)
    done(home, home.apply(1, "change", options=["lamp"]))
    assert home.held() == [("berth", 1, True), ("buoy", 1, False), ("lamp", 1, True)]
    assert [(slot.local, slot.ended_at is None) for slot in sorted(all_of(home.portal, Slot), key=lambda s: s.local)] == [
        ("one", False), ("uno", True),
    ]  # fmt: skip


@pytest.mark.req("OCN-119")
def test_a_removal_ends_its_options_and_its_name_is_never_another_customers(home: Home) -> None:
    home.have("one", "two", options={1: ["buoy"]})
    done(home, home.apply(1, "remove"))
    assert home.seen()[0] == ("free", None, ())
    assert home.held() == [("berth", 1, False), ("berth", 2, True), ("buoy", 1, False)]
    other = move_in(home.portal, "1000002", "other@example.jp")
    with pytest.raises(NameTaken, match="one"):
        other.apply(1, "add", "one")
    assert other.seen()[0] == ("free", None, ())
    assert home.apply(1, "add", "one").state == "pending"


@pytest.mark.req("OCN-71")
def test_calling_off_puts_the_place_back_and_frees_the_name(home: Home) -> None:
    home.have("one")
    row = home.apply(1, "change", "uno")
    other = move_in(home.portal, "1000002", "other@example.jp")
    with pytest.raises(NameTaken):
        other.apply(1, "add", "uno")
    with pytest.raises(NotFound):
        home.portal.run(lambda tx: cancel(tx, home.operator, other.principal, row.id))
    gone = home.portal.run(lambda tx: cancel(tx, home.operator, home.principal, row.id))
    assert (gone.state, home.seen()[0]) == ("cancelled", ("used", f"one@{EAST}", ()))
    assert [item.state for item in all_of(home.portal, WorkItem)] == ["withdrawn"]
    with pytest.raises(AlreadyProcessed) as late:
        home.portal.run(lambda tx: cancel(tx, home.operator, home.principal, row.id))
    assert late.value.row.state == "cancelled"
    assert other.apply(1, "add", "uno").state == "pending"


@pytest.mark.req("OCN-71")
def test_what_is_done_cannot_be_called_off(home: Home) -> None:
    row = home.apply(1, "add", "taro")
    done(home, row)
    with pytest.raises(AlreadyProcessed) as late:
        home.portal.run(lambda tx: cancel(tx, home.operator, home.principal, row.id))
    assert late.value.row.state == "done"
    assert home.seen()[0][0] == "used"


def test_what_another_system_was_asked_for_cannot_be_called_off(make_portal: MakePortal) -> None:
    home = move_in(deploy(make_portal, "webhook"))
    row = home.apply(1, "add", "taro")
    job = job_of(home.portal, row)
    home.portal.run(lambda tx: begin_try(tx, job.id, home.vault))
    assert home.rows()[0].application.cancellable is False  # type: ignore[union-attr]
    with pytest.raises(AlreadyProcessed) as late:
        home.portal.run(lambda tx: cancel(tx, home.operator, home.principal, row.id))
    assert late.value.row.state == "pending"


@pytest.mark.parametrize(("returned", "state"), [(True, "returned"), (False, "failed")])
def test_what_is_turned_down_is_told_with_the_reason_and_changes_nothing(
    home: Home, returned: bool, state: str
) -> None:
    home.have("one")
    row = home.apply(1, "change", "uno", options=["lamp"], tell=(f"one@{EAST}", "stranger@example.jp"))
    job = job_of(home.portal, row)
    home.portal.run(
        lambda tx: decline_by_hand(
            tx, job.id, code="storm", reason="for staff", told="波が高いです。", returned=returned,
            outcomes=home.outcomes,
        )
    )  # fmt: skip
    place = home.rows()[0]
    assert (place.state, place.address, place.last and (place.last.state, place.last.reason)) == (
        "used", f"one@{EAST}", (state, "波が高いです。"),
    )  # fmt: skip
    assert mails(home) == [("slot_outcome", f"one@{EAST}"), ("slot_outcome", "taro@example.jp")]
    assert {name.local_key for name in all_of(home.portal, SlotName)} == {"one"}
    assert job_of(home.portal, row).secret_sealed is None
    home.apply(1, "change", "uno")
    assert home.rows()[0].last is None


@pytest.mark.req("OCN-102", "OCN-108")
def test_the_mail_of_the_end_goes_where_mails_arrive_and_holds_no_password(home: Home) -> None:
    home.have("one", "two")
    row = home.apply(1, "change", "uno", tell=(f"one@{EAST}", f"two@{EAST}", "stranger@example.jp"))
    assert row.told == (f"one@{EAST}", f"two@{EAST}")
    done(home, row)
    assert [to for _, to in mails(home)] == ["taro@example.jp", f"two@{EAST}", f"uno@{EAST}"]
    mail = all_of(home.portal, MailMessage)[0]
    sent = home.portal.run(lambda tx: claim(tx, home.vault, mail.id, mail_domain="isp.example"))
    assert sent is not None
    befores, afters = sent.values["befores"], sent.values["afters"]
    assert (sent.values["state"], sent.values["ordered"], sent.values["customer"]) == ("done", "Change", "1000001")
    assert isinstance(befores, tuple)
    assert isinstance(afters, tuple)
    assert (befores[0], afters[0]) == (f"one@{EAST}", f"uno@{EAST}")
    assert (befores[1:], len(befores)) == (afters[1:], 3)
    assert PASSWORD not in repr(sent)


@pytest.mark.req("OCN-73", "OCN-74")
def test_an_application_on_paper_that_stops_keeps_everything_as_it_is(home: Home) -> None:
    home.have("one")
    wish = home.wish(1, "remove")
    home.paper("cancel")
    assert [row.blocked for row in home.rows()] == [True, True, True]
    with pytest.raises(Blocked):
        home.portal.run(lambda tx: home.post(tx, wish))
    assert states(home.portal) == []


@pytest.mark.req("OCN-74")
def test_the_operator_blocks_one_place(home: Home) -> None:
    home.have("one", "two")

    def block(tx: Tx) -> None:
        tx.get_one(Slot, (tx.tenant, home.rows()[0].slot_id)).blocked = True

    wish = home.wish(1, "remove")
    home.portal.run(block)
    assert [row.blocked for row in home.rows()] == [True, False, False]
    with pytest.raises(Blocked):
        home.portal.run(lambda tx: home.post(tx, wish))
    assert home.apply(2, "remove").state == "pending"


def test_an_application_is_only_taken_at_the_prices_that_were_shown(home: Home) -> None:
    home.have("one")
    wish = home.wish(2, "add", "two")
    done(home, home.apply(3, "add", "three"))
    with pytest.raises(PriceChanged):
        home.portal.run(lambda tx: home.post(tx, wish))
    with pytest.raises(PriceChanged):
        home.portal.run(lambda tx: home.post(tx, replace(wish, shown="")))
    assert states(home.portal) == ["done"]


@pytest.mark.req("OCN-150", "OCN-171")
def test_the_end_of_the_contract_closes_what_waits_and_takes_no_more(home: Home) -> None:
    home.have("one")
    home.apply(1, "change", "uno")
    home.apply(2, "add", "two")
    wish = home.wish(3, "add", "three")
    assert home.portal.run(lambda tx: close_pending(tx, home.operator, home.ref, cause="termination")) == 2
    assert home.portal.run(lambda tx: close_pending(tx, home.operator, home.ref, cause="termination")) == 0
    assert states(home.portal) == ["closed", "closed"]
    assert {item.state for item in all_of(home.portal, WorkItem)} == {"withdrawn"}
    assert {job.secret_sealed for job in all_of(home.portal, ProvisioningJob)} == {None}

    def accept(tx: Tx) -> None:

        tx.get_one(Contract, (tx.tenant, home.ref.id)).ending_accepted_at = tx.now()

    home.portal.run(accept)
    with pytest.raises(Ending):
        home.portal.run(lambda tx: home.post(tx, wish))


def test_the_end_of_the_contract_leaves_what_another_system_does_to_it(make_portal: MakePortal) -> None:
    home = move_in(deploy(make_portal, "webhook"))
    row = home.apply(1, "add", "taro")
    job = job_of(home.portal, row)
    home.portal.run(lambda tx: begin_try(tx, job.id, home.vault))
    assert home.portal.run(lambda tx: close_pending(tx, home.operator, home.ref, cause="termination")) == 1
    home.portal.run(lambda tx: note_done(tx, home.vault, job.id, ProvisioningDone(), home.outcomes))
    assert (states(home.portal), all_of(home.portal, Slot)) == (["closed"], [])
    assert [(name.local_key, name.ended_at is None) for name in all_of(home.portal, SlotName)] == [("taro", False)]


def test_what_is_done_on_a_contract_that_a_feed_has_ended_is_charged_to_nobody(home: Home) -> None:
    row = home.apply(1, "add", "taro")

    def ended(tx: Tx) -> None:
        tx.get_one(Contract, (tx.tenant, home.ref.id)).status = "terminated"

    home.portal.run(ended)
    done(home, row)
    assert (states(home.portal), home.held(), all_of(home.portal, Slot)) == (["closed"], [], [])
    assert [item.state for item in all_of(home.portal, WorkItem)] == ["done"]
    other = move_in(home.portal, "1000002", "other@example.jp")
    with pytest.raises(NameTaken):
        other.apply(1, "add", "taro")


def test_the_trail_has_every_step(home: Home) -> None:
    done(home, home.apply(1, "add", "taro"))
    row = home.apply(1, "change", "jiro")
    home.portal.run(lambda tx: cancel(tx, home.operator, home.principal, row.id))
    row = home.apply(1, "change", "jiro")
    job = home.portal.run(lambda tx: locked_job(tx, job_of(home.portal, row).id))
    home.portal.run(lambda tx: decline_by_hand(tx, job.id, code="", reason="no", returned=True, outcomes=home.outcomes))
    home.apply(1, "remove")
    home.portal.run(lambda tx: close_pending(tx, home.operator, home.ref, cause="termination"))
    steps = [entry.action for entry in all_of(home.portal, AuditEntry) if entry.action.startswith("slot.")]
    assert sorted(steps) == sorted(
        ["slot.applied"] * 4 + ["slot.done", "slot.cancelled", "slot.returned", "slot.closed"]
    )
    assert {entry.customer_id for entry in all_of(home.portal, AuditEntry) if entry.action.startswith("slot.")} == {
        home.ref.customer_id
    }


def test_the_same_operation_finds_what_it_filed(home: Home) -> None:
    wish, operation = home.wish(1, "add", "taro"), uuid.uuid4()
    first = home.portal.run(lambda tx: home.post(tx, wish, operation))
    again = home.portal.run(lambda tx: home.post(tx, wish, operation))
    assert (first, states(home.portal), len(all_of(home.portal, ProvisioningJob))) == (again, ["pending"], 1)
