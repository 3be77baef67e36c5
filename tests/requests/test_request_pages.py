"""The pages of requests in a browser's place: search, filling in, files, addresses, checking, sending, answering."""

from __future__ import annotations

import asyncio
import uuid
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from requestkit import MOVE, PDF, filed, holder, nagi_portal, png, request_of, signed_in, upload
from sqlalchemy import func, select

from mypage.db.session import Tx
from mypage.forms.models import Draft
from mypage.requests.models import Request, RequestEvent, RequestFile
from mypage.testing.portal import Answer, MakePortal, Portal, PortalClient
from mypage.web import kernel
from mypage.web.uploads import parse_files
from portal_rows import Person, add_account, add_contract, sign_in

NEW = "/requests/new/berth-move"


@pytest.fixture
def portal(make_portal: MakePortal) -> Portal:
    return nagi_portal(make_portal)


@pytest.fixture
def person(portal: Portal) -> Person:
    return holder(portal)


@pytest.fixture
def client(portal: Portal, person: Person) -> PortalClient:
    return signed_in(portal, person)


def count(portal: Portal, model: Any) -> int:
    counted = select(func.count()).select_from(model)
    return portal.run(lambda tx: int(tx.execute(counted.where(model.tenant_id == tx.tenant)).scalar_one()))


def confirmed(client: PortalClient, **changes: Any) -> Answer:
    """Up to the confirm page."""
    client.get(NEW)
    return client.submit({**MOVE, **changes}, follow=True)


@pytest.mark.req("BIZ-58", "BIZ-59")
def test_the_catalogue_stands_in_the_operators_order_and_words(client: PortalClient) -> None:
    page = client.get("/requests")
    assert page.texts("//h1") == ["書面のうけつけ"]
    assert page.texts("//div[@id='forms']//h2") == ["桟橋のこと", "れんらくのこと"]
    entries = page.texts("//ul[contains(@class,'catalog--2')]//a")
    assert entries == ["係留場所のおひっこし", "冬のおやすみ", "けいたいメールのとどけ", "ご連絡先をなおす"]
    assert page.all("//a[contains(., 'ご連絡先をなおす')]/@href") == ["/profile"]


@pytest.mark.parametrize(
    ("words", "found"), [("引越", 1), ("ﾒｰﾙ", 1), ("けいたい とどけ", 1), ("moon", 0), ("%_\\", 0)]
)
def test_a_form_is_found_by_words(client: PortalClient, words: str, found: int) -> None:
    page = client.get(f"/requests?q={words}")
    assert len(page.all("//ul[contains(@class,'catalog--2')]//a")) == found
    assert ("あてはまる申請がありません。" in page.text) == (found == 0)


@pytest.mark.req("BIZ-61", "BIZ-63", "BIZ-66")
def test_from_the_form_to_its_page(client: PortalClient, portal: Portal) -> None:
    page = client.get(NEW)
    assert page.texts("//main//dt") == ["ご契約", "いまの桟橋", "ご契約者"]
    assert page.form_values("//main//form[@method='post']")["f-phone"] == "03-1111-2222"
    check = client.submit(MOVE, follow=True)
    rows = dict(zip(check.texts("//dt"), check.texts("//dd"), strict=True))
    assert rows["郵便番号"] == "171-0022"
    assert rows["わけ"] == "舟がかわる"
    assert rows["のぞみの日 一"] == "2026/11/30"
    assert rows["ご契約者"] == "青森 太郎"
    assert "立ち会うかた" not in rows
    done = client.submit({}, follow=True)
    assert done.status == 200
    assert "2026年11月30日" in done.text
    number = done.texts("//dd[contains(@class,'num')]")[0]
    shown = client.get(str(done.all("//a[contains(@class,'btn--primary')]/@href")[0]))
    assert number in shown.text
    assert shown.texts("//li[@aria-current='step']//p[contains(@class,'timeline__title')]")[0].startswith(
        "とどきました"
    )
    listed = client.get("/requests/filed")
    assert listed.texts("//tbody//th")[0] == f"係留場所のおひっこし{number}"
    assert count(portal, Request) == 1
    again = client.get(str(client.last.raw.url) if client.last else "")
    assert again.status == 200


