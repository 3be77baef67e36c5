"""Pages on which customers correct what is known about them: input, check, done (UCOM-122 to UCOM-127)."""

from __future__ import annotations

from mypage.db.keys import Vault
from mypage.forms.drafts import DraftContent, drop_draft, named_draft, save_draft
from mypage.forms.form import PortalForm
from mypage.forms.wizard import once, recall
from mypage.hooks.permissions import PROFILE_CHANGE
from mypage.hooks.profile import ProfileForm
from mypage.lib.errors import NotFound, StaleForm
from mypage.profile.errors import TooManyMails
from mypage.profile.forms import entered, form_rows, profile_form, value_rows
from mypage.profile.pages import ProfileConfirmPage, ProfileDonePage, ProfilePage
from mypage.profile.service import WIZARD, Change, Values, read_profile, store_profile
from mypage.web.replies import Go, Reply, Show
from mypage.web.request import PortalRequest
from mypage.web.routing import get, post

PROFILE = "profile"


@get("/profile", name="profile", permission=PROFILE_CHANGE, reauth=True, capability=PROFILE)
def profile_page(rq: PortalRequest) -> Reply:
    """The form with what is stored; with `edit`, with what was entered before the check."""
    rules = _rules(rq)
    stored = read_profile(rq.tx, rules, rq.principal)
    draft = _draft(rq, rq.query.get("edit", ""))
    values = stored | (dict(draft.data["values"]) if draft else {})
    return _input(rq, rules, stored, profile_form(rules, None, t=rq.t, values=values))


@post("/profile", name="profile", permission=PROFILE_CHANGE, capability=PROFILE)
def profile_input(rq: PortalRequest) -> Reply:
    """Check what was entered and go on to the check page."""
    rules = _rules(rq)
    form = profile_form(rules, rq.form, t=rq.t)
    if not form.validate():
        return _input(rq, rules, read_profile(rq.tx, rules, rq.principal), form, 422)
    kept = {"values": entered(rules, form)}
    life = rq.operator.sessions.idle
    draft_id = save_draft(rq.tx, rq.ports.get(Vault), owner=rq.owner, wizard=WIZARD, data=kept, life=life)
    return Go("profile-confirm", {"draft": draft_id})


@get("/profile/confirm", name="profile-confirm", permission=PROFILE_CHANGE, capability=PROFILE)
def profile_confirm(rq: PortalRequest) -> Reply:
    """Everything that would be stored, blank values too."""
    rules = _rules(rq)
    draft = _draft(rq, rq.query.get("draft", ""))
    if draft is None:
        return _after_the_end(rq, rq.query.get("draft", ""))
    values = read_profile(rq.tx, rules, rq.principal) | dict(draft.data["values"])
    page = ProfileConfirmPage(
        over=rules.title,
        title=rules.titles[1],
        lead=rules.leads[1],
        rows=tuple(value_rows(rules, values)),
        action_url=rq.href("profile-confirm"),
        back_url=rq.href("profile", edit=draft.id),
        here_url=rq.href("profile-confirm", draft=draft.id),
        operation=str(draft.id),
        commit=rules.commit,
        back=rules.back,
    )
    return Show(page)


@post("/profile/confirm", name="profile-confirm", permission=PROFILE_CHANGE, reauth=True, capability=PROFILE)
def profile_commit(rq: PortalRequest) -> Reply:
    """Store it once, when it still is what the form allows."""
    rules, operation = _rules(rq), rq.form.get("operation", "")
    draft = _draft(rq, operation)
    if draft is None:
        return _after_the_end(rq, operation)
    values: Values = draft.data["values"]
    form = profile_form(rules, {name: [value] for name, value in values.items()}, t=rq.t)
    if not form.validate():
        return _input(rq, rules, read_profile(rq.tx, rules, rq.principal), form, 422)
    try:
        once(rq.tx, str(draft.id), owner=rq.owner, wizard=WIZARD, effect=lambda: _commit(rq, values))
    except TooManyMails:
        form.add_error(None, rq.t("Many mails have been sent for this account. Please try again in an hour"))
        return _input(rq, rules, read_profile(rq.tx, rules, rq.principal), form, 422)
    return Go("profile-complete", {"operation": draft.id})


@get("/profile/complete", name="profile-complete", permission=PROFILE_CHANGE, capability=PROFILE)
def profile_complete(rq: PortalRequest) -> Reply:
    """What is stored now."""
    rules = _rules(rq)
    done = recall(rq.tx, rq.query.get("operation", ""), owner=rq.owner, wizard=WIZARD)
    if done is None:
        return Go("profile")
    told = (rq.t(rules.mailed).replace("{address}", address) for address in done["mailed"])
    page = ProfileDonePage(
        over=rules.title,
        title=rules.titles[2],
        lead=rules.leads[2],
        rows=tuple(value_rows(rules, read_profile(rq.tx, rules, rq.principal))),
        mailed=tuple(told),
        home_url=rq.href(rq.operator.home_of(rq.principal.role)),
    )
    return Show(page)


def _rules(rq: PortalRequest) -> ProfileForm:
    if rq.operator.profile_form is None:
        raise NotFound
    return rq.operator.profile_form


def _commit(rq: PortalRequest, values: Values) -> dict[str, list[str]]:
    change = Change(principal=rq.principal, values=values, language=rq.locale)
    told = store_profile(rq.tx, rq.ports.get(Vault), rq.operator, change)
    drop_draft(rq.tx, owner=rq.owner, wizard=WIZARD)
    return {"mailed": told}


def _draft(rq: PortalRequest, text: str) -> DraftContent | None:
    return named_draft(rq.tx, rq.ports.get(Vault), owner=rq.owner, wizard=WIZARD, text=text)


def _after_the_end(rq: PortalRequest, operation: str) -> Reply:
    if not operation:
        return Go("profile")
    if recall(rq.tx, operation, owner=rq.owner, wizard=WIZARD) is not None:
        return Go("profile-complete", {"operation": operation})
    raise StaleForm


def _input(rq: PortalRequest, rules: ProfileForm, stored: Values, form: PortalForm, status: int = 200) -> Reply:
    page = ProfilePage(
        over=rules.title,
        title=rules.titles[0],
        lead=rules.leads[0],
        rows=tuple(form_rows(rules, stored)),
        form=form,
        action_url=rq.href("profile"),
        next_label=rules.next,
        locked_why=rules.locked_why,
        notes=rules.notes,
    )
    return Show(page, status)
