"""What the page of one customer shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from mypage.staff.customers.service import CustomerFacts
from mypage.web.page import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """Something that the reader may do for the customer."""

    url: str
    label: str
    icon: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerPage(Page):
    """Everything about one customer."""

    template: ClassVar[str] = "staff/customers/customer.html"

    customer: CustomerFacts
    number_label: str
    acts: tuple[Act, ...]
