"""What an early end costs a consumer: the operator's rule, within the law, with its arithmetic."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from mypage.hooks.prices import UnitPrice
from mypage.lib.ending_law import early_end, month_of_contract
from mypage.operators.operator import Operator


@dataclass(frozen=True, slots=True, kw_only=True)
class EndFee:
    """Yen, and what they were worked out from: `over` of `months` are over before the month of the end.

    `law`: the balance is the law's own; else the operator charges less than `construction` × the rest of the months.
    """

    months: int
    over: int
    penalty: int
    monthly: int
    construction: int
    balance: int
    law: bool

    @property
    def total(self) -> int:
        """All of it."""
        return self.penalty + self.balance

    def kept(self) -> dict[str, Any]:
        """As it is kept with what was accepted."""
        return asdict(self) | {"total": self.total}


def fee_of(operator: Operator, *, kind: str, started_on: date | None, last_day: date) -> EndFee | None:
    """What a customer of that kind pays who ends then; None where the operator states no amounts for them.

    Rules of the law are for consumers alone, and so are stated amounts: a company reads the warnings and its contract.
    A contract whose beginning is not known is charged nothing here.
    """
    rule = operator.termination.early if operator.termination is not None else None
    if rule is None or kind != "person" or started_on is None:
        return None
    price = operator.products[rule.base].price
    assert isinstance(price, UnitPrice)
    found = early_end(
        monthly=price.monthly,
        penalty=rule.penalty,
        construction=rule.construction,
        months=rule.months,
        month=month_of_contract(started_on, last_day),
        balance=rule.balance,
    )
    return EndFee(
        months=rule.months,
        over=found.month - 1,
        penalty=found.penalty,
        monthly=price.monthly,
        construction=rule.construction,
        balance=found.construction,
        law=not rule.balance,
    )
