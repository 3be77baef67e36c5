"""The mails of a customer with what became of them, and sending one again: as it was, or made anew.

A mail that went out is not kept, so what can be made anew are links and login IDs alone. What failed is kept for a week
and goes out as it was; what is about a change then and there goes to where it was meant to go, and nowhere else.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import select

from mypage.auth import helping
from mypage.auth.locks import Login, logins_of
from mypage.auth.models import Account, Registration
from mypage.forms.choices import ChoiceField
from mypage.hooks.desk import MAIL as MAIL_WORK
from mypage.lib.errors import NotFound
from mypage.lib.masks import mask_mail
from mypage.mail.again import MailState, mails_about, send_again
from mypage.mail.service import reachable
from mypage.staff.acts.acting import Act, Case, Look, Plan, Refused, Values, case_of
from mypage.staff.acts.logins import no_link, send_link
from mypage.staff.acts.mail_pages import MailRow, MailsPage
from mypage.staff.acts.pages import Line
from mypage.staff.links import PortalLinks
from mypage.staff.mail_names import MAILS
from mypage.web.request import PortalRequest
from mypage.work.service import close_work

MAIL = "mail"
Way = Literal["", "reset", "activation", "login-id", "as-it-was"]

FOLLOWS = frozenset({"card_accepted", "card_rejected", "mailbox_registered", "option_bought", "option_ended"})
"""What may go to the address that is registered now. All else tells somebody of a change, perhaps of that address."""


@dataclass(frozen=True, slots=True)
class Again:
    """How a mail can be sent again, and where to; without a way, why not."""

    way: Way
    why: str = ""
    to: str = ""


@dataclass(frozen=True, slots=True)
class _Known:
    """What is there of a customer that mails are about."""

    logins: tuple[Login, ...]
    waiting: tuple[helping.Waiting, ...]
    addresses: Mapping[uuid.UUID, str]


def mails_page(rq: PortalRequest) -> MailsPage:
    """The last mails of a customer. Raises NotFound."""
    case = case_of(rq)
    known = _known(case)
    rows = tuple(_row(case, known, mail) for mail in mails_about(case.tx, _subjects(case)))
    return MailsPage(
        over=case.who,
        rows=rows,
        customer_url=rq.href("customer", customer_id=case.customer.id),
        contact_url=rq.href("customer-contact", customer_id=case.customer.id),
    )


def _row(case: Case, known: _Known, mail: MailState) -> MailRow:
    again = _again(case, known, mail)
    return MailRow(
        at=mail.created_at,
        what=what_of(case, mail),
        to=mask_mail(mail.recipient),
        state=mail.state,
        sent_at=mail.sent_at,
        trouble=_trouble(mail),
        again_url=case.rq.href("customer-mail-again", customer_id=case.customer.id, mail=mail.id) if again.way else "",
        anew=again.way not in ("", "as-it-was"),
        why_not=again.why,
    )


def what_of(case: Case, mail: MailState) -> str:
    """What a mail is about."""
    return case.t(MAILS.get(mail.template, mail.template))


def _trouble(mail: MailState) -> str:
    """What the mail server said, without the address that it may repeat."""
    return mail.last_error.replace(mail.recipient, mask_mail(mail.recipient)) if mail.state != "sent" else ""


def _subjects(case: Case) -> tuple[uuid.UUID, ...]:
    tx, customer_id = case.tx, case.customer.id
    accounts = tx.scalars(
        select(Account.id).where(Account.tenant_id == tx.tenant, Account.customer_id == customer_id)
    ).all()
    registrations = tx.scalars(
        select(Registration.id).where(Registration.tenant_id == tx.tenant, Registration.customer_id == customer_id)
    ).all()
    return (customer_id, *accounts, *registrations)


def _known(case: Case) -> _Known:
    tx, customer_id = case.tx, case.customer.id
    rows = tx.execute(
        select(Account.id, Account.email).where(
            Account.tenant_id == tx.tenant, Account.customer_id == customer_id, Account.status == "active"
        )
    )
    addresses = {row.id: row.email for row in rows}
    return _Known(
        logins=logins_of(tx, customer_id),
        waiting=helping.waiting_registrations(tx, customer_id),
        addresses={customer_id: case.customer.email, **addresses},
    )


def _again(case: Case, known: _Known, mail: MailState) -> Again:
    if mail.state == "queued":
        return Again("", case.t("It is on its way."))
    match mail.template:
        case "password_reset":
            return _reset(case, known, mail)
        case "activation":
            waiting = next((each for each in known.waiting if each.id == mail.subject_id), None)
            gone = case.t("The registration is complete or its time is over.")
            return Again("activation", to=waiting.email) if waiting else Again("", gone)
        case "login_id_notice":
            address = known.addresses.get(mail.subject_id or uuid.UUID(int=0), "")
            return Again("login-id", to=address) if reachable(address) else Again("", no_link(case, "no-address"))
    if mail.state == "sent":
        return Again("", case.t("It was sent, and its content is not kept."))
    if not mail.kept:
        return Again("", case.t("Its content is not kept any more."))
    to = known.addresses.get(mail.subject_id or uuid.UUID(int=0), "") if mail.template in FOLLOWS else ""
    return Again("as-it-was", to=to if reachable(to) else mail.recipient)


def _reset(case: Case, known: _Known, mail: MailState) -> Again:
    rules = case.operator.recoveries.get("password")
    login = _login_for(case, known, mail)
    why = helping.no_reset_link(case.tx, rules, login) if login is not None else "not-active"
    if login is None or why is not None:
        return Again("", no_link(case, why or "not-active"))
    return Again("reset", to=known.addresses.get(login.account_id, ""))


def _login_for(case: Case, known: _Known, mail: MailState) -> Login | None:
    """The login of the account that a mail is about, of the kind whose password can be set by a link."""
    rules = case.operator.recoveries.get("password")
    own = [each for each in known.logins if each.account_id == mail.subject_id]
    return next((each for each in own if rules is not None and each.scheme == rules.scheme), own[0] if own else None)


def _look(case: Case) -> Look:
    known = _known(case)
    able = [mail for mail in mails_about(case.tx, _subjects(case)) if _again(case, known, mail).way]
    options = [(str(mail.id), f"{case.time(mail.created_at)} {what_of(case, mail)}") for mail in able]
    fields = {
        "mail": ChoiceField("Mail", options=options, size=""),
    }
    return Look(fields=fields, nothing="" if able else case.t("None of the last mails can be sent again."))


def _chosen(case: Case, values: Values) -> tuple[MailState, Again, _Known]:
    known = _known(case)
    mail = next((each for each in mails_about(case.tx, _subjects(case)) if str(each.id) == values[MAIL]), None)
    if mail is None:
        raise Refused(case.t("This mail is not there any more"), MAIL)
    again = _again(case, known, mail)
    if not again.way:
        raise Refused(again.why, MAIL)
    return mail, again, known


def _plan(case: Case, values: Values) -> Plan:
    mail, again, _ = _chosen(case, values)
    said = case.t(
        "%(who)s gets this mail once more, at %(address)s: %(what)s.",
        who=case.who,
        address=mask_mail(again.to),
        what=what_of(case, mail),
    )
    how = (
        case.t("It goes out as it was.")
        if again.way == "as-it-was"
        else case.t("It is made anew. A link that was sent before ends.")
        if again.way != "login-id"
        else case.t("It is made anew.")
    )
    lines = (Line(case.t("First written"), case.time(mail.created_at)),)
    stuck = mail.state == "failed" and again.to == mail.recipient
    return Plan(
        sentences=(said, how),
        lines=(*lines, Line(case.t("The mail server said"), _trouble(mail))) if mail.state == "failed" else lines,
        warnings=(case.t("It failed at this very address. Correct the contact data first if it is wrong."),)
        if stuck
        else (),
    )


def _do(case: Case, values: Values, reason: str) -> tuple[str, ...]:
    mail, again, known = _chosen(case, values)
    customer_id, language = case.customer.id, case.rq.desk.tenant.locale
    match again.way:
        case "reset":
            login = _login_for(case, known, mail)
            assert login is not None
            return (send_link(case, login, reason),)
        case "activation":
            waiting = next(each for each in known.waiting if each.id == mail.subject_id)
            links, tenant = case.rq.ports.get(PortalLinks), case.rq.desk.tenant
            helping.mail_activation(
                case.tx,
                case.vault,
                waiting,
                customer_id,
                link_of=lambda token: links.absolute(tenant, "activate", token=token),
                reason=reason,
            )
        case "login-id":
            login = next((each for each in known.logins if each.account_id == mail.subject_id), None)
            if login is None:
                raise Refused(no_link(case, "not-active"), MAIL)
            helping.mail_login_id(case.tx, case.vault, login, customer_id, language=language, reason=reason)
        case _:
            try:
                send_again(case.tx, mail, customer_id, recipient=again.to, reason=reason)
            except NotFound as error:
                raise Refused(case.t("This mail is on its way already"), MAIL) from error
    by = str(case.rq.principal.account_id)
    close_work(case.tx, MAIL_WORK, mail.id, state="done", by=by, body=reason)
    said = case.t("Sent once more to %(address)s: %(what)s.", address=mask_mail(again.to), what=what_of(case, mail))
    return (said,)


AGAIN = Act(
    route="customer-mail-again",
    title="Send a mail again",
    lead="What failed goes out as it was; links and login IDs are made anew.",
    commit="Send it",
    look=_look,
    plan=_plan,
    carry_out=_do,
)
