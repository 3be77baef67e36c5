"""Inviting somebody to the console: a mail link to choose a password, or a role for who has an account already."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from sqlalchemy import insert, update

from mypage.audit.trail import record
from mypage.auth import names
from mypage.auth.errors import DeadLink
from mypage.auth.links import Link, issue_link, just_used, peek_link, use_link
from mypage.auth.login import credential_of, key_of
from mypage.auth.models import Account, Credential, Customer
from mypage.auth.passwords import broken, check_identifier
from mypage.db.keys import Vault
from mypage.db.session import Tx
from mypage.i18n import Catalogue
from mypage.lib.text import BadText, clean_text
from mypage.mail.errors import BadMail
from mypage.mail.service import checked_address, reachable, send_mail
from mypage.operators.operator import Operator
from mypage.staff.errors import NotInvitable
from mypage.staff.members import ACTIVE, INVITED, account_of, grant, lock_account, roles_of, withdraw
from mypage.staff.office import ROLE, SCHEME
from mypage.staff.permissions import ROLE_WORDS

LIFE = timedelta(hours=72)
LONGEST_NAME = 100

Outcome = Literal["invited", "added", "changed", "unchanged"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """Whom to invite to work for which tenant, in which role; `portal` is what that tenant is called in the mail."""

    email: str
    name: str
    worked: str
    role: str
    portal: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What a mail to staff needs: `language` for who has chosen none, and the addresses of the console's pages."""

    vault: Vault
    operator: Operator
    language: str
    link_of: Callable[[str], str]
    login_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Invited:
    """Somebody whose invitation waits to be accepted. `roles` are theirs by tenant."""

    account_id: uuid.UUID
    email: str
    name: str
    roles: dict[str, str]


def invite(tx: Tx, means: Means, wanted: Invitation, *, by: str) -> tuple[uuid.UUID, Outcome]:
    """Give a role, and mail a link for joining to who has no password yet; twice is as once, but for the link.

    In the console's own tenant. Returns the account and what came of it. Raises NotInvitable.
    """
    email, name = _checked(means, wanted)
    key = key_of(means.operator.login_id_policies[SCHEME], email)
    account = account_of(tx, key) or new_account(tx, key, email, name)
    if account.status not in (ACTIVE, INVITED):
        raise NotInvitable(f"the account of {email} is closed; use another address")
    before = grant(tx, account.id, wanted.worked, wanted.role, by=by)
    if account.status == INVITED:
        _rename(tx, account.id, name)
        _mail_link(tx, means, wanted, account, name)
        record(tx, "staff.invited", "account", account.id, after={"email": email, "worked": wanted.worked, "by": by})
        return account.id, "invited"
    if before is None:
        return account.id, "unchanged"
    tell(tx, means, account, "changed" if before else "added", wanted.role, wanted.portal)
    return account.id, "changed" if before else "added"


def reassign(tx: Tx, means: Means, account_id: uuid.UUID, worked: str, role: str, portal: str, *, by: str) -> None:
    """Change the role of who holds one, and tell them; who holds none any more is left alone."""
    lock_account(tx, account_id)
    account = tx.get(Account, (tx.tenant, account_id))
    if account is None or worked not in roles_of(tx, account_id):
        return
    if grant(tx, account_id, worked, role, by=by) is not None and account.status == ACTIVE:
        tell(tx, means, account, "changed", role, portal)


def dismiss(tx: Tx, means: Means, account_id: uuid.UUID, worked: str, portal: str, *, by: str) -> str:
    """Withdraw a role and tell who held it. Returns the role, "" when there was none and nothing happened."""
    before = withdraw(tx, account_id, worked, by=by)
    account = tx.get(Account, (tx.tenant, account_id))
    if before and account is not None and account.status == ACTIVE:
        tell(tx, means, account, "withdrawn", before, portal)
    return before


def invited(tx: Tx, token: str) -> Invited | None:
    """Whose link it is, when it can be used. Changes nothing, however often a mail scanner opens it."""
    return _invited(tx, peek_link(tx, "staff-invite", token), INVITED)


def joined_before(tx: Tx, token: str) -> tuple[Invited, str] | None:
    """For a link that was used moments ago: whose it was, and the hash of the password that was set."""
    found = _invited(tx, just_used(tx, "staff-invite", token), ACTIVE)
    credential = credential_of(tx, found.account_id, SCHEME) if found else None
    if found is None or credential is None or credential.password_hash is None:
        return None
    return found, credential.password_hash


def join(tx: Tx, token: str, *, name: str, password_hash: str, language: str) -> None:
    """Use the link up: the account is active from now on, with this password. Raises DeadLink."""
    peeked = peek_link(tx, "staff-invite", token)
    if peeked is None:
        raise DeadLink
    # Before the link is taken, as a withdrawal does: both wait for each other in one order.
    lock_account(tx, peeked.subject_id)
    link = use_link(tx, "staff-invite", token)
    found = _invited(tx, link, INVITED)
    if found is None:
        raise DeadLink
    activate(tx, found.account_id, name=name, password_hash=password_hash, language=language)