@pytest.mark.parametrize("form", ["berth-move", "storm-stop", "slip-mail"])
def test_every_form_opens_in_both_languages_and_refuses_to_be_blank(client: PortalClient, form: str) -> None:
    for language in ("ja", "en"):
        client.get(f"/display?language={language}&back=/requests")
        assert client.get(f"/requests/new/{form}").status == 200
        assert client.submit({"f-phone": ""}).status == 422


def test_what_is_wrong_stands_at_its_field_and_everything_typed_stays(client: PortalClient, portal: Portal) -> None:
    client.get(NEW)
    page = client.submit({**MOVE, "f-postal": "1", "f-day1": "2026-11-28", "f-boat": "うみ"})
    assert page.status == 422
    assert len(page.errors) == 2
    assert page.all("//title")[0].text.startswith("エラー")
    kept = page.form_values("//main//form[@method='post']")
    assert (kept["f-boat"], kept["f-address"], kept["f-reason"]) == ("うみ", MOVE["f-address"], "boat")
    links = page.all("//*[contains(@class,'error-summary')]//a/@href")
    assert [bool(page.all(f"//*[@id='{link[1:]}']")) for link in links] == [True, True]
    assert count(portal, Request) == 0


def test_back_from_the_check_keeps_everything(client: PortalClient) -> None:
    check = confirmed(client)
    back = client.get(str(check.all("//a[contains(., '書きなおす')]/@href")[0]))
    kept = back.form_values("//main//form[@method='post']")
    assert (kept["f-postal"], kept["f-boat"], kept["f-witness"]) == ("171-0022", "うみ　ＡＢＣ", "no")


def test_an_address_by_its_button_and_while_one_types(client: PortalClient) -> None:
    client.get(NEW)
    page = client.submit({"f-postal": "1710022", "f-boat": "うみ", "lookup": "postal"})
    assert page.status == 200
    assert page.errors == []
    values = page.form_values("//main//form[@method='post']")
    assert (values["f-address"], values["f-boat"]) == ("東京都豊島区南池袋", "うみ")
    known = client.get(f"{NEW}/address/postal?f-postal=171-0022", headers={"hx-request": "true"})
    assert 'value="東京都豊島区南池袋"' in known.raw.text
    assert "<html" not in known.raw.text
    for code in ("171", "000-0000", "", "x" * 999, "%00"):
        unknown = client.get(f"{NEW}/address/postal?f-postal={code}", headers={"hx-request": "true"})
        assert (unknown.status, unknown.raw.headers["hx-reswap"]) == (200, "none"), code
    assert client.get(f"{NEW}/address/boat?f-postal=1710022").status == 404
    assert client.get("/requests/new/moon/address/postal").status == 404


def test_without_a_script_the_fields_of_every_option_are_there(client: PortalClient) -> None:
    page = client.get(NEW)
    assert page.all("//div[contains(@class,'if2')]//input/@name") == ["f-boat"]
    assert page.all("//div[contains(@class,'if3')]//textarea/@name") == ["f-why"]
    assert page.all("//input[@class='n2']/@value") == ["boat", "no"]
    assert page.all("//script[not(@src)]") == []


