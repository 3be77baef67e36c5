from __future__ import annotations

import re
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import mypage.i18n
from mypage.auth.blocklist import is_common
from mypage.auth.passwords import Guessable, RuleResult, broken, check, check_identifier, history_result, present_result
from mypage.hooks.passwords import (
    ASCII_LETTERS,
    ASCII_LOWER,
    ASCII_SYMBOLS,
    DEFAULT_PASSWORD_POLICY,
    DIGITS,
    CharSet,
    IdentifierPolicy,
    PasswordPolicy,
    symbols,
)
from mypage.i18n import Catalogue, load_catalogue

ENGLISH = Catalogue("en")
PO_FILE = Path(mypage.i18n.__file__).parent / "locale" / "ja" / "passwords.po"
ALNUM = ASCII_LETTERS + DIGITS

CHOSEN_LOGIN = IdentifierPolicy(length=(4, 20), alphabet=ALNUM)
ACCOUNT_ID = IdentifierPolicy(
    length=(3, 15),
    alphabet=ASCII_LOWER + DIGITS + symbols("-"),
    first=ASCII_LOWER,
    last=ASCII_LOWER + DIGITS,
)
CHOSEN_PASSWORD = PasswordPolicy(length=(6, 50), alphabet=ALNUM, context="equal")
LINE_PASSWORD = PasswordPolicy(
    length=(6, 8),
    alphabet=ALNUM + symbols("!$%&'()*+,-./;<=>?[]^_{}`~"),
    letters=2,
    digits_or_symbols=1,
    common=False,
    context="equal",
    cool_down=timedelta(hours=1),
    effective_within=timedelta(minutes=5),
)
MEMBER_PASSWORD = PasswordPolicy(
    length=(8, 16),
    alphabet=ALNUM + symbols("-_"),
    letters=1,
    digits=1,
    history="all",
    common=False,
    context="equal",
    echo=3,
)
CUSTOMER_PASSWORD = PasswordPolicy(
    length=(6, 10), alphabet=ALNUM + ASCII_SYMBOLS, common=False, context="equal", echo=3
)

MIXED = "k7Qm2xR9vTz4Lw8Bn3Gd6Hf1Jp5Ks0YcWaXeUiOoPtZrMqNbVd"


@pytest.fixture(scope="module")
def japanese() -> Catalogue:
    return load_catalogue("ja", [PO_FILE])


def codes(policy: PasswordPolicy, password: str, **known: Any) -> list[str]:
    return [result.code for result in broken(check(policy, password, t=ENGLISH, **known))]


def identifier_codes(value: str, policy: IdentifierPolicy = CHOSEN_LOGIN) -> list[str]:
    return [result.code for result in broken(check_identifier(policy, value, ENGLISH))]


@pytest.mark.req("ACTV-14")
@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("ab1", ["length"]),
        ("ab12", []),
        ("TARO", []),
        ("a" * 20, []),
        ("a" * 21, ["length"]),
        ("", ["length"]),
        ("taro-1", ["characters"]),
        ("taro_1", ["characters"]),
        ("taro 1", ["characters"]),
        ("ｔaro1", ["characters"]),
        ("taro１", ["characters"]),
        ("太郎太郎", ["characters"]),
        ("ﾀﾛｳ12", ["characters"]),
        ("taro1\x00", ["characters"]),
        ("taro\n", ["characters"]),
        ("tar\ud800", ["characters"]),
        ("é123", ["characters"]),
    ],
)
def test_a_chosen_login_id(value: str, expected: list[str]) -> None:
    assert identifier_codes(value) == expected


@pytest.mark.req("ACTV-15")
@pytest.mark.parametrize(
    ("password", "expected"),
    [
        (MIXED[:5], ["length"]),
        (MIXED[:6], []),
        (MIXED[:50], []),
        (MIXED + "9", ["length"]),
        (MIXED[:10] + "-", ["characters"]),
        (MIXED[:10] + "!", ["characters"]),
        (MIXED[:10] + " ", ["characters"]),
        ("ｋ７Ｑｍ２ｘ", ["characters"]),
        (MIXED[:10] + "é", ["characters"]),
        (MIXED[:10] + "\x00", ["characters"]),
        ("", ["length"]),
    ],
)
def test_a_chosen_password(password: str, expected: list[str]) -> None:
    assert len(MIXED) == 50
    assert codes(CHOSEN_PASSWORD, password) == expected


@pytest.mark.req("OCN-20")
@pytest.mark.parametrize("password", ["abc123", "ab!!!!", "ABcd~1", "abcdefg1", "ab{`}12"])
def test_a_line_password_that_passes(password: str) -> None:
    assert codes(LINE_PASSWORD, password) == []


