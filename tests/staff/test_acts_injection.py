"""Hostile texts of customers, feeds, mail servers and staff on the pages of acts and secrets (T22)."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from datetime import date

import pytest
from sqlalchemy import update

from mypage.auth.models import Credential, Customer
from mypage.contracts.line_secrets import PLACE
from mypage.contracts.models import Contract, LineSecret, PaperApplication
from mypage.db.keys import Vault
from mypage.db.session import Tx
from mypage.mail.models import MailMessage
from mypage.testing.portal import MakePortal, Portal, PortalClient
from portal_rows import Person, add_person
from security.injection_judge import foreign_parts
from security.injection_kit import MARK, PAYLOADS
from staff_rows import add_staff, make_office, sit_down

CHUNK = 50
PAGES = (
    "unlock", "reset-link", "sessions", "second-step", "contact", "papers", "papers/settle", "mails", "mails/again",
    "secrets",
)  # fmt: skip


@pytest.fixture
def here(make_portal: MakePortal) -> Portal:
    return make_portal("actv")


@pytest.fixture
def desk(make_portal: MakePortal, here: Portal) -> PortalClient:
    office = make_office(make_portal)
    return sit_down(office, add_staff(office, {here.name: "agent"}), here)


def hostile() -> Iterator[Sequence[str]]:
    """The texts that the database can hold, in portions."""
    texts = [text for text in PAYLOADS if "\0" not in text and text.encode("utf-8", "ignore").decode() == text]
    assert len(texts) > 100
    for start in range(0, len(texts), CHUNK):
        yield (texts + texts)[start : start + CHUNK]


def infect(here: Portal, person: Person, number: str, texts: Sequence[str]) -> list[uuid.UUID]:
    """A customer, a login, contracts, papers, secrets and failed mails that say these texts; the ids of the secrets."""
    vault, secrets = Vault(here.server.keyring), []

    def work(tx: Tx) -> None:
        whose = {"tenant_id": tx.tenant, "customer_id": person.customer_id}
        tx.execute(
            update(Customer)
            .where(Customer.tenant_id == tx.tenant, Customer.id == person.customer_id)
            .values(name=texts[0], phone=texts[1], address=texts[2], email=texts[3], postal_code=texts[4])
        )
        tx.execute(
            update(Credential)
            .where(Credential.tenant_id == tx.tenant, Credential.account_id == person.account_id)
            .values(login_id=texts[5])
        )
        for place, hurt in enumerate(texts):
            contract, secret = uuid.uuid4(), uuid.uuid4()
            tx.add(Contract(id=contract, number=hurt, number_key=f"{number}-{place}", name=hurt, **whose))
            tx.flush()
            tx.add(
                PaperApplication(
                    contract_id=contract, kind=hurt, since=date(2026, 11, 1), note=hurt, outcome=hurt,
                    recorded_by=uuid.uuid4(), recorded_at=tx.now(), settled_by=uuid.uuid4() if place % 2 else None,
                    settled_at=tx.now() if place % 2 else None, **whose,
                )
            )  # fmt: skip
            sealed = vault.seal(tx, hurt.encode(), row=str(secret), **PLACE)
            row = LineSecret(id=secret, contract_id=contract, label=hurt, sealed=sealed, **whose)
            row.updated_at = tx.now()
            tx.add(row)
            secrets.append(secret)
            tx.add(
                MailMessage(
                    tenant_id=tx.tenant, template=hurt, recipient=hurt, language="ja", message_id="x", sealed=b"x",
                    state="failed", tries=1, last_error=hurt, subject_id=person.account_id, created_at=tx.now(),
                )
            )  # fmt: skip
        tx.flush()

    here.run(work)
    return secrets


def test_no_text_of_anybody_becomes_part_of_a_page(here: Portal, desk: PortalClient) -> None:
    looked = texts_seen = 0
    for number, texts in enumerate(hostile(), 1_000_001):
        person = add_person(here, str(number))
        secrets = infect(here, person, str(number), texts)
        base = f"/customers/{person.customer_id}/"
        answers = [desk.get(base + page) for page in PAGES]
        one = desk.get(f"{base}secrets/{secrets[0]}")
        answers.append(one)
        answers.append(desk.submit({"reason": "正しい理由がここにあります"}))
        assert answers[-1].html.xpath("//p[@translate='no']")
        for answer in answers:
            assert answer.status == 200, answer.raw.url
            assert foreign_parts(answer.raw.content) == [], answer.raw.url
            looked += 1
            texts_seen += MARK in answer.raw.text
    print(f"T22 acts: {looked} pages with {len(PAYLOADS)} texts in 13 fields, 0 foreign parts")
    assert texts_seen > looked // 2


def test_no_reason_of_staff_becomes_part_of_a_page(here: Portal, desk: PortalClient) -> None:
    person = add_person(here)
    where, looked = f"/customers/{person.customer_id}/unlock", 0
    fitting = [text for text in PAYLOADS if text.isprintable() and 10 <= len(text) <= 400]
    for reason in fitting[::12]:
        desk.get(where)
        values = desk.last.form_values("//main//form[@method='post']") if desk.last else {}
        answer = desk.post(where, values | {"reason": reason}, follow=True)
        assert answer.status == 200
        assert foreign_parts(answer.raw.content) == [], reason
        looked += 1
    print(f"T22 acts: {looked} reasons of staff on confirm pages, 0 foreign parts")
    assert looked > 10
