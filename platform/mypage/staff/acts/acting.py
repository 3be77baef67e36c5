"""One pattern for every act: a form with a reason, a page that says what will happen to whom, done once, done page.

An `Act` says how things stand, what its form asks, what would happen and does it. Everything is looked at again before
it is done: where it would be another thing than the one that was shown, it is shown once more.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from mypage.db.keys import Vault
from mypage.db.session import Tx
from mypage.forms.choices import ChoiceField
from mypage.forms.drafts import DraftContent, named_draft, save_draft
from mypage.forms.fields import TextField
from mypage.forms.form import PortalForm
from mypage.forms.wizard import once, recall
from mypage.lib.errors import DomainError, StaleForm
from mypage.operators.operator import Operator
from mypage.staff.acts.pages import ActConfirmPage, ActDonePage, ActPage, Line, Standing
from mypage.staff.customers.service import CustomerFacts, find_customer
from mypage.web.rendering import day_text, time_text
from mypage.web.replies import Go, Reply, Show
from mypage.web.request import PortalRequest

REASON = "reason"
SHORTEST_REASON, LONGEST_REASON = 10, 500
Values = Mapping[str, str]


class Refused(DomainError):
    """The act cannot be done; the message says why, in the reader's language. With `place` it stands at that input."""

    def __init__(self, message: str, place: str | None = None) -> None:
        """`message` is shown as it is."""
        super().__init__(message)
        self.message, self.place = message, place


