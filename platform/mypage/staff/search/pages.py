"""What the search shows: the box, and the customers that were found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from mypage.forms.form import PortalForm
from mypage.lib.masks import mask_mail, mask_phone
from mypage.staff.search.probes import Kind
from mypage.staff.search.service import PAGE, Match
from mypage.web.page import Page
from mypage.web.request import PortalRequest

FOUND_BY: Mapping[Kind, str] = {
    "contract": "Contract",
    "login": "Login ID",
    "mail": "Mail address",
    "account-mail": "Mail address of an account",
    "mailbox": "Mail address of an account",
    "phone": "Telephone",
    "account-name": "Account",
    "account-kana": "Account",
    "account-given": "Account",
    "account-given-kana": "Account",
}
"""What is said of a customer that was found by something that stands in no column of the list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchRow:
    """A customer of the list; `found_by` and `value` say by what, "" for what stands there anyway."""

    url: str
    number: str
    name: str
    kana: str
    place: str
    found_by: str = ""
    value: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchPage(Page):
    """The box with what was typed; `rows` None before a search. `over` when the address was of a search long ago."""

    template: ClassVar[str] = "staff/search/search.html"

    form: PortalForm
    number_label: str
    rows: tuple[MatchRow, ...] | None = None
    more: bool = False
    most: int = PAGE
    over: bool = False


def match_row(rq: PortalRequest, match: Match) -> MatchRow:
    """One customer as the list shows it; addresses and telephones that were only begun are masked."""
    label = FOUND_BY.get(match.found_by, "")
    return MatchRow(
        url=rq.href("customer", customer_id=match.customer_id),
        number=match.number,
        name=match.name,
        kana=match.kana,
        place=_place(match.address),
        found_by=rq.t(label) if label else "",
        value=_value(match) if label else "",
    )


def _value(match: Match) -> str:
    if match.found_by == "phone":
        return mask_phone(match.value)
    if match.found_by in ("mail", "account-mail", "mailbox") and not match.whole:
        return mask_mail(match.value)
    return match.value.strip()


def _place(address: str) -> str:
    """The part of an address before its numbers: enough to tell two people of one name apart."""
    end = next((at for at, char in enumerate(address) if char.isdigit()), len(address))
    return address[:end].strip()
