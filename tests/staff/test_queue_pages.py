"""The work queue in the browser's eyes: lists, one item, and everything that staff do with it."""

from __future__ import annotations

import uuid

import pytest
from queuekit import add_card_review, item_of, rows

from mypage.audit.models import AuditEntry
from mypage.billing.models import PaymentReview
from mypage.mail.models import MailMessage
from mypage.notices.models import Notice
from mypage.staff.queue import listing
from mypage.testing.portal import MakePortal, Portal, PortalClient
from staff_rows import Staff, add_staff, make_office, sit_down


@pytest.fixture
def here(make_portal: MakePortal) -> Portal:
    return make_portal("actv")


@pytest.fixture
def office(make_portal: MakePortal) -> Portal:
    return make_office(make_portal)


@pytest.fixture
def sato(office: Portal, here: Portal) -> Staff:
    return add_staff(office, {here.name: "agent"}, name="佐藤 花子")


@pytest.fixture
def client(office: Portal, here: Portal, sato: Staff) -> PortalClient:
    return sit_down(office, sato, here)


def version(page: object) -> dict[str, str]:
    return {"version": page.all("//main//input[@name='version']/@value")[0]}  # type: ignore[attr-defined]


def test_the_queue_shows_what_waits_and_is_taken_by_one_press(here: Portal, client: PortalClient, sato: Staff) -> None:
    item = add_card_review(here)
    page = client.get("/queue")
    assert page.status == 200
    assert page.texts("//nav[@id='work-stats']//b") == ["0", "0", "1", "1"]
    assert item.reference in page.text
    answer = client.submit({}, form="//tbody//form")
    assert answer.location == f"/queue#w-{item.id}"
    assert item_of(here, item.id).assignee_id == sato.account_id
    assert "佐藤 花子" in client.get("/queue").text


def test_who_comes_late_is_told_the_name_and_the_time(
    here: Portal, office: Portal, client: PortalClient, sato: Staff
) -> None:
    item = add_card_review(here)
    tanaka = sit_down(office, add_staff(office, {here.name: "agent"}, name="田中 一郎"), here)
    tanaka.get("/queue")
    client.get("/queue")
    assert client.post(f"/queue/{item.id}/take", {"version": "1"}).status == 303
    assert client.post(f"/queue/{item.id}/take", {"version": "1"}).status == 303  # a double click
    for path, form in (
        ("take", {"version": "1"}),
        ("release", {"version": "1"}),
        ("decide/accept", {"version": "1"}),
        ("ask", {"version": "1", "question": "どなたのカードですか。", "confirmed": "1"}),
    ):
        late = tanaka.post(f"/queue/{item.id}/{path}", form)
        assert late.status == 409, path
        assert "佐藤 花子さんが12:00に引き受けました。" in late.text
    assert item_of(here, item.id).assignee_id == sato.account_id
    assert rows(here, PaymentReview)[0].state == "waiting"
    assert not rows(here, MailMessage)


def test_a_card_is_accepted_with_its_work_in_one_unit(here: Portal, client: PortalClient, sato: Staff) -> None:
    item = add_card_review(here)
    page = client.get(f"/queue/{item.id}")
    assert "HANAKO YAMADA" in page.text
    step = client.get(f"/queue/{item.id}/decide/accept")
    assert "青森 太郎" in step.text
    done = client.post(f"/queue/{item.id}/decide/accept", version(step))
    assert done.location == f"/queue/{item.id}"
    assert rows(here, PaymentReview)[0].state == "accepted"
    assert (item_of(here, item.id).state, item_of(here, item.id).closed_by) == ("done", str(sato.account_id))
    assert [mail.template for mail in rows(here, MailMessage)] == ["card_accepted"]
    again = client.post(f"/queue/{item.id}/decide/accept", version(step))
    assert again.status in (303, 409)
    assert len(rows(here, MailMessage)) == 1


def test_a_card_is_rejected_in_two_steps(here: Portal, client: PortalClient) -> None:
    item = add_card_review(here)
    step = client.get(f"/queue/{item.id}/decide/reject")
    refused = client.post(f"/queue/{item.id}/decide/reject", version(step) | {"note": ""})
    assert refused.status == 422
    second = client.post(f"/queue/{item.id}/decide/reject", version(step) | {"note": "家族の<b>名義</b>"})
    assert second.status == 200
    assert "家族の&lt;b&gt;名義&lt;/b&gt;" in second.raw.text
    assert rows(here, PaymentReview)[0].state == "waiting"
    done = client.post(f"/queue/{item.id}/decide/reject", second.form_values())
    assert done.status == 303
    (review,) = rows(here, PaymentReview)
    assert (review.state, review.reason) == ("rejected", "家族の<b>名義</b>")
    assert item_of(here, item.id).state == "rejected"


def test_a_question_goes_out_and_the_answer_brings_the_work_back(here: Portal, client: PortalClient) -> None:
    item = add_card_review(here)
    step = client.get(f"/queue/{item.id}/ask")
    first = version(step)
    for wrong in ("", "https://evil.example/", "x" * 1001, "\n".join(["a"] * 13), "\u202eabc"):
        assert client.post(f"/queue/{item.id}/ask", first | {"question": wrong}).status == 422, wrong
    second = client.post(f"/queue/{item.id}/ask", first | {"question": "カードの名義は\r\nどなたですか。"})
    assert second.status == 200
    assert "taro@example.jp" in second.text
    assert client.post(f"/queue/{item.id}/ask", second.form_values()).location == f"/queue/{item.id}"
    (notice,) = rows(here, Notice)
    assert (notice.body, notice.permission) == ("カードの名義は\nどなたですか。", "card.change")
    assert [mail.template for mail in rows(here, MailMessage)] == ["desk_message"]
    page = client.get(f"/queue/{item.id}")
    assert item_of(here, item.id).state == "asked"
    done = client.post(f"/queue/{item.id}/resume", version(page) | {"answer": "本人です"})
    assert done.status == 303
    assert item_of(here, item.id).state == "taken"
    assert "本人です" in client.get(f"/queue/{item.id}").text


