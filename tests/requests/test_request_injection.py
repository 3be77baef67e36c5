"""Hostile texts in all that a customer files, asks or answers stay texts: on every page of both sides, on paper, in files (T22)."""

from __future__ import annotations

import csv
import io
import uuid

from requestkit import PDF, filed, holder, nagi_portal, request_of, signed_in, vault_of
from sqlalchemy import func, select, update

import sample_operator.plugin as nagi
from mypage.db.session import Tx
from mypage.hooks.requests import FileRule
from mypage.requests.content import ContentRow
from mypage.requests.files import add_file, keep_files
from mypage.requests.models import Request, RequestEvent, RequestFile
from mypage.requests.service import asked
from mypage.testing.portal import MakePortal
from mypage.work.models import WorkItem
from portal_rows import operator_of
from security.injection_judge import foreign_parts
from security.injection_kit import MARK, PAYLOADS, REQUESTS
from staff_rows import add_staff, make_office, sit_down

KINDS = ("text", "area", "date", "checks", "consent", "file")
"""Kinds of rows that are drawn in different ways."""
PLACES = (*(f"{table}.{column}" for table, columns in REQUESTS.items() for column in columns), *KINDS)
TEXTS = [text for text in PAYLOADS if "\0" not in text and text.encode("utf-8", "ignore").decode() == text]
"""Those that the database can hold."""


def test_no_text_of_a_request_becomes_anything_else(make_portal: MakePortal) -> None:
    portal = nagi_portal(make_portal)
    person = holder(portal)
    request, draft = filed(portal, person), uuid.uuid4()
    operator, vault = operator_of(portal), vault_of(portal)

    def work(tx: Tx) -> None:
        add_file(tx, vault, owner=b"o", draft_id=draft, field="papers", rule=FileRule(), name="a.pdf", content=PDF)
        keep_files(tx, request, draft_id=draft, owner=b"o")
        asked(tx, vault, operator, request, by=str(uuid.uuid4()), question="x")

    portal.run(work)
    customer = signed_in(portal, person)
    staff = sit_down(
        office := make_office(make_portal, plugins={"nagi": nagi}), add_staff(office, {portal.name: "manager"}), portal
    )
    item = portal.run(
        lambda tx: tx.scalars(
            select(WorkItem.id).where(WorkItem.tenant_id == tx.tenant, WorkItem.subject_id == request)
        ).one()
    )
    views = 0
    marks = [f"{MARK}{number}z" for number in range(len(PLACES))]
    assert len(TEXTS) > 100
    shown = ""
    for texts in (marks, TEXTS):
        portal.run(lambda tx, texts=texts: soil(tx, request, texts))
        pages = [
            customer.get("/requests"),
            customer.get("/requests/filed"),
            customer.get(f"/requests/filed/{request}"),
            customer.get(f"/requests/filed/{request}/withdraw"),
            staff.get(f"/queue/{item}"),
            staff.get(f"/requests/{request}/print"),
        ]
        for page in pages:
            assert page.status == 200
            assert foreign_parts(page.raw.content) == []
            views += 1
        file = staff.get("/requests/export")
        assert file.status == 200
        rows = list(csv.reader(io.StringIO(file.raw.content.decode("utf-8-sig"), newline="")))
        assert {len(row) for row in rows} == {len(rows[0])}
        assert not [cell for row in rows for cell in row if cell[:1] in ("=", "+", "@", "＝", "＋", "＠")]
        if texts is marks:
            shown = " ".join(page.raw.text for page in pages)
    assert [place for place, mark in zip(PLACES, marks, strict=True) if mark not in shown] == []
    assert request_of(portal, request).state == "asked"
    print(f"T22 injection in requests: {len(PAYLOADS)} payloads, {len(PLACES)} places, {views} page views, 0 taken")


def soil(tx: Tx, request: uuid.UUID, texts: list[str]) -> None:
    """A mark into each place; of the others all of them into every place and every kind of row."""
    marked = texts[0] == f"{MARK}0z"
    each = dict(zip(PLACES, texts, strict=True)) if marked else dict.fromkeys(PLACES, " ".join(texts))
    rows = [
        ContentRow(
            name=f"{kind}{number}",
            kind=kind,
            label=text,
            value=text,
            chosen=(text,) if kind == "checks" else (),
            read=f"{text} " if kind == "consent" else "",
        ).kept()
        for kind in KINDS
        for number, text in enumerate([each[kind]] if marked else texts)
    ]
    tx.execute(
        update(Request)
        .where(Request.tenant_id == tx.tenant, Request.id == request)
        .values(number=each["request.number"][:1500], title=each["request.title"], content=rows)
    )
    last = select(func.max(RequestEvent.position)).where(RequestEvent.tenant_id == tx.tenant)
    tx.add(
        RequestEvent(
            tenant_id=tx.tenant,
            id=uuid.uuid4(),
            request_id=request,
            position=tx.execute(last).scalar_one() + 1,
            at=tx.now(),
            step="asked",
            author="x",
            body=each["request_event.body"],
        )
    )
    tx.execute(update(RequestFile).where(RequestFile.tenant_id == tx.tenant).values(name=each["request_file.name"]))
