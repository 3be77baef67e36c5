"""Orders that people carry out: completing with a PIN, declining with a reason of the operator, trying again; races."""

from __future__ import annotations

import asyncio
import uuid
from datetime import date
from urllib.parse import urlencode

import pytest
from queuekit import add_card_review, item_of, nagi_portal, rows

import sample_operator.plugin as nagi
from mypage.audit.models import AuditEntry
from mypage.contracts.models import Contract, Subscription
from mypage.db.keys import Vault
from mypage.db.session import Tx
from mypage.hooks.desk import USUAL
from mypage.mail.models import MailMessage
from mypage.mail.service import mark_failed, send_mail
from mypage.notices.models import Notice
from mypage.orders.models import ProductOrder, ProvisioningJob
from mypage.orders.provisioning import note_failed, provision
from mypage.testing.portal import MakePortal, Portal, PortalClient
from mypage.work.mails import open_for_mail
from mypage.work.models import WorkItem, WorkNote
from portal_rows import Person, add_person, operator_of
from staff_rows import add_staff, make_office, sit_down

PLUGINS = {"nagi": nagi}
PIN = "SECRET-PIN-7K2M"


@pytest.fixture
def here(make_portal: MakePortal) -> Portal:
    return nagi_portal(make_portal)


@pytest.fixture
def office(make_portal: MakePortal) -> Portal:
    return make_office(make_portal, plugins=PLUGINS)


@pytest.fixture
def client(office: Portal, here: Portal) -> PortalClient:
    return sit_down(office, add_staff(office, {here.name: "agent"}, name="佐藤 花子"), here)


def order_by_hand(portal: Portal, person: Person, *, wants_pin: bool = False, action: str = "add") -> WorkItem:
    """An order that waits at the desk, with its item."""
    contract, subscription, order = (uuid.uuid4() for _ in range(3))

    def work(tx: Tx) -> None:
        tx.add(
            Contract(
                tenant_id=tx.tenant, id=contract, customer_id=person.customer_id, number="C1", number_key="c1",
                name="光", started_on=date(2024, 4, 1),
            )
        )  # fmt: skip
        tx.flush()
        tx.add(
            Subscription(
                tenant_id=tx.tenant, id=subscription, customer_id=person.customer_id, contract_id=contract,
                holder_id=contract, product="weather", bought_at=tx.now(),
            )
        )  # fmt: skip
        tx.flush()
        tx.add(
            ProductOrder(
                tenant_id=tx.tenant, id=order, number="20261121-7K2MQX4P", customer_id=person.customer_id,
                contract_id=contract, subscription_id=subscription, product="weather", action=action,
                state="acknowledged", placed_at=tx.now(), effective_on=tx.today(),
            )
        )  # fmt: skip
        tx.flush()
        provision(
            tx, customer_id=person.customer_id, order_id=order, action="start" if action == "add" else "end",
            product="weather", subject="boat-1", wants_pin=wants_pin, desk=operator_of(portal).desk,
        )  # fmt: skip

    portal.run(work)
    (item,) = rows(portal, WorkItem)
    return item  # type: ignore[no-any-return]


def test_an_order_is_completed_with_a_pin_that_nobody_sees_again(here: Portal, client: PortalClient) -> None:
    item = order_by_hand(here, add_person(here), wants_pin=True)
    assert item.due_on == date(2026, 11, 24)  # the next business day: Saturday, and a holiday on Monday
    page = client.get(f"/queue/{item.id}/decide/complete")
    assert "青森 太郎" in page.text
    empty = client.submit({"pin": " "})
    assert empty.status == 422
    client.get(f"/queue/{item.id}/decide/complete")
    wrong = client.submit({"pin": PIN + "x" * 200})
    assert wrong.status == 422
    assert PIN not in wrong.raw.text
    client.get(f"/queue/{item.id}/decide/complete")
    assert client.submit({"pin": PIN}).location == f"/queue/{item.id}"
    (order,), (holding,) = rows(here, ProductOrder), rows(here, Subscription)
    assert order.state == "completed"
    place = {"table": "subscription", "column": "pin_sealed", "row": str(holding.id)}
    vault = here.server.ports.get(Vault)
    assert here.run(lambda tx: vault.open(tx, holding.pin_sealed, **place)) == PIN.encode()
    for path in (f"/queue/{item.id}", "/queue?state=closed", f"/customers/{item.customer_id}"):
        assert PIN not in client.get(path).raw.text
    assert PIN not in repr([vars(row) for model in (AuditEntry, WorkNote, WorkItem) for row in rows(here, model)])