def test_handing_over_names_only_those_who_may_work(here: Portal, office: Portal, client: PortalClient) -> None:
    tanaka = add_staff(office, {here.name: "agent"}, name="田中 一郎")
    reader = add_staff(office, {here.name: "reader"}, name="読者 次郎")
    for staff in (tanaka, reader):
        sit_down(office, staff, here)
    item = add_card_review(here)
    page = client.get(f"/queue/{item.id}")
    names = page.texts("//select[@name='to']/option")
    assert "田中 一郎" in names
    assert "読者 次郎" not in names
    for nobody in (str(reader.account_id), str(uuid.uuid4()), "x", ""):
        assert client.post(f"/queue/{item.id}/hand", {"version": "1", "to": nobody}).status == 422
    done = client.post(f"/queue/{item.id}/hand", {"version": "1", "to": str(tanaka.account_id), "why": "50%"})
    assert done.status == 303
    assert item_of(here, item.id).assignee_id == tanaka.account_id
    page = client.get(f"/queue/{item.id}")
    assert "田中 一郎さんへ引き継ぎました" in page.text
    assert page.all("//a[contains(@href, '/decide/')]") == []


def test_a_reader_sees_and_does_nothing(here: Portal, office: Portal) -> None:
    reader = sit_down(office, add_staff(office, {here.name: "reader"}), here)
    item = add_card_review(here)
    for path in ("/queue", "/queue/cards", "/queue/failures", f"/queue/{item.id}"):
        page = reader.get(path)
        assert page.status == 200
        assert page.all("//main//form[@method='post']") == []
    assert reader.get("/queue/export").status == 403
    for path in ("take", "release", "hand", "ask", "resume", "note", "decide/accept"):
        assert reader.post(f"/queue/{item.id}/{path}", {"version": "1"}).status == 403, path
    assert item_of(here, item.id).version == 1


def test_another_tenants_work_is_missing(here: Portal, make_portal: MakePortal, client: PortalClient) -> None:
    elsewhere = make_portal("actv")
    item = add_card_review(elsewhere)
    assert client.get(f"/queue/{item.id}").status == 404
    client.get("/queue")
    for path in ("take", "release", "hand", "ask", "resume", "note", "decide/accept"):
        form = {"version": "1", "body": "x", "answer": "x", "to": "x"}
        assert client.post(f"/queue/{item.id}/{path}", form).status == 404, path
    assert item_of(elsewhere, item.id).version == 1
    assert item.reference not in client.get("/queue").text


def test_filters_find_by_number_customer_and_name(here: Portal, client: PortalClient) -> None:
    item = add_card_review(here)
    found = (item.reference, item.reference.lower(), "青森太郎", "青森　太", "  ")
    for text in found:
        assert item.reference in client.get("/queue", follow=False).text
        assert item.reference in client.get(f"/queue?q={text}").text, text
    for text in ("青森%", "nobody", "%00", "%ff", "'; --", "\\"):
        assert item.reference not in client.get(f"/queue?q={text}").text, text
    for query in (
        "kind=card_review", "state=open", "who=none", "sort=newest", "kind=zz&state=zz&who=zz&due=zz&sort=zz", "after=zz",
    ):  # fmt: skip
        assert item.reference in client.get(f"/queue?{query}").text, query
    for query in ("kind=order", "state=taken", "state=closed", f"who={uuid.uuid4()}", "due=overdue", "due=today"):
        page = client.get(f"/queue?{query}")
        assert page.status == 200
        assert item.reference not in page.text, query


def test_the_list_asks_for_itself_a_limited_number_of_times(here: Portal, client: PortalClient) -> None:
    add_card_review(here)
    (url,) = client.get("/queue").all("//div[@id='work-list']/@data-hx-get")
    assert url == "/queue?refreshed=1"
    assert client.get("/queue?refreshed=20").all("//div[@id='work-list']/@data-hx-get") == []


def test_a_list_becomes_a_file_that_no_spreadsheet_runs(here: Portal, client: PortalClient) -> None:
    item = add_card_review(here)
    client.get("/queue")
    client.post(f"/queue/{item.id}/take", {"version": "1"})
    answer = client.get("/queue/export?state=taken")
    text = answer.raw.content.decode("utf-8-sig")
    assert answer.raw.content.startswith(b"\xef\xbb\xbf")
    assert text.splitlines()[0].startswith("受付番号,")
    assert item.reference in text
    assert "佐藤 花子" in text
    (entry,) = [e for e in rows(here, AuditEntry) if e.action == "work.exported"]
    assert entry.after["rows"] == 1


def test_pages_follow_one_another_by_key(here: Portal, client: PortalClient) -> None:
    references = {add_card_review(here).reference for _ in range(3)}
    assert len(references) == 3

    def walk(tx: object, **wanted: str) -> list[str]:
        seen, after = [], ""
        while True:
            page = listing.list_work(tx, listing.Wanted(after=after, **wanted), limit=1)  # type: ignore[arg-type]
            seen += [row.reference for row in page.rows]
            if not page.after:
                return seen
            after = page.after

    for sort in ("due", "newest"):
        seen = here.run(lambda tx, sort=sort: walk(tx, sort=sort))
        assert len(seen) == 3
        assert set(seen) == references
