"""Cookie names and attributes per tenant: host-only, HttpOnly, SameSite=Lax, with the strictest prefix that fits."""

from __future__ import annotations

from dataclasses import dataclass

from litestar.datastructures import Cookie

from mypage.lib.tokens import new_token, sign, verify


@dataclass(frozen=True, slots=True)
class CookieJar:
    """The cookies of one portal. `secure` is False only in a demo without TLS."""

    tenant: str
    prefix: str
    secure: bool

    def name(self, purpose: str) -> str:
        """The cookie's name; path-prefixed portals share a host, so the tenant stands in it."""
        guard = "" if not self.secure else "__Secure-" if self.prefix else "__Host-"
        return f"{guard}mp-{self.tenant}-{purpose}"

    def set(self, purpose: str, value: str, *, max_age: int | None = None) -> Cookie:
        """The cookie to send; without `max_age` it ends with the browser."""
        return Cookie(
            key=self.name(purpose),
            value=value,
            path=self.prefix or "/",
            max_age=max_age,
            httponly=True,
            secure=self.secure,
            samesite="lax",
        )

    def drop(self, purpose: str) -> Cookie:
        """A cookie that removes the one the browser has."""
        return self.set(purpose, "", max_age=0)


def read_cookies(header: str) -> dict[str, str]:
    """The cookies of a request. One that is malformed, as other sites of the domain may set them, hides no other."""
    if len(header) > 16_384:
        return {}
    pairs = (pair.partition("=") for pair in header.split(";"))
    return {name.strip(): value.strip() for name, equals, value in pairs if equals}


def new_visitor(key: bytes, tenant: str) -> str:
    """A signed random value that tells browsers apart before login."""
    token = new_token()
    return f"{token}.{sign(key, 'visitor', tenant, token)}"


def visitor_holds(key: bytes, tenant: str, value: str) -> bool:
    """Whether we issued the visitor value for this tenant."""
    token, dot, signature = value.partition(".")
    return bool(dot and token) and verify(key, signature, "visitor", tenant, token)
