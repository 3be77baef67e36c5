"""The webhook adapter and the worker's task against a real server: done, later, declined, not now, killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from provisioning_rows import Ordered, deploy, order_something
from sqlalchemy import select
from switching import KEY, Switch, switching
from test_provisioning import jobs, order_of, pin_of, start

from mypage.audit.models import AuditEntry
from mypage.db.keys import Vault
from mypage.hooks.provisioning import ProvisioningDone, ProvisioningTask
from mypage.jobs.retries import LONGEST_WAIT
from mypage.jobs.tasks import BadJob, Job, TryAgain
from mypage.orders.provisioning_adapters import Provisioners
from mypage.orders.provisioning_jobs import NOT_SERVED, QUEUED_BEHIND, REPORT_WAIT, Provisioner
from mypage.testing.portal import MakePortal, Portal

VARIABLE = "MYPAGE_TEST_PROVISIONING_KEY"


@pytest.fixture
def switch() -> Iterator[Switch]:
    os.environ[VARIABLE] = KEY
    with switching() as started:
        yield started


@pytest.fixture
def place(make_portal: MakePortal, switch: Switch) -> Iterator[Callable[[], Portal]]:
    """Makes portals whose services the switch switches."""
    made: list[Portal] = []

    def make() -> Portal:
        settings = {"adapter": "webhook", "base_url": switch.url, "key_env": VARIABLE}
        made.append(deploy(make_portal, extensions={"provisioning": settings}))
        return made[-1]

    yield make
    for portal in made:
        portal.wait(portal.server.provisioners.close())


@pytest.fixture
def portal(place: Callable[[], Portal]) -> Portal:
    return place()


def worker(portal: Portal, **options: Any) -> Provisioner:
    server = portal.server

    async def find(name: str) -> Any:
        return server.registry.current.get(name)

    vault = server.ports.get(Vault)
    return Provisioner(
        database=server.database, provisioners=server.provisioners, vault=vault, tenant_of=find, **options
    )


def perform(portal: Portal, job_id: uuid.UUID | None = None, **options: Any) -> float | None:
    """One run of the worker; after how many seconds it wants to run again."""
    wanted = job_id or portal.run(jobs)[0].id
    try:
        portal.wait(worker(portal, **options)(Job(tenant=portal.name, request_id="t", arguments={"job": str(wanted)})))
    except TryAgain as again:
        return again.seconds
    return None


def ordered_at(portal: Portal, **options: Any) -> Ordered:
    def work(tx: Any) -> Ordered:
        ordered = order_something(tx)
        start(tx, ordered, **options)
        return ordered

    return portal.run(work)


def state(portal: Portal, ordered: Ordered) -> tuple[str, str, int]:
    """Of the job, of the order, and the tries."""
    (job,) = portal.run(jobs)
    return job.state, portal.run(lambda tx: order_of(tx, ordered)).state, job.attempts


def test_a_task_is_sent_signed_and_done_at_once(portal: Portal, switch: Switch) -> None:
    switch.answers = [(200, {"reference": "sw-17", "pin": "ABCD-1234"})]
    ordered = ordered_at(portal, wants_pin=True)
    assert perform(portal) is None
    assert state(portal, ordered) == ("done", "completed", 1)
    (job,) = portal.run(jobs)
    (asked,), (headers,) = switch.asked, switch.headers
    assert (asked["id"], headers["idempotency-key"], job.reference) == (str(job.id), str(job.id), "sw-17")
    assert {key: asked[key] for key in ("tenant", "action", "product", "subject", "order", "customer", "wants_pin")} == {
        "tenant": portal.name, "action": "start", "product": "shield", "subject": "login-1", "order": "O1000001",
        "customer": "1000001", "wants_pin": True,
    }  # fmt: skip
    assert portal.run(lambda tx: pin_of(tx, portal.server.ports.get(Vault), ordered)) == "ABCD-1234"
    assert perform(portal) is None
    assert len(switch.asked) == 1


@pytest.mark.parametrize(
    "said",
    [
        (500, {}), (503, b"down"), (429, {"problem": "later"}), (401, {"problem": "key"}), (404, b"<h1>proxy</h1>"),
        (302, {}), (200, {"pin": "x" * 201}), (200, b"x" * 20_000), (200, {"reference": "a\nb"}), (200, {"pin": 7}),
        (200, {"reference": "no pin"}), (410, {"problem": ["no text"]}),
    ],
)  # fmt: skip
def test_what_is_no_answer_is_asked_again_with_the_same_id(portal: Portal, switch: Switch, said: Any) -> None:
    switch.answers = [said, (200, {"pin": "P-1"})]
    ordered = ordered_at(portal, wants_pin=True)
    assert perform(portal) == 5.0
    assert state(portal, ordered) == ("waiting", "in_progress", 1)
    (job,) = portal.run(jobs)
    assert job.problem
    switch.did.clear()
    assert perform(portal) is None
    assert state(portal, ordered) == ("done", "completed", 2)
    assert len({task["id"] for task in switch.asked}) == 1


def test_waits_grow_and_end_in_a_failure_that_staff_can_read(portal: Portal, switch: Switch) -> None:
    switch.answers = [(503, {})]
    ordered = ordered_at(portal)
    waits = [perform(portal, most_tries=13) for _ in range(13)]
    assert waits[:4] == [5.0, 10.0, 20.0, 40.0]
    assert waits[10:] == [LONGEST_WAIT, LONGEST_WAIT, None]
    assert state(portal, ordered) == ("failed", "failed", 13)
    (line,) = portal.run(
        lambda tx: list(
            tx.scalars(
                select(AuditEntry).where(AuditEntry.tenant_id == tx.tenant, AuditEntry.action == "provisioning.failed")
            )
        )
    )
    assert (line.customer_id, line.after["problem"], line.after["attempts"]) == (
        ordered.customer_id, "the answer is 503", 13,
    )  # fmt: skip
    assert perform(portal) is None
    assert len(switch.asked) == 13


def test_declined_for_good_is_not_asked_again(portal: Portal, switch: Switch) -> None:
    switch.answers = [(422, {"problem": "no such line"})]
    ordered = ordered_at(portal)
    assert perform(portal) is None
    assert state(portal, ordered) == ("failed", "failed", 1)
    assert portal.run(jobs)[0].problem == "no such line"


def test_a_system_that_is_not_there_is_asked_again(portal: Portal, switch: Switch, make_portal: MakePortal) -> None:
    settings = {"adapter": "webhook", "base_url": "http://127.0.0.1:9/tasks", "key_env": VARIABLE}
    nobody = deploy(make_portal, extensions={"provisioning": settings})
    ordered = ordered_at(nobody)
    assert perform(nobody) == 5.0
    assert state(nobody, ordered) == ("waiting", "in_progress", 1)
    assert portal.run(jobs) == []


def test_taken_and_never_reported_is_sent_again_and_given_up_at_last(portal: Portal, switch: Switch) -> None:
    switch.answers = [(202, {})]
    ordered = ordered_at(portal)
    assert perform(portal, most_tries=3) == REPORT_WAIT
    assert state(portal, ordered) == ("sent", "in_progress", 1)
    assert perform(portal, most_tries=3) == REPORT_WAIT
    assert perform(portal, most_tries=3) is None
    assert state(portal, ordered) == ("failed", "failed", 3)


def test_an_end_waits_for_its_start_without_being_counted(portal: Portal, switch: Switch) -> None:
    ordered = ordered_at(portal)
    portal.clock.at += timedelta(seconds=1)
    portal.run(lambda tx: start(tx, ordered, action="end"))
    first, second = sorted(portal.run(jobs), key=lambda job: job.created_at)
    assert perform(portal, second.id) == QUEUED_BEHIND
    assert switch.asked == []
    assert perform(portal, first.id) is None
    assert perform(portal, second.id) is None
    assert [task["action"] for task in switch.asked] == ["start", "end"]


def test_the_worker_gives_a_pin_where_nobody_has_to_be_asked(make_portal: MakePortal) -> None:
    portal = deploy(make_portal)
    ordered = ordered_at(portal, wants_pin=True)
    assert perform(portal) is None
    assert state(portal, ordered) == ("done", "completed", 1)
    assert len(portal.run(lambda tx: pin_of(tx, portal.server.ports.get(Vault), ordered))) == 19


def test_wrong_settings_and_unknown_adapters_cost_no_try(make_portal: MakePortal, switch: Switch) -> None:
    for wrong in (
        {"adapter": "carrier-pigeon"},
        {"adapter": "webhook", "base_url": switch.url, "key_env": "MYPAGE_TEST_MISSING"},
        {"adapter": "webhook", "base_url": "http://switch.example/", "key_env": VARIABLE},
    ):
        portal = deploy(make_portal, extensions={"provisioning": wrong})
        ordered = ordered_at(portal)
        assert perform(portal) == NOT_SERVED
        assert state(portal, ordered) == ("waiting", "in_progress", 0)
    assert switch.asked == []


def test_jobs_that_make_no_sense(portal: Portal, switch: Switch) -> None:
    with pytest.raises(BadJob):
        portal.wait(worker(portal)(Job(tenant=portal.name, request_id="t", arguments={"job": "none"})))
    assert perform(portal, uuid.uuid4()) is None
    with pytest.raises(TryAgain):
        portal.wait(worker(portal)(Job(tenant="nobody", request_id="t", arguments={"job": str(uuid.uuid4())})))


class Odd:
    """An adapter that raises what its port does not name, or never ends."""

    def __init__(self, wrong: Any) -> None:
        self._wrong = wrong

    async def perform(self, task: ProvisioningTask) -> ProvisioningDone | None:
        if isinstance(self._wrong, Exception):
            raise self._wrong
        await self._wrong()
        return None


@pytest.mark.parametrize("how", ["raises", "hangs"])
def test_an_adapter_that_raises_or_hangs_is_asked_again(portal: Portal, switch: Switch, how: str) -> None:
    import asyncio

    odd = Odd(KeyError("secret") if how == "raises" else asyncio.Event().wait)

    class Given(Provisioners):
        def of(self, tenant: Any) -> Any:
            return odd

    async def find(name: str) -> Any:
        return portal.server.registry.current.get(name)

    server = portal.server
    task = Provisioner(
        database=server.database, provisioners=Given({}), vault=server.ports.get(Vault), tenant_of=find, longest=0.05
    )
    ordered = ordered_at(portal)
    (job,) = portal.run(jobs)
    with pytest.raises(TryAgain):
        portal.wait(task(Job(tenant=portal.name, request_id="t", arguments={"job": str(job.id)})))
    (job,) = portal.run(jobs)
    assert state(portal, ordered) == ("waiting", "in_progress", 1)
    assert job.problem == ("the adapter raised KeyError" if how == "raises" else "no answer within 0.05 s")


KILLED = """
import asyncio, sys
from mypage.db.keys import Vault
from mypage.db.session import Database
from mypage.jobs.tasks import Job
from mypage.lib.crypto import Keyring
from mypage.orders.provisioning_adapters import Provisioners
from mypage.orders.provisioning_jobs import Provisioner
from mypage.orders.provisioning_webhook import WebhookAdapter

