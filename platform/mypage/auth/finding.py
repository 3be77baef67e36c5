"""The keys by which staff find customers and accounts: columns of the row itself, folded as `lib.search_text` folds.

Only bare columns can be looked for in an index under row security: a function that PostgreSQL does not know to be
leakproof has to wait until the tenant was compared, row by row. So they are kept as `number_key` is, by who writes the
row: an INSERT by the defaults of the columns, a change of a loaded object by its class. An UPDATE statement of its own
says `**account_keys(email=new)` beside what it sets, and bulk loads name the columns.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Text
from sqlalchemy.orm import MappedColumn, mapped_column

from mypage.lib.search_text import mail_key, name_key, phone_key, rest_key

Fold = Callable[[str], str]
Keys = Mapping[str, tuple[tuple[str, ...], Fold]]

CUSTOMER: Keys = {
    "find_name": (("name",), name_key),
    "find_rest": (("name",), rest_key),
    "find_kana": (("kana",), name_key),
    "find_kana_rest": (("kana",), rest_key),
    "find_phone": (("phone",), phone_key),
    "find_mail": (("email",), mail_key),
}
"""Column → of which columns it is made, and how."""
ACCOUNT: Keys = {
    "find_name": (("family_name", "given_name"), name_key),
    "find_given": (("given_name",), name_key),
    "find_kana": (("family_kana", "given_kana"), name_key),
    "find_given_kana": (("given_kana",), name_key),
    "find_mail": (("email",), mail_key),
}


def customer_keys(**values: str) -> dict[str, str]:
    """The keys that follow from new values of a customer's columns; of two columns that make one, both."""
    return made(CUSTOMER, values)


def account_keys(**values: str) -> dict[str, str]:
    """The same of an account."""
    return made(ACCOUNT, values)


def made(keys: Keys, values: Mapping[str, Any]) -> dict[str, str]:
    """The keys of which every source is among the values."""
    return {
        column: fold("".join(str(values[source] or "") for source in sources))
        for column, (sources, fold) in keys.items()
        if all(source in values for source in sources)
    }


def key_column(keys: Keys, column: str) -> MappedColumn[str]:
    """A column that an INSERT fills by itself, compared by code point: what begins with a text is one range."""
    sources, fold = keys[column]

    def default(context: Any) -> str:
        given = context.get_current_parameters()
        return fold("".join(str(given.get(source) or "") for source in sources))

    return mapped_column(Text(collation="C"), default=default, server_default="")


def refresh(row: Any, keys: Keys, changed: str, value: str) -> None:
    """Set the keys of an object one of whose columns is about to get a value."""
    for column, (sources, fold) in keys.items():
        if changed in sources:
            now = (value if source == changed else getattr(row, source, None) for source in sources)
            setattr(row, column, fold("".join(text or "" for text in now)))
