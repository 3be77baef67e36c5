"""Pages that give an account a mail address: input, confirm, done (UCOM-80 to UCOM-93)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from mypage.contracts.reaching import ContractRef, reach_contract
from mypage.db.keys import Vault
from mypage.forms.drafts import DraftContent, drop_draft, named_draft, save_draft
from mypage.forms.form import PortalForm
from mypage.forms.wizard import once, recall
from mypage.hooks.permissions import ACCOUNT_READ, MAILBOX_CHANGE
from mypage.lib.errors import StaleForm
from mypage.subaccounts.accounts import SubAccount, reach_account
from mypage.subaccounts.mailbox_change import AddressRefused, Wanted, check, falling, going_with, register
from mypage.subaccounts.mailbox_form import mailbox_form, wanted_by
from mypage.subaccounts.mailbox_pages import MailboxConfirmPage, MailboxDonePage
from mypage.subaccounts.mailbox_show import (
    boxes_of,
    input_page,
    may_read,
    overview_title,
    rows,
    said_line,
    values_of,
    wanted_in,
)
from mypage.subaccounts.mailboxes import mail_of, resources_of
from mypage.web.replies import Go, Reply, Show
from mypage.web.request import PortalRequest
from mypage.web.routing import get, post

WIZARD = "mailbox"
PATH = "/accounts/{account_id:uuid}/mail"


@get(PATH, name="accounts-mail", permission=MAILBOX_CHANGE, reauth=True, capability="mailboxes")
def mailbox(rq: PortalRequest) -> Reply:
    """The form; with `edit`, what was entered before the confirm page (UCOM-82, UCOM-83)."""
    account, ref = _account(rq), reach_contract(rq.tx, rq.principal)
    return input_page(rq, account, ref, None, 200, draft=_draft(rq, rq.query.get("edit", "")))


@post(PATH, name="accounts-mail", permission=MAILBOX_CHANGE, reauth=True, capability="mailboxes")
def mailbox_input(rq: PortalRequest) -> Reply:
    """Check what was entered and go on to the confirm page."""
    account, ref = _account(rq), reach_contract(rq.tx, rq.principal)
    form = mailbox_form(boxes_of(rq), rq.form, t=rq.t)
    wanted = wanted_by(boxes_of(rq), form)
    if wanted is None:
        return input_page(rq, account, ref, form, 422)
    try:
        check(rq.tx, rq.operator, ref, account, wanted)
    except AddressRefused as refused:
        _say(rq, form, wanted, refused)
        return input_page(rq, account, ref, form, 422)
    draft_id = save_draft(
        rq.tx,
        rq.ports.get(Vault),
        owner=rq.owner,
        wizard=WIZARD,
        data={"account": str(account.id), "own": wanted.own, "address": wanted.address},
        life=rq.operator.sessions.idle,
    )
    return Go("accounts-mail-confirm", {"account_id": account.id, "draft": draft_id})


@get(
    f"{PATH}/confirm",
    name="accounts-mail-confirm",
    permission=MAILBOX_CHANGE,
    reauth=True,
    capability="mailboxes",
)
def mailbox_confirm(rq: PortalRequest) -> Reply:
    """What will be registered, and what ends with it (UCOM-86, UCOM-89, UCOM-155)."""
    account, boxes = _account(rq), boxes_of(rq)
    draft = _draft(rq, rq.query.get("draft", ""))
    if draft is None:
        return _after_the_end(rq, account, rq.query.get("draft", ""))
    wanted, found = wanted_in(draft), resources_of(rq.tx, account.id)
    ref = reach_contract(rq.tx, rq.principal)
    mail, going = mail_of(found), going_with(found, wanted)
    page = MailboxConfirmPage(
        title=boxes.title,
        step_title=boxes.confirm_title,
        lead=boxes.confirm_lead,
        rows=rows(rq, account.login_id, wanted, rq.today),
        blocks=boxes.own_blocks if wanted.own else boxes.other_blocks,
        left=mail.value if mail is not None and mail.own and going and not wanted.own else "",
        falling=tuple(product.name for product in falling(rq.tx, rq.operator, ref, found, wanted)),
        operation_id=str(draft.id),
        commit_label=boxes.commit,
        back_label=boxes.back,
        action_url=rq.href("accounts-mail-confirm", account_id=account.id),
        back_url=rq.href("accounts-mail", account_id=account.id, edit=draft.id),
    )
    return Show(page)


@post(
    f"{PATH}/confirm",
    name="accounts-mail-confirm",
    permission=MAILBOX_CHANGE,
    reauth=True,
    capability="mailboxes",
)
def mailbox_commit(rq: PortalRequest) -> Reply:
    """Register it once; all is checked again under the contract's lock (UCOM-84)."""
    account = _account(rq)
    operation = rq.form.get("operation", "")
    draft = _draft(rq, operation)
    if draft is None:
        return _after_the_end(rq, account, operation)
    ref = reach_contract(rq.tx, rq.principal)
    try:
        once(rq.tx, str(draft.id), owner=rq.owner, wizard=WIZARD, effect=lambda: _commit(rq, ref, account, draft))
    except AddressRefused as refused:
        form = mailbox_form(boxes_of(rq), None, t=rq.t, values=values_of(boxes_of(rq), draft))
        _say(rq, form, wanted_in(draft), refused)
        return input_page(rq, account, ref, form, 422)
    return Go("accounts-mail-done", {"account_id": account.id, "operation": draft.id})


