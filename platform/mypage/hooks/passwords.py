"""What operators declare about passwords and identifiers: plain frozen values, no behaviour.

Everything counts characters as Unicode code points and tells upper from lower case in passwords, always.
A value that contradicts itself raises ``ValueError`` with one line when it is made, so a wrong plugin stops the start.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from string import ascii_lowercase, ascii_uppercase, digits, punctuation
from typing import Literal

LONGEST_PASSWORD = 256
"""Code points; four UTF-8 bytes each still fit the 1024 bytes that are ever hashed."""
LONGEST_IDENTIFIER = 256

Containment = Literal["contain", "equal"]


@dataclass(frozen=True, slots=True)
class CharSet:
    """The characters a value may consist of, code point by code point. Sets are joined with ``+``."""

    chars: frozenset[str]

    def __post_init__(self) -> None:
        if not self.chars:
            raise ValueError("a CharSet needs at least one character")
        if wrong := sorted(char for char in self.chars if len(char) != 1 or not char.isprintable()):
            raise ValueError(f"a CharSet holds single printable characters, not {wrong[0]!r}")

    def __contains__(self, char: object) -> bool:
        return char in self.chars

    def __add__(self, other: CharSet) -> CharSet:
        return CharSet(self.chars | other.chars)

    @property
    def letters(self) -> frozenset[str]:
        return frozenset(char for char in self.chars if char.isalpha())

    @property
    def digits(self) -> frozenset[str]:
        return frozenset(char for char in self.chars if char.isdecimal())

    @property
    def symbols(self) -> frozenset[str]:
        """Everything that is neither a letter nor a digit."""
        return self.chars - self.letters - self.digits


def symbols(chars: str) -> CharSet:
    """The given symbols, for example ``symbols("-_!")``. Letters and digits have their own sets: ``ValueError``."""
    if wrong := [char for char in chars if char.isalnum()]:
        raise ValueError(f"symbols() takes symbols only, not {wrong[0]!r}")
    return CharSet(frozenset(chars))


ASCII_LOWER = CharSet(frozenset(ascii_lowercase))
ASCII_UPPER = CharSet(frozenset(ascii_uppercase))
ASCII_LETTERS = ASCII_LOWER + ASCII_UPPER
DIGITS = CharSet(frozenset(digits))
ASCII_SYMBOLS = symbols(punctuation)
"""All 32 half-width marks of ASCII, without the space."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordPolicy:
    """The rules of one kind of password.

    ``length``: least and most code points. ``alphabet``: ``None`` means any printable character, the space included.
    ``letters``, ``digits``, ``symbols``, ``digits_or_symbols``: how many of each are needed at least.
    ``differ_from_login``: may not be (or contain) a login ID. ``context``: whether a login ID, brand or customer number
    is refused inside the password too or only as the whole of it, which keeps passwords of 6 to 8 characters usable.
    ``history``: how many earlier passwords are refused besides the present one, or ``"all"``.
    ``common``: refuse well-known passwords. ``cool_down``: the least time between two changes.
    ``effective_within``: how long a change may take to work everywhere; meanwhile who gives the former password is not
    let in, and not counted either.
    ``echo``: how many first characters a confirm page shows, at most half of the shortest password.
    ``stops``: the input takes no more characters than the longest password has; else a longer one is refused in words.
    """

    length: tuple[int, int] = (12, 128)
    alphabet: CharSet | None = None
    letters: int = 0
    digits: int = 0
    symbols: int = 0
    digits_or_symbols: int = 0
    differ_from_login: bool = True
    context: Containment = "contain"
    history: int | Literal["all"] = 0
    common: bool = True
    cool_down: timedelta | None = None
    effective_within: timedelta | None = None
    echo: int = 0
    stops: bool = False

    def __post_init__(self) -> None:
        _check_length(self.length, LONGEST_PASSWORD)
        self._check_needs()
        if self.context not in ("contain", "equal"):
            raise ValueError(f'context is "contain" or "equal", not {self.context!r}')
        if self.history != "all" and (isinstance(self.history, str) or self.history < 0):
            raise ValueError(f'history is a number from 0 or "all", not {self.history!r}')
        for name, span in (("cool_down", self.cool_down), ("effective_within", self.effective_within)):
            if span is not None and span <= timedelta():
                raise ValueError(f"{name} must be longer than nothing, not {span}")
        if not 0 <= self.echo <= self.length[0] // 2:
            raise ValueError(f"echo may show at most half of {self.length[0]} characters, not {self.echo}")

    def _check_needs(self) -> None:
        needs = {name: getattr(self, name) for name in ("letters", "digits", "symbols", "digits_or_symbols")}
        for name, need in needs.items():
            if need < 0:
                raise ValueError(f"{name} cannot be negative: {need}")
        rest = max(self.digits + self.symbols, self.digits_or_symbols)
        if self.letters + rest > self.length[1]:
            raise ValueError(f"{self.letters + rest} needed characters do not fit into {self.length[1]}")
        if self.alphabet is None:
            return
        offers = {
            "letters": bool(self.alphabet.letters),
            "digits": bool(self.alphabet.digits),
            "symbols": bool(self.alphabet.symbols),
            "digits_or_symbols": bool(self.alphabet.digits or self.alphabet.symbols),
        }
        for name, need in needs.items():
            if need and not offers[name]:
                raise ValueError(f"{need} {name} are needed, but the alphabet has none")


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentifierPolicy:
    """The rules of a login ID or another name that people choose.

    ``case_sensitive=False``: stored as typed, compared without case. ``first``, ``last``: what the first and the last
    character must be one of, when not any of the alphabet.
    ``reserved``: names nobody may take, compared without case and width. ``grouped``: a number that people write in
    groups; blanks, hyphens and the width of digits make no difference where it is typed.
    """

    length: tuple[int, int]
    alphabet: CharSet
    case_sensitive: bool = False
    grouped: bool = False
    first: CharSet | None = None
    last: CharSet | None = None
    reserved: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        _check_length(self.length, LONGEST_IDENTIFIER)
        for name, chars in (("first", self.first), ("last", self.last)):
            if chars is not None and (strange := sorted(chars.chars - self.alphabet.chars)):
                raise ValueError(f"{name} names {strange[0]!r}, which the alphabet does not have")
        if "" in self.reserved:
            raise ValueError("reserved names cannot be empty")


def _check_length(length: tuple[int, int], longest: int) -> None:
    least, most = length
    if not 1 <= least <= most <= longest:
        raise ValueError(f"length must satisfy 1 <= min <= max <= {longest}, not ({least}, {most})")


DEFAULT_PASSWORD_POLICY = PasswordPolicy()
"""What the core asks for when an operator declares nothing: 12 to 128 characters of any kind, nothing well-known."""
