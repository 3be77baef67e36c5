"""Contact data corrected by staff on the word of the customer: telephone, mail, address; old and new one are told."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import select

from mypage.audit.trail import record
from mypage.auth.locks import logins_of
from mypage.auth.models import Account, Customer
from mypage.db.keys import Vault
from mypage.db.session import Tx
from mypage.hooks.profile import ProfileField, ProfileForm
from mypage.lib.errors import NotFound
from mypage.mail.service import reachable, send_mail
from mypage.operators.operator import Operator
from mypage.profile.errors import TooManyMails
from mypage.profile.service import MAIL, MAILS_AN_HOUR, Values, mails_sent, move_address, put, stored

Kind = Literal["phone", "fax", "mobile", "email", "postal", "address"]
_COLUMNS: Mapping[str, Kind] = {"phone": "phone", "email": "email", "postal_code": "postal", "address": "address"}
_LABELS: Mapping[str, str] = {
    "phone": "Telephone",
    "email": "Mail address",
    "postal_code": "Postal code",
    "address": "Postal address",
}
_CONTACT = ("phone", "fax", "mobile", "email")


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactField:
    """A field that staff may correct. `rules` are the operator's, None for a column that its form does not name.

    `account` is the login's account whose own address it is, where that is not the customer's.
    """

    name: str
    kind: Kind
    label: str
    required: bool = False
    rules: ProfileField | None = None
    account: uuid.UUID | None = None
    login: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """The fields in the order shown, and what is stored of each by its name."""

    fields: tuple[ContactField, ...]
    values: Values


def read_contact(tx: Tx, operator: Operator, customer_id: uuid.UUID) -> Contact:
    """What can be corrected. Raises NotFound."""
    return _contact(tx, operator, _customer(tx, customer_id, lock=False))


def correct_contact(
    tx: Tx,
    vault: Vault,
    operator: Operator,
    customer_id: uuid.UUID,
    values: Values,
    *,
    language: str,
    reason: str,
) -> list[str]:
    """Store what differs, and tell the addresses before and after it; accounts that had the former get the new one.

    Returns the addresses that a notice goes to, none when nothing changed. Raises NotFound, TooManyMails.
    """
    customer = _customer(tx, customer_id, lock=True)
    contact = _contact(tx, operator, customer)
    changed = changes(contact, values)
    if not changed:
        return []
    if mails_sent(tx, customer.id) >= MAILS_AN_HOUR:
        raise TooManyMails
    addresses = [value for field, before, after in changed if field.kind == "email" for value in (after, before)]
    for field, before, after in changed:
        if field.account is not None:
            _move_account(tx, customer.id, field.account, after)
        elif field.rules is not None:
            put(customer, field.rules, after)
        else:
            setattr(customer, field.name, after)
        if field.kind == "email" and field.account is None:
            move_address(tx, operator, customer, before, after)
    customer.updated_at = tx.now()
    tx.flush()
    record(
        tx,
        "profile.corrected",
        "customer",
        customer.id,
        customer_id=customer.id,
        before={_key(field): before for field, before, _ in changed},
        after={_key(field): after for field, _, after in changed} | {"reason": reason},
    )
    account_id, own = _first_account(tx, customer.id)
    told = [each for each in dict.fromkeys((*addresses, customer.email or own)) if reachable(each)]
    spoken = customer.language or language
    t = operator.catalogues[spoken]
    for recipient in told:
        send_mail(
            tx,
            vault,
            template=MAIL,
            recipient=recipient,
            language=spoken,
            values={"changed": t(", ").join(t(field.label) for field, _, _ in changed), "changed_at": tx.now()},
            subject_id=account_id or customer.id,
        )
    return told


def changes(contact: Contact, values: Values) -> tuple[tuple[ContactField, str, str], ...]:
    """Field, value before and value after of everything that would change."""
    return tuple(
        (field, contact.values[field.name], values[field.name])
        for field in contact.fields
        if field.name in values and values[field.name] != contact.values[field.name]
    )


def _contact(tx: Tx, operator: Operator, customer: Customer) -> Contact:
    fields = _fields(operator.profile_form)
    values = {field.name: _stored(customer, field) for field in fields}
    for account_id, login_id, email in _own_addresses(tx, operator, customer):
        name = f"account-{account_id.hex}"
        own = ContactField(name=name, kind="email", label="Mail address", account=account_id, login=login_id)
        fields, values[name] = (*fields, own), email
    return Contact(fields=fields, values=values)


def _fields(rules: ProfileForm | None) -> tuple[ContactField, ...]:
    theirs = tuple(
        ContactField(name=field.name, kind=field.kind, label=field.label, required=field.required, rules=field)  # type: ignore[arg-type]
        for field in (rules.fields if rules is not None else ())
        if field.kind in _CONTACT
    )
    named = {field.kind for field in theirs}
    ours = (
        ContactField(name=name, kind=kind, label=_LABELS[name]) for name, kind in _COLUMNS.items() if kind not in named
    )
    return (*theirs, *ours)


def _stored(customer: Customer, field: ContactField) -> str:
    return stored(customer, field.rules) if field.rules is not None else str(getattr(customer, field.name))


def _own_addresses(tx: Tx, operator: Operator, customer: Customer) -> list[tuple[uuid.UUID, str, str]]:
    """Accounts with an address of their own: id, login ID, address. Those handed out are their holder's matter."""
    handed_out = tuple(operator.sub_accounts.roles) if operator.sub_accounts else ()
    rows = tx.execute(
        select(Account.id, Account.email)
        .where(
            Account.tenant_id == tx.tenant,
            Account.customer_id == customer.id,
            Account.status == "active",
            Account.email != customer.email,
            Account.role.not_in(handed_out),
        )
        .order_by(Account.created_at, Account.id)
    ).all()
    names = {login.account_id: login.login_id for login in logins_of(tx, customer.id)} if rows else {}
    return [(row.id, names.get(row.id, ""), row.email) for row in rows]


def _move_account(tx: Tx, customer_id: uuid.UUID, account_id: uuid.UUID, email: str) -> None:
    row = tx.scalars(
        select(Account).where(
            Account.tenant_id == tx.tenant, Account.id == account_id, Account.customer_id == customer_id
        )
    ).one()
    row.email, row.email_verified_at = email, None


def _first_account(tx: Tx, customer_id: uuid.UUID) -> tuple[uuid.UUID | None, str]:
    """Whom the notices are counted for, and its address; None and "" without an account."""
    row = tx.execute(
        select(Account.id, Account.email)
        .where(Account.tenant_id == tx.tenant, Account.customer_id == customer_id, Account.status != "closed")
        .order_by(Account.created_at, Account.id)
        .limit(1)
    ).one_or_none()
    return (row.id, row.email) if row is not None else (None, "")


def _key(field: ContactField) -> str:
    return f"email_of_{field.login}" if field.account is not None else field.name


def _customer(tx: Tx, customer_id: uuid.UUID, *, lock: bool) -> Customer:
    wanted = select(Customer).where(Customer.tenant_id == tx.tenant, Customer.id == customer_id)
    if lock:
        wanted = wanted.with_for_update().execution_options(populate_existing=True)
    found = tx.scalars(wanted).one_or_none()
    if found is None:
        raise NotFound
    return found
