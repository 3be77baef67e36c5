"""Changing the card through the real portal, the real adapter and the real demo payment company."""

from __future__ import annotations

import asyncio
import os
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text, update

from mypage.audit.models import AuditEntry
from mypage.auth.models import LoginSession
from mypage.billing.card_jobs import CardReconciler
from mypage.billing.models import CardSetup, PaymentMethod
from mypage.db.keys import Vault
from mypage.hooks.payment import CardSetupRequest
from mypage.jobs.tasks import BadJob, Job, TryAgain
from mypage.mail.models import MailMessage
from mypage.testing.portal import NOON, Answer, MakePortal, Portal, PortalClient
from payment.payment_bench import Clock, Customer, Door, Running, running
from portal_rows import Person, add_account, add_card, add_person, sign_in

KEY = "MYPAGE_TEST_PAYMENT_KEY"


@pytest.fixture(scope="module")
def door() -> Iterator[Door]:
    with Door() as door:
        yield door


@pytest.fixture
def company(door: Door, tmp_path: Path) -> Running:
    os.environ[KEY] = "demo-key"
    return door.company(tmp_path, Clock(NOON))


@pytest.fixture
def portal(make_portal: MakePortal, company: Running) -> Iterator[Portal]:
    portal = make_portal("actv", extensions=extensions(company.url))
    yield portal
    portal.wait(portal.server.gateways.close())


@pytest.fixture
def person(portal: Portal) -> Person:
    return add_person(portal)


@pytest.fixture
def client(portal: Portal, person: Person) -> PortalClient:
    return sign_in(portal, person)


def extensions(url: str) -> dict[str, dict[str, str]]:
    return {"payment": {"adapter": "hosted-page", "base_url": url, "key_env": KEY}}


def brand_of(number: str) -> str:
    """The operator's form asks for it."""
    return {"4": "visa", "5": "mastercard"}[number[0]]


@dataclass
class Change:
    """One customer's way through the pages."""

    portal: Portal
    client: PortalClient

    def start(self) -> Answer:
        self.client.get("/card")
        return self.client.submit({})

    def type(self, number: str = "4242424242424242", **other: str) -> str:
        """Start, type the card at the company, and the address that it sends the browser back to."""
        went = self.start()
        assert went.status == 303, went.text
        return Customer(went.location).type(number, brand=brand_of(number), **other).headers["location"]

    def entered(self, number: str = "4242424242424242") -> Answer:
        """The confirm page."""
        page = self.client.get(self.type(number), follow=True)
        assert page.status == 200, page.text
        return page

    def confirm(self) -> Answer:
        return self.client.submit({})


@pytest.fixture
def change(portal: Portal, client: PortalClient) -> Change:
    return Change(portal, client)


def rows(portal: Portal, model: Any) -> list[Any]:
    return portal.run(lambda tx: list(tx.scalars(select(model).where(model.tenant_id == tx.tenant))))


def entries(portal: Portal) -> list[CardSetup]:
    return sorted(rows(portal, CardSetup), key=lambda setup: setup.created_at)


def current(portal: Portal) -> PaymentMethod:
    (method,) = [method for method in rows(portal, PaymentMethod) if method.current]
    return method


def later(portal: Portal, **span: float) -> None:
    portal.clock.at += timedelta(**span)


def reconciler(portal: Portal) -> CardReconciler:
    """The task as the worker holds it."""
    server = portal.server
    return CardReconciler(
        database=server.database,
        gateways=server.gateways,
        vault=server.ports.get(Vault),
        tenant_of=server.registry.find,
    )


def settle(portal: Portal) -> bool:
    """Run the job of the one entry as the worker does; whether the entry has ended by it."""
    server = portal.server

    async def find(name: str) -> Any:
        return server.registry.current.get(name)

    task = CardReconciler(
        database=server.database, gateways=server.gateways, vault=server.ports.get(Vault), tenant_of=find
    )
    (entry,) = entries(portal)
    try:
        portal.wait(task(Job(tenant=portal.name, request_id="test", arguments={"entry": str(entry.id)})))
    except TryAgain:
        return False
    return True