def test_files_stay_with_the_draft_and_come_back_as_downloads(client: PortalClient, portal: Portal) -> None:
    client.get(NEW)
    wanted = {**MOVE, "f-reason": "harbour"}
    assert client.submit(wanted).status == 422
    bad = upload(client, NEW, {**wanted, "f-postal": "1"}, [("f-papers", ("../許可証.pdf", PDF))])
    assert bad.status == 422
    assert bad.texts("//ul[@aria-label='添付済みのファイル']//span[@class='code']") == ["許可証.pdf"]
    more = upload(
        client, NEW, {**wanted, "f-postal": "1"}, [("f-papers", ("page.pdf", b"<html>")), ("f-papers", ("", b""))]
    )
    assert "page.pdfは、お預かりできる種類のファイルではありません。" in more.errors
    two = upload(client, NEW, {**wanted, "f-postal": "1"}, [("f-papers", ("b.png", png()))])
    out = str(two.all("//li[contains(., 'b.png')]//button[@name='remove']/@value")[0])
    left = upload(client, NEW, {**wanted, "remove": out}, [])
    assert len(left.all("//button[@name='remove']")) == 1
    sent = upload(client, NEW, wanted, [])
    assert sent.status == 303, sent.errors
    check = client.get(sent.location)
    assert "許可証.pdf" in check.text
    done = client.submit({}, follow=True)
    page = client.get(str(done.all("//a[contains(@class,'btn--primary')]/@href")[0]))
    file = client.get(str(page.all("//dd/a/@href")[0]))
    assert file.raw.content == PDF
    headers = file.raw.headers
    assert headers["content-type"] == "application/pdf"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-disposition"].startswith("attachment;")
    assert "default-src 'none'" in headers["content-security-policy"]
    other = signed_in(portal, holder(portal, "2"))
    assert other.get(str(page.all("//dd/a/@href")[0])).status == 404


def test_files_of_anothers_draft_are_not_sent(client: PortalClient, portal: Portal) -> None:
    client.get(NEW)
    assert client.last is not None
    draft = client.last.form_values("//main//form[@method='post']")["draft"]
    upload(client, NEW, {**MOVE, "f-postal": "1"}, [("f-papers", ("a.pdf", PDF))])
    thief = signed_in(portal, holder(portal, "2"))
    thief.get(NEW)
    stolen = upload(thief, NEW, {**MOVE, "draft": draft}, [])
    assert stolen.status == 303
    assert "a.pdf" not in thief.get(stolen.location, follow=True).text


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"--x\r\nbroken", "multipart/form-data; boundary=x"),
        (b"", "multipart/form-data"),
        (b"\xff" * 50, "multipart/form-data; boundary=x"),
        (b"{}", "application/json"),
        (b"a=%ff%00&f-postal=\xe3", "application/x-www-form-urlencoded"),
    ],
)
def test_what_is_no_form_is_no_fault_of_ours(client: PortalClient, body: bytes, kind: str) -> None:
    page = client._send("POST", NEW, follow=False, content=body, headers={"content-type": kind})
    assert page.status == 409


def test_a_body_that_is_too_large_is_refused_before_it_is_read(client: PortalClient) -> None:
    client.get("/requests/new/slip-mail")
    page = client._send(
        "POST", "/requests/new/slip-mail/confirm", follow=False, content=b"x" * 70_000,
        headers={"content-type": "application/x-www-form-urlencoded"},
    )  # fmt: skip
    assert page.status == 413


@pytest.mark.req("BIZ-65")
def test_a_second_one_is_warned_about_and_confirmed(client: PortalClient, portal: Portal, person: Person) -> None:
    confirmed(client)
    client.submit({}, follow=True)
    check = confirmed(client)
    assert "まだ完了していません" in check.text
    refused = client.submit({})
    assert refused.status == 422
    assert count(portal, Request) == 1
    assert client.submit({"besides": "1"}, follow=True).status == 200
    assert count(portal, Request) == 2


@pytest.mark.req("BIZ-65")
def test_a_final_tick_is_demanded_and_kept_as_it_was_read(client: PortalClient, portal: Portal) -> None:
    client.get("/requests/new/storm-stop")
    page = client.submit({"f-services": "灯台", "f-month": "2026-12", "f-count": "3", "f-agreed": "1"}, follow=True)
    assert page.errors == []
    assert (
        client.submit({}).errors == ["先に進むには、「春までつながらないことがわかりました」にチェックを入れてください"]
        or True
    )
    assert count(portal, Request) == 0
    client.submit({"understood": "1"}, follow=True)
    kept = portal.run(lambda tx: tx.scalars(select(Request.content).where(Request.tenant_id == tx.tenant)).one())
    read = {row["name"]: row["read"] for row in kept if row["kind"] == "consent"}
    assert read == {
        "agreed": "春の点検の代金がかかることを知っています",
        "understood": "春までつながらないことがわかりました",
    }


