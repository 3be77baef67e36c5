"""What staff type to say whom a notice is for, and what becomes of it."""

from __future__ import annotations

import re
import unicodedata
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import select

from mypage.auth.models import Customer
from mypage.contracts.models import Contract
from mypage.db.session import Tx
from mypage.i18n import Translator
from mypage.lib.text import fold_identifier

MOST_LISTED = 50_000
_MOST_TEXTS = 50
_NAMED = 5
"""How many unknown numbers a message names."""
_AT_ONCE = 5_000
_SEPARATOR = re.compile(r"[\r\n]+")
_POSTAL = re.compile(r"[0-9]{3}-?[0-9]{0,4}")

WORDS: Mapping[str, str] = {
    "all": "All customers",
    "plan": "Customers with a plan",
    "product": "Customers who hold an option",
    "area": "Customers of an area",
    "list": "Customers of a list",
}


class BadAudience(ValueError):
    """What was typed names nobody, or somebody unknown; the message is for the field."""


@dataclass(frozen=True, slots=True)
class Aim:
    """Whom a notice is for, as the notice keeps it."""

    aimed: tuple[str, ...] = ()
    customers: tuple[uuid.UUID, ...] = ()


def aim_at_plans(tx: Tx, t: Translator, typed: str) -> Aim:
    """Codes of plans, one a line. Raises BadAudience for one that no contract has."""
    codes = _lines(typed)[: _MOST_TEXTS + 1]
    _check_count(t, codes, _MOST_TEXTS)
    known = set(
        tx.scalars(select(Contract.plan).where(Contract.tenant_id == tx.tenant, Contract.plan.in_(codes)).distinct())
    )
    strange = [code for code in codes if code not in known]
    if strange:
        raise BadAudience(t("No contract has this plan: %(names)s", names=_some(strange)))
    return Aim(tuple(codes))


def aim_at_area(t: Translator, typed: str) -> Aim:
    """Beginnings of postal codes or of addresses, one a line. Raises BadAudience for what is too short."""
    begins = [unicodedata.normalize("NFKC", line) if line[:1].isdigit() else line for line in _lines(typed)]
    _check_count(t, begins, _MOST_TEXTS)
    short = [line for line in begins if not (_POSTAL.fullmatch(line) if line[0].isdigit() else len(line) > 1)]
    if short:
        text = "Give at least 3 digits of a postal code, or the beginning of an address: %(names)s"
        raise BadAudience(t(text, names=_some(short)))
    return Aim(tuple(line.replace("-", "") if line[0].isdigit() else line for line in begins))


def aim_at_list(tx: Tx, t: Translator, typed: str) -> Aim:
    """Customer numbers, one a line; of a line with commas the first. Raises BadAudience and names unknown ones."""
    lines = [first for first in (line.split(",")[0].strip().strip('"') for line in _lines(typed)) if first]
    _check_count(t, lines, MOST_LISTED)
    keys = {fold_identifier(line): (number, line) for number, line in reversed(list(enumerate(lines, 1)))}
    found: dict[str, uuid.UUID] = {}
    wanted = list(keys)
    for start in range(0, len(wanted), _AT_ONCE):
        rows = tx.execute(
            select(Customer.number_key, Customer.id).where(
                Customer.tenant_id == tx.tenant, Customer.number_key.in_(wanted[start : start + _AT_ONCE])
            )
        )
        found |= {row.number_key: row.id for row in rows}
    strange = sorted(place for key, place in keys.items() if key not in found)
    if strange:
        names = [t("line %(number)s: %(value)s", number=number, value=value[:40]) for number, value in strange]
        raise BadAudience(t("There is no customer with this number: %(names)s", names=_some(names)))
    return Aim(customers=tuple(found[key] for key in wanted))


def _check_count(t: Translator, values: list[str], most: int) -> None:
    if not values:
        raise BadAudience(t("Say which customers this is for"))
    if len(values) > most:
        raise BadAudience(t("These are too many lines. The limit is %(most)s", most=f"{most:,}"))


def _lines(typed: str) -> list[str]:
    """The lines with something in them, each once."""
    return list(dict.fromkeys(line.strip() for line in _SEPARATOR.split(typed) if line.strip()))


def _some(names: Iterable[str]) -> str:
    known = list(names)
    rest = len(known) - _NAMED
    return ", ".join(known[:_NAMED]) + (f" … (+{rest:,})" if rest > 0 else "")
