"""Who files requests to do harm: files without an end, and a flood of forms."""

from __future__ import annotations

import uuid
from collections import Counter
from datetime import timedelta

import pytest
from requestkit import MOVE, PDF, filed, holder, nagi_portal, principal_of, signed_in, upload, vault_of
from sqlalchemy import func, select

from mypage.db.session import Tx
from mypage.hooks.requests import FileRule
from mypage.requests.errors import BadFile, TooMany
from mypage.requests.files import MOST_OF_AN_ACCOUNT, add_file, keeper
from mypage.requests.models import RequestFile
from mypage.requests.service import MOST_A_DAY
from mypage.testing.portal import MakePortal, Portal
from slots.slotkit import at_once

NEW = "/requests/new/berth-move"


def names(portal: Portal) -> list[str]:
    kept = select(RequestFile.name).order_by(RequestFile.created_at, RequestFile.name)
    return portal.run(lambda tx: list(tx.scalars(kept.where(RequestFile.tenant_id == tx.tenant))))


def test_files_of_drafts_are_so_many_whatever_the_session(make_portal: MakePortal) -> None:
    """Sessions cost nothing, so the limit is the account's; what is oldest gives way, so that nobody is kept out."""
    portal = nagi_portal(make_portal)
    person = holder(portal)
    portal_files = MOST_OF_AN_ACCOUNT + 3
    for each in range(portal_files):
        client = signed_in(portal, person)
        client.get(NEW)
        upload(client, NEW, {**MOVE, "f-postal": "1"}, [("f-papers", (f"{each:03}.pdf", PDF))])
        portal.clock.at += timedelta(seconds=1)
    assert names(portal) == [f"{each:03}.pdf" for each in range(3, portal_files)]


def test_files_that_come_at_once_are_counted_one_after_the_other(make_portal: MakePortal) -> None:
    portal = nagi_portal(make_portal)
    owner, draft = keeper(principal_of(holder(portal))), uuid.uuid4()

    def add(tx: Tx, content: bytes) -> uuid.UUID:
        return add_file(
            tx, vault_of(portal), owner=owner, draft_id=draft, field="f", rule=FileRule(most=2), name="a",
            content=content,
        )  # fmt: skip

    files = [PDF.replace(b"9", str(each).encode()) for each in range(10, 18)]
    found = at_once(portal, *[lambda tx, content=content: add(tx, content) for content in files])
    assert Counter(type(each) for each in found) == {uuid.UUID: 2, BadFile: 6}


def test_a_customer_files_so_many_a_day(make_portal: MakePortal) -> None:
    portal = nagi_portal(make_portal)
    person, other = holder(portal), holder(portal, "2")
    for _ in range(MOST_A_DAY):
        filed(portal, person)
    with pytest.raises(TooMany):
        filed(portal, person)
    client = signed_in(portal, person)
    client.get(NEW)
    client.submit(MOVE, follow=True)
    page = client.submit({"besides": "1"}, follow=True)
    assert "本日は、これ以上お申し込みいただけません。" in page.text
    assert "送る" in page.text or page.all("//main//form[@method='post']"), "what was entered is still there"
    filed(portal, other)
    portal.clock.at += timedelta(days=1)
    filed(portal, person)
    counted = select(func.count()).select_from(RequestFile)
    assert portal.run(lambda tx: tx.execute(counted.where(RequestFile.tenant_id == tx.tenant)).scalar_one()) == 0
