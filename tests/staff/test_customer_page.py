"""The page of one customer: who, what there is, and one timeline of everything that happened, told with who and why."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

import mypage.plugin
from mypage.audit.models import AuditEntry
from mypage.audit.trail import record
from mypage.auth.models import Account, Credential, Customer
from mypage.auth.throttle import admit, login_target
from mypage.contracts.models import Contract, Subscription
from mypage.db.session import Actor, Tx
from mypage.lib.clock import TOKYO
from mypage.lib.masks import mask, mask_mail, mask_phone
from mypage.mail.models import MailMessage
from mypage.staff.customers.events import PAGE, Cursor, list_events
from mypage.staff.mail_names import MAILS
from mypage.testing.portal import Answer, MakePortal, Portal, PortalClient
from portal_rows import Person, add_bill, add_card, add_contract, add_person, operator_of
from staff_rows import Staff, add_staff, make_office, sit_down

FOLDER = Path(mypage.plugin.__file__).parents[1] / "templates/email"


@dataclass(frozen=True)
class Desk:
    """A portal with one customer, the console, and somebody who works for it."""

    portal: Portal
    office: Portal
    staff: Staff
    person: Person

    def browser(self, staff: Staff | None = None) -> PortalClient:
        return sit_down(self.office, staff or self.staff, self.portal)

    def look(self, query: str = "", client: PortalClient | None = None) -> Answer:
        return (client or self.browser()).get(f"/customers/{self.person.customer_id}{query}")

    def note(self, action: str, *, actor: Actor, after: Any = None, before: Any = None, minutes: int = 0) -> None:
        """A line of the customer's trail."""
        self.portal.clock.at += timedelta(minutes=minutes)

        def work(tx: Tx) -> None:
            tx.act_as(actor)
            customer_id = self.person.customer_id
            record(tx, action, "customer", customer_id, customer_id=customer_id, before=before, after=after)

        self.portal.run(work)

    @property
    def customer(self) -> Actor:
        return Actor("account", str(self.person.account_id))

    @property
    def agent(self) -> Actor:
        return Actor("staff", str(self.staff.account_id))


@pytest.fixture
def desk(make_portal: MakePortal) -> Desk:
    portal = make_portal("ucom")
    office = make_office(make_portal)
    staff = add_staff(office, {portal.name: "agent"}, name="佐藤 花子")
    return Desk(portal, office, staff, add_person(portal, "1000001", name="青森 太郎"))


def add_mail(desk: Desk, subject: uuid.UUID, *, state: str = "sent", template: str = "card_changed") -> None:
    desk.portal.run(
        lambda tx: tx.add(
            MailMessage(
                tenant_id=tx.tenant, template=template, recipient="taro@example.co.jp", language="ja",
                message_id=uuid.uuid4().hex, state=state, tries=3 if state == "failed" else 1, subject_id=subject,
                created_at=tx.now(), sent_at=tx.now() if state == "sent" else None,
            )
        )
    )  # fmt: skip


def texts(page: Answer) -> list[str]:
    return page.texts("//ol[contains(@class,'log')]//p[contains(@class,'strong')]")


def test_the_page_tells_who_and_what_there_is(desk: Desk) -> None:
    contract = add_contract(desk.portal, desk.person, "K0000001", [("インターネット", "光100M", "active")])
    add_card(desk.portal, desk.person)
    add_bill(desk.portal, desk.person, date(2026, 10, 1), [("基本料金", 5000)], status="unpaid", number="B-1")
    page = desk.look()
    assert page.status == 200
    assert page.texts("//h1") == ["青森 太郎"]
    assert "1000001" in page.texts("//*[@class='lead']")[0]
    assert page.texts("//section[@aria-labelledby='contracts']//h3") == ["K0000001 光コース ご利用中"]
    assert "光100M" in page.texts("//section[@aria-labelledby='contracts']//dl")[0]
    assert "B-1" in page.texts("//section[@aria-labelledby='bills']//tbody/tr")[0]
    assert "5,500円" in page.texts("//section[@aria-labelledby='bills']//tbody/tr")[0]
    now = page.texts("//section[@aria-labelledby='now']")[0]
    assert "未払い 1件" in now
    assert "**** 4242" in now
    assert str(contract) not in page.raw.text


