"""An option that was had when a change was entered, and is not any more, is a new one: its terms come first."""

from __future__ import annotations

import pytest
from ocnkit import signed_in
from placekit import DESK, FIRST, SECOND, SECRET, MailLine, mail_line

from mypage.testing.portal import MakePortal

NAME = {"pattern": "3", "p3-name": "brandnew", "p3-secret": SECRET, "p3-again": SECRET}
WITHOUT = {"pattern": "1", "p1-option-virus-check": "not"}


@pytest.mark.req("OCN-87", "OCN-91")
@pytest.mark.parametrize("looks_again", [True, False])
def test_no_terms_are_skipped_by_a_change_that_another_browser_overtook(
    make_portal: MakePortal, looks_again: bool
) -> None:
    mine = mail_line(make_portal("ocn"), FIRST)
    mine.put(2, SECOND, "virus-check")
    check = mine.enter(2, NAME)
    assert check.texts("//h1") == ["お申込み内容"]
    other = MailLine(mine.line, signed_in(mine.portal))
    other.enter(2, WITHOUT)
    assert other.commit([]).texts("//h1") == ["お申込みを受け付けました"]
    if looks_again:
        page = mine.browser.get(check.raw.url.raw_path.decode().removeprefix(mine.portal.prefix), follow=True)
    else:
        page = mine.commit([])
    assert "その間に状況が変わったため、お手続きできませんでした。" in page.raw.text
    assert [app.options for app in mine.applications()] == [[]], "nobody agreed to the terms of the option again"


@pytest.mark.req("OCN-91")
def test_a_change_that_nobody_overtook_keeps_what_was_agreed_to_before(make_portal: MakePortal) -> None:
    mine = mail_line(make_portal("ocn", extensions=DESK), FIRST)
    mine.put(2, SECOND, "virus-check")
    mine.enter(2, NAME)
    assert mine.commit([]).texts("//h1") == ["お申込みを受け付けました"]
    assert [(app.options, app.consent_id) for app in mine.applications()] == [(["virus-check"], None)]
