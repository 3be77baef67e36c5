"""Logging in and out in a real browser."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect
from portal_stack import Stack
from sample_people import People
from surfing import Surfers


@pytest.mark.req("ACTV-02", "ACTV-03", "ACTV-05", "ACTV-56", "ACTV-74")
def test_log_in_look_and_log_out(stack: Stack, people: People, surfers: Surfers) -> None:
    person = people.rich(stack.actv)
    surfer = surfers.open(stack.actv)
    surfer.log_in(person)
    surfer.says("ご請求額")
    surfer.log_out()
    surfer.heading("ACT MyPage")


@pytest.mark.req("ACTV-11")
def test_a_wrong_password_says_one_message_and_keeps_the_login_id(
    stack: Stack, people: People, surfers: Surfers
) -> None:
    person = people.empty(stack.plain)
    surfer = surfers.open(stack.plain)
    surfer.go("/login")
    surfer.try_login(person.login, "Machigai2026")
    summary = surfer.page.locator(".error-summary")
    expect(summary).to_be_focused()
    expect(surfer.control("ログインID")).to_have_value(person.login)
    expect(surfer.control("パスワード")).to_have_value("")
    expect(surfer.page).to_have_title(re.compile("^エラー：" if stack else ""))
    surfer.fill({"パスワード": person.password})
    surfer.press("ログイン")
    surfer.at("/home")
