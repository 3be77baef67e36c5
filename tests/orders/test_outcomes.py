"""Jobs about something else than an order: the area that asked is told in the same unit, and secrets go at the end."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any

import pytest
from provisioning_rows import deploy, order_something
from sqlalchemy import text
from test_by_hand import DESK, HOOKED, one, rows

from mypage.db.keys import Vault
from mypage.db.session import Tx
from mypage.hooks.provisioning import ProvisioningDone, ProvisioningTask
from mypage.jobs.tasks import Job
from mypage.orders.by_hand import complete_by_hand, decline_by_hand, may_retry
from mypage.orders.models import ProvisioningJob
from mypage.orders.outcomes import Declined, OutcomeHandlers, OutcomeMeans, Outcomes
from mypage.orders.provisioning import (
    Concerns,
    Try,
    begin_try,
    locked_job,
    note_done,
    note_failed,
    provision,
    withdraw_job,
)
from mypage.orders.provisioning_jobs import Provisioner
from mypage.testing.portal import MakePortal, Portal
from mypage.work.models import WorkItem
from portal_rows import operator_of

SECRET = "himitsu-9"


@dataclass
class Heard:
    """An area that writes down what it is told, and can break."""

    done_ids: list[uuid.UUID | None] = field(default_factory=list)
    failed_with: list[Declined] = field(default_factory=list)
    breaks: bool = False

    def done(self, tx: Tx, means: OutcomeMeans, job: ProvisioningJob, done: ProvisioningDone) -> None:
        if self.breaks:
            raise RuntimeError("the area cannot take it")
        self.done_ids.append(job.concerns_id)

    def failed(self, tx: Tx, means: OutcomeMeans, job: ProvisioningJob, declined: Declined) -> None:
        self.failed_with.append(declined)


def told_by(portal: Portal, heard: Heard) -> Outcomes:
    return OutcomeHandlers({"boat": heard}).of(operator_of(portal), portal.server.ports.get(Vault))


def ask(portal: Portal, *, outcomes: Outcomes | None = None, secret: str = SECRET) -> uuid.UUID:
    boat = uuid.uuid4()

    def work(tx: Tx) -> uuid.UUID:
        made = order_something(tx)
        concerns = Concerns(what="boat", id=boat, details={"number": "B-1", "hull": "red"}, secret=secret)
        provision(
            tx, customer_id=made.customer_id, order_id=None, action="start", product="boat", subject="b@sea.example",
            vault=portal.server.ports.get(Vault), concerns=concerns, outcomes=outcomes,
        )  # fmt: skip
        return boat

    return portal.run(work)


def test_without_an_adapter_the_area_is_told_at_once_and_no_secret_is_kept(make_portal: MakePortal) -> None:
    portal, heard = deploy(make_portal), Heard()
    boat = ask(portal, outcomes=told_by(portal, heard))
    job = one(portal, ProvisioningJob)
    assert (job.state, job.secret_sealed, heard.done_ids) == ("done", None, [boat])


def test_without_the_handlers_at_hand_the_worker_tells_and_sends_the_secret_once_opened(
    make_portal: MakePortal,
) -> None:
    portal, heard, sent = deploy(make_portal), Heard(), list[ProvisioningTask]()
    boat = ask(portal)
    job = one(portal, ProvisioningJob)
    assert job.state == "waiting"
    assert SECRET.encode() not in bytes(job.secret_sealed)

    class Other:
        async def perform(self, task: ProvisioningTask) -> ProvisioningDone:
            sent.append(task)
            return ProvisioningDone(reference="r-1")

    class Given:
        def of(self, tenant: Any) -> Other:
            return Other()

    async def find(name: str) -> Any:
        return portal.server.registry.current.get(name)

    provisioner = Provisioner(
        database=portal.server.database, provisioners=Given(), vault=portal.server.ports.get(Vault),  # type: ignore[arg-type]
        tenant_of=find, outcomes_of=lambda tenant: told_by(portal, heard),
    )  # fmt: skip
    portal.wait(provisioner(Job(tenant=portal.name, request_id="t", arguments={"job": str(job.id)})))
    job = one(portal, ProvisioningJob)
    assert (job.state, job.secret_sealed, job.reference, heard.done_ids) == ("done", None, "r-1", [boat])
    assert [(task.secret, task.details, SECRET in repr(task)) for task in sent] == [
        (SECRET, {"number": "B-1", "hull": "red"}, False)
    ]
    queued = "SELECT string_agg(args::text, ' ') FROM procrastinate_jobs"
    assert SECRET not in portal.run(lambda tx: str(tx.execute(text(queued)).scalar()))


def test_a_broken_area_leaves_the_job_as_it_was(make_portal: MakePortal) -> None:
    portal, heard = deploy(make_portal, extensions=HOOKED), Heard(breaks=True)
    boat, vault = ask(portal), portal.server.ports.get(Vault)
    job = one(portal, ProvisioningJob)

    def report(tx: Tx) -> bool:
        return note_done(tx, vault, job.id, ProvisioningDone(), told_by(portal, heard))

    with pytest.raises(RuntimeError, match="cannot take it"):
        portal.run(report)
    assert one(portal, ProvisioningJob).state == "waiting"
    assert one(portal, ProvisioningJob).secret_sealed is not None
    with pytest.raises(TypeError, match="outcome handlers"):
        portal.run(lambda tx: note_done(tx, vault, job.id, ProvisioningDone()))
    heard.breaks = False
    assert (portal.run(report), portal.run(report)) == (True, False)
    assert heard.done_ids == [boat]


def test_a_failure_reaches_the_area_wipes_the_secret_and_is_not_tried_again(make_portal: MakePortal) -> None:
    portal, heard = deploy(make_portal, extensions=HOOKED), Heard()
    ask(portal)
    job = one(portal, ProvisioningJob)
    portal.run(lambda tx: note_failed(tx, job.id, "no sea", outcomes=told_by(portal, heard)))
    job, item = one(portal, ProvisioningJob), one(portal, WorkItem)
    assert (job.state, job.secret_sealed, heard.failed_with) == ("failed", None, [Declined(problem="no sea")])
    assert (item.kind, item.reference, may_retry(job)) == ("failure", "B-1", False)


def test_people_in_place_of_the_other_system_tell_the_area_too(make_portal: MakePortal) -> None:
    portal, heard = deploy(make_portal, extensions=DESK), Heard()
    boat, vault = ask(portal), portal.server.ports.get(Vault)
    job = one(portal, ProvisioningJob)
    portal.run(lambda tx: complete_by_hand(tx, vault, job.id, outcomes=told_by(portal, heard)))
    assert (heard.done_ids, one(portal, WorkItem).state) == ([boat], "done")


def test_what_a_person_turns_down_is_told_with_its_words(make_portal: MakePortal) -> None:
    portal, heard = deploy(make_portal, extensions=DESK), Heard()
    ask(portal)
    job = one(portal, ProvisioningJob)
    portal.run(
        lambda tx: decline_by_hand(
            tx, job.id, code="storm", reason="too rough", told="Not today.", outcomes=told_by(portal, heard)
        )
    )
    assert heard.failed_with == [Declined(problem="too rough", code="storm", told="Not today.")]


@pytest.mark.parametrize(
    ("extensions", "tried", "possible"), [(DESK, False, True), (HOOKED, False, True), (HOOKED, True, False)]
)
def test_what_is_not_wanted_any_more_is_withdrawn_until_another_system_was_asked(
    make_portal: MakePortal, extensions: Any, tried: bool, possible: bool
) -> None:
    portal = deploy(make_portal, extensions=extensions)
    ask(portal)
    vault, job = portal.server.ports.get(Vault), one(portal, ProvisioningJob)
    if tried:
        assert isinstance(portal.run(lambda tx: begin_try(tx, job.id, vault)), Try)
    assert portal.run(lambda tx: withdraw_job(tx, locked_job(tx, job.id))) is possible
    job = one(portal, ProvisioningJob)
    assert (job.state == "withdrawn", job.secret_sealed is None) == (possible, possible)
    assert portal.run(lambda tx: withdraw_job(tx, locked_job(tx, job.id))) is False
    if possible:
        assert portal.run(lambda tx: begin_try(tx, job.id, vault)) is None
        assert [item.state for item in rows(portal, WorkItem)] == ["withdrawn"] * (extensions is DESK)
