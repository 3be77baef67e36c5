"""Reading the trail: filters, pages, one entry with its seal, and the trail as a file."""

from __future__ import annotations

import csv
import io
import json
import uuid
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from sqlalchemy import event, select

from mypage.audit.chain import SETTLE, seal
from mypage.audit.models import AuditEntry
from mypage.audit.trail import record
from mypage.audit.verifying import note_verified, verify
from mypage.db.keys import Vault
from mypage.db.session import Actor, Tx
from mypage.testing.database import TestDatabase
from mypage.testing.portal import NOON, MakePortal, Portal, PortalClient
from portal_rows import Person, add_person
from staff_rows import Staff, add_staff, make_office, sit_down

FORMULA = '=HYPERLINK("https://evil.example","x")'


@pytest.fixture
def here(make_portal: MakePortal) -> Portal:
    return make_portal("actv")


@pytest.fixture
def office(make_portal: MakePortal, here: Portal) -> Portal:
    return make_office(make_portal)


@pytest.fixture
def manager(office: Portal, here: Portal) -> Staff:
    return add_staff(office, {here.name: "manager"})


@pytest.fixture
def desk(office: Portal, here: Portal, manager: Staff) -> PortalClient:
    return sit_down(office, manager, here)


def write(portal: Portal, actor: Actor, action: str, kind: str, thing: object, **rest: Any) -> None:
    """One entry."""

    def work(tx: Tx) -> None:
        tx.act_as(actor)
        record(tx, action, kind, thing, **rest)

    portal.run(work)


@pytest.fixture
def person(here: Portal, manager: Staff) -> Person:
    """A customer with a small trail: three days, three kinds of actors."""
    person = add_person(here)
    customer, staff = Actor("account", str(person.account_id)), Actor("staff", str(manager.account_id))
    here.clock.at = NOON - timedelta(days=2)
    write(here, customer, "login.succeeded", "account", person.account_id, customer_id=person.customer_id)
    here.clock.at = NOON - timedelta(days=1)
    write(
        here, customer, "profile.changed", "customer", person.customer_id, customer_id=person.customer_id,
        before={"phone": "03-1111-2222"}, after={"phone": FORMULA},
    )  # fmt: skip
    here.clock.at = NOON
    write(
        here, staff, "work.noted", "work", "R-1", customer_id=person.customer_id, after={"reason": "お電話あり"},
    )  # fmt: skip
    write(here, Actor("system", "import"), "import.loaded", "feed", "f1")
    return person


def actions(page: Any) -> list[str]:
    """The bare actions on the page."""
    return [str(a) for a in page.texts("//main//tbody//span[contains(@class,'code')]")]


@pytest.mark.parametrize("role", ["reader", "agent"])
def test_managers_alone_read_it(office: Portal, here: Portal, person: Person, role: str) -> None:
    client = sit_down(office, add_staff(office, {here.name: role}), here)
    entry = here.run(lambda tx: tx.scalars(select(AuditEntry.id).where(AuditEntry.tenant_id == tx.tenant)).first())
    client.get("/home")
    assert client.get("/trail").status == 403
    assert client.get(f"/trail/{entry}").status == 403
    assert client.post("/trail/export", {"format": "csv"}).status == 403


def test_the_newest_first_in_words_with_the_bare_action(desk: PortalClient, person: Person) -> None:
    page = desk.get("/trail")
    assert page.status == 200
    # Two happened at the same instant.
    assert set(actions(page)[:2]) == {"import.loaded", "work.noted"}
    assert actions(page)[2:] == ["profile.changed", "login.succeeded"]
    assert "佐藤 花子" in page.text and "お電話あり" in page.text
    assert "青森 太郎 1000001" in page.text
    assert "まだ封印されていません" in page.text and "まだ検証していません" in page.text


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("who=staff", {"work.noted"}),
        ("who=account", {"login.succeeded", "profile.changed"}),
        ("who=system", {"import.loaded"}),
        ("who=visitor", set()),
        ("topic=login", {"login.succeeded"}),
        ("topic=other", {"import.loaded"}),
        ("number=1000001", {"login.succeeded", "profile.changed", "work.noted"}),
        ("number=１０００００１", {"login.succeeded", "profile.changed", "work.noted"}),
        ("object=R-1", {"work.noted"}),
        ("object=nothing", set()),
        ("since=2026-11-20&until=2026-11-20", {"profile.changed"}),
        ("since=2026-11-21&until=2026-11-21", {"work.noted", "import.loaded"}),
        ("who=account&topic=application", {"profile.changed"}),
    ],
)
def test_filters(desk: PortalClient, person: Person, query: str, expected: set[str]) -> None:
    page = desk.get(f"/trail?{query}")
    assert page.status == 200
    assert set(actions(page)) == expected


