"""Cards that wait for a person: who comes into the queue, how staff decide, what the customer is told, what is left."""

from __future__ import annotations

import base64
import json
import os
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from payment_bench import Clock, Door, Running, wish
from sqlalchemy import select, text, update

from mypage.audit.models import AuditEntry
from mypage.auth.models import Customer
from mypage.billing.card import begin_registering, note_entered, note_sent, open_entry
from mypage.billing.card_change import replace_card
from mypage.billing.card_entry import find_entry, locked_entry
from mypage.billing.errors import AlreadyDecided
from mypage.billing.models import PaymentMethod, PaymentReview
from mypage.billing.review import accept, list_waiting, reject
from mypage.billing.review_jobs import CardDiscarder
from mypage.billing.review_queue import name_agrees
from mypage.db.keys import Vault
from mypage.db.session import Actor, Scope, Tx, unit
from mypage.hooks.payment import CardSetupStarted, StoredCard
from mypage.imports.chunk import Means
from mypage.imports.loader import import_feed
from mypage.jobs.tasks import BadJob, Job, TryAgain
from mypage.lib.errors import NotFound
from mypage.lib.tokens import new_token
from mypage.mail.models import MailMessage
from mypage.notices.models import Notice
from mypage.notices.service import find_notice, latest_notices, list_notices
from mypage.server.cli import cli
from mypage.testing.database import TestDatabase
from mypage.testing.portal import NOON, MakePortal, Portal
from mypage.work.models import WorkItem
from portal_rows import Person, add_card, add_person, operator_of, sign_in

KEY = "MYPAGE_TEST_PAYMENT_KEY"
Run = Callable[..., tuple[int, str]]


def card(holder: str = "HANAKO YAMADA", **other: Any) -> StoredCard:
    values: dict[str, Any] = {
        "token": f"card_{new_token()}", "brand": "visa", "last4": "4242", "exp_month": 7, "exp_year": 2029,
        "holder": holder, "three_d_secure": False,
    }  # fmt: skip
    return StoredCard(**values | other)


@pytest.fixture
def person(portal: Portal) -> Person:
    return reviewed(portal)


def reviewed(
    portal: Portal, number: str = "1000001", kana: str = "アオモリ タロウ", email: str = "c@example.jp"
) -> Person:
    person = add_person(portal, number)
    portal.run(
        lambda tx: tx.execute(
            update(Customer)
            .where(Customer.tenant_id == tx.tenant, Customer.id == person.customer_id)
            .values(kana=kana, email=email)
        )
    )
    return person


def register(portal: Portal, person: Person, stored: StoredCard, *, reference: str = "") -> uuid.UUID:
    """What the steps of an entry do when the company has registered the card; the id of the entry."""
    principal = principal_of(portal, person)
    vault, entry_id = portal.server.ports.get(Vault), uuid.uuid4()
    reference = reference or f"ref-{entry_id.hex}"

    def steps(tx: Tx) -> uuid.UUID:
        open_entry(tx, principal, entry_id=entry_id, return_token=new_token(), gateway="hosted-page", reviewed=True)
        note_sent(tx, entry_id, CardSetupStarted(reference=reference, url="https://pay.example/x"))
        note_entered(tx, locked_entry(tx, entry_id), stored, reference)
        begin_registering(tx, principal, entry_id)
        replace_card(tx, vault, locked_entry(tx, entry_id), stored)
        assert find_entry(tx, principal, entry_id).state == "registered"
        return entry_id

    return portal.run(steps)


@dataclass(frozen=True)
class Reader:
    """As much of a principal as notices look at."""

    customer_id: uuid.UUID
    account_id: uuid.UUID
    permissions: frozenset[str]


def principal_of(portal: Portal, person: Person) -> Any:
    class Someone:
        customer_id, account_id = person.customer_id, person.account_id

    return Someone()


def rows(portal: Portal, model: Any) -> list[Any]:
    return portal.run(lambda tx: list(tx.scalars(select(model).where(model.tenant_id == tx.tenant))))


def review(portal: Portal, review_id: uuid.UUID) -> PaymentReview:
    (found,) = [row for row in rows(portal, PaymentReview) if row.id == review_id]
    return found


def current(portal: Portal) -> list[tuple[str, str]]:
    return [(method.brand, method.last4) for method in rows(portal, PaymentMethod) if method.current]


