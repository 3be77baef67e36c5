"""Requests as rows: every act in every state, who wins of two at once, what is told and to whom."""

from __future__ import annotations

import contextlib
import threading
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from requestkit import file_in, filed, holder, nagi_portal, principal_of, request_of, vault_of
from sqlalchemy import select

from mypage.audit.models import AuditEntry
from mypage.db.session import Tx
from mypage.lib.errors import NotFound
from mypage.mail.models import MailMessage
from mypage.requests import service
from mypage.requests.errors import OpenAlready, Overtaken
from mypage.requests.models import RequestEvent
from mypage.testing.portal import MakePortal, Portal
from mypage.work.errors import WrongState
from mypage.work.models import WorkItem
from mypage.work.service import ask_back, take
from portal_rows import Person, operator_of
from staff_rows import mails_of

STAFF = str(uuid.uuid4())
STATES = ("filed", "working", "asked", "done", "returned", "withdrawn")


@pytest.fixture
def portal(make_portal: MakePortal) -> Portal:
    return nagi_portal(make_portal)


class Acts:
    """What each can do, as one call with a request's id."""

    def __init__(self, portal: Portal, person: Person) -> None:
        self.portal, self.person = portal, person
        self.means = (vault_of(portal), operator_of(portal))

    def withdraw(self, tx: Tx, request: uuid.UUID) -> None:
        service.withdraw(tx, *self.means, principal_of(self.person), request)

    def answer(self, tx: Tx, request: uuid.UUID, text: str = "三番です") -> None:
        asked = select(RequestEvent.id).where(
            RequestEvent.tenant_id == tx.tenant, RequestEvent.request_id == request, RequestEvent.step == "asked"
        )
        question = tx.execute(asked.order_by(RequestEvent.position.desc())).scalars().first()
        service.answer(tx, *self.means, principal_of(self.person), request, question=str(question), text=text)

    def start(self, tx: Tx, request: uuid.UUID) -> None:
        service.lock_request(tx, request)
        if item_of(tx, request).closed_at is None and item_of(tx, request).state == "open":
            take(tx, item_of(tx, request).id, version=item_of(tx, request).version, by=uuid.UUID(STAFF))
        service.started(tx, *self.means, request, by=STAFF)

    def ask(self, tx: Tx, request: uuid.UUID) -> None:
        service.lock_request(tx, request)
        item = item_of(tx, request)
        if item.closed_at is None:
            ask_back(tx, item.id, version=item.version, by=uuid.UUID(STAFF), question="何番？", answer_days=5)
        service.asked(tx, *self.means, request, by=STAFF, question="何番ですか。\nおしらせください。")

    def complete(self, tx: Tx, request: uuid.UUID) -> None:
        service.complete(tx, *self.means, request, by=STAFF, told="できました", note="")

    def send_back(self, tx: Tx, request: uuid.UUID) -> None:
        service.send_back(tx, *self.means, request, by=STAFF, code="papers", told="証がたりません", note="x")


def item_of(tx: Tx, request: uuid.UUID) -> WorkItem:
    found = select(WorkItem).where(WorkItem.tenant_id == tx.tenant, WorkItem.subject_id == request)
    return tx.scalars(found.execution_options(populate_existing=True)).one()


def bring(tx: Tx, acts: Acts, request: uuid.UUID, state: str) -> None:
    """Lead a request into a state by what people do."""
    steps: dict[str, tuple[Callable[[Tx, uuid.UUID], None], ...]] = {
        "filed": (),
        "working": (acts.start,),
        "asked": (acts.start, acts.ask),
        "done": (acts.start, acts.complete),
        "returned": (acts.start, acts.send_back),
        "withdrawn": (acts.withdraw,),
    }
    for step in steps[state]:
        step(tx, request)


TABLE: dict[tuple[str, str], str] = {
    ("withdraw", "filed"): "withdrawn", ("withdraw", "working"): "withdrawn", ("withdraw", "asked"): "withdrawn",
    ("withdraw", "withdrawn"): "withdrawn",
    ("answer", "asked"): "working",
    ("start", "filed"): "working", ("start", "working"): "working", ("start", "asked"): "asked",
    ("start", "done"): "done", ("start", "returned"): "returned", ("start", "withdrawn"): "withdrawn",
    ("ask", "filed"): "asked", ("ask", "working"): "asked",
    ("complete", "filed"): "done", ("complete", "working"): "done", ("complete", "asked"): "done",
    ("send_back", "filed"): "returned", ("send_back", "working"): "returned", ("send_back", "asked"): "returned",
}  # fmt: skip
"""What an act makes of a state; what is not here is refused and changes nothing."""


