"""The second step: after the right password a draft waits, bound to browser and tenant, for one proof of possession."""

from __future__ import annotations

import json
import uuid
from base64 import b64decode, b64encode
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import select, update

from mypage.audit.trail import record
from mypage.auth.factors import passkeys, recovery_codes, totp
from mypage.auth.factors.models import SecondFactor
from mypage.auth.factors.passkeys import Site
from mypage.auth.factors.service import COLUMN, TABLE, Keys, tell
from mypage.auth.known import Devices
from mypage.auth.models import Account, Credential
from mypage.auth.throttle import Target, admit, forgive, second_target
from mypage.db.keys import Vault
from mypage.db.session import Tx
from mypage.forms.drafts import drop_draft, load_draft, save_draft
from mypage.forms.models import Draft
from mypage.hooks.auth import ThrottlePolicy
from mypage.lib.crypto import DecryptError

Purpose = Literal["second-login", "second-reauth"]
Method = Literal["app", "passkey", "recovery"]
Outcome = Literal["proved", "wrong", "gone"]

LIFE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """Somebody whose password was right. Good for one login, while the credential stays as it was."""

    account_id: uuid.UUID
    customer_id: uuid.UUID
    credential_id: uuid.UUID
    changed_at: datetime
    scheme: str
    device: str
    challenge: bytes
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Answer:
    """What is shown as a proof: a code of the app, a recovery code, or a browser's answer for a passkey."""

    method: Method
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """An answer about to be compared, counted at `at` for an account; one not `admitted` must not be compared."""

    account_id: uuid.UUID
    answer: Answer
    target: Target
    admitted: bool
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What comparing needs besides the rows; `language` is that of mails by default."""

    keys: Keys
    site: Site
    policy: ThrottlePolicy
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """How a second step ended. `pending` and `method` are set when it was "proved"; the draft is used up then."""

    outcome: Outcome
    pending: Pending | None = None
    method: Method | None = None
    left: int = 0
    """Recovery codes that are left, after one was used."""


def wait(tx: Tx, vault: Vault, purpose: Purpose, owner: bytes, *, credential_id: uuid.UUID, device: str = "") -> None:
    """Keep the draft of a right password, in place of the browser's earlier one; nobody is signed in by it."""
    row = tx.execute(
        select(Credential.account_id, Credential.scheme, Credential.changed_at, Account.customer_id)
        .join(Account, (Account.tenant_id == tx.tenant) & (Account.id == Credential.account_id))
        .where(Credential.tenant_id == tx.tenant, Credential.id == credential_id)
    ).one()
    pending = Pending(
        account_id=row.account_id,
        customer_id=row.customer_id,
        credential_id=credential_id,
        changed_at=row.changed_at,
        scheme=row.scheme,
        device=device,
        challenge=passkeys.new_challenge(),
        expires_at=tx.now() + LIFE,
    )
    drop_draft(tx, owner=owner, wizard=purpose)
    _save(tx, vault, purpose, owner, pending, None)


def waiting(tx: Tx, vault: Vault, purpose: Purpose, owner: bytes, draft_id: uuid.UUID | None = None) -> Pending | None:
    """Who waits for the second step in this browser; None when nobody does, or the time is over."""
    try:
        draft = load_draft(tx, vault, owner=owner, wizard=purpose, draft_id=draft_id)
    except DecryptError:
        # Damaged, or moved here from another tenant: it vouches for nobody.
        return None
    return _opened(draft.secret, draft.expires_at) if draft is not None and draft.secret is not None else None


def begin(
    tx: Tx, policy: ThrottlePolicy, pending: Pending, answer: Answer, network: str, devices: Devices | None = None
) -> Attempt:
    """Count an attempt; commit before `settle`."""
    now = tx.now()
    known = devices is not None and bool(devices.known(pending.credential_id, pending.changed_at, now))
    target = second_target(pending.account_id, network, known=known)
    admitted = admit(tx, policy, target, at=now)
    return Attempt(account_id=pending.account_id, answer=answer, target=target, admitted=admitted, at=now)


def settle(tx: Tx, means: Means, purpose: Purpose, owner: bytes, attempt: Attempt) -> Proof:
    """Compare an attempt that was counted. A proof uses the draft up: of several at once exactly one holds."""
    keys, answer = means.keys, attempt.answer
    draft_id = _locked(tx, purpose, owner)
    pending = waiting(tx, keys.vault, purpose, owner, draft_id) if draft_id is not None else None
    # Another login in this browser may have taken the draft's place since: its account did not count this attempt.
    if pending is None or pending.account_id != attempt.account_id:
        return Proof(outcome="gone")
    if not attempt.admitted:
        return Proof(outcome="wrong")
    if not proves(tx, keys, means.site, pending, answer):
        record(
            tx,
            "login.second_failed",
            "account",
            pending.account_id,
            customer_id=pending.customer_id,
            after={"method": answer.method, "for": purpose},
        )
        # A browser's answer to a challenge that failed must not get a second chance.
        _save(tx, keys.vault, purpose, owner, replace(pending, challenge=passkeys.new_challenge()), draft_id)
        return Proof(outcome="wrong")
    drop_draft(tx, owner=owner, wizard=purpose)
    account = _still_there(tx, pending)
    if account is None:
        return Proof(outcome="gone")
    forgive(tx, means.policy, attempt.target, at=attempt.at)
    left = 0
    if answer.method == "recovery":
        left = recovery_codes.codes_left(tx, pending.account_id)
        tell(tx, keys.vault, account, "recovery-used", name="", language=means.language)
    return Proof(outcome="proved", pending=pending, method=answer.method, left=left)