def decide(portal: Portal, review_id: uuid.UUID, *, yes: bool, by: str = "kato") -> None:
    vault, words = portal.server.ports.get(Vault), operator_of(portal).catalogues

    def work(tx: Tx) -> None:
        if yes:
            accept(tx, vault, words, review_id, by=by)
        else:
            reject(tx, vault, words, review_id, by=by, reason="name of a neighbour")

    portal.run(work)


def discards(portal: Portal) -> list[str]:
    asked = "SELECT args->>'entry' FROM procrastinate_jobs WHERE task_name = 'card.discard' AND args->>'tenant' = :t"
    return portal.run(lambda tx: list(tx.execute(text(asked), {"t": tx.tenant}).scalars()))


# --- whose name it is


AGREE = [
    ("アリミツ アン", "AN", "ARIMITSU"), ("アリミツ アン", "ARIMITSU", "AN"), ("アリミツ アン", "an", "arimitu"),
    ("アリミツ　アン", "AN", "ARI-MITSU"), ("アリミツ アン", "A N", "ARIMITSU"), ("オオノ ショウタ", "SHOTA", "ONO"),
    ("オオノ ショウタ", "SHOUTA", "OHNO"), ("オオノ ショウタ", "SYOUTA", "OONO"), ("オオノ ショウタ", "SHŌTA", "ŌNO"),
    ("ﾔﾏﾀﾞ ﾊﾅｺ", "HANAKO", "YAMADA"), ("やまだ はなこ", "HANAKO", "YAMADA"), ("フジモト ジュン", "JUN", "HUJIMOTO"),
    ("シンバ チヅル", "CHIZURU", "SHIMBA"),
]  # fmt: skip
DIFFER = [
    ("アリミツ アン", "ANN", "ARIMITSU"), ("アリミツ アン", "AN", "ARIMITSUKA"), ("アリミツ アン", "SHOTA", "ARIMITSU"),
    ("アリミツ アン", "AN AN", "ARIMITSU"), ("アリミツ", "AN", "ARIMITSU"), ("", "AN", "ARIMITSU"),
    ("カブシキガイシャ アオモリ ショウカイ", "AOMORI", "SHOKAI"), ("有光 杏", "AN", "ARIMITSU"),
    ("アリミツ アン", "AN", "AN"), ("アリミツ アン", "-", "."),
]  # fmt: skip


@pytest.mark.req("UCOM-118")
def test_the_name_is_compared_in_roman_letters_in_either_order(portal: Portal, person: Person) -> None:
    def agrees(tx: Tx, kana: str, stored: StoredCard) -> bool:
        tx.execute(
            update(Customer).where(Customer.tenant_id == tx.tenant, Customer.id == person.customer_id).values(kana=kana)
        )
        return name_agrees(tx, person.customer_id, stored)

    def work(tx: Tx) -> None:
        for expected, names in ((True, AGREE), (False, DIFFER)):
            for kana, given, family in names:
                apart = card(f"{given} {family}", given=given, family=family)
                assert agrees(tx, kana, apart) is expected, (kana, given, family)
                if " " not in given:
                    assert agrees(tx, kana, card(f"{given} {family}")) is expected, (kana, given, family)
        assert not agrees(tx, "アリミツ アン", card("ARIMITSU"))
        assert not agrees(tx, "アリミツ アン", card("MRS AN ARIMITSU"))

    portal.run(work)


@pytest.mark.req("UCOM-115", "UCOM-118")
def test_the_customers_own_name_pays_at_once(portal: Portal, person: Person) -> None:
    add_card(portal, person, brand="jcb", last4="1111")
    register(portal, person, card("TARO AOMORI"))
    assert current(portal) == [("visa", "4242")]
    assert rows(portal, PaymentReview) == []
    assert [mail.template for mail in rows(portal, MailMessage)] == ["card_changed"]


@pytest.mark.req("UCOM-117")
def test_another_name_waits_and_the_former_card_stays(portal: Portal, person: Person) -> None:
    add_card(portal, person, brand="jcb", last4="1111")
    entry = register(portal, person, card())
    assert current(portal) == [("jcb", "1111")]
    (waiting,) = portal.run(list_waiting)
    assert (waiting.id, waiting.customer_number, waiting.customer_name, waiting.customer_kana) == (
        entry, "1000001", "青森 太郎", "アオモリ タロウ",
    )  # fmt: skip
    assert (waiting.card_name, waiting.brand, waiting.last4, waiting.since) == (
        "HANAKO YAMADA", "visa", "4242", portal.clock.now(),
    )  # fmt: skip
    assert rows(portal, MailMessage) == []