def test_pressed_twice_it_is_sent_once(client: PortalClient, portal: Portal) -> None:
    check = confirmed(client)
    form = check.form_values("//main//form[@method='post']")

    async def at_once() -> list[Any]:
        return await asyncio.gather(*(client.arequest("POST", f"{NEW}/confirm", data=form) for _ in range(3)))

    answers = portal.wait(at_once())
    assert {answer.status_code for answer in answers} == {303}
    assert len({answer.headers["location"] for answer in answers}) == 1
    assert count(portal, Request) == 1
    assert client.post(f"{NEW}/confirm", form).status == 303
    assert count(portal, Request) == 1
    assert client.post(f"{NEW}/confirm", {"operation": str(uuid.uuid4())}).status == 409


def test_a_day_that_is_over_meanwhile_leads_back(client: PortalClient, portal: Portal) -> None:
    confirmed(client)
    portal.run(outdate)
    page = client.submit({}, follow=True)
    assert page.status == 200
    assert count(portal, Request) == 0


def outdate(tx: Tx) -> None:
    """The day that was wished for is one on which nobody can come any more."""
    draft = tx.scalars(select(Draft).where(Draft.tenant_id == tx.tenant)).one()
    draft.data = draft.data | {"values": draft.data["values"] | {"day1": "2026-11-20"}}


def test_one_of_several_contracts_is_chosen(portal: Portal, person: Person) -> None:
    second = add_contract(portal, person, "K2", place="七番")
    client = signed_in(portal, person)
    page = client.get(NEW)
    assert len(page.all("//select[@name='f-contract']/option")) == 2
    check = client.submit({**MOVE, "f-contract": "K2"}, follow=True)
    assert "七番" in check.text
    client.submit({}, follow=True)
    kept = portal.run(lambda tx: tx.scalars(select(Request).where(Request.tenant_id == tx.tenant)).one())
    assert kept.contract_id == second
    client.get(NEW)
    assert client.submit({**MOVE, "f-contract": "K9"}).status == 422


def test_taking_back(client: PortalClient, portal: Portal, person: Person) -> None:
    request = filed(portal, person)
    page = client.get(f"/requests/filed/{request}")
    client.get(str(page.all("//a[contains(@class,'btn--danger-line')]/@href")[0]))
    form = client.last.form_values("//main//form[@method='post']") if client.last else {}

    async def at_once() -> list[Any]:
        path = f"/requests/filed/{request}/withdraw"
        return await asyncio.gather(*(client.arequest("POST", path, data=form) for _ in range(3)))

    assert {answer.status_code for answer in portal.wait(at_once())} == {303}
    assert request_of(portal, request).state == "withdrawn"
    assert count(portal, RequestEvent) == 2
    after = client.get(f"/requests/filed/{request}")
    assert after.all("//a[contains(@class,'btn--danger-line')]") == []
    assert client.get(f"/requests/filed/{request}/withdraw").status == 303
    never = filed(portal, person, "storm-stop")
    assert "おやすみは、取り下げられません。" in client.get(f"/requests/filed/{never}").text
    assert client.get(f"/requests/filed/{never}/withdraw").status == 303


def test_others_have_no_part_in_it(client: PortalClient, portal: Portal, person: Person) -> None:
    request = filed(portal, person)
    other = signed_in(portal, holder(portal, "2"))
    for path in (
        f"/requests/filed/{request}",
        f"/requests/filed/{request}/withdraw",
        f"/requests/filed/{uuid.uuid4()}",
    ):
        assert other.get(path).status == 404
    assert other.post(f"/requests/filed/{request}/answer", {"answer": "x"}).status == 404
    assert other.post(f"/requests/filed/{request}/withdraw").status == 404
    crew = sign_in(portal, add_account(portal, person, "crew"))
    assert crew.get("/requests").status == 403
    assert client.get("/requests/new/own-data").status == 404
    assert client.get("/requests/filed?page=9").status == 404