def leave(portal: Portal, **values: Any) -> None:
    """Put the one entry into a state as a crash at that moment would."""
    portal.run(lambda tx: tx.execute(update(CardSetup).where(CardSetup.tenant_id == tx.tenant).values(**values)))


# --- the whole way


@pytest.mark.req("ACTV-62", "ACTV-63")
def test_a_card_is_changed(portal: Portal, person: Person, change: Change, company: Running) -> None:
    old = add_card(portal, person, brand="jcb", last4="1111", expires=(2027, 3))
    before = change.client.get("/card")
    assert before.texts("//h1") == ["クレジットカード変更"]
    assert "JCB" in before.text
    assert "1111" in before.text

    confirm = change.entered("5555555555554444")
    assert confirm.raw.url.path.startswith("/card/confirm/")
    diff = [" ".join(row.split()) for row in confirm.texts("//table[@class='diff']/tbody/tr")]
    assert any("JCB" in row and "Mastercard" in row for row in diff)
    assert any("1111" in row and "4444" in row for row in diff)
    assert confirm.texts("//main//form//button") == ["登録"]
    assert confirm.texts("//main//form//a") == ["入力画面へ戻る"]
    assert current(portal).id == old

    done = change.confirm()
    assert done.status == 303
    page = change.client.get(done.location)
    assert page.texts("//h1") == ["カードを登録しました"] or "登録" in page.texts("//h1")[0]
    assert "4444" in page.text
    assert "メール" in page.text

    new = current(portal)
    assert (new.brand, new.last4, new.exp_year, new.exp_month, new.gateway) == (
        "mastercard",
        "4444",
        2029,
        7,
        "hosted-page",
    )
    (replaced,) = [method for method in rows(portal, PaymentMethod) if method.id == old]
    assert replaced.replaced_at == portal.clock.now()
    assert company.outcomes("register") == ["registered"]


@pytest.mark.req("ACTV-63")
def test_the_change_leaves_token_trail_and_mail(portal: Portal, person: Person, change: Change) -> None:
    change.entered()
    change.confirm()
    (entry,) = entries(portal)
    assert (entry.state, entry.registering, entry.last4) == ("registered", False, "4242")
    method = current(portal)
    vault = portal.server.ports.get(Vault)
    token = portal.run(
        lambda tx: vault.open(
            tx, method.token_sealed, table="payment_method", column="token_sealed", row=str(method.id)
        )
    )
    assert token.startswith(b"card_")
    assert token not in method.token_sealed
    (trail,) = [entry for entry in rows(portal, AuditEntry) if entry.action == "card.changed"]
    assert (trail.actor_kind, trail.actor, trail.customer_id) == (
        "account",
        str(person.account_id),
        person.customer_id,
    )
    assert trail.before is None
    assert (trail.after["brand"], trail.after["last4"]) == ("visa", "4242")
    assert token.decode() not in repr(trail.after)
    (mail,) = [mail for mail in rows(portal, MailMessage) if mail.template == "card_changed"]
    assert (mail.recipient, mail.subject_id) == ("taro@example.jp", person.account_id)


@pytest.mark.req("ACTV-63")
def test_no_page_takes_or_shows_a_card_number(portal: Portal, change: Change) -> None:
    pages = [change.client.get("/card"), change.entered(), change.client.get(change.confirm().location)]
    for page in pages:
        names = set(page.all("//main//input/@name"))
        assert names <= {"_csrf", "operation", "_back"}
        assert "4242424242424242" not in page.raw.text.replace(" ", "")


@pytest.mark.parametrize(("email", "noted"), [("", 0), ("no address", 1)])
def test_a_mail_that_cannot_be_sent_does_not_stop_the_change(portal: Portal, email: str, noted: int) -> None:
    change = Change(portal, sign_in(portal, add_person(portal, "2000001", email=email)))
    change.entered()
    page = change.client.get(change.confirm().location)
    assert "メール" not in page.text
    assert current(portal).last4 == "4242"
    assert rows(portal, MailMessage) == []
    assert [entry.action for entry in rows(portal, AuditEntry)].count("card.mail_impossible") == noted


