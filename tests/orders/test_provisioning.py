"""Jobs for other systems as rows: what ends at once, what waits, in which order, and whose they are."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from provisioning_rows import Ordered, deploy, order_something
from sqlalchemy import select, text

from mypage.audit.models import AuditEntry
from mypage.contracts.models import Subscription
from mypage.db.keys import Vault
from mypage.db.session import Tx
from mypage.hooks.provisioning import ProvisioningDone
from mypage.lib.clock import FixedClock
from mypage.lib.errors import NotFound
from mypage.orders.models import ProductOrder, ProvisioningJob
from mypage.orders.provisioning import (
    Behind,
    Try,
    begin_try,
    note_done,
    note_failed,
    note_problem,
    note_sent,
    provision,
)
from mypage.testing.portal import MakePortal, Portal

HOOKED = {"provisioning": {"adapter": "webhook", "base_url": "http://127.0.0.1:9", "key_env": "NOT_USED_HERE"}}


@pytest.fixture
def elsewhere(make_portal: MakePortal) -> Portal:
    """A portal whose services another system switches."""
    return deploy(make_portal, extensions=HOOKED)


def jobs(tx: Tx) -> list[ProvisioningJob]:
    return list(tx.scalars(select(ProvisioningJob).where(ProvisioningJob.tenant_id == tx.tenant)))


def order_of(tx: Tx, ordered: Ordered) -> ProductOrder:
    found = select(ProductOrder).where(ProductOrder.tenant_id == tx.tenant, ProductOrder.id == ordered.order_id)
    return tx.execute(found.execution_options(populate_existing=True)).scalar_one()


def queued(tx: Tx) -> int:
    asked = "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'provisioning.perform' AND args->>'tenant' = :t"
    return tx.execute(text(asked), {"t": tx.tenant}).scalar_one()


def pin_of(tx: Tx, vault: Vault, ordered: Ordered) -> str:
    sealed = tx.execute(
        select(Subscription.pin_sealed).where(
            Subscription.tenant_id == tx.tenant, Subscription.id == ordered.subscription_id
        )
    ).scalar_one()
    assert sealed is not None
    place = {"table": "subscription", "column": "pin_sealed", "row": str(ordered.subscription_id)}
    return vault.open(tx, sealed, **place).decode()


def start(
    tx: Tx, ordered: Ordered, *, action: str = "start", wants_pin: bool = False, vault: Vault | None = None
) -> None:
    provision(
        tx, customer_id=ordered.customer_id, order_id=ordered.order_id, action=action, product="shield",  # type: ignore[arg-type]
        subject="login-1", wants_pin=wants_pin, vault=vault,
    )  # fmt: skip


def test_without_an_adapter_a_job_ends_at_once_and_with_it_the_order(tx: Tx) -> None:
    ordered = order_something(tx)
    start(tx, ordered)
    (job,) = jobs(tx)
    assert (job.adapter, job.state, job.attempts, job.done_at) == ("null", "done", 0, tx.now())
    order = order_of(tx, ordered)
    assert (order.state, order.completed_at) == ("completed", tx.now())
    assert queued(tx) == 0


def test_a_job_may_be_of_no_order(tx: Tx) -> None:
    ordered = order_something(tx)
    provision(tx, customer_id=ordered.customer_id, order_id=None, action="end", product="mail", subject="a@b.example")
    assert [(job.order_id, job.state) for job in jobs(tx)] == [(None, "done")]
    assert order_of(tx, ordered).state == "acknowledged"


@pytest.mark.req("UCOM-111")
def test_a_pin_is_given_at_once_sealed_and_another_one_to_each_purchase(portal: Portal) -> None:
    vault = portal.server.ports.get(Vault)

    def buy(number: str) -> str:
        def work(tx: Tx) -> str:
            ordered = order_something(tx, number)
            start(tx, ordered, wants_pin=True, vault=vault)
            sealed = tx.scalars(select(Subscription.pin_sealed).where(Subscription.tenant_id == tx.tenant)).all()
            pin = pin_of(tx, vault, ordered)
            assert all(pin.encode() not in one for one in sealed if one)
            trail = tx.scalars(select(AuditEntry.after).where(AuditEntry.tenant_id == tx.tenant)).all()
            assert pin not in repr(trail)
            return pin

        return portal.run(work)

    pins = {buy("1000001"), buy("1000002")}
    assert len(pins) == 2
    assert all(re.fullmatch(r"([2-9A-HJ-NP-Z]{4}-){3}[2-9A-HJ-NP-Z]{4}", pin) for pin in pins)


def test_a_pin_that_cannot_be_sealed_here_is_left_to_the_worker(tx: Tx) -> None:
    ordered = order_something(tx)
    start(tx, ordered, wants_pin=True)
    assert [(job.adapter, job.state) for job in jobs(tx)] == [("null", "waiting")]
    assert (queued(tx), order_of(tx, ordered).state) == (1, "in_progress")


def test_with_an_adapter_the_order_goes_on_when_it_has_answered(elsewhere: Portal) -> None:
    def ordering(tx: Tx) -> Ordered:
        ordered = order_something(tx)
        start(tx, ordered)
        return ordered

    ordered = elsewhere.run(ordering)

    def answered(tx: Tx) -> None:
        (job,) = jobs(tx)
        assert (job.adapter, job.state, queued(tx)) == ("webhook", "waiting", 1)
        assert order_of(tx, ordered).state == "in_progress"
        tried = begin_try(tx, job.id)
        assert isinstance(tried, Try)
        assert (tried.attempts, tried.task.order_number, tried.task.contract_number) == (1, "O1000001", "C1000001")
        assert (tried.task.customer_number, tried.task.subject, tried.task.id) == ("1000001", "login-1", str(job.id))
        note_problem(tx, job.id, "no\nanswer")
        assert job.problem == "no answer"
        note_sent(tx, job.id)
        assert (job.state, job.sent_at, job.problem) == ("sent", tx.now(), "")
        assert note_done(tx, elsewhere.server.ports.get(Vault), job.id, ProvisioningDone(reference="r-1"))
        assert (job.state, job.reference) == ("done", "r-1")
        assert order_of(tx, ordered).state == "completed"
        assert begin_try(tx, job.id) is None
        assert not note_failed(tx, job.id, "too late")
        note_sent(tx, job.id)
        note_problem(tx, job.id, "too late")
        assert (job.state, job.problem) == ("done", "")

    elsewhere.run(answered)


def test_what_fails_for_good_fails_the_order_and_stands_in_the_trail(elsewhere: Portal) -> None:
    def work(tx: Tx) -> None:
        ordered = order_something(tx)
        start(tx, ordered)
        (job,) = jobs(tx)
        assert note_failed(tx, job.id, "no such line")
        order = order_of(tx, ordered)
        assert (order.state, order.completed_at) == ("failed", None)
        (line,) = tx.scalars(
            select(AuditEntry).where(AuditEntry.tenant_id == tx.tenant, AuditEntry.action == "provisioning.failed")
        )
        assert (line.customer_id, line.object_id, line.after["problem"]) == (
            ordered.customer_id, str(job.id), "no such line",
        )  # fmt: skip
        vault = elsewhere.server.ports.get(Vault)
        assert not note_done(tx, vault, job.id, ProvisioningDone())
        assert order_of(tx, ordered).state == "failed"

    elsewhere.run(work)


def test_an_end_does_not_overtake_the_start_that_is_still_tried(elsewhere: Portal) -> None:
    clock: FixedClock = elsewhere.clock

    def ordering(tx: Tx) -> Ordered:
        ordered = order_something(tx)
        start(tx, ordered)
        return ordered

    ordered = elsewhere.run(ordering)
    clock.at += timedelta(minutes=1)
    elsewhere.run(lambda tx: start(tx, ordered, action="end"))

    def work(tx: Tx) -> None:
        first, second = sorted(jobs(tx), key=lambda job: job.created_at)
        assert begin_try(tx, second.id) == Behind()
        assert second.attempts == 0
        note_sent(tx, first.id)
        assert begin_try(tx, second.id) == Behind()
        note_failed(tx, first.id, "never")
        assert isinstance(begin_try(tx, second.id), Try)

    elsewhere.run(work)


def test_a_job_of_another_tenant_is_not_there(elsewhere: Portal, make_portal: MakePortal) -> None:
    def ordering(tx: Tx) -> None:
        start(tx, order_something(tx))

    elsewhere.run(ordering)
    (job,) = elsewhere.run(jobs)
    neighbour = deploy(make_portal, extensions=HOOKED)
    for ask in (
        lambda tx: begin_try(tx, job.id),
        lambda tx: note_failed(tx, job.id, "x"),
        lambda tx: note_done(tx, neighbour.server.ports.get(Vault), job.id, ProvisioningDone()),
    ):
        with pytest.raises(NotFound):
            neighbour.run(ask)
