"""Forms carry a token bound to tenant and browser session, and must come from the portal's own origin."""

from __future__ import annotations

from urllib.parse import urlsplit

from mypage.lib.tokens import sign, verify

FIELD = "_csrf"
HEADER = "x-csrf-token"


def csrf_token(key: bytes, tenant: str, browser: str) -> str:
    """The token for the browser that holds the cookie value `browser`."""
    return sign(key, "csrf", tenant, browser)


def token_holds(key: bytes, tenant: str, browser: str, token: str) -> bool:
    """Whether a form's token was made for this tenant and browser."""
    return bool(browser and token) and verify(key, token, "csrf", tenant, browser)


def same_origin(host: str, origin: str | None, fetch_site: str | None) -> bool:
    """Whether a changing request comes from our own pages; siblings on one parent domain do not count.

    Browsers too old for both headers are let through here: the token still has to hold.
    """
    if fetch_site is not None and fetch_site not in ("same-origin", "none"):
        return False
    if origin is None:
        return True
    return urlsplit(origin).netloc.lower() == host.lower()
