"""Seeing a portal as the customer does: one ticket, one browser, a quarter of an hour, and nothing changes."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from attackkit import Oracle, Rows, differences
from sqlalchemy import event, select

import sample_operator.plugin as nagi
from mypage.audit.models import AuditEntry
from mypage.auth.models import LoginCounter, LoginSession
from mypage.auth.viewing import VIEW_LIFE, end_view, expire_views, grant_view, stop_views
from mypage.auth.viewing_models import StaffView
from mypage.db.session import Tx
from mypage.hooks.permissions import PUBLIC
from mypage.notices.models import NoticeRead
from mypage.server.routes import routes_for
from mypage.staff.models import StaffMember
from mypage.testing.database import TestDatabase
from mypage.testing.portal import NOON, Answer, MakePortal, Portal, PortalClient
from mypage.web.cookies import CookieJar
from mypage.web.viewing import PUBLIC_PAGES, READING
from portal_rows import Person, add_bill, add_card, add_notice, add_person, operator_of, sign_in

NOBODY = uuid.UUID(int=7)


@pytest.fixture
def oracle(test_database: TestDatabase) -> Iterator[Oracle]:
    oracle = Oracle(test_database.admin)
    yield oracle
    oracle.close()


@pytest.fixture
def here(make_portal: MakePortal) -> Portal:
    return make_portal("actv")


@pytest.fixture
def person(here: Portal) -> Person:
    return add_person(here)


def add_member(portal: Portal, name: str = "佐藤 花子") -> uuid.UUID:
    """Somebody who works for the portal's tenant."""
    staff_id = uuid.uuid4()
    portal.run(
        lambda tx: tx.add(
            StaffMember(
                tenant_id=tx.tenant, id=staff_id, name=name, email="s@x.example", role="agent", updated_at=tx.now()
            )
        )
    )
    return staff_id


def ticket_for(portal: Portal, person: Person, staff_id: uuid.UUID | None = None) -> str:
    """A fresh ticket."""
    staff = staff_id or add_member(portal)
    return portal.run(
        lambda tx: grant_view(
            tx,
            person.account_id,
            customer_id=person.customer_id,
            scheme=person.scheme,
            staff_id=staff,
            name="佐藤 花子",
            reason="電話でのお問合せ",
        )
    )


def view(portal: Portal, person: Person, client: PortalClient | None = None) -> PortalClient:
    """A browser in which a view has begun."""
    client = client or portal.client()
    ticket = ticket_for(portal, person)
    assert client.get(f"/view/{ticket}").status == 200
    assert client.post(f"/view/{ticket}").location == portal.prefix + "/"
    return client


def cookie_name(portal: Portal, purpose: str = "view") -> str:
    return CookieJar(portal.name, portal.prefix, True).name(purpose)


def trail(portal: Portal, prefix: str = "view.") -> list[Any]:
    query = select(AuditEntry).where(AuditEntry.action.startswith(prefix)).order_by(AuditEntry.at, AuditEntry.action)
    return portal.run(lambda tx: list(tx.scalars(query.where(AuditEntry.tenant_id == tx.tenant))))


def test_the_pages_are_the_customers_with_a_banner(here: Portal, person: Person) -> None:
    add_bill(here, person, date(2026, 10, 1), [("インターネット", 5000)])
    client = view(here, person)
    home = client.get("/", follow=True)
    banner = home.texts("//*[@role='status' and contains(@class,'viewing')]")
    assert banner and "佐藤 花子" in banner[0] and "青森 太郎" in banner[0] and "12:15" in banner[0]
    assert "閲覧を終わる" in banner[0]
    assert home.all("//form[contains(@action,'/logout')]") == []
    for path in ("/contract", "/bills", "/invoices", "/notices"):
        page = client.get(path)
        assert page.status == 200, path
        assert page.all("//*[contains(@class,'viewing')]"), path
    assert client.get("/nothing-here").all("//*[contains(@class,'viewing')]")


