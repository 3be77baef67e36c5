"""Showing one secret of a line to one member of the staff, and telling its customer."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from sqlalchemy import select

from mypage.auth.models import Account
from mypage.contracts.line_secrets import SecretLabel, open_secret, secrets_of
from mypage.db.keys import Vault
from mypage.db.session import Tx
from mypage.hooks.desk import DeskPolicy
from mypage.lib.errors import NotFound
from mypage.mail.service import reachable, send_mail
from mypage.staff.customers.service import CustomerFacts

MAIL = "secret_shown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Showing:
    """Who is shown what of whom, and why. `language` is that of mails where the customer has none."""

    customer: CustomerFacts
    secret: SecretLabel
    staff: uuid.UUID
    reason: str
    language: str


def secret_of(tx: Tx, customer_id: uuid.UUID, secret_id: uuid.UUID) -> SecretLabel:
    """One secret of a customer, without its value. Raises NotFound: it is another's, or its contract is terminated."""
    found = next((each for each in secrets_of(tx, customer_id) if each.id == secret_id), None)
    if found is None:
        raise NotFound
    return found


def told_at(tx: Tx, policy: DeskPolicy, customer: CustomerFacts) -> str:
    """Where the customer is told that a secret was shown; "" when the operator does not want it, or no mail can go."""
    if not policy.tell_secret_shown:
        return ""
    own = tx.scalars(
        select(Account.email)
        .where(
            Account.tenant_id == tx.tenant,
            Account.customer_id == customer.id,
            Account.status == "active",
            Account.email != "",
        )
        .order_by(Account.created_at, Account.id)
        .limit(1)
    ).one_or_none()
    address = customer.email or own or ""
    return address if reachable(address) else ""


def show_secret(tx: Tx, vault: Vault, policy: DeskPolicy, showing: Showing) -> str:
    """The value, for one answer and nothing that is kept; audited, and told to the customer.

    Raises NotFound and TooManySecrets.
    """
    customer = showing.customer
    value = open_secret(
        tx,
        vault,
        customer.id,
        showing.secret,
        staff=showing.staff,
        most=policy.secrets_an_hour,
        reason=showing.reason,
    )
    if address := told_at(tx, policy, customer):
        send_mail(
            tx,
            vault,
            template=MAIL,
            recipient=address,
            language=customer.language or showing.language,
            values={
                "label": showing.secret.label,
                "contract": showing.secret.contract_number,
                "shown_at": tx.now(),
            },
            subject_id=customer.id,
        )
    return value
