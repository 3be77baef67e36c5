"""The port to the systems that switch services on and off. Called outside any transaction, by the worker.

Every task has an id of its own: an adapter that is asked twice must do the thing once and give the same answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

from mypage.hooks.markers import hookspec

ProvisioningAction = Literal["start", "end", "change"]


class ProvisioningFailed(Exception):
    """The other system declined for good; the message says why. Staff have to look at it."""


class ProvisioningUnavailable(Exception):
    """The other system did not answer, or asked to come again; the task is tried later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvisioningTask:
    """One thing to do. `subject` is what it is done to, for instance a login ID or a mail address."""

    id: str
    tenant: str
    action: ProvisioningAction
    product: str
    order_number: str
    customer_number: str
    contract_number: str
    subject: str
    wanted_at: datetime
    wants_pin: bool = False
    details: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvisioningDone:
    """What the other system answered. `pin` is a licence's, given out once; `reference` its own name for the task."""

    reference: str = ""
    pin: str = ""


class ProvisioningAdapter(Protocol):
    """How a tenant's services are switched on and off."""

    async def perform(self, task: ProvisioningTask) -> ProvisioningDone | None:
        """Do it; None when the other system has taken it and will report later by its callback.

        Raises ProvisioningFailed or ProvisioningUnavailable.
        """
        ...


class ProvisioningSpec:
    """The hook about provisioning."""

    @hookspec
    def make_provisioning_adapter(self, name: str, settings: Mapping[str, str]) -> ProvisioningAdapter | None:
        """The adapter called `name`, made with a tenant's settings of it, or None for other names.

        Raise ValueError with one line when the settings are wrong; the start then stops with it.
        """