url, tenant, job, switch, key = sys.argv[1:]

class Given(Provisioners):
    def of(self, tenant):
        return WebhookAdapter(switch, key.encode())

async def find(name):
    return object()

async def main():
    task = Provisioner(database=Database(url), provisioners=Given({}), vault=None, tenant_of=find)
    print("ready", flush=True)
    await task(Job(tenant=tenant, request_id="t", arguments={"job": job}))
    print("ended", flush=True)

asyncio.run(main())
"""


def test_a_worker_killed_in_the_middle_of_a_call_loses_nothing_and_does_nothing_twice(
    portal: Portal, switch: Switch, test_database: Any
) -> None:
    switch.answers = [(200, {"reference": "sw-1"})]
    ordered = ordered_at(portal)
    (job,) = portal.run(jobs)
    arguments = (test_database.app, portal.name, str(job.id), switch.url, KEY)
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, *arguments], stdout=subprocess.PIPE, text=True, env=dict(os.environ)
    ) as process:
        switch.before = lambda task: process.send_signal(signal.SIGKILL)
        assert process.stdout is not None
        assert process.stdout.read() == "ready\n"
        assert process.wait() == -signal.SIGKILL
    assert state(portal, ordered) == ("waiting", "in_progress", 1)
    assert len(switch.did) == 1
    switch.before = lambda task: None
    assert perform(portal) is None
    assert state(portal, ordered) == ("done", "completed", 2)
    assert len(switch.did) == 1
    assert [task["id"] for task in switch.asked] == [str(job.id)] * 2