@pytest.mark.req("UCOM-120")
def test_the_name_on_the_card_stands_in_the_queue_alone_and_no_token_is_readable(
    portal: Portal, person: Person
) -> None:
    stored = card("HANAKO QUIXOTE")
    entry = register(portal, person, stored)
    decide(portal, entry, yes=False)
    named: set[str] = set()

    def look(tx: Tx) -> None:
        tables = tx.execute(
            text("SELECT table_name FROM information_schema.columns WHERE column_name = 'tenant_id' AND table_schema = 'public'")
        ).scalars().all()  # fmt: skip
        for table in tables:
            told = tx.execute(
                text(f"SELECT t::text FROM {table} t WHERE tenant_id = :tenant"), {"tenant": tx.tenant}
            ).scalars()
            for row in told:
                assert stored.token not in row
                if "QUIXOTE" in row:
                    named.add(table)

    portal.run(look)
    assert named == {"payment_review"}


@pytest.mark.req("UCOM-117")
@pytest.mark.parametrize("newer", ["HANAKO YAMADA", "TARO AOMORI"])
def test_a_newer_card_takes_the_place_of_the_one_that_waits(portal: Portal, person: Person, newer: str) -> None:
    first = register(portal, person, card(last4="1111"))
    second = register(portal, person, card(newer, last4="2222"))
    assert review(portal, first).state == "replaced"
    waits = [waiting.last4 for waiting in portal.run(list_waiting)]
    assert (waits, current(portal)) == ((["2222"], []) if newer == "HANAKO YAMADA" else ([], [("visa", "2222")]))
    assert discards(portal) == [str(first)]
    (old,) = [method for method in rows(portal, PaymentMethod) if method.last4 == "1111"]
    assert (old.current, old.token_sealed) == (False, b"")
    with pytest.raises(AlreadyDecided) as told:
        decide(portal, first, yes=True)
    assert (told.value.state, told.value.by) == ("replaced", "")
    assert first != second
    work = {item.subject_id: (item.state, item.closed_by) for item in rows(portal, WorkItem)}
    assert work.pop(first) == ("withdrawn", "a newer card")
    assert work == ({second: ("open", "")} if newer == "HANAKO YAMADA" else {})


# --- deciding


@pytest.mark.req("UCOM-117")
def test_accepting_makes_the_card_pay_and_tells_the_customer(portal: Portal, person: Person) -> None:
    add_card(portal, person, brand="jcb", last4="1111")
    entry = register(portal, person, card())
    decide(portal, entry, yes=True)
    assert current(portal) == [("visa", "4242")]
    done = review(portal, entry)
    assert (done.state, done.decided_by, done.decided_at, done.reason) == ("accepted", "kato", portal.clock.now(), "")
    assert portal.run(list_waiting) == ()
    assert discards(portal) == []
    (mail,) = rows(portal, MailMessage)
    assert (mail.template, mail.recipient, mail.language) == ("card_accepted", "c@example.jp", "ja")
    (notice,) = rows(portal, Notice)
    assert (notice.customer_id, notice.permission, notice.importance) == (
        person.customer_id,
        "card.change",
        "important",
    )
    assert (notice.title, notice.title_en) == ("クレジットカードを登録しました", "Your credit card is registered")
    assert "VISA **** 4242" in notice.body
    assert "VISA **** 4242" in notice.body_en
    actions = [line.action for line in rows(portal, AuditEntry) if line.action.startswith("card.")]
    assert sorted(actions) == ["card.changed", "card.review_accepted", "card.review_opened"]


@pytest.mark.req("UCOM-117")
@pytest.mark.parametrize("former", [True, False])
def test_rejecting_drops_the_card_and_tells_the_customer_what_pays_now(
    portal: Portal, person: Person, former: bool
) -> None:
    if former:
        add_card(portal, person, brand="jcb", last4="1111")
    entry = register(portal, person, card())
    decide(portal, entry, yes=False)
    assert current(portal) == ([("jcb", "1111")] if former else [])
    done = review(portal, entry)
    assert (done.state, done.reason) == ("rejected", "name of a neighbour")
    assert discards(portal) == [str(entry)]
    assert [mail.template for mail in rows(portal, MailMessage)] == ["card_rejected"]
    (notice,) = rows(portal, Notice)
    stays = "これまでのカードを引き続きお使いいただけます。"
    assert (stays in notice.body) is former
    assert ("stays in use" in notice.body_en) is former
    assert "neighbour" not in notice.body + notice.body_en
    (method,) = [method for method in rows(portal, PaymentMethod) if method.last4 == "4242"]
    assert method.token_sealed == b""


