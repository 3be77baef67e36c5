"""Deployed portals as requests see them, and finding the one that a host and path belong to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from mypage.hooks.portal import TenantSettings
from mypage.operators.themes import Theme

SecondFactor = Literal["off", "offered", "required"]
"""Whether a tenant's subscribers may, or must, prove who they are by something besides the password."""


@dataclass(frozen=True, slots=True)
class Address:
    """A host in lower case without port, and "" or a prefix such as "/u0020"."""

    host: str
    prefix: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenant:
    """One deployed portal."""

    name: str
    operator: str
    theme: Theme
    locale: str
    main: Address
    addresses: tuple[Address, ...]
    extensions: Mapping[str, Mapping[str, str]]
    settings: TenantSettings
    second_factor: SecondFactor = "off"

    @property
    def own_host(self) -> bool:
        """Whether no other portal shares its main host by path."""
        return not self.main.prefix


def normalise_host(header: str) -> str:
    """The host of a Host header: lower case, without port and final dot; "" when it is not a host name.

    Blanks around it are none of the name: web servers take them off.
    """
    host = header.lower()
    host, _, port = host.partition(":")
    if port and not port.isdigit():
        return ""
    host = host.removesuffix(".")
    return host if host and all(c.isascii() and (c.isalnum() or c in "-.") for c in host) else ""


class Registry:
    """All tenants of this installation at one moment. Replaced as a whole when the table changes."""

    def __init__(self, tenants: Iterable[Tenant]) -> None:
        """Index by host, then by first path segment."""
        self.tenants: Mapping[str, Tenant] = {tenant.name: tenant for tenant in tenants}
        hosts: dict[str, dict[str, Tenant]] = {}
        for tenant in self.tenants.values():
            for address in tenant.addresses:
                hosts.setdefault(address.host, {})[address.prefix] = tenant
        self._hosts = hosts

    def resolve(self, host: str, path: str) -> tuple[Tenant, str] | None:
        """The tenant of a normalised host and a path, with the prefix that belongs to it; None when unknown."""
        prefixes = self._hosts.get(host)
        if prefixes is None:
            return None
        segment = "/" + path.lstrip("/").partition("/")[0]
        for prefix in (segment, ""):
            if prefix in prefixes:
                return prefixes[prefix], prefix
        return None

    def knows_host(self, host: str) -> bool:
        """Whether some tenant lives at the host."""
        return host in self._hosts

    def get(self, name: Any) -> Tenant | None:
        """A tenant by name."""
        return self.tenants.get(name)