def test_everything_that_happened_stands_in_one_line_of_time(desk: Desk) -> None:
    add_bill(desk.portal, desk.person, date(2026, 11, 1), [("基本料金", 20800)], number="B-2")
    desk.note("login.succeeded", actor=desk.customer, after={"device": "Firefox"}, minutes=1)
    product = next(iter(operator_of(desk.portal).products.values()))
    desk.note("option.bought", actor=desk.customer, after={"product": product.code, "order": "O-1"}, minutes=1)
    desk.portal.clock.at += timedelta(minutes=1)
    add_mail(desk, desk.person.account_id, template="option_bought")
    desk.note("login.unlocked", actor=desk.agent, after={"reason": "電話で本人を確認"}, minutes=1)
    desk.portal.clock.at += timedelta(minutes=1)
    add_mail(desk, desk.person.customer_id, state="failed")
    desk.note("login.failed", actor=Actor("visitor"), minutes=1)
    page = desk.look()
    login = texts(page)
    assert login[0].startswith("ログインできませんでした")
    assert login[1:3] == ["カード変更のメール メール不達", "担当 佐藤 花子がログインのロックを解きました"]
    assert login[3] == "オプション申込みのメール 配信済み"
    assert re.fullmatch(r"お客様（login1000001\w{6}）がオプションを申し込みました", login[4])
    assert login[5].endswith("がログインしました")
    assert login[6].startswith("2026年11月分の請求が確定しました")
    body = page.text
    assert "理由：電話で本人を確認" in body
    assert product.name in body
    assert "t•••@example.co.jp" in body
    assert "taro@example.co.jp" not in page.texts("//ol[contains(@class,'log')]")[0]


def test_personal_data_before_and_after_is_masked(desk: Desk) -> None:
    before = {"tel": "03-1234-0011", "email": "taro@example.jp"}
    after = {"tel": "03-1234-0000", "email": "", "by_login": "x"}
    desk.note("profile.changed", actor=desk.customer, before=before, after=after)
    log = desk.look().texts("//ol[contains(@class,'log')]//li")[0]
    assert "03-••••-0011 → 03-••••-0000" in log
    assert "t•••@example.jp → （なし）" in log
    assert "1234" not in log.replace("login1000001", "")


def test_masks() -> None:
    assert mask_phone("03-1234-0011") == "03-••••-0011"
    assert mask_phone("0312340011") == "••••••0011"
    assert mask_mail("k@example.co.jp") == "k•••@example.co.jp"
    assert [mask(text) for text in ("青森", "", "090-1111-2222", "a@b.jp", "x")] == [
        "青•••", "", "090-••••-2222", "a•••@b.jp", "•••",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("show", "wanted"),
    [
        ("application", {"登録情報を変更"}),
        ("bill", {"請求が確定", "カードが変更"}),
        ("login", {"ログインしました", "ロックを解きました"}),
        ("mail", {"カード変更のメール"}),
        ("staff", {"ロックを解きました", "このページを見ました"}),
    ],
)
def test_the_timeline_is_narrowed_down(desk: Desk, show: str, wanted: set[str]) -> None:
    add_bill(desk.portal, desk.person, date(2026, 11, 1), [("基本料金", 20800)])
    desk.note("login.succeeded", actor=desk.customer)
    desk.note("profile.changed", actor=desk.customer, before={"tel": "1"}, after={"tel": "2"})
    desk.note("card.changed", actor=desk.customer, after={"brand": "visa", "last4": "4242"})
    desk.note("login.unlocked", actor=desk.agent)
    desk.note("desk.customer_seen", actor=desk.agent)
    add_mail(desk, desk.person.account_id)
    page = desk.look(f"?show={show}")
    assert page.all("//a[contains(@class,'chip')][@aria-current]/@href") == [
        f"/customers/{desk.person.customer_id}?show={show}#events"
    ]
    found = texts(page)
    assert len(found) == len(wanted)
    assert all(any(part in text for text in found) for part in wanted), found
    assert len(texts(desk.look("?show=nonsense"))) == 6


