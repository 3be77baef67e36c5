"""Secrets of lines: one at a time, after a proof and with a reason, in one answer and nowhere else (T31)."""

from __future__ import annotations

import asyncio
import json
import uuid
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

import sample_operator.plugin as nagi
from mypage.audit.models import AuditEntry
from mypage.contracts.line_secrets import PLACE
from mypage.contracts.models import Contract, LineSecret
from mypage.db.keys import Vault
from mypage.db.schema import metadata
from mypage.db.session import Tx
from mypage.mail.models import MailMessage
from mypage.mail.service import Outgoing, claim
from mypage.testing.portal import Answer, MakePortal, Portal, PortalClient
from portal_rows import Person, add_person, operator_of
from staff_rows import Staff, add_staff, make_office, sit_down

REASON = "ルーター交換のため本人から電話"
VALUE = "x7Kd-29pQ-mm41"
NAME = "青森 太郎 (1000001)"


def add_secret(here: Portal, person: Person, *, number: str = "K-1", status: str = "active") -> uuid.UUID:
    """A contract of the person with a secret."""
    secret_id, contract_id = uuid.uuid4(), uuid.uuid4()
    vault = Vault(here.server.keyring)

    def work(tx: Tx) -> None:
        whose: dict[str, Any] = {"tenant_id": tx.tenant, "customer_id": person.customer_id}
        tx.add(Contract(id=contract_id, number=number, number_key=number, name="光1ギガ", status=status, **whose))
        tx.flush()
        sealed = vault.seal(tx, VALUE.encode(), row=str(secret_id), **PLACE)
        row = LineSecret(id=secret_id, contract_id=contract_id, label="認証パスワード", sealed=sealed, **whose)
        row.updated_at = tx.now()
        tx.add(row)

    here.run(work)
    return secret_id


def path(person: Person, secret_id: uuid.UUID) -> str:
    return f"/customers/{person.customer_id}/secrets/{secret_id}"


def ask(desk: PortalClient, person: Person, secret_id: uuid.UUID, **typed: str) -> Answer:
    assert desk.get(path(person, secret_id)).status == 200
    return desk.submit({"reason": REASON} | typed)


def shown(here: Portal) -> list[AuditEntry]:
    def work(tx: Tx) -> list[AuditEntry]:
        wanted = select(AuditEntry).where(AuditEntry.tenant_id == tx.tenant, AuditEntry.action == "secret.shown")
        found = list(tx.scalars(wanted))
        tx.expunge_all()
        return found

    return here.run(work)


def mails(here: Portal) -> list[tuple[str, Outgoing | None]]:
    vault = Vault(here.server.keyring)

    def work(tx: Tx) -> list[tuple[str, Outgoing | None]]:
        rows = tx.scalars(select(MailMessage).where(MailMessage.tenant_id == tx.tenant)).all()
        return [(row.recipient, claim(tx, vault, row.id, mail_domain="x.example")) for row in rows]

    return here.run(work)


def test_the_list_shows_labels_alone(here: Portal, desk: PortalClient, person: Person) -> None:
    add_secret(here, person)
    page = desk.get(f"/customers/{person.customer_id}/secrets")
    assert "認証パスワード" in page.text
    assert VALUE not in page.raw.text
    assert shown(here) == []


def test_it_is_shown_once_and_audited_and_told(here: Portal, desk: PortalClient, person: Person, agent: Staff) -> None:
    secret_id = add_secret(here, person)
    asked = desk.get(path(person, secret_id))
    assert NAME in asked.text
    assert VALUE not in asked.raw.text
    form = asked.form_values("//main//form") | {"reason": REASON}
    answer = desk.post(path(person, secret_id), form)
    assert answer.status == 200
    assert answer.raw.text.count(VALUE) == 1
    assert "no-store" in answer.raw.headers["cache-control"]
    again = desk.post(path(person, secret_id), form)
    assert again.status == 200
    assert VALUE not in again.raw.text
    assert "すでに表示したため" in again.text
    (entry,) = shown(here)
    assert (entry.customer_id, entry.actor_kind, entry.actor) == (person.customer_id, "staff", str(agent.account_id))
    assert entry.after == {"label": "認証パスワード", "contract": "K-1", "reason": REASON}
    ((recipient, mail),) = mails(here)
    assert recipient == "taro@example.jp"
    assert mail is not None
    assert set(mail.values) == {"label", "contract", "shown_at"}


def test_the_value_stands_nowhere_else(
    here: Portal, office: Portal, desk: PortalClient, person: Person, capfd: pytest.CaptureFixture[str]
) -> None:
    secret_id = add_secret(here, person)
    answer = ask(desk, person, secret_id)
    assert VALUE in answer.raw.text
    places = 0
    for portal in (here, office):
        for table in metadata().sorted_tables:
            if "tenant_id" in table.columns:
                rows = portal.run(
                    lambda tx, t=table: tx.execute(
                        text(f"SELECT to_jsonb(x)::text FROM {t.name} x WHERE tenant_id = :t"), {"t": tx.tenant}
                    ).scalars().all()
                )  # fmt: skip
                places += len(rows)
                assert VALUE not in json.dumps(rows, ensure_ascii=False), table.name
                assert VALUE.encode().hex() not in json.dumps(rows), table.name
    assert places > 10
    out = capfd.readouterr()
    assert VALUE not in out.out + out.err
    assert VALUE not in str(answer.raw.headers) + str(answer.raw.url)
    for page in ("secrets", "unlock", "mails"):
        assert VALUE not in desk.get(f"/customers/{person.customer_id}/{page}").raw.text
    print(f"rows looked at: {places}")


