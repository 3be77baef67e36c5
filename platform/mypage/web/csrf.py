"""Forms carry a token bound to tenant and browser session, and must come from the portal's own origin."""

from __future__ import annotations

from mypage.lib.tokens import sign, verify

FIELD = "_csrf"
HEADER = "x-csrf-token"


def csrf_token(key: bytes, tenant: str, browser: str) -> str:
    """The token for the browser that holds the cookie value `browser`."""
    return sign(key, "csrf", tenant, browser)


def token_holds(key: bytes, tenant: str, browser: str, token: str) -> bool:
    """Whether a form's token was made for this tenant and browser."""
    return bool(browser and token) and verify(key, token, "csrf", tenant, browser)


def same_origin(host: str, origin: str | None, fetch_site: str | None, *, scheme: str = "https") -> bool:
    """Whether a changing request comes from our own pages; siblings on one parent domain do not count.

    `scheme` is that of the portal as browsers see it: a page without TLS may have been changed on its way.
    Browsers too old for both headers are let through here: the token still has to hold.
    """
    if fetch_site is not None and fetch_site not in ("same-origin", "none"):
        return False
    if origin is None:
        return True
    return origin.lower() == f"{scheme}://{host.lower()}"
