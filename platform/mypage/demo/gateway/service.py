"""What the company does: one verb per step of a setup, each in one transaction, each harmless when repeated."""

from __future__ import annotations

import hashlib
import secrets
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

import msgspec

from .cards import Asked, Card, Form, check, plain_digits
from .requests import SetupRequest, origin_of
from .store import Store, change, write_log

LIFETIME: Final = timedelta(minutes=30)
CHALLENGE_CODE: Final = "123456"
CHALLENGE_TRIES: Final = 3
_JAPAN: Final = ZoneInfo("Asia/Tokyo")
_FORGET: Final[dict[str, Any]] = dict.fromkeys(
    ("token", "brand", "last4", "exp_month", "exp_year", "holder", "given", "family", "does", "challenge_left")
)

Problem = Literal["bad_request", "return_url", "key_conflict", "not_found"]


class Refused(Exception):
    """A call that is declined; ``reason`` goes to the caller."""

    def __init__(self, reason: Problem) -> None:
        super().__init__(reason)
        self.reason: Problem = reason


@dataclass(frozen=True, slots=True)
class Setup:
    """A setup as it stands. ``challenge_left`` is not None while the issuer's question waits for its answer."""

    reference: str
    idempotency_key: str
    register_key: str | None
    request: SetupRequest
    state: str
    reason: str | None
    challenge_left: int | None
    does: str | None
    card: dict[str, Any] | None

    @property
    def asked(self) -> Asked:
        labels = self.request.labels
        return Asked(
            brands=tuple(choice.brand for choice in self.request.brands),
            ask_brand=labels.brand is not None,
            ask_code=labels.security_code is not None,
            two_names=labels.holder_given is not None and labels.holder_family is not None,
        )


