"""The mail that confirms an order to the account that it is for (UCOM-105, UCOM-106, UCOM-176)."""

from __future__ import annotations

from mypage.audit.trail import record
from mypage.auth.owners import customer_of
from mypage.db.keys import Vault
from mypage.db.session import Tx
from mypage.hooks.products import Product
from mypage.mail.errors import BadMail
from mypage.mail.service import send_mail
from mypage.orders.holders import AccountHolder

MAILS = {"buy": "option_bought", "end": "option_ended"}


def tell(
    tx: Tx,
    vault: Vault,
    product: Product,
    action: str,
    account: AccountHolder | None,
    *,
    number: str,
    language: str,
    waiting: bool = False,
) -> str:
    """Queue the mail where the product wants one. Returns the address that it goes to, "" when none goes.

    `waiting`: another system still carries out what was bought. There is never a PIN in it (UCOM-177).
    """
    if not product.mailed or account is None or not account.mail:
        return ""
    try:
        send_mail(
            tx,
            vault,
            template=MAILS[action],
            recipient=account.mail,
            language=account.language or language,
            values={
                "product": product.name,
                "account": account.login_id,
                "number": number,
                "at": tx.now(),
                "waiting": waiting,
            },
            subject_id=account.id,
        )
    except BadMail:
        # What was ordered is ordered: an address that no mail can reach must not undo that.
        record(tx, "option.mail_impossible", "account", account.id, customer_id=customer_of(tx, account.id))
        return ""
    return account.mail
