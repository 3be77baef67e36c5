"""Events of a customer in sentences: who did it, what was before and after, and why; personal data masked."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from mypage.auth.models import Credential
from mypage.db.session import Tx
from mypage.lib.clock import TOKYO
from mypage.lib.masks import mask, mask_mail
from mypage.staff.customers.events import Acted, Billed, Event, Mailed
from mypage.staff.customers.words import WORDS, Detail, Words
from mypage.staff.mail_names import MAILS
from mypage.staff.names import names_of
from mypage.web.rendering import month_text, time_text
from mypage.web.request import PortalRequest

_MAIL_STATES = {"sent": ("ok", "Delivered"), "failed": ("danger", "Not delivered"), "queued": ("warn", "Being sent")}
_BILL_STATES = {
    "scheduled": ("", "To be paid"),
    "paid": ("ok", "Paid"),
    "unpaid": ("danger", "Unpaid"),
    "failed": ("danger", "Payment failed"),
}
_FIELDS = {"phone": "Telephone", "email": "Mail address", "postal_code": "Postal code", "address": "Address",
           "name": "Name", "kana": "Name in kana"}  # fmt: skip
_EMAIL_OF = "email_of_"
_LONGEST = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A value below an event; `before` where there was another one, None where there is none to tell."""

    label: str
    value: str
    before: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRow:
    """An event as shown, `at` in Japan; `day_only`: its hour is not known. `mark` and `badge`: a state, or ""."""

    at: datetime
    text: str
    day_only: bool = False
    lines: tuple[Line, ...] = ()
    reason: str = ""
    mark: str = ""
    badge: str = ""


@dataclass(frozen=True, slots=True)
class People:
    """Who the actors of some events are: staff by name, accounts by login."""

    staff: Mapping[uuid.UUID, str]
    logins: Mapping[uuid.UUID, str]


def tell(rq: PortalRequest, tx: Tx, events: Iterable[Event]) -> tuple[EventRow, ...]:
    """The events in words of the reader's language. Two statements at most."""
    events = tuple(events)
    people = _people(tx, (event for event in events if isinstance(event, Acted)))
    rows: list[EventRow] = []
    for event in events:
        if isinstance(event, Acted):
            rows.append(_acted(rq, event, people))
        elif isinstance(event, Mailed):
            rows.append(_mailed(rq, event))
        else:
            rows.append(_billed(rq, event))
    return tuple(rows)


def bill_state(rq: PortalRequest, status: str) -> tuple[str, str]:
    """The mark and the word of a bill's state."""
    mark, word = _BILL_STATES[status]
    return mark, rq.t(word)


def _people(tx: Tx, events: Iterable[Acted]) -> People:
    staff: set[uuid.UUID] = set()
    accounts: set[uuid.UUID] = set()
    for event in events:
        for kind, ref in ((event.actor_kind, event.actor), ("account", event.as_whom)):
            if (found := _id(ref)) is not None:
                (staff if kind == "staff" else accounts).add(found)
    return People(names_of(tx, staff), _logins(tx, accounts))


def _logins(tx: Tx, accounts: set[uuid.UUID]) -> Mapping[uuid.UUID, str]:
    if not accounts:
        return {}
    rows = tx.execute(
        select(Credential.account_id, Credential.login_id)
        .where(Credential.tenant_id == tx.tenant, Credential.account_id.in_(accounts))
        .order_by(Credential.scheme.desc())
    )
    return {row.account_id: row.login_id for row in rows}


def _who(rq: PortalRequest, event: Acted, people: People) -> str:
    found = _id(event.actor)
    if event.actor_kind == "staff":
        name = people.staff.get(found, "") if found else ""
        if event.as_whom:
            return rq.t("%(name)s of staff, seeing the portal as the customer", name=name or "?")
        return rq.t("%(name)s of staff", name=name) if name else rq.t("Somebody of staff")
    if event.actor_kind == "account":
        login = people.logins.get(found, "") if found else ""
        return rq.t("The customer (%(login)s)", login=login) if login else rq.t("The customer")
    if event.actor_kind == "visitor":
        return rq.t("Somebody who was not logged in")
    return rq.t("The system (%(job)s)", job=event.actor) if event.actor else rq.t("The system")