def test_an_order_is_declined_with_what_the_operator_tells(here: Portal, client: PortalClient) -> None:
    item = order_by_hand(here, add_person(here))
    client.get(f"/queue/{item.id}/decide/decline")
    assert client.submit({"reason": ""}).status == 422
    assert client.submit({"reason": "zz"}).status == 422
    second = client.submit({"reason": "storm", "note": "風速20m"})
    assert "しけのため、うかがえませんでした。" in second.text
    assert client.submit({"back": "1"}).form_values()["note"].strip() == "風速20m"
    client.submit({"reason": "storm", "note": "風速20m"})
    assert client.submit({}).status == 303
    (order,), (holding,), (job,) = rows(here, ProductOrder), rows(here, Subscription), rows(here, ProvisioningJob)
    assert (order.state, job.problem) == ("failed", "しけで行けない 風速20m")
    assert holding.voided_at is not None
    (notice,) = rows(here, Notice)
    assert notice.body == "しけのため、うかがえませんでした。"
    assert notice.body_en == "We could not come: the sea was too rough."
    done = item_of(here, item.id)
    assert (done.state, done.outcome) == ("rejected", "storm")
    assert "しけで行けない" in client.get(f"/queue/{item.id}").text


def test_what_another_system_declined_can_be_tried_again_or_closed(
    make_portal: MakePortal, office: Portal, here: Portal, client: PortalClient
) -> None:
    del make_portal, office
    item = order_by_hand(here, add_person(here), action="end")
    here.run(lambda tx: note_failed(tx, item.subject_id, "no such line"))
    page = client.get("/queue/failures")
    assert page.texts("//tbody//th")[0].startswith("沖の天気だよりの終了")
    failure = next(each for each in rows(here, WorkItem) if each.kind == "failure")
    client.get(f"/queue/{failure.id}/decide/retry")
    assert client.submit({}).status == 303
    open_items = [each for each in rows(here, WorkItem) if each.closed_at is None]
    assert [(each.kind, each.title) for each in open_items] == [("order", "end weather")]
    assert rows(here, ProductOrder)[0].state == "in_progress"


@pytest.mark.parametrize("path", ["take", "decide/accept"])
def test_of_those_who_press_at_once_exactly_one_wins(
    here: Portal, office: Portal, path: str, record_property: object
) -> None:
    del record_property
    item = add_card_review(here)
    people = [add_staff(office, {here.name: "agent"}, name=f"担当{n} 花子") for n in range(4)]
    clients = [sit_down(office, each, here) for each in people]
    for each in clients:
        each.get("/queue")

    async def press() -> list[int]:
        body = [urlencode({"version": "1", "_csrf": each.csrf}) for each in clients]
        answers = await asyncio.gather(
            *(
                each.arequest(
                    "POST",
                    f"/queue/{item.id}/{path}",
                    content=text,
                    headers={"content-type": "application/x-www-form-urlencoded"},
                )
                for each, text in zip(clients, body, strict=True)
            )
        )
        found.extend(answer.text for answer in answers)
        return [answer.status_code for answer in answers]

    found: list[str] = []
    statuses = here.wait(press())
    assert sorted(statuses) == [303, 409, 409, 409], statuses
    winner = people[statuses.index(303)]
    assert sum(f"{winner.name}さんが" in text for text in found) == 3
    if path == "take":
        assert item_of(here, item.id).assignee_id == winner.account_id
    else:
        assert item_of(here, item.id).closed_by == str(winner.account_id)
        assert len(rows(here, MailMessage)) == 1


def test_a_mail_that_went_nowhere_is_work_until_it_is_sent_again(here: Portal, client: PortalClient) -> None:
    person, vault = add_person(here), here.server.ports.get(Vault)

    def fail(tx: Tx) -> None:
        mail = send_mail(
            tx, vault, template="card_accepted", recipient="a@b.example", language="ja", subject_id=person.customer_id,
            values={"card": "VISA **** 4242", "decided_at": tx.now(), "pays": True},
        )  # fmt: skip
        mark_failed(tx, mail, "550 no such user", given_up=lambda tx, mail: open_for_mail(tx, mail, USUAL))

    here.run(fail)
    (item,) = rows(here, WorkItem)
    page = client.get(f"/queue/{item.id}")
    assert "550 no such user" in page.text
    (mails,) = page.all("//main//a[contains(@href, '/mails')]/@href")
    assert client.get(mails).status == 200
    client.get(f"/queue/{item.id}/decide/close")
    assert client.submit({"note": ""}).status == 422
    assert client.submit({"note": "電話で伝えた"}).status == 303
    assert "電話で伝えた" in client.get(f"/queue/{item.id}").text
    assert item_of(here, item.id).state == "done"
