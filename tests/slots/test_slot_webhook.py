"""Another system that carries applications out, over a real socket: told once, with the password; its word counts."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any

import pytest
from slotkit import EAST, PASSWORD, Home, all_of, job_of, move_in, states

import sample_operator.plugin as nagi
from mypage.jobs.tasks import Job, TryAgain
from mypage.mail.models import MailMessage
from mypage.orders.models import ProvisioningJob
from mypage.orders.provisioning_jobs import Provisioner
from mypage.server.outcomes import outcome_handlers
from mypage.slots.values import ApplicationRow
from mypage.testing.portal import MakePortal
from mypage.work.models import WorkItem
from orders.switching import KEY, Switch, signed, switching

VARIABLE = "MYPAGE_TEST_SLOT_KEY"


@pytest.fixture
def switch() -> Iterator[Switch]:
    os.environ[VARIABLE] = KEY
    with switching() as started:
        yield started


@pytest.fixture
def home(make_portal: MakePortal, switch: Switch) -> Iterator[Home]:
    hooked = {"provisioning": {"adapter": "webhook", "base_url": switch.url, "key_env": VARIABLE}}
    portal = make_portal("nagi", plugins={"nagi": nagi}, settings={"harbour": "みなと"}, extensions=hooked)
    yield move_in(portal)
    portal.wait(portal.server.provisioners.close())


def work(home: Home, row: ApplicationRow) -> float | None:
    """One run of the worker; after how many seconds it wants to run again."""
    server = home.portal.server

    async def find(name: str) -> Any:
        return server.registry.current.get(name)

    provisioner = Provisioner(
        database=server.database, provisioners=server.provisioners, vault=home.vault, tenant_of=find,
        outcomes_of=lambda tenant: outcome_handlers().of(home.operator, home.vault),
    )  # fmt: skip
    job = Job(tenant=home.portal.name, request_id="t", arguments={"job": str(job_of(home.portal, row).id)})
    try:
        home.portal.wait(provisioner(job))
    except TryAgain as again:
        return again.seconds
    return None


def report(home: Home, row: ApplicationRow, **said: Any) -> int:
    body = json.dumps({"id": str(job_of(home.portal, row).id), **said}).encode()
    headers = signed(body, at=home.portal.clock.now().timestamp())
    raw = home.portal.wait(home.portal.client().arequest("POST", "/hooks/provisioning", content=body, headers=headers))
    return int(raw.status_code)


def told(home: Home) -> list[str]:
    return sorted(mail.recipient for mail in all_of(home.portal, MailMessage) if mail.template == "slot_outcome")


def test_it_is_told_with_the_password_and_what_it_does_is_so_here(home: Home, switch: Switch) -> None:
    row = home.apply(1, "add", "taro", options=["lamp"])
    assert work(home, row) is None
    (task,) = switch.asked
    assert (task["action"], task["product"], task["subject"], task["secret"]) == (
        "start", "berth", f"taro@{EAST}", PASSWORD,
    )  # fmt: skip
    assert (task["details"]["options"], task["details"]["number"], task["customer"]) == ("lamp", row.number, "1000001")
    assert (states(home.portal), home.seen()[0]) == (["done"], ("used", f"taro@{EAST}", ("lamp",)))
    assert told(home) == ["taro@example.jp"]
    assert job_of(home.portal, row).secret_sealed is None


def test_what_needs_no_password_is_told_without(home: Home, switch: Switch) -> None:
    home.have("one")
    assert work(home, home.apply(1, "remove")) is None
    assert (switch.asked[0]["action"], "secret" in switch.asked[0]) == ("end", False)


@pytest.mark.parametrize(
    ("said", "state"), [({"state": "done"}, "done"), ({"state": "failed", "problem": "x"}, "failed")]
)
def test_a_report_ends_it_once(home: Home, switch: Switch, said: dict[str, str], state: str) -> None:
    switch.answers = [(202, {})]
    row = home.apply(1, "add", "taro")
    assert work(home, row) is not None
    assert (states(home.portal), home.rows()[0].application and home.rows()[0].application.cancellable) == (  # type: ignore[union-attr]
        ["pending"], False,
    )  # fmt: skip
    assert [report(home, row, **said) for _ in range(3)] == [200, 409, 409]
    assert (states(home.portal), told(home)) == ([state], ["taro@example.jp"])
    assert home.seen()[0][0] == ("used" if state == "done" else "free")
    assert [item.kind for item in all_of(home.portal, WorkItem)] == ["failure"] * (state == "failed")


def test_what_it_declines_frees_place_and_name_and_staff_see_it(home: Home, switch: Switch) -> None:
    switch.answers = [(422, {"problem": "no such boat"})]
    row = home.apply(1, "add", "taro")
    assert work(home, row) is None
    assert (states(home.portal), home.seen()[0], told(home)) == (["failed"], ("free", None, ()), ["taro@example.jp"])
    (item,) = all_of(home.portal, WorkItem)
    assert (item.kind, item.reference) == ("failure", row.number)
    (job,) = all_of(home.portal, ProvisioningJob)
    assert (job.state, job.problem, job.secret_sealed) == ("failed", "no such boat", None)
    other = move_in(home.portal, "1000002", "other@example.jp")
    assert other.apply(1, "add", "taro").state == "pending"
