"""One box: whatever a caller says of themselves, typed or pasted in any form, finds the customer of this tenant."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlalchemy import text

from mypage.audit.models import AuditEntry
from mypage.auth.models import Account, Credential, Customer
from mypage.contracts.models import Contract
from mypage.db.search_keys import ACCOUNT_SQL, CUSTOMER_SQL
from mypage.db.session import Tx
from mypage.staff.search import service
from mypage.staff.search.probes import KINDS
from mypage.staff.search.service import Found, find_customers
from mypage.testing.portal import Answer, MakePortal, Portal, PortalClient
from staff_rows import Staff, add_staff, make_office, sit_down


@dataclass(frozen=True)
class Desk:
    """A portal with customers, the console, and somebody who works for it."""

    portal: Portal
    other: Portal
    office: Portal
    staff: Staff

    def browser(self) -> PortalClient:
        return sit_down(self.office, self.staff, self.portal)


@pytest.fixture
def desk(make_portal: MakePortal) -> Desk:
    portal, other = make_portal("ucom"), make_portal("ucom")
    office = make_office(make_portal)
    return Desk(portal, other, office, add_staff(office, {portal.name: "reader"}))


def add_customer(portal: Portal, number: str, **columns: str) -> uuid.UUID:
    customer_id = uuid.uuid4()
    values = {"name": "名無し", **columns}
    portal.run(
        lambda tx: tx.add(
            Customer(tenant_id=tx.tenant, id=customer_id, number=number, number_key=number.lower(), **values)
        )
    )
    return customer_id


def add_login(portal: Portal, customer_id: uuid.UUID, login: str, **columns: str) -> None:
    def work(tx: Tx) -> None:
        account_id = uuid.uuid4()
        tx.add(Account(tenant_id=tx.tenant, id=account_id, customer_id=customer_id, **columns))
        tx.flush()
        tx.add(
            Credential(
                tenant_id=tx.tenant, account_id=account_id, scheme="mypage", login_id=login, login_key=login.lower()
            )
        )

    portal.run(work)


def add_line(portal: Portal, customer_id: uuid.UUID, number: str) -> None:
    portal.run(
        lambda tx: tx.add(
            Contract(tenant_id=tx.tenant, customer_id=customer_id, number=number, number_key=number.lower(), name="光")
        )
    )


def find(portal: Portal, typed: str) -> Found:
    return portal.run(lambda tx: find_customers(tx, typed))


def ids(found: Found) -> list[uuid.UUID]:
    return [match.customer_id for match in found.matches]


@pytest.fixture
def watanabe(desk: Desk) -> uuid.UUID:
    customer_id = add_customer(
        desk.portal,
        "C-000-1234",
        name="渡邊　京子",
        kana="ワタナベ　キョウコ",
        phone="03-1234-5678",
        email="Kyoko.W@example.co.jp",
    )
    add_login(
        desk.portal,
        customer_id,
        "Kyoko77",
        email="second@example.jp",
        family_name="渡邊",
        given_name="花",
        family_kana="ワタナベ",
        given_kana="ハナ",
    )
    add_line(desk.portal, customer_id, "UC998801")
    return customer_id


FORMS = (
    "C-000-1234", "c-000-1234", "Ｃ－０００－１２３４", " C‐000−1234\r\n", "C - 000 - 1234", "c-000",
    "UC998801", "UC-9988-01", "ｕｃ９９８８０１", "UC 99",
    "Kyoko77", "kyoko-77", "ＫＹＯＫＯ７７", "kyo",
    "渡邊京子", "渡辺 京子", "渡邊　京子様", "渡辺", "京子", "京子 さん",
    "ワタナベキョウコ", "わたなべ きょうこ", "ﾜﾀﾅﾍﾞ ｷﾖｳｺ", "わた", "キョウコ", "ｷﾖｳｺ", "きょうこ\u200b",
    "渡辺花", "はな",
    "03-1234-5678", "0312345678", "０３（１２３４）５６７８", "+81 3-1234-5678", "+81 (0)3 1234 5678", "03ー1234ー5678",
    "5678", "312345678", "1234-5678",
    "kyoko.w@example.co.jp", "ＫＹＯＫＯ．Ｗ＠ｅｘａｍｐｌｅ．ｃｏ．ｊｐ", "kyoko.w@", " Second@Example.JP ",
)  # fmt: skip


def test_every_form_finds_the_customer(desk: Desk, watanabe: uuid.UUID) -> None:
    add_customer(desk.portal, "C-999", name="別 人物", kana="ベツ ジンブツ", phone="06-0000-1111", email="b@example.jp")
    missed = [typed for typed in FORMS if ids(find(desk.portal, typed)) != [watanabe]]
    print(f"{len(FORMS)} forms of what a caller says")
    assert missed == []


def test_another_tenants_customer_is_not_found(desk: Desk, watanabe: uuid.UUID) -> None:
    assert [typed for typed in FORMS if find(desk.other, typed).matches] == []


@pytest.mark.parametrize(
    "typed", ["%", "_", "%京%", "京_", "\\", "'", "' OR 1=1 --", "渡%", "C-000-123_", "\x00", "\ud800"]
)
def test_signs_of_the_database_are_nothing_but_signs(desk: Desk, watanabe: uuid.UUID, typed: str) -> None:
    assert find(desk.portal, typed).matches == ()


def test_names_are_found_by_what_a_company_is_called(desk: Desk) -> None:
    names = ("株式会社 びじも", "株式会社ビジモ", "（株）びじも", "㈱ﾋﾞｼﾞﾓ", "びじも株式会社", "医療法人びじも会")
    wanted = {add_customer(desk.portal, f"B{n}", name=name, kind="company") for n, name in enumerate(names)}
    for typed in ("びじも", "ビジモ", "ﾋﾞｼﾞﾓ"):
        assert set(ids(find(desk.portal, typed))) == wanted, typed
    assert len(ids(find(desk.portal, "株式会社びじも"))) == 2


def test_what_is_typed_in_whole_comes_first_and_nobody_twice(desk: Desk) -> None:
    longer = add_customer(desk.portal, "1000012", name="青森 太郎", kana="アオモリ タロウ")
    whole = add_customer(desk.portal, "100001", name="弘前 花子")
    called = add_customer(desk.portal, "7", name="八戸 一", phone="017-710-0002")
    add_line(desk.portal, whole, "100001-1")
    assert ids(find(desk.portal, "100001")) == [whole, longer]
    assert ids(find(desk.portal, "0002")) == [called]
    names = [add_customer(desk.portal, f"N{n}", name=name) for n, name in enumerate(("佐藤", "佐藤田", "佐 藤"))]
    assert ids(find(desk.portal, "佐藤"))[-1] == names[1]
    assert len(ids(find(desk.portal, "佐藤"))) == 3


def test_fifty_are_shown_and_the_rest_is_narrowed_down(desk: Desk) -> None:
    def many(tx: Tx) -> None:
        for n in range(service.PAGE + 5):
            values = {"number": f"M{n:03}", "number_key": f"m{n:03}", "name": f"大勢 {n:03}"}
            tx.add(Customer(tenant_id=tx.tenant, id=uuid.uuid4(), **values))

    desk.portal.run(many)
    found = find(desk.portal, "大勢")
    assert (len(found.matches), found.more) == (service.PAGE, True)
    found = find(desk.portal, "大勢 003")
    assert (len(found.matches), found.more) == (1, False)


def look_for(client: PortalClient, typed: str) -> Answer:
    """Type it into the box, and see where that leads."""
    client.get("/search")
    sent = client.submit({"q": typed}, form="//form[@role='search']")
    return client.get(sent.location) if sent.status == 303 else sent


def entries(portal: Portal, *actions: str) -> Sequence[AuditEntry]:
    return portal.run(
        lambda tx: (
            tx.query(AuditEntry)
            .filter(AuditEntry.tenant_id == tx.tenant, AuditEntry.action.in_(actions))
            .order_by(AuditEntry.at)
            .all()
        )
    )


def test_the_page_shows_the_list_even_for_one(desk: Desk, watanabe: uuid.UUID) -> None:
    client = desk.browser()
    page = look_for(client, "渡辺京子")
    assert page.status == 200
    assert page.all("//main//tbody//a/@href") == [f"/customers/{watanabe}"]
    assert page.texts("//main//h2[@id='found']") == ["1件のお客様"]
    assert page.all("//form[@role='search']//input[@name='q']/@value") == ["渡辺京子"]
    assert client.get(f"/customers/{watanabe}").texts("//h1") == ["渡邊 京子"]
    page = look_for(client, "5678")
    assert "電話 03-••••-5678" in page.text
    assert "該当するお客様はいません" in look_for(client, "どこにもいない").text


def test_nothing_that_was_typed_stands_in_an_address_or_in_the_trail(desk: Desk, watanabe: uuid.UUID) -> None:
    client = desk.browser()
    for typed in ("渡辺京子", "渡辺京子 様", "0312345678"):
        page = look_for(client, typed)
        assert str(page.raw.url).partition("?s=")[2].count("-") == 4
    found = entries(desk.portal, "desk.searched")
    assert [(e.actor_kind, e.actor, e.customer_id) for e in found] == [("staff", str(desk.staff.account_id), None)] * 3
    assert [e.after["hits"] for e in found if e.after] == [1, 1, 1]
    # The same search is the same digest, so that a trail tells who looks for one person again and again.
    assert found[0].object_id == found[1].object_id != found[2].object_id
    told = " ".join(f"{e.object_id} {e.after} {e.before}" for e in found)
    assert not any(word in told for word in ("渡", "京", "ワタ", "12345", "5678"))


def test_back_shows_the_search_before_and_adds_nothing_to_the_trail(desk: Desk, watanabe: uuid.UUID) -> None:
    client = desk.browser()
    first = str(look_for(client, "渡辺京子").raw.url)
    look_for(client, "5678")
    again = client.get(first)
    assert again.all("//input[@name='q']/@value") == ["渡辺京子"]
    assert len(entries(desk.portal, "desk.searched")) == 2
    # Another browser, another person or a time too late: the address alone tells nothing.
    assert "渡" not in desk.browser().get(first).text
    desk.portal.clock.at += timedelta(minutes=29)
    client.get("/home")
    desk.portal.clock.at += timedelta(minutes=2)
    page = client.get(first)
    assert page.status == 200
    assert "この検索は時間が過ぎました" in page.text


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("", "番号・お名前・電話番号・メールアドレスを入力してください"),
        (" \u3000\r\n", "番号・お名前・電話番号・メールアドレスを入力してください"),
        ("・-", "番号・お名前・電話番号・メールアドレスのどれかを入力してください。"),
        ("あ" * 201, "番号・お名前・電話番号・メールアドレスが長すぎます。200文字以内で入力してください"),
    ],
)
def test_what_says_nothing_is_asked_again(desk: Desk, typed: str, message: str) -> None:
    page = look_for(desk.browser(), typed)
    assert page.status == 422
    assert page.errors == [message]
    assert entries(desk.portal, "desk.searched") == []


@pytest.mark.parametrize("typed", ["%00%00", "\x00", "\u202e\u2066abc", "\ufdfa" * 200, "か\u3099" * 100, "١٢٣٤"])
def test_bad_input_is_no_error_of_ours(desk: Desk, typed: str) -> None:
    assert look_for(desk.browser(), typed).status in (200, 422)
    assert desk.browser().get("/search?s=%00%FF").status == 200
    assert desk.browser().get(f"/search?s={uuid.uuid4()}").status == 200


def test_who_searches_very_often_is_stopped_for_a_while(
    desk: Desk, watanabe: uuid.UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "SEARCHES_AN_HOUR", 3)
    client = desk.browser()
    assert [look_for(client, f"渡辺{n}").status for n in range(3)] == [200, 200, 200]
    page = look_for(client, "渡辺京子")
    assert page.status == 429
    assert page.errors == ["この1時間の検索回数が多すぎます。しばらくしてから続けるか、管理者に相談してください。"]
    assert page.all("//input[@name='q']/@value") == ["渡辺京子"]
    assert look_for(client, "渡辺京子").status == 429
    assert len(entries(desk.portal, "desk.search_refused")) == 1
    # Somebody else works on, and an hour later so does who was stopped.
    other = add_staff(desk.office, {desk.portal.name: "reader"}, name="田中")
    assert look_for(sit_down(desk.office, other, desk.portal), "渡辺京子").status == 200
    desk.portal.clock.at += timedelta(minutes=29)
    client.get("/home")
    desk.portal.clock.at += timedelta(minutes=29)
    client.get("/home")
    desk.portal.clock.at += timedelta(minutes=3)
    assert look_for(client, "渡辺京子").status == 200


def test_under_row_security_every_guess_is_a_range_of_an_index(desk: Desk, figure: Callable[[str], None]) -> None:
    """A condition that PostgreSQL does not trust waits until the tenant was compared: it would read the whole tenant."""

    def plan(tx: Tx, kind: str) -> str:
        asked = service._READS[kind].ask(tenant=tx.tenant, low="a", high="b").statement  # type: ignore[index]
        sql = asked.sql.decode()
        for number, value in reversed(list(enumerate(asked.values, 1))):
            sql = sql.replace(f"${number}", f"'{value}'")
        return "\n".join(row[0] for row in tx.connection().exec_driver_sql(f"EXPLAIN {sql}"))

    def work(tx: Tx) -> dict[str, str]:
        for way in ("seqscan", "bitmapscan", "sort"):
            tx.connection().exec_driver_sql(f"SET LOCAL enable_{way} = off")
        return {kind: plan(tx, kind) for kind in KINDS}

    plans = desk.portal.run(work)
    ranges = [kind for kind, told in plans.items() if re.search(r"Index Cond: .* >= 'a'.* <= 'b'", told)]
    figure(f"staff search: {len(ranges)} of {len(KINDS)} guesses are ranges of an index under row security")
    assert sorted(set(KINDS) - set(ranges)) == ["mailbox"]
    assert "Index Cond: ((tenant_id" in plans["mailbox"]
    assert "value_key = 'a'" in plans["mailbox"]
    assert [kind for kind, told in plans.items() if "Sort" in told] == []


def test_keys_follow_whoever_writes_the_row(desk: Desk) -> None:
    customer_id = add_customer(
        desk.portal, "K1", name="青森 太郎", kana="アオモリ タロウ", phone="017-1", email="A@x.jp"
    )
    add_login(desk.portal, customer_id, "k1", email="B@x.jp", family_name="青森", given_name="花")

    def change(tx: Tx) -> None:
        customer = tx.query(Customer).filter(Customer.tenant_id == tx.tenant, Customer.id == customer_id).one()
        customer.phone, customer.email, customer.name = "06-1234-9999", "New@X.jp", "八戸 次郎"

    desk.portal.run(change)
    assert ids(find(desk.portal, "9999")) == ids(find(desk.portal, "次郎")) == ids(find(desk.portal, "new@x.jp"))
    assert ids(find(desk.portal, "9999")) == [customer_id]
    assert ids(find(desk.portal, "青森太郎")) == []
    sql = {"customer": CUSTOMER_SQL, "account": ACCOUNT_SQL}
    for table, columns in sql.items():
        wrong = " OR ".join(f"{column} <> {expression}" for column, expression in columns.items())
        query = text(f"SELECT count(*), count(*) FILTER (WHERE {wrong}) FROM {table} WHERE tenant_id = :t")
        assert desk.portal.run(lambda tx, query=query: tuple(tx.execute(query, {"t": tx.tenant}).one())) == (1, 0)
