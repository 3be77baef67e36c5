"""People and browsers for races: sessions without a login page, form tokens without a GET, rows past row security."""

from __future__ import annotations

import os
import random
import uuid
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from attackkit import Browser, Oracle, Seen, gather, jar_of, session_of

from auth.authkit import PASSWORD, SCHEME, Kit
from auth.authkit import Person as Member
from mypage.auth.hashing import PasswordHasher
from mypage.testing.portal import Portal
from mypage.web.cookies import new_visitor
from mypage.web.csrf import csrf_token
from portal_rows import Person

SIZE = int(os.environ.get("MYPAGE_RING_SIZE", "1"))
SEED = int(os.environ.get("MYPAGE_RING_SEED", "20261121"))


def dice() -> random.Random:
    """Chance that a run can repeat."""
    return random.Random(SEED)


def key_of(portal: Portal) -> bytes:
    """The tenant's signing key."""
    return portal.server.keyring.derive("signing", portal.name)


def member(kit: Kit, login: str, **more: Any) -> Member:
    """An account with PASSWORD, hashed once per process."""
    more.setdefault("password_hash", _stored(kit.portal.server.hasher))
    return kit.member(login, **more)


def as_person(who: Member) -> Person:
    """The same one for the helpers of other areas."""
    assert who.account_id is not None
    return Person(who.customer_id, who.account_id, SCHEME)


def visitor(portal: Portal, *, peer: str = "198.51.100.9") -> Browser:
    """A browser that has been here before, with its form token."""
    key = key_of(portal)
    value = new_visitor(key, portal.name)
    return Browser(
        portal.server,
        portal.host,
        portal.prefix,
        cookies={jar_of(portal).name("visitor"): value},
        csrf=csrf_token(key, portal.name, value),
        keep_cookies=False,
        peer=peer,
    )


def holder(portal: Portal, who: Member, token: str = "") -> Browser:
    """A browser with a session of an account; cookies that answers set are not taken up."""
    made = visitor(portal)
    with_token(portal, made, token or session_of(portal, as_person(who)))
    return made


def with_token(portal: Portal, browser: Browser, token: str) -> Browser:
    """Give a browser a session cookie and the form token that belongs to it."""
    browser.cookies[jar_of(portal).name("session")] = token
    browser.csrf = csrf_token(key_of(portal), portal.name, token)
    return browser


def cookie_set(portal: Portal, seen: Seen, purpose: str = "session") -> str:
    """The value of a cookie that an answer sets; "" when it sets none or drops it."""
    name = jar_of(portal).name(purpose) + "="
    values = [value for key, value in seen.headers if key == "set-cookie" and value.startswith(name)]
    return values[-1].removeprefix(name).partition(";")[0].strip('"') if values else ""


def together(portal: Portal, work: Sequence[Callable[[], Awaitable[Any]]]) -> list[Any]:
    """All at once."""
    return portal.wait(gather(work, at_once=len(work)))


def sessions(oracle: Oracle, portal: Portal) -> set[str]:
    """The public ids of all sessions of a tenant."""
    return {
        str(row[0]) for row in oracle.fetch("SELECT public_id FROM login_session WHERE tenant_id = %s", portal.name)
    }


def counters(oracle: Oracle, portal: Portal, kind: str) -> dict[bytes, int]:
    """The throttle's counters of a kind."""
    sql = "SELECT key, failures FROM login_counter WHERE tenant_id = %s AND kind = %s"
    return {bytes(key): failures for key, failures in oracle.fetch(sql, portal.name, kind)}


def audited(oracle: Oracle, portal: Portal, action: str) -> int:
    """How often something was done."""
    sql = "SELECT count(*) FROM audit_entry WHERE tenant_id = %s AND action = %s"
    return int(oracle.fetch(sql, portal.name, action)[0][0])


@dataclass
class Compared:
    """How many passwords were compared with a stored one, and how many with nothing, for the time it takes."""

    real: int = 0
    dummy: int = 0
    made: int = 0

    @property
    def all(self) -> int:
        """Every hash computation."""
        return self.real + self.dummy + self.made


def watch_hashes(portal: Portal, monkeypatch: Any) -> Compared:
    """Count what the hasher computes from now on."""
    seen = Compared()
    verify, hashed = PasswordHasher.verify, PasswordHasher.hash

    def counting(self: PasswordHasher, encoded: str | None, password: str) -> bool:
        if encoded is None:
            seen.dummy += 1
        else:
            seen.real += 1
        return verify(self, encoded, password)

    def making(self: PasswordHasher, password: str) -> str:
        seen.made += 1
        return hashed(self, password)

    monkeypatch.setattr(PasswordHasher, "verify", counting)
    monkeypatch.setattr(PasswordHasher, "hash", making)
    return seen


def statuses(answers: Iterable[Seen]) -> set[int]:
    """The statuses of answers."""
    return {seen.status for seen in answers}


def fresh(prefix: str = "p") -> str:
    """A login ID that nobody has."""
    return f"{prefix}{uuid.uuid4().hex[:11]}"


@cache
def _stored(hasher: PasswordHasher) -> str:
    return hasher.hash(PASSWORD)
