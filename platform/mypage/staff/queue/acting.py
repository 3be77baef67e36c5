"""Settling an item: the act's page with what will happen, its form, and doing it in one unit."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from mypage.billing.errors import AlreadyDecided
from mypage.db.session import Tx
from mypage.forms.base import PortalField
from mypage.forms.choices import ChoiceField
from mypage.forms.fields import PortalForm, TextAreaField
from mypage.hooks.desk import WorkReason, WorkRule
from mypage.lib.errors import NotFound
from mypage.orders.errors import BadPin, EarlierFirst, JobEnded, NoRetry
from mypage.requests.errors import Overtaken
from mypage.staff.customers.service import find_customer
from mypage.staff.queue.kinds import kind_of
from mypage.staff.queue.means import Act, Deciding, Means, Subject
from mypage.staff.queue.pages import ActPage, ItemPage
from mypage.staff.queue.saying import late_text
from mypage.staff.queue.told import mailable
from mypage.staff.queue.views import find_item, item_page, means_of
from mypage.web.replies import Go, Reply, Show
from mypage.web.request import PortalRequest
from mypage.work.errors import Moved, WrongState
from mypage.work.models import WorkItem
from mypage.work.service import decided, may_decide

OVERTAKEN = (Moved, WrongState, AlreadyDecided, JobEnded, NoRetry, EarlierFirst, Overtaken)
"""Why nothing was done: the world is not as the page showed it."""
LONGEST = 500
LONGEST_TOLD = 1000


class PinField(PortalField):
    """A licence's PIN: taken as typed, and never put back into a page."""

    attributes: ClassVar[Mapping[str, str]] = {"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}

    @property
    def shown(self) -> str:
        """Nothing."""
        return ""


def act_of(subject: Subject, name: str) -> Act:
    """The act of that name. Raises NotFound for one that is not possible."""
    found = next((act for act in subject.acts if act.name == name), None)
    if found is None:
        raise NotFound
    return found


def act_form(rq: PortalRequest, act: Act, rule: WorkRule, *, posted: bool = False) -> PortalForm:
    """What the act asks. Without a list of reasons the note has to say why."""
    fields: dict[str, Any] = {}
    words = rq.desk.operator.catalogues[rq.locale]
    listed = "reason" in act.asks and bool(rule.reasons)
    if listed:
        options = (("", rq.t("Please choose")), *((reason.code, words(reason.label)) for reason in rule.reasons))
        fields["reason"] = ChoiceField("Reason", options=options)
    if "pin" in act.asks:
        fields["pin"] = PinField("PIN", max_length=200, size="l")
    if "told" in act.asks:
        fields["told"] = TextAreaField(
            "What the customer is told",
            description="The customer reads it as you write it; no web addresses.",
            required="reason" in act.asks and not listed,
            max_length=LONGEST_TOLD,
            checks=(mailable,),
            render_kw={"rows": "4"},
        )
    if "note" in act.asks:
        fields["note"] = TextAreaField(
            "Note for staff",
            required=not listed and "told" not in act.asks,
            max_length=LONGEST,
            render_kw={"rows": "3"},
        )
    return PortalForm(fields, rq.form if posted else None, t=rq.t)


def act_page(rq: PortalRequest, tx: Tx, *, form: PortalForm | None = None, second: bool = False) -> ActPage:
    """What will happen, in words and with names. `second` is the step that only confirms. Raises NotFound."""
    item, means = find_item(tx, rq.uuid_param("item_id")), means_of(rq)
    subject = kind_of(item.kind).subject(tx, item, means)
    act, rule = act_of(subject, rq.params["act"]), means.operator.desk.rule(item.kind)
    customer, form = find_customer(tx, item.customer_id), form or act_form(rq, act, rule)
    reason = chosen(rule, form) if second else None
    sealed = tuple((name, form.text(name)) for name in ("reason", "told", "note") if name in act.asks and name in form)
    return ActPage(
        title=rq.t(act.label),
        over=item.reference,
        sure=rq.t(act.sure, what=subject.what, customer=customer.name),
        told=_told(means, reason, form.text("told") if second and "told" in form else ""),
        reason=means.words(reason.label) if reason is not None else "",
        note=form.text("note") if second and "note" in form else "",
        form=form,
        sealed=sealed if second else (),
        button=rq.t(act.label) if second or not act.danger else rq.t("Go on"),
        danger=act.danger,
        action_url=rq.href("queue-decide", item_id=item.id, act=act.name),
        back_url=rq.href("queue-item", item_id=item.id),
        version=posted_version(rq) if rq.method == "POST" else item.version,
    )


def chosen(rule: WorkRule, form: PortalForm) -> WorkReason | None:
    """The reason from the operator's list that a form holds."""
    code = form.text("reason") if "reason" in form else ""
    return next((reason for reason in rule.reasons if reason.code == code), None)


def settle(rq: PortalRequest, tx: Tx, act_name: str, form: PortalForm) -> Act:
    """Do it. Raises NotFound, BadPin, and OVERTAKEN, upon which the unit must not be committed."""
    item_id, means, version = rq.uuid_param("item_id"), means_of(rq), posted_version(rq)
    item = may_decide(tx, item_id, version=version, by=means.by)
    act = act_of(kind_of(item.kind).subject(tx, item, means), act_name)
    act.carry(
        tx,
        Deciding(
            item=item,
            customer=find_customer(tx, item.customer_id),
            means=means,
            reason=chosen(means.operator.desk.rule(item.kind), form),
            note=form.text("note") if "note" in form else "",
            told=form.text("told") if "told" in form else "",
            pin=form.text("pin") if "pin" in form else "",
        ),
    )
    decided(tx, item_id, version=version, by=means.by)
    return act


def _told(means: Means, reason: WorkReason | None, written: str) -> tuple[str, ...]:
    from_list = (means.words(reason.told),) if reason is not None and reason.told else ()
    return (*from_list, *written.splitlines())


def posted_version(rq: PortalRequest) -> int:
    """The version of the item that the posted page showed; one that no item has for what is none."""
    typed = rq.form.get("version", "")
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 10 else 0


async def act_posted(rq: PortalRequest) -> Reply:
    """The steps of an act: its form, the step that confirms, and doing it."""
    name = rq.params["act"]
    act, rule = await rq.run_at_desk(lambda tx: _now(rq, tx, name))
    if act is None:
        return await overtaken(rq, None)
    form = act_form(rq, act, rule, posted=True)
    if rq.form.get("back"):
        return Show(await rq.run_at_desk(lambda tx: act_page(rq, tx, form=form)))
    if not form.validate():
        return Show(await rq.run_at_desk(lambda tx: act_page(rq, tx, form=form)), status=422)
    if "reason" in act.asks and not rq.form.get("confirmed"):
        return Show(await rq.run_at_desk(lambda tx: act_page(rq, tx, form=form, second=True)))
    try:
        done = await rq.run_at_desk(lambda tx: settle(rq, tx, name, form))
    except BadPin:
        form.add_error("pin", rq.t("Enter the PIN"))
        return Show(await rq.run_at_desk(lambda tx: act_page(rq, tx, form=form)), status=422)
    except OVERTAKEN as late:
        return await overtaken(rq, late)
    rq.flash("ok", rq.t(done.said))
    return Go("queue-item", {"item_id": rq.uuid_param("item_id")})


async def overtaken(rq: PortalRequest, late: Exception | None) -> Reply:
    """The item as it is now, and who was quicker; a second press of the same person finds what the first one did."""
    return await rq.run_at_desk(lambda tx: late_reply(rq, tx, late))


def late_reply(rq: PortalRequest, tx: Tx, late: Exception | None) -> Reply:
    """As `overtaken`, inside a unit in which nothing was done."""
    item_id = rq.uuid_param("item_id")
    if isinstance(late, Moved) and late.by == str(rq.principal.account_id):
        return Go("queue-item", {"item_id": item_id})
    return Show(_late_page(rq, tx, item_id, late), status=409)


def in_step(rq: PortalRequest, work: Callable[[Tx], WorkItem], said: str, **values: str) -> Reply:
    """Do something that changes nothing before it is sure, and show the item; 409 when somebody was quicker."""
    try:
        item = work(rq.tx)
    except (Moved, WrongState) as late:
        return late_reply(rq, rq.tx, late)
    rq.flash("ok", rq.t(said, reference=item.reference, **values))
    return Go("queue-item", {"item_id": item.id})


def _late_page(rq: PortalRequest, tx: Tx, item_id: uuid.UUID, late: Exception | None) -> ItemPage:
    match late:
        case Moved():
            trouble = late_text(rq, tx, late)
        case EarlierFirst():
            trouble = rq.t("Something that was ordered earlier about the same thing has to be done first.")
        case _:
            trouble = rq.t("This is not as it was any more.")
    return item_page(rq, tx, item_id, trouble=trouble)


def _now(rq: PortalRequest, tx: Tx, name: str) -> tuple[Act | None, WorkRule]:
    """The act as things stand; None when it has become impossible because the item is closed."""
    item, means = find_item(tx, rq.uuid_param("item_id")), means_of(rq)
    subject = kind_of(item.kind).subject(tx, item, means)
    rule = means.operator.desk.rule(item.kind)
    known = next((act for act in subject.acts if act.name == name), None)
    if known is None and item.closed_at is None:
        raise NotFound
    return known, rule
