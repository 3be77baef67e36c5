"""Notices from the console: written, aimed, shown to whom they are for and to nobody else, changed, taken back."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, text, update

from mypage.auth.models import Customer
from mypage.contracts.models import Contract, Subscription
from mypage.db.session import Tx
from mypage.lib.clock import TOKYO
from mypage.notices.audience import audience_of, count_audience
from mypage.notices.models import Notice
from mypage.notices.service import _LATEST, _visible
from mypage.notices.writing import ChangedMeanwhile, NoticeText, change, publish, take_back, write
from mypage.staff.notices.audiences import MOST_LISTED
from mypage.testing.portal import NOON, MakePortal, Portal, PortalClient
from portal_rows import Person, add_contract, add_person, sign_in
from staff_rows import Staff, add_staff, make_office, sit_down

SEED = 20261121


@pytest.fixture
def left(make_portal: MakePortal) -> Portal:
    return make_portal("actv")


@pytest.fixture
def office(make_portal: MakePortal) -> Portal:
    return make_office(make_portal)


@pytest.fixture
def agent(office: Portal, left: Portal) -> Staff:
    return add_staff(office, {left.name: "agent"})


@pytest.fixture
def desk(office: Portal, left: Portal, agent: Staff) -> PortalClient:
    return sit_down(office, agent, left)


def words(title: str = "工事のお知らせ", **other: Any) -> NoticeText:
    values: dict[str, Any] = {
        "title": title, "body": "本文", "title_en": "", "body_en": "", "importance": "normal",
        "starts_at": NOON - timedelta(days=1), "ends_at": None, "audience": "all",
    }  # fmt: skip
    return NoticeText(**(values | other))


def shown(portal: Portal, content: NoticeText) -> uuid.UUID:
    """A published notice."""

    def work(tx: Tx) -> uuid.UUID:
        return publish(tx, write(tx, content, by=uuid.uuid4()).id).id

    return portal.run(work)


def titles(client: PortalClient) -> list[str]:
    return client.get("/notices").texts("//*[contains(@class,'notice__title')]")


def set_columns(portal: Portal, person: Person, **columns: Any) -> None:
    change_ = update(Customer).where(Customer.tenant_id == portal.name, Customer.id == person.customer_id)
    portal.run(lambda tx: tx.execute(change_.values(**columns)))


def hold(portal: Portal, person: Person, contract: uuid.UUID, product: str, *, ended: bool = False) -> None:
    def work(tx: Tx) -> None:
        tx.add(
            Subscription(
                tenant_id=tx.tenant, id=uuid.uuid4(), customer_id=person.customer_id, contract_id=contract,
                holder_id=contract, product=product, piece=1, bought_at=NOON - timedelta(days=9),
                ended_at=NOON if ended else None,
            )
        )  # fmt: skip

    portal.run(work)


def test_each_audience_sees_its_own_and_nobody_else(left: Portal) -> None:
    one, other = add_person(left, "1000001"), add_person(left, "1000002")
    mine = add_contract(left, one, "C-1", plan="light", place="青森県弘前市1-1")
    add_contract(left, other, "C-2", plan="light", status="terminated")
    hold(left, one, mine, "talk")
    set_columns(left, one, postal_code="036-8001", address="青森県弘前市見本町1")
    set_columns(left, other, postal_code="030-0801", address="青森県青森市新町2")
    aims: dict[str, NoticeText] = {
        "プラン": words("プラン", audience="plan", aimed=("light", "other")),
        "商品": words("商品", audience="product", aimed=("talk",)),
        "郵便番号": words("郵便番号", audience="area", aimed=("0368",)),
        "住所": words("住所", audience="area", aimed=("青森県弘前市",)),
        "名簿": words("名簿", audience="list", customers=(one.customer_id,)),
    }
    ids = {title: shown(left, content) for title, content in aims.items()}
    shown(left, words("全員"))
    reader, stranger = sign_in(left, one), sign_in(left, other)
    assert sorted(titles(reader)) == sorted([*aims, "全員"])
    assert titles(stranger) == ["全員"]
    for notice_id in ids.values():
        assert reader.get(f"/notices/{notice_id}").status == 200
        assert stranger.get(f"/notices/{notice_id}").status == 404
    home = stranger.get("/home")
    assert "全員" in home.text
    assert not any(title in home.text for title in aims)
    counted = left.run(lambda tx: [count_audience(tx, _row(tx, each)) for each in ids.values()])
    assert counted == [1] * len(ids)


def _row(tx: Tx, notice_id: uuid.UUID) -> Notice:
    return tx.execute(select(Notice).where(Notice.tenant_id == tx.tenant, Notice.id == notice_id)).scalar_one()


def test_drafts_and_what_was_taken_back_are_seen_by_nobody(left: Portal) -> None:
    reader = sign_in(left, add_person(left))
    draft = left.run(lambda tx: write(tx, words("下書き"), by=uuid.uuid4()).id)
    gone = shown(left, words("取り下げ"))
    assert titles(reader) == ["取り下げ"]
    left.run(lambda tx: take_back(tx, gone))
    assert titles(reader) == []
    for notice_id in (draft, gone):
        assert reader.get(f"/notices/{notice_id}").status == 404


def test_one_customer_and_all_of_them_are_asked_alike(left: Portal, figure: Callable[[str], None]) -> None:
    """What a page shows to one customer is what is counted and mailed: for chance customers and notices."""
    dice = random.Random(SEED)
    plans, products, places = ("a", "b", ""), ("talk", "tv"), ("青森県青森市", "青森県弘前市", "")
    people = [uuid.uuid4() for _ in range(60)]

    def seed(tx: Tx) -> None:
        for number, each in enumerate(people):
            code = dice.choice(("030-0801", "036-8001", "", "0300001"))
            tx.add(
                Customer(
                    tenant_id=tx.tenant, id=each, number=f"n{number}", number_key=f"n{number}", name="名前",
                    postal_code=code, address=dice.choice(places),
                )
            )  # fmt: skip
        tx.flush()
        for number, each in enumerate(people):
            for piece in range(dice.randrange(3)):
                contract = uuid.uuid4()
                tx.add(
                    Contract(
                        tenant_id=tx.tenant, id=contract, customer_id=each, number=f"c{number}-{piece}",
                        number_key=f"c{number}-{piece}", name="", plan=dice.choice(plans), place=dice.choice(places),
                        status=dice.choice(("active", "terminated", "suspended")),
                    )
                )  # fmt: skip
                tx.flush()
                if dice.random() < 0.5:
                    tx.add(
                        Subscription(
                            tenant_id=tx.tenant, id=uuid.uuid4(), customer_id=each, contract_id=contract,
                            holder_id=contract, product=dice.choice(products), piece=1, bought_at=NOON,
                            ended_at=dice.choice((None, NOON)),
                        )
                    )  # fmt: skip

    left.run(seed)
    kinds: list[NoticeText] = [words()]
    for _ in range(12):
        kinds += [
            words(audience="plan", aimed=tuple(dice.sample(("a", "b"), dice.randint(1, 2)))),
            words(audience="product", aimed=(dice.choice(products),)),
            words(audience="area", aimed=tuple(dice.sample(("030", "0368", "青森県弘", "青森"), 2))),
            words(audience="list", customers=tuple(dice.sample(people, 7))),
        ]
    ids = [shown(left, content) for content in kinds]
    asked = select(Notice.id).where(*_visible())

    def compare(tx: Tx) -> int:
        counted: dict[uuid.UUID, set[uuid.UUID]] = {}
        for notice_id in ids:
            row = _row(tx, notice_id)
            counted[notice_id] = set(tx.scalars(audience_of(tx, row)))
            assert row.reached == len(counted[notice_id])
        for customer in people:
            values = {"tenant": tx.tenant, "customer": customer, "permissions": " ", "now": tx.now()}
            seen = set(tx.scalars(asked, values))
            assert seen == {notice_id for notice_id in ids if customer in counted[notice_id]}
        return len(ids) * len(people)

    pairs = left.run(compare)
    figure(f"notices: {pairs:,} pairs of notice and customer asked both ways, seed {SEED}")


def test_a_page_looks_a_targeted_notice_up_by_index(left: Portal, figure: Callable[[str], None]) -> None:
    """With many customers on lists the customer's own page asks indexes alone (the plan is printed)."""
    people = [uuid.uuid4() for _ in range(300)]

    def seed(tx: Tx) -> None:
        rows = [
            {"tenant_id": tx.tenant, "id": each, "number": f"n{n}", "number_key": f"n{n}", "name": "名前"}
            for n, each in enumerate(people)
        ]
        tx.execute(insert(Customer), rows)

    left.run(seed)
    for _ in range(8):
        shown(left, words(audience="list", customers=tuple(people)))

    def plan(tx: Tx) -> str:
        sql = _LATEST.sql.decode()
        values = {
            "tenant": tx.tenant, "customer": people[7], "account": uuid.uuid4(), "permissions": " ", "now": tx.now(),
            "limit": 5,
        }  # fmt: skip
        filled = {f"v{n}": values.get(name, constant) for n, (name, constant) in enumerate(_LATEST.places, 1)}
        for n in range(len(filled), 0, -1):
            sql = sql.replace(f"${n}", f"%(v{n})s")
        # Tables of a test are too small for an index to pay; whether one serves is the question.
        tx.connection().exec_driver_sql("SET LOCAL enable_seqscan = off /* unfiltered on purpose */")
        rows = tx.connection().exec_driver_sql(f"EXPLAIN (ANALYZE, COSTS OFF) {sql}", filled)
        return "\n".join(row[0] for row in rows)

    found = left.run(plan)
    print(found)
    assert "notice_target_pkey" in found or "notice_target_tenant_id_notice_id_customer_id_idx" in found
    assert "Seq Scan" not in found
    took = next(line for line in found.splitlines() if "Execution Time" in line).strip()
    figure(f"notices: the newest of 8 lists of 300 customers each, {took}")


