"""The customer's own data as an operator's profile form names them: read, and stored with notice and trail."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select, update

from mypage.audit.trail import record
from mypage.auth.finding import account_keys
from mypage.auth.login import credential_of
from mypage.auth.models import Account, Customer
from mypage.db.keys import Vault
from mypage.db.session import Tx
from mypage.hooks.context import Principal
from mypage.hooks.profile import ProfileField, ProfileForm
from mypage.lib.errors import NotFound
from mypage.mail.models import MailMessage
from mypage.mail.service import reachable, send_mail
from mypage.operators.operator import Operator
from mypage.profile.errors import TooManyMails

WIZARD = "profile"
MAIL = "profile_changed"
MAILS_AN_HOUR = 20
"""Notices about one customer's data in an hour; a change sends at most two."""
_COLUMNS = {"name": "name", "kana": "kana", "phone": "phone", "email": "email"}
"""Kinds of fields that are columns of the customer; all others stand in its profile."""

Values = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Who changes what: `values` of the fields that are not locked, by name."""

    principal: Principal
    values: Values
    language: str


def read_profile(tx: Tx, rules: ProfileForm, principal: Principal) -> dict[str, str]:
    """The stored text of every field by its name; "" for none. Raises NotFound."""
    return _values(rules, _customer(tx, principal, lock=False))


def store_profile(tx: Tx, vault: Vault, operator: Operator, change: Change) -> list[str]:
    """Store what may be changed and nothing else, and tell the address before and the one after it (UCOM-127).

    An optional field that is blank loses its value (UCOM-124). Accounts of the holder that had the former address get
    the new one. Returns the addresses that a notice goes to, none when nothing changed. Raises NotFound, TooManyMails.
    """
    rules = operator.profile_form
    if rules is None:
        raise NotFound
    customer = _customer(tx, change.principal, lock=True)
    if mails_sent(tx, customer.id) >= MAILS_AN_HOUR:
        raise TooManyMails
    before = _values(rules, customer)
    for field in rules.fields:
        if not field.locked:
            put(customer, field, change.values.get(field.name, ""))
    after = _values(rules, customer)
    changed = tuple(field for field in rules.fields if before[field.name] != after[field.name])
    address = next((field.name for field in rules.fields if field.kind == "email"), "")
    old, new = before.get(address, customer.email), customer.email
    if not changed:
        return []
    customer.updated_at = tx.now()
    tx.flush()
    if old != new:
        move_address(tx, operator, customer, old, new)
    _record(tx, change.principal, changed, before, after)
    told = [each for each in dict.fromkeys((new, old)) if reachable(each)]
    language = customer.language or change.language
    t = operator.catalogues[language]
    for recipient in told:
        send_mail(
            tx,
            vault,
            template=MAIL,
            recipient=recipient,
            language=language,
            values={
                "changed": t(", ").join(t(field.label) for field in changed),
                "changed_at": tx.now(),
            },
            subject_id=change.principal.account_id,
        )
    return told


def mails_sent(tx: Tx, customer_id: uuid.UUID) -> int:
    """Notices of changes to a customer within the last hour."""
    accounts = select(Account.id).where(Account.tenant_id == tx.tenant, Account.customer_id == customer_id)
    return tx.execute(
        select(func.count())
        .select_from(MailMessage)
        .where(
            MailMessage.tenant_id == tx.tenant,
            MailMessage.subject_id.in_(accounts),
            MailMessage.template == MAIL,
            MailMessage.created_at > tx.now() - timedelta(hours=1),
        )
    ).scalar_one()


def _customer(tx: Tx, principal: Principal, *, lock: bool) -> Customer:
    wanted = select(Customer).where(Customer.tenant_id == tx.tenant, Customer.id == principal.customer_id)
    if lock:
        wanted = wanted.with_for_update().execution_options(populate_existing=True)
    found = tx.scalars(wanted).one_or_none()
    if found is None:
        raise NotFound
    return found


def _values(rules: ProfileForm, customer: Customer) -> dict[str, str]:
    return {field.name: stored(customer, field) for field in rules.fields}


def stored(customer: Customer, field: ProfileField) -> str:
    """The stored text of a field; "" for none."""
    column = _COLUMNS.get(field.kind)
    value: Any = getattr(customer, column) if column else customer.profile.get(field.name, "")
    return str(value or "")


def put(customer: Customer, field: ProfileField, value: str) -> None:
    """Store the value of a field in the customer's row."""
    if column := _COLUMNS.get(field.kind):
        setattr(customer, column, value)
        return
    rest = {name: kept for name, kept in customer.profile.items() if name != field.name}
    customer.profile = rest | ({field.name: value} if value else {})


def move_address(tx: Tx, operator: Operator, customer: Customer, old: str, new: str) -> None:
    """Login notices go where the customer is reached; accounts handed out have addresses of their own."""
    handed_out = operator.sub_accounts.roles if operator.sub_accounts else {}
    tx.execute(
        update(Account)
        .where(
            Account.tenant_id == tx.tenant,
            Account.customer_id == customer.id,
            Account.email == old,
            Account.role.not_in(tuple(handed_out)),
        )
        .values(email=new, email_verified_at=None, **account_keys(email=new))
    )


def _record(tx: Tx, principal: Principal, changed: tuple[ProfileField, ...], before: Values, after: Values) -> None:
    credential = credential_of(tx, principal.account_id, principal.scheme)
    by = {"by_scheme": principal.scheme, "by_login": credential.login_id if credential else ""}
    record(
        tx,
        "profile.changed",
        "customer",
        principal.customer_id,
        customer_id=principal.customer_id,
        before={field.name: before[field.name] for field in changed},
        after={field.name: after[field.name] for field in changed} | by,
    )