def test_it_is_read_under_the_name_of_the_staff_member(here: Portal, person: Person) -> None:
    client = view(here, person)
    client.get("/contract")
    view_id = here.run(lambda tx: tx.scalar(select(StaffView.id).where(StaffView.tenant_id == tx.tenant)))
    client.post("/viewing/end")
    entries = {entry.action: entry for entry in trail(here)}
    assert set(entries) == {"view.granted", "view.began", "view.page", "view.ended"}
    for action in ("view.began", "view.page", "view.ended"):
        entry = entries[action]
        assert (entry.actor_kind, entry.as_whom) == ("staff", str(person.account_id)), action
    for entry in entries.values():
        assert (entry.object_type, entry.object_id) == ("staff_view", str(view_id))
        assert entry.customer_id == person.customer_id
    assert entries["view.page"].after == {"page": "contract", "path": "/contract"}
    assert entries["view.granted"].after["reason"] == "電話でのお問合せ"


def test_a_ticket_works_once_and_for_a_minute(here: Portal, person: Person) -> None:
    ticket = ticket_for(here, person)
    first, second = here.client(), here.client()
    for client in (first, second):
        assert client.get(f"/view/{ticket}").status == 200
    assert first.post(f"/view/{ticket}").status == 303
    assert second.post(f"/view/{ticket}").status == 404
    assert second.get(f"/view/{ticket}").status == 404
    assert cookie_name(here) not in second.cookies
    late = ticket_for(here, person)
    second.get(f"/view/{late}")
    here.clock.at += timedelta(seconds=61)
    assert second.get(f"/view/{late}").status == 404
    assert second.post(f"/view/{late}").status == 404
    for guessed in ("x", "A" * 43, "%00", "あ"):
        assert second.get(f"/view/{guessed}").status == 404


def test_two_presses_at_once_begin_one_view(here: Portal, person: Person) -> None:
    ticket = ticket_for(here, person)
    clients = [here.client() for _ in range(4)]
    tokens = [(client, client.get(f"/view/{ticket}") and client.csrf) for client in clients]

    async def press() -> list[int]:
        asked = [client.arequest("POST", f"/view/{ticket}", data={"_csrf": token}) for client, token in tokens]
        return [answer.status_code for answer in await asyncio.gather(*asked)]

    assert sorted(here.wait(press())) == [303, 404, 404, 404]


def test_of_tickets_that_one_person_asks_for_at_once_the_last_is_good(here: Portal, person: Person) -> None:
    staff = add_member(here)

    def grant(tx: Tx) -> str:
        whose: dict[str, Any] = {"customer_id": person.customer_id, "scheme": person.scheme, "staff_id": staff}
        return grant_view(tx, person.account_id, name="佐藤 花子", reason="電話でのお問合せ", **whose)

    async def press() -> list[str]:
        asked = [here.server.database.run(here.name, grant) for _ in range(4)]
        return list(await asyncio.gather(*asked))

    tickets = here.wait(press())
    assert sum(here.client().get(f"/view/{ticket}").status == 200 for ticket in tickets) == 1


def test_a_ticket_of_another_tenant_is_none(here: Portal, person: Person, make_portal: MakePortal) -> None:
    other = make_portal("actv")
    client = other.client()
    ticket = ticket_for(here, person)
    assert client.get(f"/view/{ticket}").status == 404
    assert client.post(f"/view/{ticket}").status == 404
    begun = view(here, person)
    token = begun.cookies[cookie_name(here)]
    for name in (cookie_name(other), cookie_name(here)):
        stranger = other.client()
        stranger.cookies.set(name, token, domain=other.host)
        answer = stranger.get("/contract")
        assert (answer.status, "/login" in answer.location) == (303, True)
    assert begun.get("/contract").status == 200


