"""The payment gateway of each tenant, made once from its extension settings."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from mypage.billing.bounded import BoundedGateway
from mypage.hooks.payment import PaymentGateway
from mypage.lib.errors import Missing
from mypage.operators.calls import Hooks
from mypage.operators.operator import OperatorError
from mypage.operators.tenants import Tenant

PORT = "payment"


class Gateways:
    """Finds or makes a tenant's gateway. Secrets are named in `tenants.toml` by the variable that holds them."""

    def __init__(self, hooks: Mapping[str, Hooks]) -> None:
        """Nothing is made yet."""
        self._hooks = hooks
        self._made: dict[tuple[str, str, tuple[tuple[str, str], ...]], BoundedGateway] = {}

    def of(self, tenant: Tenant) -> PaymentGateway:
        """The tenant's gateway. Raises Missing when it declares none or no extension knows it."""
        declared = dict(tenant.extensions.get(PORT, {}))
        name = declared.pop("adapter", "")
        if not name:
            raise Missing(f"tenant {tenant.name} declares no [tenant.extensions.payment]")
        key = (tenant.name, name, tuple(sorted(declared.items())))
        if key not in self._made:
            values = {
                k.removesuffix("_env"): os.environ.get(v, "") if k.endswith("_env") else v for k, v in declared.items()
            }
            made: Any = self._make(tenant, name, values)
            if made is None:
                raise Missing(f"tenant {tenant.name}: no extension offers the payment adapter {name!r}")
            self._made[key] = BoundedGateway(made)
        return self._made[key]

    def _make(self, tenant: Tenant, name: str, values: Mapping[str, str]) -> Any:
        try:
            return self._hooks[tenant.operator].make("make_payment_gateway", name=name, settings=values)
        except OperatorError as error:
            raise Missing(f"tenant {tenant.name}: {error}") from error

    def name_of(self, tenant: Tenant) -> str:
        """The adapter's name, kept with the cards that it registered."""
        return tenant.extensions.get(PORT, {}).get("adapter", "")

    def origins(self, tenant: Tenant) -> tuple[str, ...]:
        """The gateway's origin, where a form's answer may lead."""
        url = tenant.extensions.get(PORT, {}).get("base_url", "")
        parts = urlsplit(url)
        return (f"{parts.scheme}://{parts.netloc}",) if parts.scheme in ("http", "https") and parts.netloc else ()

    async def close(self) -> None:
        """Give connections back."""
        for gateway in self._made.values():
            closing = getattr(gateway.inner, "aclose", None)
            if closing is not None:
                await closing()