@pytest.mark.req("OCN-20")
@pytest.mark.parametrize(
    ("password", "expected"),
    [
        ("abc12", ["length"]),
        ("abcdefgh1", ["length"]),
        ("a12345", ["letters"]),
        ("abcdef", ["digits_or_symbols"]),
        ("123456", ["letters"]),
        ("!!!!11", ["letters"]),
        *((f"abc{char}12", ["characters"]) for char in '#":@|\\ ！'),
        ("ａｂｃ１２３", ["characters", "letters", "digits_or_symbols"]),
    ],
)
def test_a_line_password_that_fails(password: str, expected: list[str]) -> None:
    assert codes(LINE_PASSWORD, password) == expected


@pytest.mark.req("UCOM-26")
@pytest.mark.parametrize(
    ("password", "expected"),
    [
        ("abcdef-1", []),
        ("abcdefgh1234567_", []),
        ("abcde-1", ["length"]),
        ("abcdefgh1234567_x", ["length"]),
        ("abcdefgh", ["digits"]),
        ("12345678", ["letters"]),
        ("abcdef.1", ["characters"]),
        ("member-01", ["login"]),
        ("MEMBER-01", ["login"]),
        ("member-011", []),
    ],
)
def test_a_member_password(password: str, expected: list[str]) -> None:
    assert codes(MEMBER_PASSWORD, password, login_ids=["member-01"]) == expected


@pytest.mark.req("UCOM-29", "UCOM-30")
@pytest.mark.parametrize(
    ("password", "expected"),
    [("a-b~1", ["length"]), ("a-b~1|", []), ("\\\"'`#@!$%^", []), ("a" * 11, ["length"]), ("a-b 1x", ["characters"])],
)
def test_a_customer_password(password: str, expected: list[str]) -> None:
    assert codes(CUSTOMER_PASSWORD, password) == expected


class TestCoreDefault:
    @pytest.mark.parametrize(
        "password", ["正しい馬と電池とホチキスの針", "tall giraffe sings", "👨‍👩‍👧 und drei Äpfel", "x9!kQ~ v2&Lm"]
    )
    def test_takes_what_people_can_type(self, password: str) -> None:
        assert codes(DEFAULT_PASSWORD_POLICY, password) == []

    @pytest.mark.parametrize(
        "dirt", ["\x00", "\n", "\x1b", "\x7f", "\x9f", "\ud800", "\u200b", "\ufeff", "\u202e", "\u2028"]
    )
    def test_refuses_what_nobody_types(self, dirt: str) -> None:
        results = check(DEFAULT_PASSWORD_POLICY, f"tall giraffe{dirt} sings", t=ENGLISH)
        assert [result.code for result in broken(results)] == ["characters"]
        assert f"U+{ord(dirt):04X}" in broken(results)[0].text

    @pytest.mark.parametrize(("length", "expected"), [(11, ["length"]), (12, []), (128, []), (129, ["length"])])
    def test_counts_code_points(self, length: int, expected: list[str]) -> None:
        assert codes(PasswordPolicy(common=False), "𩸽" * length) == expected

    def test_refuses_names_inside(self) -> None:
        known = {"login_ids": ["taro1@example.jp"], "guessable": Guessable(("Blue Net", "0123-4567", "xy"))}
        assert codes(DEFAULT_PASSWORD_POLICY, "the TARO1 of sings", **known) == ["login"]
        assert codes(DEFAULT_PASSWORD_POLICY, "giraffe blue-net 7", **known) == ["context"]
        assert codes(DEFAULT_PASSWORD_POLICY, "giraffe ０１２３４５６７ x", **known) == ["context"]
        assert codes(DEFAULT_PASSWORD_POLICY, "giraffe galaxy tall", **known) == []


@pytest.mark.parametrize(
    "password",
    [
        "password", "PASSWORD", "ｐａｓｓｗｏｒｄ", "password1", "Password2024", "P@ssw0rd!", "m0nk3y99",
        "iloveyou", "sakura2024",
        "dragon99",
        "123456", "1234567890", "9876543210", "abcdefgh", "qwertyuiop", "asdfghjkl123", "1qaz2wsx3edc", "qweasdzxc",
        "zyxwvu",
        "aaaaaaaa", "aaaabbbbcccc", "abababababab", "123123123123", "passwordpassword", "あああああああ",
        "19800131", "1980-01-31", "31121999", "800131", "qwerty123456", "111222333444", "administrator",
    ],
)  # fmt: skip
def test_well_known_passwords(password: str) -> None:
    assert is_common(password)


@pytest.mark.parametrize(
    "password",
    [
        "k7Qm2x",
        "tall giraffe sings",
        "",
        "19801331",
        "x",
        "mitsubachi to kumo",
        "a1b2x9",
        "0",
        "passwort-brunnen",
    ],
)
def test_passwords_nobody_lists(password: str) -> None:
    assert not is_common(password)


