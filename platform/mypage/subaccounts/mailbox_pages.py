"""What the pages of an account's mail address show (UCOM-82 to UCOM-89)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from mypage.auth.pages import LinkSentence
from mypage.forms.form import PortalForm
from mypage.hooks.portal import Paragraphs, Question
from mypage.web.page import Page

Blocks = tuple[Paragraphs | Question, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MailboxPage(Page):
    """The form. `present` is the address now, "" for none; `own_left` whether an own address may be chosen.

    When not, `full` says why, and `buy_url` leads to where more are bought, "" for those who may not buy. Without
    `domain` the form has the field of other companies' addresses alone.
    """

    template: ClassVar[str] = "subaccounts/mailbox.html"

    title: str
    lead: str
    form: PortalForm
    account_label: str
    account: str
    present_label: str
    present: str
    none_word: str
    domain: str
    own_left: bool
    full: str
    buy_url: str
    buy_label: str
    own_choice: str
    other_choice: str
    own_help: tuple[str, ...]
    own_blocks: Blocks
    other_blocks: Blocks
    consent_lead: str
    next_label: str
    action_url: str
    back_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MailboxRows:
    """What is asked for, on the confirm and on the completion page. `kind` is the chosen words, "" without a choice."""

    account_label: str
    account: str
    kind_label: str
    kind: str
    address_label: str
    address: str
    date_label: str
    day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class MailboxConfirmPage(Page):
    """Before the registration. `left` is the own address that ends, or ""; `falling` the products that end, too."""

    template: ClassVar[str] = "subaccounts/mailbox_confirm.html"

    title: str
    step_title: str
    lead: str
    rows: MailboxRows
    blocks: Blocks
    left: str
    falling: tuple[str, ...]
    operation_id: str
    commit_label: str
    back_label: str
    action_url: str
    back_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MailboxDonePage(Page):
    """The address is registered. `said_lines` are the operator's sentences; `left` and `ended` what ended with it."""

    template: ClassVar[str] = "subaccounts/mailbox_done.html"

    title: str
    step_title: str
    said_lines: tuple[LinkSentence, ...]
    summary_title: str
    rows: MailboxRows
    blocks: Blocks
    left: str
    ended: tuple[str, ...]
    overview_url: str
    overview_label: str
