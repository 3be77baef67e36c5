"""What telling about work and deciding it need besides rows."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from mypage.db.keys import Vault
from mypage.db.session import Tx
from mypage.hooks.desk import WorkReason
from mypage.i18n import Catalogue
from mypage.operators.operator import Operator
from mypage.orders.outcomes import Outcomes
from mypage.staff.customers.service import CustomerFacts
from mypage.work.models import WorkItem

Moving = Literal["taken", "asked", "answered"]
"""What the queue does with an item that leaves it open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """Of whose work it is about, and who works.

    `t` is the console's catalogue, `words` the operator's, both in the reader's language. `outcomes` are the areas
    that are told of the end of what was to be done by hand.
    """

    operator: Operator
    vault: Vault
    outcomes: Outcomes
    t: Catalogue
    words: Catalogue
    by: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Deciding:
    """An act on an item, with what was entered. `note` is for staff; `pin` is never kept here."""

    item: WorkItem
    customer: CustomerFacts
    means: Means
    reason: WorkReason | None = None
    note: str = ""
    told: str = ""
    """What the customer reads, besides what the reason says."""
    pin: str = field(default="", repr=False)

    @property
    def why(self) -> str:
        """The reason and the note, for staff, in the operator's first language."""
        chosen = self.means.operator.catalogues["ja"](self.reason.label) if self.reason else ""
        return "\n".join(part for part in (chosen, self.note) if part)


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """Something that settles an item. Texts are msgids; `sure` says what will happen, with %(customer)s and %(what)s.

    `asks` is what has to be entered: "reason", "told", "note", "pin". `carry` changes the subject and closes the item.
    """

    name: str
    label: str
    sure: str
    said: str
    carry: Callable[[Tx, Deciding], None]
    asks: frozenset[str] = frozenset()
    danger: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of the facts: a label (a msgid) and what it says."""

    label: str
    value: object
    note: str = ""


@dataclass(frozen=True, slots=True)
class SubjectLink:
    """A page or file about the subject: its label as it is shown, its route, and whether it is downloaded."""

    label: str
    route: str
    params: Mapping[str, object]
    file: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What an item is about, now: `what` in a few words, the facts, and the acts that are possible."""

    what: str
    lines: tuple[Line, ...] = ()
    acts: tuple[Act, ...] = ()
    hint: str = ""
    """A msgid: what to look at, or why nothing can be done."""
    links: tuple[SubjectLink, ...] = ()
    page: tuple[str, str, str] | None = None
    """A page of the customer that helps: a label (a msgid), its route, and what it takes to open it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of work. `title` makes of an item's stored title what a list shows; `subject` finds what it is about.

    `notice_permission` is what an account of the customer needs to see a notice about it. `lock` locks the subject,
    where its area changes both it and the item. `moved` is told what the queue did with an item; it says whether the
    customer got a mail, or None where the queue itself tells them.
    """

    label: str
    title: Callable[[str, Means], str]
    subject: Callable[[Tx, WorkItem, Means], Subject]
    notice_permission: str = ""
    lock: Callable[[Tx, uuid.UUID], None] | None = None
    moved: Callable[[Tx, Means, WorkItem, Moving, str], bool | None] | None = None