@pytest.mark.req("BIZ-60", "BIZ-66")
def test_every_act_in_every_state(portal: Portal) -> None:
    person = holder(portal)
    acts = Acts(portal, person)
    # Mails have a test of their own, and sealing three hundred of them takes seconds.
    silent = acts.means[1].requests
    acts.means = (acts.means[0], replace(acts.means[1], requests=replace(silent, mails=frozenset())))
    wrong = portal.run(lambda tx: list(tried(tx, portal, acts)))
    print(f"Requests: {6 * len(STATES)} acts in states, {len(TABLE)} possible")
    assert wrong == []


def tried(tx: Tx, portal: Portal, acts: Acts) -> Iterator[str]:
    """Each act in each state, and what was wrong about it; each is taken back before the next."""
    for state in STATES:
        request = file_in(tx, portal, acts.person, operator=acts.means[1])
        bring(tx, acts, request, state)
        for name in ("withdraw", "answer", "start", "ask", "complete", "send_back"):
            became, found = TABLE.get((name, state)), []
            with contextlib.suppress(TakenBack), tx.begin_nested():
                try:
                    getattr(acts, name)(tx, request)
                    refused = ""
                except (Overtaken, WrongState) as error:
                    refused = type(error).__name__
                now, item = service.lock_request(tx, request), item_of(tx, request)
                if bool(refused) == (became is not None) or now.state != (became or state):
                    found.append(f"{name} in {state}: {refused or 'done'}, now {now.state}")
                if (now.closed_at is None) != (item.closed_at is None):
                    found.append(f"{name} in {state}: the work item does not follow")
                raise TakenBack
            yield from found


class TakenBack(Exception):
    """Ends what was only tried."""


def test_a_form_says_in_which_states_it_may_be_withdrawn(portal: Portal) -> None:
    person = holder(portal)
    acts = Acts(portal, person)
    early, never = filed(portal, person, "slip-mail"), filed(portal, person, "storm-stop")
    with pytest.raises(Overtaken):
        portal.run(lambda tx: acts.withdraw(tx, never))
    portal.run(lambda tx: acts.start(tx, early))
    with pytest.raises(Overtaken):
        portal.run(lambda tx: acts.withdraw(tx, early))


def test_nobody_touches_what_is_anothers(portal: Portal) -> None:
    request = filed(portal, holder(portal))
    other = Acts(portal, holder(portal, "2"))
    with pytest.raises(NotFound):
        portal.run(lambda tx: other.withdraw(tx, request))
    portal.run(lambda tx: bring(tx, Acts(portal, holder(portal, "3")), request, "asked"))
    with pytest.raises(NotFound):
        portal.run(lambda tx: other.answer(tx, request))


def test_the_clock_runs_in_business_days_and_stands_still_while_we_ask(portal: Portal) -> None:
    person = holder(portal)
    acts, request = Acts(portal, person), filed(portal, person)

    def due() -> date:
        return portal.run(lambda tx: item_of(tx, request).due_on)

    assert due() == date(2026, 11, 30), "five business days, one of them a holiday"
    portal.run(lambda tx: bring(tx, acts, request, "asked"))
    portal.clock.at = portal.clock.at.replace(month=12, day=7)
    portal.run(lambda tx: acts.answer(tx, request))
    assert due() == date(2026, 12, 14), "five days were left"


@pytest.mark.req("BIZ-65")
def test_a_second_one_is_filed_only_knowingly(portal: Portal) -> None:
    person = holder(portal)
    first = filed(portal, person)
    with pytest.raises(OpenAlready):
        filed(portal, person, besides=False)
    assert filed(portal, person, besides=True) != first
    assert filed(portal, person, "slip-mail", besides=False), "another form"
    assert filed(portal, person, "slip-mail", besides=False), "a form that does not warn"
    assert filed(portal, holder(portal, "2"), besides=False), "another customer"
    acts = Acts(portal, person)
    for request in portal.run(lambda tx: [row.id for row in open_ones(tx, person)]):
        if request_of(portal, request).form == "berth-move":
            portal.run(lambda tx, request=request: acts.withdraw(tx, request))
    assert filed(portal, person, besides=False), "nothing is open any more"


