"""Mail addresses of accounts that a customer hands out: the rule of the operator's own ones, and all words, as data."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from mypage.hooks.markers import hookspec
from mypage.hooks.passwords import CharSet
from mypage.hooks.portal import Paragraphs, Question
from mypage.hooks.products import Sentence

Broken = Literal["", "length", "characters", "symbols", "reserved"]
RESERVED = frozenset(
    {
        "abuse", "admin", "administrator", "ftp", "hostmaster", "info", "mailer-daemon", "marketing", "news",
        "no-reply", "nobody", "noc", "noreply", "postmaster", "root", "sales", "security", "ssladmin", "support",
        "sysadmin", "usenet", "uucp", "webmaster", "www",
    }
)  # fmt: skip
"""Addresses of a domain's own business (RFC 2142). Who reads the mails of some of them gets certificates for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalPart:
    """What may stand before the @ of an own address.

    Symbols are neither first nor last, and no two of them stand together (UCOM-37). `reserved` is handed out to nobody.
    """

    length: tuple[int, int]
    alphabet: CharSet
    reserved: frozenset[str] = RESERVED

    def __post_init__(self) -> None:
        least, most = self.length
        if not 1 <= least <= most <= 64:
            raise ValueError(f"length must satisfy 1 <= least <= most <= 64, not ({least}, {most})")
        if wrong := sorted(c for c in self.alphabet.chars if not c.isascii() or c == "@" or c == " " or c.isupper()):
            raise ValueError(f"an address cannot hold {wrong[0]!r}; give small ASCII letters, digits and symbols")
        if not (self.alphabet.letters and self.alphabet.digits):
            raise ValueError("an address needs letters and digits to choose from")

    def broken(self, value: str) -> Broken:
        """The first rule that `value` breaks, or ""."""
        least, most = self.length
        if any(char not in self.alphabet for char in value):
            return "characters"
        if not least <= len(value) <= most:
            return "length"
        marks = [char in self.alphabet.symbols for char in value]
        together = any(one and following for one, following in pairwise(marks))
        if marks[0] or marks[-1] or together:
            return "symbols"
        return "reserved" if value in self.reserved else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailboxes:
    """Mail addresses of sub-accounts: one of the operator's own domain within a quota, or any other company's.

    Without a `domain` there are only other companies'. `service` is what provisioning calls a mail box. `buy_page` is
    the slug of the page of products where more own addresses are bought; `full` stands where none is left, and
    `full_link` leads there, for those who may buy. `own_blocks` and `other_blocks` stand below each choice and on the
    pages after it; `done_own` and `done_other` are what the completion page says.
    """

    title: str
    domain: str = ""
    quota: str = ""
    local: LocalPart | None = None
    service: str = "mailbox"
    confirm_title: str = "Please check the mail address"
    done_title: str = "The mail address is registered"
    lead: str = ""
    confirm_lead: str = ""
    own_choice: str = "Use an address of ours"
    other_choice: str = "Use an address of another company"
    address_label: str = "Mail address"
    own_help: tuple[str, ...] = ()
    present_label: str = "Present mail address"
    kind_label: str = "Kind of mail"
    date_label: str = "Date"
    own_blocks: tuple[Paragraphs | Question, ...] = ()
    other_blocks: tuple[Paragraphs | Question, ...] = ()
    consent: str = ""
    consent_lead: str = ""
    full: str = "No address of ours is left for this contract."
    full_link: str = ""
    buy_page: str = ""
    next: str = "Continue"
    commit: str = "Register"
    back: str = "Back"
    summary_title: str = ""
    done_own: tuple[Sentence, ...] = (Sentence("The mail address is registered."),)
    done_other: tuple[Sentence, ...] = (Sentence("We have sent a mail to %(address)s."),)

    def __post_init__(self) -> None:
        if self.domain and not (self.local and self.quota):
            raise ValueError(f"addresses of {self.domain} need a rule (local) and a quota")


class MailboxSpec:
    """The hook about mail addresses of accounts."""

    @hookspec
    def mailbox_items(self) -> list[Mailboxes]:
        """The mail addresses of sub-accounts; at most one kind."""
