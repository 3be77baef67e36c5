"""What the law permits to charge a consumer who ends a telecommunications contract, as arithmetic.

電気通信事業法施行規則 第22条の2の13の2 第2号, in force since 2022-07-01, is about services of 電気通信事業法
第26条第1項, not about contracts of companies (法人契約を除く). It forbids to charge more than the sum of what it
lists, with interest for delay:

イ  what was used until the end and is not paid yet;
ロ  where a penalty was agreed for ending within a period: one month's fee of the service and of its paid options;
ハ  the rest of the fees for construction that the service needed. As the ministry explains it, that balance declines
    with the months of the contract's period and is nothing at its end: whoever ends a contract of 24 months in the
    tenth month may be charged (24 - 9) / 24 of it.

Items ニ to ト exist and are not computed here: an operator that charges something under them does so outside of this
rule. Of the month's fee the ministry says that discounts which hold for the whole period count and passing ones do not,
and that the large mobile carriers' cap is lower: operators of mobile service need another rule than this one. Contracts
made before 2022-07-01 are exempt in law; here they are treated as the others are, never to the consumer's harm.

Amounts are whole yen; what is divided is rounded down. Months are calendar months and that of the beginning is the
first, which never finds fewer months than counting from day to day does, so the result stays below the cap either way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date


class AboveCap(ValueError):
    """A rule would charge more than the law permits; the message says what, and how much is permitted."""


@dataclass(frozen=True, slots=True)
class EarlyEnd:
    """What is charged, and from what it was worked out; `month` is the contract's month in which it ends, from 1.

    `cap` is the most that may be charged in that month for penalty and construction together.
    """

    month: int
    penalty: int
    construction: int
    cap: int

    @property
    def total(self) -> int:
        """Yen."""
        return self.penalty + self.construction


def month_of_contract(started_on: date, last_day: date) -> int:
    """In which of its calendar months a contract ends: 1 in the month in which it began. Never less than 1."""
    return max(1, (last_day.year - started_on.year) * 12 + last_day.month - started_on.month + 1)


def construction_cap(construction: int, months: int, over: int) -> int:
    """The balance of the construction fees when that many months are over, of a contract of `months`: ハ."""
    return construction * max(0, months - over) // months


def early_end(
    *, monthly: int, penalty: int, construction: int, months: int, month: int, balance: Sequence[int] = ()
) -> EarlyEnd:
    """What an end in that month of the contract costs a consumer; nothing when `months` are over before it.

    `balance[n]` is what is charged for construction when n months are over; without it the law's own balance is.
    Raises AboveCap when the rule is above the cap, and ValueError for amounts and months that are none.
    """
    check_early_end(monthly=monthly, penalty=penalty, construction=construction, months=months, balance=balance)
    over = month - 1
    if over >= months:
        return EarlyEnd(month, 0, 0, 0)
    permitted = construction_cap(construction, months, over)
    charged = permitted if not balance else balance[over] if over < len(balance) else 0
    return EarlyEnd(month, penalty, charged, monthly + permitted)


def check_early_end(*, monthly: int, penalty: int, construction: int, months: int, balance: Sequence[int] = ()) -> None:
    """Whether the rule stays within the cap in every month. Raises AboveCap, and ValueError for what is no amount."""
    if months < 1:
        raise ValueError(f"a period has at least one month, not {months}")
    for amount in (monthly, penalty, construction, *balance):
        if isinstance(amount, bool) or not isinstance(amount, int) or amount < 0:
            raise ValueError(f"an amount is a whole number of yen from 0, not {amount!r}")
    if penalty > monthly:
        raise AboveCap(
            f"the penalty of {penalty} yen is above one month's fee of {monthly} yen; charge {monthly} at most"
        )
    for over, charged in enumerate(balance):
        permitted = construction_cap(construction, months, over)
        if charged > permitted:
            raise AboveCap(
                f"after {over} of {months} months the balance of {charged} yen is above {permitted} yen, "
                f"which is {construction} × ({months} - {over}) / {months}; charge {permitted} at most"
            )
