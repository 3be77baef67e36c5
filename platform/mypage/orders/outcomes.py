"""Who is told of the end of a job that is about something else than an order: the area that asked for it.

Areas above this one hand their handlers in at the composition root, so nothing here has to know them. A handler runs in
the unit in which its job ends, under the job's lock: both are true, or neither is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from mypage.db.keys import Vault
from mypage.db.session import Tx
from mypage.hooks.provisioning import ProvisioningDone
from mypage.operators.operator import Operator
from mypage.orders.models import ProvisioningJob


@dataclass(frozen=True, slots=True)
class OutcomeMeans:
    """What a handler needs besides rows."""

    operator: Operator
    vault: Vault


@dataclass(frozen=True, slots=True, kw_only=True)
class Declined:
    """Why a job will not be done.

    `problem` is for staff, `code` a reason from the operator's list if a person gave one, `told` what the customer may
    read, a msgid of the operator. `returned`: it is given back, to be put right and asked for anew.
    """

    problem: str
    code: str = ""
    told: str = ""
    returned: bool = False


class Outcome(Protocol):
    """What an area makes of the end of its jobs. The job is locked; what it concerns is not."""

    def done(self, tx: Tx, means: OutcomeMeans, job: ProvisioningJob, done: ProvisioningDone) -> None:
        """The other system, or a person in its place, has done it."""
        ...

    def failed(self, tx: Tx, means: OutcomeMeans, job: ProvisioningJob, declined: Declined) -> None:
        """It will not be done."""
        ...


@dataclass(frozen=True, slots=True)
class Outcomes:
    """The handlers of one operator's tenants, by what jobs concern."""

    means: OutcomeMeans
    handlers: Mapping[str, Outcome]

    def done(self, tx: Tx, job: ProvisioningJob, done: ProvisioningDone) -> None:
        """Tell the area that asked for it. Raises LookupError when nobody is known by what the job concerns."""
        self.handlers[job.concerns].done(tx, self.means, job, done)

    def failed(self, tx: Tx, job: ProvisioningJob, declined: Declined) -> None:
        """As `done`."""
        self.handlers[job.concerns].failed(tx, self.means, job, declined)


@dataclass(frozen=True, slots=True)
class OutcomeHandlers:
    """All handlers, from the composition root."""

    handlers: Mapping[str, Outcome]

    def of(self, operator: Operator, vault: Vault) -> Outcomes:
        """Those for the tenants of an operator."""
        return Outcomes(OutcomeMeans(operator, vault), self.handlers)
