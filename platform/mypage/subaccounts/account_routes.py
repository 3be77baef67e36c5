"""Pages of the accounts that a customer hands out: the list, and registering one in three steps (UCOM-56 to 66)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mypage.auth.errors import LoginNameTaken
from mypage.contracts.reaching import reach_contract
from mypage.forms.wizard import once, recall
from mypage.hooks.permissions import ACCOUNT_MANAGE, ACCOUNT_READ
from mypage.hooks.subaccounts import SubAccounts
from mypage.lib.errors import StaleForm
from mypage.subaccounts.account_drafts import Typed, echo_of, finish, typed
from mypage.subaccounts.account_entry import form_of, keep_typed, login_key, say_taken, well_typed
from mypage.subaccounts.account_forms import PARTS
from mypage.subaccounts.account_pages import AccountConfirmPage
from mypage.subaccounts.account_show import done_page, facts_of, form_page, full_text, list_page, stand_of
from mypage.subaccounts.accounts import list_accounts
from mypage.subaccounts.errors import AccountsFull
from mypage.subaccounts.registering import Names, NewAccount, register, rules_of
from mypage.web.replies import Go, Reply, Show
from mypage.web.request import PortalRequest
from mypage.web.routing import get, post

WIZARD = "account-register"
CAPABILITY = "sub-accounts"


@get("/accounts", name="accounts", permission=ACCOUNT_READ, capability=CAPABILITY)
def accounts_page(rq: PortalRequest) -> Reply:
    """Every account that the reader may see."""
    return list_page(rq, rules_of(rq.operator), list_accounts(rq.tx, rq.operator, rq.principal))


@get("/accounts/new", name="accounts-new", permission=ACCOUNT_MANAGE, reauth=True, capability=CAPABILITY)
def new_page(rq: PortalRequest) -> Reply:
    """The form; with `edit`, what was entered before the confirm page, but for the passwords (UCOM-62)."""
    rules = rules_of(rq.operator)
    stand = stand_of(rq, rules)
    if stand is None or stand.free < 1:
        if stand is not None:
            rq.flash("warn", full_text(rq, rules, stand))
        return Go("accounts")
    draft = typed(rq, WIZARD, rq.query.get("edit", ""))
    form = form_of(rq, rules, None, None, dict(draft.data) if draft is not None else None)
    return form_page(rq, rules, rules.register, form, 200, action_url=rq.href("accounts-new"))


@post("/accounts/new", name="accounts-new", permission=ACCOUNT_MANAGE, reauth=True, capability=CAPABILITY)
async def new_input(rq: PortalRequest) -> Reply:
    """Check everything at once and go on to the confirm page."""
    rules = rules_of(rq.operator)
    form = form_of(rq, rules, rq.form, None)
    if not await well_typed(rq, rules, form, None):
        return form_page(rq, rules, rules.register, form, 422, action_url=rq.href("accounts-new"))
    draft_id = await keep_typed(rq, rules, form, WIZARD, None)
    return Go("accounts-new-confirm", {"draft": draft_id})


@get(
    "/accounts/new/confirm", name="accounts-new-confirm", permission=ACCOUNT_MANAGE, reauth=True, capability=CAPABILITY
)
def new_confirm(rq: PortalRequest) -> Reply:
    """What was entered, the password by its first characters (UCOM-60, UCOM-61)."""
    rules = rules_of(rq.operator)
    draft = typed(rq, WIZARD, rq.query.get("draft", ""))
    if draft is None:
        return _after_the_end(rq, rq.query.get("draft", ""))
    steps = rules.register
    page = AccountConfirmPage(
        over=rules.title,
        title=steps.titles[1],
        lead=steps.leads[1],
        facts=facts_of(rq, rules, draft.data, echo=draft.echo),
        action_url=rq.href("accounts-new-confirm"),
        back_url=rq.href("accounts-new", edit=draft.id),
        here_url=rq.href("accounts-new-confirm", draft=draft.id),
        commit=steps.commit,
        back=steps.back,
        operation=str(draft.id),
    )
    return Show(page)


@post(
    "/accounts/new/confirm", name="accounts-new-confirm", permission=ACCOUNT_MANAGE, reauth=True, capability=CAPABILITY
)
def new_commit(rq: PortalRequest) -> Reply:
    """Make the account once. What is not possible any more is said in the form (UCOM-25, UCOM-62)."""
    rules = rules_of(rq.operator)
    operation = rq.form.get("operation", "")
    draft = typed(rq, WIZARD, operation)
    if draft is None:
        return _gone(rq, operation)
    try:
        once(rq.tx, str(draft.id), owner=rq.owner, wizard=WIZARD, effect=lambda: _register(rq, rules, draft))
    except (LoginNameTaken, AccountsFull) as error:
        return _refused(rq, rules, draft, error)
    return Go("accounts-new-done", {"operation": draft.id})


@get("/accounts/new/done", name="accounts-new-done", permission=ACCOUNT_MANAGE, capability=CAPABILITY)
def new_done(rq: PortalRequest) -> Reply:
    """The account is there (UCOM-63)."""
    rules = rules_of(rq.operator)
    operation = rq.query.get("operation", "")
    done = recall(rq.tx, operation, owner=rq.owner, wizard=WIZARD)
    if not done:
        return Go("accounts")
    return done_page(rq, rules, rules.register, done, echo_of(rq, WIZARD, operation))


def _register(rq: PortalRequest, rules: SubAccounts, draft: Typed) -> Mapping[str, Any]:
    data = draft.data
    wanted = NewAccount(
        login_id=data["login_id"],
        login_key=login_key(rq, rules, data["login_id"]),
        role=data["role"],
        password_hash=draft.password_hash,
        names=names_in(data),
    )
    ref = reach_contract(rq.tx, rq.principal)
    account_id = register(rq.tx, rq.operator, rq.principal, ref, wanted)
    finish(rq, WIZARD, draft)
    kept = ("login_id", "role", *(name for name in wanted.names.__dataclass_fields__))
    return {"account_id": str(account_id)} | {name: data[name] for name in kept}


def names_in(data: Mapping[str, Any]) -> Names:
    """The names in what was kept of a form."""
    return Names(**{name: data[name] for kind in ("name", "kana", "user-name") for name in PARTS[kind]})


def _refused(rq: PortalRequest, rules: SubAccounts, draft: Typed, error: Exception) -> Reply:
    form = form_of(rq, rules, None, None, dict(draft.data))
    stand = stand_of(rq, rules)
    if isinstance(error, LoginNameTaken):
        say_taken(rq, rules, form)
    elif stand is not None:
        form.add_error(None, full_text(rq, rules, stand))
    return form_page(rq, rules, rules.register, form, 422, action_url=rq.href("accounts-new"))


def _after_the_end(rq: PortalRequest, operation: str) -> Reply:
    """A confirm page that is opened again: its result, or the input anew (UCOM-173)."""
    if recall(rq.tx, operation, owner=rq.owner, wizard=WIZARD):
        return Go("accounts-new-done", {"operation": operation})
    return Go("accounts-new")


def _gone(rq: PortalRequest, operation: str) -> Reply:
    if recall(rq.tx, operation, owner=rq.owner, wizard=WIZARD):
        return Go("accounts-new-done", {"operation": operation})
    raise StaleForm
