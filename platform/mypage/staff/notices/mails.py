"""The kind "notice-mail": a notice goes to the mail addresses of all whom it is for."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from mypage.db.session import Tx
from mypage.notices.mailing import reach_by_mail, start_mailing, told_by_mail
from mypage.notices.models import Notice, NoticeMailing
from mypage.notices.writing import find_written
from mypage.staff.approvals.carrying import Carry, DeskMeans, Payload, Told
from mypage.staff.approvals.errors import WorldChanged
from mypage.staff.notices.audiences import WORDS

KIND = "notice-mail"
_SERVICE = "About the contract: there is no unsubscribing from it, so it must not advertise."


def facts(tx: Tx, payload: Payload) -> Mapping[str, Any]:
    """The notice as it is. Raises WorldChanged when customers cannot read it now, or it goes out by mail already.

    A feed's notice is not sent: the feed could write over it between the two who confirm it.
    """
    notice = _found(tx, payload)
    begun = tx.execute(
        select(NoticeMailing.notice_id).where(
            NoticeMailing.tenant_id == tx.tenant, NoticeMailing.notice_id == uuid.UUID(payload["notice_id"])
        )
    ).first()
    if notice is None or notice.written_by is None or begun is not None:
        raise WorldChanged
    over = notice.ends_at is not None and notice.ends_at <= tx.now()
    if notice.state != "published" or notice.starts_at > tx.now() or over:
        raise WorldChanged
    return {"title": notice.title, "changed": notice.updated_at.isoformat(), "audience": notice.audience}


def describe(tx: Tx, desk: DeskMeans, payload: Payload) -> tuple[Told, ...]:
    """What is sent, to how many, and what cannot be undone."""
    t, notice = desk.t, _found(tx, payload)
    if notice is None:
        return ()
    reach = reach_by_mail(tx, notice)
    return (
        Told(t("Notice that is sent"), notice.title),
        Told(t("Text (Japanese)"), "\n".join(told_by_mail(notice.body, desk.words))),
        *_english(desk, notice),
        Told(
            t("For whom"), ": ".join((t(WORDS[notice.audience]), *([", ".join(notice.aimed)] if notice.aimed else [])))
        ),
        Told(t("Customers whom it is for"), f"{reach.customers:,}"),
        Told(t("Of these with a mail address"), f"{reach.with_address:,}"),
        Told(t("How"), t("Each address gets one mail, at most. What is sent cannot be called back.")),
        Told(t("What kind of mail it is"), t(_SERVICE)),
    )


def _english(desk: DeskMeans, notice: Notice) -> tuple[Told, ...]:
    """What readers of English get instead."""
    if not notice.title_en:
        return ()
    t, lines = desk.t, told_by_mail(notice.body_en, desk.words)
    return Told(t("Title (English)"), notice.title_en), Told(t("Text (English)"), "\n".join(lines))


def hold(tx: Tx, payload: Payload) -> None:
    """Let nobody change the notice between the check and the sending."""
    find_written(tx, uuid.UUID(payload["notice_id"]), lock=True)


def carry_out(tx: Tx, _: DeskMeans, payload: Payload) -> None:
    """Let the worker begin."""
    notice = _found(tx, payload)
    if notice is None:
        raise WorldChanged
    start_mailing(tx, notice)


def _found(tx: Tx, payload: Payload) -> Notice | None:
    return tx.execute(
        select(Notice).where(Notice.tenant_id == tx.tenant, Notice.id == uuid.UUID(payload["notice_id"]))
    ).scalar_one_or_none()


MAIL = Carry(label="A notice by mail", facts=facts, describe=describe, carry_out=carry_out, hold=hold)
