"""What a kind of proposal is: how it is told, and what carries it out. Areas declare theirs, `kinds.py` lists them."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from mypage.db.keys import Vault
from mypage.db.session import Tx
from mypage.i18n import Catalogue
from mypage.operators.operator import Operator
from mypage.operators.tenants import Tenant
from mypage.staff.invites import Means as OfficeMeans
from mypage.staff.permissions import APPROVE

Payload = Mapping[str, Any]
"""What will be done, as JSON values: ids, dates in ISO form, whole yen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskMeans:
    """What telling and carrying out need besides rows: whose portal it is, words, and the proposal's own id.

    `t` is the console's catalogue, `words` the operator's, both in the reader's language. `office` is what mails of the
    console to staff need.
    """

    tenant: Tenant
    operator: Operator
    vault: Vault
    t: Catalogue
    words: Catalogue
    approval_id: uuid.UUID | None = None
    office: OfficeMeans | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """A line of what will be done, in words: a label and what it says."""

    label: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Carry:
    """A kind of proposal.

    `label` is a msgid. `permission` is what confirming demands besides APPROVE. `facts` are what the proposal builds on
    as it is now (JSON values; raises WorldChanged when it cannot be done any more): when they change, it cannot be
    confirmed. `describe` says everything that will be done, to whom. `carry_out` does it in the confirming unit, of the
    worked tenant. `in_office` instead does it in a unit of the console's own tenant, after the confirmation was
    committed, and says what came of it; it may be called again after a crash, so it is idempotent. `settle` then notes
    that in the worked tenant. `hold` locks the rows that the facts are of, until the unit
    ends. `subject` is the account of the staff member whom it is about, who may not decide it.
    """

    label: str
    facts: Callable[[Tx, Payload], Mapping[str, Any]]
    describe: Callable[[Tx, DeskMeans, Payload], tuple[Told, ...]]
    carry_out: Callable[[Tx, DeskMeans, Payload], None] | None = None
    in_office: Callable[[Tx, DeskMeans, Payload], Mapping[str, Any]] | None = None
    settle: Callable[[Tx, DeskMeans, Payload, Mapping[str, Any]], None] | None = None
    hold: Callable[[Tx, Payload], None] | None = None
    subject: Callable[[Payload], str] | None = None
    permission: str = APPROVE

    def __post_init__(self) -> None:
        if (self.carry_out is None) == (self.in_office is None):
            raise ValueError(f"{self.label}: it is carried out either here or in the office")
