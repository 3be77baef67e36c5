"""From facts and rows to what the pages show."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import astuple
from datetime import date

from mypage.forms.drafts import DraftContent
from mypage.forms.form import PortalForm
from mypage.hooks.terminations import Termination
from mypage.terminations.days import day_text, offered_days
from mypage.terminations.errors import Hindrance
from mypage.terminations.forms import label_of
from mypage.terminations.models import EndingRow
from mypage.terminations.options import staying
from mypage.terminations.pages import (
    EndPart,
    EndRow,
    TerminationConfirmPage,
    TerminationDonePage,
    TerminationPage,
)
from mypage.terminations.service import EndThing, Facts, fee_on, mark_of, things_of
from mypage.terminations.telling import thing_text
from mypage.web.request import PortalRequest

WIZARD = "termination"
_WHY: Mapping[Hindrance, str] = {
    "paper": "An application on paper about your contract is being worked on. Until that is done nothing changes here.",
    "preparing": "Your contract has not begun. Please call us if you do not want it any more.",
    "stays": "Your contract has options that cannot be ended here. Please have them ended first.",
}


def days_now(rq: PortalRequest) -> tuple[date, ...]:
    """The days that are offered today."""
    rules = rq.operator.termination
    return offered_days(rules.days, rq.today) if rules is not None else ()


def form_page(rq: PortalRequest, rules: Termination, facts: Facts, form: PortalForm) -> TerminationPage:
    """The form with what the contract has."""
    reason, detail = rules.field("reason"), rules.field("detail")
    return TerminationPage(
        rules=rules,
        form=form,
        action_url=rq.href("termination"),
        back_url=rq.href(rq.operator.home_of(rq.principal.role)),
        staying=staying(facts.options),
        ends=_ends(rq, things_of(rules, facts.ending)),
        reason=reason.name if reason else "",
        detail=detail.name if detail else "",
    )


def hindered_page(rq: PortalRequest, rules: Termination, why: Hindrance) -> TerminationPage:
    """Without the form: nothing can be ended here now."""
    return TerminationPage(
        rules=rules,
        form=None,
        action_url=rq.href("termination"),
        back_url=rq.href(rq.operator.home_of(rq.principal.role)),
        staying=tuple(option for option in rules.options if not option.ends) if why == "stays" else (),
        why=_WHY[why],
    )


def confirm_page(rq: PortalRequest, rules: Termination, facts: Facts, draft: DraftContent) -> TerminationConfirmPage:
    """All that ends on the chosen day."""
    answers = dict(draft.data["answers"])
    day = rules.field("date")
    assert day is not None
    wanted_on = date.fromisoformat(answers[day.name])
    fee = fee_on(rq.operator, facts, wanted_on)
    return TerminationConfirmPage(
        rules=rules,
        day=day_text(wanted_on, rq.locale),
        number=facts.number,
        name=facts.name,
        contract=facts.ref.name,
        ends=_ends(rq, things_of(rules, facts.ending)),
        options=tuple((state.option.label, state.held) for state in facts.options if state.option.ends),
        staying=staying(facts.options),
        parts=parts_of(rules, answers, rq.locale),
        fee=fee,
        action_url=rq.href("termination-confirm"),
        back_url=rq.href("termination", edit=draft.id),
        here_url=rq.href("termination-confirm", draft=draft.id),
        operation=str(draft.id),
        shown=mark_of(facts, fee),
    )


def done_page(rq: PortalRequest, rules: Termination, row: EndingRow) -> TerminationDonePage:
    """What was accepted."""
    filled = {"day": day_text(row.wanted_on, rq.locale), "address": row.email}
    return TerminationDonePage(
        rules=rules,
        number=row.number,
        done=rq.t(rules.done, **filled),
        notes=tuple(rq.t(note, **filled) for note in rules.done_notes),
        ends=_ends(rq, (EndThing(*thing) for thing in row.ends)),
        parts=parts_of(rules, row.answers, rq.locale),
        fee_total=row.fee.get("total") if row.fee else None,
        home_url=rq.href(rq.operator.home_of(rq.principal.role)),
    )


def parts_of(rules: Termination, answers: Mapping[str, str], locale: str) -> tuple[EndPart, ...]:
    """Every field with its value, empty ones too (OCN-143)."""
    return tuple(
        EndPart(
            group.title,
            tuple(
                EndRow(
                    field.label,
                    label_of(rules, field, answers, locale),
                    field.kind in ("reason", "detail", "choice"),
                    field.note,
                )
                for field in group.fields
            ),
        )
        for group in rules.groups
    )


def _ends(rq: PortalRequest, things: Iterable[EndThing]) -> tuple[str, ...]:
    return tuple(thing_text(rq.t, *astuple(thing)) for thing in things)
