"""A forgotten login ID or password, seen from a browser and from the registered mailbox."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta

import pytest
from authkit import CODE, EMAIL, NEW_PASSWORD, PASSWORD, Kit, csrf_of
from sqlalchemy import update

from mypage.auth.models import Account, LoginSession, MailLink
from mypage.mail.models import MailMessage
from mypage.testing.portal import Answer

NUMBER = {"proof_code_1": CODE[0], "proof_code_2": CODE[1], "proof_code_3": CODE[2]}


def ask(kit: Kit, kind: str, values: dict[str, str]) -> Answer:
    """Ask for a mail; the answer page."""
    kit.portal.clock.at += timedelta(seconds=1)
    browser = kit.portal.client()
    browser.get(f"/recover/{kind}")
    return browser.submit(values, follow=True)


def reset_path(kit: Kit, login: str = "hanako1958") -> str:
    ask(kit, "password", {"login": login})
    return kit.path(kit.mails("password_reset")[-1]["link"])


@pytest.mark.req("ACTV-67", "ACTV-68", "ACTV-76")
def test_a_forgotten_password_is_set_anew_by_a_mailed_link(kit: Kit) -> None:
    kit.member()
    elsewhere = kit.signed_in()
    answer = ask(kit, "password", {"login": "HANAKO1958"})
    assert answer.status == 200
    [mail] = kit.mails()
    assert (mail["to"], mail["template"]) == (EMAIL, "password_reset")
    assert mail["expires_at"] == kit.portal.clock.at + timedelta(hours=1)
    browser, path = kit.portal.client(), kit.path(mail["link"])
    for _ in range(2):
        assert browser.get(path).status == 200
    done = browser.submit({"password": NEW_PASSWORD, "password_again": NEW_PASSWORD})
    assert (done.status, done.location) == (303, "/login")
    assert "パスワードを変更しました" in browser.get("/login").text
    assert kit.count(LoginSession) == 0
    assert elsewhere.get("/home").location == "/login"
    assert kit.login(kit.portal.client()).status == 422
    assert kit.login(kit.portal.client(), password=NEW_PASSWORD).status == 303
    notice = kit.mails("credentials_changed")[0]
    assert (notice["to"], notice["changed"]) == (EMAIL, "password")


@pytest.mark.req("ACTV-69")
def test_a_forgotten_login_id_goes_to_the_registered_address_only(kit: Kit) -> None:
    person = kit.member()
    answer = ask(kit, "login-id", {"customer_number": person.number} | NUMBER)
    assert answer.status == 200
    assert "hanako1958" not in answer.raw.text
    [mail] = kit.mails()
    assert (mail["to"], mail["template"], mail["login_id"]) == (EMAIL, "login_id_notice", "hanako1958")


@pytest.mark.req("ACTV-68", "ACTV-69", "ACTV-70")
def test_the_answer_is_the_same_whether_or_not_anything_matched(kit: Kit) -> None:
    person = kit.member()
    known = ask(kit, "password", {"login": "hanako1958"})
    unknown = ask(kit, "password", {"login": "nobody0000"})
    assert (known.status, known.raw.url.path, known.text) == (unknown.status, unknown.raw.url.path, unknown.text)
    assert "0120-442-208" in known.text
    right = ask(kit, "login-id", {"customer_number": person.number} | NUMBER)
    wrong = ask(kit, "login-id", {"customer_number": person.number} | NUMBER | {"proof_code_1": "0000"})
    stranger = ask(kit, "login-id", {"customer_number": "99999999"} | NUMBER)
    assert right.text == wrong.text == stranger.text
    assert "0120-442-208" in right.text
    assert kit.count(MailMessage) == 2


@pytest.mark.req("ACTV-68")
def test_the_time_of_the_answer_does_not_tell_either(kit: Kit) -> None:
    kit.member()
    took = []
    for login in ("hanako1958", "nobody0000"):
        started = time.perf_counter()
        ask(kit, "password", {"login": login})
        took.append(time.perf_counter() - started)
    assert min(took) >= 0.25


def test_nothing_is_mailed_for_accounts_that_wait_are_closed_or_have_no_address(kit: Kit) -> None:
    waiting = kit.customer("70012345")
    kit.register(kit.portal.client(), waiting, "waiting123")
    kit.member("closed1234", status="closed")
    kit.member("suspended1", status="suspended")
    kit.member("noaddress1", email="")
    before = kit.count(MailMessage)
    for login in ("waiting123", "closed1234", "suspended1", "noaddress1"):
        assert ask(kit, "password", {"login": login}).status == 200
    ask(kit, "login-id", {"customer_number": waiting.number} | NUMBER)
    assert kit.count(MailMessage) == before


@pytest.mark.req("ACTV-80")
def test_mails_asked_for_again_and_again_stop_silently(kit: Kit) -> None:
    kit.member()
    texts = {ask(kit, "password", {"login": "hanako1958"}).text for _ in range(8)}
    assert len(texts) == 1
    assert kit.count(MailMessage) == 5
    assert kit.login(kit.portal.client()).status == 303


@pytest.mark.req("ACTV-46", "ACTV-69")
def test_codes_cannot_be_guessed_by_way_of_the_forgotten_id(kit: Kit) -> None:
    person = kit.member()
    for _ in range(5):
        ask(kit, "login-id", {"customer_number": person.number} | NUMBER | {"proof_code_1": "0000"})
    ask(kit, "login-id", {"customer_number": person.number} | NUMBER)
    assert kit.count(MailMessage) == 0
    assert kit.enter(kit.portal.client(), person, "other12345").status == 422


@pytest.mark.req("ACTV-68")
def test_a_link_dies_by_a_newer_one_by_time_and_by_use(kit: Kit, other: Kit) -> None:
    kit.member()
    other.member()
    first, second = reset_path(kit), reset_path(kit)
    browser = kit.portal.client()
    assert browser.get(first).status == 404
    assert browser.get(reset_path(other)).status == 404
    assert browser.get(second).status == 200
    kit.portal.clock.at += timedelta(hours=1)
    other.portal.clock.at = kit.portal.clock.at
    assert browser.get(second).status == 404
    third = reset_path(kit)
    browser.get(third)
    browser.submit({"password": NEW_PASSWORD, "password_again": NEW_PASSWORD})
    assert browser.get(third).status == 404
    token = csrf_of(browser.get("/login"))
    other_password = {"password": "Sonota5813", "password_again": "Sonota5813"}
    assert browser.post(third, other_password, csrf=token).status == 404
    assert kit.login(kit.portal.client(), password=NEW_PASSWORD).status == 303


def test_a_link_dies_when_the_address_changes(kit: Kit) -> None:
    person = kit.member()
    path = reset_path(kit)
    kit.portal.run(
        lambda tx: tx.execute(
            update(Account)
            .where(Account.tenant_id == tx.tenant, Account.id == person.account_id)
            .values(email="x@y.example")
        )
    )
    assert kit.portal.client().get(path).status == 404


def test_a_double_press_sets_the_password_once_and_says_so_twice(kit: Kit) -> None:
    kit.member()
    path = reset_path(kit)
    browser = kit.portal.client()
    values = browser.get(path).form_values() | {"password": NEW_PASSWORD, "password_again": NEW_PASSWORD}

    async def twice() -> list[tuple[int, str]]:
        answers = await asyncio.gather(*(browser.arequest("POST", path, data=values) for _ in range(3)))
        return [(answer.status_code, answer.headers.get("location", "")) for answer in answers]

    assert set(kit.portal.wait(twice())) == {(303, "/login")}
    assert len(kit.mails("credentials_changed")) == 1
    assert kit.count(MailLink, MailLink.used_at.is_not(None)) == 1


@pytest.mark.req("ACTV-15", "ACTV-44")
@pytest.mark.parametrize(
    ("password", "again"),
    [
        ("kz7Qp", "kz7Qp"),
        ("hanako1958", "hanako1958"),
        ("Kazahana9", "Kazahana8"),
        ("", ""),
        ("a\x00bcdef", "a\x00bcdef"),
    ],
)
def test_a_bad_new_password_says_so_and_keeps_the_link(kit: Kit, password: str, again: str) -> None:
    kit.member()
    path = reset_path(kit)
    browser = kit.portal.client()
    browser.get(path)
    answer = browser.submit({"password": password, "password_again": again})
    assert answer.status == 422
    assert answer.errors
    assert answer.all("//input[@type='password']/@value") == []
    assert browser.get(path).status == 200
    assert kit.login(kit.portal.client()).status == 303


@pytest.mark.parametrize("value", ["\x00", "a" * 50_000, "\u202e", "%s"])
def test_no_input_breaks_the_recovery(kit: Kit, value: str) -> None:
    assert ask(kit, "password", {"login": value}).status in (200, 422)
    for name in ("customer_number", "proof_code_2"):
        answer = ask(kit, "login-id", {"customer_number": "1"} | NUMBER | {name: value})
        assert answer.status in (200, 422)
    assert kit.portal.client().get("/recover/none").status == 404
    assert kit.portal.client().get("/reset/%00").status == 404


def test_used_password_is_refused_never(kit: Kit) -> None:
    """The operator keeps no history, so a reset may bring the present password back; it still ends the sessions."""
    kit.member()
    kit.signed_in()
    path = reset_path(kit)
    browser = kit.portal.client()
    browser.get(path)
    assert browser.submit({"password": PASSWORD, "password_again": PASSWORD}).status == 303
    assert kit.count(LoginSession) == 0
