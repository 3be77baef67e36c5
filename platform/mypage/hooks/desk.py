"""What an operator says about the work of its staff: until when, and what may be answered and asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from mypage.hooks.markers import hookspec

CARD_REVIEW, ORDER, FAILURE, MAIL = "card_review", "order", "failure", "mail"
APPLICATION = "application"
TERMINATION = "termination"
"""The end of a contract that its holder has asked for online: staff prepare it, and say so."""
"""The kinds of work that the core knows: a card whose name has to be compared, something to switch on or off by hand,
what another system declined for good, a mail that could not be delivered, and an application about a numbered slot."""
NEW_YEAR: tuple[tuple[int, int], ...] = ((12, 29), (12, 30), (12, 31), (1, 1), (1, 2), (1, 3))
"""Month and day of the days around New Year on which most offices in Japan are closed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkReason:
    """A reason for turning work down. `label` is for staff, `told` for the customer; "" tells the customer no reason.

    `code` is kept with the item and in the trail, so it never changes its meaning. Texts are msgids of the operator.
    """

    code: str
    label: str
    told: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkQuestion:
    """A template of a question to the customer; staff change the text before it is sent. Texts are msgids."""

    code: str
    label: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkRule:
    """What holds for one kind of work. `days` are business days until it is due, 0 the same day."""

    days: int = 3
    reasons: tuple[WorkReason, ...] = ()
    questions: tuple[WorkQuestion, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperKind:
    """A kind of application on paper that staff note. While one that `stops` runs, nothing is bought or ended online.

    `blocks` are kinds of numbered places (`Slots.code`) about which nothing is applied for meanwhile, besides. `label`
    is for staff and for the customer; the default labels are the core's msgids, others are the operator's.
    """

    code: str
    label: str
    stops: bool = False
    blocks: frozenset[str] = frozenset()


PAPERS: tuple[PaperKind, ...] = (
    PaperKind(code="cancel", label="Cancellation of the contract", stops=True),
    PaperKind(code="change", label="Change of the contract", stops=True),
    PaperKind(code="move", label="Moving house", stops=True),
    PaperKind(code="name", label="Change of name or holder", stops=True),
    PaperKind(code="payment", label="Change of payment"),
    PaperKind(code="other", label="Other application"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskPolicy:
    """The operator's rules by kind of work; `usual` for those it does not name.

    `answer_days` are the business days that a customer has for answering a question; `closed` the days (month, day)
    on which nobody works besides Saturdays, Sundays and holidays.
    """

    kinds: Mapping[str, WorkRule] = field(default_factory=dict)
    usual: WorkRule = WorkRule()
    answer_days: int = 5
    closed: tuple[tuple[int, int], ...] = NEW_YEAR
    papers: tuple[PaperKind, ...] = PAPERS
    """The applications on paper that staff can note."""
    tell_secret_shown: bool = True
    """Whether the customer gets a mail when a secret of a line was shown to staff."""
    secrets_an_hour: int = 10
    """How many secrets of lines one member of the staff may be shown within an hour."""

    def stopping(self) -> frozenset[str]:
        """The codes of the applications on paper that stop buying and ending online."""
        return frozenset(paper.code for paper in self.papers if paper.stops)

    def rule(self, kind: str) -> WorkRule:
        """What holds for a kind of work."""
        return self.kinds.get(kind, self.usual)


USUAL = DeskPolicy()
"""What holds where an operator says nothing."""


class DeskSpec:
    """The hook about the work of staff."""

    @hookspec(firstresult=True)
    def desk_policy(self) -> DeskPolicy:
        """Due days, reasons for turning down and templates of questions, by kind of work."""
