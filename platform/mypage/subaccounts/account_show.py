"""Putting together what the pages of accounts show, in the operator's words and order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from mypage.auth.pages import LinkSentence, Rule
from mypage.auth.passwords import MASK
from mypage.auth.routes_base import rules_of as password_rules
from mypage.auth.routes_base import rules_url
from mypage.contracts.reaching import reach_contract
from mypage.forms.form import PortalForm
from mypage.hooks.permissions import ACCOUNT_CHANGE, ACCOUNT_MANAGE, MAILBOX_CHANGE
from mypage.hooks.subaccounts import AccountField, AccountSteps, SubAccounts
from mypage.lib.errors import NotFound
from mypage.orders.quotas import QuotaStand, standing
from mypage.subaccounts.account_forms import PARTS, inputs_of
from mypage.subaccounts.account_pages import (
    AccountDonePage,
    AccountFact,
    AccountFormPage,
    AccountInput,
    AccountRow,
    AccountsPage,
)
from mypage.subaccounts.accounts import SubAccount
from mypage.subaccounts.deleting import Ending
from mypage.web.replies import Reply, Show
from mypage.web.request import PortalRequest


def list_page(rq: PortalRequest, rules: SubAccounts, accounts: Iterable[SubAccount]) -> Reply:
    """The list with what the reader may do with each account (UCOM-56)."""
    manages = rq.principal.may(ACCOUNT_MANAGE)
    stand = stand_of(rq, rules) if manages else None
    labels = {field.kind: field.label for field in rules.fields}
    page = AccountsPage(
        title=rules.title,
        lead=rules.lead,
        columns=(labels["login"], labels.get("name", ""), rules.mail_label, labels["role"]),
        named="name" in labels,
        rows=tuple(_row(rq, rules, account, manages) for account in accounts),
        empty=rules.empty,
        no_mail=rules.no_mail,
        add=rules.add,
        add_url=rq.href("accounts-new") if stand is not None else "",
        full=full_text(rq, rules, stand) if stand is not None and stand.free < 1 else "",
        stand=stand.said(rq.t) if stand is not None else "",
        delete=rules.delete,
    )
    return Show(page)


def stand_of(rq: PortalRequest, rules: SubAccounts) -> QuotaStand | None:
    """How many accounts there are and may be; None for a customer without a living contract."""
    try:
        ref = reach_contract(rq.tx, rq.principal)
    except NotFound:
        return None
    return standing(rq.tx, rq.operator, ref)[rules.quota]


def full_text(rq: PortalRequest, rules: SubAccounts, stand: QuotaStand) -> str:
    """Why no more accounts can be registered."""
    return rq.t(rules.full, stand=stand.said(rq.t))


def form_page(
    rq: PortalRequest,
    rules: SubAccounts,
    steps: AccountSteps,
    form: PortalForm,
    status: int,
    *,
    action_url: str,
    account: SubAccount | None = None,
) -> Reply:
    """The input; `account` is the one to change, whose login ID and perhaps role stand as text."""
    page = AccountFormPage(
        over=rules.title,
        title=steps.titles[0],
        lead=steps.leads[0],
        form=form,
        inputs=tuple(_input(rq, rules, field, form, account) for field in rules.fields),
        action_url=action_url,
        back_url=rq.href("accounts"),
        next=steps.next,
        notes_title=rules.notes_title,
        notes=rules.notes,
        wrong_mark=rules.wrong_mark,
        keeps_password=account is not None,
        rules=tuple(Rule(rule.text, rule.ok) for rule in password_rules(rq, rules.scheme)),
        rules_url=rules_url(rq, rules.scheme),
    )
    return Show(page, status)


def facts_of(
    rq: PortalRequest, rules: SubAccounts, values: Mapping[str, Any], *, echo: str = "", notes: bool = True
) -> tuple[AccountFact, ...]:
    """The rows of confirm and completion page; `echo` are the first characters of a new password (UCOM-33)."""
    return tuple(_fact(rq, rules, field, values, echo, notes=notes) for field in rules.fields)


def done_page(
    rq: PortalRequest, rules: SubAccounts, steps: AccountSteps, values: Mapping[str, Any], echo: str
) -> Reply:
    """The completion of registering or changing."""
    leads = rq.operator.mailboxes is not None and rq.principal.may(MAILBOX_CHANGE) and steps.guide
    url = rq.href("accounts-mail", account_id=values["account_id"]) if leads else ""
    page = AccountDonePage(
        over=rules.title,
        title=steps.titles[2],
        done=steps.done,
        summary=steps.summary,
        facts=facts_of(rq, rules, values, echo=echo, notes=False),
        list_title=rules.title,
        list_url=rq.href("accounts"),
        guide_title=steps.guide_title,
        guide=LinkSentence.of(rq.t(steps.guide), url) if leads else None,
    )
    return Show(page)


def values_of(account: SubAccount) -> dict[str, Any]:
    """What an account is, under the names of the form."""
    names = ("login_id", "role", "family_name", "given_name", "family_kana", "given_kana", "user_name", "mail")
    return {"account_id": str(account.id)} | {name: getattr(account, name) for name in names}


def ending_names(rq: PortalRequest, ending: Ending) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What ends with an account, and what then falls, in words."""
    own = tuple(held.value for held in ending.resources)
    return own + tuple(rq.t(p.name) for p in ending.products), tuple(rq.t(p.name) for p in ending.falling)


def _row(rq: PortalRequest, rules: SubAccounts, account: SubAccount, manages: bool) -> AccountRow:
    mails = rq.operator.mailboxes is not None and rq.principal.reaches(MAILBOX_CHANGE, account.id)
    changes = rq.principal.reaches(ACCOUNT_CHANGE, account.id)
    return AccountRow(
        login_id=account.login_id,
        name=account.name,
        mail=account.mail,
        role=rules.roles[account.role],
        edit_url=rq.href("accounts-one", account_id=account.id) if changes else "",
        mail_url=rq.href("accounts-mail", account_id=account.id) if mails else "",
        delete_url=rq.href("accounts-delete", account_id=account.id) if manages else "",
        own=account.id == rq.principal.account_id,
    )


def _input(
    rq: PortalRequest, rules: SubAccounts, field: AccountField, form: PortalForm, account: SubAccount | None
) -> AccountInput:
    names = inputs_of(field.kind, rq.operator.schemes[rules.scheme])
    if names[0] not in form:
        fixed = account.login_id if account and field.kind == "login" else ""
        if account and field.kind == "role":
            fixed = rq.t(rules.roles[account.role])
        return AccountInput(field.kind, legend=field.label, fixed=fixed)
    parts = field.parts if field.kind in ("name", "kana") else ()
    return AccountInput(field.kind, names, legend=field.label, help=field.help, parts=parts)


def _fact(
    rq: PortalRequest, rules: SubAccounts, field: AccountField, values: Mapping[str, Any], echo: str, *, notes: bool
) -> AccountFact:
    note = field.note if notes else ""
    match field.kind:
        case "login":
            return AccountFact(field.label, values["login_id"], code=True, note=note)
        case "password":
            return AccountFact(field.label, echo + MASK, code=True, note=note if echo else "")
        case "role":
            return AccountFact(field.label, rq.t(rules.roles[values["role"]]), note=note)
    text = " ".join(str(values.get(name, "")) for name in PARTS[field.kind]).strip()
    return AccountFact(field.label, text, note=note)