@pytest.mark.parametrize(("email", "noted"), [("", 0), ("no address", 1)])
def test_without_an_address_the_notice_alone_tells(portal: Portal, email: str, noted: int) -> None:
    entry = register(portal, reviewed(portal, email=email), card())
    decide(portal, entry, yes=True)
    assert rows(portal, MailMessage) == []
    assert len(rows(portal, Notice)) == 1
    assert [line.action for line in rows(portal, AuditEntry)].count("card.mail_impossible") == noted


@pytest.mark.req("UCOM-167")
def test_only_who_may_change_the_card_sees_the_notice(portal: Portal, person: Person) -> None:
    decide(portal, register(portal, person, card()), yes=True)
    (notice,) = rows(portal, Notice)
    assert sign_in(portal, person).get(f"/notices/{notice.id}").texts("//h1") == ["クレジットカードを登録しました"]
    assert sign_in(portal, add_person(portal, "1000002")).get(f"/notices/{notice.id}").status == 404

    def seen(*permissions: str) -> list[int]:
        """By all three ways to a notice, with these permissions."""
        reader = Reader(person.customer_id, person.account_id, frozenset(permissions))

        def work(tx: Tx) -> list[int]:
            try:
                found = [find_notice(tx, reader, notice.id, locale="ja")]
            except NotFound:
                found = []
            listed = list_notices(tx, reader, locale="ja").heads
            return [len(found), len(listed), len(latest_notices(tx, reader, locale="ja", limit=3).get())]

        return portal.run(work)

    assert seen("notice.read", "card.change") == [1, 1, 1]
    assert seen("card.change") == [1, 1, 1]
    assert seen("notice.read", "home", "card.changed", "card") == [0, 0, 0]
    assert seen() == [0, 0, 0]


@pytest.mark.parametrize("yes", [True, False])
def test_of_two_who_decide_at_once_one_wins_and_the_other_is_told(portal: Portal, person: Person, yes: bool) -> None:
    entry = register(portal, person, card())
    vault, words = portal.server.ports.get(Vault), operator_of(portal).catalogues
    together = threading.Barrier(2)
    told: list[str] = []

    def one(by: str, accepts: bool) -> None:
        try:
            with unit(portal.engine, Scope(portal.name, portal.clock, Actor("staff", by), "t")) as tx:
                tx.execute(text("SELECT 1"))
                together.wait(60)
                if accepts:
                    accept(tx, vault, words, entry, by=by)
                else:
                    reject(tx, vault, words, entry, by=by, reason="x")
            told.append("won")
        except AlreadyDecided as error:
            told.append(error.by)

    deciders = [threading.Thread(target=one, args=("a", True)), threading.Thread(target=one, args=("b", yes))]
    for each in deciders:
        each.start()
    for each in deciders:
        each.join()
    done = review(portal, entry)
    assert sorted(told) == sorted(["won", done.decided_by])
    assert len(rows(portal, Notice)) == 1
    assert current(portal) == ([("visa", "4242")] if done.state == "accepted" else [])


def test_nobody_decides_about_what_is_not_there(portal: Portal, person: Person, make_portal: MakePortal) -> None:
    entry = register(portal, person, card())
    neighbour = make_portal("actv")
    for where, wanted in ((neighbour, entry), (portal, uuid.uuid4())):
        for yes in (True, False):
            with pytest.raises(NotFound):
                decide(where, wanted, yes=yes)
    assert neighbour.run(list_waiting) == ()
    assert review(portal, entry).state == "waiting"


# --- cards that a feed brought


def fed(portal: Portal, number: str, **other: Any) -> uuid.UUID:
    """Import a card that waits; the id of its review."""
    line = {
        "type": "card", "customer": number, "gateway": "hosted-page", "token": f"tok_{number}", "brand": "visa",
        "last4": "4242", "exp_month": 7, "exp_year": 2029, "holder": "HANAKO YAMADA", "review": True,
    }  # fmt: skip
    tenant = portal.server.registry.current.tenants[portal.name]
    means = Means(vault=Vault(portal.server.keyring), hasher=portal.server.hasher, settings=tenant.settings)
    scope = Scope(portal.name, portal.clock, Actor("system", "import"))
    report = import_feed(portal.engine, scope, [json.dumps(line | other).encode()], means)
    assert report.problems == []
    assert report.lines == 1
    return next(each.id for each in portal.run(list_waiting) if each.customer_number == number)