def test_two_who_change_one_notice_do_not_overwrite(left: Portal) -> None:
    row = left.run(lambda tx: write(tx, words(), by=uuid.uuid4()))
    first = row.updated_at
    left.clock.at += timedelta(minutes=1)
    left.run(lambda tx: change(tx, row.id, words("一人目"), seen=first))
    with pytest.raises(ChangedMeanwhile):
        left.run(lambda tx: change(tx, row.id, words("二人目"), seen=first))


# ---------------------------------------------------------------- pages

FORM = {
    "title": "回線工事のお知らせ",
    "body": "一段落目\n\n二段落目 https://example.jp/a",
    "title_en": "Line works",
    "body_en": "In English.",
    "importance": "important",
    "starts": "2026-11-21T09:00",
    "ends": "",
    "audience": "all",
}


def test_from_the_form_to_the_customers_page(
    left: Portal, desk: PortalClient, make_portal: MakePortal, agent: Staff
) -> None:
    reader = sign_in(left, add_person(left))
    desk.get("/notices/new")
    page = desk.submit(FORM, follow=True)
    assert page.texts("//h1") == ["回線工事のお知らせ"]
    assert "下書き" in page.text
    assert titles(reader) == []
    preview = desk.get(page.all("//main//a[contains(@href,'preview') and contains(@href,'language=en')]/@href")[0])
    assert preview.texts("//h1") == ["Line works"]
    assert "お客様に表示される画面の見本です" in preview.text
    assert preview.all("//script") == []
    sheets = preview.all("//link[@rel='stylesheet']/@href")
    assert any(f"/look/{left.name}/" in sheet for sheet in sheets)
    for sheet in [*sheets, *preview.all("//img/@src")]:
        assert desk.get(sheet).status == 200, sheet
    assert "default-src 'none'" in preview.raw.headers["content-security-policy"]
    desk.get(page.raw.url.path)
    done = desk.submit({}, form="//form[contains(@action,'/publish')]", follow=True)
    assert "お知らせを公開しました。" in done.text
    assert titles(reader) == ["回線工事のお知らせ"]
    where = reader.get("/notices").all("//a[contains(@href,'/notices/')]/@href")[0]
    reader.get(where)
    listed = desk.get("/notices")
    assert listed.texts("//tbody//td[contains(@class,'num')]") == ["1 / 1"]
    desk.get(page.raw.url.path)
    gone = desk.submit({}, form="//form[contains(@action,'/withdraw')]", follow=True)
    assert "もう誰にも表示されません" in gone.text
    assert titles(reader) == []
    assert gone.texts("//ol[@class='log']//p[@class='strong']")[-1] == "作成：佐藤 花子"


