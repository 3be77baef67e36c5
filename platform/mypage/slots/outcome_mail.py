"""The mail that says what became of an application, in the customer's language and without any password (OCN-108)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import select

from mypage.audit.trail import record
from mypage.auth.models import Customer
from mypage.db.session import Tx
from mypage.hooks.slot_pages import SlotPage
from mypage.hooks.slots import Slots
from mypage.i18n import Catalogue
from mypage.mail.errors import BadMail
from mypage.mail.service import send_mail
from mypage.mail.values import MailValue
from mypage.orders.outcomes import OutcomeMeans
from mypage.slots.models import SlotApplication
from mypage.slots.values import address_of

MAIL = "slot_outcome"
ORDERED: Mapping[str, str] = {"add": "Addition", "change": "Change", "remove": "Removal"}


def tell_outcome(tx: Tx, means: OutcomeMeans, slots: Slots, app: SlotApplication) -> None:
    """Queue it to the customer's address for notices and to those that were told of the application."""
    customer = tx.execute(
        select(Customer.number, Customer.email).where(Customer.tenant_id == tx.tenant, Customer.id == app.customer_id)
    ).one()
    values = _values(means, slots, app, customer.number)
    for address in _receivers(app, customer.email):
        try:
            send_mail(
                tx,
                means.vault,
                template=MAIL,
                recipient=address,
                language=app.language,
                values=values,
                subject_id=app.id,
            )
        except BadMail:
            # What was done is done: an address that no mail can reach must not undo that.
            record(tx, "slot.mail_impossible", "slot_application", app.id, customer_id=app.customer_id)


def compared(
    words: SlotPage, slots: Slots, app: SlotApplication, t: Catalogue
) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Labels, and what stands there before and after, in one language."""
    before, after = address_of(app.local_before, app.host_before), address_of(app.local, app.host)
    gone = app.action == "remove"
    rows = [(t(words.name_label), before or t(words.none), t(words.ends) if gone else after or before)]
    for option in slots.options:
        said = words.options.get(option.code)
        use, use_not = (said.use, said.use_not) if said else ("Use it", "Do not use it")
        had, has = option.code in app.options_before, option.code in app.options
        was = t(use if had else use_not) if before else t(words.none)
        rows.append((t(said.label if said else option.code), was, t(use if has else use_not)))
    labels, befores, afters = zip(*rows, strict=True)
    return labels, befores, afters


def _values(means: OutcomeMeans, slots: Slots, app: SlotApplication, number: str) -> dict[str, MailValue]:
    t = means.operator.catalogues.get(app.language) or means.operator.catalogues["ja"]
    words = means.operator.slot_pages.get(app.code) or SlotPage(code=app.code)
    labels, befores, afters = compared(words, slots, app, t)
    return {
        "customer": number,
        "number": app.number,
        "state": app.state,
        "ordered": ORDERED[app.action],
        "reason": " ".join(t(line) for line in app.reason.splitlines()),
        "labels": labels,
        "befores": befores,
        "afters": afters,
        "filed_at": app.filed_at,
        "at": app.ended_at or app.filed_at,
    }


def _receivers(app: SlotApplication, contact: str) -> Iterable[str]:
    """Each once. What is not in use any more is left out, and a new address comes in place of the one it replaces."""
    before, after = address_of(app.local_before, app.host_before), address_of(app.local, app.host)
    gone = app.state == "done" and (app.action == "remove" or bool(after))
    instead = after if app.action == "change" else ""
    named = (instead if gone and each.lower() == before.lower() else each for each in (contact, *app.told))
    return {each.lower(): each for each in named if each}.values()