@pytest.mark.req("UCOM-117")
@pytest.mark.parametrize("yes", [True, False])
def test_a_card_of_a_feed_is_accepted_and_rejected_like_any_other(
    portal: Portal, person: Person, run: Run, yes: bool
) -> None:
    add_card(portal, person, brand="jcb", last4="1111")
    waits = fed(portal, "1000001")
    assert "1000001 青森 太郎 (アオモリ タロウ) card: HANAKO YAMADA, VISA **** 4242" in run(portal.name)[1]
    assert current(portal) == [("jcb", "1111")]
    words = ("accept",) if yes else ("reject", "--reason", "a neighbour")
    status, said = run(portal.name, words[0], str(waits), *words[1:], "--by", "kato")
    assert status == 0, said
    assert current(portal) == ([("visa", "4242")] if yes else [("jcb", "1111")])
    assert review(portal, waits).state == ("accepted" if yes else "rejected")
    assert discards(portal) == [], "no entry of ours at the company, nothing to discard by"
    assert [mail.template for mail in rows(portal, MailMessage)] == ["card_accepted" if yes else "card_rejected"]
    assert len(rows(portal, Notice)) == 1
    (method,) = [method for method in rows(portal, PaymentMethod) if method.last4 == "4242"]
    assert bool(method.token_sealed) is yes


@pytest.mark.req("UCOM-117")
def test_a_card_entered_online_takes_the_place_of_one_of_a_feed(portal: Portal, person: Person) -> None:
    waits = fed(portal, "1000001")
    entry = register(portal, person, card(last4="2222"))
    assert review(portal, waits).state == "replaced"
    assert [each.id for each in portal.run(list_waiting)] == [entry]
    assert discards(portal) == []


@pytest.mark.req("UCOM-117")
@pytest.mark.parametrize(("operator", "reviews"), [("actv", False), ("ucom", True)])
def test_an_import_knows_whether_the_operator_compares_names(
    make_portal: MakePortal, operator: str, reviews: bool
) -> None:
    portal = make_portal(operator)
    tenant = portal.server.registry.current.tenants[portal.name]
    vault, hasher = Vault(portal.server.keyring), portal.server.hasher
    means = Means.of(operator_of(portal), tenant.settings, vault=vault, hasher=hasher)
    assert means.card_reviews is reviews


# --- the payment company forgets


@pytest.fixture
def company(door: Door, tmp_path: Path) -> Running:
    os.environ[KEY] = "demo-key"
    return door.company(tmp_path, Clock(NOON))


def discarder(portal: Portal) -> CardDiscarder:
    server = portal.server

    async def find(name: str) -> Any:
        return server.registry.current.get(name)

    return CardDiscarder(database=server.database, gateways=server.gateways, tenant_of=find)


def job(portal: Portal, entry: object, tenant: str = "") -> Any:
    return discarder(portal)(Job(tenant=tenant or portal.name, request_id="t", arguments={"entry": str(entry)}))


@pytest.mark.req("UCOM-117")
def test_the_company_forgets_a_rejected_card(make_portal: MakePortal, company: Running) -> None:
    payment = {"adapter": "hosted-page", "base_url": company.url, "key_env": KEY}
    portal = make_portal("actv", extensions={"payment": payment})
    started = portal.wait(
        portal.server.gateways.of(portal.server.registry.current.tenants[portal.name]).start_card_setup(wish())
    )
    entry = register(portal, reviewed(portal), card(), reference=started.reference)
    decide(portal, entry, yes=False)
    for _ in range(2):
        portal.wait(job(portal, entry))
    assert company.company.look(started.reference).state == "cancelled"
    assert len(company.outcomes("discard")) == 2
    portal.wait(portal.server.gateways.close())