def test_by_staff_member_and_by_account(desk: PortalClient, person: Person, manager: Staff) -> None:
    assert actions(desk.get(f"/trail?who={manager.account_id}")) == ["work.noted"]
    assert actions(desk.get(f"/trail?object={person.account_id}")) == ["login.succeeded"]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("since=x", "2026-11-21のように"),
        ("since=2026-02-30", "2026-11-21のように"),
        ("since=1999-01-01", "2026-11-21のように"),
        ("since=0001-01-01&until=9999-12-31", "2026-11-21のように"),
        ("since=2026-11-21&until=2026-11-20", "終わりの日が、始まりの日より前です"),
        ("since=2020-01-01", "400日以内"),
        ("who=nobody", "操作した人を選んでください"),
        ("topic=nothing", "操作の種類を選んでください"),
        ("number=777", "この番号のお客様はいません"),
        ("number=" + "1" * 61, "60文字以内"),
        ("object=" + "x" * 121, "120文字以内"),
    ],
)
def test_a_wrong_filter_is_said_and_kept(desk: PortalClient, person: Person, query: str, said: str) -> None:
    page = desk.get(f"/trail?{query}")
    assert page.status == 422, page.text
    assert any(said in error for error in page.errors), page.errors
    assert not page.all("//main//tbody")


def test_hostile_queries_are_answered(desk: PortalClient, person: Person) -> None:
    for name in ("since", "until", "who", "topic", "number", "object"):
        for value in ("%00", "%ff", "%F0%9F%92%A9", "'; DROP TABLE audit_entry; --", "-1", "9" * 5000):
            assert desk.get(f"/trail?{name}={value}").status in (200, 422), (name, value)


@pytest.mark.parametrize("before", ["x", "-", "99999999999999999999-1", "1-zz", "%00"])
def test_a_wrong_place_is_the_beginning(desk: PortalClient, person: Person, before: str) -> None:
    assert len(actions(desk.get(f"/trail?before={before}"))) == 4


def test_pages_hold_every_entry_once(desk: PortalClient, here: Portal, person: Person) -> None:
    def work(tx: Tx) -> None:
        for number in range(120):
            record(tx, "import.loaded", "feed", number)
            if number % 3 == 0:
                here.clock.at += timedelta(seconds=1)

    here.run(work)
    seen: list[str] = []
    path = "/trail?who=system&topic=other"
    for _ in range(5):
        page = desk.get(path)
        seen += page.all("//main//tbody//td[1]/a/@href")
        following = page.all("//a[@rel='next']/@href")
        if not following:
            break
        path = following[0]
    assert len(seen) == 121 and len(set(seen)) == 121
    assert page.all("//nav[contains(@class,'pager')]//a")


def entry_of(portal: Portal, action: str) -> uuid.UUID:
    wanted = select(AuditEntry.id).where(AuditEntry.action == action)
    return portal.run(lambda tx: tx.scalars(wanted.where(AuditEntry.tenant_id == tx.tenant)).one())


def test_one_entry_with_before_and_after(desk: PortalClient, here: Portal, person: Person) -> None:
    page = desk.get(f"/trail/{entry_of(here, 'profile.changed')}")
    assert page.status == 200
    assert page.texts("//main//tbody//td") == ["03-1111-2222", FORMULA]
    assert "まだです。記録は" in page.text
    for missing in (uuid.uuid4(), person.account_id):
        assert desk.get(f"/trail/{missing}").status == 404


def test_an_entry_of_another_tenant_is_none(desk: PortalClient, make_portal: MakePortal, person: Person) -> None:
    other = make_portal("actv")
    write(other, Actor("system", "x"), "import.loaded", "feed", "1")
    assert desk.get(f"/trail/{entry_of(other, 'import.loaded')}").status == 404


def test_the_seal_of_an_entry(desk: PortalClient, here: Portal, person: Person, test_database: TestDatabase) -> None:
    vault = here.server.ports.get(Vault)
    here.clock.at = NOON + SETTLE
    here.run(lambda tx: seal(tx, vault))
    here.run(lambda tx: note_verified(tx, verify(here.run, vault)))
    state = desk.get("/trail").text
    assert "の記録まで封印済みです" in state and "に検証し、異常はありませんでした" in state
    entry = entry_of(here, "profile.changed")
    assert "2番、" in desk.get(f"/trail/{entry}").text
    with psycopg.connect(test_database.owner.replace("postgresql+psycopg:", "postgresql:")) as connection:
        connection.execute("SELECT enter_tenant(%s)", (here.name,))
        connection.execute("UPDATE audit_entry SET after = '{}' WHERE id = %s", (entry,))
    page = desk.get(f"/trail/{entry}")
    assert "封印のあとに変更されています" in page.text and "内容が合いません" in page.text
    here.clock.at += timedelta(minutes=1)
    here.run(lambda tx: note_verified(tx, verify(here.run, vault)))
    assert "記録が封印したときと違います" in desk.get("/trail").text


