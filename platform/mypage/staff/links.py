"""Links from the console into the portals: for mails to customers, and for seeing what they see."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from mypage.operators.tenants import Tenant
from mypage.web.urls import UrlTable


class PortalLinks:
    """Absolute addresses at the main address of a tenant, from the registry and never from a request."""

    def __init__(self, urls: Mapping[str, UrlTable], origin_of: Callable[[str], str]) -> None:
        """`urls` by operator may still be filled when this is made; `origin_of` is given a host."""
        self._urls, self._origin_of = urls, origin_of

    def absolute(self, tenant: Tenant, name: str, /, **params: Any) -> str:
        """The address of a route of a tenant's portal."""
        main = tenant.main
        return self._origin_of(main.host) + self._urls[tenant.operator].href(main.prefix, name, params)
