"""The pages of numbered places of another operator: other patterns, empty ticks, the core's words, hostile typing."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

import pytest
from slotkit import PASSWORD, Home, all_of, deploy, move_in

from mypage.forms.models import Draft
from mypage.hooks.slot_pages import SlotPage
from mypage.mail.models import MailMessage
from mypage.slots.models import SlotApplication
from mypage.testing.portal import Answer, MakePortal, PortalClient
from portal_rows import Person, sign_in
from security.injection_judge import foreign_parts
from security.injection_kit import PAYLOADS

ADD = {
    "action": "add",
    "pnew-name": "taro",
    "pnew-secret": PASSWORD,
    "pnew-again": PASSWORD,
    "pnew-option-buoy": "not",
    "pnew-option-lamp": "use",
}
LONGEST = 1_900
"""Characters of a refused value that are put back into a page, and a few less."""


@pytest.fixture
def home(make_portal: MakePortal) -> Home:
    return move_in(deploy(make_portal))


def browser_of(home: Home) -> PortalClient:
    mine = home.principal
    return sign_in(home.portal, Person(mine.customer_id, mine.account_id, mine.scheme))


def enter(browser: PortalClient, number: int, fields: dict[str, str]) -> Answer:
    assert browser.get(f"/slots/berths/{number}").status == 200
    return browser.submit(fields, follow=True)


def press(browser: PortalClient, tell: list[str]) -> Answer:
    assert browser.last is not None
    [form] = browser.last.all("//main//form[@method='post']")
    return browser.post(form.get("action"), dict(form.form_values()) | {"tell": tell}, follow=True)


def test_another_operators_patterns_ticks_and_prices_are_its_own(home: Home) -> None:
    home.have("umi")
    browser = browser_of(home)
    page = browser.get("/slots/berths/1")
    assert page.texts("//div[@class='pattern']/label") == ["名をかえる", "しるしと灯りをかえる"]
    page = enter(browser, 3, ADD)
    assert page.texts("//main//h2")[:1] == ["追加の内容"]
    assert page.all("//input[@name='tell']/@value") == ["umi@east.nagi.example"]
    assert page.all("//input[@name='tell'][@checked]") == []
    assert page.texts("//table[@class='diff']//td[contains(@class,'to')]") == ["530円（税込 583円）", "2個"]
    done = press(browser, [])
    assert done.texts("//h1") == ["お申し込みを受け付けました"]
    assert all_of(home.portal, MailMessage) == []
    assert [row.told for row in all_of(home.portal, SlotApplication)] == [[]]


def test_of_two_options_one_may_change_and_only_the_terms_of_a_new_one_are_read(home: Home) -> None:
    home.have("umi", options={1: ["lamp"]})
    browser = browser_of(home)
    gear = {"pattern": "gear", "pgear-option-buoy": "not", "pgear-option-lamp": "use"}
    page = enter(browser, 1, gear)
    assert page.status == 422
    assert len(page.errors) == 2
    page = enter(browser, 1, gear | {"pgear-option-buoy": "use"})
    assert page.texts("//h1") == ["浮きの約束"]
    assert "浮きは夜に光ります。" in page.text
    # What is read in one language is agreed to in it, also when the page goes on in another.
    page = browser.submit({"answer": "agree"}, follow=True)
    browser.get("/display?language=en")
    [draft] = all_of(home.portal, Draft)
    assert browser.get(f"/slots/berths/confirm?draft={draft.id}").texts("//h1") == ["Please check your order"]


def test_where_an_operator_has_no_words_the_core_has(home: Home) -> None:
    home.have("umi")
    operator, browser = home.operator, browser_of(home)
    pages = operator.slot_pages
    object.__setattr__(operator, "slot_pages", {})
    try:
        page = browser.get("/slots/berths")
        assert page.texts("//h1") == ["アドレス"]
        assert page.texts("//li[@aria-current='step']") == ["STEP1一覧"]
        assert [p.code for p in SlotPage(code="berths").patterns] == ["name", "options", "both"]
        assert len(browser.get("/slots/berths/1").all("//div[@class='pattern']")) == 3
        fields = {"pattern": "both", "pboth-name": "sora", "pboth-secret": PASSWORD, "pboth-again": PASSWORD,
                  "pboth-option-buoy": "not", "pboth-option-lamp": "use"}  # fmt: skip
        assert enter(browser, 1, fields).texts("//h1") == ["お申し込み内容の確認"]
        assert press(browser, []).texts("//h1") == ["お申し込みを受け付けました"]
    finally:
        object.__setattr__(operator, "slot_pages", pages)


def portions() -> Iterator[str]:
    """All hostile texts, as many in one value as a page shows again."""
    texts = iter(PAYLOADS)
    while some := list(islice(texts, 12)):
        yield " ".join(some)[:LONGEST]


def test_hostile_texts_that_are_typed_are_shown_as_texts(home: Home) -> None:
    """T22: they are refused at their fields, and put back as what they are."""
    home.have("umi")
    browser, seen = browser_of(home), 0
    for text in portions():
        for number, fields in (
            (3, ADD | {"pnew-name": text, "pnew-option-lamp": text}),
            (1, {"pattern": "name", "pname-name": text, "pname-secret": text, "pname-again": text}),
            (1, {"pattern": text, "pgear-option-buoy": text}),
        ):
            answer = enter(browser, number, fields)
            assert answer.status == 422
            assert foreign_parts(answer.raw.content) == []
            seen += 1
    assert seen >= 3 * len(PAYLOADS) // 12
    assert all_of(home.portal, Draft) == []


def test_whoever_gives_out_names_is_asked_outside_and_what_is_not_wanted_is_given_back(make_portal: MakePortal) -> None:
    home = move_in(deploy(make_portal, reservation={"adapter": "harbourmaster", "host": "quay.nagi.example"}))
    home.have("umi")
    browser, server = browser_of(home), home.portal.server
    tenant = server.registry.current.get(home.portal.name)
    master: Any = server.reservations.of(tenant, home.slots)
    enter(browser, 3, ADD | {"pnew-name": "kraken"})
    refused = press(browser, [])
    assert refused.status == 422
    assert refused.errors == ["「kraken」はつかえません。べつの名にしてください。"]
    enter(browser, 3, ADD)
    master.day_off = True
    closed = press(browser, [])
    assert closed.texts("//h1") == ["お申し込み内容の確認"]
    assert "ただいま予約ができません。" in closed.raw.text
    assert all_of(home.portal, SlotApplication) == []
    master.day_off = False
    form = dict(browser.last.form_values()) if browser.last is not None else {}
    home.paper("berth")
    blocked = browser.post("/slots/berths/confirm", form, follow=True)
    assert "紙のお届けの間は、ここではかえられません。" in blocked.raw.text
    assert master.kept == {}
    assert all_of(home.portal, SlotApplication) == []
