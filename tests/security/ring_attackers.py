"""Those who attack: nobody, neighbours, lower roles, other portals, and all of them with contradicting selectors."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from attackkit import Browser, Headers, browser, jar_of

from mypage.testing.portal import Portal
from portal_rows import Person


@dataclass(frozen=True)
class Attacker:
    """Somebody at a portal, who carries `cookies` instead of a session there, `extra` headers or odd targets."""

    label: str
    at: Portal
    person: Person | None = None
    cookies: tuple[tuple[str, str], ...] = ()
    host: str = ""
    """The Host header when it is not the portal's."""
    extra: Headers = ()
    shape: Callable[[str], str] | None = None

    def browser(self) -> Browser:
        """A fresh browser, signed in anew. It keeps no cookies: each attempt then stands for itself, in any order."""
        if self.cookies:
            made = Browser(self.at.server, self.at.host, self.at.prefix, dict(self.cookies))
            self.at.wait(made.open())
        else:
            made = browser(self.at, self.person)
        made.label, made.keep_cookies, made.extra, made.shape = self.label, False, self.extra, self.shape
        made.host, made.contradicts = self.host or made.host, bool(self.host or self.extra or self.shape)
        return made


def crowd_of(
    home: str, portals: Mapping[str, Portal], others: Mapping[str, Person], tokens: Mapping[str, str], low: Person
) -> Iterator[Attacker]:
    """Everybody who attacks a victim at `home`; `others` and their sessions' `tokens` are one customer per portal."""
    here = portals[home]
    yield Attacker("anonymous", here)
    yield Attacker("other customer", here, others[home])
    yield Attacker("without permission", here, low)
    for name, portal in portals.items():
        if name == home:
            continue
        yield Attacker(f"{name} at its own host", portal, others[name])
        if portal.host == here.host or name == "near":
            # The foreign cookie as it is, and its token under the name of the victim's cookie.
            for jar in (jar_of(portal), jar_of(here)):
                yield Attacker(f"{name} here", here, cookies=((jar.name("session"), tokens[name]),))
        if name in ("near", "right") and (home != "left" or name == "right"):
            yield from _contradicting(name, portal, others[name], here, tokens[name])


def _contradicting(name: str, there: Portal, person: Person, here: Portal, token: str) -> Iterator[Attacker]:
    """Somebody of another portal, with two words about which portal is meant."""
    forged = [
        ("x-forwarded-host", here.host), ("x-host", here.host), ("x-original-host", here.host), ("x-forwarded-server", here.host),
        ("forwarded", f"host={here.host};proto=https"), ("x-forwarded-prefix", here.prefix or "/"), ("x-tenant", here.name),
    ]  # fmt: skip
    back = tuple((key, there.host if value == here.host else value) for key, value in forged)
    planted = ((jar_of(here).name("session"), token),)
    yield Attacker(f"{name} forwarded to the victim's", there, person, extra=tuple(forged))
    yield Attacker(f"{name} here, forwarded from its own", here, cookies=planted, extra=back)
    yield Attacker(f"{name} second Host", there, person, extra=(("host", here.host),))
    yield Attacker(f"{name} here, second Host", here, cookies=planted, extra=(("host", there.host),))
    absolute = f"https://{here.host}{here.prefix}"
    yield Attacker(f"{name} absolute URI", there, person, shape=lambda path: absolute + path)
    yield Attacker(f"{name} Host with user", there, person, host=f"{there.host}@{here.host}")
    for kind, host in {"port": f"{here.host}:443", "case": here.host.upper(), "final dot": f"{here.host}."}.items():
        yield Attacker(f"{name} here, Host with {kind}", here, cookies=planted, host=host)
    for kind, before in _detours(there.prefix, here.prefix).items():
        yield Attacker(f"{name} path {kind}", there, person, shape=lambda path, before=before: before + path)


def _detours(own: str, foreign: str) -> dict[str, str]:
    """Ways from one path prefix to another; without prefixes there is none."""
    if not own or not foreign:
        return {}
    return {
        "both": own + foreign,
        "both turned": foreign + own,
        "up": f"{own}/..{foreign}",
        "up encoded": f"{own}/%2e%2e{foreign}",
        "case": foreign.upper(),
        "two slashes": f"/{foreign}",
        "backslash": f"{own}\\..\\{foreign[1:]}",
    }
