"""Applications about numbered places: done, given back with a reason, or turned down. No password is ever here."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select

from mypage.db.session import Tx
from mypage.hooks.permissions import SLOT_READ
from mypage.hooks.slot_pages import SlotPage
from mypage.lib.errors import NotFound
from mypage.orders.by_hand import complete_by_hand, decline_by_hand
from mypage.orders.models import ProvisioningJob
from mypage.slots.models import SlotApplication
from mypage.slots.reading import contract_of
from mypage.slots.values import address_of
from mypage.staff.queue.means import Act, Deciding, Kind, Line, Means, Subject
from mypage.work.models import WorkItem

ACTIONS: Mapping[str, str] = {
    "start": "Set up anew: %(product)s",
    "change": "Change: %(product)s",
    "end": "Remove: %(product)s",
}
STATES: Mapping[str, str] = {
    "pending": "Waits to be done",
    "done": "Done",
    "failed": "Turned down",
    "returned": "Given back to the customer",
    "cancelled": "Called off by the customer",
    "closed": "Closed, because the contract ends",
}


def _complete(tx: Tx, deciding: Deciding) -> None:
    means = deciding.means
    complete_by_hand(tx, means.vault, deciding.item.subject_id, outcomes=means.outcomes)


def _return(tx: Tx, deciding: Deciding) -> None:
    _decline(tx, deciding, returned=True)


def _refuse(tx: Tx, deciding: Deciding) -> None:
    _decline(tx, deciding, returned=False)


def _decline(tx: Tx, deciding: Deciding, *, returned: bool) -> None:
    reason = deciding.reason
    told = [reason.told if reason else "", *deciding.told.splitlines()]
    decline_by_hand(
        tx,
        deciding.item.subject_id,
        code=reason.code if reason else "",
        reason=deciding.why or deciding.told,
        told="\n".join(line for line in told if line.strip()),
        returned=returned,
        outcomes=deciding.means.outcomes,
    )


COMPLETE = Act(
    name="complete",
    label="Complete",
    sure="“%(what)s” for %(customer)s is done: from now on it is so in the portal, and the customer gets a mail.",
    said="Completed.",
    carry=_complete,
)
RETURN = Act(
    name="return",
    label="Give back",
    sure="“%(what)s” goes back to %(customer)s, who reads why, gets a mail, and can apply anew. Nothing else changes.",
    said="Given back.",
    carry=_return,
    asks=frozenset({"reason", "told", "note"}),
)
REFUSE = Act(
    name="decline",
    label="Decline",
    sure="“%(what)s” for %(customer)s will not be done. Nothing changes, and the customer gets a mail that says why.",
    said="Declined.",
    carry=_refuse,
    asks=frozenset({"reason", "told", "note"}),
    danger=True,
)


def _title(stored: str, means: Means) -> str:
    action, _, product = stored.partition(" ")
    known = means.operator.products.get(product)
    return means.t(ACTIONS.get(action, "%(product)s"), product=means.words(known.name) if known else product)


def _subject(tx: Tx, item: WorkItem, means: Means) -> Subject:
    app, what = _application(tx, item), _title(item.title, means)
    lines = _lines(tx, app, what, means)
    if app.state != "pending":
        return Subject(what=what, lines=lines)
    return Subject(
        what=what,
        lines=lines,
        acts=(COMPLETE, RETURN, REFUSE),
        hint="Do it in your own system, then complete it. The first password is set there; nobody is shown it here.",
    )


def _application(tx: Tx, item: WorkItem) -> SlotApplication:
    app = tx.execute(
        select(SlotApplication)
        .join(
            ProvisioningJob,
            (ProvisioningJob.tenant_id == SlotApplication.tenant_id)
            & (ProvisioningJob.concerns_id == SlotApplication.id),
        )
        .where(SlotApplication.tenant_id == tx.tenant, ProvisioningJob.id == item.subject_id)
    ).scalar_one_or_none()
    if app is None:
        raise NotFound
    return app


def _lines(tx: Tx, app: SlotApplication, what: str, means: Means) -> tuple[Line, ...]:
    before, after = address_of(app.local_before, app.host_before), address_of(app.local, app.host)
    lines = [
        Line(label="What to do", value=what),
        Line(label="Order number", value=app.number),
        Line(label="Contract", value=contract_of(tx, app.contract_id).number),
        Line(label="Number of the place", value=app.slot_number),
        Line(label="Address now", value=before or "–"),
        Line(label="Address afterwards", value="–" if app.action == "remove" else after or before),
    ]
    slots = means.operator.slots.get(app.code)
    for option in slots.options if slots else ():
        said = _change(option.code in app.options_before, option.code in app.options, means)
        lines.append(Line(label=_label(app.code, option.code, means), value=said))
    lines += [
        Line(label="Ordered at", value=app.filed_at),
        Line(label="State", value=means.t(STATES[app.state])),
    ]
    return tuple(lines)


def _label(code: str, option: str, means: Means) -> str:
    words = means.operator.slot_pages.get(code) or SlotPage(code=code)
    said = words.options.get(option)
    product = means.operator.slots[code].option(option)
    name = said.label if said else means.operator.products[product.product].name if product else option
    return means.words(name)


def _change(had: bool, has: bool, means: Means) -> str:
    yes, no = means.t("Yes"), means.t("No")
    now, then = yes if had else no, yes if has else no
    return now if had == has else f"{now} → {then}"


APPLICATIONS = Kind(label="Applications about addresses", title=_title, subject=_subject, notice_permission=SLOT_READ)
