"""The form of an amount by hand."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

from sqlalchemy import select
from wtforms.validators import StopValidation

from mypage.billing.models import BillingRun
from mypage.contracts.models import Contract
from mypage.db.session import Tx
from mypage.forms.base import PortalField
from mypage.forms.choices import ChoiceField
from mypage.forms.fields import FoldedTextField, PortalForm, TextAreaField, TextField
from mypage.i18n import Catalogue, Translator
from mypage.lib.money import grouped, parse_yen
from mypage.lib.months import add_months
from mypage.staff.approvals.service import LONGEST_REASON
from mypage.staff.money.posting import MOST, RATE_WORDS, month_words

LONGEST_TEXT = 60
_MONTHS = 3


class YenField(FoldedTextField):
    """A whole number of yen from 1 to `MOST`; `data` is its digits."""

    numeric = True
    attributes: ClassVar[Mapping[str, str]] = {"inputmode": "numeric", "autocomplete": "off"}

    def check(self, t: Translator, label: str) -> None:
        """Raises StopValidation."""
        try:
            amount = parse_yen(self.data)
        except ValueError as error:
            raise StopValidation(t("Enter %(label)s as whole yen, such as 1,200", label=label)) from error
        if not 0 < amount <= MOST:
            text = "Enter %(label)s from 1 to %(most)s yen"
            raise StopValidation(t(text, label=label, most=grouped(MOST)))
        self.data = str(amount)


@dataclass(frozen=True, slots=True)
class ContractChoice:
    """A contract that an amount can go to."""

    id: uuid.UUID
    number: str
    name: str


def contracts_of(tx: Tx, customer_id: uuid.UUID) -> tuple[ContractChoice, ...]:
    """The contracts of a customer, also ended ones: what is left to settle goes on a last bill."""
    rows = tx.execute(
        select(Contract.id, Contract.number, Contract.name)
        .where(Contract.tenant_id == tx.tenant, Contract.customer_id == customer_id)
        .order_by(Contract.number_key, Contract.id)
    )
    return tuple(ContractChoice(*row) for row in rows)


def open_months(tx: Tx) -> tuple[date, ...]:
    """The months from the present one on whose bills nobody has begun to make."""
    first = tx.today().replace(day=1)
    months = [add_months(first, n) for n in range(_MONTHS)]
    rows = tx.execute(
        select(BillingRun.month).where(BillingRun.tenant_id == tx.tenant, BillingRun.month.in_(months))
    ).scalars()
    begun = set(rows)
    return tuple(month for month in months if month not in begun)


def amount_form(
    t: Catalogue,
    contracts: Sequence[ContractChoice],
    months: Sequence[date],
    data: Any = None,
    values: Mapping[str, Any] | None = None,
) -> PortalForm:
    """The form; `values` fill it when one comes back to it."""
    fields: dict[str, PortalField] = {
        "way": ChoiceField(
            "Credit or charge",
            options=(("credit", t("Credit: the customer pays less")), ("charge", t("Charge: the customer pays more"))),
            cards=True,
        ),
        "contract": ChoiceField(
            "Contract number", options=[(str(c.id), f"{c.number} {c.name}".strip()) for c in contracts], size="l"
        ),
        "month": ChoiceField(
            "Bill of", options=[(month.isoformat(), month_words(month, t.locale)) for month in months]
        ),
        "amount": YenField("Amount without tax", description="In yen, without tax", max_length=20, size="s"),
        "rate": ChoiceField("Tax", options=[(key, t(word)) for key, word in RATE_WORDS.items()]),
        "description": TextField(
            "Text on the bill", description="The customer reads this on the bill", max_length=LONGEST_TEXT, size="l"
        ),
        "reason": TextAreaField(
            "Reason", description="For who confirms it, and for the trail", max_length=LONGEST_REASON,
            render_kw={"rows": "3"},
        ),
    }  # fmt: skip
    return PortalForm(fields, data, t=t, values=values)
