"""The mail on each step of a request, in the customer's language. What a form holds is never in it."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from mypage.audit.trail import record
from mypage.auth.models import Account, Customer
from mypage.db.keys import Vault
from mypage.db.session import Tx
from mypage.hooks.requests import RequestStep
from mypage.mail.errors import BadMail
from mypage.mail.service import send_mail
from mypage.mail.values import MailValue
from mypage.operators.operator import Operator
from mypage.requests.models import Request

MAIL = "request_step"
MOST_LINES = 12


def tell(
    tx: Tx, vault: Vault, operator: Operator, request: Request, step: RequestStep, lines: Sequence[str] = ()
) -> bool:
    """Queue the mail where the operator wants one of this step; whether one goes. `lines` is what staff wrote."""
    catalogue = operator.requests
    if catalogue is None or step not in catalogue.mails:
        return False
    customer = tx.execute(
        select(Customer.email, Customer.language, Customer.name, Account.email.label("own"))
        .join(Account, (Account.tenant_id == Customer.tenant_id) & (Account.id == request.account_id))
        .where(Customer.tenant_id == tx.tenant, Customer.id == request.customer_id)
    ).one()
    recipient = customer.email or customer.own
    if not recipient:
        return False
    language = customer.language or request.language
    t = operator.catalogues.get(language) or operator.catalogues["ja"]
    values: dict[str, MailValue] = {
        "step": step,
        "form": t(request.title),
        "number": request.number,
        "number_label": t(catalogue.number_label),
        "state": t(catalogue.state_word(request.state)),
        "at": tx.now(),
        "lines": tuple(line for line in lines if line.strip())[:MOST_LINES],
    }
    try:
        send_mail(
            tx,
            vault,
            template=MAIL,
            recipient=recipient,
            language=language,
            values=values,
            subject_id=request.customer_id,
        )
    except BadMail:
        # What was done is done: an address that no mail can reach must not undo that.
        record(tx, "request.mail_impossible", "request", request.id, customer_id=request.customer_id)
        return False
    return True
