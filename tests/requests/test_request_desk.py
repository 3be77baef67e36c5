"""Requests in the console: the queue by section and form, asking and the answer, ending them, paper and files."""

from __future__ import annotations

import csv
import io
import uuid

import pytest
from requestkit import PDF, filed, holder, nagi_portal, principal_of, request_of, signed_in, vault_of
from sqlalchemy import select

import sample_operator.plugin as nagi
from mypage.audit.models import AuditEntry
from mypage.db.session import Tx
from mypage.hooks.requests import FileRule
from mypage.requests import service
from mypage.requests.content import ContentRow
from mypage.requests.files import add_file, keep_files
from mypage.testing.portal import MakePortal, Portal, PortalClient
from mypage.work.models import WorkItem
from portal_rows import Person, operator_of
from staff_rows import add_staff, mails_of, make_office, sit_down


@pytest.fixture
def portal(make_portal: MakePortal) -> Portal:
    return nagi_portal(make_portal)


@pytest.fixture
def person(portal: Portal) -> Person:
    return holder(portal)


@pytest.fixture
def office(make_portal: MakePortal, portal: Portal) -> Portal:
    return make_office(make_portal, plugins={"nagi": nagi})


@pytest.fixture
def desk(office: Portal, portal: Portal) -> PortalClient:
    return sit_down(office, add_staff(office, {portal.name: "manager"}), portal)


def item_path(portal: Portal, request: uuid.UUID) -> str:
    found = select(WorkItem.id).where(WorkItem.subject_id == request)
    return f"/queue/{portal.run(lambda tx: tx.execute(found.where(WorkItem.tenant_id == tx.tenant)).scalar_one())}"


@pytest.mark.req("BIZ-66")
def test_the_queue_by_section_and_form(desk: PortalClient, portal: Portal, person: Person) -> None:
    for form in ("berth-move", "storm-stop", "slip-mail"):
        filed(portal, person, form)
    assert len(desk.get("/queue/requests").all("//tbody/tr")) == 3
    assert len(desk.get("/queue/requests?section=s-berth").all("//tbody/tr")) == 2
    one = desk.get("/queue/requests?section=f-slip-mail")
    assert [text.split()[1].startswith("けいたいメール") for text in one.texts("//tbody/tr")] == [True]
    assert one.all("//select[@name='section']/option[@selected]/@value") == ["f-slip-mail"]
    for strange in ("s-moon", "f-moon", "x", "%00", "-" * 200):
        assert len(desk.get(f"/queue/requests?section={strange}").all("//tbody/tr")) == 3
    first = desk.get("/queue/requests").texts("//tbody/tr")[0]
    assert "冬のおやすみ" in first, "what is due first comes first"


def test_a_question_stands_on_the_customers_page_and_its_answer_in_the_queue(
    desk: PortalClient, portal: Portal, person: Person
) -> None:
    request = filed(portal, person)
    path = item_path(portal, request)
    desk.get(path)
    desk.submit({}, form="//form[contains(@action,'/take')]", follow=True)
    assert request_of(portal, request).state == "working"
    asking = desk.get(f"{path}/ask?template=boat")
    assert asking.all("//textarea")[0].text.strip() == "舟の名をおしらせください。"
    desk.submit({})
    assert "質問を送りました" in desk.submit({}, follow=True).text
    assert desk.get(path).all("//a[contains(@href,'/ask')]") == []
    client = signed_in(portal, person)
    page = client.get(f"/requests/filed/{request}")
    assert "舟の名をおしらせください。" in page.text
    assert client.submit({"answer": " "}).status == 422
    assert client.submit({"answer": "うみ号\nです"}, follow=True).status == 200
    assert request_of(portal, request).state == "working"
    assert "うみ号" in desk.get(path).text
    assert "お客様からの回答" in desk.get(path).text
    late = client.post(f"/requests/filed/{request}/answer", {"answer": "x", "question": str(uuid.uuid4())}, follow=True)
    assert "状態が変わりました" in late.text
    assert {mail["step"] for mail in mails_of(portal, "request_step")} == {"filed", "working", "asked", "answered"}
    assert mails_of(portal, "desk_message") == [], "the customer is told once"


def test_staff_may_keep_an_answer_that_came_by_telephone(desk: PortalClient, portal: Portal, person: Person) -> None:
    request = filed(portal, person)
    path = item_path(portal, request)
    desk.get(f"{path}/ask")
    desk.submit({"question": "どの舟ですか"})
    desk.submit({}, follow=True)
    desk.submit({"answer": "電話で、うみ号"}, form="//form[contains(@action,'/resume')]", follow=True)
    assert request_of(portal, request).state == "working"
    assert "うみ号" in signed_in(portal, person).get(f"/requests/filed/{request}").text


