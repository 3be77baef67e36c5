"""Whether a name in roman letters, as embossed on a card, is a name in kana (UCOM-118).

Both are reduced to one spelling in which Hepburn, Kunrei and the ways of writing long vowels coincide. The reduction is
generous on purpose between spellings of one name and never guesses: what differs after it is for a person to judge.
"""

from __future__ import annotations

import re
import unicodedata

_SYLLABLES = {
    "ア": "a", "イ": "i", "ウ": "u", "エ": "e", "オ": "o",
    "カ": "ka", "キ": "ki", "ク": "ku", "ケ": "ke", "コ": "ko",
    "サ": "sa", "シ": "si", "ス": "su", "セ": "se", "ソ": "so",
    "タ": "ta", "チ": "ti", "ツ": "tu", "テ": "te", "ト": "to",
    "ナ": "na", "ニ": "ni", "ヌ": "nu", "ネ": "ne", "ノ": "no",
    "ハ": "ha", "ヒ": "hi", "フ": "hu", "ヘ": "he", "ホ": "ho",
    "マ": "ma", "ミ": "mi", "ム": "mu", "メ": "me", "モ": "mo",
    "ヤ": "ya", "ユ": "yu", "ヨ": "yo",
    "ラ": "ra", "リ": "ri", "ル": "ru", "レ": "re", "ロ": "ro",
    "ワ": "wa", "ヰ": "i", "ヱ": "e", "ヲ": "o", "ン": "n",
    "ガ": "ga", "ギ": "gi", "グ": "gu", "ゲ": "ge", "ゴ": "go",
    "ザ": "za", "ジ": "zi", "ズ": "zu", "ゼ": "ze", "ゾ": "zo",
    "ダ": "da", "ヂ": "zi", "ヅ": "zu", "デ": "de", "ド": "do",
    "バ": "ba", "ビ": "bi", "ブ": "bu", "ベ": "be", "ボ": "bo",
    "パ": "pa", "ピ": "pi", "プ": "pu", "ペ": "pe", "ポ": "po",
    "ヴ": "vu",
}  # fmt: skip
_SMALL_Y = {"ャ": "a", "ュ": "u", "ョ": "o"}
_SMALL_VOWELS = {"ァ": "a", "ィ": "i", "ゥ": "u", "ェ": "e", "ォ": "o"}
_HEPBURN = (
    ("tch", "tty"), ("cch", "tty"), ("ssh", "ssy"), ("sh", "sy"), ("ch", "ty"), ("jy", "zy"), ("j", "zy"),
    ("ts", "tu"), ("f", "hu"), ("dz", "z"), ("du", "zu"), ("di", "zi"), ("l", "r"),
)  # fmt: skip
_LONG = (("ou", "o"), ("oo", "o"), ("uu", "u"), ("aa", "a"), ("ee", "e"), ("ei", "e"), ("ii", "i"))
_KANA_TO_KATAKANA = {code: code + 0x60 for code in range(0x3041, 0x3097)}


def same_name(family_kana: str, given_kana: str, first: str, second: str) -> bool:
    """Whether two roman words are a family and a given name in kana, in either order, whatever case and spelling."""
    family, given = of_kana(family_kana), of_kana(given_kana)
    one, other = of_roman(first), of_roman(second)
    return bool(family and given) and (one, other) in ((family, given), (given, family))


def of_kana(kana: str) -> str:
    """The reduced spelling of a name in kana of any width or kind; "" when something in it is no kana."""
    text = unicodedata.normalize("NFKC", kana).translate(_KANA_TO_KATAKANA)
    found = ""
    doubled = False
    for sign in re.sub(r"[\s・=-]", "", text):
        if sign == "ー":
            continue
        if sign == "ッ":
            doubled = True
            continue
        if sign in _SMALL_Y:
            found = found[:-1] + "y" + _SMALL_Y[sign] if found.endswith("i") else found + "y" + _SMALL_Y[sign]
        elif sign in _SMALL_VOWELS:
            found = found[:-1] + _SMALL_VOWELS[sign]
        elif sign in _SYLLABLES:
            syllable = _SYLLABLES[sign]
            found += (syllable[0] if doubled else "") + syllable
            doubled = False
        else:
            return ""
    return _reduced(found)


def of_roman(word: str) -> str:
    """The reduced spelling of a roman word; marks above letters, blanks, hyphens and apostrophes do not count."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", word) if not unicodedata.combining(c))
    letters = re.sub(r"[^a-z]", "", plain.casefold())
    for hepburn, kunrei in _HEPBURN:
        letters = letters.replace(hepburn, kunrei)
    return _reduced(letters)


def _reduced(letters: str) -> str:
    letters = re.sub(r"([sztdh])yi", r"\1i", letters).replace("tuu", "tu").replace("huu", "hu")
    letters = re.sub(r"hu([aeio])", r"h\1", letters)
    letters = re.sub(r"m(?=[bmp])", "n", letters)
    letters = re.sub(r"([aeiou])h(?![aeiouy])", r"\1", letters)
    for long, short in _LONG:
        while long in letters:
            letters = letters.replace(long, short)
    return letters
