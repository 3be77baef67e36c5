"""The provisioning adapter of each tenant, made once from its extension settings."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from mypage.hooks.provisioning import (
    ProvisioningAdapter,
    ProvisioningDone,
    ProvisioningReport,
    ProvisioningTask,
    ReportRefused,
)
from mypage.lib.errors import Missing
from mypage.operators.calls import Hooks
from mypage.operators.operator import OperatorError
from mypage.operators.tenants import Tenant
from mypage.orders.provisioning import DESK, NULL, PORT, new_pin


class NullAdapter:
    """Nobody has to be asked: everything is done at once, and a licence's PIN is random."""

    async def perform(self, task: ProvisioningTask) -> ProvisioningDone | None:
        return ProvisioningDone(pin=new_pin() if task.wants_pin else "")

    def read_report(self, headers: Mapping[str, str], body: bytes, now: datetime) -> ProvisioningReport:
        raise ReportRefused("not expected")


class DeskAdapter:
    """A person does it: whoever uses this puts the task into the work queue of staff instead of calling."""

    async def perform(self, task: ProvisioningTask) -> ProvisioningDone | None:
        return None

    def read_report(self, headers: Mapping[str, str], body: bytes, now: datetime) -> ProvisioningReport:
        raise ReportRefused("not expected")


class Provisioners:
    """Finds or makes a tenant's adapter. Secrets are named in `tenants.toml` by the variable that holds them."""

    def __init__(self, hooks: Mapping[str, Hooks]) -> None:
        """Nothing is made yet."""
        self._hooks = hooks
        self._built_in: dict[str, ProvisioningAdapter] = {NULL: NullAdapter(), DESK: DeskAdapter()}
        self._adapters: dict[tuple[str, str, tuple[tuple[str, str], ...]], ProvisioningAdapter] = {}

    def of(self, tenant: Tenant) -> ProvisioningAdapter:
        """The tenant's adapter. Raises Missing when no extension knows what it declares, or the settings are wrong."""
        declared = dict(tenant.extensions.get(PORT, {}))
        name = declared.pop("adapter", "") or NULL
        if name in self._built_in:
            return self._built_in[name]
        key = (tenant.name, name, tuple(sorted(declared.items())))
        if key not in self._adapters:
            values = {
                k.removesuffix("_env"): os.environ.get(v, "") if k.endswith("_env") else v for k, v in declared.items()
            }
            made = self._make(tenant, name, values)
            if made is None:
                raise Missing(f"tenant {tenant.name}: no extension offers the provisioning adapter {name!r}")
            self._adapters[key] = made
        return self._adapters[key]

    def _make(self, tenant: Tenant, name: str, values: Mapping[str, str]) -> Any:
        try:
            return self._hooks[tenant.operator].make("make_provisioning_adapter", name=name, settings=values)
        except OperatorError as error:
            raise Missing(f"tenant {tenant.name}: {error}") from error

    async def close(self) -> None:
        """Give connections back."""
        for adapter in self._adapters.values():
            closing = getattr(adapter, "aclose", None)
            if closing is not None:
                await closing()
