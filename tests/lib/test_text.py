from __future__ import annotations

import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mypage.lib.text import BadText, clean_text, fold_digits, fold_identifier, fold_kana, is_half_width

HYPHENS = "-‐‑‒–—―−－﹣⁻─━"
ANY_TEXT = st.text(max_size=60)
TRICKY = st.text(alphabet="ーｰ-−－ ｶﾞカがﾟ゛゙゚１1ﬁİßΣ\u200b\u00ad　①㍿", max_size=12)


@pytest.mark.parametrize(
    "typed", ["０１２３−４５６", "0123-456", " 0123 456　", "０１２３ー４５６", "0123ｰ456", "01\u200b23-456"]
)
def test_a_customer_number_has_one_key_however_it_is_typed(typed: str) -> None:
    assert fold_digits(typed) == "0123456"


@pytest.mark.parametrize("typed", ["12a4", "一二三", "12.4", "١٢٣"])
def test_what_is_no_digit_stays_for_the_check_that_follows(typed: str) -> None:
    assert not (fold_digits(typed).isascii() and fold_digits(typed).isdigit())


@pytest.mark.parametrize("hyphen", HYPHENS + "ーｰ")
def test_every_hyphen_is_one_hyphen_in_an_identifier(hyphen: str) -> None:
    assert fold_identifier(f"A{hyphen}1") == "a-1"


def test_the_long_vowel_mark_stays_after_kana_only() -> None:
    assert fold_identifier("サーバ") == fold_identifier("ｻｰﾊﾞ") == "サーバ"
    assert fold_identifier("12ーー34") == "12--34"


@pytest.mark.parametrize(
    "typed", ["taro1", "TARO1", "ｔａｒｏ１", " Taro1\u3000", "ta\u200bro1", "\ufefftaro1", "ta\u00adro1"]
)
def test_spellings_of_one_login_id_coincide(typed: str) -> None:
    assert fold_identifier(typed) == "taro1"


def test_case_can_be_told_apart_while_width_is_not() -> None:
    assert fold_identifier("Ｔaro", case_sensitive=True) == "Taro"


@pytest.mark.parametrize(
    "typed", ["ラーメン", "らーめん", "ﾗｰﾒﾝ", "ラ-メン", "ら‐めん", "ﾗ−ﾒﾝ", "ラ－メン", " ラー メン"]
)
def test_names_are_found_in_every_kind_of_kana(typed: str) -> None:
    assert fold_kana(typed) == "ラーメン"


def test_voicing_marks_join_their_kana() -> None:
    assert fold_kana("ｶﾞｷﾞﾊﾟ") == fold_kana("がぎぱ") == fold_kana("か\u3099き\u3099は\u309a") == "ガギパ"
    assert fold_kana("ゔ") == "ヴ"


def test_a_hyphen_between_latin_letters_is_no_vowel() -> None:
    assert fold_kana("A-B") == "a-b"


@given(st.one_of(ANY_TEXT, TRICKY))
@example("゛")
@example("か ゛")
@example("İ")
@example("ΐ")
@example("\u0345")
@example("İ\u3099ー")
def test_folding_twice_changes_nothing(text: str) -> None:
    for fold in (fold_identifier, fold_digits, fold_kana):
        assert fold(fold(text)) == fold(text)


@pytest.mark.parametrize("fold", [fold_identifier, fold_digits, fold_kana])
def test_a_megabyte_of_combining_marks_takes_no_time(fold: object) -> None:
    start = time.process_time()
    assert callable(fold)
    fold("a" + "\u0315\u0300" * 500_000)
    assert time.process_time() - start < 0.5


@pytest.mark.parametrize(
    ("dirty", "code"),
    [
        ("a\x00b", "control"),
        ("a\x1bb", "control"),
        ("a\x7f", "control"),
        ("a\x85b", "control"),
        ("\ud800", "surrogate"),
        ("x\udfff", "surrogate"),
        ("abc\u202etxt", "direction"),
        ("a\nb", "line-break"),
        ("a\r\nBcc: x", "line-break"),
        ("a\u2028b", "line-break"),
    ],
)
def test_bad_text_is_refused_with_its_reason(dirty: str, code: str) -> None:
    with pytest.raises(BadText) as refused:
        clean_text(dirty)
    assert refused.value.code == code


def test_lines_are_kept_where_they_are_meant() -> None:
    assert clean_text(" 一行目\r\n二行目\r三行目\n", multiline=True) == "一行目\n二行目\n三行目"


@pytest.mark.parametrize("name", ["髙橋", "山﨑", "神田", "葛\U000e0100城", "㈱東北", "👨‍👩‍👧"])
def test_names_keep_their_code_points(name: str) -> None:
    assert clean_text(name) == name


def test_paste_dirt_goes_and_split_voicing_is_joined() -> None:
    assert clean_text("\ufeffか\u3099っこう\u200b　") == "がっこう"


@given(ANY_TEXT, st.booleans())
def test_clean_text_is_stable(text: str, multiline: bool) -> None:
    try:
        cleaned = clean_text(text, multiline=multiline)
    except BadText:
        return
    assert clean_text(cleaned, multiline=multiline) == cleaned


def test_half_width() -> None:
    assert is_half_width("Abc-12 ~")
    assert not is_half_width("Ａ")
    assert not is_half_width("ｶﾅ")
    assert is_half_width("ｶﾅ1", kana=True)
    assert not is_half_width("カナ", kana=True)
    assert not is_half_width("a\n")
