"""The mail link of a registration makes the account: once, and only by a press of the button (ACTV-12, 53 to 55)."""

from __future__ import annotations

import uuid

from sqlalchemy import insert, select, update

from mypage.audit.trail import record
from mypage.auth import names
from mypage.auth.errors import AlreadyRegistered, DeadLink
from mypage.auth.links import just_used, peek_link, use_link
from mypage.auth.models import Account, Credential, Registration
from mypage.auth.registration import has_account, lock_customer
from mypage.db.session import Tx
from mypage.operators.operator import Operator


def waiting_registration(tx: Tx, token: str) -> Registration | None:
    """The registration that a link would complete; None when it cannot. Changes nothing."""
    link = peek_link(tx, "activate", token)
    registration = _registration(tx, link.subject_id) if link else None
    return registration if registration is not None and registration.state == "waiting" else None


def activate(tx: Tx, operator: Operator, token: str) -> uuid.UUID:
    """Make the account of a registration and return its id; a second press gives the same.

    What it did up to an error may be committed: the link is used then, and no account was made.
    Raises DeadLink; AlreadyRegistered when the customer got an account in the meantime, which ends the registration.
    """
    subject = peek_link(tx, "activate", token)
    early = _registration(tx, subject.subject_id) if subject else None
    if early is not None:
        # Before the link is taken: a new registration of the customer locks in this order, too.
        lock_customer(tx, early.customer_id)
    link = use_link(tx, "activate", token)
    if link is None:
        return _made_before(tx, token)
    registration = _registration(tx, link.subject_id)
    if registration is None or registration.state != "waiting":
        raise DeadLink
    if has_account(tx, registration.customer_id):
        names.release(tx, registration.id)
        _end(tx, registration, "replaced")
        raise AlreadyRegistered
    account_id = uuid.uuid4()
    if not names.use_held(tx, registration.scheme, registration.login_key, registration.id, account_id):
        raise DeadLink
    _make_account(tx, operator, registration, account_id)
    _end(tx, registration, "activated")
    record(
        tx,
        "account.activated",
        "account",
        account_id,
        customer_id=registration.customer_id,
        after={"login_id": registration.login_id, "email": registration.email, "role": _role(operator, registration)},
    )
    return account_id


def _make_account(tx: Tx, operator: Operator, registration: Registration, account_id: uuid.UUID) -> None:
    tx.execute(
        insert(Account).values(
            tenant_id=tx.tenant,
            id=account_id,
            customer_id=registration.customer_id,
            role=_role(operator, registration),
            email=registration.email,
            email_verified_at=tx.now(),
            language=registration.language,
            created_at=tx.now(),
        )
    )
    tx.execute(
        insert(Credential).values(
            tenant_id=tx.tenant,
            id=uuid.uuid4(),
            account_id=account_id,
            scheme=registration.scheme,
            login_id=registration.login_id,
            login_key=registration.login_key,
            password_hash=registration.password_hash,
            changed_at=tx.now(),
        )
    )


def _end(tx: Tx, registration: Registration, state: str) -> None:
    tx.execute(
        update(Registration)
        .where(Registration.tenant_id == tx.tenant, Registration.id == registration.id)
        .values(state=state)
        .execution_options(synchronize_session=False)
    )


def _made_before(tx: Tx, token: str) -> uuid.UUID:
    link = just_used(tx, "activate", token)
    registration = _registration(tx, link.subject_id) if link else None
    if registration is None or registration.state != "activated":
        raise DeadLink
    found = tx.execute(
        select(Credential.account_id).where(
            Credential.tenant_id == tx.tenant,
            Credential.scheme == registration.scheme,
            Credential.login_key == registration.login_key,
        )
    ).scalar_one_or_none()
    if found is None:
        raise DeadLink
    return found


def _registration(tx: Tx, registration_id: uuid.UUID) -> Registration | None:
    return tx.scalars(
        select(Registration)
        .where(Registration.tenant_id == tx.tenant, Registration.id == registration_id)
        .execution_options(populate_existing=True)
    ).one_or_none()


def _role(operator: Operator, registration: Registration) -> str:
    return operator.schemes[registration.scheme].role
