"""Applies the rules that an operator declared: each rule gives one result, in the order people read them.

A page shows the results as a checklist while somebody types, and names the broken ones as errors. Passwords are taken
exactly as typed; nothing is trimmed, folded or cut.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from unicodedata import category, normalize

from mypage.auth.blocklist import is_common
from mypage.hooks.passwords import (
    ASCII_LETTERS,
    ASCII_LOWER,
    ASCII_SYMBOLS,
    ASCII_UPPER,
    DIGITS,
    LONGEST_PASSWORD,
    CharSet,
    IdentifierPolicy,
    PasswordPolicy,
)
from mypage.i18n import Translator
from mypage.lib.text import fold_identifier

MASK = "*****"
"""In place of a password on a page; the number of asterisks says nothing about the length (UCOM-34)."""
_REFUSED_CATEGORIES = frozenset({"Cc", "Cs", "Co", "Zl", "Zp"})
_JOINERS = "\u200c\u200d"
_NAMED_CHARACTERS = 3
_LISTED_CHARACTERS = 40
_SHORTEST_CONTAINED = 4


@dataclass(frozen=True, slots=True)
class RuleResult:
    """One rule in words, and whether the value keeps it. ``code`` is stable; ``text`` is in the reader's language."""

    code: str
    text: str
    ok: bool


@dataclass(frozen=True, slots=True)
class Guessable:
    """What strangers try first here: ``words`` such as brand and customer number, and ``leaked`` passwords."""

    words: tuple[str, ...] = ()
    leaked: Callable[[str], bool] = lambda _: False


def check(
    policy: PasswordPolicy,
    password: str,
    *,
    login_ids: Iterable[str] = (),
    guessable: Guessable = Guessable(),
    t: Translator,
) -> tuple[RuleResult, ...]:
    """Every rule of the policy. The rules of history and of the present password need hashes: see the builders below.

    Any string is safe, and a long one is answered fast.
    """
    seen = password[: LONGEST_PASSWORD + 1]
    words = guessable.words
    results = [
        RuleResult("length", _length_text(policy.length, t), policy.length[0] <= len(password) <= policy.length[1]),
        *_character_result(policy.alphabet, seen, t),
        *_composition(policy, seen, t),
    ]
    if policy.differ_from_login:
        results.append(RuleResult("login", _login_text(policy, t), not _reveals(policy, seen, _with_local(login_ids))))
    if words:
        results.append(RuleResult("context", _context_text(policy, t), not _reveals(policy, seen, words)))
    if policy.common:
        easy = is_common(seen) or guessable.leaked(password)
        results.append(RuleResult("common", t("Not a password that is easy to guess"), not easy))
    return tuple(results)


def broken(results: Iterable[RuleResult]) -> tuple[RuleResult, ...]:
    """The results to report as errors; none means that the value is good."""
    return tuple(result for result in results if not result.ok)


def present_result(same: bool, t: Translator) -> RuleResult:
    """The rule that a new password is not the present one; the service compares by hash."""
    return RuleResult("present", t("Differs from your present password"), not same)


def history_result(policy: PasswordPolicy, used_before: bool, t: Translator) -> RuleResult:
    """The rule about earlier passwords, where ``policy.history`` is not 0; the service compares by hash."""
    if policy.history == "all":
        text = t("Not a password you used before")
    else:
        text = t("Not one of the passwords you used before (last %(n)s)", n=policy.history)
    return RuleResult("history", text, not used_before)


def check_identifier(policy: IdentifierPolicy, value: str, t: Translator) -> tuple[RuleResult, ...]:
    """Every rule of an identifier as it was typed; whether it is free is for the service to say."""
    seen = value[: policy.length[1] + 1]
    results = [
        RuleResult("length", _length_text(policy.length, t), policy.length[0] <= len(value) <= policy.length[1]),
        *_character_result(policy.alphabet, seen, t),
    ]
    if policy.first is not None:
        results.append(RuleResult("first", _first_text(policy, policy.first, t), seen[:1] in policy.first.chars))
    if policy.last is not None:
        text = t("Ends with one of these: %(kinds)s", kinds=_kinds(policy.last, t))
        results.append(RuleResult("last", text, value[-1:] in policy.last.chars))
    if policy.reserved:
        reserved = {fold_identifier(name) for name in policy.reserved}
        results.append(RuleResult("reserved", t("Not a reserved name"), fold_identifier(seen) not in reserved))
    return tuple(results)


def _first_text(policy: IdentifierPolicy, first: CharSet, t: Translator) -> str:
    if first.chars == policy.alphabet.letters:
        return t("Begins with a letter")
    return t("Begins with one of these: %(kinds)s", kinds=_kinds(first, t))


