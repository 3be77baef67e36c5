"""Form fields: what a customer may type, and what becomes a message at the field."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mypage.forms.choices import ChoiceField, TickField
from mypage.forms.fields import (
    CaptchaField,
    CustomerNumberField,
    EmailField,
    LoginIdField,
    PartsField,
    PasswordField,
    PortalForm,
    TextAreaField,
    same_as,
)
from mypage.i18n import Catalogue

T = Catalogue("en")
NAMES = (
    "login",
    "secret",
    "again",
    "mail",
    "number",
    "code_1",
    "code_2",
    "code_3",
    "digits",
    "digits_token",
    "memo",
)
GOOD: dict[str, list[Any]] = {
    "login": ["hanako1958"],
    "secret": ["pass word"],
    "again": ["pass word"],
    "mail": ["hanako@example.jp"],
    "number": ["0012345"],
    "code_1": ["aB3d"],
    "code_2": ["7Kmp"],
    "code_3": ["Xy90"],
    "digits": ["3630"],
    "kind": ["a"],
    "agree": ["1"],
}


def form(data: dict[str, list[Any]] | None, values: dict[str, Any] | None = None) -> PortalForm:
    fields = {
        "login": LoginIdField("Login ID", min_length=4, max_length=20),
        "secret": PasswordField("Password", new=True),
        "again": PasswordField("Password again", checks=(same_as("secret"),)),
        "mail": EmailField("Mail"),
        "number": CustomerNumberField("Number"),
        "code": PartsField("Code", count=3),
        "digits": CaptchaField("Digits"),
        "kind": ChoiceField("Kind", options=(("a", "A"), ("b", "B"))),
        "agree": TickField("I agree"),
        "memo": TextAreaField("Memo", required=False),
    }
    return PortalForm(fields, data, t=T, values=values)


def test_good_input_is_taken_as_typed() -> None:
    filled = form(GOOD)
    assert filled.validate(), filled.errors
    assert filled["secret"].data == "pass word"
    assert filled["code"].data == ("aB3d", "7Kmp", "Xy90")
    assert filled.errors_for_summary() == []


@pytest.mark.req("ACTV-44")
def test_each_empty_required_field_has_its_own_message_with_a_link_to_it() -> None:
    empty = form({})
    assert not empty.validate()
    assert [target for target, _ in empty.errors_for_summary()] == [
        "login", "secret", "again", "mail", "number", "code_1", "digits", "kind", "agree",
    ]  # fmt: skip


@pytest.mark.req("ACTV-14")
@pytest.mark.parametrize(("length", "fits"), [(3, False), (4, True), (20, True), (21, False)])
def test_length_of_a_login_id(length: int, fits: bool) -> None:
    filled = form(GOOD | {"login": ["a" * length]})
    filled.validate()
    assert (not filled["login"].errors) is fits


@pytest.mark.req("ACTV-44")
def test_values_come_back_after_an_error_but_no_secret_and_no_captcha() -> None:
    filled = form(GOOD | {"again": ["other"]})
    assert not filled.validate()
    assert list(filled.errors) == ["again"]
    assert [filled[name].shown for name in ("login", "mail", "number")] == [
        "hanako1958",
        "hanako@example.jp",
        "0012345",
    ]
    assert [part.shown for part in filled["code"].parts] == ["aB3d", "7Kmp", "Xy90"]
    assert [filled[name].shown for name in ("secret", "again", "digits")] == [
        "",
        "",
        "",
    ]


@pytest.mark.req("ACTV-20")
def test_parts_of_a_code_lose_blanks_around_them_and_nothing_else() -> None:
    filled = form(GOOD | {"code_1": [" aB3d "], "code_2": ["７Kmp"]})
    filled.validate()
    assert filled["code"].data == ("aB3d", "７Kmp", "Xy90")


@pytest.mark.parametrize(
    ("typed", "taken"),
    [
        ("ｈａｎａｋｏ＠ｅｘａｍｐｌｅ．ｊｐ", "hanako@example.jp"),
        (" hanako@EXAMPLE.jp ", "hanako@example.jp"),
    ],
)
def test_a_mail_address_in_full_width_letters_is_understood(typed: str, taken: str) -> None:
    filled = form(GOOD | {"mail": [typed]})
    assert filled.validate(), filled.errors
    assert filled["mail"].data == taken


@pytest.mark.req("ACTV-44")
@pytest.mark.parametrize(
    "typed",
    [
        "hanako.example.jp",
        "@",
        "a@b@c.jp",
        "a b@example.jp",
        "a@-.jp",
        "花子@example.jp",
    ],
)
def test_a_broken_mail_address_has_a_message(typed: str) -> None:
    filled = form(GOOD | {"mail": [typed]})
    assert not filled.validate()
    assert list(filled.errors) == ["mail"]
    assert filled["mail"].shown == typed


def test_full_width_digits_of_number_and_captcha_count_as_half_width() -> None:
    filled = form(
        GOOD
        | {
            "number": [" ００１２ "],
            "digits": ["３ ６３０"],
            "digits_new": ["1"],
            "digits_token": ["abc"],
        }
    )
    filled.validate()
    assert (filled["number"].data, filled["digits"].data) == ("0012", "3630")
    assert filled["digits"].wants_new
    assert filled["digits"].token == "abc"


@pytest.mark.parametrize("bad", ["a\0b", "\ud800", "a\nb", "\x1b[0m", "x" * 1_000_000])
def test_hostile_values_are_refused_with_a_message(bad: str) -> None:
    filled = form(GOOD | {name: [bad, "second"] for name in NAMES})
    assert not filled.validate()
    assert filled["login"].errors
    assert len(filled["login"].shown) <= 2_000
    assert "\0" not in filled["login"].shown


def test_a_choice_that_was_not_offered_is_refused() -> None:
    filled = form(GOOD | {"kind": ["c"]})
    assert not filled.validate()
    assert list(filled.errors) == ["kind"]


def test_messages_found_elsewhere_join_the_summary() -> None:
    filled = form(GOOD)
    filled.validate()
    filled.add_error("login", "taken")
    filled.add_error(None, "all wrong")
    assert filled.errors_for_summary() == [("", "all wrong"), ("login", "taken")]
    assert filled.errors


def test_initial_values_and_two_forms_on_one_page() -> None:
    shown = form(None, {"login": "hanako", "code": ("a", "b")})
    assert shown["login"].shown == "hanako"
    assert [part.shown for part in shown["code"].parts] == ["a", "b", ""]
    other = PortalForm({"login": LoginIdField("ID")}, {"x-login": ["taro"]}, t=T, prefix="x")
    assert (other["login"].id, other.text("login")) == ("x-login", "taro")


@given(
    st.dictionaries(
        st.sampled_from(NAMES),
        st.lists(st.text(st.characters(codec=None)) | st.binary(), max_size=3),
    )
)
def test_no_input_raises(data: dict[str, list[Any]]) -> None:
    filled = form(data)
    filled.validate()
    filled.errors_for_summary()


@pytest.mark.req("ACTV-18")
def test_a_code_in_full_width_is_told_so_at_the_field() -> None:
    typed = form({"code_1": ["ａＢ３ｄ"], "code_2": ["7Kmp"], "code_3": ["Xy90"]})
    typed.validate()
    assert typed["code"].errors == ["Enter Code in half-width characters"]
    assert typed["code"].data[0] == "ａＢ３ｄ", "what was typed stays"