def export(desk: PortalClient, fields: Mapping[str, str], kind: str) -> Any:
    desk.get("/trail")
    return desk.post("/trail/export", {"format": kind, **fields})


def test_the_table_is_complete_and_safe(desk: PortalClient, here: Portal, person: Person) -> None:
    answer = export(desk, {}, "csv")
    assert answer.raw.headers["content-type"] == "text/csv; charset=utf-8"
    assert "attachment" in answer.raw.headers["content-disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.raw.content.decode("utf-8-sig"), newline="")))
    assert [row["操作"] for row in rows][:2] == ["login.succeeded", "profile.changed"]
    changed = rows[1]
    assert list(changed)[6] == "お客様番号" and changed["お客様番号"] == "1000001"
    assert json.loads(list(changed.values())[10]) == {"phone": FORMULA}
    assert changed["日時（日本時間）"].startswith("2026-11-20 12:00:00")
    assert {row["操作"]: row["担当者名"] for row in rows}["work.noted"] == "佐藤 花子"
    assert "trail.exported" in actions(desk.get("/trail"))


def test_formulas_are_no_formulas(desk: PortalClient, here: Portal, person: Person) -> None:
    write(here, Actor("visitor"), "import.loaded", "feed", FORMULA)
    answer = export(desk, {"who": "visitor"}, "csv")
    (row,) = list(csv.reader(io.StringIO(answer.raw.content.decode("utf-8-sig"), newline="")))[1:]
    assert "'" + FORMULA in row
    assert not any(cell.startswith(("=", "+", "@")) for cell in row)


def test_json_lines_say_the_same(desk: PortalClient, here: Portal, person: Person) -> None:
    answer = export(desk, {"who": "account"}, "jsonl")
    told = [json.loads(line) for line in answer.raw.text.splitlines()]
    assert [each["action"] for each in told] == ["login.succeeded", "profile.changed"]
    assert told[1]["after"] == {"phone": FORMULA} and told[1]["before"] == {"phone": "03-1111-2222"}
    assert told[0]["before"] is None and told[0]["customer"] == "1000001"


def test_a_wrong_filter_makes_no_file(desk: PortalClient, here: Portal, person: Person) -> None:
    answer = export(desk, {"since": "x"}, "csv")
    assert answer.status == 422 and "2026-11-21のように" in answer.errors[0]
    assert "trail.exported" not in actions(desk.get("/trail"))


def test_each_kind_of_question_has_an_index(
    desk: PortalClient, here: Portal, person: Person, manager: Staff, test_database: TestDatabase
) -> None:
    """Among some thousand entries, each question is answered by the index that is made for it."""
    with psycopg.connect(
        test_database.admin.replace("postgresql+psycopg:", "postgresql:"), autocommit=True
    ) as connection:
        connection.execute(
            "INSERT INTO audit_entry (tenant_id, id, at, actor_kind, actor, customer_id, action, object_type, object_id,"
            " request_id) SELECT %s, gen_random_uuid(), %s::timestamptz - i * interval '5 minutes',"
            " CASE WHEN i %% 10 = 0 THEN 'staff' ELSE 'account' END, (i %% 200)::text, gen_random_uuid(), 'x.done',"
            " CASE WHEN i %% 3 = 0 THEN 'account' ELSE 'thing' END, i::text, '' FROM generate_series(1, 5000) i",
            (here.name, NOON),
        )
        connection.execute("ANALYZE audit_entry")
    said: list[tuple[str, Any]] = []
    engine = here.server.database.engine.sync_engine

    def hear(_: Any, __: Any, sql: str, parameters: Any, *___: Any) -> None:
        if "FROM audit_entry LEFT OUTER JOIN customer" in " ".join(sql.split()):
            said.append((sql, parameters))

    for query, index in (
        ("", "audit_entry_tenant_id_at_idx"),
        (f"who={manager.account_id}", "audit_entry_staff_idx"),
        ("number=1000001", "audit_entry_tenant_id_customer_id_at_idx"),
        ("object=R-1", "audit_entry_object_idx"),
        (f"object={person.account_id}", "audit_entry_tenant_id_customer_id_at_idx"),
    ):
        said.clear()
        event.listen(engine, "before_cursor_execute", hear)
        desk.get(f"/trail?since=2026-11-01&{query}")
        event.remove(engine, "before_cursor_execute", hear)
        ((sql, parameters),) = said

        def explain(tx: Tx, sql: str = sql, parameters: Any = parameters) -> str:
            cursor = tx.connection().exec_driver_sql("EXPLAIN " + sql, parameters)
            return "\n".join(row[0] for row in cursor)

        assert index in here.run(explain), query
