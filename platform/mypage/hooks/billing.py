"""How bills are shown and how a card is changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mypage.hooks.markers import hookspec
from mypage.hooks.payment import CardLabels, PaymentGateway


@dataclass(frozen=True, slots=True, kw_only=True)
class BillingView:
    """Titles of the bill pages and how many months back they reach."""

    bills_title: str
    invoices_title: str
    months: int = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class CardChange:
    """The words of the card change. Entry itself always happens on the gateway's own page."""

    title: str
    labels: CardLabels
    confirm: str = ""
    back: str = ""


class BillingSpec:
    """Hooks about bills and payment."""

    @hookspec(firstresult=True)
    def billing_view_policy(self) -> BillingView:
        """Titles and reach of the bill pages."""

    @hookspec(firstresult=True)
    def card_change_policy(self) -> CardChange:
        """The words of the card change."""

    @hookspec
    def make_payment_gateway(self, name: str, settings: Mapping[str, str]) -> PaymentGateway | None:
        """The gateway called `name`, made with a tenant's settings of it, or None for other names.

        Raise ValueError with one line when the settings are wrong; the start then stops with it.
        """
