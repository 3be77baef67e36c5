"""What a file is, by its content: whole ones of three types, and everything that only looks like one."""

from __future__ import annotations

import io
import uuid
import zipfile
from datetime import timedelta

import pytest
from requestkit import PDF, filed, holder, nagi_portal, png, principal_of, vault_of
from sqlalchemy import func, select

from mypage.db.session import Tx
from mypage.hooks.requests import FileRule
from mypage.lib.errors import NotFound
from mypage.requests.errors import BadFile
from mypage.requests.file_types import type_of
from mypage.requests.files import (
    PIECE,
    STRAY,
    add_file,
    drop_strays,
    file_for_staff,
    file_name,
    files_of_draft,
    keep_files,
    own_file,
    read_file,
)
from mypage.requests.models import RequestFile, RequestFilePiece
from mypage.testing.portal import MakePortal

JPEG = (
    b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"
    b"\xff\xc0\x00\x0b\x08\x00\x01\x00\x01\x01\x01\x11\x00\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00\x7f\xff\xd9"
)


def zipped() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb", b"\0" * 1_000_000)
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (PDF, "pdf"),
        (JPEG, "jpeg"),
        (png(), "png"),
        (PDF + b"\r\n", "pdf"),
        (PDF.replace(b"/Catalog", b"/Catalog/MS#20Gothic/JSome"), "pdf"),
    ],
)
def test_whole_files_are_what_they_are(content: bytes, kind: str) -> None:
    assert type_of(content) == kind


@pytest.mark.parametrize(
    ("what", "content", "code"),
    [
        ("nothing", b"", "empty"),
        ("a page", b"<html><script>alert(1)</script>", "type"),
        ("a drawing", b"<svg xmlns='http://www.w3.org/2000/svg' onload='x()'/>", "type"),
        ("an archive", zipped(), "type"),
        ("a program", b"MZ\x90\x00" + b"\0" * 100, "type"),
        ("a PDF behind something", b"GIF89a" + PDF, "type"),
        ("a PDF without an end", PDF[:40], "broken"),
        ("a PDF with something behind it", PDF + b"<script>", "broken"),
        ("a PDF and an archive", PDF + zipped() + b"%%EOF", "active"),
        ("a PDF that runs", PDF.replace(b"/Catalog", b"/Catalog/OpenAction 2 0 R"), "active"),
        ("a PDF that runs, disguised", PDF.replace(b"/Catalog", b"/Catalog/J#61vaScript 2 0 R"), "active"),
        (
            "a PDF that runs, disguised far behind",
            PDF[:9] + b"%" + b"x" * 9_000 + b"\n/#4fpenAction 2 0 R" + PDF[9:],
            "active",
        ),
        ("a PDF that runs, all of it disguised", PDF.replace(b"/Catalog", b"/Catalog/#4A#53(x)"), "active"),
        ("a PDF that runs, before a NUL", PDF.replace(b"/Catalog", b"/Catalog/JS\0(x)"), "active"),
        ("a PDF that runs, before a comment", PDF.replace(b"/Catalog", b"/Catalog/JS%x\n(x)"), "active"),
        ("a PDF with a file in it", PDF.replace(b"/Catalog", b"/Catalog/EmbeddedFiles 2 0 R"), "active"),
        ("a PNG without an end", png()[:-6], "broken"),
        ("a PNG with an archive behind it", png() + zipped(), "broken"),
        ("a PNG with a wrong sum", png().replace(b"IDAT", b"IDAX"), "broken"),
        ("only a PNG's first bytes", b"\x89PNG\r\n\x1a\n", "broken"),
        ("a PNG that fills the memory", png(60_000, 60_000), "large"),
        ("a JPEG with something behind it", JPEG + b"<?php", "broken"),
        ("a JPEG with a second end", JPEG + b"x" * 20 + b"\xff\xd9", "broken"),
        ("only a JPEG's first bytes", b"\xff\xd8\xff", "broken"),
        ("a JPEG without a size", JPEG.replace(b"\xff\xc0", b"\xff\xe1"), "broken"),
    ],
)
def test_everything_else_is_refused(what: str, content: bytes, code: str) -> None:
    with pytest.raises(BadFile) as refused:
        type_of(content)
    assert refused.value.code == code, what


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("証明書.pdf", "証明書.pdf"),
        ("../../etc/passwd", "passwd.pdf"),
        ("C:\\Users\\x\\a.PDF", "a.PDF"),
        ("a.pdf.exe", "a.pdf.exe.pdf"),
        ("invoice\u202efdp.exe", "invoicefdp.exe.pdf"),
        ("a\r\nSet-Cookie: x.pdf", "aSet-Cookie_ x.pdf"),
        ("", "download.pdf"),
        ("CON.pdf", "_CON.pdf"),
    ],
)
def test_a_name_is_only_a_name(typed: str, kept: str) -> None:
    assert file_name(typed, ".pdf") == kept


