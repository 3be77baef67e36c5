"""What the list of proposals and a single one show."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from mypage.forms.form import PortalForm
from mypage.staff.approvals.carrying import Told
from mypage.web.page import Page
from mypage.web.paging import Pager


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalRow:
    """A proposal in a list; `own` when the reader made it. `customer` is a name, "" where it is about nobody alone."""

    url: str
    label: str
    summary: str
    customer: str
    proposer: str
    proposed_at: datetime
    expires_at: datetime
    state: str
    own: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalsPage(Page):
    """The proposals: those that wait, the oldest first, or all, the newest first."""

    template: ClassVar[str] = "staff/approvals/list.html"

    rows: tuple[ProposalRow, ...]
    everything: bool
    pager: Pager | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalPage(Page):
    """One proposal: what will be done, why, by whom, and what the reader may do with it.

    `seal` goes with the confirmation, so that what is confirmed is what is shown. `changed` when it does not fit any
    more. `trouble` says why the last press did nothing. `form` holds the reason of a refusal.
    """

    template: ClassVar[str] = "staff/approvals/one.html"

    row: ProposalRow
    told: tuple[Told, ...]
    reason: str
    customer_url: str
    seal: str
    changed: bool
    own: bool
    may_decide: bool
    may_finish: bool
    decider: str
    decided_at: datetime | None
    note: str
    trouble: str
    form: PortalForm
    confirm_url: str
    refuse_url: str
    withdraw_url: str
    here_url: str
