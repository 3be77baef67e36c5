"""What pages say to those who would otherwise not know what to do."""

from __future__ import annotations

from authkit import PASSWORD, SCHEME, Kit

WHY = "お渡ししたパスワードは、はじめてのログインのためのものです。"
KEEP = "パスワードを変えないときは、空のままにしてください。"
AGAIN = "安全のため、パスワードと画像の数字は、もう一度入力してください。"


def test_who_has_to_change_the_password_is_told_why_and_not_that_it_may_stay(kit: Kit) -> None:
    kit.member(must_change=True)
    page = kit.signed_in().get("/credentials")
    assert WHY in page.text
    assert KEEP not in page.text
    assert page.all("//main//a[contains(@href, '/sessions')]") == []


def test_who_may_keep_the_password_is_told_how(kit: Kit) -> None:
    kit.member()
    page = kit.signed_in().get("/credentials")
    assert WHY not in page.text
    assert KEEP in page.text
    assert len(page.all("//main//a[contains(@href, '/sessions')]")) == 1


def test_a_refused_registration_says_what_was_not_kept(kit: Kit) -> None:
    browser = kit.portal.client()
    page = browser.get(f"/register/{SCHEME}")
    assert AGAIN not in page.text
    answer = browser.post(f"/register/{SCHEME}", kit.entry(page, kit.customer(), email="hanako", password=PASSWORD))
    assert answer.status == 422
    assert answer.texts("//*[@id='errors']/p") == [AGAIN]