def test_wrong_input_keeps_what_was_typed(left: Portal, desk: PortalClient) -> None:
    add_person(left, "1000001")
    desk.get("/notices/new")
    typed = {**FORM, "audience": "list", "customers": "1000001\n9999999,だれか\n１０００００１\nx", "body_en": ""}
    page = desk.submit(typed)
    assert page.status == 422
    assert "2行目 9999999" in page.text
    assert page.form_values()["customers"].split() == typed["customers"].split()
    assert page.form_values()["body"].replace("\r\n", "\n").strip() == FORM["body"]
    assert any("英語は" in error for error in page.errors)
    for wrong in ({"starts": "明日"}, {"ends": "2026-11-20T09:00"}, {"audience": "nobody"}, {"title": ""}):
        assert desk.submit({**FORM, **wrong}, form="//main//form[contains(@action,'/new')]").status == 422
    for empty in ("plan", "area", "list"):
        answer = desk.submit(
            {**FORM, "audience": empty, "customers": ""}, form="//main//form[contains(@action,'/new')]"
        )
        assert answer.status == 422
    answer = desk.submit(
        {**FORM, "audience": "plan", "plans": "no-such"}, form="//main//form[contains(@action,'/new')]"
    )
    assert "no-such" in answer.text


def test_a_long_list_is_taken_and_one_too_long_is_not(
    left: Portal, desk: PortalClient, figure: Callable[[str], None]
) -> None:
    numbers = [f"88{n:06d}" for n in range(3_000)]

    def seed(tx: Tx) -> None:
        tx.execute(
            text(
                "INSERT INTO customer (tenant_id, id, number, number_key, name)"
                " SELECT :tenant, gen_random_uuid(), n, n, '名前' FROM unnest(CAST(:numbers AS text[])) n"
            ),
            {"tenant": tx.tenant, "numbers": numbers},
        )

    left.run(seed)
    desk.get("/notices/new")
    page = desk.submit({**FORM, "audience": "list", "customers": "\r\n".join(numbers)}, follow=True)
    assert page.status == 200
    assert "0 / 3,000" in page.text
    desk.get("/notices/new")
    too_many = desk.submit({**FORM, "audience": "list", "customers": "\r\n".join(map(str, range(MOST_LISTED + 1)))})
    assert too_many.status == 422
    assert "50,000" in too_many.text
    figure("notices: a list of 3,000 customer numbers goes through the form")


