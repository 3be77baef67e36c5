"""Self-registration: proving who one is, and waiting for the mail link (ACTV-24, ACTV-45 to ACTV-52)."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from mypage.audit.trail import record
from mypage.auth import names
from mypage.auth.captcha import DEFAULT_AGE, Result, check
from mypage.auth.errors import AlreadyRegistered, LoginNameTaken
from mypage.auth.links import end_links, issue_link
from mypage.auth.models import Account, Customer, Registration, UsedChallenge
from mypage.auth.proof import proof_matches
from mypage.auth.throttle import admit, forgive, proof_target
from mypage.db.keys import Vault
from mypage.db.session import Tx
from mypage.forms.wizard import once
from mypage.hooks.auth import Registration as RegistrationRules
from mypage.hooks.auth import ThrottlePolicy
from mypage.lib.crypto import Keyring
from mypage.lib.errors import StaleForm
from mypage.lib.text import fold_identifier
from mypage.lib.tokens import sign, token_hash
from mypage.mail.service import send_mail

WIZARD = "register"
_CHECK = "register-check"


class Problem(StrEnum):
    """Why an application is not accepted, in the order of the checks."""

    CAPTCHA = "captcha"
    CAPTCHA_OLD = "captcha-old"
    PROOF = "proof"
    REGISTERED = "registered"
    TAKEN = "taken"


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """What somebody entered whose fields are well formed. `challenge` and `answer` are the captcha's."""

    scheme: str
    login_id: str
    login_key: str
    email: str
    number: str
    parts: tuple[str, ...]
    challenge: str
    answer: str
    network: str

    @property
    def number_key(self) -> str:
        """The customer number as it is looked up and counted."""
        return fold_identifier(self.number)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of an application. Without a problem the draft has an id, the same for a repeated submit."""

    problem: Problem | None
    draft_id: uuid.UUID | None = None
    customer_id: uuid.UUID | None = None


def judge(
    tx: Tx, keyring: Keyring, throttle: ThrottlePolicy, rules: RegistrationRules, entry: Application, owner: bytes
) -> Verdict:
    """Check captcha, then proof, then the account, then the login ID, each only when those before hold.

    A picture serves for one submit: the same entries again get the same answer, others a wrong captcha.
    """
    key = keyring.derive("captcha", tx.tenant)
    seen = check(key, entry.challenge, entry.answer, tx.now(), rules.captcha_life)
    if seen in (Result.INVALID, Result.EXPIRED):
        return Verdict(Problem.CAPTCHA_OLD)
    mark = sign(key, "application", entry.scheme, entry.login_id, entry.email, entry.number, *entry.parts, entry.answer)

    def effect() -> Mapping[str, Any]:
        verdict = Verdict(Problem.CAPTCHA)
        if _burn(tx, entry.challenge, rules) and seen is Result.OK:
            verdict = _judge_person(tx, keyring, throttle, entry)
        return {
            "mark": mark,
            "problem": verdict.problem,
            "draft": str(verdict.draft_id or ""),
            "customer": str(verdict.customer_id or ""),
        }

    try:
        outcome = once(tx, token_hash(entry.challenge).hex(), owner=owner, wizard=_CHECK, effect=effect)
    except StaleForm:
        return Verdict(Problem.CAPTCHA)
    if outcome.result["mark"] != mark:
        return Verdict(Problem.CAPTCHA)
    if outcome.result["problem"]:
        return Verdict(Problem(outcome.result["problem"]))
    return Verdict(None, uuid.UUID(outcome.result["draft"]), uuid.UUID(outcome.result["customer"]))


def register(
    tx: Tx,
    vault: Vault,
    rules: RegistrationRules,
    *,
    draft: Mapping[str, Any],
    password_hash: str,
    language: str,
    link_of: Callable[[str], str],
) -> tuple[str, datetime]:
    """Make the waiting registration, hold its login ID and queue the mail; returns the address and the link's end.

    `draft` holds `customer`, `login_id`, `login_key` and `email`. An earlier waiting registration of the customer ends.
    Raises AlreadyRegistered or LoginNameTaken.
    """
    customer_id = uuid.UUID(draft["customer"])
    lock_customer(tx, customer_id)
    if has_account(tx, customer_id):
        raise AlreadyRegistered
    _replace_waiting(tx, customer_id)
    registration_id, now = uuid.uuid4(), tx.now()
    if not names.hold(tx, rules.scheme, draft["login_key"], registration_id, now + rules.link_life):
        raise LoginNameTaken
    tx.execute(
        insert(Registration).values(
            tenant_id=tx.tenant,
            id=registration_id,
            customer_id=customer_id,
            scheme=rules.scheme,
            login_id=draft["login_id"],
            login_key=draft["login_key"],
            password_hash=password_hash,
            email=draft["email"],
            language=language,
            created_at=now,
            expires_at=now + rules.link_life,
        )
    )
    token, ends = issue_link(tx, "activate", registration_id, draft["email"], rules.link_life)
    send_mail(
        tx,
        vault,
        template="activation",
        recipient=draft["email"],
        language=language,
        values={"login_id": draft["login_id"], "link": link_of(token), "expires_at": ends},
        subject_id=registration_id,
    )
    record(
        tx,
        "registration.requested",
        "registration",
        registration_id,
        customer_id=customer_id,
        after={"login_id": draft["login_id"], "email": draft["email"]},
    )
    return draft["email"], ends


def has_account(tx: Tx, customer_id: uuid.UUID) -> bool:
    """Whether a customer has an account that is not closed (ACTV-24, ACTV-78)."""
    found = tx.execute(
        select(Account.id)
        .where(Account.tenant_id == tx.tenant, Account.customer_id == customer_id, Account.status != "closed")
        .limit(1)
    )
    return found.one_or_none() is not None


def lock_customer(tx: Tx, customer_id: uuid.UUID) -> None:
    """Let registrations and activations of one customer follow each other."""
    tx.execute(select(Customer.id).where(Customer.tenant_id == tx.tenant, Customer.id == customer_id).with_for_update())


def prove(
    tx: Tx, keyring: Keyring, throttle: ThrottlePolicy, number_key: str, parts: tuple[str, ...], network: str
) -> uuid.UUID | None:
    """The customer whose number and code these are, else None, whatever was wrong; counted before it is compared."""
    target = proof_target(number_key, network)
    admitted = admit(tx, throttle, target)
    row = tx.execute(
        select(Customer.id, Customer.proof_hash).where(
            Customer.tenant_id == tx.tenant, Customer.number_key == number_key
        )
    ).one_or_none()
    matched = proof_matches(keyring, tx.tenant, number_key, parts, row.proof_hash if row else None)
    if admitted and matched and row is not None:
        forgive(tx, throttle, target)
        return uuid.UUID(str(row.id))
    if admitted:
        record(tx, "proof.failed", "customer_number", token_hash(number_key).hex()[:12])
    return None


def _judge_person(tx: Tx, keyring: Keyring, throttle: ThrottlePolicy, entry: Application) -> Verdict:
    customer_id = prove(tx, keyring, throttle, entry.number_key, entry.parts, entry.network)
    if customer_id is None:
        return Verdict(Problem.PROOF)
    if has_account(tx, customer_id):
        return Verdict(Problem.REGISTERED)
    if not names.is_free(tx, entry.scheme, entry.login_key, customer_id=customer_id):
        return Verdict(Problem.TAKEN)
    return Verdict(None, uuid.uuid4(), customer_id)


def _burn(tx: Tx, challenge: str, rules: RegistrationRules) -> bool:
    burnt = tx.execute(
        upsert(UsedChallenge)
        .values(
            tenant_id=tx.tenant,
            challenge=token_hash(challenge),
            expires_at=tx.now() + max(rules.captcha_life, DEFAULT_AGE),
        )
        .on_conflict_do_nothing(index_elements=["tenant_id", "challenge"])
        .returning(UsedChallenge.challenge)
    )
    return burnt.one_or_none() is not None


def _replace_waiting(tx: Tx, customer_id: uuid.UUID) -> None:
    replaced = tx.scalars(
        update(Registration)
        .where(
            Registration.tenant_id == tx.tenant,
            Registration.customer_id == customer_id,
            Registration.state == "waiting",
        )
        .values(state="replaced")
        .returning(Registration.id)
        .execution_options(synchronize_session=False)
    ).all()
    for registration_id in replaced:
        end_links(tx, "activate", registration_id)
        names.release(tx, registration_id)
