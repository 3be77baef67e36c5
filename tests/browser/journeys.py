"""What customers come for, step by step; the same steps by mouse, by keyboard, on a phone and without scripts."""

from __future__ import annotations

from urllib.parse import urlsplit

from playwright.sync_api import expect
from portal_stack import Site, Stack, link_in, some_id
from sample_people import PASSWORD, Person
from surfing import Surfer

from mypage.auth.captcha import digits

GOOD_CARD, CHALLENGED_CARD, REFUSED_CARD, SLOW_CARD, LOST_CARD = (
    "4242424242424242",
    "4000000000003220",
    "4000000000000002",
    "4000000000005506",
    "4000000000006603",
)
CHALLENGE_ANSWER = "123456"


def captcha_answer(stack: Stack, surfer: Surfer) -> str:
    """The digits of the picture that the page shows, as the product reckons them."""
    challenge = surfer.page.locator("main input[name$='_token']").input_value()
    return digits(stack.server.keyring.derive("captcha", surfer.site.tenant), challenge)


def registration_values(person: Person, login: str, password: str = PASSWORD) -> dict[str, str]:
    """What a newcomer types, by the labels of the form, apart from the picture's digits."""
    parts = {f"認証コード {place}つ目": part for place, part in enumerate(person.code, 1)}
    return {
        "ログインID": login,
        "パスワード": password,
        "パスワード(確認)": password,
        "メールアドレス1": person.email,
        "お客様番号": person.number,
        **parts,
    }


def open_registration(surfer: Surfer) -> None:
    """From the login page to the form."""
    surfer.go("/login")
    surfer.follow("新規アカウント作成")
    surfer.heading("マイページアカウント作成")


def fill_registration(stack: Stack, surfer: Surfer, person: Person, login: str) -> None:
    """Fill in the whole form, the picture last."""
    surfer.fill(registration_values(person, login))
    surfer.put(surfer.control("画像認証"), captcha_answer(stack, surfer))


def register(stack: Stack, surfer: Surfer, person: Person, login: str = "") -> tuple[str, str]:
    """As far as the page that says that a mail is on its way; returns the login ID and the mail's link."""
    login = login or f"new{some_id(8)}"
    open_registration(surfer)
    fill_registration(stack, surfer, person, login)
    surfer.press("次へ")
    surfer.at(f"/register/{surfer.site.facts.scheme}/confirm")
    expect(surfer.main).to_contain_text(login)
    expect(surfer.main).not_to_contain_text(PASSWORD)
    surfer.press("メールを送る")
    surfer.at(f"/register/{surfer.site.facts.scheme}/sent")
    surfer.says(person.email)
    return login, link_in(stack.mail_to(person.email))


def activate(surfer: Surfer, link: str) -> None:
    """Open the mail's link and press its button."""
    surfer.go(link)
    surfer.press("登録を完了する")
    surfer.at("/login")
    surfer.says("アカウントを認証しました。")


def ask_for_reset(stack: Stack, surfer: Surfer, person: Person) -> str:
    """Ask for a new password; returns the mail's link."""
    before, word = len(stack.mails_to(person.email)), surfer.site.facts.words.get
    surfer.go("/login")
    surfer.use(surfer.main.locator("a[href$='/recover/password']"))
    surfer.fill({word("ログインID", "ログインID"): person.login})
    surfer.press("メールを送る")
    surfer.at("/recover/password/sent")
    return link_in(stack.mail_to(person.email, after=before))


def enter_credentials(surfer: Surfer, person: Person, *, login: str = "", password: str = "") -> None:
    """As far as the confirm page of ID・パスワード変更."""
    word = surfer.site.facts.words.get
    surfer.go("/credentials")
    surfer.heading(word("ID・パスワード変更", "ID・パスワード変更"))
    surfer.put(surfer.page.locator("#current"), person.password)
    if login:
        surfer.fill({"ログインID": login})
    if password:
        surfer.fill({word(label, label): password for label in ("パスワード", "パスワード(確認)")})
    surfer.press("確認へ進む")
    surfer.at("/credentials/confirm")


def start_card(stack: Stack, surfer: Surfer, button: str = "カードを変更する") -> None:
    """From the card page to the payment company's page, with the tick where one is demanded."""
    surfer.go("/card")
    tick = surfer.main.locator("input[name=consent]")
    if tick.count():
        surfer.tick(tick)
    surfer.press(surfer.site.facts.words.get(button, button))
    expect(surfer.page.locator("#number")).to_be_visible()
    assert urlsplit(surfer.page.url).netloc == urlsplit(stack.gateway_url).netloc


def type_card(surfer: Surfer, number: str) -> None:
    """Fill in what the payment company's form asks for and send it."""
    page = surfer.page
    if page.locator("#brand").count():
        surfer.choose(page.locator("#brand"), "VISA")
    surfer.put(page.locator("#number"), number)
    surfer.choose(page.locator("#month"), "07月")
    surfer.choose(page.locator("#year"), "2029年")
    for field, text in (("code", "123"), ("holder", "HANAKO AOMORI"), ("given", "HANAKO"), ("family", "AOMORI")):
        if page.locator(f"#{field}").count():
            surfer.put(page.locator(f"#{field}"), text)
    surfer.press(surfer.site.facts.words.get("次へ", "次へ"))


def enter_card(stack: Stack, surfer: Surfer, number: str = GOOD_CARD) -> None:
    """As far as the portal's confirm page."""
    start_card(stack, surfer)
    type_card(surfer, number)
    checking = "内容をご確認ください"
    surfer.heading(surfer.site.facts.words.get(checking, checking))


def path_of(surfer: Surfer) -> str:
    """The path and query of the page, as the portal knows it."""
    parts = urlsplit(surfer.page.url)
    path = parts.path.removeprefix(surfer.site.prefix)
    return f"{path}?{parts.query}" if parts.query else path


def path_in(site: Site, link: str) -> str:
    """The path of a mail's link inside the portal."""
    assert link.startswith(site.url("/")), f"{link} does not lead to {site.url('/')}"
    return urlsplit(link).path.removeprefix(site.prefix)