def test_older_parts_follow_without_gap_or_repetition(desk: Desk) -> None:
    for number in range(2 * PAGE + 5):
        desk.note("login.succeeded", actor=desk.customer, after={"device": f"B{number}"}, minutes=number % 2)
        if number % 20 == 0:
            add_mail(desk, desk.person.account_id)
    for month in range(1, 7):
        add_bill(desk.portal, desk.person, date(2026, month, 1), [("基本料金", 1000)], number=f"M{month}")
    client, found, times, parts = desk.browser(), [], [], 0
    page = desk.look(client=client)
    while True:
        parts += 1
        found += page.texts("//ol[contains(@class,'log')]/li")
        times += page.all("//ol[contains(@class,'log')]/li/time/@datetime")
        older = page.all("//div[@class='events']//a/@href")
        if not older:
            break
        assert page.all("//div[@class='events']//a/@data-hx-get") == older
        page = client.get(older[0])
    assert times == sorted(times, reverse=True)
    print(f"{len(found)} events in {parts} parts")
    assert len(found) == 2 * PAGE + 5 + 4 + 6
    assert len(set(found) - {text for text in found if "メール" in text}) == 2 * PAGE + 5 + 6


def test_a_place_that_is_none_is_the_beginning(desk: Desk) -> None:
    desk.note("login.succeeded", actor=desk.customer)
    for typed in ("x", "1-2", "99999999999999999999-" + "0" * 32, "-", "%00", "1" * 16 + "-" + uuid.uuid4().hex):
        assert desk.look(f"?before={typed}").status == 200
    place = Cursor(datetime(2026, 11, 21, 12, 0, 0, 123456, TOKYO), uuid.uuid4())
    assert Cursor.parse(str(place)) == place
    assert desk.look("?accounts=999&contracts=1").status == 200
    assert desk.look("?contracts=999").status == 404


def test_other_customers_and_tenants_are_not_there(desk: Desk, make_portal: MakePortal) -> None:
    other = make_portal("ucom")
    foreign = add_person(other, "1000001", name="よその 人")
    neighbour = add_person(desk.portal, "1000002", name="となりの 人")
    client = desk.browser()
    for missing in (foreign.customer_id, uuid.uuid4()):
        assert client.get(f"/customers/{missing}").status == 404
    desk.note("login.succeeded", actor=desk.customer)
    add_mail(desk, desk.person.account_id)
    add_bill(desk.portal, desk.person, date(2026, 11, 1), [("基本料金", 100)])
    assert desk.portal.run(lambda tx: list_events(tx, neighbour.customer_id)).events == ()
    assert other.run(lambda tx: list_events(tx, desk.person.customer_id)).events == ()
    page = client.get(f"/customers/{neighbour.customer_id}")
    assert texts(page) == []
    assert "青森" not in page.text


def test_looking_is_noted_once_in_a_quarter_of_an_hour(desk: Desk) -> None:
    def looks() -> list[tuple[str, uuid.UUID | None]]:
        return desk.portal.run(
            lambda tx: [
                (row.actor, row.customer_id)
                for row in tx.query(AuditEntry).filter(
                    AuditEntry.tenant_id == tx.tenant, AuditEntry.action == "desk.customer_seen"
                )
            ]
        )

    client = desk.browser()
    for query in ("", "?show=bill", "?before=1-2", ""):
        assert desk.look(query, client).status == 200
    mine = (str(desk.staff.account_id), desk.person.customer_id)
    assert looks() == [mine]
    other = add_staff(desk.office, {desk.portal.name: "reader"}, name="田中")
    assert desk.look(client=desk.browser(other)).status == 200
    assert sorted(looks()) == sorted([mine, (str(other.account_id), desk.person.customer_id)])
    desk.portal.clock.at += timedelta(minutes=15)
    assert desk.look(client=client).status == 200
    assert looks().count(mine) == 2


def test_accounts_that_wait_after_wrong_guesses_are_shown_as_locked(desk: Desk) -> None:
    policy = operator_of(desk.portal).throttle
    key = f"login1000001{desk.person.account_id.hex[:6]}"

    def guess(tx: Tx) -> bool:
        return admit(tx, policy, login_target(desk.person.scheme, key, "192.0.2.1"))

    assert "ロック中" not in desk.look().text
    while desk.portal.run(guess):
        pass
    row = desk.look().texts("//section[@aria-labelledby='accounts']//tbody/tr")
    assert len(row) == 1
    assert "ロック中" in row[0]