def test_files_are_kept_sealed_and_in_pieces(make_portal: MakePortal) -> None:
    portal = nagi_portal(make_portal)
    person = holder(portal)
    vault, draft, owner = vault_of(portal), uuid.uuid4(), b"a" * 32
    large = PDF[:9] + b"%" + b"x" * (PIECE + 100) + b"\n" + PDF[9:]
    rule = FileRule(types=("pdf", "png"), most=2, megabytes=1)

    def add(tx: Tx, content: bytes, owner: bytes = owner, field: str = "f") -> uuid.UUID:
        return add_file(tx, vault, owner=owner, draft_id=draft, field=field, rule=rule, name="a.pdf", content=content)

    first = portal.run(lambda tx: add(tx, large))
    assert portal.run(lambda tx: add(tx, large)) == first, "the same again is kept once"
    kept = portal.run(
        lambda tx: tx.scalars(select(RequestFilePiece.sealed).where(RequestFilePiece.tenant_id == tx.tenant)).all()
    )
    assert len(kept) == 2
    assert not any(b"xxxx" in piece for piece in kept)
    assert portal.run(lambda tx: b"".join(read_file(tx, vault, first))) == large
    with pytest.raises(BadFile, match="large"):
        portal.run(lambda tx: add(tx, b"%PDF-" + b"x" * 1024 * 1024))
    with pytest.raises(BadFile, match="type"):
        portal.run(lambda tx: add(tx, JPEG))
    portal.run(lambda tx: add(tx, PDF))
    with pytest.raises(BadFile, match="many"):
        portal.run(lambda tx: add(tx, png()))
    with pytest.raises(NotFound):
        portal.run(lambda tx: file_for_staff(tx, first))
    assert portal.run(lambda tx: files_of_draft(tx, owner=b"b" * 32, draft_id=draft)) == ()

    request = filed(portal, person)
    portal.run(lambda tx: keep_files(tx, request, draft_id=draft, owner=b"b" * 32))
    with pytest.raises(NotFound):
        portal.run(lambda tx: own_file(tx, principal_of(person), first))
    portal.run(lambda tx: keep_files(tx, request, draft_id=draft, owner=owner))
    assert portal.run(lambda tx: own_file(tx, principal_of(person), first)).size == len(large)
    with pytest.raises(NotFound):
        portal.run(lambda tx: own_file(tx, principal_of(holder(portal, "2")), first))


def test_files_of_drafts_go_away_and_filed_ones_stay(make_portal: MakePortal) -> None:
    portal = nagi_portal(make_portal)
    vault = vault_of(portal)
    request = filed(portal, holder(portal))
    drafts = [uuid.uuid4(), uuid.uuid4()]
    for draft in drafts:
        portal.run(
            lambda tx, draft=draft: add_file(
                tx, vault, owner=b"a", draft_id=draft, field="f", rule=FileRule(), name="a", content=PDF
            )
        )
    portal.run(lambda tx: keep_files(tx, request, draft_id=drafts[0], owner=b"a"))
    assert portal.run(drop_strays) == 0
    portal.clock.at += STRAY + timedelta(seconds=1)
    assert portal.run(drop_strays) == 1
    left = select(func.count()).select_from(RequestFile)
    assert portal.run(lambda tx: tx.execute(left.where(RequestFile.tenant_id == tx.tenant)).scalar_one()) == 1
    pieces = select(func.count()).select_from(RequestFilePiece)
    assert portal.run(lambda tx: tx.execute(pieces.where(RequestFilePiece.tenant_id == tx.tenant)).scalar_one()) == 1