@pytest.mark.req("ACTV-63")
def test_the_issuers_question_is_asked_before_the_confirmation(portal: Portal, change: Change) -> None:
    went = change.start()
    customer = Customer(went.location)
    customer.type("4000000000003220", brand="visa")
    back = customer.prove("123456").headers["location"]
    assert change.client.get(back, follow=True).raw.url.path.startswith("/card/confirm/")
    change.confirm()
    assert current(portal).last4 == "3220"


@pytest.mark.parametrize("language", ["ja", "en"])
def test_a_portal_below_a_path_changes_cards_in_both_languages(
    make_portal: MakePortal, company: Running, language: str
) -> None:
    portal = make_portal("actv", prefix="/aomori", extensions=extensions(company.url))
    change = Change(portal, sign_in(portal, add_person(portal)))
    change.client.get(f"/display?language={language}")
    pages = [change.client.get("/card"), change.entered()]
    done = change.confirm()
    assert done.location.startswith("/aomori/card/complete/")
    pages.append(change.client.get(done.location))
    for page in pages:
        assert page.html.get("lang") == language
        assert all(str(url).startswith("/aomori/") for url in page.all("//main//a/@href | //main//form/@action"))
    assert current(portal).last4 == "4242"
    (mail,) = [mail for mail in rows(portal, MailMessage) if mail.template == "card_changed"]
    assert mail.language == "ja"
    portal.wait(portal.server.gateways.close())


# --- no card


@pytest.mark.parametrize(
    ("number", "said"),
    [("4000000000000002", "カード会社"), ("4000000000009995", "限度額")],
)
@pytest.mark.req("ACTV-63")
def test_a_refused_card_changes_nothing(portal: Portal, person: Person, change: Change, number: str, said: str) -> None:
    add_card(portal, person, last4="1111")
    page = change.client.get(change.type(number), follow=True)
    assert said in page.text
    assert "1111" in page.text
    assert entries(portal)[0].state == "refused"
    assert current(portal).last4 == "1111"
    assert "/card" in page.all("//main//a/@href")


def test_a_card_refused_at_the_last_moment_changes_nothing(portal: Portal, person: Person, change: Change) -> None:
    add_card(portal, person, last4="1111")
    change.entered("4000000000000341")
    page = change.client.get(change.confirm().location)
    assert page.status == 200
    assert entries(portal)[0].state == "refused"
    assert current(portal).last4 == "1111"


def test_who_cancels_comes_back_without_a_card(portal: Portal, change: Change) -> None:
    back = Customer(change.start().location).cancel().headers["location"]
    page = change.client.get(back, follow=True)
    assert "中" in page.texts("//h1")[0] or "キャンセル" in page.texts("//h1")[0]
    assert entries(portal)[0].state == "cancelled"
    assert rows(portal, PaymentMethod) == []


def test_who_takes_too_long_starts_again(portal: Portal, change: Change, company: Running) -> None:
    back = change.type()
    company.clock.forward(minutes=40)
    page = change.client.get(back, follow=True)
    assert entries(portal)[0].state == "expired"
    assert "/card" in page.all("//main//a/@href")


def test_a_confirmation_that_comes_too_late_registers_nothing(portal: Portal, change: Change, company: Running) -> None:
    change.entered()
    company.clock.forward(minutes=40)
    change.confirm()
    assert entries(portal)[0].state == "expired"
    assert rows(portal, PaymentMethod) == []


# --- what the browser says is not believed


@pytest.mark.req("ACTV-63")
def test_coming_back_without_having_entered_a_card_waits(portal: Portal, change: Change, company: Running) -> None:
    reference = change.start().location.rsplit("/", 1)[1]
    return_url = company.company.look(reference).request.return_url
    page = change.client.get(return_url + "?ref=cs_made_up_reference&state=registered", follow=True)
    assert page.all("//*[@id='card-wait']")
    assert entries(portal)[0].state == "sent"
    assert rows(portal, PaymentMethod) == []


