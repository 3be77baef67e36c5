"""How the staff of a tenant may prove who they are at their own company: what `tenants.toml` says about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from mypage.lib.hosts import is_local

PORT = "staff_login"
ADAPTER = "oidc"
_KNOWN = frozenset({"adapter", "issuer", "client_id", "client_secret_env", "demanded"})


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffLogin:
    """An OpenID Connect provider. `secret_env` names the variable with the client's secret.

    `demanded`: who works for the tenant has to come from there; otherwise the console's own login is as good.
    """

    issuer: str
    client_id: str
    secret_env: str
    demanded: bool


def staff_login_of(extensions: Mapping[str, Mapping[str, str]]) -> StaffLogin | None:
    """The provider of a tenant, from its extensions; None when it names none."""
    values = extensions.get(PORT)
    if not values:
        return None
    return StaffLogin(
        issuer=values.get("issuer", ""),
        client_id=values.get("client_id", ""),
        secret_env=values.get("client_secret_env", ""),
        demanded=values.get("demanded", "no") == "yes",
    )


def wrong_staff_login(extensions: Mapping[str, Mapping[str, str]]) -> str:
    """What is wrong with a tenant's provider, as "field: what, and how to mend it"; "" when nothing is."""
    values = extensions.get(PORT, {})
    if not values:
        return ""
    if strange := sorted(set(values) - _KNOWN):
        return f"{strange[0]}: is unknown (known: {', '.join(sorted(_KNOWN))}); remove or correct it"
    if values.get("adapter") != ADAPTER:
        return f'adapter: is {values.get("adapter", "")!r}; write "{ADAPTER}"'
    for needed in ("issuer", "client_id", "client_secret_env"):
        if not values.get(needed):
            return f"{needed}: is missing; copy it from the registration of the console at the provider"
    issuer = urlsplit(values["issuer"])
    if issuer.scheme != "https" and not (issuer.scheme == "http" and is_local(issuer.hostname or "")):
        return f"issuer: is {values['issuer']!r}; write its https:// address"
    if values.get("demanded", "no") not in ("yes", "no"):
        return f'demanded: is {values["demanded"]!r}; write "yes" or "no"'
    return ""
