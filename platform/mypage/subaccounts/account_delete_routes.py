"""Deleting an account: one page that says what ends with it, one that says what ended (UCOM-73 to UCOM-79)."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from mypage.contracts.reaching import reach_contract
from mypage.forms.drafts import draft_id_of
from mypage.forms.wizard import once, recall
from mypage.hooks.permissions import ACCOUNT_MANAGE
from mypage.hooks.subaccounts import SubAccounts
from mypage.lib.errors import NotFound, StaleForm
from mypage.subaccounts.account_pages import AccountConfirmPage, AccountDonePage, AccountFact
from mypage.subaccounts.account_routes import CAPABILITY
from mypage.subaccounts.account_show import ending_names, values_of
from mypage.subaccounts.deleting import delete, reach_for_deletion, would_end
from mypage.subaccounts.registering import rules_of
from mypage.web.replies import Go, Reply, Show
from mypage.web.request import PortalRequest
from mypage.web.routing import get, post

WIZARD = "account-delete"
PATH = "/accounts/{account_id:uuid}/delete"


@get(PATH, name="accounts-delete", permission=ACCOUNT_MANAGE, reauth=True, capability=CAPABILITY)
def delete_page(rq: PortalRequest) -> Reply:
    """The account, the notes, and everything that ends with it (UCOM-155)."""
    rules = rules_of(rq.operator)
    words = rules.deletion
    account = reach_for_deletion(rq.tx, rq.operator, rq.principal, rq.uuid_param("account_id"))
    ref = reach_contract(rq.tx, rq.principal)
    ending, falling = ending_names(rq, would_end(rq.tx, rq.operator, ref, account.id))
    here = rq.href("accounts-delete", account_id=account.id)
    page = AccountConfirmPage(
        over=rules.title,
        title=words.titles[0],
        lead=words.lead,
        facts=_facts(rq, rules, values_of(account)),
        action_url=here,
        back_url=rq.href("accounts"),
        here_url=here,
        commit=words.commit,
        back=words.back,
        operation=str(uuid.uuid4()),
        steps=False,
        ending=ending,
        falling=falling,
    )
    return Show(page)


@post(PATH, name="accounts-delete", permission=ACCOUNT_MANAGE, reauth=True, capability=CAPABILITY)
def delete_commit(rq: PortalRequest) -> Reply:
    """Delete it once; a second press shows the same result."""
    account_id = rq.uuid_param("account_id")
    operation = draft_id_of(rq.form.get("operation", ""))
    if operation is None:
        reach_for_deletion(rq.tx, rq.operator, rq.principal, account_id)
        raise StaleForm
    done = recall(rq.tx, str(operation), owner=rq.owner, wizard=WIZARD)
    if done is not None and done.get("account_id") not in (None, str(account_id)):
        raise NotFound
    once(rq.tx, str(operation), owner=rq.owner, wizard=WIZARD, effect=lambda: _delete(rq, account_id))
    return Go("accounts-deleted", {"operation": operation})


@get("/accounts/deleted", name="accounts-deleted", permission=ACCOUNT_MANAGE, capability=CAPABILITY)
def deleted_page(rq: PortalRequest) -> Reply:
    """What was deleted, and what ended with it (UCOM-76, UCOM-78)."""
    rules = rules_of(rq.operator)
    done = recall(rq.tx, rq.query.get("operation", ""), owner=rq.owner, wizard=WIZARD)
    if not done:
        return Go("accounts")
    page = AccountDonePage(
        over=rules.title,
        title=rules.deletion.titles[1],
        done=rules.deletion.done,
        summary=rules.deletion.summary,
        facts=_facts(rq, rules, done),
        list_title=rules.title,
        list_url=rq.href("accounts"),
        steps=False,
        ending=tuple(done["ending"]),
        falling=tuple(done["falling"]),
    )
    return Show(page)


def _delete(rq: PortalRequest, account_id: uuid.UUID) -> Mapping[str, Any]:
    ref = reach_contract(rq.tx, rq.principal)
    deleted = delete(rq.tx, rq.operator, rq.principal, ref, account_id)
    ending, falling = ending_names(rq, deleted.ended)
    return values_of(deleted.account) | {"ending": list(ending), "falling": list(falling)}


def _facts(rq: PortalRequest, rules: SubAccounts, values: Mapping[str, Any]) -> tuple[AccountFact, ...]:
    words = rules.deletion
    role, name = rules.row("role"), rules.row("name")
    facts = [AccountFact(words.login_label, values["login_id"], code=True)]
    if name is not None:
        facts.append(AccountFact(name.label, f"{values['family_name']} {values['given_name']}".strip()))
    facts.append(AccountFact(rules.mail_label, values["mail"] or rq.t(rules.no_mail)))
    if role is not None:
        facts.append(AccountFact(role.label, rq.t(rules.roles[values["role"]])))
    if words.notes:
        facts.append(AccountFact(words.notes_label, "", lines=words.notes))
    return tuple(facts)