@pytest.mark.req("ACTV-78")
def test_nobody_elses_entry_can_be_seen_returned_to_or_confirmed(
    portal: Portal, person: Person, change: Change, make_portal: MakePortal, company: Running
) -> None:
    back = change.type()
    change.client.get(back, follow=True)
    (entry,) = entries(portal)
    elsewhere = make_portal("actv", extensions=extensions(company.url))
    strangers = [sign_in(portal, add_person(portal, "1000002")), sign_in(elsewhere, add_person(elsewhere))]
    path = back.removeprefix(portal.origin)
    for stranger in strangers:
        for url in (path, *(f"/card/{page}/{entry.id}" for page in ("result", "confirm", "complete"))):
            assert stranger.get(url).status == 404, url
        stranger.get("/card")
        assert stranger.post(f"/card/confirm/{entry.id}", {"operation": str(entry.id)}).status == 404
    assert company.outcomes("register") == []
    for url in ("/card/return/x", "/card/return/" + "y" * 400, "/card/result/1", f"/card/confirm/{uuid.uuid4()}"):
        assert change.client.get(url).status == 404, url


def test_the_way_back_without_a_session_leads_through_the_login(portal: Portal, change: Change) -> None:
    path = change.type().removeprefix(portal.origin)
    answer = portal.client().get(path)
    assert answer.status == 303
    assert answer.location.startswith("/login?next=%2Fcard%2Freturn%2F")
    assert entries(portal)[0].state == "sent"


@pytest.mark.req("ACTV-78")
def test_the_card_needs_the_permission(portal: Portal, person: Person, change: Change) -> None:
    change.entered()
    (entry,) = entries(portal)
    limited = sign_in(portal, add_account(portal, person, "nothing"))
    for path in ("/card", *(f"/card/{page}/{entry.id}" for page in ("result", "confirm", "complete"))):
        assert limited.get(path).status == 403, path
    assert limited.post("/card/start", {"operation": "x" * 40}).status == 403
    assert limited.post(f"/card/confirm/{entry.id}", {"operation": str(entry.id)}).status == 403


def test_starting_asks_for_the_password_again_after_a_while(portal: Portal, change: Change) -> None:
    change.client.get("/card")
    portal.run(
        lambda tx: tx.execute(
            update(LoginSession)
            .where(LoginSession.tenant_id == tx.tenant)
            .values(reauth_at=portal.clock.now() - timedelta(hours=2))
        )
    )
    answer = change.client.submit({})
    assert answer.status == 303
    assert "next=%2Fcard" in answer.location
    assert entries(portal) == []


@pytest.mark.parametrize("operation", ["", "x", "y" * 500])
def test_a_start_without_its_form_is_stale(portal: Portal, client: PortalClient, operation: str) -> None:
    client.get("/card")
    assert client.post("/card/start", {"operation": operation}).status == 409
    assert entries(portal) == []


def test_a_confirmation_without_its_form_is_stale(portal: Portal, change: Change) -> None:
    page = change.entered()
    assert change.client.post(page.raw.url.path, {"operation": "another"}).status == 409
    assert entries(portal)[0].state == "entered"


# --- twice


def together(portal: Portal, client: PortalClient, path: str, fields: dict[str, str], times: int) -> list[Any]:
    async def all_at_once() -> list[Any]:
        return await asyncio.gather(*(client.arequest("POST", path, data=fields) for _ in range(times)))

    return portal.wait(all_at_once())


@pytest.mark.req("ACTV-63")
def test_confirming_twice_at_once_registers_once(portal: Portal, change: Change, company: Running) -> None:
    page = change.entered()
    answers = together(portal, change.client, page.raw.url.path, page.form_values(), 4)
    assert {answer.status_code for answer in answers} == {303}
    assert company.outcomes("register") == ["registered"]
    assert len(rows(portal, PaymentMethod)) == 1
    assert len([m for m in rows(portal, MailMessage) if m.template == "card_changed"]) == 1
    again = change.client.post(page.raw.url.path, page.form_values(), csrf=page.form_values()["_csrf"])
    assert "/card/complete/" in again.location
    assert len(rows(portal, PaymentMethod)) == 1


