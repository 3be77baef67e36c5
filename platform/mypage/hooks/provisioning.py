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

ReportProblem = Literal["not expected", "signature", "time", "body"]
"""Why a report was refused: this adapter awaits none, it is not signed by the right key, it is too old or from the
future, or it is signed and malformed."""


class ProvisioningFailed(Exception):
    """The other system declined for good; the message says why. Staff have to look at it."""


class ProvisioningUnavailable(Exception):
    """The other system did not answer, or asked to come again; the task is tried later."""


class ReportRefused(Exception):
    """What was posted as a report is none of the other system's, or says nothing that can be understood."""

    def __init__(self, problem: ReportProblem) -> None:
        super().__init__(problem)
        self.problem: ReportProblem = problem


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvisioningTask:
    """One thing to do. `subject` is what it is done to, for instance a login ID or a mail address.

    `details` say more where a name and a subject are not enough. `secret` is what the other system has to know and
    nobody else, such as a mail box's first password: it must not be logged or kept.
    """

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
    secret: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvisioningDone:
    """What the other system answered. `pin` is a licence's, given out once; `reference` its own name for the task."""

    reference: str = ""
    pin: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvisioningReport:
    """What the other system says later about a task that it took: `done`, or None and the `problem`."""

    id: str
    done: ProvisioningDone | None
    problem: str = ""


class ProvisioningAdapter(Protocol):
    """How a tenant's services are switched on and off. It may be asked by many tasks at once."""

    async def perform(self, task: ProvisioningTask) -> ProvisioningDone | None:
        """Do it; None when the other system has taken it and will report later by its callback.

        Raises ProvisioningFailed or ProvisioningUnavailable.
        """
        ...

    def read_report(self, headers: Mapping[str, str], body: bytes, now: datetime) -> ProvisioningReport:
        """What was posted to the portal's `/hooks/provisioning`, after making sure that the other system signed it.

        `headers` have names in small letters. Nothing but the signature says who posted; compare it in constant time,
        and refuse what was signed long before or after `now`. Raises ReportRefused.
        """
        ...


class ProvisioningSpec:
    """The hook about provisioning."""

    @hookspec
    def make_provisioning_adapter(self, name: str, settings: Mapping[str, str]) -> ProvisioningAdapter | None:
        """The adapter called `name`, made with a tenant's settings of it, or None for other names.

        Raise ValueError with one line when the settings are wrong; the start then stops with it.
        """