def test_the_company_is_asked_again_until_it_answers(make_portal: MakePortal, company: Running) -> None:
    away = {"adapter": "hosted-page", "base_url": "http://127.0.0.1:9", "key_env": KEY}
    portal = make_portal("actv", extensions={"payment": away})
    entry = register(portal, reviewed(portal), card())
    with pytest.raises(TryAgain):
        portal.wait(job(portal, entry))
    with pytest.raises(TryAgain):
        portal.wait(job(portal, entry, tenant="nobody"))
    with pytest.raises(BadJob):
        portal.wait(job(portal, "none"))
    assert portal.wait(job(portal, uuid.uuid4())) is None
    unknown = make_portal("actv", extensions={"payment": away | {"base_url": company.url}})
    known_to_nobody = register(unknown, reviewed(unknown), card())
    assert unknown.wait(job(unknown, known_to_nobody)) is None
    other = make_portal("actv")
    moved = register(other, reviewed(other), card())
    with pytest.raises(BadJob, match="another payment company"):
        other.wait(job(other, moved))


# --- the command


@pytest.fixture
def run(test_database: TestDatabase) -> Run:
    environment = {
        "MYPAGE_DATABASE_URL": test_database.app,
        "MYPAGE_SECRET_KEY": base64.b64encode(bytes(range(32))).decode(),
    }

    def call(*words: str) -> tuple[int, str]:
        done = CliRunner(env=environment).invoke(cli, ["reviews", *words])
        return done.exit_code, " ".join(done.output.replace("│", " ").split())

    return call


@pytest.mark.req("UCOM-117")
def test_staff_list_accept_and_reject(portal: Portal, person: Person, run: Run) -> None:
    assert run(portal.name) == (0, f"tenant {portal.name}: no card waits for a decision")
    assert run(portal.name, "list", "--json") == (0, "")
    first = register(portal, person, card())
    second = register(portal, reviewed(portal, "1000002"), card("JIRO SATO", brand="jcb", last4="0000"))
    for words in ((portal.name,), (portal.name, "list")):
        status, said = run(*words)
        assert status == 0
        assert (
            f"{first} 2026-11-21 12:00 1000001 青森 太郎 (アオモリ タロウ) card: HANAKO YAMADA, VISA **** 4242" in said
        )
        assert str(second) in said
    status, said = run(portal.name, "list", "--json")
    lines = [json.loads(line) for line in said.replace("} {", "}\n{").splitlines()]
    assert {line["id"] for line in lines} == {str(first), str(second)}
    assert [line["last4"] for line in lines if line["id"] == str(second)] == ["0000"]
    assert [line["expires"] for line in lines] == ["2029-07", "2029-07"]

    status, said = run(portal.name, "accept", str(first), "--by", "kato")
    assert (status, said) == (
        0,
        f"tenant {portal.name}: {first} accepted; the card is in use, and the customer is told",
    )
    status, said = run(portal.name, "reject", str(second), "--reason", "another name")
    assert (status, "rejected; the card is dropped" in said) == (0, True)
    assert (review(portal, first).state, review(portal, second).state) == ("accepted", "rejected")
    (line,) = [line for line in rows(portal, AuditEntry) if line.action == "card.review_accepted"]
    assert (line.actor_kind, line.actor) == ("staff", "kato")
    work = {item.subject_id: (item.state, item.title) for item in rows(portal, WorkItem)}
    assert work == {first: ("done", "VISA **** 4242"), second: ("rejected", "JCB **** 0000")}


def test_the_command_says_in_one_line_what_is_wrong(portal: Portal, person: Person, run: Run) -> None:
    entry = str(register(portal, person, card()))
    none = str(uuid.uuid4())
    wrong = {
        ("nobody", "list"): "there is no tenant 'nobody'; check its name in tenants.toml",
        ("No Body",): "there is no tenant 'No Body'",
        ("nobody", "accept", none): "there is no tenant 'nobody'",
        (portal.name, "accept", "17"): "'17' is no ID; take one from `mypage reviews TENANT`",
        (portal.name, "accept", none): f"has no card {none} in review",
        (portal.name, "reject", none, "--reason", "x"): f"has no card {none} in review",
        (portal.name, "reject", entry, "--reason", "  "): "--reason is empty",
        (portal.name, "reject", entry): "--reason",
    }
    for words, expected in wrong.items():
        status, said = run(*words)
        assert status != 0
        assert expected in said, (words, said)
        assert "Traceback" not in said
    assert review(portal, uuid.UUID(entry)).state == "waiting"
    assert run(portal.name, "accept", entry, "--by", "kato")[0] == 0
    status, said = run(portal.name, "reject", entry, "--reason", "too late")
    assert (status, f"{entry} was accepted by kato already; nothing was changed" in said) == (1, True)