def proves(tx: Tx, keys: Keys, site: Site, pending: Pending, answer: Answer) -> bool:
    """Whether an answer shows the possession of a factor of the account; what can be used once is used up by it."""
    match answer.method:
        case "app":
            return _by_app(tx, keys.vault, pending.account_id, answer.text)
        case "recovery":
            code = recovery_codes.fold_recovery(answer.text)
            return code is not None and recovery_codes.use_code(tx, keys.keyring, pending.account_id, code)
        case "passkey":
            return _by_passkey(tx, site, pending, answer.text)


def _by_app(tx: Tx, vault: Vault, account_id: uuid.UUID, typed: str) -> bool:
    code = totp.fold_code(typed)
    if code is None:
        return False
    rows = tx.execute(
        select(SecondFactor.id, SecondFactor.sealed).where(
            SecondFactor.tenant_id == tx.tenant, SecondFactor.account_id == account_id, SecondFactor.kind == "totp"
        )
    ).all()
    for row in rows:
        secret = vault.open(tx, row.sealed, table=TABLE, column=COLUMN, row=str(row.id)).decode()
        step = totp.step_of(secret, code, tx.now())
        if step is not None and _take_step(tx, row.id, step):
            return True
    return False


def _take_step(tx: Tx, factor_id: uuid.UUID, step: int) -> bool:
    """Use a time step up; a code seen before, or an earlier one, proves nothing."""
    taken = tx.execute(
        update(SecondFactor)
        .where(SecondFactor.tenant_id == tx.tenant, SecondFactor.id == factor_id, SecondFactor.last_step < step)
        .values(last_step=step, used_at=tx.now())
        .returning(SecondFactor.id)
    )
    return taken.one_or_none() is not None


def _by_passkey(tx: Tx, site: Site, pending: Pending, answer: str) -> bool:
    credential_id = passkeys.named_in(answer)
    if credential_id is None:
        return False
    row = tx.execute(
        select(SecondFactor.id, SecondFactor.public_key).where(
            SecondFactor.tenant_id == tx.tenant,
            SecondFactor.account_id == pending.account_id,
            SecondFactor.credential_id == credential_id,
        )
    ).one_or_none()
    if row is None:
        return False
    count = passkeys.read_assertion(site, pending.challenge, answer, row.public_key)
    return count is not None and _take_count(tx, pending, row.id, count)


def _take_count(tx: Tx, pending: Pending, factor_id: uuid.UUID, counted: int) -> bool:
    """Move the sign count on. One that does not grow means a copied key; devices that do not count always say 0."""
    grown = SecondFactor.sign_count < counted
    if counted == 0:
        grown = SecondFactor.sign_count == 0
    taken = tx.execute(
        update(SecondFactor)
        .where(SecondFactor.tenant_id == tx.tenant, SecondFactor.id == factor_id, grown)
        .values(sign_count=counted, used_at=tx.now())
        .returning(SecondFactor.id)
    ).one_or_none()
    if taken is None:
        record(tx, "factor.counter_regressed", "second_factor", factor_id, customer_id=pending.customer_id)
    return taken is not None


def _still_there(tx: Tx, pending: Pending) -> Account | None:
    """The account, when it is active and the password is still the one that was compared.

    Locks the credential, so that a password change cannot miss a session that is opened right now.
    """
    row = tx.execute(
        select(Credential.changed_at, Account)
        .join(Account, (Account.tenant_id == tx.tenant) & (Account.id == Credential.account_id))
        .where(Credential.tenant_id == tx.tenant, Credential.id == pending.credential_id, Account.status == "active")
        .with_for_update(of=Credential)
    ).one_or_none()
    if row is None or row.changed_at != pending.changed_at:
        return None
    account = row[1]
    assert isinstance(account, Account)
    return account


def _locked(tx: Tx, purpose: Purpose, owner: bytes) -> uuid.UUID | None:
    """The draft, locked, so that answers sent side by side are looked at one after the other."""
    return tx.scalars(
        select(Draft.id)
        .where(Draft.tenant_id == tx.tenant, Draft.owner == owner, Draft.wizard == purpose)
        .order_by(Draft.created_at.desc())
        .limit(1)
        .with_for_update()
    ).one_or_none()


def _save(tx: Tx, vault: Vault, purpose: Purpose, owner: bytes, pending: Pending, draft_id: uuid.UUID | None) -> None:
    content = {
        "account": str(pending.account_id),
        "customer": str(pending.customer_id),
        "credential": str(pending.credential_id),
        "changed_at": pending.changed_at.isoformat(),
        "scheme": pending.scheme,
        "device": pending.device,
        "challenge": b64encode(pending.challenge).decode(),
    }
    save_draft(
        tx,
        vault,
        owner=owner,
        wizard=purpose,
        data={},
        secret=json.dumps(content).encode(),
        life=pending.expires_at - tx.now(),
        draft_id=draft_id,
    )


def _opened(secret: bytes, expires_at: datetime) -> Pending:
    content = json.loads(secret)
    return Pending(
        account_id=uuid.UUID(content["account"]),
        customer_id=uuid.UUID(content["customer"]),
        credential_id=uuid.UUID(content["credential"]),
        changed_at=datetime.fromisoformat(content["changed_at"]),
        scheme=content["scheme"],
        device=content["device"],
        challenge=b64decode(content["challenge"]),
        expires_at=expires_at,
    )
