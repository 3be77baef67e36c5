"""What was typed and what is stored fold alike: the same said in Python and in SQL."""

from __future__ import annotations

import random

import pytest
from sqlalchemy import text

from mypage.db import search_keys
from mypage.lib import search_text
from mypage.testing.portal import MakePortal, Portal

SEED = 20261121
NAMES = (
    "青森 太郎",
    "髙﨑　渡邊",
    "ｱｵﾓﾘ ﾀﾛｳ",
    "あおもり たろう",
    "キョウコ・スミス",
    "コーヒー",
    "ｶ)ﾋﾞｼﾞﾓ",
    "(株)ＡＢＣ　Ｄ",
    "㈱びじも",
    "株式会社 びじも 青森支店",
    "株式会社びじも",
    "O'Brien-Smith",
    "100%_\\ 割引'\"",
    "",
    " ",
    "か\u3099き",
    "ﾊﾟﾊﾟ",
    "𠮷野 家",
)
PHONES = (
    "03-1234-5678",
    "+81 (0)90-1234-5678",
    "０９０ー１２３４ー５６７８",
    "(017) 765 0123",
    "",
    "内線 12",
    "+81312345678",
)
MAILS = ("Taro@Example.JP", "ＴＡＲＯ@example.jp", "", "ä@example.jp")


@pytest.fixture
def portal(make_portal: MakePortal) -> Portal:
    return make_portal("actv")


def in_sql(portal: Portal, expression: str, values: list[str]) -> list[str]:
    """An expression over given values, by the database."""
    query = text(f"SELECT {expression} FROM unnest(CAST(:given AS text[])) WITH ORDINALITY AS g(v, n) ORDER BY n")
    return portal.run(lambda tx: [str(row[0]) for row in tx.execute(query, {"given": values})])


def drawn(rng: random.Random) -> list[str]:
    """Names made of everything that the folding knows, and of some that it does not."""
    signs = search_text.FROM + "ｱｶﾞﾊﾟAbｃ１２　 青森太郎𠮷株式会社)（"
    return ["".join(rng.choices(signs, k=rng.randint(1, 12))) for _ in range(200)]


def test_names_fold_alike(portal: Portal) -> None:
    names = [*NAMES, *drawn(random.Random(SEED))]
    print(f"{len(names)} names, seed {SEED}")
    assert in_sql(portal, search_keys.name_sql("v"), names) == [search_text.name_key(name) for name in names]
    assert in_sql(portal, search_keys.rest_sql("v"), names) == [search_text.rest_key(name) for name in names]


def test_numbers_phones_and_addresses_fold_alike(portal: Portal) -> None:
    assert in_sql(portal, search_keys.phone_sql("v"), list(PHONES)) == [search_text.phone_key(each) for each in PHONES]
    assert in_sql(portal, search_keys.mail_sql("v"), list(MAILS)) == [search_text.mail_key(each) for each in MAILS]


@pytest.mark.parametrize(
    ("typed", "tidied"),
    [
        ("青森　太郎 様\r\n", "青森 太郎"),
        ("ｱｵﾓﾘ ﾀﾛｳさま", "アオモリ タロウ"),
        ("\t K0000001\u200b ", "K0000001"),
        ("株式会社びじも御中", "株式会社びじも"),
        ("様", "様"),
        ("氏家", "氏家"),
        ("a\x00b\ud800", "ab"),
        ("\r\n", ""),
    ],
)
def test_what_is_pasted_is_tidied(typed: str, tidied: str) -> None:
    assert search_text.tidy(typed) == tidied


def test_one_name_in_every_form_has_one_key() -> None:
    forms = ("きょうこ", "キョウコ", "ｷｮｳｺ", "ｷﾖｳｺ", "キヨウコ", "きょう こ")
    assert {search_text.name_key(form) for form in forms} == {"キヨウコ"}
    assert search_text.name_key("髙﨑") == search_text.name_key("高崎")
    phones = ("03-1234-5678", "０３（１２３４）５６７８", "+81 3 1234 5678", "+81(0)3-1234-5678", "03ー1234ー5678")
    assert {search_text.phone_key(form) for form in phones} == {"8765432130"}
