"""Lists of customers for a notice as files: as programs and spreadsheets save them; what is none is refused."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mypage.notices.models import NoticeTarget
from mypage.testing.portal import MakePortal, Portal, PortalClient
from mypage.web.formdata import BadForm
from mypage.web.uploads import parse_upload
from portal_rows import add_person
from staff_rows import add_staff, make_office, sit_down

FORM = {
    "title": "お知らせ", "body": "本文", "importance": "normal", "starts": "2026-11-21T09:00", "ends": "",
    "audience": "list", "customers": "",
}  # fmt: skip


@pytest.fixture
def left(make_portal: MakePortal) -> Portal:
    return make_portal("actv")


@pytest.fixture
def desk(left: Portal, make_portal: MakePortal) -> PortalClient:
    office = make_office(make_portal)
    return sit_down(office, add_staff(office, {left.name: "agent"}), left)


def send(desk: PortalClient, content: bytes) -> tuple[int, str]:
    """Press "Save" with a file; status and page."""
    page = desk.get("/notices/new")
    fields = page.form_values() | FORM
    files = {"customers_file": ("名簿.csv", content, "text/csv")}
    raw = desk.portal.wait(desk.arequest("POST", "/notices/new", data=fields, files=files))
    return raw.status_code, raw.text


@pytest.mark.parametrize("charset", ["utf-8", "utf-8-sig", "cp932"])
def test_the_first_column_of_a_file_is_the_list(left: Portal, desk: PortalClient, charset: str) -> None:
    people = [add_person(left, number) for number in ("1000001", "1000002")]
    status, page = send(desk, "1000001,青森 太郎\r\n1000002,弘前 りんご\r\n".encode(charset))
    assert status == 303, re.findall(r'class="error".*', page)
    listed = left.run(lambda tx: {row.customer_id for row in tx.query(NoticeTarget).filter_by(tenant_id=tx.tenant)})
    assert listed == {person.customer_id for person in people}


def test_a_wrong_line_of_a_file_is_named_and_comes_back_to_the_page(left: Portal, desk: PortalClient) -> None:
    add_person(left, "1000001")
    status, page = send(desk, "1000001\n7777777,誰か\n".encode("cp932"))
    assert status == 422
    assert "2行目 7777777" in page
    assert "7777777,誰か" in page
    status, page = send(desk, bytes(range(256)) * 40)
    assert status == 422


def test_what_is_no_form_is_refused(desk: PortalClient) -> None:
    desk.get("/notices/new")
    for kind in ("multipart/form-data", "multipart/form-data; boundary=x", "multipart/form-data; boundary=" + "x" * 99):
        raw = desk.portal.wait(
            desk.arequest("POST", "/notices/new", content=b"--x\r\nContent-Dis", headers={"content-type": kind})
        )
        assert raw.status_code in (400, 409)


def test_other_forms_take_no_files(desk: PortalClient) -> None:
    page = desk.get("/seat")
    raw = desk.portal.wait(desk.arequest("POST", "/seat", data=page.form_values(), files={"x": b"y"}))
    assert raw.status_code in (400, 409)


@settings(max_examples=150, deadline=None)
@given(
    body=st.binary(max_size=400), kind=st.sampled_from(["multipart/form-data; boundary=x", "multipart/form-data", "x"])
)
def test_any_bytes_are_a_form_or_refused(body: bytes, kind: str) -> None:
    for sent in (body, b"--x\r\n" + body + b"\r\n--x--\r\n"):
        try:
            found = parse_upload(sent, kind)
        except BadForm:
            continue
        assert all(isinstance(value, str) for name in found for value in found.getlist(name))
