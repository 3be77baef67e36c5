"""Telling a customer something about work: a mail to the contact address, and a notice in both languages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from mypage.audit.trail import record
from mypage.db.session import Tx
from mypage.mail.errors import BadMail
from mypage.mail.service import send_mail
from mypage.mail.values import MailValue
from mypage.notices.models import Notice
from mypage.staff.customers.service import CustomerFacts
from mypage.staff.queue.means import Means

MAIL = "desk_message"
MOST_LINES = 12
"""As many lines as the mail's template has places for."""
SHOWN = timedelta(days=90)
"""How long the notice stands."""


def tell_customer(
    tx: Tx, means: Means, customer: CustomerFacts, *, key: str, title: str, texts: Sequence[str], permission: str = ""
) -> bool:
    """Queue the mail and write the notice; whether a mail goes: there may be no address that one can reach.

    `title` and `texts` are msgids of the operator or the core, or what staff wrote, line by line. Only accounts with
    the `permission` see the notice: others of a family have no part in it (UCOM-167).
    """
    japanese, english = means.operator.catalogues["ja"], means.operator.catalogues["en"]
    tx.add(
        Notice(
            tenant_id=tx.tenant,
            key=key,
            customer_id=customer.id,
            permission=permission,
            title=japanese(title),
            body="\n".join(japanese(line) if line else "" for line in texts),
            title_en=english(title),
            body_en="\n".join(english(line) if line else "" for line in texts),
            importance="important",
            starts_at=tx.now(),
            ends_at=tx.now() + SHOWN,
        )
    )
    tx.flush()
    if not customer.email:
        return False
    words = means.operator.catalogues.get(customer.language) or japanese
    lines = [words(line) for line in texts if line][:MOST_LINES]
    values: dict[str, MailValue] = {"title": words(title)}
    values |= {f"line_{number}": line for number, line in enumerate(lines, 1)}
    try:
        send_mail(
            tx,
            means.vault,
            template=MAIL,
            recipient=customer.email,
            language=customer.language,
            values=values,
            subject_id=customer.id,
        )
    except BadMail:
        record(tx, "work.mail_impossible", "customer", customer.id, customer_id=customer.id)
        return False
    return True
