"""Mails in the database: all or nothing with their cause, unreadable there, wiped when over."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mailkit import KEYRING, tenant_name
from sqlalchemy import Engine, select, text

from mypage.audit.models import AuditEntry
from mypage.db.keys import Vault
from mypage.db.session import Actor, Scope, Tx, unit
from mypage.lib.clock import FixedClock
from mypage.lib.crypto import DecryptError
from mypage.lib.errors import NotFound
from mypage.mail.again import mail_about, mails_about, send_again
from mypage.mail.errors import BadMail
from mypage.mail.models import MailMessage
from mypage.mail.service import (
    checked_address,
    claim,
    fail_stuck,
    forget_old,
    mark_failed,
    mark_missed,
    mark_sent,
    send_mail,
    wipe_failed,
)
from mypage.mail.values import pack_values, unpack_values

VAULT = Vault(KEYRING)
LINK = "https://my.kita.example/activate?token=SECRETTOKEN"
Committed = Callable[[Callable[[Tx], Any]], Any]


def queue(tx: Tx, **changes: Any) -> uuid.UUID:
    arguments: dict[str, Any] = {
        "template": "activation",
        "recipient": "hanako@example.jp",
        "language": "ja",
        "values": {"link": LINK, "expires_at": tx.now()},
    }
    return send_mail(tx, VAULT, **arguments | changes)


def row(tx: Tx, mail_id: uuid.UUID) -> MailMessage:
    return tx.scalars(select(MailMessage).where(MailMessage.tenant_id == tx.tenant, MailMessage.id == mail_id)).one()


def jobs(tx: Tx) -> list[dict[str, Any]]:
    found = tx.execute(
        text("SELECT task_name, queue_name, args FROM procrastinate_jobs WHERE args->>'tenant' = :t"), {"t": tx.tenant}
    )
    return [dict(job._mapping) for job in found]


def test_a_mail_and_its_job_come_together_and_the_job_holds_only_ids(tx: Tx) -> None:
    subject = uuid.uuid4()
    mail_id = queue(tx, subject_id=subject)
    assert jobs(tx) == [
        {
            "task_name": "mail.deliver",
            "queue_name": "mail",
            "args": {"tenant": tx.tenant, "request_id": "test", "mail": str(mail_id)},
        }
    ]
    found = row(tx, mail_id)
    assert (found.state, found.tries, found.subject_id, found.created_at) == ("queued", 0, subject, tx.now())


def test_when_the_unit_rolls_back_there_is_no_mail_and_no_job(in_unit: Committed) -> None:
    def fail_after_queueing(tx: Tx) -> None:
        queue(tx)
        assert len(jobs(tx)) == 1
        raise RuntimeError

    with pytest.raises(RuntimeError):
        in_unit(fail_after_queueing)
    in_unit(_nothing)


def _nothing(tx: Tx) -> None:
    assert jobs(tx) == []
    assert tx.scalars(select(MailMessage).where(MailMessage.tenant_id == tx.tenant)).all() == []


def test_the_content_is_unreadable_in_the_database_and_wiped_in_the_end(tx: Tx, clock: FixedClock) -> None:
    sent, failed = queue(tx), queue(tx)
    raw = row(tx, sent).sealed
    assert raw is not None
    assert b"SECRETTOKEN" not in raw
    assert b"activate" not in raw
    whole = tx.execute(text("SELECT * FROM mail_message WHERE tenant_id = :t"), {"t": tx.tenant}).all()
    assert "SECRETTOKEN" not in str(whole) + str(jobs(tx))
    mark_sent(tx, sent)
    mark_failed(tx, failed, "550 no such user")
    tx.expire_all()
    assert (row(tx, sent).state, row(tx, sent).sealed, row(tx, sent).sent_at) == ("sent", None, tx.now())
    assert (row(tx, failed).state, row(tx, failed).sent_at) == ("failed", None)
    assert b"SECRETTOKEN" not in (row(tx, failed).sealed or b"SECRETTOKEN")
    assert wipe_failed(tx, 10) == 0
    clock.at += timedelta(days=7, seconds=1)
    assert [wipe_failed(tx, 10), wipe_failed(tx, 10)] == [1, 0]
    tx.expire_all()
    assert row(tx, failed).sealed is None


def test_sealed_content_moved_to_another_mail_does_not_open(tx: Tx) -> None:
    one, two = queue(tx), queue(tx)
    row(tx, one).sealed = row(tx, two).sealed
    tx.flush()
    with pytest.raises(DecryptError):
        claim(tx, VAULT, one, mail_domain="kita.example")


def test_a_claim_opens_the_mail_and_counts_and_keeps_the_message_id(tx: Tx) -> None:
    mail_id = queue(tx)
    first = claim(tx, VAULT, mail_id, mail_domain="kita.example")
    second = claim(tx, VAULT, mail_id, mail_domain="renamed.example")
    assert first is not None
    assert second is not None
    assert first.values == {"link": LINK, "expires_at": tx.now()}
    assert (first.tries, second.tries) == (1, 2)
    assert first.message_id == second.message_id
    assert first.message_id.endswith("@kita.example>")


@pytest.mark.parametrize("end", [mark_sent, lambda tx, mail_id: mark_failed(tx, mail_id, "x")])
def test_what_has_ended_is_not_claimed_again_and_stays_as_it_is(tx: Tx, end: Callable[[Tx, uuid.UUID], None]) -> None:
    mail_id = queue(tx)
    end(tx, mail_id)
    tx.expire_all()
    state = row(tx, mail_id).state
    assert claim(tx, VAULT, mail_id, mail_domain="kita.example") is None
    mark_sent(tx, mail_id)
    mark_failed(tx, mail_id, "late")
    assert mark_missed(tx, mail_id, "late", patience=timedelta(hours=1)) is None
    tx.expire_all()
    assert row(tx, mail_id).state == state


def test_an_unknown_mail_is_nothing_to_deliver(tx: Tx) -> None:
    assert claim(tx, VAULT, uuid.uuid4(), mail_domain="x") is None
    assert mark_missed(tx, uuid.uuid4(), "x", patience=timedelta(hours=1)) is None
    mark_failed(tx, uuid.uuid4(), "x")


def test_patience_ends_and_the_trail_says_so_without_an_address(tx: Tx, clock: FixedClock) -> None:
    mail_id = queue(tx)
    claim(tx, VAULT, mail_id, mail_domain="kita.example")
    assert mark_missed(tx, mail_id, "451 later\r\nX: y", patience=timedelta(hours=24)) == 1
    assert row(tx, mail_id).last_error == "451 later  X: y"
    assert row(tx, mail_id).sealed is not None
    clock.at += timedelta(hours=24)
    assert mark_missed(tx, mail_id, "451 later", patience=timedelta(hours=24)) is None
    assert row(tx, mail_id).state == "failed"
    entry = tx.scalars(select(AuditEntry).where(AuditEntry.tenant_id == tx.tenant)).one()
    assert (entry.action, entry.object_id) == ("mail.failed", str(mail_id))
    assert entry.after == {"template": "activation", "tries": 1, "reason": "451 later"}


def test_a_failed_mail_goes_out_again_as_it_was(tx: Tx, clock: FixedClock) -> None:
    mail_id, subject = queue(tx), uuid.uuid4()
    row(tx, mail_id).subject_id = subject
    tx.flush()
    with pytest.raises(NotFound):
        send_again(tx, mail_about(tx, [subject], mail_id), subject, recipient="new@example.jp", reason="why")
    mark_failed(tx, mail_id, "550 no such user")
    clock.at += timedelta(days=2)
    failed = mail_about(tx, [subject], mail_id)
    assert (failed.state, failed.kept, failed.last_error) == ("failed", True, "550 no such user")
    send_again(tx, failed, subject, recipient="new@example.jp", reason="why it goes again")
    again = claim(tx, VAULT, mail_id, mail_domain="kita.example")
    assert again is not None
    assert (again.recipient, again.values["link"], again.tries) == ("new@example.jp", LINK, 1)
    assert mark_missed(tx, mail_id, "451 later", patience=timedelta(hours=24)) == 1, "its time began anew"
    entry = tx.scalars(select(AuditEntry).where(AuditEntry.tenant_id == tx.tenant).order_by(AuditEntry.at)).all()[-1]
    assert (entry.action, entry.customer_id, (entry.after or {})["reason"]) == (
        "mail.sent_again",
        subject,
        "why it goes again",
    )
    with pytest.raises(NotFound):
        mail_about(tx, [uuid.uuid4()], mail_id)
    assert [mail.id for mail in mails_about(tx, [subject])] == [mail_id]


def test_another_tenant_does_not_see_the_mail(in_unit: Committed, engine: Engine, clock: FixedClock) -> None:
    mail_id = in_unit(queue)
    with unit(engine, Scope(tenant_name(), clock, Actor("system", "test"), "test")) as other:
        assert claim(other, VAULT, mail_id, mail_domain="x") is None


def test_what_ended_long_ago_is_forgotten_and_what_waits_never(tx: Tx, clock: FixedClock) -> None:
    sent, failed, waiting = queue(tx), queue(tx), queue(tx)
    mark_sent(tx, sent)
    mark_failed(tx, failed, "x")
    assert forget_old(tx, 10) == 0
    clock.at += timedelta(days=91)
    recent = queue(tx)
    mark_sent(tx, recent)
    assert forget_old(tx, 1) == 1
    assert forget_old(tx, 10) == 1
    assert forget_old(tx, 10) == 0
    left = tx.scalars(select(MailMessage.id).where(MailMessage.tenant_id == tx.tenant)).all()
    assert set(left) == {waiting, recent}


def test_a_mail_that_lost_its_job_fails_visibly_in_the_end(tx: Tx, clock: FixedClock) -> None:
    lost = queue(tx)
    clock.at += timedelta(days=2)
    waiting = queue(tx)
    assert fail_stuck(tx, 10) == 0
    clock.at += timedelta(days=1, seconds=1)
    assert fail_stuck(tx, 10) == 1
    assert (row(tx, lost).state, row(tx, waiting).state) == ("failed", "queued")
    entry = tx.scalars(select(AuditEntry).where(AuditEntry.tenant_id == tx.tenant)).one()
    assert (entry.action, entry.object_id) == ("mail.failed", str(lost))


@pytest.mark.parametrize(
    "address",
    ["", "hanako", "hanako@", "@example.jp", "a@b.jp\r\nBcc: c@d.jp", "a@b.jp, c@d.jp", "花子@example.jp", "H <a@b.jp>",
     "a b@c.jp", f"{'a' * 250}@b.jp", "a@b.jp\0"],
)  # fmt: skip
def test_what_is_not_one_address_is_refused(tx: Tx, address: str) -> None:
    with pytest.raises(BadMail, match="recipient"):
        queue(tx, recipient=address)
    assert jobs(tx) == []


@pytest.mark.parametrize("address", ["hanako.sato+test@mail.example.jp", "o'neil_1-2@example.co.jp"])
def test_ordinary_addresses_are_taken_as_they_are(address: str) -> None:
    assert checked_address(address) == address


@pytest.mark.parametrize(
    "values",
    [
        {"name": "花子\r\nBcc: x@y.jp"},
        {"name": "花子\n次"},
        {"name": "a\0b"},
        {"name": "\u202eevil"},
        {"amount": 1.5},
        {"rows": ["a"]},
        {"name": None},
    ],
)
def test_values_that_a_mail_cannot_hold_are_refused(tx: Tx, values: dict[str, Any]) -> None:
    with pytest.raises(BadMail):
        queue(tx, values=values)


@pytest.mark.parametrize("template", ["", "../secret", "a/b", "Activation", "a.b"])
def test_a_template_is_named_plainly(tx: Tx, template: str) -> None:
    with pytest.raises(BadMail):
        queue(tx, template=template)


_VALUE = (
    st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]))
    | st.integers()
    | st.booleans()
    | st.datetimes(timezones=st.timezones())
)


@given(st.dictionaries(st.text(min_size=1), _VALUE))
def test_values_come_back_as_they_were(values: dict[str, Any]) -> None:
    packed = pack_values(values)
    json.loads(packed)
    back = unpack_values(packed)
    assert list(back) == list(values)
    for key, value in values.items():
        assert type(back[key]) is type(value)
        if isinstance(value, datetime):
            assert back[key].timestamp() == value.timestamp()
        elif not isinstance(value, str):
            assert back[key] == value