def open_ones(tx: Tx, person: Person) -> list[Any]:
    from mypage.requests.models import Request

    return list(
        tx.scalars(
            select(Request).where(
                Request.tenant_id == tx.tenant, Request.customer_id == person.customer_id, Request.closed_at.is_(None)
            )
        )
    )


@pytest.mark.req("BIZ-61")
def test_each_step_is_told_in_the_customers_language_without_what_was_entered(portal: Portal) -> None:
    person = holder(portal, language="en")
    acts, request = Acts(portal, person), filed(portal, person)
    portal.run(lambda tx: bring(tx, acts, request, "asked"))
    portal.run(lambda tx: acts.answer(tx, request))
    portal.run(lambda tx: acts.complete(tx, request))
    mails = mails_of(portal, "request_step")
    assert sorted(mail["step"] for mail in mails) == ["answered", "asked", "done", "filed", "working"]
    assert {mail["to"] for mail in mails} == {"taro@example.jp"}
    assert {mail["form"] for mail in mails} == {"Moving to another berth"}
    assert [mail["lines"] for mail in mails if mail["step"] == "asked"] == [("何番ですか。", "おしらせください。")]
    assert "港町" not in str(mails), "what was entered is in no mail"
    assert "三番" not in str(mails)


def test_an_address_that_no_mail_can_reach_undoes_nothing(portal: Portal) -> None:
    person = holder(portal, email="no address at all")
    request = filed(portal, person)
    assert request_of(portal, request).state == "filed"
    actions = portal.run(lambda tx: set(tx.scalars(select(AuditEntry.action).where(AuditEntry.tenant_id == tx.tenant))))
    assert {"request.filed", "request.mail_impossible", "work.opened"} <= actions
    assert portal.run(lambda tx: tx.scalars(select(MailMessage).where(MailMessage.tenant_id == tx.tenant)).all()) == []


def test_the_second_press_of_an_answer_is_harmless_and_an_old_question_is_not_answered(portal: Portal) -> None:
    person = holder(portal)
    acts, request = Acts(portal, person), filed(portal, person)
    portal.run(lambda tx: bring(tx, acts, request, "asked"))
    portal.run(lambda tx: acts.answer(tx, request))
    portal.run(lambda tx: acts.answer(tx, request))
    with pytest.raises(Overtaken):
        portal.run(lambda tx: acts.answer(tx, request, "another"))
    portal.run(lambda tx: acts.ask(tx, request))
    with pytest.raises(Overtaken):
        portal.run(
            lambda tx: service.answer(
                tx, *acts.means, principal_of(person), request, question=str(uuid.uuid4()), text="x"
            )
        )
    steps = portal.run(
        lambda tx: list(
            tx.scalars(
                select(RequestEvent.step).where(RequestEvent.tenant_id == tx.tenant).order_by(RequestEvent.position)
            )
        )
    )
    assert steps == ["filed", "working", "asked", "answered", "asked"]


@pytest.mark.parametrize("staff", ["complete", "send_back", "start", "ask"])
def test_customer_and_staff_at_once(portal: Portal, staff: str) -> None:
    """The customer takes it back while staff do something: one of them wins, and rows of both areas agree."""
    person = holder(portal)
    acts = Acts(portal, person)
    seen: list[str] = []
    for _ in range(3):
        request = filed(portal, person)
        ready = threading.Barrier(2)

        def act(name: str, request: uuid.UUID = request, ready: threading.Barrier = ready) -> None:
            ready.wait(30)
            try:
                portal.run(lambda tx: getattr(acts, name)(tx, request))
            except Exception as error:
                seen.append(type(error).__name__)

        both = [threading.Thread(target=act, args=(name,)) for name in ("withdraw", staff)]
        for each in both:
            each.start()
        for each in both:
            each.join(60)
        now = request_of(portal, request)
        item = portal.run(lambda tx, request=request: item_of(tx, request))
        pairs = {("withdrawn", "withdrawn"), ("done", "done"), ("returned", "rejected"), ("asked", "asked")}
        assert (now.state, item.state) in pairs
    assert set(seen) <= {"Overtaken", "Moved"}