def test_the_list_holds_three_thousand() -> None:
    listed = (
        (Path(mypage.i18n.__file__).parent.parent / "auth" / "common_passwords.txt").read_text("utf-8").splitlines()
    )
    words = [line for line in listed if not line.startswith("#")]
    assert len(words) >= 3000
    assert len(words) == len(set(words))
    assert all(word == word.casefold() and word.isascii() and word for word in words)


def test_messages_name_the_wrong_characters_and_no_more_than_three(japanese: Catalogue) -> None:
    results = {result.code: result for result in check(CHOSEN_PASSWORD, "ab！！＃ ｃ%d\x00", t=japanese)}
    assert results["characters"].text == "半角英数字だけ（使えない文字: ！ ＃ 空白）"
    assert results["length"].text == "6文字以上50文字以内"
    good = {result.code: result for result in check(CHOSEN_PASSWORD, "k7Qm2x", t=japanese)}
    assert good["characters"].text == "半角英数字だけ"


@pytest.mark.parametrize(
    ("alphabet", "text"),
    [
        (ALNUM, "Only half-width letters and digits"),
        (ALNUM + symbols("_-"), "Only half-width letters and digits, the symbols - _"),
        (ASCII_LOWER + DIGITS, "Only half-width small letters, half-width digits"),
        (ALNUM + ASCII_SYMBOLS, "Only half-width letters and digits, half-width symbols"),
        (DIGITS + CharSet(frozenset("アイ")), "Only half-width digits, the characters ア イ"),
    ],
)
def test_an_alphabet_is_told_in_words(alphabet: CharSet, text: str) -> None:
    policy = PasswordPolicy(length=(1, 9), alphabet=alphabet)
    assert check(policy, "1", t=ENGLISH)[1] == RuleResult("characters", text, True)


def test_every_text_has_its_japanese(japanese: Catalogue) -> None:
    asked: set[str] = set()

    def listen(message: str, /, **values: Any) -> str:
        asked.add(message)
        return ENGLISH(message, **values)

    names = symbols("-")
    everything = PasswordPolicy(
        length=(8, 8), alphabet=ALNUM + names, letters=1, digits=1, symbols=1, digits_or_symbols=1
    )
    own = PasswordPolicy(length=(1, 9), alphabet=CharSet(frozenset("ア-")), context="equal")
    for policy in (everything, own, DEFAULT_PASSWORD_POLICY):
        check(policy, "\x00 ", guessable=Guessable(("brand",)), t=listen)
        check(policy, "a", t=listen)
    for first in (ASCII_LETTERS, DIGITS):
        named = IdentifierPolicy(length=(1, 9), alphabet=ALNUM, first=first, last=DIGITS, reserved=frozenset({"x"}))
        check_identifier(named, "", listen)
    check_identifier(ACCOUNT_ID, "", listen)
    present_result(True, listen)
    history_result(MEMBER_PASSWORD, True, listen)
    history_result(PasswordPolicy(history=3), True, listen)
    assert asked == set(japanese.messages)


def test_history_and_present_are_worded_for_the_service() -> None:
    assert history_result(PasswordPolicy(history=3), True, ENGLISH) == RuleResult(
        "history", "Not one of the passwords you used before (last 3)", False
    )
    assert history_result(MEMBER_PASSWORD, False, ENGLISH).ok
    assert present_result(True, ENGLISH).code == "present"


def test_identifiers_may_begin_with_a_letter_and_keep_off_reserved_names() -> None:
    policy = IdentifierPolicy(
        length=(3, 8), alphabet=ALNUM, first=ASCII_LETTERS, reserved=frozenset({"Admin", "ｒｏｏｔ"})
    )
    assert identifier_codes("1abc", policy) == ["first"]
    assert identifier_codes("ADMIN", policy) == ["reserved"]
    assert identifier_codes("root", policy) == ["reserved"]
    assert identifier_codes("", policy) == ["length", "first"]
    assert identifier_codes("adminx", policy) == []


@pytest.mark.req("UCOM-19", "UCOM-20")
@pytest.mark.parametrize("good", ["arteri-an-001", "abc", "a-1", "a--b", "abcdefghijklmno"])
def test_an_identifier_with_rules_for_its_ends(good: str) -> None:
    assert identifier_codes(good, ACCOUNT_ID) == []


@pytest.mark.req("UCOM-19", "UCOM-20")
@pytest.mark.parametrize(
    ("bad", "codes"),
    [
        ("1abc", ["first"]),
        ("-abc", ["first"]),
        ("abc-", ["last"]),
        ("ab", ["length"]),
        ("abcdefghijklmnop", ["length"]),
        ("Abc", ["characters", "first"]),
        ("aBc", ["characters"]),
        ("abC", ["characters", "last"]),
        ("a_c", ["characters"]),
        ("ａbc", ["characters", "first"]),
        ("", ["length", "first", "last"]),
    ],
)
def test_an_identifier_with_wrong_ends(bad: str, codes: list[str]) -> None:
    assert identifier_codes(bad, ACCOUNT_ID) == codes