@dataclass(frozen=True, slots=True)
class Case:
    """One request of an act: about whom, in which tenant."""

    rq: PortalRequest
    customer: CustomerFacts

    @property
    def tx(self) -> Tx:
        """The unit of the worked tenant."""
        return self.rq.tx

    @property
    def operator(self) -> Operator:
        """The operator of the worked tenant."""
        return self.rq.desk.operator

    @property
    def vault(self) -> Vault:
        """What seals and opens."""
        return self.rq.ports.get(Vault)

    @property
    def who(self) -> str:
        """Name and number of the customer, as sentences name them."""
        return f"{self.customer.name} ({self.customer.number})"

    def t(self, text: str, **values: object) -> str:
        """A text of the core."""
        return self.rq.t(text, **values)

    def theirs(self, text: str) -> str:
        """A text of the worked tenant's operator."""
        return self.operator.catalogues[self.rq.locale](text)

    def time(self, at: datetime) -> str:
        """An instant as the pages show it."""
        return time_text(self.rq.locale, at)

    def day(self, on: date) -> str:
        """A day as the pages show it."""
        return day_text(self.rq.locale, on)


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How things stand and what the form asks besides the reason. `nothing`: why nothing can be done; no form then."""

    standing: tuple[Standing, ...] = ()
    fields: Mapping[str, Any] = field(default_factory=dict)
    values: Values = field(default_factory=dict)
    nothing: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What would happen: sentences with names, values, and what to beware of."""

    sentences: tuple[str, ...]
    lines: tuple[Line, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def mark(self) -> str:
        """A digest of all that is shown."""
        shown = [*self.sentences, *self.warnings, *((x.label, x.before, x.value) for x in self.lines)]
        return hashlib.sha256(json.dumps(shown, ensure_ascii=False).encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """An act; its texts are msgids. `plan` and `carry_out` raise Refused; `carry_out` returns what was done."""

    route: str
    title: str
    lead: str
    commit: str
    look: Callable[[Case], Look]
    plan: Callable[[Case, Values], Plan]
    carry_out: Callable[[Case, Values, str], tuple[str, ...]]
    danger: bool = False


def act_page(rq: PortalRequest, act: Act) -> Reply:
    """The form; with `draft` the confirm page, with `done` what was done, with `edit` the form as it was typed."""
    case = case_of(rq)
    if operation := rq.query.get("done", ""):
        return _done(case, act, operation)
    if text := rq.query.get("draft", ""):
        draft = _draft(case, act, text)
        return _after_the_end(case, act, text) if draft is None else _confirm(case, act, draft)
    draft = _draft(case, act, rq.query.get("edit", ""))
    return _form_page(case, act, None, typed=draft.data["values"] if draft else None)


def act_post(rq: PortalRequest, act: Act) -> Reply:
    """With `operation` the press on the confirm page; else what was typed is checked and kept for that page."""
    case = case_of(rq)
    if operation := rq.form.get("operation", ""):
        return _commit(case, act, operation)
    look = act.look(case)
    form = _form(case, look, rq.form)
    if look.nothing:
        return _form_page(case, act, form, status=422)
    if not form.validate():
        return _form_page(case, act, form, status=422)
    values = {name: form.text(name) for name in (*look.fields, REASON)}
    try:
        act.plan(case, values)
    except Refused as refused:
        return _refused(case, act, form, refused)
    draft_id = save_draft(
        case.tx,
        case.vault,
        owner=rq.owner,
        wizard=_wizard(case, act),
        data={"values": values},
        life=rq.operator.sessions.idle,
    )
    return Go(act.route, {"customer_id": case.customer.id, "draft": draft_id})


def case_of(rq: PortalRequest) -> Case:
    """The customer that the address names. Raises NotFound."""
    return Case(rq, find_customer(rq.tx, rq.uuid_param("customer_id")))


def reason_field() -> TextField:
    """The field of a reason, which stands in the trail."""
    return TextField(
        "Reason",
        description="Why, and how you made sure who asks. It stands in the record of what happened.",
        min_length=SHORTEST_REASON,
        max_length=LONGEST_REASON,
        size="",
        render_kw={"autocomplete": "off", "maxlength": LONGEST_REASON},
    )


def _form(case: Case, look: Look, data: Any, values: Values | None = None) -> PortalForm:
    fields = {**look.fields, REASON: reason_field()}
    return PortalForm(fields, data, t=case.rq.t, values=values)


def _form_page(
    case: Case, act: Act, form: PortalForm | None, *, typed: Values | None = None, status: int = 200
) -> Reply:
    look = act.look(case)
    if form is None:
        known = {n: text for n, text in (typed or _linked(case, look)).items() if n in (*look.fields, REASON)}
        form = _form(case, look, None, {**look.values, **known})
    page = ActPage(
        title=act.title,
        over=case.who,
        lead=act.lead,
        standing=look.standing,
        form=None if look.nothing else form,
        names=(*look.fields, REASON),
        nothing=look.nothing,
        action_url=case.rq.href(act.route, customer_id=case.customer.id),
        customer_url=case.rq.href("customer", customer_id=case.customer.id),
    )
    return Show(page, status)


def _linked(case: Case, look: Look) -> Values:
    """What a link chooses ahead. It brings no text, or a stranger's link could bring an address and a reason."""
    fields = {name for name, field in look.fields.items() if issubclass(field.field_class, ChoiceField)}
    return {name: text for name, text in case.rq.query.items() if name in fields}


def _confirm(case: Case, act: Act, draft: DraftContent) -> Reply:
    values: Values = draft.data["values"]
    try:
        plan = act.plan(case, values)
    except Refused as refused:
        return _refused(case, act, _again(case, act, values), refused)
    page = ActConfirmPage(
        title=act.title,
        over=case.who,
        sentences=plan.sentences,
        warnings=plan.warnings,
        lines=plan.lines,
        reason=values[REASON],
        commit=act.commit,
        danger=act.danger,
        operation=str(draft.id),
        seen=plan.mark,
        action_url=case.rq.href(act.route, customer_id=case.customer.id),
        back_url=case.rq.href(act.route, customer_id=case.customer.id, edit=draft.id),
    )
    return Show(page)


def _commit(case: Case, act: Act, operation: str) -> Reply:
    rq = case.rq
    draft = _draft(case, act, operation)
    if draft is None:
        return _after_the_end(case, act, operation)
    values: Values = draft.data["values"]

    def effect() -> Mapping[str, Any]:
        form = _again(case, act, values)
        if not form.validate():
            raise Refused(next(iter(form.errors_for_summary()))[1])
        if act.plan(case, values).mark != rq.form.get("seen", ""):
            raise _Changed
        return {"done": list(act.carry_out(case, values, values[REASON]))}

    try:
        once(case.tx, str(draft.id), owner=rq.owner, wizard=_wizard(case, act), effect=effect)
    except _Changed:
        rq.flash("warn", rq.t("Something has changed meanwhile. Please look at it once more."))
        return Go(act.route, {"customer_id": case.customer.id, "draft": draft.id})
    except Refused as refused:
        if recall(case.tx, str(draft.id), owner=rq.owner, wizard=_wizard(case, act)) is None:
            return _refused(case, act, _again(case, act, values), refused)
    return Go(act.route, {"customer_id": case.customer.id, "done": draft.id})


class _Changed(DomainError):
    """What would happen is not what was shown."""


def _again(case: Case, act: Act, values: Values) -> PortalForm:
    return _form(case, act.look(case), {name: [value] for name, value in values.items()})


def _refused(case: Case, act: Act, form: PortalForm, refused: Refused) -> Reply:
    form.validate()
    place = refused.place
    form.add_error(place if place is not None and place in form else None, refused.message)
    return _form_page(case, act, form, status=422)


def _done(case: Case, act: Act, operation: str) -> Reply:
    done = recall(case.tx, operation, owner=case.rq.owner, wizard=_wizard(case, act))
    if not done:
        return Go(act.route, {"customer_id": case.customer.id})
    page = ActDonePage(
        title=act.title,
        over=case.who,
        sentences=tuple(done["done"]),
        customer_url=case.rq.href("customer", customer_id=case.customer.id),
        again_url=case.rq.href(act.route, customer_id=case.customer.id),
    )
    return Show(page)


def _draft(case: Case, act: Act, text: str) -> DraftContent | None:
    return named_draft(case.tx, case.vault, owner=case.rq.owner, wizard=_wizard(case, act), text=text)


def _after_the_end(case: Case, act: Act, text: str) -> Reply:
    if recall(case.tx, text, owner=case.rq.owner, wizard=_wizard(case, act)):
        return Go(act.route, {"customer_id": case.customer.id, "done": text})
    raise StaleForm


def _wizard(case: Case, act: Act) -> str:
    """Drafts and results of one act for one customer: an id of another one's opens nothing here."""
    return f"{act.route}:{uuid.UUID(str(case.customer.id)).hex}"
