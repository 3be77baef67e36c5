"""New passwords of lines go to the systems behind them as jobs of provisioning, sealed until they are sent (OCN-58)."""

from __future__ import annotations

from typing import Final

from mypage.auth.line_passwords import NewPassword
from mypage.auth.password_changes import reopen
from mypage.db.keys import Vault
from mypage.db.session import Tx
from mypage.hooks.provisioning import ProvisioningDone
from mypage.operators.operator import Operator
from mypage.orders.models import ProvisioningJob
from mypage.orders.outcomes import Declined, OutcomeHandlers, OutcomeMeans
from mypage.orders.provisioning import Concerns, provision

CREDENTIAL: Final = "credential"
"""What such jobs concern."""


class LineSystems:
    """Has the systems behind the lines told of new passwords."""

    def __init__(self, handlers: OutcomeHandlers, vault: Vault) -> None:
        """`handlers` are those of all areas."""
        self._handlers, self._vault = handlers, vault

    def hand_over(self, tx: Tx, operator: Operator, new: NewPassword) -> None:
        """Ask for the change, if this unit commits. A tenant without another system has nobody to ask."""
        provision(
            tx,
            customer_id=new.customer_id,
            order_id=None,
            action="change",
            product=new.line,
            subject=new.login_id,
            vault=self._vault,
            desk=operator.desk,
            concerns=Concerns(what=CREDENTIAL, id=new.credential_id, secret=new.password),
            outcomes=self._handlers.of(operator, self._vault),
        )


class LinePasswordOutcome:
    """What follows when such a job ends."""

    def done(self, tx: Tx, means: OutcomeMeans, job: ProvisioningJob, done: ProvisioningDone) -> None:
        """The line knows the password that the portal has known since the change."""

    def failed(self, tx: Tx, means: OutcomeMeans, job: ProvisioningJob, declined: Declined) -> None:
        """The line keeps the former password, which staff find in their queue; the holder may change it anew at once.

        The password that was declined is not known here any more: nobody but the holder can give it again.
        """
        if job.concerns_id is not None:
            reopen(tx, job.concerns_id)