def test_a_stale_proof_is_asked_for_again(here: Portal, desk: PortalClient, person: Person) -> None:
    secret_id = add_secret(here, person)
    form = desk.get(path(person, secret_id)).form_values("//main//form") | {"reason": REASON}
    here.clock.at += timedelta(minutes=5, seconds=1)
    assert desk.get(path(person, secret_id)).location.startswith("/reauth?next=")
    answer = desk.post(path(person, secret_id), form)
    assert answer.status == 303
    assert answer.location.startswith("/reauth?next=")
    assert shown(here) == []


@pytest.mark.parametrize("reason", ["", "short", "x" * 501])
def test_without_a_reason_nothing_is_shown(here: Portal, desk: PortalClient, person: Person, reason: str) -> None:
    answer = ask(desk, person, add_secret(here, person), reason=reason)
    assert answer.status == 422
    assert VALUE not in answer.raw.text
    assert shown(here) == []


def test_foreign_and_ended_ones_are_not_there(
    here: Portal, make_portal: MakePortal, desk: PortalClient, person: Person
) -> None:
    other, mine = add_person(here, "1000002"), add_secret(here, person)
    theirs = add_secret(here, other, number="K-2")
    over = add_secret(here, person, number="K-3", status="terminated")
    elsewhere = make_portal("actv")
    foreign = add_secret(elsewhere, add_person(elsewhere))
    assert desk.get(path(person, mine)).status == 200
    for wrong in (theirs, over, foreign, uuid.uuid4()):
        assert desk.get(path(person, wrong)).status == 404
        form = {"reason": REASON, "operation": str(uuid.uuid4())}
        assert desk.post(path(person, wrong), form).status == 404
    assert desk.post(path(person, mine), {"reason": REASON, "operation": "nonsense"}).status == 409
    assert shown(here) == []


def test_only_so_many_within_an_hour_and_it_is_said_plainly(
    here: Portal, office: Portal, desk: PortalClient, person: Person
) -> None:
    most, secret_id = operator_of(here).desk.secrets_an_hour, add_secret(here, person)
    for _ in range(most):
        assert VALUE in ask(desk, person, secret_id).raw.text
    answer = ask(desk, person, secret_id)
    assert answer.status == 429
    assert VALUE not in answer.raw.text
    assert "1時間に表示できる件数に達しました" in answer.text
    assert answer.form_values("//main//form")["reason"] == REASON
    assert len(shown(here)) == most == 10
    second = sit_down(office, add_staff(office, {here.name: "agent"}), here)
    assert VALUE in ask(second, person, secret_id).raw.text, "each counts for oneself"


def test_a_reader_sees_none(here: Portal, office: Portal, person: Person) -> None:
    secret_id = add_secret(here, person)
    reader = sit_down(office, add_staff(office, {here.name: "reader"}), here)
    assert reader.get(f"/customers/{person.customer_id}/secrets").status == 403
    assert reader.get(path(person, secret_id)).status == 403
    assert reader.post(path(person, secret_id), {"reason": REASON}).status == 403
    assert shown(here) == []


def test_an_operator_tells_nobody_and_allows_fewer(make_portal: MakePortal, office_of_nagi: Portal) -> None:
    here = make_portal("nagi", plugins={"nagi": nagi}, settings={"harbour": "北の港"})
    person = add_person(here)
    desk = sit_down(office_of_nagi, add_staff(office_of_nagi, {here.name: "agent"}), here)
    secret_id = add_secret(here, person)
    assert "メールでお知らせ" not in desk.get(path(person, secret_id)).text
    for _ in range(2):
        assert VALUE in ask(desk, person, secret_id).raw.text
    assert ask(desk, person, secret_id).status == 429
    assert mails(here) == []


@pytest.fixture
def office_of_nagi(make_portal: MakePortal) -> Portal:
    return make_office(make_portal, plugins={"nagi": nagi})


def test_presses_side_by_side_show_it_once(here: Portal, desk: PortalClient, person: Person) -> None:
    secret_id = add_secret(here, person)
    form = desk.get(path(person, secret_id)).form_values("//main//form") | {"reason": REASON}

    async def together() -> list[str]:
        sent = [desk.arequest("POST", path(person, secret_id), data=form) for _ in range(6)]
        return [answer.text for answer in await asyncio.gather(*sent)]

    answers = here.wait(together())
    assert sum(VALUE in answer for answer in answers) == 1
    assert len(shown(here)) == 1


def test_windows_side_by_side_see_no_more_than_allowed(here: Portal, desk: PortalClient, person: Person) -> None:
    most, secret_id = operator_of(here).desk.secrets_an_hour, add_secret(here, person)
    form = desk.get(path(person, secret_id)).form_values("//main//form") | {"reason": REASON}

    async def together() -> list[tuple[int, bool]]:
        forms = [form | {"operation": str(uuid.uuid4())} for _ in range(most + 4)]
        sent = [desk.arequest("POST", path(person, secret_id), data=each) for each in forms]
        return [(answer.status_code, VALUE in answer.text) for answer in await asyncio.gather(*sent)]

    answers = here.wait(together())
    print(f"{len(answers)} at once: {answers.count((200, True))} shown, {answers.count((429, False))} refused")
    assert answers.count((200, True)) == most
    assert answers.count((429, False)) == 4
    assert len(shown(here)) == most
