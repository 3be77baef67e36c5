"""Fields of forms without a database: folding, days, conditions, postal codes, what is kept of them."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from mypage.forms.form import PortalForm
from mypage.hooks.desk import NEW_YEAR
from mypage.hooks.requests import DayWindow, RequestField, RequestForm, RequestOption, When
from mypage.i18n import load_catalogue
from mypage.lib.postal import find_address
from mypage.lib.width import full_katakana, full_width
from mypage.requests.content import content_rows
from mypage.requests.forms import Sheet, Today, address_of, days_of, fill_address, make_sheet
from mypage.requests.having import Having, Held
from sample_operator.requests import MOVE, STOP

TODAY = Today(day=date(2026, 11, 21), closed=NEW_YEAR)
T = load_catalogue("en", [])
HELD = Held(id=uuid.uuid4(), number="K1", name="光", place="三番", plan="")
HAVING = Having(
    values={"customer.name": "青森 太郎", "customer.phone": "03-1111-2222"},
    contracts=(HELD,),
    contract=HELD,
    services=("灯台", "浮き"),
)
GOOD = {
    "postal": "171-0022",
    "address": "東京都",
    "reason": "boat",
    "boat": "うみ",
    "day1": "2026-11-30",
    "witness": "no",
}


def sheet(fields: tuple[RequestField, ...], posted: dict[str, Any] | None = None, having: Having = HAVING) -> Sheet:
    data = None
    if posted is not None:
        data = {f"f-{name}": value if isinstance(value, list) else [value] for name, value in posted.items()}
    rules = RequestForm(code="x", title="x", fields=fields)
    return make_sheet(T, rules, fields, having, TODAY, data, contract_label="Contract")


def errors(made: Sheet, files: dict[str, int] | None = None) -> dict[str, str]:
    made.check(T, files or {})
    return {field.short_name: str(field.errors[0]) for field in made.form if field.errors}


def one(kind: Any, value: Any, **more: Any) -> tuple[Any, str]:
    """What becomes of a value, and the message."""
    made = sheet((RequestField(name="a", kind=kind, label="A", **more),), {"a": value})
    said = errors(made)
    return made.entered()["a"], said.get("a", "")


@pytest.mark.parametrize(
    ("kind", "typed", "kept"),
    [
        ("kana", "かぶしきがいしゃ ﾋﾞｼﾞﾓ", "カブシキガイシャ　ビジモ"),
        ("kana", "スーパ-", "スーパー"),
        ("full-width", "ABC-1 ｶﾞ髙", "ＡＢＣ－１　ガ髙"),
        ("digits", "１２ー3 4", "1234"),
        ("phone", "０３-1234-5678", "03-1234-5678"),
        ("phone", "0312345678", "03-1234-5678"),
        ("email", "ｔaro@example.jp", "taro@example.jp"),
        ("postal", "〒１７１ー００２２", "171-0022"),
        ("date", "2026/11/30", "2026-11-30"),
        ("date", "２０２６年１１月３０日", "2026-11-30"),
        ("text", "  髙橋 ", "髙橋"),
    ],
)
def test_what_people_type_is_folded(kind: str, typed: str, kept: str) -> None:
    assert one(kind, typed) == (kept, "")


@pytest.mark.parametrize(
    ("kind", "typed", "told"),
    [
        ("kana", "漢字", "katakana"),
        ("digits", "12a", "digits"),
        ("phone", "12345", "area code"),
        ("email", "taro", "@"),
        ("postal", "171-002", "seven digits"),
        ("date", "soon", "as a day"),
        ("date", "2026-11-28", "business day"),
        ("date", "2026-12-30", "business day"),
        ("date", "2027-01-11", "business day"),
        ("date", "2026-11-21", "from"),
        ("date", "2027-02-22", "from"),
        ("date", "2026-02-31", "as a day"),
        ("choice", "c", "Choose"),
        ("text", "x" * 101, "too long"),
        ("text", "4111 1111 1111 1111", "card"),
        ("text", "a\x00b", "cannot be used"),
        ("text", "a\nb", "cannot be used"),
        ("yes-no", "maybe", "Choose"),
        ("checks", ["a", "zz"], "Choose"),
    ],
)
def test_what_cannot_be_is_said_at_the_field(kind: str, typed: Any, told: str) -> None:
    more: dict[str, Any] = {"options": (RequestOption("a", "A"),)} if kind in ("choice", "checks") else {}
    assert told in one(kind, typed, **more)[1]


def test_days_are_business_days_of_the_operator() -> None:
    """Saturday, 21 November: the 23rd is a holiday, so the fifth business day is the 30th."""
    assert days_of(DayWindow(first=5, months=3), TODAY) == (date(2026, 11, 30), date(2027, 2, 21))
    summer = Today(day=date(2026, 8, 12), closed=((8, 13), (8, 14)))
    assert days_of(DayWindow(first=1, months=1), summer) == (date(2026, 8, 17), date(2026, 9, 12))
    assert days_of(DayWindow(first=0, months=3), Today(day=date(2026, 11, 30), closed=()))[1] == date(2027, 2, 28)


def test_a_mail_address_is_typed_twice() -> None:
    mail = RequestField(name="mail", kind="email", label="Mail", again="Again")
    assert errors(sheet((mail,), {"mail": "a@b.example", "mail_again": "a@b.example"})) == {}
    assert "mail_again" in errors(sheet((mail,), {"mail": "a@b.example", "mail_again": "c@b.example"}))
    assert "mail_again" in errors(sheet((mail,), {"mail": "a@b.example", "mail_again": ""}))
    blank = replace(mail, required=False)
    assert errors(sheet((blank,), {"mail": "", "mail_again": ""})) == {}


def test_two_days_differ() -> None:
    said = errors(sheet(MOVE.fields, GOOD | {"day2": "2026-11-30"}))
    assert list(said) == ["day2"]
    assert errors(sheet(MOVE.fields, GOOD | {"day2": "2026-12-01"})) == {}


def test_only_what_is_there_counts() -> None:
    """The name of a boat is asked for where the boat changes, and thrown away where it does not."""
    assert errors(sheet(MOVE.fields, GOOD | {"boat": ""})) == {"boat": "Enter 舟の名"}
    made = sheet(MOVE.fields, GOOD | {"reason": "other", "why": "理由", "boat": "\x00" * 3, "who": "x" * 999})
    assert errors(made) == {}
    assert set(made.filled()) & {"boat", "who", "why"} == {"why"}
    assert errors(sheet(MOVE.fields, GOOD | {"witness": "yes"})) == {
        "who": "Enter 立ち会うかた",
        "who_kana": "Enter よみ",
    }


def test_what_hangs_on_something_absent_is_absent() -> None:
    first = RequestField(name="a", kind="yes-no", label="A")
    second = RequestField(name="b", kind="yes-no", label="B", when=When("a"))
    third = RequestField(name="c", kind="text", label="C", when=When("b"))
    made = sheet((first, second, third), {"a": "no", "b": "yes", "c": ""})
    assert errors(made) == {}
    assert made.filled() == {"a": "no"}


def test_a_file_is_needed_only_then() -> None:
    assert errors(sheet(MOVE.fields, GOOD | {"reason": "harbour"})) == {"papers": "Choose a file for 係留の許可証"}
    assert errors(sheet(MOVE.fields, GOOD | {"reason": "harbour"}), {"papers": 1}) == {}


def test_what_is_known_is_filled_in_and_what_is_locked_cannot_be_posted() -> None:
    fields = (
        RequestField(name="phone", kind="phone", label="P", source="customer.phone"),
        RequestField(name="who", kind="text", label="W", source="customer.name", locked=True),
        RequestField(name="place", kind="shown", label="L", source="contract.place"),
    )
    fresh = sheet(fields)
    assert fresh.form.text("phone") == "03-1111-2222"
    made = sheet(fields, {"phone": "03-1234-5678", "who": "somebody else", "place": "moon"})
    assert errors(made) == {}
    rows = content_rows(T, fields, made.filled(), HAVING, {})
    assert [row.value for row in rows] == ["03-1234-5678", "青森 太郎", "三番"]


def test_services_are_chosen_by_what_the_customer_has() -> None:
    made = sheet(STOP.fields, {"services": ["浮き", "moon"], "month": "2026-12", "count": "3", "agreed": "1"})
    assert list(errors(made)) == ["services"]
    made = sheet(STOP.fields, {"services": ["浮き"], "month": "2026-12", "count": "3", "agreed": "1"})
    assert errors(made) == {}
    rows = {row.name: row for row in content_rows(T, STOP.fields, made.filled(), HAVING, {})}
    assert rows["services"].chosen == ("浮き",)
    assert rows["agreed"].read == "春の点検の代金がかかることを知っています"
    assert rows["month"].text(T) == "2026/12"
    assert "line" not in rows
    assert "agreed" in errors(sheet(STOP.fields, {"services": ["浮き"], "month": "2026-12", "count": "3"}))
    assert "month" in errors(
        sheet(STOP.fields, {"services": ["浮き"], "month": "2026-11", "agreed": "1", "count": "3"})
    )


def test_a_contract_is_chosen_only_among_ones_own() -> None:
    two = replace(HAVING, contracts=(HELD, replace(HELD, number="K2")))
    made = sheet((RequestField(name="a", kind="text", label="A"),), {"a": "x", "contract": "K9"}, two)
    assert list(errors(made)) == ["contract"]


@pytest.mark.parametrize(
    ("code", "address"),
    [
        ("171-0022", "東京都豊島区南池袋"),
        ("１００ー８１１１", "東京都千代田区千代田1-1"),
        ("000-0000", None),
        ("498-0000", ""),
    ],
)
def test_postal_codes_of_japan_post(code: str, address: str | None) -> None:
    """A place, a large office, an unknown code, and one that stands for places in two prefectures."""
    found = find_address(code)
    assert (found.text if found else None) == address


def test_an_address_is_filled_into_one_field_or_three() -> None:
    made = sheet(MOVE.fields, {"postal": "171-0022"})
    assert fill_address(made, "postal") == ""
    assert made.form.text("address") == "東京都豊島区南池袋"
    assert fill_address(made, "nothing") == ""
    three = RequestField(name="p", kind="postal", label="P", fills=("a", "b", "c"))
    assert address_of(three, "1710022") == ({"a": "東京都", "b": "豊島区", "c": "南池袋"}, True)
    assert address_of(three, "what") is None
    assert "do not know" in fill_address(sheet(MOVE.fields, {"postal": "000-0000"}), "postal")


def test_folding_twice_changes_nothing() -> None:
    for text in ("ｶﾞｷﾞ-ABC", "スーパー", "ﾊﾟﾘ-", "a b"):
        assert full_width(full_width(text)) == full_width(text)
        assert full_katakana(full_katakana(text)) == full_katakana(text)


def test_a_form_is_bound_with_a_prefix_of_its_own() -> None:
    """So no field of an operator can be called as something that the page itself sends."""
    form = sheet(MOVE.fields, {}).form
    assert isinstance(form, PortalForm)
    assert {field.name[:2] for field in form} == {"f-"}
