"""The keys by which staff find customers, reckoned by the database: for rows that were there before the keys were.

Whoever writes a row reckons them in Python (`lib.search_text`); a test holds both together.
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


def mail_sql(column: str) -> str:
    """As `mail_key`, of a column."""
    return f"""lower(replace(normalize({column}, NFKC), ' ', '') COLLATE "C")"""


def phone_sql(column: str) -> str:
    """As `phone_key`, of a column."""
    digits = f"""regexp_replace(normalize({column}, NFKC) COLLATE "C", '[^0-9]', '', 'g')"""
    return f"reverse(regexp_replace({digits}, '^810?', '0'))"


def _folded(text: str) -> str:
    return f"""lower(translate({text}, '{_FROM}', '{_TO}') COLLATE "C")"""


CUSTOMER_SQL = {
    "find_name": name_sql("name"),
    "find_rest": rest_sql("name"),
    "find_kana": name_sql("kana"),
    "find_kana_rest": rest_sql("kana"),
    "find_phone": phone_sql("phone"),
    "find_mail": mail_sql("email"),
}
"""Column of a customer → its key."""
ACCOUNT_SQL = {
    "find_name": name_sql("family_name || given_name"),
    "find_given": name_sql("given_name"),
    "find_kana": name_sql("family_kana || given_kana"),
    "find_given_kana": name_sql("given_kana"),
    "find_mail": mail_sql("email"),
}
"""Column of an account → its key."""