class Company:
    """``clock`` gives aware times; ``return_origins`` limits where customers are sent back to, empty for anywhere."""

    def __init__(
        self,
        store: Store,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        return_origins: frozenset[str] = frozenset(),
    ) -> None:
        self.store = store
        self._clock = clock
        self._return_origins = return_origins

    def start(self, key: str, body: bytes) -> Setup:
        """Open a setup, or give the one that this key opened with the same body."""
        request = _parse(body)
        origin = origin_of(request.return_url)
        if origin is None or (self._return_origins and origin not in self._return_origins):
            raise Refused("return_url")
        fingerprint = hashlib.sha256(msgspec.json.encode(request, order="sorted")).hexdigest()
        with self.store.work() as db:
            row = db.execute("SELECT * FROM setups WHERE idempotency_key = ?", (key,)).fetchone()
            if row is None:
                reference = self._open(db, key, request, fingerprint)
                outcome = "created"
            else:
                reference = row["reference"]
                outcome = "same" if row["fingerprint"] == fingerprint else "key_conflict"
            self._log(db, "start", outcome, reference, key)
            setup = _found(self._find(db, reference))
        if outcome == "key_conflict":
            raise Refused("key_conflict")
        return setup

    def query(self, *, reference: str | None = None, key: str | None = None) -> Setup:
        """A setup as it stands, for the portal, by its reference or by a key that opened or registered it."""
        with self.store.work() as db:
            setup = self._find(db, reference, key)
            if setup is not None:
                self._log(db, "query", setup.state, setup.reference, key)
        return _found(setup)

    def look(self, reference: str) -> Setup:
        """A setup as it stands, for the page; leaves no trace in the log."""
        with self.store.work() as db:
            return _found(self._find(db, reference))

    def enter(self, reference: str, form: Form) -> tuple[Setup, dict[str, str]]:
        """Take what the customer typed. The first card that passes counts; later ones change nothing."""
        with self.store.work() as db:
            setup = _found(self._find(db, reference))
            if setup.state != "open" or setup.challenge_left is not None:
                self._log(db, "entry", f"already {setup.state}", reference)
                return setup, {}
            card, faults = check(form, setup.asked, self.today())
            if card is not None:
                self._take(db, reference, card)
            after = _found(self._find(db, reference))
            said = after.state if after.challenge_left is None else "challenge"
            self._log(db, "entry", f"faults: {', '.join(sorted(faults))}" if faults else said, reference)
        return after, faults

    def answer_challenge(self, reference: str, typed: str) -> tuple[Setup, str | None]:
        """Take the code of the identity check; the third wrong one refuses the card."""
        with self.store.work() as db:
            setup = _found(self._find(db, reference))
            if setup.state != "open" or setup.challenge_left is None:
                return setup, None
            fault = self._judge(db, setup, setup.challenge_left, plain_digits(typed))
            after = _found(self._find(db, reference))
            self._log(db, "challenge", fault or after.state, reference)
        return after, fault

    def cancel(self, reference: str) -> Setup:
        """The customer leaves the page without a card."""
        with self.store.work() as db:
            setup = _found(self._find(db, reference))
            if setup.state == "open":
                change(db, reference, **_FORGET, state="cancelled")
            self._log(db, "cancel", setup.state, reference)
            return _found(self._find(db, reference))

    def register(self, reference: str, key: str) -> tuple[Setup, bool]:
        """Make an entered card chargeable. The second value is True when this very call did it."""
        with self.store.work() as db:
            setup = _found(self._find(db, reference))
            acts = setup.state == "entered"
            if acts and setup.does == "late_refusal":
                change(db, reference, **_FORGET, state="refused", reason="issuer", register_key=key)
            elif acts:
                change(db, reference, state="registered", register_key=key)
            after = _found(self._find(db, reference))
            self._log(db, "register", after.state if acts else f"already {after.state}", reference, key)
        return after, acts and after.state == "registered"

    def discard(self, reference: str) -> Setup:
        """Forget a card for good; what had ended without one stays as it is."""
        with self.store.work() as db:
            setup = _found(self._find(db, reference))
            if setup.state in {"open", "entered", "registered"}:
                change(db, reference, **_FORGET, state="cancelled", three_d_secure=0)
            self._log(db, "discard", setup.state, reference)
            return _found(self._find(db, reference))

    def note_refusal(self, event: str, reason: str, reference: str | None, key: str | None) -> None:
        """Write down a call that was declined before or without touching a setup."""
        with self.store.work() as db:
            self._log(db, event, reason, reference, key)

    def today(self) -> date:
        """The date in Japan."""
        return self._clock().astimezone(_JAPAN).date()

    def _open(self, db: sqlite3.Connection, key: str, request: SetupRequest, fingerprint: str) -> str:
        reference = f"cs_{secrets.token_urlsafe(24)}"
        db.execute(
            "INSERT INTO setups (reference, idempotency_key, fingerprint, request, state, expires_at)"
            " VALUES (?, ?, ?, ?, 'open', ?)",
            (
                reference,
                key,
                fingerprint,
                msgspec.json.encode(request).decode(),
                (self._clock() + LIFETIME).astimezone(UTC).isoformat(),
            ),
        )
        return reference

    def _find(self, db: sqlite3.Connection, reference: str | None, key: str | None = None) -> Setup | None:
        column, value = ("reference", reference) if reference is not None else ("idempotency_key", key)
        row = db.execute(f"SELECT * FROM setups WHERE {column} = ?", (value,)).fetchone()
        if row is None and reference is None:
            row = db.execute("SELECT * FROM setups WHERE register_key = ?", (key,)).fetchone()
        if row is None:
            return None
        if row["state"] in {"open", "entered"} and self._clock() >= datetime.fromisoformat(row["expires_at"]):
            change(db, row["reference"], **_FORGET, state="expired")
            row = db.execute("SELECT * FROM setups WHERE reference = ?", (row["reference"],)).fetchone()
        return _setup(row)

    def _take(self, db: sqlite3.Connection, reference: str, card: Card) -> None:
        if card.does in {"issuer", "insufficient_funds"}:
            change(db, reference, state="refused", reason=card.does)
            return
        challenged = card.does == "challenge"
        change(
            db,
            reference,
            state="open" if challenged else "entered",
            challenge_left=CHALLENGE_TRIES if challenged else None,
            does=card.does,
            token=f"card_{secrets.token_urlsafe(24)}",
            brand=card.brand,
            last4=card.last4,
            exp_month=card.exp_month,
            exp_year=card.exp_year,
            holder=card.holder,
            given=card.given,
            family=card.family,
        )

    def _judge(self, db: sqlite3.Connection, setup: Setup, left: int, digits: str | None) -> str | None:
        if digits == "":
            return "challenge_missing"
        if digits == CHALLENGE_CODE:
            change(db, setup.reference, state="entered", challenge_left=None, three_d_secure=1)
        elif left == 1:
            change(db, setup.reference, **_FORGET, state="refused", reason="authentication")
        else:
            change(db, setup.reference, challenge_left=left - 1)
            return "challenge_wrong"
        return None

    def _log(
        self, db: sqlite3.Connection, event: str, outcome: str, reference: str | None, key: str | None = None
    ) -> None:
        write_log(db, self._clock(), event, outcome, reference=reference, key=key)


def _parse(body: bytes) -> SetupRequest:
    try:
        return msgspec.json.decode(body, type=SetupRequest)
    except (msgspec.DecodeError, UnicodeError) as error:
        raise Refused("bad_request") from error


def _found(setup: Setup | None) -> Setup:
    if setup is None:
        raise Refused("not_found")
    return setup


def _setup(row: sqlite3.Row) -> Setup:
    names = ("token", "brand", "last4", "exp_month", "exp_year", "holder", "given", "family")
    card = {name: row[name] for name in names} | {"three_d_secure": bool(row["three_d_secure"])}
    return Setup(
        reference=row["reference"],
        idempotency_key=row["idempotency_key"],
        register_key=row["register_key"],
        request=msgspec.json.decode(row["request"], type=SetupRequest),
        state=row["state"],
        reason=row["reason"],
        challenge_left=row["challenge_left"],
        does=row["does"],
        card=card if row["token"] is not None else None,
    )
