"""Applications in the work queue of staff, on its pages: done, given back, turned down, late, and never a password."""

from __future__ import annotations

import pytest
from slotkit import EAST, PASSWORD, Home, all_of, deploy, job_of, move_in, states

import sample_operator.plugin as nagi
from mypage.mail.models import MailMessage
from mypage.orders.models import ProvisioningJob
from mypage.slots.service import cancel
from mypage.testing.portal import MakePortal, Portal, PortalClient
from mypage.work.models import WorkItem
from staff_rows import add_staff, make_office, sit_down


@pytest.fixture
def home(make_portal: MakePortal) -> Home:
    return move_in(deploy(make_portal))


@pytest.fixture
def client(make_portal: MakePortal, home: Home) -> PortalClient:
    office = make_office(make_portal, plugins={"nagi": nagi})
    return sit_down(office, add_staff(office, {home.portal.name: "agent"}, name="佐藤 花子"), home.portal)


def open_item(portal: Portal) -> WorkItem:
    (item,) = [each for each in all_of(portal, WorkItem) if each.closed_at is None]
    return item


def test_completing_it_shows_the_assigned_host_and_no_password(home: Home, client: PortalClient) -> None:
    home.have("one")
    row = home.apply(2, "add", "taro", options=["lamp"])
    item = open_item(home.portal)
    page = client.get(f"/queue/{item.id}")
    for fact in (row.number, f"taro@{EAST}", "新しく追加する: 係留のばしょ", "C1000001"):
        assert fact in page.text
    assert PASSWORD not in page.raw.text
    sealed = job_of(home.portal, row).secret_sealed
    assert sealed is not None
    assert "青森 太郎" in client.get(f"/queue/{item.id}/decide/complete").text
    assert client.submit({}).location == f"/queue/{item.id}"
    assert home.seen()[1] == ("used", f"taro@{EAST}", ("lamp",))
    assert [mail.template for mail in all_of(home.portal, MailMessage)] == ["slot_outcome"]
    closed = client.get(f"/queue/{item.id}").text
    assert "完了" in closed
    assert client.get(f"/queue/{item.id}/decide/complete").status in (404, 409)


@pytest.mark.parametrize(("act", "state"), [("return", "returned"), ("decline", "failed")])
def test_what_is_not_done_is_told_in_words(home: Home, client: PortalClient, act: str, state: str) -> None:
    home.have("one")
    home.apply(1, "change", "uno")
    item = open_item(home.portal)
    client.get(f"/queue/{item.id}/decide/{act}")
    assert client.submit({"told": "", "note": ""}).status == 422
    second = client.submit({"told": "その名前は船の名前ではありません。", "note": "港長に確認済み"})
    assert "その名前は船の名前ではありません。" in second.text
    assert client.submit({}).status == 303
    place = home.rows()[0]
    assert (place.address, place.last and (place.last.state, place.last.reason)) == (
        f"one@{EAST}", (state, "その名前は船の名前ではありません。"),
    )  # fmt: skip
    (job,) = all_of(home.portal, ProvisioningJob)
    assert (job.state, job.problem, job.secret_sealed) == ("failed", "港長に確認済み", None)


@pytest.mark.req("OCN-71")
def test_what_the_customer_called_off_meanwhile_is_said_to_staff(home: Home, client: PortalClient) -> None:
    row = home.apply(1, "add", "taro")
    item = open_item(home.portal)
    client.get(f"/queue/{item.id}/decide/complete")
    home.portal.run(lambda tx: cancel(tx, home.operator, home.principal, row.id))
    assert client.submit({}).status == 409
    assert states(home.portal) == ["cancelled"]
    assert "お客さまが取り消し" in client.get(f"/queue/{item.id}").text


def test_the_history_of_the_customer_tells_it_in_words(home: Home, client: PortalClient) -> None:
    row = home.apply(1, "add", "taro")
    home.portal.run(lambda tx: cancel(tx, home.operator, home.principal, row.id))
    page = client.get(f"/customers/{home.ref.customer_id}")
    told = page.raw.text
    assert "アドレスの手続きを申し込みました" in told
    assert "アドレスの申し込みを取り消しました" in told
    assert PASSWORD not in told