def _length_text(length: tuple[int, int], t: Translator) -> str:
    least, most = length
    if least == most:
        return t("Exactly %(n)s characters", n=least)
    return t("%(min)s to %(max)s characters", min=least, max=most)


def _character_result(alphabet: CharSet | None, value: str, t: Translator) -> Iterator[RuleResult]:
    wrong = dict.fromkeys(
        char for char in value if _is_refused(char) or (alphabet is not None and char not in alphabet)
    )
    named = " ".join(_visible(char, t) for char in list(wrong)[:_NAMED_CHARACTERS])
    if alphabet is None:
        if wrong:
            text = t("No control characters or other invisible ones (cannot be used: %(chars)s)", chars=named)
            yield RuleResult("characters", text, False)
        return
    kinds = _kinds(alphabet, t)
    if wrong:
        yield RuleResult("characters", t("Only %(kinds)s (cannot be used: %(chars)s)", kinds=kinds, chars=named), False)
    else:
        yield RuleResult("characters", t("Only %(kinds)s", kinds=kinds), True)


def _is_refused(char: str) -> bool:
    kind = category(char)
    return kind in _REFUSED_CATEGORIES or (kind == "Cf" and char not in _JOINERS)


def _visible(char: str, t: Translator) -> str:
    if char == " ":
        return t("space")
    return char if char.isprintable() and not char.isspace() else f"U+{ord(char):04X}"


def _kinds(alphabet: CharSet, t: Translator) -> str:
    """The alphabet in words, for example "half-width letters and digits, the symbols - _"."""
    rest = set(alphabet.chars)
    named = []
    for chars, text in (
        ((ASCII_LETTERS + DIGITS).chars, t("half-width letters and digits")),
        (ASCII_LETTERS.chars, t("half-width letters")),
        (ASCII_LOWER.chars, t("half-width small letters")),
        (ASCII_UPPER.chars, t("half-width capital letters")),
        (DIGITS.chars, t("half-width digits")),
        (ASCII_SYMBOLS.chars, t("half-width symbols")),
    ):
        if chars <= rest:
            named.append(text)
            rest -= chars
    if rest:
        listed = " ".join(_visible(char, t) for char in sorted(rest)[:_LISTED_CHARACTERS])
        only_symbols = rest <= alphabet.symbols
        named.append(
            t("the symbols %(chars)s", chars=listed) if only_symbols else t("the characters %(chars)s", chars=listed)
        )
    joined = named[0]
    for text in named[1:]:
        joined = t("%(first)s, %(second)s", first=joined, second=text)
    return joined


def _composition(policy: PasswordPolicy, value: str, t: Translator) -> Iterator[RuleResult]:
    usable = [char for char in value if policy.alphabet is None or char in policy.alphabet]
    letters = sum(char.isalpha() for char in usable)
    digits = sum(char.isdecimal() for char in usable)
    symbols = len(usable) - letters - digits
    for code, need, count, text in (
        ("letters", policy.letters, letters, t("Letters: %(n)s or more", n=policy.letters)),
        ("digits", policy.digits, digits, t("Digits: %(n)s or more", n=policy.digits)),
        ("symbols", policy.symbols, symbols, t("Symbols: %(n)s or more", n=policy.symbols)),
        (
            "digits_or_symbols",
            policy.digits_or_symbols,
            digits + symbols,
            t("Digits or symbols: %(n)s or more", n=policy.digits_or_symbols),
        ),
    ):
        if need:
            yield RuleResult(code, text, count >= need)


def _login_text(policy: PasswordPolicy, t: Translator) -> str:
    if policy.context == "equal":
        return t("Differs from your login ID")
    return t("Does not contain your login ID")


def _context_text(policy: PasswordPolicy, t: Translator) -> str:
    if policy.context == "equal":
        return t("Differs from your customer number and the name of the service")
    return t("Does not contain your customer number or the name of the service")


def _with_local(login_ids: Iterable[str]) -> Iterator[str]:
    for login_id in login_ids:
        yield login_id
        yield login_id.partition("@")[0]


def _reveals(policy: PasswordPolicy, password: str, words: Iterable[str]) -> bool:
    folded = _fold(password)
    squeezed = _squeeze(folded)
    for word in words:
        known = _fold(word[:LONGEST_PASSWORD])
        core = _squeeze(known)
        if known and known == folded:
            return True
        if policy.context == "contain" and len(core) >= _SHORTEST_CONTAINED and core in squeezed:
            return True
    return False


def _fold(text: str) -> str:
    return normalize("NFKC", text).casefold()


def _squeeze(text: str) -> str:
    return "".join(char for char in text if char.isalnum())
