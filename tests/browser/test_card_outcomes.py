"""The change of the card, in all the ways in which it ends."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from axe_checks import barriers
from journeys import (
    CHALLENGE_ANSWER,
    CHALLENGED_CARD,
    GOOD_CARD,
    LOST_CARD,
    REFUSED_CARD,
    SLOW_CARD,
    enter_card,
    start_card,
    type_card,
)
from page_checks import faults
from playwright.sync_api import expect
from portal_stack import Line, Stack
from sample_people import People
from surfing import Surfers, Way


@pytest.mark.parametrize("theme", ["actv", "plain"])
@pytest.mark.req("ACTV-63")
def test_a_refused_card_changes_nothing(stack: Stack, people: People, surfers: Surfers, theme: str) -> None:
    site = stack.actv if theme == "actv" else stack.plain
    surfer = surfers.open(site)
    surfer.log_in(people.settled(site))
    start_card(stack, surfer)
    type_card(surfer, REFUSED_CARD)
    surfer.heading("カードを登録できませんでした")
    surfer.says("1111")
    surfer.follow("もう一度はじめる")
    surfer.at("/card")
    surfer.says("1111")


@pytest.mark.req("ACTV-63")
def test_leaving_the_payment_page_changes_nothing(stack: Stack, people: People, surfers: Surfers) -> None:
    surfer = surfers.open(stack.plain)
    surfer.log_in(people.settled(stack.plain))
    start_card(stack, surfer)
    surfer.press("戻る")
    surfer.heading("カードの入力を中止しました")
    surfer.says("1111")


@pytest.mark.req("ACTV-63")
def test_a_card_with_an_identity_check(stack: Stack, people: People, surfers: Surfers) -> None:
    surfer = surfers.open(stack.actv)
    surfer.log_in(people.settled(stack.actv))
    start_card(stack, surfer)
    type_card(surfer, CHALLENGED_CARD)
    surfer.put(surfer.page.locator("#answer"), "000000")
    surfer.press("認証する")
    expect(surfer.page.locator(".error-summary")).to_be_visible()
    surfer.put(surfer.page.locator("#answer"), CHALLENGE_ANSWER)
    surfer.press("認証する")
    surfer.heading("内容をご確認ください")
    surfer.press("登録")
    surfer.heading("カードを登録しました")
    surfer.says("3220")


@pytest.mark.req("ACTV-63")
def test_a_slow_card_is_waited_for(stack: Stack, people: People, surfers: Surfers) -> None:
    surfer = surfers.open(stack.plain)
    surfer.log_in(people.settled(stack.plain))
    enter_card(stack, surfer, SLOW_CARD)
    surfer.press("登録")
    expect(surfer.page.locator("h1")).to_have_text("カードを登録しました")
    surfer.says("5506")


@pytest.mark.req("ACTV-63")
def test_two_presses_register_one_card(stack: Stack, people: People, surfers: Surfers) -> None:
    person = people.settled(stack.actv)
    surfer = surfers.open(stack.actv)
    surfer.log_in(person)
    enter_card(stack, surfer)
    surfer.main.get_by_role("button", name="登録", exact=True).dblclick()
    surfer.heading("カードを登録しました")
    surfer.page.go_back()
    surfer.page.reload()
    expect(surfer.page.locator("h1")).to_have_text(re.compile("カードを登録しました|クレジットカード変更"))
    stack.mail_to(person.email)
    surfer.page.wait_for_timeout(1500)
    assert len(stack.mails_to(person.email)) == 1


@pytest.fixture
def cut_line(stack: Stack) -> Iterator[Line]:
    """The line to the payment company, whole again after the test."""
    yield stack.line
    stack.line.cut = False


@pytest.mark.parametrize("way", ["mouse", "no-script"])
@pytest.mark.req("ACTV-63")
def test_the_outcome_is_waited_for_while_the_company_does_not_answer(
    stack: Stack, people: People, surfers: Surfers, cut_line: Line, way: Way
) -> None:
    surfer = surfers.open(stack.actv, way)
    surfer.log_in(people.settled(stack.actv))
    start_card(stack, surfer)
    cut_line.cut = True
    type_card(surfer, GOOD_CARD)
    surfer.says("決済会社に結果を確認しています")
    if way == "mouse":
        found = faults(surfer.page, "ja") + barriers(surfer.page)
        assert not found, found
    cut_line.cut = False
    if way == "no-script":
        surfer.follow("結果をもう一度確認する")
    expect(surfer.page.locator("h1")).to_have_text("内容をご確認ください")


@pytest.mark.req("ACTV-63")
def test_a_registration_without_an_answer_is_not_called_done(
    stack: Stack, people: People, surfers: Surfers, cut_line: Line
) -> None:
    surfer = surfers.open(stack.plain)
    surfer.watch.expected.add(503)
    surfer.log_in(people.settled(stack.plain))
    enter_card(stack, surfer)
    cut_line.cut = True
    surfer.press("登録")
    surfer.heading("しばらくお待ちください")
    surfer.go("/card")
    surfer.says("1111")
    surfer.follow("結果を見る")
    surfer.heading("しばらくお待ちください")


@pytest.mark.req("ACTV-63")
def test_a_registration_whose_answer_is_lost_is_found_out(stack: Stack, people: People, surfers: Surfers) -> None:
    surfer = surfers.open(stack.actv)
    surfer.log_in(people.settled(stack.actv))
    enter_card(stack, surfer, LOST_CARD)
    surfer.press("登録")
    expect(surfer.page.locator("h1")).to_have_text("カードを登録しました")
    surfer.go("/card")
    surfer.says("6603")


@pytest.mark.req("ACTV-63")
def test_the_first_card_of_a_customer(stack: Stack, people: People, surfers: Surfers) -> None:
    surfer = surfers.open(stack.plain)
    surfer.log_in(people.empty(stack.plain))
    start_card(stack, surfer, "カードを登録する")
    type_card(surfer, CHALLENGED_CARD)
    surfer.put(surfer.page.locator("#answer"), CHALLENGE_ANSWER)
    surfer.press("認証する")
    surfer.heading("内容をご確認ください")
    surfer.says("未登録")
    surfer.press("登録")
    surfer.heading("カードを登録しました")
    surfer.go("/card")
    surfer.says("3220")
