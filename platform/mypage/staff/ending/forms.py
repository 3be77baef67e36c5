"""The form of ending a contract."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, ClassVar

from sqlalchemy import select
from wtforms.validators import StopValidation

from mypage.contracts.models import Contract
from mypage.db.session import Tx
from mypage.forms.base import PortalField
from mypage.forms.choices import ChoiceField
from mypage.forms.fields import FoldedTextField, PortalForm, TextAreaField
from mypage.i18n import Catalogue, Translator
from mypage.staff.approvals.service import LONGEST_REASON

LATEST = timedelta(days=366)
_FORMATS = ("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d")


class DayField(FoldedTextField):
    """A day from `first` to `last`; `data` is as in 2026-11-30."""

    input_type = "date"
    attributes: ClassVar[Mapping[str, str]] = {"autocomplete": "off"}

    def __init__(self, label: str, *, first: date, last: date, **options: Any) -> None:
        """Both days may be chosen."""
        super().__init__(label, max_length=20, size="s", **options)
        self.first, self.last = first, last
        self.render_kw = {**(self.render_kw or {}), "min": first.isoformat(), "max": last.isoformat()}

    def check(self, t: Translator, label: str) -> None:
        """Raises StopValidation."""
        day = _day(self.data)
        if day is None:
            raise StopValidation(t("Enter %(label)s as a day, such as 2026-12-31", label=label))
        if not self.first <= day <= self.last:
            text = "Enter %(label)s from %(first)s to %(last)s"
            raise StopValidation(t(text, label=label, first=self.first.isoformat(), last=self.last.isoformat()))
        self.data = day.isoformat()


@dataclass(frozen=True, slots=True)
class Living:
    """A contract that can be ended."""

    id: uuid.UUID
    number: str
    name: str


def living_contracts(tx: Tx, customer_id: uuid.UUID) -> tuple[Living, ...]:
    """The contracts of a customer that have not ended."""
    rows = tx.execute(
        select(Contract.id, Contract.number, Contract.name)
        .where(Contract.tenant_id == tx.tenant, Contract.customer_id == customer_id, Contract.status != "terminated")
        .order_by(Contract.number_key, Contract.id)
    )
    return tuple(Living(*row) for row in rows)


def ending_form(
    t: Catalogue, contracts: Sequence[Living], today: date, data: Any = None, values: Mapping[str, Any] | None = None
) -> PortalForm:
    """The form; `values` fill it when one comes back to it."""
    fields: dict[str, PortalField] = {
        "contract": ChoiceField(
            "Contract number", options=[(str(c.id), f"{c.number} {c.name}".strip()) for c in contracts], size="l"
        ),
        "last_day": DayField(
            "Last day of the contract",
            first=today - timedelta(days=1),
            last=today + LATEST,
            description="Everything ends in the night after it. With yesterday it ends at once.",
        ),
        "reason": TextAreaField(
            "Reason",
            description="For who confirms it, and for the trail",
            max_length=LONGEST_REASON,
            render_kw={"rows": "3"},
        ),
    }
    return PortalForm(fields, data, t=t, values=values)


def _day(text: str) -> date | None:
    for each in _FORMATS:
        try:
            return datetime.strptime(text.strip(), each).date()  # noqa: DTZ007 - a day, no instant
        except ValueError:
            continue
    return None
