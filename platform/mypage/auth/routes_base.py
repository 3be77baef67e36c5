"""What the routes of this area share: hashing outside of transactions, and the rules below a password field."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from mypage.auth.breached import BreachedPasswords
from mypage.auth.forms import checklist
from mypage.auth.hashing import PasswordHasher
from mypage.auth.known import LIFE, Devices
from mypage.auth.login import Attempt
from mypage.auth.pages import Rule
from mypage.auth.passwords import Guessable
from mypage.hooks.auth import LoginScheme
from mypage.lib.errors import NotFound
from mypage.web.cookies import CookieJar, read_cookies
from mypage.web.request import PortalRequest


async def matches(rq: PortalRequest, encoded: str | None, password: str) -> bool:
    """Compare a password while no connection is held. Raises HashingBusy."""
    return await rq.ports.get(PasswordHasher).verify_async(encoded, password)


@dataclass(frozen=True, slots=True)
class Compared:
    """What a given password is: the present one, or the one before a change that may not be known everywhere yet."""

    matched: bool
    former: bool = False


async def compared(rq: PortalRequest, attempt: Attempt, password: str) -> Compared:
    """Compare what was given for an attempt. Raises HashingBusy.

    Where passwords take a while to change, all that is wrong is compared twice: how long it took says nothing.
    """
    if await matches(rq, attempt.encoded, password):
        return Compared(True)
    if not lingers(rq, attempt.scheme):
        return Compared(False)
    return Compared(False, former=await matches(rq, attempt.former if attempt.usable else None, password))


def lingers(rq: PortalRequest, scheme: str) -> bool:
    """Whether passwords of a scheme may take a while to change everywhere."""
    return rq.operator.password_policies[scheme].effective_within is not None


async def hashed(rq: PortalRequest, password: str) -> str:
    """Hash a password while no connection is held. Raises HashingBusy."""
    return await rq.ports.get(PasswordHasher).hash_async(password)


async def any_matches(rq: PortalRequest, hashes: Iterable[str], password: str) -> bool:
    """Whether a password is one of those behind the hashes. Raises HashingBusy."""
    for encoded in hashes:
        if await matches(rq, encoded, password):
            return True
    return False


def devices_of(rq: PortalRequest) -> Devices:
    """What the browser brings along of its earlier logins."""
    value = read_cookies(rq.headers.get("cookie", "")).get(jar_of(rq).name("device"), "")
    return Devices(key=rq.key, tenant=rq.tenant.name, value=value)


def remember_device(rq: PortalRequest, credential_id: uuid.UUID, changed_at: datetime) -> None:
    """After a login that is complete: this browser is a known device of the credential (decision 0009)."""
    value = devices_of(rq).remembering(credential_id, changed_at, rq.clock.now())
    rq.out.cookies.append(jar_of(rq).set("device", value, max_age=int(LIFE.total_seconds())))


def jar_of(rq: PortalRequest) -> CookieJar:
    """The cookies of the portal."""
    return CookieJar(rq.tenant.name, rq.prefix, rq.origin.startswith("https"))


def scheme_of(rq: PortalRequest, name: str) -> LoginScheme:
    """A login scheme of the operator. Raises NotFound."""
    scheme = rq.operator.schemes.get(name)
    if scheme is None:
        raise NotFound
    return scheme


def guessable_at(rq: PortalRequest, customer_number: str = "") -> Guessable:
    """What a password may not be: the brand, the customer number once it is known, and what thefts have told."""
    portal = rq.operator.portal
    words = tuple(word for word in (portal.company, portal.portal_name, customer_number) if word)
    return Guessable(words, rq.ports.get(BreachedPasswords).knows)


def rules_of(rq: PortalRequest, scheme: str) -> tuple[Rule, ...]:
    """The checklist before anything is typed."""
    return checklist(rq.operator.password_policies[scheme], "", guessable=guessable_at(rq), t=rq.t)


def rules_url(rq: PortalRequest, scheme: str) -> str:
    """Where the checklist of a field named `password` comes from while one types."""
    return rq.href("password-rules", scheme=scheme)
