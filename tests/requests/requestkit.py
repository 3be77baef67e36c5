"""Requests in a portal of the tests' own operator: somebody who files, and what was filed."""

from __future__ import annotations

import uuid
import zlib
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select, update

import sample_operator.plugin as nagi
from mypage.auth.models import Customer
from mypage.db.keys import Vault
from mypage.db.session import Tx
from mypage.hooks.context import Principal
from mypage.hooks.permissions import REQUEST_FILE, REQUEST_READ
from mypage.requests.content import ContentRow
from mypage.requests.models import Request
from mypage.requests.service import Filing, file_request
from mypage.testing.portal import Answer, MakePortal, Portal, PortalClient
from portal_rows import Person, add_contract, add_person, operator_of, sign_in
from sample_operator.requests import CATALOGUE

MOVE: Mapping[str, Any] = {
    "f-postal": "１７１-００２２",
    "f-address": "東京都豊島区南池袋1-2-3",
    "f-reason": "boat",
    "f-boat": "うみ ABC",
    "f-day1": "2026-11-30",
    "f-witness": "no",
    "f-phone": "03-1234-5678",
}
ROW = ContentRow(name="address", kind="text", label="あたらしい住所", value="港町1")
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\nxref\ntrailer<</Root 1 0 R>>\nstartxref\n9\n%%EOF\n"


def png(width: int = 1, height: int = 1) -> bytes:
    """A picture of that size, as its head says."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return len(body).to_bytes(4, "big") + kind + body + zlib.crc32(kind + body).to_bytes(4, "big")

    head = width.to_bytes(4, "big") + height.to_bytes(4, "big") + b"\x08\x00\x00\x00\x00"
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b"")


def nagi_portal(make_portal: MakePortal, **more: Any) -> Portal:
    """A portal with the catalogue of the tests' own operator."""
    return make_portal("nagi", plugins={"nagi": nagi}, settings={"harbour": "みなと"}, **more)


def holder(portal: Portal, number: str = "1000001", **columns: Any) -> Person:
    """Somebody with a contract, a mail address and a telephone."""
    person = add_person(portal, number)
    add_contract(
        portal, person, f"K{number}", [("サービス", "灯台", "active"), ("サービス", "浮き", "active")], place="三番"
    )
    known = {"email": "taro@example.jp", "phone": "03-1111-2222", **columns}

    def work(tx: Tx) -> None:
        tx.execute(
            update(Customer).where(Customer.tenant_id == tx.tenant, Customer.id == person.customer_id).values(**known)
        )

    portal.run(work)
    return person


def vault_of(portal: Portal) -> Vault:
    """The vault of the server."""
    return portal.server.ports.get(Vault)


def principal_of(person: Person, *permissions: str) -> Principal:
    """As whom the service is asked."""
    return Principal(
        account_id=person.account_id,
        customer_id=person.customer_id,
        session_id=uuid.uuid4(),
        scheme=person.scheme,
        role="holder",
        name="青森 太郎",
        customer_number="1",
        email="taro@example.jp",
        permissions=frozenset(permissions or (REQUEST_READ, REQUEST_FILE)),
    )


def filed(portal: Portal, person: Person, form: str = "berth-move", **more: Any) -> uuid.UUID:
    """A request that was filed without pages."""
    return portal.run(lambda tx: file_in(tx, portal, person, form, **more))


def file_in(
    tx: Tx, portal: Portal, person: Person, form: str = "berth-move", *, operator: Any = None, **more: Any
) -> uuid.UUID:
    """The same within a unit of work."""
    filing = Filing(
        form=CATALOGUE.forms[form],
        contract_id=None,
        draft_id=uuid.uuid4(),
        owner=b"x" * 32,
        language="ja",
        **{"besides": True, "rows": (ROW,), **more},
    )
    return file_request(tx, vault_of(portal), operator or operator_of(portal), principal_of(person), filing).id


def request_of(portal: Portal, request_id: uuid.UUID) -> Request:
    """As it stands."""
    return portal.run(
        lambda tx: tx.scalars(select(Request).where(Request.tenant_id == tx.tenant, Request.id == request_id)).one()
    )


def upload(
    client: PortalClient, path: str, data: Mapping[str, Any], files: list[tuple[str, tuple[str, bytes]]]
) -> Answer:
    """Post a form with files, with the token and the draft of the last page."""
    assert client.last is not None
    values = {"_csrf": client.csrf, "draft": client.last.form_values("//main//form[@method='post']")["draft"], **data}
    return client._send("POST", path, follow=False, data=values, files=files)


def signed_in(portal: Portal, person: Person) -> PortalClient:
    """A browser in which somebody is signed in."""
    return sign_in(portal, person)
