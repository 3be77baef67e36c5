"""Ending a contract online: input, check with all that ends, and one press that nobody takes back (OCN-120 to 152)."""

from __future__ import annotations

from datetime import date

from mypage.db.keys import Vault
from mypage.forms.drafts import DraftContent, drop_draft, named_draft, save_draft
from mypage.forms.wizard import once, recall
from mypage.hooks.permissions import TERMINATION, TERMINATION_READ
from mypage.lib.errors import StaleForm
from mypage.terminations.errors import AlreadyAccepted, Changed, DayGone, Hindered
from mypage.terminations.forms import ending_form, entered
from mypage.terminations.service import Wish, accept, accepted_of, look, rules_of
from mypage.terminations.views import (
    WIZARD,
    confirm_page,
    days_now,
    done_page,
    form_page,
    hindered_page,
)
from mypage.web.replies import Go, Reply, Show
from mypage.web.request import PortalRequest
from mypage.web.routing import get, post

CAPABILITY = "termination"


@get("/termination", name="termination", permission=TERMINATION, reauth=True, capability=CAPABILITY)
def termination(rq: PortalRequest) -> Reply:
    """The warnings, what cannot be ended here, and the form; with `edit` as it was filled before the check page."""
    rules = rules_of(rq.operator)
    try:
        facts = look(rq.tx, rq.operator, rq.principal)
    except AlreadyAccepted:
        return Go("termination-done")
    except Hindered as error:
        return Show(hindered_page(rq, rules, error.why))
    draft = _draft(rq, rq.query.get("edit", ""))
    values = dict(draft.data["answers"]) if draft else None
    form = ending_form(rules, days_now(rq), None, t=rq.t, locale=rq.locale, values=values)
    return Show(form_page(rq, rules, facts, form))


@post("/termination", name="termination", permission=TERMINATION, capability=CAPABILITY)
def termination_input(rq: PortalRequest) -> Reply:
    """Check everything at once and go on; `reload` only fetches the details of the chosen reason (OCN-140)."""
    rules = rules_of(rq.operator)
    try:
        facts = look(rq.tx, rq.operator, rq.principal)
    except AlreadyAccepted:
        return Go("termination-done")
    except Hindered as error:
        return Show(hindered_page(rq, rules, error.why), 409)
    form = ending_form(rules, days_now(rq), rq.form, t=rq.t, locale=rq.locale)
    if rq.form.get("reload", ""):
        return Show(form_page(rq, rules, facts, form))
    if not form.validate():
        return Show(form_page(rq, rules, facts, form), 422)
    kept = {"answers": entered(rules, form)}
    life = rq.operator.sessions.idle
    draft_id = save_draft(rq.tx, rq.ports.get(Vault), owner=rq.owner, wizard=WIZARD, data=kept, life=life)
    return Go("termination-confirm", {"draft": draft_id})


@get("/termination/confirm", name="termination-confirm", permission=TERMINATION, capability=CAPABILITY)
def termination_confirm(rq: PortalRequest) -> Reply:
    """Everything that ends and what was entered."""
    rules = rules_of(rq.operator)
    draft = _draft(rq, rq.query.get("draft", ""))
    if draft is None:
        return Go("termination")
    try:
        facts = look(rq.tx, rq.operator, rq.principal)
    except AlreadyAccepted:
        return Go("termination-done")
    except Hindered as error:
        return Show(hindered_page(rq, rules, error.why), 409)
    return Show(confirm_page(rq, rules, facts, draft))


@post(
    "/termination/confirm", name="termination-confirm", permission=TERMINATION_READ, reauth=True, capability=CAPABILITY
)
def termination_commit(rq: PortalRequest) -> Reply:
    """Accept it once; every further press shows what was accepted (OCN-147)."""
    rules, operation = rules_of(rq.operator), rq.form.get("operation", "")
    if recall(rq.tx, operation, owner=rq.owner, wizard=WIZARD):
        return Go("termination-done")
    draft = _draft(rq, operation)
    if draft is None:
        if accepted_of(rq.tx, rq.principal) is not None:
            return Go("termination-done")
        raise StaleForm
    try:
        once(rq.tx, str(draft.id), owner=rq.owner, wizard=WIZARD, effect=lambda: _accept(rq, draft))
    except AlreadyAccepted:
        return Go("termination-done")
    except Hindered as error:
        return Show(hindered_page(rq, rules, error.why), 409)
    except DayGone:
        return _day_gone(rq, draft)
    except Changed:
        rq.flash("warn", rq.t("What ends, or what it costs, has changed. Please check it once more."))
        return Go("termination-confirm", {"draft": draft.id})
    return Go("termination-done")


@get("/termination/done", name="termination-done", permission=TERMINATION_READ, capability=CAPABILITY)
def termination_done(rq: PortalRequest) -> Reply:
    """What was accepted, as long as the login lasts (OCN-148)."""
    row = accepted_of(rq.tx, rq.principal)
    if row is None:
        return Go(rq.operator.home_of(rq.principal.role))
    return Show(done_page(rq, rules_of(rq.operator), row))


def _accept(rq: PortalRequest, draft: DraftContent) -> dict[str, str]:
    rules = rules_of(rq.operator)
    answers = dict(draft.data["answers"])
    day, email = rules.field("date"), rules.field("email")
    assert day is not None
    assert email is not None
    wish = Wish(
        wanted_on=date.fromisoformat(answers[day.name]),
        email=answers[email.name],
        answers=answers,
        shown=rq.form.get("shown", ""),
        language=rq.locale,
    )
    row = accept(rq.tx, rq.ports.get(Vault), rq.operator, rq.principal, wish)
    drop_draft(rq.tx, owner=rq.owner, wizard=WIZARD)
    return {"termination": str(row.id)}


def _day_gone(rq: PortalRequest, draft: DraftContent) -> Reply:
    """The form again with everything that was entered, and a message at the day (OCN-140)."""
    rules = rules_of(rq.operator)
    facts = look(rq.tx, rq.operator, rq.principal)
    form = ending_form(rules, days_now(rq), None, t=rq.t, locale=rq.locale, values=dict(draft.data["answers"]))
    day = rules.field("date")
    assert day is not None
    form.add_error(day.name, rq.t(rules.days_gone))
    return Show(form_page(rq, rules, facts, form), 422)


def _draft(rq: PortalRequest, text: str) -> DraftContent | None:
    return named_draft(rq.tx, rq.ports.get(Vault), owner=rq.owner, wizard=WIZARD, text=text)
