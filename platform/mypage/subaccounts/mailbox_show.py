"""What the pages of an account's mail address are made of."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from mypage.auth.pages import LinkSentence
from mypage.contracts.reaching import ContractRef
from mypage.forms.drafts import DraftContent
from mypage.forms.form import PortalForm
from mypage.hooks.mailboxes import Mailboxes
from mypage.hooks.permissions import ACCOUNT_READ
from mypage.hooks.products import Sentence
from mypage.lib.errors import NotFound
from mypage.orders.quotas import standing
from mypage.subaccounts.accounts import SubAccount
from mypage.subaccounts.mailbox_change import Wanted
from mypage.subaccounts.mailbox_form import OTHER, OWN, mailbox_form
from mypage.subaccounts.mailbox_pages import MailboxPage, MailboxRows
from mypage.subaccounts.mailboxes import mail_of, own_left, resources_of
from mypage.web.replies import Reply, Show
from mypage.web.request import PortalRequest


def boxes_of(rq: PortalRequest) -> Mailboxes:
    """The operator's words and rules."""
    boxes = rq.operator.mailboxes
    assert boxes is not None, "these routes exist for operators with mail boxes only"
    return boxes


def wanted_in(draft: DraftContent) -> Wanted:
    """What a draft asks for."""
    return Wanted(draft.data["own"], draft.data["address"])


def values_of(boxes: Mailboxes, draft: DraftContent) -> Mapping[str, Any]:
    """The fields of the form as a draft fills them."""
    wanted = wanted_in(draft)
    if wanted.own:
        return {"use": OWN, "local": wanted.address.removesuffix(f"@{boxes.domain}"), "consent": True}
    return {"use": OTHER, "address": wanted.address, "consent": True}


def rows(rq: PortalRequest, login_id: str, wanted: Wanted, day: date) -> MailboxRows:
    """The rows of the confirm and the completion page."""
    boxes = boxes_of(rq)
    choice = (boxes.own_choice if wanted.own else boxes.other_choice) if boxes.domain else ""
    return MailboxRows(
        account_label=login_label(rq),
        account=login_id,
        kind_label=boxes.kind_label,
        kind=choice,
        address_label=boxes.address_label,
        address=wanted.address,
        date_label=boxes.date_label,
        day=day,
    )


def may_read(rq: PortalRequest, sentence: Sentence) -> bool:
    """Whether a sentence is for who is signed in."""
    return not sentence.permission or rq.principal.may(sentence.permission)


def said_line(rq: PortalRequest, sentence: Sentence, wanted: Wanted) -> LinkSentence:
    """A sentence of the completion page, with its link."""
    text = rq.t(sentence.text, address=wanted.address)
    if not sentence.route:
        return LinkSentence(text, "", "", "")
    return LinkSentence.of(text, rq.href(sentence.route, **sentence.params))


def input_page(
    rq: PortalRequest,
    account: SubAccount,
    ref: ContractRef,
    form: PortalForm | None,
    status: int,
    *,
    draft: DraftContent | None = None,
) -> Reply:
    """The form: as it was posted, as a draft has it, or with the choice that the account has now."""
    boxes, found = boxes_of(rq), resources_of(rq.tx, account.id)
    left = own_left(rq.operator, standing(rq.tx, rq.operator, ref), found)
    if form is None:
        mail = mail_of(found)
        chosen = (OWN if mail.own else OTHER) if mail is not None else "" if left else OTHER
        values = values_of(boxes, draft) if draft is not None else {"use": chosen}
        form = mailbox_form(boxes, None, t=rq.t, values=values)
    page = MailboxPage(
        title=boxes.title,
        lead=boxes.lead,
        form=form,
        account_label=login_label(rq),
        account=account.login_id,
        present_label=boxes.present_label,
        present=account.mail,
        none_word=rq.operator.sub_accounts.no_mail if rq.operator.sub_accounts else "",
        domain=boxes.domain,
        own_left=left,
        full=boxes.full,
        buy_url=_buy_url(rq, ref),
        buy_label=boxes.full_link,
        own_choice=boxes.own_choice,
        other_choice=boxes.other_choice,
        own_help=boxes.own_help,
        own_blocks=boxes.own_blocks,
        other_blocks=boxes.other_blocks,
        consent_lead=boxes.consent_lead,
        next_label=boxes.next,
        action_url=rq.href("accounts-mail", account_id=account.id),
        back_url=rq.href("overview") if rq.principal.may(ACCOUNT_READ) else "",
    )
    return Show(page, status)


def _buy_url(rq: PortalRequest, ref: ContractRef) -> str:
    """Where more own addresses are bought, for those who may (UCOM-93)."""
    page = rq.operator.product_pages.get(boxes_of(rq).buy_page)
    if page is None:
        return ""
    offered = [rq.operator.products[code] for code in page.products]
    may = any(rq.principal.may(p.permission) for p in offered if not p.plans or ref.plan in p.plans)
    return rq.href("option", slug=page.slug) if may and rq.principal.may(page.permission) else ""


def login_label(rq: PortalRequest) -> str:
    """What the operator calls an account."""
    accounts = rq.operator.sub_accounts
    field = accounts.row("login") if accounts is not None else None
    if field is None:
        raise NotFound
    return field.label


def overview_title(rq: PortalRequest) -> str:
    """What the overview is called for who is signed in."""
    words = rq.operator.overview
    return words.title if rq.principal.may_for_all(ACCOUNT_READ) else words.own_title