def test_completing_and_returning_say_what_the_customer_reads(
    desk: PortalClient, portal: Portal, person: Person
) -> None:
    one, other = filed(portal, person), filed(portal, person)
    desk.get(f"{item_path(portal, one)}/decide/complete")
    assert desk.submit({"told": "https://evil.example を見てください"}).status == 422
    assert desk.submit({"told": "桟橋の線をつなぎました。", "note": "内々の話"}, follow=True).status == 200
    desk.get(f"{item_path(portal, other)}/decide/return")
    assert desk.submit({"told": "x"}).status == 422
    sure = desk.submit({"reason": "papers", "told": "写しをお送りください。"})
    assert "許可証がたりませんでした。写しをお送りください。" in sure.text.replace(" ", "")
    assert desk.submit({}, follow=True).status == 200
    assert [request_of(portal, each).state for each in (one, other)] == ["done", "returned"]
    client = signed_in(portal, person)
    done, returned = (client.get(f"/requests/filed/{each}").text for each in (one, other))
    assert "桟橋の線をつなぎました。" in done
    assert "内々の話" not in done
    assert "許可証がたりませんでした。" in returned
    told = {mail["step"]: mail["lines"] for mail in mails_of(portal, "request_step")}
    assert told["returned"] == ("許可証がたりませんでした。", "写しをお送りください。")


def test_what_the_customer_took_back_is_settled(desk: PortalClient, portal: Portal, person: Person) -> None:
    request = filed(portal, person)
    path = item_path(portal, request)
    act = desk.get(f"{path}/decide/complete")
    portal.run(lambda tx: service.withdraw(tx, vault_of(portal), operator_of(portal), principal_of(person), request))
    late = desk.submit({"told": "できました"})
    assert (act.status, late.status) == (200, 409)
    assert request_of(portal, request).state == "withdrawn"


def test_on_paper_and_as_a_file(desk: PortalClient, portal: Portal, person: Person) -> None:
    request = filed(portal, person)
    filed(portal, person, "slip-mail")
    page = desk.get(f"/requests/{request}/print")
    assert page.status == 200
    assert "港町1" in page.text
    assert page.all("//article[contains(@class,'sheet')]")
    taken = desk.get("/requests/export?section=s-berth")
    assert taken.raw.headers["content-disposition"].startswith("attachment")
    rows = list(csv.reader(io.StringIO(taken.raw.content.decode("utf-8-sig"))))
    assert rows[0][-1] == "あたらしい住所"
    assert [row[-1] for row in rows[1:]] == ["港町1"]
    assert len(list(csv.reader(io.StringIO(desk.get("/requests/export").raw.text)))) == 3
    assert len(list(csv.reader(io.StringIO(desk.get("/requests/export?until=2026-11-20").raw.text)))) == 1
    assert desk.get("/requests/export?section=s-moon").status == 404
    assert desk.get("/requests/export?since=never&until=9999-99-99").status == 200
    trail = portal.run(lambda tx: list(tx.scalars(select(AuditEntry.action).where(AuditEntry.tenant_id == tx.tenant))))
    assert trail.count("request.exported") == 4


def test_a_formula_stays_text(desk: PortalClient, portal: Portal, person: Person) -> None:
    row = ContentRow(name="a", kind="text", label="あたらしい住所", value="=HYPERLINK(1)")
    filed(portal, person, rows=(row,))
    assert "'=HYPERLINK(1)" in desk.get("/requests/export").raw.text


def test_a_file_is_a_download_and_who_took_it_stands_in_the_trail(
    desk: PortalClient, portal: Portal, person: Person, office: Portal
) -> None:
    request, draft = filed(portal, person), uuid.uuid4()

    def work(tx: Tx) -> uuid.UUID:
        file = add_file(
            tx, vault_of(portal), owner=b"o", draft_id=draft, field="papers", rule=FileRule(), name="許可証.pdf",
            content=PDF,
        )  # fmt: skip
        keep_files(tx, request, draft_id=draft, owner=b"o")
        return file

    file = portal.run(work)
    assert f"/requests/files/{file}" in desk.get(item_path(portal, request)).all("//main//a/@href")
    got = desk.get(f"/requests/files/{file}")
    assert got.raw.content == PDF
    assert got.raw.headers["content-disposition"].startswith("attachment")
    assert got.raw.headers["x-content-type-options"] == "nosniff"
    trail = select(AuditEntry).where(AuditEntry.action == "request.file_read")
    entry = portal.run(lambda tx: tx.scalars(trail.where(AuditEntry.tenant_id == tx.tenant)).one())
    assert (entry.customer_id, (entry.after or {})["file"]) == (person.customer_id, "許可証.pdf")
    assert desk.get(f"/requests/files/{uuid.uuid4()}").status == 404
    reader = sit_down(office, add_staff(office, {portal.name: "reader"}, name="田中"), portal)
    assert reader.get("/requests/export").status == 403