def test_what_a_mail_is_called_is_known_of_every_mail() -> None:
    assert {path.name for path in FOLDER.iterdir() if path.is_dir()} == set(MAILS)


@contextmanager
def counted() -> Iterator[list[str]]:
    """Every statement that is sent."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        sent.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def test_a_company_with_hundreds_of_lines_costs_no_more_statements(desk: Desk) -> None:
    client = desk.browser()
    add_contract(desk.portal, desk.person, "K0")
    desk.note("login.succeeded", actor=desk.customer)
    add_mail(desk, desk.person.account_id)
    company = Person(uuid.uuid4(), uuid.uuid4(), desk.person.scheme)
    product = next(iter(operator_of(desk.portal).products.values()))

    def work(tx: Tx) -> None:
        number = {"number": "C300", "number_key": "c300", "name": "株式会社 びじも", "kind": "company"}
        tx.add(Customer(tenant_id=tx.tenant, id=company.customer_id, **number))
        tx.flush()
        for n in range(300):
            contract_id, account_id = uuid.uuid4(), uuid.uuid4() if n else company.account_id
            mine = {"tenant_id": tx.tenant, "customer_id": company.customer_id}
            tx.add(Contract(id=contract_id, number=f"L{n:03}", number_key=f"l{n:03}", name="光", **mine))
            tx.add(Account(id=account_id, role="user", family_name="社員", given_name=f"{n:03}", **mine))
            login = {"login_id": f"bz{n:03}", "login_key": f"bz{n:03}", "scheme": company.scheme}
            tx.add(Credential(tenant_id=tx.tenant, account_id=account_id, **login))
            bought = {"contract_id": contract_id, "holder_id": contract_id, "product": product.code}
            tx.add(Subscription(bought_at=tx.now(), **bought, **mine))
            tx.act_as(Actor("account", str(account_id)))
            record(tx, "login.succeeded", "account", account_id, customer_id=company.customer_id)

    desk.portal.run(work)
    with counted() as sent:
        page = desk.look(client=client)
    small = len(sent)
    assert page.status == 200
    with counted() as sent:
        page = client.get(f"/customers/{company.customer_id}")
    print(f"statements of a page: {small} for one line, {len(sent)} for 300; {len(page.raw.content):,} bytes")
    # Each contract of the page has its quotas counted by a statement of its own.
    assert len(sent) <= small + 5
    assert len(page.raw.content) < 90_000
    assert page.texts("//h2[@id='contracts']") == ["ご契約（300件）"]
    assert len(page.all("//section[@aria-labelledby='contracts']//h3")) == 5
    assert len(page.all("//section[@aria-labelledby='accounts']//tbody/tr")) == 10
    last = page.all("//section[@aria-labelledby='accounts']//nav//a/@href")[-2]
    assert last.endswith("?accounts=30#accounts")
    first = set(page.texts("//section[@aria-labelledby='accounts']//tbody/tr/th"))
    shown = client.get(last.partition("#")[0]).texts("//section[@aria-labelledby='accounts']//tbody/tr/th")
    assert len(set(shown) | first) == 20


def test_the_page_is_there_in_english(desk: Desk) -> None:
    client = desk.browser()
    desk.note("login.succeeded", actor=desk.customer)
    add_mail(desk, desk.person.account_id, state="failed")
    client.get("/display?language=en&back=/home")
    found = texts(desk.look(client=client))
    assert "Mail about a changed card Not delivered" in found
    assert any(re.fullmatch(r"The customer \(login1000001\w{6}\) logged in", text) for text in found)


def test_acts_are_those_of_the_role(desk: Desk) -> None:
    reader = add_staff(desk.office, {desk.portal.name: "reader"}, name="田中")
    links = "//section[@aria-labelledby='acts']//a/@href"
    assert len(desk.look(client=desk.browser()).all(links)) > len(desk.look(client=desk.browser(reader)).all(links))
