"""Mails that were given up: somebody has to find out how the customer is reached."""

from __future__ import annotations

from sqlalchemy import bindparam, select

from mypage.auth.models import Account, Customer
from mypage.db.session import Tx
from mypage.hooks.desk import MAIL, DeskPolicy
from mypage.lib.clock import tokyo_day
from mypage.mail.models import MailMessage
from mypage.work.service import open_kind, short_reference

_OWNER = (
    select(Account.customer_id)
    .where(Account.tenant_id == bindparam("tenant"), Account.id == bindparam("subject"))
    .union_all(
        select(Customer.id).where(Customer.tenant_id == bindparam("tenant"), Customer.id == bindparam("subject"))
    )
    .limit(1)
)


def open_for_mail(tx: Tx, mail: MailMessage, desk: DeskPolicy) -> None:
    """Put a mail that was given up into the work queue; one that is about nobody known here is not."""
    owner = tx.execute(_OWNER, {"tenant": tx.tenant, "subject": mail.subject_id}).scalar_one_or_none()
    if owner is not None:
        open_kind(
            tx,
            desk,
            kind=MAIL,
            subject_id=mail.id,
            customer_id=owner,
            reference=short_reference("M", tokyo_day(mail.created_at), mail.id),
            title=mail.template,
        )
