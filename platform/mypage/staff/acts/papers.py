"""Applications on paper: noting that one runs, and that it is settled."""

from __future__ import annotations

import uuid
from datetime import date

from wtforms.validators import StopValidation

from mypage.auth.locks import logins_of
from mypage.contracts.models import PaperApplication
from mypage.contracts.papers import Paper, PaperRuns, note_paper, papers_of, settle_paper
from mypage.contracts.service import living_contracts
from mypage.forms.choices import ChoiceField
from mypage.forms.fields import FoldedTextField, TextField
from mypage.hooks.desk import PaperKind
from mypage.i18n import Translator
from mypage.lib.errors import NotFound
from mypage.staff.acts.acting import Act, Case, Look, Plan, Refused, Values
from mypage.staff.acts.pages import Line, Standing

Subjects = dict[str, tuple[str, uuid.UUID | None, uuid.UUID | None]]
ABOUT, KIND, SINCE, UNTIL, NOTE_TEXT, PAPER, OUTCOME = "about", "kind", "since", "until", "note", "paper", "outcome"


class DayField(FoldedTextField):
    """A day: what a date input sends, or typed as 2026-11-21 or 2026/11/21."""

    input_type = "date"

    def check(self, t: Translator, label: str) -> None:
        """Raises StopValidation."""
        try:
            self.data = date.fromisoformat(self.data.replace("/", "-")).isoformat()
        except ValueError as error:
            raise StopValidation(t("Enter %(label)s as a day, such as 2026-11-21", label=label)) from error


def word_of(case: Case, code: str) -> str:
    """The label of a kind; the core's words are translated like the operator's."""
    found = next((kind for kind in case.operator.desk.papers if kind.code == code), None)
    return case.theirs(found.label) if found is not None else code


def _subjects(case: Case) -> Subjects:
    """What an application can be about: its words, contract and account, by the value of the choice."""
    found: Subjects = {}
    for contract in living_contracts(case.tx, case.customer.id):
        words = case.t("Contract %(number)s", number=contract.number)
        found[f"c{contract.id.hex}"] = (f"{words} {contract.name}".strip(), contract.id, None)
    for login in logins_of(case.tx, case.customer.id):
        words = case.t("Login %(login)s", login=login.login_id)
        found.setdefault(f"a{login.account_id.hex}", (words, None, login.account_id))
    return found


def _standing(case: Case) -> tuple[Standing, ...]:
    subjects = _subjects(case)
    lines = tuple(Line(_called(case, row, subjects), _state(case, row)) for row in papers_of(case.tx, case.customer.id))
    text = "" if lines else case.t("No application on paper is noted.")
    return (Standing(case.t("Applications on paper"), lines, text),)


def _called(case: Case, row: PaperApplication, subjects: Subjects) -> str:
    key = f"a{row.account_id.hex}" if row.account_id else f"c{row.contract_id.hex}" if row.contract_id else ""
    about = subjects.get(key)
    return f"{word_of(case, row.kind)} ({about[0]})" if about else word_of(case, row.kind)


def _state(case: Case, row: PaperApplication) -> str:
    if row.settled_at is not None:
        said = case.t(
            "%(outcome)s on %(day)s", outcome=_outcomes(case).get(row.outcome, ""), day=case.time(row.settled_at)
        )
    else:
        said = case.t("Running since %(day)s", day=case.day(row.since))
        if row.until is not None:
            said += case.t(", to be settled by %(day)s", day=case.day(row.until))
    return f"{said} {row.note}".strip()


def _outcomes(case: Case) -> dict[str, str]:
    return {"done": case.t("Carried out"), "declined": case.t("Declined"), "withdrawn": case.t("Withdrawn")}


def _look_note(case: Case) -> Look:
    subjects = _subjects(case)
    kinds = [(kind.code, case.theirs(kind.label)) for kind in case.operator.desk.papers]
    fields = {
        "about": ChoiceField("About", options=[(key, words[0]) for key, words in subjects.items()]),
        "kind": ChoiceField("Kind of application", options=kinds),
        "since": DayField("Running since", size="s"),
        "until": DayField("To be settled by", size="s", required=False),
        "note": TextField("Note", required=False, size="", description="It is shown on this page, to staff alone."),
    }
    nothing = "" if subjects else case.t("This customer has no contract and no login that is in use.")
    today = case.tx.today().isoformat()
    return Look(standing=_standing(case), fields=fields, values={SINCE: today}, nothing=nothing)