def test_a_foreign_form_begins_nothing(here: Portal, person: Person) -> None:
    ticket = ticket_for(here, person)
    client = here.client()
    client.get(f"/view/{ticket}")
    for headers in ({"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}):
        assert client.post(f"/view/{ticket}", headers=headers).status == 409
    assert client.post(f"/view/{ticket}", csrf="").status == 409
    assert client.post(f"/view/{ticket}").status == 303


def test_it_ends_after_a_quarter_of_an_hour(here: Portal, person: Person) -> None:
    client = view(here, person)
    here.clock.at += VIEW_LIFE - timedelta(seconds=1)
    assert client.get("/contract").status == 200
    here.clock.at += timedelta(seconds=1)
    over = client.get("/contract")
    assert (over.status, "閲覧の時間が終わりました" in over.text) == (410, True)
    assert cookie_name(here) not in client.cookies
    assert "/login" in client.get("/contract").location
    assert here.run(expire_views) == 1
    assert trail(here)[-1].after == {"how": "expired"}
    assert here.run(expire_views) == 0


def test_the_button_ends_it_and_a_second_tab_says_so(here: Portal, person: Person) -> None:
    client = view(here, person)
    client.get("/contract")
    token, form = client.cookies[cookie_name(here)], client.csrf
    assert "閲覧を終わりました" in client.post("/viewing/end").text
    assert cookie_name(here) not in client.cookies
    client.cookies.set(cookie_name(here), token, domain=here.host)
    assert client.get("/contract").status == 410
    client.cookies.set(cookie_name(here), token, domain=here.host)
    assert client.post("/viewing/end", csrf=form).status == 410


@pytest.mark.parametrize("how", ["ended", "stopped", "withdrawn"])
def test_who_may_not_look_any_more_sees_nothing(here: Portal, person: Person, how: str) -> None:
    client = view(here, person)
    assert client.get("/contract").status == 200

    def work(tx: Tx) -> None:
        row = tx.scalars(select(StaffView).where(StaffView.tenant_id == tx.tenant)).one()
        if how == "ended":
            end_view(tx, row.id)
        elif how == "stopped":
            assert stop_views(tx, row.staff_id) == 1
        else:
            member = tx.get(StaffMember, (tx.tenant, row.staff_id))
            assert member is not None
            member.active = False

    here.run(work)
    assert client.get("/contract").status == 410


def test_one_person_sees_one_customer(here: Portal, person: Person) -> None:
    staff, other = add_member(here), add_person(here, "1000002", name="別 人")
    first, second = here.client(), here.client()
    for client, who in ((first, person), (second, other)):
        ticket = ticket_for(here, who, staff)
        client.get(f"/view/{ticket}")
        client.post(f"/view/{ticket}")
    assert first.get("/contract").status == 410
    assert "別 人" in second.get("/contract").texts("//*[contains(@class,'viewing')]")[0]


def test_a_second_view_in_one_browser_takes_the_place_of_the_first(here: Portal, person: Person) -> None:
    client = view(here, person)
    other = add_person(here, "1000002", name="別 人")
    client.get("/contract")
    old_form = client.csrf
    view(here, other, client)
    assert "別 人" in client.get("/contract").texts("//*[contains(@class,'viewing')]")[0]
    # The tab that still shows the first customer ends nothing of the second.
    assert client.post("/viewing/end", csrf=old_form).status == 409
    assert client.get("/contract").status == 200
    assert [e.after["how"] for e in trail(here, "view.ended")] == ["replaced"]


def test_a_cookie_that_was_planted_is_nothing(here: Portal, person: Person) -> None:
    """Fixation: the token of a view is made when it begins, and what a browser brought is never taken over."""
    client = here.client()
    client.cookies.set(cookie_name(here), "planted", domain=here.host)
    assert "/login" in client.get("/contract").location
    view(here, person, client)
    assert client.cookies[cookie_name(here)] != "planted"
    ended = here.client()
    ended.cookies.set(cookie_name(here), "planted", domain=here.host)
    assert "/login" in ended.get("/contract").location


def test_the_subscribers_own_session_stays_apart(here: Portal, person: Person) -> None:
    other = add_person(here, "1000002", name="別 人")
    client = sign_in(here, other)
    before = here.run(sessions)
    view(here, person, client)
    assert "青森 太郎" in client.get("/contract").texts("//*[contains(@class,'viewing')]")[0]
    client.post("/viewing/end")
    page = client.get("/contract")
    assert page.status == 200 and not page.all("//*[contains(@class,'viewing')]")
    assert here.run(sessions) == before


def sessions(tx: Tx) -> list[tuple[Any, ...]]:
    rows = tx.execute(
        select(LoginSession.public_id, LoginSession.seen_at, LoginSession.account_id).where(
            LoginSession.tenant_id == tx.tenant
        )
    ).all()
    return [tuple(row) for row in rows]


def test_the_customer_sees_nothing_of_it(here: Portal, person: Person) -> None:
    own = sign_in(here, person)
    own.get("/contract")
    before = here.run(lambda tx: (sessions(tx), tx.query(LoginCounter).filter_by(tenant_id=tx.tenant).count()))
    here.clock.at += timedelta(minutes=5)
    client = view(here, person)
    client.get("/contract")
    assert here.run(lambda tx: (sessions(tx), tx.query(LoginCounter).filter_by(tenant_id=tx.tenant).count())) == before
    assert len(own.get("/sessions").all("//main//li[.//time]")) <= 1


def test_a_notice_stays_unread(here: Portal, person: Person) -> None:
    notice = add_notice(here, "大切なお知らせ", starts_at=NOON - timedelta(days=1))
    client = view(here, person)
    assert client.get(f"/notices/{notice}").status == 200
    assert here.run(lambda tx: tx.query(NoticeRead).filter_by(tenant_id=tx.tenant).count()) == 0


class Sweep:
    """Every route of a portal, as a viewer asks for it."""

    def __init__(self, portal: Portal, person: Person, oracle: Oracle) -> None:
        self.portal, self.oracle = portal, oracle
        self.client = view(portal, person)
        self.client.get("/nothing-here")
        self.token = self.client.csrf

    def rows(self) -> Rows:
        """All rows of the tenant but the trail."""
        return {place: row for place, row in self.oracle.rows(self.portal.name).items() if place[0] != "audit_entry"}

    def paths(self, method: str, ids: dict[str, str]) -> Iterator[tuple[Any, str]]:
        """Routes with their paths filled in."""
        for route in routes_for(operator_of(self.portal)):
            if route.method == method and not route.signed:
                path = route.path
                for name, value in ids.items():
                    path = path.replace("{" + name + ":uuid}", value).replace("{" + name + ":str}", value)
                for kind, value in (("uuid", str(NOBODY)), ("str", "x"), ("int", "1")):
                    while f":{kind}}}" in path:
                        start = path.index("{")
                        path = path[:start] + value + path[path.index("}", start) + 1 :]
                yield route, path


@pytest.fixture(params=["actv", "nagi"])
def sweep(request: pytest.FixtureRequest, make_portal: MakePortal, oracle: Oracle) -> tuple[Sweep, dict[str, str]]:
    plugins = {"nagi": nagi} if request.param == "nagi" else None
    portal = make_portal(
        request.param, plugins=plugins, second_factor="optional", settings={"harbour": "北の港"} if plugins else None
    )
    person = add_person(portal)
    bill = add_bill(portal, person, date(2026, 10, 1), [("インターネット", 5000)])
    notice = add_notice(portal, "大切なお知らせ", starts_at=NOON - timedelta(days=1))
    add_card(portal, person)
    ids = {"invoice_id": str(bill), "notice_id": str(notice), "account_id": str(person.account_id)}
    return Sweep(portal, person, oracle), ids


def test_every_form_is_refused(sweep: tuple[Sweep, dict[str, str]]) -> None:
    swept, ids = sweep
    before, refused = swept.rows(), 0
    for route, path in swept.paths("POST", ids):
        if route.name == "view-end":
            continue
        for token in (swept.token, ""):
            answer = swept.client.post(path, {"password": "x", "operation": str(NOBODY)}, csrf=token)
            expected = ({404} if token else {409}) if route.name == "view" else {403}
            assert answer.status in expected, (route.name, answer.status)
            refused += 1
        if route.name != "view":
            assert "閲覧のみです" in answer.text, route.name
    assert differences(before, swept.rows()) == {}
    print(f"{refused} forms refused to a viewer of {swept.portal.name}")
    assert refused > 30


def test_reading_writes_the_trail_and_nothing_else(sweep: tuple[Sweep, dict[str, str]]) -> None:
    swept, ids = sweep
    before, shown, refused = swept.rows(), [], []
    for route, path in swept.paths("GET", ids):
        answer = swept.client.get(path)
        if answer.status == 403:
            refused.append(route)
            assert "閲覧のみです" in answer.text, route.name
            assert answer.all("//*[contains(@class,'viewing')]"), route.name
        else:
            assert answer.status in (200, 303, 404), (route.name, answer.status)
            shown.append(route)
            assert not route.reauth
            assert route.permission in READING or (route.permission == PUBLIC and route.name in PUBLIC_PAGES), (
                route.name
            )
    assert differences(before, swept.rows()) == {}
    print(f"{len(shown)} pages read, {len(refused)} refused at {operator_of(swept.portal).name}")
    for name in ("sessions", "login", "credentials", "card", "factors", "reauth", "recover"):
        assert name in {route.name for route in refused}
    for name in ("contract", "bills-one", "bills-csv", "invoices-pdf", "notices-one"):
        assert name in {route.name for route in shown}
    pages = [e.after["page"] for e in trail(swept.portal, "view.page")]
    assert {"contract", "bills-one", "bills-csv", "invoices-pdf", "notices-one"} <= set(pages)


def test_no_card_and_no_way_to_one(here: Portal, person: Person) -> None:
    add_card(here, person)
    add_bill(here, person, date(2026, 10, 1), [("インターネット", 5000)], status="unpaid")
    client = view(here, person)
    home = client.get("/", follow=True)
    assert not home.all("//a[contains(@href,'/card')]")
    assert not home.all("//a[contains(@href,'/credentials')]")


def test_under_a_path_of_a_shared_host(make_portal: MakePortal) -> None:
    host = f"h{uuid.uuid4().hex[:8]}.example"
    left = make_portal("actv", host=host, prefix="/left")
    right = make_portal("actv", host=host, prefix="/right")
    client = view(left, add_person(left))
    assert client.get("/contract").status == 200
    cookie = next(c for c in client.cookies.jar if c.name == cookie_name(left))
    assert cookie.path == "/left"
    stranger = right.client()
    stranger.cookies.set(cookie_name(left), cookie.value or "", domain=host)
    assert "/login" in stranger.get("/contract").location


def test_the_cookie_is_of_the_strict_kind(here: Portal, person: Person) -> None:
    ticket = ticket_for(here, person)
    client = here.client()
    client.get(f"/view/{ticket}")
    answer = client.post(f"/view/{ticket}")
    header = next(h for h in answer.raw.headers.get_list("set-cookie") if h.startswith(cookie_name(here)))
    assert header.startswith("__Host-")
    for attribute in ("HttpOnly", "Secure", "SameSite=lax", "Path=/"):
        assert attribute.lower() in header.lower()
    assert "max-age" not in header.lower() and "domain" not in header.lower()


def test_nobody_else_pays_for_it(here: Portal, person: Person) -> None:
    """Statements of a page of a session: none is about views."""
    client = sign_in(here, person)
    client.get("/contract")
    said: list[str] = []
    engine = here.server.database.engine.sync_engine

    def hear(_: Any, __: Any, sql: str, *___: Any) -> None:
        said.append(sql)

    event.listen(engine, "before_cursor_execute", hear)
    try:
        answer: Answer = client.get("/contract")
    finally:
        event.remove(engine, "before_cursor_execute", hear)
    assert answer.status == 200 and said
    assert [sql for sql in said if "staff_view" in sql or "transaction_read_only" in sql] == []
