"""Changing an account in three steps: names, password and role; the login ID never (UCOM-67 to UCOM-72)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mypage.auth.sessions import rotate_session
from mypage.contracts.reaching import reach_contract
from mypage.db.keys import Vault
from mypage.db.session import Tx
from mypage.forms.wizard import once, recall
from mypage.hooks.permissions import ACCOUNT_CHANGE
from mypage.lib.errors import SignInNeeded, StaleForm
from mypage.subaccounts.account_drafts import Typed, echo_of, finish, typed
from mypage.subaccounts.account_entry import form_of, keep_typed, well_typed
from mypage.subaccounts.account_pages import AccountConfirmPage
from mypage.subaccounts.account_routes import CAPABILITY, names_in
from mypage.subaccounts.account_show import done_page, facts_of, form_page, values_of
from mypage.subaccounts.accounts import SubAccount, reach_account
from mypage.subaccounts.registering import AccountChange, change, rules_of
from mypage.web.replies import Go, Reply, Show
from mypage.web.request import PortalRequest
from mypage.web.routing import get, post

WIZARD = "account-change"
PATH = "/accounts/{account_id:uuid}"


@get(PATH, name="accounts-one", permission=ACCOUNT_CHANGE, reauth=True, capability=CAPABILITY)
def change_page(rq: PortalRequest) -> Reply:
    """The form as the account is, or with `edit` as it was entered before the confirm page."""
    rules = rules_of(rq.operator)
    account = _account(rq, rq.tx)
    draft = _draft(rq, account, rq.query.get("edit", ""))
    form = form_of(rq, rules, None, account, dict(draft.data) if draft is not None else values_of(account))
    return form_page(rq, rules, rules.change, form, 200, action_url=_href(rq, "accounts-one"), account=account)


@post(PATH, name="accounts-one", permission=ACCOUNT_CHANGE, reauth=True, capability=CAPABILITY)
async def change_input(rq: PortalRequest) -> Reply:
    """Check everything at once; empty passwords keep the present one (UCOM-69)."""
    rules = rules_of(rq.operator)
    account = await rq.run(lambda tx: _account(rq, tx))
    form = form_of(rq, rules, rq.form, account)
    if not await well_typed(rq, rules, form, account):
        return form_page(rq, rules, rules.change, form, 422, action_url=_href(rq, "accounts-one"), account=account)
    draft_id = await keep_typed(rq, rules, form, WIZARD, account)
    return Go("accounts-one-confirm", {"account_id": account.id, "draft": draft_id})


@get(f"{PATH}/confirm", name="accounts-one-confirm", permission=ACCOUNT_CHANGE, reauth=True, capability=CAPABILITY)
def change_confirm(rq: PortalRequest) -> Reply:
    """What the account is to become."""
    rules, steps = rules_of(rq.operator), rules_of(rq.operator).change
    account = _account(rq, rq.tx)
    draft = _draft(rq, account, rq.query.get("draft", ""))
    if draft is None:
        operation = rq.query.get("draft", "")
        if _done(rq, account, operation):
            return Go("accounts-one-done", {"account_id": account.id, "operation": operation})
        return Go("accounts-one", {"account_id": account.id})
    page = AccountConfirmPage(
        over=rules.title,
        title=steps.titles[1],
        lead=steps.leads[1],
        facts=facts_of(rq, rules, draft.data, echo=draft.echo),
        action_url=_href(rq, "accounts-one-confirm"),
        back_url=_href(rq, "accounts-one", edit=draft.id),
        here_url=_href(rq, "accounts-one-confirm", draft=draft.id),
        commit=steps.commit,
        back=steps.back,
        operation=str(draft.id),
    )
    return Show(page)


@post(f"{PATH}/confirm", name="accounts-one-confirm", permission=ACCOUNT_CHANGE, reauth=True, capability=CAPABILITY)
def change_commit(rq: PortalRequest) -> Reply:
    """Make the change once. Who changed the own password goes on under a new token."""
    account = _account(rq, rq.tx)
    operation = rq.form.get("operation", "")
    draft = _draft(rq, account, operation)
    if draft is None:
        if _done(rq, account, operation):
            return Go("accounts-one-done", {"account_id": account.id, "operation": operation})
        raise StaleForm
    outcome = once(rq.tx, str(draft.id), owner=rq.owner, wizard=WIZARD, effect=lambda: _change(rq, account, draft))
    if account.id == rq.principal.account_id and draft.password_hash and not outcome.repeated:
        token = rotate_session(rq.tx, rq.principal.session_id, reauthenticated=False)
        if token is None:
            raise SignInNeeded
        rq.out.new_session = token
    return Go("accounts-one-done", {"account_id": account.id, "operation": draft.id})


@get(f"{PATH}/done", name="accounts-one-done", permission=ACCOUNT_CHANGE, capability=CAPABILITY)
def change_done(rq: PortalRequest) -> Reply:
    """The account as it is from now on."""
    rules = rules_of(rq.operator)
    account = _account(rq, rq.tx)
    operation = rq.query.get("operation", "")
    done = _done(rq, account, operation)
    if not done:
        return Go("accounts-one", {"account_id": account.id})
    return done_page(rq, rules, rules.change, done, echo_of(rq, WIZARD, operation))


def _account(rq: PortalRequest, tx: Tx) -> SubAccount:
    return reach_account(tx, rq.operator, rq.principal, rq.uuid_param("account_id"), ACCOUNT_CHANGE)


def _href(rq: PortalRequest, name: str, **query: Any) -> str:
    return rq.href(name, account_id=rq.uuid_param("account_id"), **query)


def _draft(rq: PortalRequest, account: SubAccount, text: str) -> Typed | None:
    draft = typed(rq, WIZARD, text)
    return draft if draft is not None and draft.data["account_id"] == str(account.id) else None


def _done(rq: PortalRequest, account: SubAccount, operation: str) -> Mapping[str, Any] | None:
    done = recall(rq.tx, operation, owner=rq.owner, wizard=WIZARD)
    return done if done and done["account_id"] == str(account.id) else None


def _change(rq: PortalRequest, account: SubAccount, draft: Typed) -> Mapping[str, Any]:
    wanted = AccountChange(
        names=names_in(draft.data), role=draft.data["role"] or None, password_hash=draft.password_hash or None
    )
    after = change(
        rq.tx,
        rq.ports.get(Vault),
        rq.operator,
        rq.principal,
        reach_contract(rq.tx, rq.principal),
        account.id,
        wanted,
        language=rq.locale,
    )
    finish(rq, WIZARD, draft)
    return values_of(after)