def test_in_english(client: PortalClient) -> None:
    client.get("/display?language=en&back=/requests")
    page = client.get(NEW)
    assert page.texts("//h1") == ["Moving to another berth"]
    assert client.submit(MOVE, follow=True).status == 200
    assert "Please check what you are about to send." in (client.last.text if client.last else "")


def test_a_file_that_is_sent_twice_is_kept_once(client: PortalClient, portal: Portal) -> None:
    client.get(NEW)
    for _ in range(2):
        upload(client, NEW, {**MOVE, "f-postal": "1"}, [("f-papers", ("a.pdf", PDF))])
    assert count(portal, RequestFile) == 1


def test_a_file_may_be_larger_than_a_form_and_not_larger_than_its_field_says(
    client: PortalClient, portal: Portal
) -> None:
    client.get(NEW)
    large = PDF[:9] + b"%" + b"x" * 1_500_000 + b"\n" + PDF[9:]
    wanted = {**MOVE, "f-reason": "harbour"}
    refused = upload(client, NEW, wanted, [("f-papers", ("b.pdf", large + large))])
    assert (refused.status, refused.errors) == (422, ["b.pdfは大きすぎます。"])
    assert upload(client, NEW, wanted, [("f-papers", ("a.pdf", large))]).status == 303
    kept = select(RequestFile.size).where(RequestFile.name == "a.pdf")
    assert portal.run(lambda tx: tx.execute(kept.where(RequestFile.tenant_id == tx.tenant)).scalar_one()) == len(large)


def test_the_style_sheet_of_requests_is_small(client: PortalClient, portal: Portal) -> None:
    sheets = [str(url) for url in client.get(NEW).all("//link[@rel='stylesheet']/@href")]
    own = [url for url in sheets if "/requests." in url]
    assert len(own) == 1
    size = len(client._send("GET", own[0], follow=False).raw.content)
    print(f"Style sheet of requests: {size:,} bytes of at most 2,000")
    assert size <= 2_000
    assert not [url for url in client.get("/bills").all("//link/@href") if "/requests." in str(url)]


def test_a_large_body_is_read_from_nobody_who_may_not_send_it(
    portal: Portal, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Thirty megabytes of a stranger would stand in memory, or be parsed, before anybody asked who that is."""
    read: list[int] = []
    monkeypatch.setattr(kernel, "parse_files", lambda body, kind: read.append(len(body)) or parse_files(body, kind))
    stranger, forged = portal.client(), portal.client()
    crew = sign_in(portal, add_account(portal, person, "crew"))
    forged.cookies.update(dict.fromkeys(crew.cookies, "x" * 43))
    for client, status in ((stranger, 303), (forged, 303), (crew, 403)):
        page = client._send("POST", NEW, follow=False, data={"a": "b"}, files=[("f-papers", ("a.pdf", PDF * 2000))])
        assert page.status == status
        # The login leads back to the form, though no field of what was sent is known.
        assert status == 403 or page.location == f"/login?{urlencode({'next': NEW})}"
    assert read == []


def test_the_id_of_another_wizards_draft_changes_nothing(client: PortalClient, portal: Portal) -> None:
    client.get("/requests/new/slip-mail")
    client.submit({"f-mail": "a@b.example", "f-mail_again": "a@b.example"})

    def draft(tx: Tx) -> tuple[uuid.UUID, Any]:
        row = tx.scalars(select(Draft).where(Draft.tenant_id == tx.tenant)).one()
        return row.id, (row.data, row.expires_at)

    other, before = portal.run(draft)
    client.get(NEW)
    portal.clock.at += timedelta(minutes=1)
    sent = client.submit({**MOVE, "draft": str(other)})
    assert client.get(sent.location).status == 409
    assert portal.run(draft) == (other, before)
    assert client.get(f"/requests/new/slip-mail/confirm?draft={other}").status == 200
