"""How names, numbers, telephones and addresses are compared when somebody searches, whatever form they were typed in.

Each `..._key` folds what was typed; `mypage.db.search_keys` says the same in SQL about what is stored. A test holds
both together. What two spellings must differ in to be two names is a matter of people: the folding is generous.
"""

from __future__ import annotations

import re
import unicodedata

_SMALL = "ァィゥェォッャュョヮヵヶ"
_LARGE = "アイウエオツヤユヨワカケ"
_HIRAGANA = "".join(map(chr, range(0x3041, 0x3097)))
_KATAKANA = "".join(map(chr, range(0x30A1, 0x30F7)))
_WRITTEN_ALIKE = "髙﨑濱濵邊邉齋齊斎廣澤嶋嶌櫻國淵冨壽眞龍瀧惠德條塚曾彌與"
_ONE_FORM = "高崎浜浜辺辺斉斉斉広沢島島桜国渕富寿真竜滝恵徳条塚曽弥与"
_LEFT_OUT = (
    " ・·.,'’-\u02d7\u058a\u2010\u2011\u2012\u2013\u2014\u2015\u2043\u2212\u2500\u2501\u30fc"
    "\u00ad\u200b\u200c\u200d\u2060\ufeff\u3099\u309a"
)

_LARGE_OF = str.maketrans(_SMALL, _LARGE)
FROM = _HIRAGANA + _SMALL + _WRITTEN_ALIKE + _LEFT_OUT
"""Characters of names that are folded, in the order of TO; those beyond its end are left out."""
TO = _KATAKANA.translate(_LARGE_OF) + _LARGE + _ONE_FORM

COMPANY_WORDS = (
    "株式会社|有限会社|合同会社|合資会社|合名会社|一般社団法人|一般財団法人|医療法人|学校法人|社会福祉法人|宗教法人|"
    "[(]株[)]|[(]有[)]|[(]同[)]|カブシキガイシャ|カブシキカイシャ|ユウゲンガイシャ|ゴウドウガイシャ|カ[)]|ユ[)]"
)
FIRST_WORD = f"^(({COMPANY_WORDS})|(?!{COMPANY_WORDS})[^ ]* )"
"""What stands before a given name, or before what a company is called by."""

_TABLE = str.maketrans(dict(zip(FROM, TO, strict=False)) | dict.fromkeys(FROM[len(TO) :], ""))
_ASCII = str.maketrans({chr(code): chr(code + 32) for code in range(ord("A"), ord("Z") + 1)})
_HONORIFIC = re.compile(r"(?:\s*(?:様|さま|サマ|殿|御中|氏|さん))$")
_NOT_DIGITS = re.compile(r"[^0-9]")


def tidy(typed: str) -> str:
    """What was typed or pasted, in one line: width, line ends, control characters and a 様 behind do not matter."""
    text = unicodedata.normalize("NFKC", typed)
    text = "".join(" " if char.isspace() else char for char in text if char.isspace() or _seen(char))
    text = re.sub(" +", " ", text).strip()
    bare = _HONORIFIC.sub("", text)
    return bare or text


def name_key(text: str) -> str:
    """The key of a name in kanji, kana or letters; hiragana and small kana count as large katakana."""
    return unicodedata.normalize("NFKC", text).translate(_TABLE).translate(_ASCII)


def rest_key(text: str) -> str:
    """The key of what stands behind the first word: a given name, or a company's name without its kind."""
    return name_key(re.sub(FIRST_WORD, "", unicodedata.normalize("NFKC", text)))


def mail_key(text: str) -> str:
    """The key of a mail address."""
    return unicodedata.normalize("NFKC", text).replace(" ", "").translate(_ASCII)


def phone_key(text: str) -> str:
    """The digits of a telephone number from the last one, so that its end can be looked for; +81 counts as 0."""
    digits = _NOT_DIGITS.sub("", unicodedata.normalize("NFKC", text))
    return re.sub("^810?", "0", digits)[::-1]


def _seen(char: str) -> bool:
    return unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Co", "Cn")