@pytest.mark.req("UCOM-20")
@given(st.text(alphabet="aAz09-_ｱあ", max_size=17))
def test_the_rules_of_an_account_id_are_its_pattern(value: str) -> None:
    assert (identifier_codes(value, ACCOUNT_ID) == []) == bool(re.fullmatch("[a-z][a-z0-9-]{1,13}[a-z0-9]", value))


@pytest.mark.parametrize("policy", [DEFAULT_PASSWORD_POLICY, CHOSEN_PASSWORD, LINE_PASSWORD])
@pytest.mark.parametrize("unit", ["a", "\x00", "\u0315\u0300", "ab1!", "漢"])
def test_a_megabyte_is_answered_at_once(policy: PasswordPolicy, unit: str) -> None:
    start = time.process_time()
    assert "length" in codes(
        policy, unit * 1_000_000, login_ids=[unit * 1000], guessable=Guessable((unit * 1_000_000,))
    )
    assert time.process_time() - start < 0.5
    identifier_codes(unit * 1_000_000)
    assert time.process_time() - start < 1


@given(st.text(max_size=300), st.lists(st.text(max_size=20), max_size=3))
def test_any_text_is_judged_and_only_rule_keepers_pass(password: str, words: list[str]) -> None:
    for policy in (DEFAULT_PASSWORD_POLICY, CHOSEN_PASSWORD, LINE_PASSWORD, MEMBER_PASSWORD):
        good = not codes(policy, password, login_ids=words, guessable=Guessable(tuple(words)))
        if not good:
            continue
        assert policy.length[0] <= len(password) <= policy.length[1]
        assert password not in words
        assert policy.alphabet is None or all(char in policy.alphabet for char in password)
        assert "\x00" not in password
        password.encode("utf-8")


@given(st.text(alphabet="abcXYZ0189!-_~", min_size=1, max_size=12))
def test_line_rules_agree_with_a_plain_reading(password: str) -> None:
    letters = sum(char in "abcXYZ" for char in password)
    expected = 6 <= len(password) <= 8 and letters >= 2 and len(password) - letters >= 1
    assert (codes(LINE_PASSWORD, password) == []) == expected


@given(st.text(alphabet="abcXYZ0189", max_size=60))
def test_login_ids_agree_with_a_plain_reading(value: str) -> None:
    assert (identifier_codes(value) == []) == (4 <= len(value) <= 20)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"length": (8, 6)}, "length"),
        ({"length": (0, 6)}, "length"),
        ({"length": (6, 2000)}, "length"),
        ({"length": (1, 3), "letters": 2, "digits": 1, "symbols": 1}, "do not fit into 3"),
        ({"length": (1, 3), "letters": 2, "digits_or_symbols": 2}, "do not fit into 3"),
        ({"letters": -1}, "negative"),
        ({"alphabet": DIGITS, "letters": 1}, "alphabet has none"),
        ({"alphabet": ALNUM, "symbols": 1}, "alphabet has none"),
        ({"alphabet": ASCII_LETTERS, "digits_or_symbols": 1}, "alphabet has none"),
        ({"history": -1}, "history"),
        ({"history": "some"}, "history"),
        ({"context": "somewhere"}, "context"),
        ({"cool_down": timedelta(0)}, "cool_down"),
        ({"effective_within": timedelta(seconds=-1)}, "effective_within"),
        ({"length": (6, 8), "echo": 4}, "echo"),
        ({"echo": -1}, "echo"),
    ],
)
def test_a_policy_that_contradicts_itself_is_refused_in_one_line(values: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said) as refused:
        PasswordPolicy(**values)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "values",
    [
        {"length": (5, 4), "alphabet": ALNUM},
        {"length": (1, 4), "alphabet": DIGITS, "first": ASCII_LOWER},
        {"length": (1, 4), "alphabet": DIGITS, "last": symbols("-")},
        {"length": (1, 4), "alphabet": DIGITS, "reserved": frozenset({""})},
    ],
)
def test_an_identifier_policy_checks_itself(values: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"length|alphabet|reserved"):
        IdentifierPolicy(**values)


@pytest.mark.parametrize("chars", [frozenset[str](), frozenset({"ab"}), frozenset({"\x00"}), frozenset({"\u200b"})])
def test_a_character_set_holds_single_visible_characters(chars: frozenset[str]) -> None:
    with pytest.raises(ValueError, match="CharSet"):
        CharSet(chars)


def test_symbols_are_no_letters() -> None:
    with pytest.raises(ValueError, match="'a'"):
        symbols("-a")
