"""Names on cards: every usual spelling of one name agrees, and another name does not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mypage.lib.romaji import of_kana, of_roman, same_name


@pytest.mark.req("UCOM-118")
@pytest.mark.parametrize(
    ("kana", "spellings"),
    [
        ("オオノ", "ONO OONO OHNO Ōno Oono O-no"),
        ("サトウ", "SATO SATOU SATOH Satō Satô"),
        ("シンイチ", "SHINICHI SHIN'ICHI SINITI Shin-ichi"),
        ("ツジ", "TSUJI TUZI TSUZI"),
        ("チバ", "CHIBA TIBA"),
        ("フジイ", "FUJII FUJI HUZII"),
        ("ジュンコ", "JUNKO ZYUNKO JYUNKO"),
        ("ショウヘイ", "SHOHEI SHOUHEI SYOUHEI SHŌHEI SHOHHEI SHOHE"),
        ("チャーリー", "CHARI CHARII TYARI"),
        ("ホッタ", "HOTTA"),
        ("ハッチョウ", "HATCHO HACCHO HATTYOU"),
        ("ナンバ", "NAMBA NANBA"),
        ("ホンマ", "HOMMA HONMA"),
        ("ユウキ", "YUKI YUUKI YŪKI"),
        ("コヅカ", "KOZUKA KODUKA"),
        ("リョウ", "RYO RYOU LYO"),
        ("ケイコ", "KEIKO KEKO"),
        ("アリミツ", "ARIMITSU ARIMITU"),
        ("キョウコ", "KYOKO KYOUKO"),
        ("オハラ", "OHARA"),
        ("フミオ", "FUMIO HUMIO"),
    ],
)
def test_spellings_of_one_name_agree(kana: str, spellings: str) -> None:
    assert {spelling: of_roman(spelling) for spelling in spellings.split()} == dict.fromkeys(
        spellings.split(), of_kana(kana)
    )


@pytest.mark.req("UCOM-118")
@pytest.mark.parametrize("first", ["AN", "an", " An ", "Ａｎ"])
def test_either_order_and_any_width_and_case(first: str) -> None:
    assert same_name("アリミツ", "アン", first, "ARIMITSU")
    assert same_name("アリミツ", "アン", "arimitu", first)
    assert same_name("ｱﾘﾐﾂ", "ありみつ", "ARIMITSU", "ARIMITSU")


@pytest.mark.req("UCOM-118", "UCOM-119")
@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("ARIMITSU", "KEN"),
        ("AN", "AN"),
        ("ARIMITSU", "ARIMITSU"),
        ("", ""),
        ("ARIMITSU AN", ""),
        ("ARIMATSU", "AN"),
        ("杏", "有光"),
    ],
)
def test_another_name_is_another(first: str, second: str) -> None:
    assert not same_name("アリミツ", "アン", first, second)


def test_what_is_no_kana_agrees_with_nothing() -> None:
    assert of_kana("有光") == ""
    assert not same_name("有光", "杏", "", "")
    assert not same_name("", "", "", "")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("サトウ", "サイトウ"),
        ("アベ", "アメ"),
        ("イトウ", "エトウ"),
        ("タカハシ", "タカバシ"),
        ("シマ", "シバ"),
        ("ハン", "パン"),
    ],
)
def test_names_that_differ_stay_apart(one: str, other: str) -> None:
    assert of_kana(one) != of_kana(other)


@given(st.text(max_size=60))
def test_any_text_is_answered(text: str) -> None:
    assert of_roman(text).isascii()
    assert of_kana(text).isascii()
