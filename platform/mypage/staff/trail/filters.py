"""What the trail is narrowed to: the form, and what follows from it for the question to the database."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import ClassVar

from sqlalchemy import select
from wtforms.validators import StopValidation

from mypage.auth.models import Account, Customer
from mypage.db.session import Tx
from mypage.forms.base import PortalField
from mypage.forms.choices import ChoiceField
from mypage.forms.fields import FoldedTextField, TextField
from mypage.forms.form import PortalForm
from mypage.i18n import Catalogue, Translator
from mypage.lib.clock import TOKYO
from mypage.lib.text import fold_identifier
from mypage.staff.customers.words import WORDS
from mypage.staff.models import StaffMember

DAYS = 7
"""What is shown when nobody says otherwise, today included."""
LONGEST = 400
"""Days that one look may span."""
TOPICS: Mapping[str, str] = {
    "": "Everything",
    "application": "Changes and orders",
    "bill": "Bills and cards",
    "login": "Logins",
    "mail": "Mails",
    "staff": "Staff",
    "other": "Imports and system",
}
KINDS: Mapping[str, str] = {
    "": "Everybody",
    "staff": "Staff",
    "account": "Customers",
    "visitor": "Not logged in",
    "system": "The system",
}
NAMES = ("since", "until", "who", "topic", "number", "object")
_MOST_MEMBERS = 300


class DayField(PortalField):
    """A day; `data` is its ISO form once it was checked."""

    fold = True
    input_type = "date"
    attributes: ClassVar[Mapping[str, str]] = {"autocomplete": "off"}

    def check(self, t: Translator, label: str) -> None:
        """Raises StopValidation."""
        try:
            day = date.fromisoformat(str(self.data))
        except ValueError as error:
            raise StopValidation(t("Enter %(label)s as a day, such as 2026-11-21", label=label)) from error
        if not 2000 <= day.year <= 2199:
            raise StopValidation(t("Enter %(label)s as a day, such as 2026-11-21", label=label))


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What to look for. `until` is the first instant that does not belong to it; None and "" mean: all."""

    since: datetime
    until: datetime
    kind: str = ""
    staff_id: str = ""
    actions: tuple[str, ...] = ()
    other_than: tuple[str, ...] = ()
    """For the topic of whatever has no words: all actions but these."""
    customer_id: uuid.UUID | None = None
    object_id: str = ""
    of_account: bool = False
    """`object_id` is an account's."""


def filter_form(tx: Tx, query: Mapping[str, str], today: date, t: Catalogue) -> PortalForm:
    """The form with what the address says; without anything the last `DAYS` days."""
    members = tx.execute(
        select(StaffMember.id, StaffMember.name)
        .where(StaffMember.tenant_id == tx.tenant)
        .order_by(StaffMember.active.desc(), StaffMember.name, StaffMember.id)
        .limit(_MOST_MEMBERS)
    )
    who = [(value, t(label)) for value, label in KINDS.items()]
    who += [(str(row.id), row.name) for row in members]
    topics = [(value, t(label)) for value, label in TOPICS.items()]
    fields: dict[str, PortalField] = {
        "since": DayField("First day"),
        "until": DayField("Final day"),
        "who": ChoiceField("Who did it", options=who, required=False),
        "topic": ChoiceField("Kind of act", options=topics, required=False),
        "number": FoldedTextField("Customer number", required=False, max_length=60),
        "object": TextField("Number of the thing", required=False, max_length=120),
    }
    values = {
        "since": (today - timedelta(days=DAYS - 1)).isoformat(),
        "until": today.isoformat(),
    } | {name: query[name] for name in NAMES if name in query}
    return PortalForm(fields, {name: [value] for name, value in values.items()}, t=t)


def filters_of(tx: Tx, form: PortalForm) -> Filters | None:
    """What the form asks for; None when it is wrong, with a message at the field."""
    if not form.validate():
        return None
    since, until = (date.fromisoformat(form.text(name)) for name in ("since", "until"))
    if until < since:
        form.add_error("until", form.t("The last day is before the first"))
        return None
    if (until - since).days >= LONGEST:
        form.add_error("since", form.t("Choose at most %(days)s days", days=LONGEST))
        return None
    customer_id = None
    if form.text("number"):
        customer_id = _customer(tx, form.text("number"))
        if customer_id is None:
            form.add_error("number", form.t("There is no customer with this number"))
            return None
    who, topic, thing = form.text("who"), form.text("topic"), form.text("object")
    owner = _owner(tx, thing)
    if owner is not None and customer_id not in (None, owner):
        form.add_error("object", form.t("This belongs to another customer"))
        return None
    return Filters(
        since=_midnight(since),
        until=_midnight(until + timedelta(days=1)),
        kind="staff" if who not in KINDS else who,
        staff_id="" if who in KINDS else who,
        actions=tuple(action for action, words in WORDS.items() if words.topic == topic) if topic != "other" else (),
        other_than=tuple(a for a, words in WORDS.items() if words.topic != "other") if topic == "other" else (),
        customer_id=owner or customer_id,
        object_id=thing,
        of_account=owner is not None,
    )


def _customer(tx: Tx, number: str) -> uuid.UUID | None:
    wanted = select(Customer.id).where(Customer.tenant_id == tx.tenant, Customer.number_key == fold_identifier(number))
    return tx.scalar(wanted)


def _owner(tx: Tx, thing: str) -> uuid.UUID | None:
    """Whose account this is: nearly all of the trail is about accounts, and is found by their customer."""
    try:
        account_id = uuid.UUID(thing)
    except ValueError:
        return None
    return tx.scalar(select(Account.customer_id).where(Account.tenant_id == tx.tenant, Account.id == account_id))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), TOKYO).astimezone(UTC)
