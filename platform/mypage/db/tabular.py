"""SQL twins of `lib.tabular`: cells of a CSV file made where the rows are, the same bytes as Python would make (P8)."""

from __future__ import annotations

from mypage.lib.tabular import BLANKS, FORMULA_STARTS

_STARTS = ", ".join(str(ord(start)) for start in sorted(FORMULA_STARTS))
_SPECIAL = ("','", "'\"'", "E'\\n'", "E'\\r'")


def csv_cell(text: str) -> str:
    """An expression for the cell of a text expression, safe from formulas and quoted where it must be.

    `text` appears several times: give it a column rather than a computation.
    """
    safe = f"CASE WHEN {text} ~ '^-[0-9]+$' THEN {text} ELSE '''' || {text} END"
    return (
        f"CASE WHEN ascii(ltrim({text}, '{BLANKS}')) IN ({_STARTS}) THEN {_quoted(f'({safe})')} "
        f"WHEN {_needs_quotes(text)} THEN {_in_quotes(text)} ELSE {text} END"
    )


def without_selectors(text: str) -> str:
    """An expression for the text without variation selectors, which no older character set knows."""
    return rf"regexp_replace({text}, '[\ufe00-\ufe0f\U000e0100-\U000e01ef]', '', 'g')"


def _quoted(text: str) -> str:
    return f"CASE WHEN {_needs_quotes(text)} THEN {_in_quotes(text)} ELSE {text} END"


def _needs_quotes(text: str) -> str:
    # One search per sign is several times faster than a regular expression.
    return "(" + " OR ".join(f"strpos({text}, {sign}) > 0" for sign in _SPECIAL) + ")"


def _in_quotes(text: str) -> str:
    return f"""'"' || replace({text}, '"', '""') || '"'"""
