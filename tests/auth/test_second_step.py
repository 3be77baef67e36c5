"""The second step of a login, seen from a browser: no session without it, each proof good once, every attempt counted."""

from __future__ import annotations

import pytest
from authkit import PASSWORD
from factorkit import FactorKit

from mypage.auth.models import LoginSession


def test_a_right_password_opens_no_session_but_the_second_page(offered: FactorKit) -> None:
    _, secret, _ = offered.with_app()
    browser = offered.half_way()
    assert offered.count(LoginSession) == 0
    assert browser.get("/home").location.startswith("/login")
    answer = offered.send(browser, offered.code(secret))
    assert (answer.status, answer.location) == (303, "/home"), answer.errors
    assert offered.count(LoginSession) == 1
    assert browser.get("/home").status == 200


def test_enrolling(offered: FactorKit) -> None:
    offered.member()
    browser = offered.signed_in()
    secret, answer = offered.enrol_app(browser)
    assert answer.location == "/factors/codes", answer.text
    page = browser.get("/factors/codes")
    assert len(page.texts("//ol[@class='recovery-codes']/li")) == 10