def test_starting_twice_at_once_opens_one_page(portal: Portal, change: Change, company: Running) -> None:
    page = change.client.get("/card")
    answers = together(portal, change.client, "/card/start", page.form_values(), 3)
    assert {answer.status_code for answer in answers} == {303}
    (entry,) = entries(portal)
    assert company.rows() == 1
    for answer in answers:
        location = answer.headers["location"]
        if not location.startswith(company.url):
            assert change.client.get(location).location == entry.url


def test_a_second_tab_gets_the_page_that_is_open(portal: Portal, change: Change, company: Running) -> None:
    assert change.start().location == change.start().location
    assert company.rows() == 1
    assert len(entries(portal)) == 1


def test_going_back_to_the_entry_drops_the_card_that_was_not_confirmed(
    portal: Portal, change: Change, company: Running
) -> None:
    change.entered()
    confirmation = change.client.last
    assert confirmation is not None
    change.entered("5555555555554444")
    first, second = entries(portal)
    assert {first.state, second.state} == {"cancelled", "entered"}
    assert company.outcomes("discard") == ["entered"]
    answer = change.client.post(confirmation.raw.url.path, confirmation.form_values())
    assert "/card/result/" in answer.location
    assert company.outcomes("register") == []


# --- the company cannot be reached, or its answer is lost


def test_an_unreachable_company_says_so_and_nothing_stays_open(make_portal: MakePortal) -> None:
    os.environ[KEY] = "demo-key"
    portal = make_portal("actv", extensions=extensions("http://127.0.0.1:9"))
    change = Change(portal, sign_in(portal, add_person(portal)))
    page = change.client.get(change.start().location)
    assert "決済会社" in page.texts("//h1")[0]
    (entry,) = entries(portal)
    assert (entry.state, entry.reason) == ("cancelled", "unavailable")


def test_an_unreachable_company_at_the_confirmation_leaves_the_card_entered(tmp_path: Path, make_portal: Any) -> None:
    os.environ[KEY] = "demo-key"
    with running(tmp_path, Clock(NOON)) as company:
        portal = make_portal("actv", extensions=extensions(company.url))
        change = Change(portal, sign_in(portal, add_person(portal)))
        change.entered()
    answer = change.confirm()
    assert answer.status == 503
    (entry,) = entries(portal)
    assert (entry.state, entry.registering) == ("entered", False)
    assert f"/card/confirm/{entry.id}" in answer.all("//main//a/@href")
    assert rows(portal, PaymentMethod) == []


@pytest.mark.req("ACTV-63")
def test_a_lost_answer_is_resolved_by_asking_only(portal: Portal, change: Change, company: Running) -> None:
    """The company registers the card and its answer breaks off: one registration, one card, found by asking."""
    change.entered("4000000000006603")
    answer = change.confirm()
    (entry,) = entries(portal)
    assert (entry.state, entry.registering) == ("unknown", True)
    assert rows(portal, PaymentMethod) == []
    assert change.client.get("/card").all(f"//main//a[@href='/card/result/{entry.id}']")
    refused = change.start()
    assert refused.location.startswith(f"/card/result/{entry.id}")
    assert company.rows() == 1

    assert "/card/complete/" in change.client.get(answer.location).location
    assert current(portal).last4 == "6603"
    assert company.outcomes("register") == ["registered"]


def test_a_lost_answer_is_resolved_without_the_customer(portal: Portal, change: Change, company: Running) -> None:
    change.entered("4000000000006603")
    change.confirm()
    assert settle(portal)
    assert current(portal).last4 == "6603"
    assert company.outcomes("register") == ["registered"]
    assert settle(portal)
    assert len(rows(portal, PaymentMethod)) == 1
    (trail,) = [entry for entry in rows(portal, AuditEntry) if entry.action == "card.changed"]
    assert (trail.actor_kind, trail.actor) == ("system", "card.reconcile")


