"""The mail that says that the end of a contract was accepted (OCN-149)."""

from __future__ import annotations

from mypage.audit.trail import record
from mypage.contracts.reaching import ContractRef
from mypage.db.keys import Vault
from mypage.db.session import Tx
from mypage.i18n import Catalogue
from mypage.mail.errors import BadMail
from mypage.mail.service import send_mail
from mypage.operators.operator import Operator
from mypage.terminations.days import day_text
from mypage.terminations.models import EndingRow

MAIL = "termination_accepted"


def tell_accepted(tx: Tx, vault: Vault, operator: Operator, row: EndingRow, ref: ContractRef, name: str) -> None:
    """Queue it to the address that was entered; an address that no mail can reach undoes nothing."""
    words = operator.catalogues[row.language]
    rules = operator.termination
    assert rules is not None
    try:
        send_mail(
            tx,
            vault,
            template=MAIL,
            recipient=row.email,
            language=row.language,
            values={
                "number": row.number,
                "day": day_text(row.wanted_on, row.language),
                "contract": ref.number,
                "plan": ref.name,
                "name": name,
                "at": row.accepted_at,
                "ends": tuple(thing_text(words, *thing) for thing in row.ends),
                "number_label": rules.number_title,
                "refused": rules.refused,
            },
            subject_id=row.account_id,
        )
    except BadMail:
        record(tx, "termination.mail_impossible", "termination", row.id, customer_id=row.customer_id)


def thing_text(words: Catalogue, name: str, login: str, count: int) -> str:
    """Something that ends, in a line."""
    text = words(name) if count == 1 else words("%(name)s (%(count)s)", name=words(name), count=count)
    return f"{text}: {login}" if login else text
