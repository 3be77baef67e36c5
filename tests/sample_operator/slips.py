"""A provisioning port of behaviour: an operator whose staff do everything by hand, from a slip of paper."""

from collections.abc import Mapping
from datetime import datetime

from mypage.plugin import ProvisioningDone, ProvisioningFailed, ProvisioningReport, ProvisioningTask, ReportRefused


class SlipsOnly:
    """Writes a slip for what is started; what is ended or changed, somebody has to look at first."""

    def __init__(self, tray: str) -> None:
        """`tray` is where the slips lie."""
        self.tray = tray

    async def perform(self, task: ProvisioningTask) -> ProvisioningDone | None:
        """A slip is named after the order, so that the same task makes no second one."""
        if task.action != "start":
            raise ProvisioningFailed(f"{task.subject}: see the {self.tray}")
        return ProvisioningDone(reference=f"{self.tray} {task.order_number}")

    def read_report(self, headers: Mapping[str, str], body: bytes, now: datetime) -> ProvisioningReport:
        """Paper does not report."""
        raise ReportRefused("not expected")
