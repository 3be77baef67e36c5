"""The expressions by which staff find customers: each stands in an index and, to the letter, in the search.

The database keeps them itself, whoever writes the rows. They consist of built-in functions alone, and compare by code
point (collation C), so that what begins with a text is one range of an index on any server. Another expression needs
other indexes: write it beside the old one, with a migration that makes them.
"""

from __future__ import annotations

from mypage.lib.search_text import FIRST_WORD, FROM, TO

_FROM, _TO = (text.replace("'", "''") for text in (FROM, TO))


def name_sql(column: str) -> str:
    """As `lib.search_text.name_key`, of a column."""
    return _folded(f"normalize({column}, NFKC)")


def rest_sql(column: str) -> str:
    """As `rest_key`, of a column."""
    return _folded(f"regexp_replace(normalize({column}, NFKC), '{FIRST_WORD}', '')")


def number_sql(column: str) -> str:
    """As `number_key`, of a column that holds a folded number or login ID."""
    return f"""lower(translate({column}, '-', '') COLLATE "C")"""


def mail_sql(column: str) -> str:
    """As `mail_key`, of a column."""
    return f'lower({column} COLLATE "C")'


def phone_sql(column: str) -> str:
    """As `phone_key`, of a column."""
    digits = f"""regexp_replace(normalize({column}, NFKC) COLLATE "C", '[^0-9]', '', 'g')"""
    return f"reverse(regexp_replace({digits}, '^810?', '0'))"


def _folded(text: str) -> str:
    return f"""lower(translate({text}, '{_FROM}', '{_TO}') COLLATE "C")"""
