"""Registering oneself, seen from a browser: input, confirm, mail, activation."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta

import pytest
from authkit import CODE, EMAIL, PASSWORD, SCHEME, Kit, csrf_of
from sqlalchemy import select, update

from mypage.auth.models import Account, Credential, Customer, LoginName, LoginSession, MailLink, Registration
from mypage.auth.proof import proof_hash
from mypage.forms.models import Draft
from mypage.mail.models import MailMessage
from mypage.testing.portal import Answer

PATH = f"/register/{SCHEME}"


@pytest.mark.req("ACTV-12", "ACTV-13", "ACTV-50", "ACTV-51", "ACTV-53", "ACTV-55", "ACTV-75")
def test_the_whole_way_from_the_letter_to_the_first_login(kit: Kit) -> None:
    person, browser = kit.customer(), kit.portal.client()
    entered = kit.enter(browser, person)
    assert entered.status == 303
    confirm = browser.get(entered.location)
    assert all(shown in confirm.text for shown in ("hanako1958", EMAIL, person.number))
    assert not any(secret in confirm.raw.text for secret in (PASSWORD, *CODE))
    assert kit.count(Registration) == 0
    sent = browser.submit({}, follow=True)
    assert EMAIL in sent.text
    assert "2026年11月22日 12:00" in sent.text
    assert kit.login(kit.portal.client()).status == 422
    link = kit.path(kit.mails("activation")[0]["link"])
    opened = browser.get(link)
    assert opened.status == 200
    done = browser.submit({})
    assert (done.status, done.location) == (303, "/login")
    page = browser.get("/login")
    assert page.texts("//*[contains(@class,'callout--ok')]") == ["アカウントを認証しました。"]
    assert page.all("//*[contains(@class,'callout--ok')]//*[name()='svg']")
    assert kit.count(LoginSession) == 0
    assert browser.submit({"login": "hanako1958", "password": PASSWORD}).location == "/home"


@pytest.mark.req("ACTV-52", "ACTV-80")
def test_the_mail_goes_to_that_address_with_one_link_and_no_secret(kit: Kit) -> None:
    kit.register(kit.portal.client(), kit.customer())
    [mail] = kit.mails()
    assert (mail["to"], mail["template"]) == (EMAIL, "activation")
    assert mail["expires_at"] == kit.portal.clock.at + timedelta(hours=24)
    assert re.fullmatch(rf"{kit.portal.origin}/activate/[\w-]{{43}}", mail["link"])
    assert not any(secret in str(mail) for secret in (PASSWORD, *CODE))
    token = mail["link"].rpartition("/")[2]
    stored = kit.portal.run(lambda tx: tx.execute(select(MailLink).where(MailLink.tenant_id == tx.tenant)).all())
    assert token not in str([vars(row[0]) for row in stored])


@pytest.mark.req("ACTV-44")
@pytest.mark.parametrize(
    ("changed", "marked"),
    [
        ({"login": ""}, "login"),
        ({"password": "", "password_again": ""}, "password"),
        ({"password_again": "Chigau2026"}, "password_again"),
        ({"email": "hanako"}, "email"),
        ({"email": "hanako@"}, "email"),
        ({"customer_number": ""}, "customer_number"),
        ({"proof_code_2": ""}, "proof_code"),
        ({"captcha": ""}, "captcha"),
        ({"login": "a\x00b"}, "login"),
        ({"email": "a@b.example\r\nbcc: x@y.example"}, "email"),
    ],
)
def test_a_bad_field_says_so_and_keeps_the_others_but_secrets(kit: Kit, changed: dict[str, str], marked: str) -> None:
    browser = kit.portal.client()
    first = browser.get(PATH)
    answer = browser.post(PATH, kit.entry(first, kit.customer(), **changed))
    assert answer.status == 422
    assert answer.all(f"//*[@id='{marked}-e']")
    if "login" not in changed:
        assert answer.all("//input[@name='login']/@value") == ["hanako1958"]
    assert answer.all("//input[@type='password']/@value") == []
    assert answer.all("//input[@name='captcha']/@value") == []
    token = "//input[@name='captcha_token']/@value"
    assert answer.all(token) != first.all(token)
    assert kit.count(Draft) == 0


@pytest.mark.req("ACTV-14", "ACTV-79")
@pytest.mark.parametrize(
    ("login", "good"),
    [("abc", False), ("abc1", True), ("a" * 20, True), ("a" * 21, False), ("abc-1", False), ("ａｂｃ１", False),
     ("日本語です", False), ("abc 1", False)],
)  # fmt: skip
def test_rules_of_the_login_id(kit: Kit, login: str, good: bool) -> None:
    answer = kit.enter(kit.portal.client(), kit.customer(), login)
    assert answer.status == (303 if good else 422)
    assert bool(answer.status == 422 and answer.all("//*[@id='login-e']")) is not good


@pytest.mark.req("ACTV-15", "ACTV-79")
@pytest.mark.parametrize(
    ("password", "good"),
    [("kz7Qp", False), ("kz7Qpx", True), ("kz7Qp" * 10, True), ("kz7Qp" * 10 + "1", False), ("kz7Qp-xx", False),
     ("ｋｚ７Ｑｐｘ", False), ("kz7 Qpx", False)],
)  # fmt: skip
def test_rules_of_the_password(kit: Kit, password: str, good: bool) -> None:
    answer = kit.enter(kit.portal.client(), kit.customer(), password=password, password_again=password)
    assert answer.status == (303 if good else 422)
    assert bool(answer.status == 422 and answer.all("//*[@id='password-e']")) is not good


@pytest.mark.req("ACTV-17", "ACTV-18", "ACTV-19", "ACTV-20")
@pytest.mark.parametrize(
    ("changed", "good"),
    [
        ({"proof_code_1": CODE[0].upper()}, False),
        ({"proof_code_1": CODE[1], "proof_code_2": CODE[0]}, False),
        ({"proof_code_1": "ａＢ３ｄ"}, False),
        ({"proof_code_1": f"  {CODE[0]} "}, True),
        ({"customer_number": "１００１２３４５"}, True),
        ({"customer_number": " 10012345 "}, True),
    ],
)
def test_the_code_is_compared_as_printed_and_the_number_folded(kit: Kit, changed: dict[str, str], good: bool) -> None:
    answer = kit.enter(kit.portal.client(), kit.customer("10012345"), **changed)
    assert answer.status == (303 if good else 422)


@pytest.mark.req("ACTV-46")
def test_wrong_number_wrong_code_and_cool_down_give_one_message(kit: Kit) -> None:
    person = kit.customer()
    wrong = kit.enter(kit.portal.client(), person, proof_code_3="0000")
    unknown = kit.enter(kit.portal.client(), person, customer_number="99999999")
    assert wrong.status == unknown.status == 422
    for _ in range(4):
        kit.enter(kit.portal.client(), person, proof_code_3="0000")
    cooling = kit.enter(kit.portal.client(), person)
    assert wrong.errors == unknown.errors == cooling.errors
    assert len(wrong.errors) == 1
    kit.portal.clock.at += timedelta(seconds=31)
    assert kit.enter(kit.portal.client(), person).status == 303


@pytest.mark.req("ACTV-46", "ACTV-47")
def test_a_taken_id_is_told_only_after_the_proof(kit: Kit) -> None:
    kit.member("hanako1958")
    person = kit.customer()
    unproved = kit.enter(kit.portal.client(), person, "HANAKO1958", proof_code_1="0000")
    assert not unproved.all("//*[@id='login-e']")
    guessed = kit.enter(kit.portal.client(), person, "HANAKO1958", captcha="00000")
    assert not guessed.all("//*[@id='login-e']")
    answer = kit.enter(kit.portal.client(), person, "HANAKO1958")
    assert answer.status == 422
    assert "HANAKO1958" in answer.texts("//*[@id='login-e']")[0]


@pytest.mark.req("ACTV-45")
def test_a_picture_serves_once_and_not_for_long(kit: Kit) -> None:
    person, browser = kit.customer(), kit.portal.client()
    page = browser.get(PATH)
    good = kit.entry(page, person)
    wrong = browser.post(PATH, good | {"captcha": "0000" if good["captcha"] != "0000" else "1111"})
    assert wrong.all("//*[@id='captcha-e']")
    assert browser.post(PATH, good).status == 422
    page = browser.get(PATH)
    used = kit.entry(page, person)
    assert browser.post(PATH, used).status == 303
    assert browser.post(PATH, used | {"email": "other@mail.example"}).all("//*[@id='captcha-e']")
    stranger = kit.portal.client()
    token = csrf_of(stranger.get(PATH))
    assert stranger.post(PATH, used | {"_csrf": token}).all("//*[@id='captcha-e']")
    old = kit.entry(browser.get(PATH), person)
    kit.portal.clock.at += timedelta(minutes=10, seconds=1)
    assert browser.post(PATH, old).all("//*[@id='captcha-e']")


@pytest.mark.req("ACTV-45")
def test_the_digits_are_a_picture_and_a_sound_and_nowhere_else(kit: Kit, other: Kit) -> None:
    browser = kit.portal.client()
    # Other numbers on the page may coincide with one picture's digits, but not with those of three.
    pages = [browser.get(PATH) for _ in range(3)]
    assert not all(kit.digits(page) in page.raw.text for page in pages)
    image, sound = pages[0].all("//img[contains(@class,'captcha')]/@src")[0], pages[0].all("//audio/@src")[0]
    answer = browser.get(image)
    assert answer.raw.headers["content-type"].startswith("image/png")
    assert answer.raw.headers["cache-control"] == "no-store"
    assert answer.raw.content.startswith(b"\x89PNG")
    assert browser.get(sound).raw.content.startswith(b"RIFF")
    assert other.portal.client().get(image).status == 404
    for bad in ("/captcha/x.png", image[:-4], image.replace(".png", ".gif"), "/captcha/.png"):
        assert browser.get(bad).status == 404


@pytest.mark.req("ACTV-45")
def test_another_picture_keeps_what_was_typed_without_messages(kit: Kit) -> None:
    browser = kit.portal.client()
    page = browser.get(PATH)
    answer = browser.post(PATH, kit.entry(page, kit.customer(), email="") | {"captcha_new": "1"})
    assert answer.status == 200
    assert answer.errors == []
    assert answer.all("//input[@name='login']/@value") == ["hanako1958"]
    assert answer.all("//img[contains(@class,'captcha')]/@src") != page.all("//img[contains(@class,'captcha')]/@src")


@pytest.mark.req("ACTV-24", "ACTV-48", "ACTV-78")
def test_a_customer_with_an_account_is_sent_to_the_forgotten_links(kit: Kit) -> None:
    person, browser = kit.customer(), kit.portal.client()
    link = kit.register(browser, person)
    browser.get(link)
    browser.submit({})
    answer = kit.enter(kit.portal.client(), person, "another123")
    assert answer.status == 422
    assert "0120-442-208" in answer.errors[0]
    assert kit.count(Account) == 1


@pytest.mark.req("ACTV-49")
def test_back_to_the_login_page_keeps_nothing_and_back_from_the_check_keeps_all_but_secrets(kit: Kit) -> None:
    browser = kit.portal.client()
    confirm = browser.get(kit.enter(browser, kit.customer()).location)
    [back] = [a.get("href") for a in confirm.all("//div[@class='actions']//a")]
    page = browser.get(back)
    assert page.all("//input[@name='login']/@value") == ["hanako1958"]
    assert page.all("//input[@name='email']/@value") == [EMAIL]
    assert page.all("//input[@type='password']/@value | //input[starts-with(@name,'proof_code')]/@value") == []
    [leave] = [a.get("href") for a in page.all("//main//div[@class='actions']//a")]
    assert leave == "/login"
    browser.get(leave)
    assert browser.get(PATH).all("//input[@name='login' or @name='email']/@value") == []
    stranger = kit.portal.client()
    assert stranger.get(back).all("//input[@name='login']/@value") == []


def test_the_draft_holds_no_password_and_ends_after_ten_minutes(kit: Kit) -> None:
    browser = kit.portal.client()
    entered = kit.enter(browser, kit.customer())
    [draft] = kit.portal.run(lambda tx: tx.scalars(select(Draft).where(Draft.tenant_id == tx.tenant)).all())
    assert not any(secret in str(vars(draft)) for secret in (PASSWORD, "argon2", *CODE))
    browser.get(entered.location)
    kit.portal.clock.at += timedelta(minutes=10)
    answer = browser.submit({})
    assert answer.status == 409
    assert kit.count(Registration) == 0


def test_logout_wipes_the_drafts_of_the_browser(kit: Kit) -> None:
    kit.member("somebody1")
    browser = kit.signed_in("somebody1")
    assert kit.enter(browser, kit.customer()).status == 303
    assert kit.count(Draft) == 1
    browser.get("/home")
    browser.post("/logout")
    assert kit.count(Draft) == 0


@pytest.mark.req("ACTV-24")
def test_every_post_of_the_wizard_pressed_twice_at_once_is_one_effect(kit: Kit) -> None:
    person, browser = kit.customer(), kit.portal.client()
    values = kit.entry(browser.get(PATH), person)

    async def twice(path: str, data: dict[str, str]) -> list[str]:
        answers = await asyncio.gather(*(browser.arequest("POST", path, data=data) for _ in range(4)))
        assert {answer.status_code for answer in answers} == {303}
        return [answer.headers["location"] for answer in answers]

    locations = kit.portal.wait(twice(PATH, values))
    assert len(set(locations)) == 1
    assert kit.count(Draft) == 1
    browser.get(locations[0])
    assert browser.last is not None
    locations = kit.portal.wait(twice(f"{PATH}/confirm", browser.last.form_values()))
    assert len(set(locations)) == 1
    assert (kit.count(Registration), kit.count(MailMessage), kit.count(MailLink)) == (1, 1, 1)
    assert kit.count(Draft) == 0
    again = browser.submit({})
    assert (again.status, again.location) == (303, locations[0])
    link = kit.path(kit.mails()[0]["link"])
    opened = browser.get(link)
    assert set(kit.portal.wait(twice(link, opened.form_values()))) == {"/login"}
    assert (kit.count(Account), kit.count(Credential)) == (1, 1)


@pytest.mark.req("ACTV-54", "ACTV-55")
def test_opening_the_link_changes_nothing_however_often(kit: Kit) -> None:
    link = kit.register(kit.portal.client(), kit.customer())
    scanner = kit.portal.client()
    for method in ("GET", "HEAD", "GET"):
        assert kit.portal.wait(scanner.arequest(method, link)).status_code == 200
    assert kit.count(Account) == 0
    assert kit.count(MailLink, MailLink.used_at.is_not(None)) == 0


def _dead(answer: Answer) -> bool:
    return answer.status == 404 and "/register/" in "".join(answer.all("//main//a/@href"))


@pytest.mark.req("ACTV-54")
def test_expired_used_unknown_and_foreign_links_show_one_page(kit: Kit, other: Kit) -> None:
    browser = kit.portal.client()
    link = kit.register(browser, kit.customer())
    foreign = other.register(other.portal.client(), other.customer())
    browser.get(link)
    browser.submit({})
    kit.portal.clock.at += timedelta(minutes=11)
    texts = set()
    for path in (link, foreign, "/activate/unknown", "/activate/" + "x" * 300):
        token = csrf_of(browser.get("/login"))
        for answer in (browser.get(path), browser.post(path, csrf=token)):
            assert _dead(answer), path
            texts.add(answer.text)
    assert len(texts) == 1
    assert kit.count(Account) == 1
    assert other.count(Account) == 0


@pytest.mark.req("ACTV-54")
def test_an_expired_registration_frees_its_id_and_its_code(kit: Kit) -> None:
    person, browser = kit.customer(), kit.portal.client()
    link = kit.register(browser, person)
    taken = kit.enter(kit.portal.client(), kit.customer("20012345"))
    assert taken.all("//*[@id='login-e']")
    browser.get(link)
    kit.portal.clock.at += timedelta(hours=24)
    assert browser.get(link).status == 404
    link = kit.register(kit.portal.client(), kit.customer("30012345"))
    assert kit.register(kit.portal.client(), person, "hanako1960")
    browser.get(link)
    assert browser.submit({}).status == 303
    assert kit.login(kit.portal.client()).status == 303


def test_a_new_registration_of_the_customer_replaces_the_waiting_one(kit: Kit) -> None:
    person = kit.customer()
    first = kit.register(kit.portal.client(), person)
    second = kit.register(kit.portal.client(), person)
    browser = kit.portal.client()
    assert browser.get(first).status == 404
    assert browser.get(second).status == 200
    assert browser.submit({}).status == 303
    assert kit.count(LoginName) == 1


def test_who_got_an_account_meanwhile_is_refused_politely(kit: Kit) -> None:
    person = kit.customer()
    link = kit.register(kit.portal.client(), person)
    kit.portal.run(lambda tx: tx.add(Account(tenant_id=tx.tenant, customer_id=person.customer_id)))
    browser = kit.portal.client()
    browser.get(link)
    assert _dead(browser.submit({}))
    assert (kit.count(Account), kit.count(Credential), kit.count(LoginName)) == (1, 0, 0)


def test_two_customers_who_want_one_id_get_one_account(kit: Kit) -> None:
    browsers = [kit.portal.client(), kit.portal.client()]
    for browser, number in zip(browsers, ("10012345", "20012345"), strict=True):
        browser.get(kit.enter(browser, kit.customer(number)).location)
    answers = [browser.submit({}) for browser in browsers]
    assert [answer.status for answer in answers] == [303, 422]
    assert answers[1].all("//*[@id='login-e']")
    assert kit.count(Registration) == 1


def test_a_code_of_another_customer_or_tenant_proves_nothing(kit: Kit, other: Kit) -> None:
    mine = kit.customer("10012345")
    stored = proof_hash(other.portal.server.keyring, other.portal.name, "10012345", CODE)
    kit.portal.run(
        lambda tx: tx.execute(
            update(Customer)
            .where(Customer.tenant_id == tx.tenant, Customer.id == mine.customer_id)
            .values(proof_hash=stored)
        )
    )
    assert kit.enter(kit.portal.client(), mine).status == 422


@pytest.mark.req("ACTV-15", "ACTV-35")
def test_the_checklist_follows_what_is_typed_and_needs_the_forms_token(kit: Kit) -> None:
    browser = kit.portal.client()
    page = browser.get(PATH)
    [url] = page.all("//input[@name='password']/@*[name()='data-hx-post']")
    assert page.all("//*[@id='rules']//li")
    weak = browser.post(url, {"password": "kz"}, headers={"hx-request": "true"})
    assert weak.status == 200
    assert weak.all("//li[contains(@class,'rule--no')]")
    assert not weak.all("//main")
    browser.get(PATH)
    strong = browser.post(url, {"password": PASSWORD, "login": "hanako1958"})
    assert not strong.all("//li[contains(@class,'rule--no')]")
    browser.get(PATH)
    same = browser.post(url, {"password": "hanako1958", "login": "hanako1958"})
    assert same.all("//li[contains(@class,'rule--no')]")
    assert browser.post(url, {"password": "x"}, csrf="").status == 409
    browser.get(PATH)
    assert browser.post("/password-rules?scheme=none", {"password": "x"}).status == 404


@pytest.mark.parametrize("value", ["\x00", "a" * 50_000, "\u202e", "𠮷" * 300, "%s%(x)s", "{{7*7}}"])
def test_no_input_breaks_the_registration(kit: Kit, value: str) -> None:
    person = kit.customer()
    for name in ("login", "password", "email", "customer_number", "proof_code_1", "captcha", "captcha_token"):
        browser = kit.portal.client()
        answer = kit.enter(browser, person, **{name: value})
        assert answer.status == 422, name
        token = csrf_of(browser.get("/login"))
        for path in (f"{PATH}/confirm?draft=x", f"{PATH}/sent?operation=x", f"{PATH}?edit=x", "/register/none"):
            assert browser.get(path).status in (200, 303, 404, 409)
        assert browser.post(f"{PATH}/confirm", {"operation": value}, csrf=token).status in (303, 409)