@pytest.mark.req("ACTV-63")
def test_asking_many_times_at_once_takes_the_card_once_and_keeps_it(
    portal: Portal, change: Change, company: Running
) -> None:
    change.entered("4000000000006603")
    path = change.confirm().location

    async def all_at_once() -> list[Any]:
        return await asyncio.gather(*(change.client.arequest("GET", path) for _ in range(4)))

    answers = portal.wait(all_at_once())
    assert {answer.headers["location"].partition("?")[0].rsplit("/", 1)[0] for answer in answers} == {"/card/complete"}
    assert len(rows(portal, PaymentMethod)) == 1
    assert company.outcomes("discard") == []


def test_every_entry_has_a_job_that_asks_about_it(portal: Portal, change: Change) -> None:
    change.entered()
    change.confirm()
    (entry,) = entries(portal)
    query = text(
        "SELECT scheduled_at FROM procrastinate_jobs WHERE task_name = 'card.reconcile' AND args->>'entry' = :e"
    )
    times = portal.run(lambda tx: list(tx.execute(query, {"e": str(entry.id)}).scalars()))
    assert times == [portal.clock.now() + timedelta(seconds=61)] * 2


@pytest.mark.parametrize("arguments", [{}, {"entry": "x"}])
def test_a_job_without_an_entry_is_refused_and_one_of_a_lost_entry_is_done(
    portal: Portal, arguments: dict[str, str]
) -> None:
    server = portal.server

    async def find(name: str) -> Any:
        return server.registry.current.get(name)

    task = CardReconciler(
        database=server.database, gateways=server.gateways, vault=server.ports.get(Vault), tenant_of=find
    )
    with pytest.raises(BadJob):
        portal.wait(task(Job(tenant=portal.name, request_id="test", arguments=arguments)))
    portal.wait(task(Job(tenant=portal.name, request_id="test", arguments={"entry": str(uuid.uuid4())})))
    with pytest.raises(TryAgain):
        portal.wait(task(Job(tenant="unknown", request_id="test", arguments={"entry": str(uuid.uuid4())})))


def test_a_crash_before_the_call_to_register_leads_back_to_the_confirmation(
    portal: Portal, change: Change, company: Running
) -> None:
    change.entered()
    leave(portal, registering=True)
    (entry,) = entries(portal)
    wait = change.client.get(f"/card/result/{entry.id}")
    assert wait.all("//*[@id='card-wait']")
    assert change.client.get(f"/card/confirm/{entry.id}").status == 303
    assert not settle(portal)
    assert entries(portal)[0].registering
    later(portal, seconds=61)
    assert not settle(portal)
    change.client.get(f"/card/confirm/{entry.id}")
    change.confirm()
    assert current(portal).last4 == "4242"
    assert company.outcomes("register") == ["registered"]


def test_a_crash_after_the_company_registered_is_made_good(portal: Portal, change: Change, company: Running) -> None:
    change.entered()
    (entry,) = entries(portal)
    leave(portal, registering=True)
    gateway = portal.server.gateways.of(portal.server.registry.current.get(portal.name))
    portal.wait(gateway.register(entry.reference, str(entry.id)))
    later(portal, seconds=61)
    assert settle(portal)
    assert current(portal).last4 == "4242"


def test_a_crash_before_the_first_call_ends_by_asking(portal: Portal, client: PortalClient, company: Running) -> None:
    Change(portal, client).start()
    leave(portal, id=uuid.uuid4(), state="created", reference=None, url=None)
    (entry,) = entries(portal)
    wait = client.get(f"/card/result/{entry.id}")
    assert wait.all("//*[@id='card-wait']")
    assert not settle(portal)
    later(portal, seconds=61)
    assert settle(portal)
    (entry,) = entries(portal)
    assert (entry.state, entry.reason) == ("cancelled", "unavailable")
    assert Change(portal, client).start().location.startswith(company.url)