def _plan_note(case: Case, values: Values) -> Plan:
    paper, words = _paper(case, values)
    kind = _kind(case, paper.kind)
    if any(
        row.kind == paper.kind
        and row.settled_at is None
        and (row.contract_id, row.account_id) == (paper.contract_id, paper.account_id)
        for row in papers_of(case.tx, case.customer.id)
    ):
        raise Refused(case.t("Such an application runs already. Settle it first"), KIND)
    said = case.t(
        "It is noted that an application on paper of %(who)s runs: %(kind)s, %(about)s.",
        who=case.who,
        kind=case.theirs(kind.label),
        about=words,
    )
    stops = kind.stops and paper.contract_id is not None
    more = (
        case.t("Until it is settled, %(who)s can buy and end nothing online for this contract.", who=case.who)
        if stops
        else case.t("Nothing is stopped by it.")
    )
    lines = [Line(case.t("Running since"), case.day(paper.since))]
    if paper.until:
        lines.append(Line(case.t("To be settled by"), case.day(paper.until)))
    if paper.note:
        lines.append(Line(case.t("Note"), paper.note))
    return Plan(sentences=(said, more), lines=tuple(lines))


def _paper(case: Case, values: Values) -> tuple[Paper, str]:
    found = _subjects(case).get(values[ABOUT])
    if found is None:
        raise Refused(case.t("Choose %(label)s", label=case.t("About")), ABOUT)
    since = date.fromisoformat(values[SINCE])
    until = date.fromisoformat(values[UNTIL]) if values[UNTIL] else None
    if since > case.tx.today():
        raise Refused(case.t("This day has not come yet"), SINCE)
    if until is not None and until < since:
        raise Refused(case.t("This day lies before the one on which it began"), UNTIL)
    words, contract_id, account_id = found
    paper = Paper(
        customer_id=case.customer.id,
        contract_id=contract_id,
        account_id=account_id,
        kind=values[KIND],
        since=since,
        until=until,
        note=values[NOTE_TEXT],
    )
    return paper, words


def _kind(case: Case, code: str) -> PaperKind:
    found = next((kind for kind in case.operator.desk.papers if kind.code == code), None)
    if found is None:
        raise Refused(case.t("Choose %(label)s", label=case.t("Kind of application")), KIND)
    return found


def _do_note(case: Case, values: Values, reason: str) -> tuple[str, ...]:
    paper, words = _paper(case, values)
    try:
        note_paper(case.tx, paper, by=case.rq.principal.account_id, reason=reason)
    except PaperRuns as error:
        raise Refused(case.t("Such an application runs already. Settle it first"), KIND) from error
    label = word_of(case, paper.kind)
    return (case.t("Noted for %(who)s: %(kind)s, %(about)s.", who=case.who, kind=label, about=words),)


def _running(case: Case) -> dict[str, PaperApplication]:
    return {str(row.id): row for row in papers_of(case.tx, case.customer.id) if row.settled_at is None}


def _look_settle(case: Case) -> Look:
    running = _running(case)
    subjects = _subjects(case)
    options = [(key, _called(case, row, subjects), _state(case, row)) for key, row in running.items()]
    fields = {
        "paper": ChoiceField("Application", options=options, cards=True),
        "outcome": ChoiceField("Outcome", options=list(_outcomes(case).items())),
    }
    values = {PAPER: options[0][0]} if len(options) == 1 else {}
    nothing = "" if running else case.t("No application on paper runs.")
    return Look(standing=_standing(case), fields=fields, values=values, nothing=nothing)


def _plan_settle(case: Case, values: Values) -> Plan:
    row = _running(case).get(values[PAPER])
    if row is None:
        raise Refused(case.t("This application is settled already"), PAPER)
    said = case.t(
        "The application on paper of %(who)s is settled: %(kind)s.",
        who=case.who,
        kind=_called(case, row, _subjects(case)),
    )
    free = row.kind in case.operator.desk.stopping() and row.contract_id is not None
    more = (case.t("It does not stop %(who)s any more from buying and ending online.", who=case.who),) if free else ()
    return Plan(
        sentences=(said, *more),
        lines=(
            Line(case.t("Running since"), case.day(row.since)),
            Line(case.t("Outcome"), _outcomes(case)[values[OUTCOME]]),
        ),
    )


def _do_settle(case: Case, values: Values, reason: str) -> tuple[str, ...]:
    by = case.rq.principal.account_id
    try:
        row = settle_paper(
            case.tx, case.customer.id, uuid.UUID(values[PAPER]), by=by, outcome=values[OUTCOME], reason=reason
        )
    except NotFound as error:
        raise Refused(case.t("This application is settled already"), PAPER) from error
    return (case.t("The application of %(who)s is settled: %(kind)s.", who=case.who, kind=word_of(case, row.kind)),)


NOTE = Act(
    route="customer-paper",
    title="Note an application on paper",
    lead="So that everybody sees that it runs, and nothing is changed online meanwhile that it concerns.",
    commit="Note it",
    look=_look_note,
    plan=_plan_note,
    carry_out=_do_note,
)
SETTLE = Act(
    route="customer-paper-settle",
    title="Settle an application on paper",
    lead="When it was carried out, declined or withdrawn.",
    commit="Mark as settled",
    look=_look_settle,
    plan=_plan_settle,
    carry_out=_do_settle,
)
