"""The second step: who waits for it after the right password gives one proof of possession."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from sqlalchemy import select, update

from mypage.audit.trail import record
from mypage.auth.factors import passkeys, recovery_codes, totp
from mypage.auth.factors.models import SecondFactor
from mypage.auth.factors.passkeys import Site
from mypage.auth.factors.pending import Pending, Purpose, keep, lock_draft, still_there, waiting
from mypage.auth.factors.service import COLUMN, TABLE, Keys, tell
from mypage.auth.known import Devices
from mypage.auth.throttle import Target, admit, forgive, second_target
from mypage.db.keys import Vault
from mypage.db.session import Tx
from mypage.forms.drafts import drop_draft
from mypage.hooks.auth import ThrottlePolicy

Method = Literal["app", "passkey", "recovery"]
Outcome = Literal["proved", "wrong", "gone"]


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
    draft_id = lock_draft(tx, purpose, owner)
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
        keep(tx, keys.vault, purpose, owner, replace(pending, challenge=passkeys.new_challenge()), draft_id)
        return Proof(outcome="wrong")
    drop_draft(tx, owner=owner, wizard=purpose)
    account = still_there(tx, pending)
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