def test_a_start_whose_answer_was_lost_is_closed_at_the_company(
    portal: Portal, client: PortalClient, company: Running
) -> None:
    """Nobody knows the address of that page, so it is discarded and the customer starts again with a new entry."""
    Change(portal, client).start()
    leave(portal, state="unknown", reference=None, url=None)
    (entry,) = entries(portal)
    page = client.get(f"/card/result/{entry.id}")
    assert "/card" in page.all("//main//a/@href")
    assert entries(portal)[0].state == "cancelled"
    assert company.outcomes("discard") == ["open"]


def test_an_entry_that_nobody_came_back_from_ends_in_time(portal: Portal, change: Change, company: Running) -> None:
    change.type()
    assert not settle(portal)
    company.clock.forward(minutes=90)
    assert settle(portal)
    assert entries(portal)[0].state == "expired"


def test_a_card_that_nobody_confirmed_is_not_taken(portal: Portal, change: Change, company: Running) -> None:
    change.entered()
    (entry,) = entries(portal)
    gateway = portal.server.gateways.of(portal.server.registry.current.get(portal.name))
    portal.wait(gateway.register(entry.reference, str(entry.id)))
    assert settle(portal)
    assert rows(portal, PaymentMethod) == []
    assert entries(portal)[0].state == "cancelled"
    assert company.outcomes("discard") == ["registered"]


# --- waiting


def test_the_wait_page_asks_again_and_leads_on(portal: Portal, change: Change) -> None:
    change.entered()
    leave(portal, registering=True)
    (entry,) = entries(portal)
    url = f"/card/result/{entry.id}"
    page = change.client.get(url)
    assert page.all("//*[@id='card-wait']/@data-hx-get") == [url]
    assert page.all("//*[@id='card-wait']//a/@href") == [url]
    htmx = {"hx-request": "true"}
    fragment = change.client.get(url, headers=htmx)
    assert "<html" not in fragment.raw.text
    assert "hx-redirect" not in fragment.raw.headers
    later(portal, seconds=30)
    assert "いつもより" in change.client.get(url).text
    leave(portal, registering=False)
    answer = change.client.get(url, headers=htmx)
    assert (answer.status, answer.raw.headers["hx-redirect"]) == (200, f"/card/confirm/{entry.id}")


# --- without a payment company


@pytest.mark.req("ACTV-62", "ACTV-82")
def test_without_a_payment_company_the_page_names_the_telephone(make_portal: MakePortal) -> None:
    portal = make_portal("actv")
    person = add_person(portal)
    add_card(portal, person, last4="1111")
    client = sign_in(portal, person)
    page = client.get("/card")
    assert page.status == 200
    assert page.all("//main//form") == []
    assert "0120-442-208" in page.text
    assert "1111" in page.text
    assert client.post("/card/start", {"operation": "x" * 40}).location == "/card"
    assert client.get(f"/card/result/{uuid.uuid4()}").status == 404


def test_a_wrongly_configured_company_is_no_crash(make_portal: MakePortal) -> None:
    os.environ.pop("MYPAGE_TEST_MISSING", None)
    wrong = {"payment": {"adapter": "hosted-page", "base_url": "http://127.0.0.1:9", "key_env": "MYPAGE_TEST_MISSING"}}
    portal = make_portal("actv", extensions=wrong)
    client = sign_in(portal, add_person(portal))
    assert client.get("/card").status == 200
    assert client.submit({}).status == 503


def test_the_company_is_told_no_name_and_no_number(
    portal: Portal, change: Change, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway = portal.server.gateways.of(portal.server.registry.current.get(portal.name))
    seen: list[CardSetupRequest] = []
    real: Callable[..., Any] = gateway.start_card_setup

    async def noting(request: CardSetupRequest) -> Any:
        seen.append(request)
        return await real(request)

    monkeypatch.setattr(gateway, "start_card_setup", noting)
    change.start()
    (request,) = seen
    assert "1000001" not in repr(request)
    assert "太郎" not in repr(request)
    assert request.idempotency_key == str(entries(portal)[0].id)
    assert request.return_url.startswith(f"{portal.origin}/card/return/")
    assert request.labels.number == "カード番号"