def test_a_double_press_writes_one_notice(left: Portal, desk: PortalClient) -> None:
    desk.get("/notices/new")
    page = desk.last
    assert page is not None
    values = page.form_values() | FORM
    first, second = desk.post("/notices/new", values), desk.post("/notices/new", values)
    assert first.location == second.location
    assert len(desk.get("/notices").all("//tbody//tr")) == 1


def test_a_form_without_its_operation_is_stale(left: Portal, desk: PortalClient) -> None:
    desk.get("/notices/new")
    for operation in ("", "x", "\x00", "9" * 500):
        assert desk.post("/notices/new", FORM | {"operation": operation}).status == 409
    assert desk.get("/notices").all("//tbody//tr") == []


def test_another_portals_notice_is_missing_at_the_desk(
    left: Portal, desk: PortalClient, make_portal: MakePortal
) -> None:
    right = make_portal("actv")
    foreign = shown(right, words())
    for path in ("", "/edit", "/preview"):
        assert desk.get(f"/notices/{foreign}{path}").status == 404
    desk.get("/notices")
    for path in ("/publish", "/withdraw"):
        assert desk.post(f"/notices/{foreign}{path}").status == 404
    assert desk.get(f"/look/{right.name}/theme.css").status == 404
    assert desk.get(f"/look/{left.name}/nothing.css").status == 404


def test_changing_keeps_the_history(left: Portal, desk: PortalClient) -> None:
    desk.get("/notices/new")
    page = desk.submit(FORM, follow=True)
    path = page.raw.url.path
    desk.get(f"{path}/edit")
    assert desk.last is not None
    values = desk.last.form_values()
    assert values["starts"] == FORM["starts"]
    changed = desk.submit({"title": "変わった題", "audience": "all"}, follow=True)
    assert changed.texts("//h1") == ["変わった題"]
    assert "回線工事のお知らせ → 変わった題" in changed.text
    stale = desk.post(f"{path}/edit", values | {"title": "古い画面から"})
    assert stale.status in (200, 303, 409)
    left.clock.at += timedelta(seconds=5)
    desk.get(f"{path}/edit")
    again = desk.last.form_values()
    left.clock.at += timedelta(seconds=5)
    assert desk.post(f"{path}/edit", again | {"title": "一度目"}).status == 303
    refused = desk.post(f"{path}/edit", again | {"title": "二度目"})
    assert refused.status == 409
    assert refused.form_values()["title"] == "二度目"
    assert date(2026, 11, 21) == NOON.astimezone(TOKYO).date()