def _acted(rq: PortalRequest, event: Acted, people: People) -> EventRow:
    words = WORDS.get(event.action) or Words(event.action.replace("%", "%%"), "other")
    shown = {detail.key: _value(rq, detail, event.after.get(detail.key)) for detail in words.shown}
    text = rq.t(words.text) % _Places(shown | {"who": _who(rq, event, people)})
    return EventRow(
        at=event.place.at.astimezone(TOKYO),
        text=text,
        lines=tuple(_field_lines(rq, event) if words.fields else _lines(rq, words, event)),
        reason=str(event.after.get("reason") or "")[:_LONGEST],
    )


class _Places(dict[str, str]):
    """Values of a sentence; one that the entry does not have is a dash and no failure."""

    def __missing__(self, key: str) -> str:
        return "–"


def _lines(rq: PortalRequest, words: Words, event: Acted) -> Iterator[Line]:
    for detail in words.shown:
        was, now = (_value(rq, detail, values.get(detail.key)) for values in (event.before, event.after))
        changed = detail.key in event.before and was != now
        if now or changed:
            yield Line(label=rq.t(detail.label), value=now or rq.t("(none)"), before=was if changed else None)


def _field_lines(rq: PortalRequest, event: Acted) -> Iterator[Line]:
    for key in event.before:
        was, now = (mask(str(values.get(key) or "")) or rq.t("(none)") for values in (event.before, event.after))
        yield Line(label=_field_label(rq, key), value=now, before=was)


def _field_label(rq: PortalRequest, key: str) -> str:
    form = rq.desk.operator.profile_form
    label = next((field.label for field in form.fields if field.name == key), "") if form else ""
    if label:
        return rq.desk.operator.catalogues[rq.locale](label)
    if key.startswith(_EMAIL_OF):
        return rq.t("Mail address of %(login)s", login=key.removeprefix(_EMAIL_OF))
    return rq.t(_FIELDS[key]) if key in _FIELDS else key


def _value(rq: PortalRequest, detail: Detail, value: Any) -> str:
    if value is None or value == "" or value is False:
        return ""
    words, text = rq.desk.operator.catalogues[rq.locale], str(value)[:_LONGEST]
    match detail.how:
        case "mail":
            return mask_mail(text)
        case "hidden":
            return mask(text)
        case "product":
            return words(rq.desk.operator.called(text))
        case "role":
            accounts = rq.desk.operator.sub_accounts
            return words(accounts.roles[text]) if accounts and text in accounts.roles else text
        case "yen":
            return f"{value:,}" if isinstance(value, int) else text
        case _:
            return rq.t("Yes") if value is True else text


def _mailed(rq: PortalRequest, event: Mailed) -> EventRow:
    mark, state = _MAIL_STATES[event.state]
    name = rq.t(MAILS[event.template]) if event.template in MAILS else event.template
    lines = [Line(label=rq.t("To"), value=mask_mail(event.recipient))]
    if event.tries > 1:
        lines.append(Line(label=rq.t("Tries"), value=str(event.tries)))
    if event.sent_at is not None:
        lines.append(Line(label=rq.t("Sent at"), value=time_text(rq.locale, event.sent_at)))
    return EventRow(at=event.place.at.astimezone(TOKYO), text=name, lines=tuple(lines), mark=mark, badge=rq.t(state))


def _billed(rq: PortalRequest, event: Billed) -> EventRow:
    mark, state = bill_state(rq, event.status)
    text = rq.t("The bill of %(month)s was issued", month=month_text(rq.locale, event.month))
    lines = (
        Line(label=rq.t("Amount"), value=rq.t("%(amount)s yen", amount=f"{event.total:,}")),
        Line(label=rq.t("Bill number"), value=event.number),
    )
    return EventRow(at=event.place.at.astimezone(TOKYO), text=text, day_only=True, lines=lines, mark=mark, badge=state)


def _id(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
