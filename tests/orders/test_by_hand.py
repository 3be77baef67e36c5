"""The adapter `desk`: people in place of another system, in the same steps, with the same end."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from provisioning_rows import Ordered, deploy, order_something
from sqlalchemy import select

from mypage.audit.models import AuditEntry
from mypage.contracts.models import Subscription
from mypage.db.keys import Vault
from mypage.db.session import Tx
from mypage.hooks.desk import DeskPolicy, WorkRule
from mypage.hooks.provisioning import ProvisioningTask
from mypage.jobs.tasks import Job
from mypage.lib.clock import FixedClock
from mypage.orders.by_hand import complete_by_hand, decline_by_hand, retry_failed
from mypage.orders.errors import BadPin, EarlierFirst, JobEnded, NoRetry
from mypage.orders.models import ProductOrder, ProvisioningJob
from mypage.orders.provisioning import note_failed, provision
from mypage.orders.provisioning_adapters import DeskAdapter, Provisioners
from mypage.orders.provisioning_jobs import Provisioner
from mypage.testing.portal import MakePortal, Portal
from mypage.work.models import WorkItem

DESK = {"provisioning": {"adapter": "desk"}}
HOOKED = {"provisioning": {"adapter": "webhook", "base_url": "http://127.0.0.1:9", "key_env": "NOT_USED_HERE"}}
SOON = DeskPolicy(kinds={"order": WorkRule(days=0)})


@pytest.fixture
def here(make_portal: MakePortal) -> Portal:
    return deploy(make_portal, extensions=DESK)


def ordered(portal: Portal, *, action: str = "start", wants_pin: bool = False, number: str = "1000001") -> Ordered:
    def work(tx: Tx) -> Ordered:
        made = order_something(tx, number)
        if action == "end":
            order = tx.get_one(ProductOrder, (tx.tenant, made.order_id))
            order.action = "end"
            tx.flush()
        provision(
            tx, customer_id=made.customer_id, order_id=made.order_id, action=action, product="shield",  # type: ignore[arg-type]
            subject="login-1", wants_pin=wants_pin, vault=portal.server.ports.get(Vault), desk=SOON,
        )  # fmt: skip
        return made

    return portal.run(work)


def rows(portal: Portal, model: type) -> list:  # type: ignore[type-arg]
    return portal.run(lambda tx: list(tx.scalars(select(model).where(model.tenant_id == tx.tenant))))  # type: ignore[attr-defined]


def one(portal: Portal, model: type):  # type: ignore[no-untyped-def]
    (found,) = rows(portal, model)
    return found


def test_an_order_waits_for_a_person_in_the_queue(here: Portal) -> None:
    ordered(here)
    job, item, order = one(here, ProvisioningJob), one(here, WorkItem), one(here, ProductOrder)
    assert (job.adapter, job.state, order.state) == ("desk", "sent", "in_progress")
    assert (item.kind, item.subject_id, item.state, item.title) == ("order", job.id, "open", "start shield")
    assert (item.reference, item.due_on) == ("O1000001", here.clock.now().date() + timedelta(days=3))


@pytest.mark.req("UCOM-111")
def test_completing_it_seals_the_pin_and_ends_the_work(here: Portal) -> None:
    made, vault = ordered(here, wants_pin=True), here.server.ports.get(Vault)
    job = one(here, ProvisioningJob)
    for wrong in ("", "   ", "x" * 201, "a\nb"):
        with pytest.raises(BadPin):
            here.run(lambda tx, pin=wrong: complete_by_hand(tx, vault, job.id, pin=pin))
    here.run(lambda tx: complete_by_hand(tx, vault, job.id, pin=" ABCD-1234 "))
    assert (one(here, ProductOrder).state, one(here, WorkItem).state) == ("completed", "done")
    sealed = one(here, Subscription).pin_sealed
    place = {"table": "subscription", "column": "pin_sealed", "row": str(made.subscription_id)}
    assert here.run(lambda tx: vault.open(tx, sealed, **place)) == b"ABCD-1234"
    assert "ABCD-1234" not in repr([(entry.before, entry.after) for entry in rows(here, AuditEntry)])
    with pytest.raises(JobEnded):
        here.run(lambda tx: complete_by_hand(tx, vault, job.id, pin="X"))


def test_declining_it_voids_what_was_bought_and_ends_the_work(here: Portal) -> None:
    ordered(here)
    job = one(here, ProvisioningJob)
    here.run(lambda tx: decline_by_hand(tx, job.id, code="storm", reason="no boat"))
    item = one(here, WorkItem)
    assert (one(here, ProductOrder).state, item.state, item.outcome) == ("failed", "rejected", "storm")
    assert one(here, Subscription).voided_at is not None
    assert one(here, ProvisioningJob).problem == "no boat"


def test_what_was_asked_first_is_done_first(here: Portal) -> None:
    clock: FixedClock = here.clock
    made, vault = ordered(here), here.server.ports.get(Vault)
    clock.at += timedelta(minutes=1)
    here.run(
        lambda tx: provision(
            tx, customer_id=made.customer_id, order_id=None, action="end", product="shield", subject="login-1"
        )
    )
    first, second = sorted(rows(here, ProvisioningJob), key=lambda job: job.created_at)
    with pytest.raises(EarlierFirst):
        here.run(lambda tx: complete_by_hand(tx, vault, second.id))
    here.run(lambda tx: complete_by_hand(tx, vault, first.id))
    here.run(lambda tx: complete_by_hand(tx, vault, second.id))
    assert {item.state for item in rows(here, WorkItem)} == {"done"}


def test_what_another_system_declined_waits_for_staff_and_an_end_is_tried_again(make_portal: MakePortal) -> None:
    there = deploy(make_portal, extensions=HOOKED)
    ordered(there, action="end")
    job = one(there, ProvisioningJob)
    assert rows(there, WorkItem) == []
    there.run(lambda tx: note_failed(tx, job.id, "no such line"))
    item = one(there, WorkItem)
    assert (item.kind, item.subject_id, item.state) == ("failure", job.id, "open")
    there.run(lambda tx: retry_failed(tx, job.id, SOON))
    again = next(each for each in rows(there, ProvisioningJob) if each.id != job.id)
    assert (again.action, again.order_id, again.state) == ("end", job.order_id, "waiting")
    assert (one(there, ProductOrder).state, one(there, WorkItem).state) == ("in_progress", "done")
    assert "order.taken_up" in {entry.action for entry in rows(there, AuditEntry)}
    # Somebody who pressed twice at once waited for the job's lock, and finds it failed as before.
    with pytest.raises(NoRetry):
        there.run(lambda tx: retry_failed(tx, job.id, SOON))
    assert len(rows(there, ProvisioningJob)) == 2


def test_an_end_that_failed_is_not_tried_again_once_the_same_was_bought_anew(make_portal: MakePortal) -> None:
    there = deploy(make_portal, extensions=HOOKED)
    made, clock = ordered(there, action="end"), there.clock
    assert isinstance(clock, FixedClock)
    job = one(there, ProvisioningJob)
    there.run(lambda tx: note_failed(tx, job.id, "no such line"))
    clock.at += timedelta(minutes=1)
    there.run(
        lambda tx: provision(
            tx, customer_id=made.customer_id, order_id=None, action="start", product="shield", subject="login-1"
        )
    )
    with pytest.raises(NoRetry):
        there.run(lambda tx: retry_failed(tx, job.id, SOON))
    assert sorted(each.action for each in rows(there, ProvisioningJob)) == ["end", "start"]
    assert one(there, WorkItem).state == "open"


def test_a_purchase_that_failed_is_void_and_not_tried_again(make_portal: MakePortal) -> None:
    there = deploy(make_portal, extensions=HOOKED)
    ordered(there)
    job = one(there, ProvisioningJob)
    for _ in range(2):
        with pytest.raises(NoRetry):
            there.run(lambda tx: retry_failed(tx, job.id, SOON))
        there.run(lambda tx: note_failed(tx, job.id, "no such line"))
    assert one(there, WorkItem).state == "open"


def test_the_worker_gives_what_began_elsewhere_to_the_desk(here: Portal) -> None:
    made = ordered(here)
    job_id = uuid.uuid4()

    def begin(tx: Tx) -> None:
        tx.add(
            ProvisioningJob(
                tenant_id=tx.tenant, id=job_id, customer_id=made.customer_id, action="change", product="mail",
                subject="a@b.example", adapter="webhook", state="waiting", created_at=tx.now(),
            )
        )  # fmt: skip

    here.run(begin)
    registry, vault = here.server.registry, here.server.ports.get(Vault)

    async def find(name: str):  # type: ignore[no-untyped-def]
        return registry.current.get(name)

    provisioner = Provisioner(
        database=here.server.database,
        provisioners=Provisioners({}),
        vault=vault,
        tenant_of=find,
        desk_of=lambda _: SOON,
    )
    job = Job(tenant=here.name, arguments={"job": str(job_id)}, attempts=0, request_id="test")
    for _ in range(2):
        here.wait(provisioner(job))
    items = [item for item in rows(here, WorkItem) if item.subject_id == job_id]
    assert [(item.kind, item.state, item.title) for item in items] == [("order", "open", "change mail")]
    (given,) = [each for each in rows(here, ProvisioningJob) if each.id == job_id]
    assert (given.adapter, given.state) == ("desk", "sent")


@pytest.mark.anyio
async def test_the_desk_takes_and_never_answers() -> None:
    task = ProvisioningTask(
        id="1", tenant="t", action="start", product="p", order_number="", customer_number="", contract_number="",
        subject="s", wanted_at=None,  # type: ignore[arg-type]
    )  # fmt: skip
    assert await DeskAdapter().perform(task) is None