@get(
    f"{PATH}/done",
    name="accounts-mail-done",
    permission=MAILBOX_CHANGE,
    capability="mailboxes",
)
def mailbox_done(rq: PortalRequest) -> Reply:
    """The address is registered; for another company's a mail is on its way there (UCOM-87, UCOM-88)."""
    account, boxes = _account(rq), boxes_of(rq)
    done = recall(rq.tx, rq.query.get("operation", ""), owner=rq.owner, wizard=WIZARD)
    if not done or done["account"] != account.login_id:
        return Go("accounts-mail", {"account_id": account.id})
    wanted = Wanted(done["own"], done["address"])
    said = boxes.done_own if wanted.own else boxes.done_other
    page = MailboxDonePage(
        title=boxes.title,
        step_title=boxes.done_title,
        said_lines=tuple(said_line(rq, each, wanted) for each in said if may_read(rq, each)),
        summary_title=boxes.summary_title,
        rows=rows(rq, done["account"], wanted, date.fromisoformat(done["day"])),
        blocks=boxes.own_blocks if wanted.own else boxes.other_blocks,
        left=done["left"],
        ended=tuple(done["ended"]),
        overview_url=rq.href("overview") if rq.principal.may(ACCOUNT_READ) else "",
        overview_label=overview_title(rq),
    )
    return Show(page)


def _account(rq: PortalRequest) -> SubAccount:
    return reach_account(rq.tx, rq.operator, rq.principal, rq.uuid_param("account_id"), MAILBOX_CHANGE)


def _draft(rq: PortalRequest, text: str) -> DraftContent | None:
    """The draft that a query or form names, when it is for the account of the path."""
    draft = named_draft(rq.tx, rq.ports.get(Vault), owner=rq.owner, wizard=WIZARD, text=text)
    return draft if draft is not None and draft.data["account"] == str(rq.uuid_param("account_id")) else None


def _commit(rq: PortalRequest, ref: ContractRef, account: SubAccount, draft: DraftContent) -> Mapping[str, Any]:
    result = register(
        rq.tx,
        rq.ports.get(Vault),
        rq.operator,
        ref,
        rq.principal,
        account_id=account.id,
        wanted=wanted_in(draft),
        language=rq.locale,
    )
    drop_draft(rq.tx, owner=rq.owner, wizard=WIZARD)
    return result


def _after_the_end(rq: PortalRequest, account: SubAccount, operation: str) -> Reply:
    if not operation:
        return Go("accounts-mail", {"account_id": account.id})
    if recall(rq.tx, operation, owner=rq.owner, wizard=WIZARD):
        return Go("accounts-mail-done", {"account_id": account.id, "operation": operation})
    raise StaleForm


def _say(rq: PortalRequest, form: PortalForm, wanted: Wanted, refused: AddressRefused) -> None:
    """Word a refusal. It tells neither who has an address nor who had it (UCOM-92)."""
    words = {
        "taken": rq.t("This mail address cannot be used. Please choose another one"),
        "present": rq.t("This is the present mail address"),
        "full": rq.t(boxes_of(rq).full),
        "mails": rq.t("Many mails have been sent for this account. Please try again in an hour"),
    }
    name = "use" if refused.why == "full" and "use" in form else "local" if wanted.own else "address"
    form.add_error(name if name in form else None, words[refused.why])
