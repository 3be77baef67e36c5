"""The console's way into a customer's portal: the account, the reason, the link, and ending a view from outside."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from sqlalchemy import select

from mypage.auth.models import Credential
from mypage.auth.viewing_models import StaffView
from mypage.staff.members import note_member
from mypage.testing.portal import Answer, MakePortal, Portal, PortalClient
from portal_rows import Person, add_person
from staff_rows import Staff, add_staff, make_office, sit_down

REASON = "請求書の見方についてお問合せ"


@pytest.fixture
def here(make_portal: MakePortal) -> Portal:
    return make_portal("actv")


@pytest.fixture
def office(make_portal: MakePortal, here: Portal) -> Portal:
    return make_office(make_portal)


@pytest.fixture
def person(here: Portal) -> Person:
    return add_person(here)


@pytest.fixture
def agent(office: Portal, here: Portal) -> Staff:
    return add_staff(office, {here.name: "agent"})


@pytest.fixture
def desk(office: Portal, here: Portal, agent: Staff) -> PortalClient:
    return sit_down(office, agent, here)


def page_of(person: Person) -> str:
    return f"/customers/{person.customer_id}/view"


def ask(desk: PortalClient, person: Person, **changed: str) -> Answer:
    """Fill in the form as it comes."""
    desk.get(page_of(person))
    return desk.submit({"reason": REASON, **changed}, form="//main//form[.//textarea]")


def link_of(answer: Answer) -> str:
    (link,) = answer.all("//main//a[contains(@href,'/view/')]/@href")
    return str(link)


def open_views(portal: Portal) -> int:
    wanted = select(StaffView.id)
    return len(
        portal.run(
            lambda tx: tx.scalars(wanted.where(StaffView.tenant_id == tx.tenant, StaffView.ended_at.is_(None))).all()
        )
    )


def test_from_the_customers_page_into_the_portal(desk: PortalClient, here: Portal, person: Person) -> None:
    assert page_of(person) in desk.get(f"/customers/{person.customer_id}").all("//main//a/@href")
    answer = ask(desk, person)
    assert answer.status == 200 and "60秒以内に一度だけ" in answer.text
    link = link_of(answer)
    assert link.startswith(f"https://{here.host}/view/")
    assert answer.all("//main//a[@target='_blank']/@rel") == ["noopener noreferrer"]
    path = urlsplit(link).path
    browser = here.client()
    ticket = browser.get(path)
    # The link alone tells nothing about anybody.
    assert ticket.status == 200 and REASON not in ticket.raw.text and "青森 太郎" not in ticket.raw.text
    assert browser.submit({}).status == 303
    assert browser.get("/contract").status == 200
    # What the console shows afterwards holds no ticket any more.
    again = desk.get(page_of(person))
    assert "/view/" not in "".join(again.all("//main//a/@href"))
    assert REASON in again.text


def test_a_reason_and_an_account_are_needed(desk: PortalClient, here: Portal, person: Person) -> None:
    empty = ask(desk, person, reason=" ")
    assert empty.status == 422 and empty.errors
    other = add_person(here, "1000002")
    foreign = ask(desk, person, account=str(other.account_id))
    assert foreign.status == 422 and REASON in foreign.raw.text
    assert ask(desk, person, reason="x" * 501).status == 422
    assert open_views(here) == 0


def test_whoever_is_not_there_has_no_page(desk: PortalClient, make_portal: MakePortal, person: Person) -> None:
    stranger = add_person(make_portal("actv"))
    assert desk.get(page_of(stranger)).status == 404
    desk.get(page_of(person))
    assert desk.post(page_of(stranger), {"account": str(stranger.account_id), "reason": REASON}).status == 404


def test_readers_do_not_look(office: Portal, here: Portal, person: Person) -> None:
    client = sit_down(office, add_staff(office, {here.name: "reader"}), here)
    assert page_of(person) not in client.get(f"/customers/{person.customer_id}").all("//a/@href")
    assert client.get(page_of(person)).status == 403
    assert client.post(page_of(person), {"account": str(person.account_id), "reason": REASON}).status == 403
    assert open_views(here) == 0


def begun(desk: PortalClient, here: Portal, person: Person) -> PortalClient:
    browser = here.client()
    browser.get(urlsplit(link_of(ask(desk, person))).path)
    browser.submit({})
    assert browser.get("/contract").status == 200
    return browser


def test_ending_it_from_the_console(desk: PortalClient, office: Portal, here: Portal, person: Person) -> None:
    browser = begun(desk, here, person)
    colleague = sit_down(office, add_staff(office, {here.name: "agent"}, name="別の 担当"), here)
    assert "佐藤 花子" in colleague.get(page_of(person)).text
    assert colleague.last is not None and not colleague.last.all("//form[contains(@action,'/end')]")
    (action,) = desk.get(page_of(person)).all("//form[contains(@action,'/end')]/@action")
    colleague.get(page_of(person))
    assert colleague.post(action).status == 403
    assert browser.get("/contract").status == 200
    desk.get(page_of(person))
    assert desk.post(action).location == page_of(person)
    assert browser.get("/contract").status == 410
    assert desk.post(action).status == 404


def test_a_manager_ends_anybodys(desk: PortalClient, office: Portal, here: Portal, person: Person) -> None:
    browser = begun(desk, here, person)
    manager = sit_down(office, add_staff(office, {here.name: "manager"}, name="店長 一"), here)
    page = manager.get(page_of(person))
    assert "佐藤 花子 の閲覧を終わらせる" in page.texts("//main//button")
    assert manager.submit({}, form="//form[contains(@action,'/end')]").status == 303
    assert browser.get("/contract").status == 410


@pytest.mark.parametrize(("role", "active"), [("reader", True), ("agent", False)])
def test_it_ends_with_the_role(
    desk: PortalClient, here: Portal, person: Person, agent: Staff, role: str, active: bool
) -> None:
    browser = begun(desk, here, person)
    told = {"name": agent.name, "email": agent.email}
    here.run(lambda tx: note_member(tx, agent.account_id, role="manager", **told))
    assert browser.get("/contract").status == 200
    here.run(lambda tx: note_member(tx, agent.account_id, role=role, active=active, **told))
    assert browser.get("/contract").status == 410
    assert open_views(here) == 0


def test_a_customer_nobody_signs_in_for(desk: PortalClient, here: Portal, person: Person) -> None:
    here.run(lambda tx: tx.query(Credential).filter_by(tenant_id=tx.tenant, account_id=person.account_id).delete())
    page = desk.get(page_of(person))
    assert page.status == 200 and "見る画面がありません" in page.text
    assert desk.post(page_of(person), {"account": str(person.account_id), "reason": REASON}).status == 422