def activate(tx: Tx, account_id: uuid.UUID, *, name: str, password_hash: str, language: str) -> None:
    """Let an invited account sign in from now on."""
    tx.execute(
        update(Account)
        .where(Account.tenant_id == tx.tenant, Account.id == account_id)
        .values(status=ACTIVE, email_verified_at=tx.now(), language=language)
        .execution_options(synchronize_session=False)
    )
    tx.execute(
        update(Credential)
        .where(Credential.tenant_id == tx.tenant, Credential.account_id == account_id, Credential.scheme == SCHEME)
        .values(password_hash=password_hash, must_change=False, changed_at=tx.now())
        .execution_options(synchronize_session=False)
    )
    _rename(tx, account_id, name)
    record(tx, "staff.joined", "account", account_id, after={"name": name})


def tell(tx: Tx, means: Means, account: Account, change: str, role: str, portal: str) -> None:
    """Mail somebody that a role of theirs is added, changed or withdrawn."""
    if not reachable(account.email):
        return
    send_mail(
        tx,
        means.vault,
        template="staff_role",
        recipient=account.email,
        language=account.language or means.language,
        values={
            "change": change,
            "role": ROLE_WORDS[role],
            "portal": portal,
            "link": means.login_url,
            "changed_at": tx.now(),
        },
        subject_id=account.id,
    )


def _checked(means: Means, wanted: Invitation) -> tuple[str, str]:
    try:
        email, name = checked_address(wanted.email.strip()), clean_text(wanted.name).strip()
    except BadMail:
        raise NotInvitable(f"{wanted.email!r:.100} is no mail address; write it as hanako@isp.example") from None
    except BadText:
        raise NotInvitable("the name holds characters that no name has; write it anew") from None
    if not name or len(name) > LONGEST_NAME:
        raise NotInvitable(f"a name of 1 to {LONGEST_NAME} characters is needed; it stands beside all that is done")
    wrong = broken(check_identifier(means.operator.login_id_policies[SCHEME], email, Catalogue("en")))
    if wrong:
        raise NotInvitable(f"{email} cannot be a login ID: {wrong[0].text}")
    return email, name


def new_account(tx: Tx, key: str, email: str, name: str) -> Account:
    """An account that waits for its invitation to be accepted; at the same moment somebody else may make it.

    Raises NotInvitable.
    """
    account_id = uuid.uuid4()
    if not names.take(tx, SCHEME, key, account_id):
        account = account_of(tx, key)
        if account is None:
            raise NotInvitable(f"{email} was the login of somebody who is gone; use another address")
        return account
    now, mine = tx.now(), {"tenant_id": tx.tenant}
    person = {"number": email, "number_key": key, "name": name, "email": email}
    tx.execute(insert(Customer).values(**mine, id=account_id, **person, created_at=now, updated_at=now))
    tx.execute(
        insert(Account).values(
            **mine, id=account_id, customer_id=account_id, role=ROLE, status=INVITED, email=email, created_at=now
        )
    )
    login = {"scheme": SCHEME, "login_id": email, "login_key": key, "changed_at": now}
    tx.execute(insert(Credential).values(**mine, id=uuid.uuid4(), account_id=account_id, **login))
    account = account_of(tx, key)
    assert account is not None
    return account


def _rename(tx: Tx, account_id: uuid.UUID, name: str) -> None:
    tx.execute(
        update(Customer)
        .where(Customer.tenant_id == tx.tenant, Customer.id == account_id)
        .values(name=name, updated_at=tx.now())
        .execution_options(synchronize_session=False)
    )


def _mail_link(tx: Tx, means: Means, wanted: Invitation, account: Account, name: str) -> None:
    token, ends = issue_link(tx, "staff-invite", account.id, account.email, LIFE)
    send_mail(
        tx,
        means.vault,
        template="staff_invite",
        recipient=account.email,
        language=account.language or means.language,
        values={
            "name": name,
            "role": ROLE_WORDS[wanted.role],
            "portal": wanted.portal,
            "link": means.link_of(token),
            "expires_at": ends,
        },
        subject_id=account.id,
    )


def _invited(tx: Tx, link: Link | None, state: str) -> Invited | None:
    account = tx.get(Account, (tx.tenant, link.subject_id), populate_existing=True) if link is not None else None
    if link is None or account is None or account.status != state or account.email != link.address:
        return None
    person = tx.get(Customer, (tx.tenant, account.customer_id), populate_existing=True)
    assert person is not None
    return Invited(account_id=account.id, email=account.email, name=person.name, roles=roles_of(tx, account.id))
