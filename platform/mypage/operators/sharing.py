"""Portals by path on one host are one origin to a browser: what a tenant brings itself must not reach its neighbours.

A theme says in `theme.toml` whose it is: `tenant = "name"` for one whose files, style sheets and drawings, that tenant
supplies; without it the files are the installation's own, which all may use (USEN-02).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from mypage.operators.tenants import Address


def hosts_of(addresses: Mapping[str, Iterable[Address]]) -> dict[str, frozenset[str]]:
    """Host → the tenants that live there, from tenant → its addresses."""
    found: dict[str, set[str]] = {}
    for tenant, theirs in addresses.items():
        for address in theirs:
            found.setdefault(address.host, set()).add(tenant)
    return {host: frozenset(tenants) for host, tenants in found.items()}


def wrong_sharing(
    tenant: str, theme: str, owner: str, addresses: Iterable[Address], hosts: Mapping[str, frozenset[str]]
) -> str:
    """What is wrong with the theme of a tenant where `owner` supplies its files, and how to mend it; "" if nothing."""
    if not owner:
        return ""
    if owner != tenant:
        return f"theme: {theme!r} is of tenant {owner}, which supplies its files; choose another"
    for address in addresses:
        others = sorted(hosts.get(address.host, frozenset()) - {tenant})
        if others or address.prefix:
            why = f"which {', '.join(others)} shares" if others else "which other portals may share by path"
            return (
                f"theme: the style sheets and drawings of {theme!r} are supplied by the tenant, and {address.host}"
                f"{address.prefix} is on a host {why}; give it a host of its own, or a theme of the installation"
            )
    return ""
