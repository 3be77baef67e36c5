"""T11: whatever is pressed twice or sixty-four times at once, or again after Back, happens once and says the same.

The forms are all the changing routes: a new one fails here until it has a recipe or a reason to need none.
`MYPAGE_RING_SIZE` multiplies the rounds.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from attackkit import Browser, Oracle, Seen
from racekit import SIZE, audited, cookie_set, fresh, holder, member, together, visitor, with_token
from test_mail_links import FORM, activation_link, reset_link

from auth.authkit import CODE, EMAIL, NEW_PASSWORD, PASSWORD, SCHEME, Kit
from mypage.auth import captcha
from mypage.lib.tokens import new_token
from mypage.server.routes import all_routes
from mypage.testing.portal import NOON, Portal
from payment.payment_bench import Clock, Customer, Running, running

KEY = "MYPAGE_TEST_PAYMENT_KEY"
CROWDS = (2, 8, 64, *(3,) * (SIZE - 1))

SAYS_NOTHING_TWICE = {
    "login": "each press opens a session in place of the browser's earlier one",
    "logout": "the session is gone after the first",
    "password-rules": "changes nothing",
    "recover": "each press asks for a mail; the throttle bounds them",
    "credentials": "an input step: keeps the newest draft, and changes nothing else",
    "sessions-end": "what has ended stays ended",
    "sessions-end-one": "what has ended stays ended",
    "reauth": "changes nothing but the token of the session",
    "login-second": "a proof and its draft are used up by the first",
    "reauth-second": "a proof and its draft are used up by the first",
    "factors-app-start": "an input step: keeps the newest draft",
    "factors-app": "the draft is used up by the first, and a code is good once",
    "factors-passkey-start": "an input step: keeps the newest draft",
    "factors-passkey": "the draft is used up by the first, and a passkey's id is unique",
    "factors-rename": "the same name again",
    "factors-remove": "what is removed stays removed",
    "factors-codes-new": "an input step: each press shows other codes in place of the last",
    "factors-codes-kept": "the draft is used up by the first",
    "option": "an input step: keeps the newest draft, and changes nothing else",
    "option-pin": "shows the PIN again, and changes nothing",
    "slots-one": "an input step: keeps the newest draft, and changes nothing else",
    "slots-terms": "notes the same agreement in the draft once more",
    "accounts-new": "an input step: keeps the newest draft, and changes nothing else",
    "accounts-one": "an input step: keeps the newest draft, and changes nothing else",
    "profile": "an input step: keeps the newest draft, and changes nothing else",
    "accounts-mail": "an input step: keeps the newest draft, and changes nothing else",
    "termination": "an input step: keeps the newest draft, and changes nothing else",
    "request-new": "an input step: keeps the newest draft and each file once, and changes nothing else",
    "view": "a ticket of staff is used up by the first; tests/staff/test_viewing.py presses twice at once",
    "view-end": "what has ended stays ended",
}
PRESSED_ELSEWHERE = {
    "first-login": "plugins/usen/tests/test_usen_gates.py",
    "option-confirm": "plugins/ucom/tests/test_ucom_options.py",
    "accounts-new-confirm": "plugins/ucom/tests/test_ucom_accounts.py",
    "accounts-one-confirm": "plugins/ucom/tests/test_ucom_accounts.py",
    "accounts-delete": "plugins/ucom/tests/test_ucom_deleting.py",
    "slots-confirm": "plugins/ocn/tests/test_ocn_slots_commit.py",
    "slots-remove": "plugins/ocn/tests/test_ocn_slots_commit.py",
    "slots-cancel": "plugins/ocn/tests/test_ocn_slots_commit.py",
    "profile-confirm": "plugins/ucom/tests/test_ucom_profile.py",
    "accounts-mail-confirm": "plugins/ucom/tests/test_ucom_mail.py",
    "termination-confirm": "plugins/ocn/tests/test_ocn_ending.py",
    "request-confirm": "tests/requests/test_request_pages.py",
    "request-answer": "tests/requests/test_request_pages.py",
    "request-withdraw": "tests/requests/test_request_pages.py",
    "provisioning-report": "tests/orders/test_provisioning_report.py",
}
"""Forms of what the portal here does not have; the tests of an operator that has it press them, by `at_once`."""


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Running]:
    before = os.environ.get(KEY)
    os.environ[KEY] = "demo-key"
    with running(tmp_path, Clock(NOON)) as started:
        yield started
    os.environ.pop(KEY)
    if before is not None:
        os.environ[KEY] = before


@pytest.fixture
def here(place: Callable[..., Portal], company: Running) -> Iterator[Portal]:
    os.environ[KEY] = "demo-key"
    portal = place(extensions={"payment": {"adapter": "hosted-page", "base_url": company.url, "key_env": KEY}})
    yield portal
    portal.wait(portal.server.gateways.close())


@dataclass(frozen=True)
class Press:
    """A form ready to be posted: who, where, what, how often its effect has happened, and where all are led."""

    browser: Browser
    path: str
    form: dict[str, str]
    effects: Callable[[], int]
    leads: str


def recipes(here: Portal, oracle: Oracle, company: Running) -> dict[str, Callable[[], Press]]:
    """How each form that happens once is filled in."""
    kit = Kit(here)

    def since(count: Callable[[], int]) -> Callable[[], int]:
        before = count()
        return lambda: count() - before

    def done(action: str) -> Callable[[], int]:
        return since(lambda: audited(oracle, here, action))

    def rows(table: str) -> Callable[[], int]:
        return since(lambda: oracle.fetch(f"SELECT count(*) FROM {table} WHERE tenant_id = %s", here.name)[0][0])

    def register() -> Press:
        key, number = here.server.keyring.derive("captcha", here.name), kit.customer(str(uuid.uuid4().int)[:10]).number
        challenge = captcha.new_challenge(key, here.clock.now(), 4)
        form = {
            "login": fresh(), "password": PASSWORD, "password_again": PASSWORD, "email": EMAIL,
            "customer_number": number, "proof_code_1": CODE[0], "proof_code_2": CODE[1], "proof_code_3": CODE[2],
            "captcha_token": challenge, "captcha": captcha.digits(key, challenge),
        }  # fmt: skip
        return Press(visitor(here), f"/register/{SCHEME}", form, rows("draft"), f"/register/{SCHEME}/confirm?draft=")

    def register_confirm() -> Press:
        first = register()
        entered = here.wait(first.browser.send("POST", first.path, form=first.form))
        operation = entered.header("location").rpartition("draft=")[2]
        where = f"/register/{SCHEME}/confirm"
        leads = f"/register/{SCHEME}/sent?operation={operation}"
        return Press(first.browser, where, {"operation": operation}, rows("mail_message"), leads)

    def activate() -> Press:
        token, _ = activation_link(kit)
        return Press(visitor(here), f"/activate/{token}", {}, rows("account"), "/login")

    def reset() -> Press:
        token = reset_link(here, oracle, member(kit, fresh()))
        return Press(visitor(here), f"/reset/{token}", FORM, done("credentials.changed"), "/login")

    def credentials_confirm() -> Press:
        mine = holder(here, member(kit, fresh()))
        form = {"current": PASSWORD, "password": NEW_PASSWORD, "password_again": NEW_PASSWORD, "login": fresh()}
        entered = here.wait(mine.send("POST", "/credentials", form=form))
        operation = entered.header("location").rpartition("draft=")[2]
        leads = f"/credentials/done?operation={operation}"
        effects = done("credentials.changed")
        return Press(mine, "/credentials/confirm", {"operation": operation}, effects, leads)

    def card_start() -> Press:
        mine = holder(here, member(kit, fresh()))
        return Press(mine, "/card/start", {"operation": new_token()}, rows("card_setup"), "")

    def card_confirm() -> Press:
        first = card_start()
        page = here.wait(first.browser.send("POST", first.path, form=first.form)).header("location")
        shopper = Customer(page)
        back = shopper.type("4242424242424242", brand="visa").headers["location"]
        shopper._http.close()
        entered = here.wait(first.browser.send("GET", back.removeprefix(here.origin)))
        where = entered.header("location")
        setup = where.rpartition("/")[2]
        effects = since(lambda: len(company.outcomes("register")))
        return Press(first.browser, where, {"operation": setup}, effects, f"/card/complete/{setup}")

    return {
        "register": register,
        "register-confirm": register_confirm,
        "activate": activate,
        "reset": reset,
        "credentials-confirm": credentials_confirm,
        "card-start": card_start,
        "card-confirm": card_confirm,
    }


def test_every_form_at_once_and_after_back_has_one_effect(
    here: Portal, oracle: Oracle, company: Running, figure: Callable[[str], None]
) -> None:
    forms = recipes(here, oracle, company)
    covered = forms.keys() | SAYS_NOTHING_TWICE.keys() | PRESSED_ELSEWHERE.keys()
    assert {route.name for route in all_routes() if route.method == "POST"} == covered
    rounds = effects = sent = 0
    for name, ready in forms.items():
        for crowd in CROWDS:
            oracle.change("DELETE FROM login_counter WHERE tenant_id = %s", here.name)
            press = ready()
            answers = together(here, [lambda p=press: p.browser.send("POST", p.path, form=p.form)] * crowd)
            told = {(seen.status, led(here, press, seen, company)) for seen in answers}
            assert told == {(303, True)}, (name, crowd, [(s.status, s.header("location")) for s in answers])
            assert press.effects() == 1, (name, crowd)
            later = here.wait(again(here, oracle, press, answers))
            assert (later.status, led(here, press, later, company)) == (303, True), (
                name,
                crowd,
                later.header("location"),
            )
            assert press.effects() == 1, (name, crowd, "again")
            rounds, sent, effects = rounds + 1, sent + crowd + 1, effects + press.effects()
    figure(
        f"T11 double submit: {len(forms)} forms, {rounds} rounds, {sent} posts of 2 to 64 at once, {effects} effects"
    )
    assert effects == rounds


def led(here: Portal, press: Press, seen: Seen, company: Running) -> bool:
    """Whether an answer leads where the first one does."""
    place = seen.header("location")
    if press.path == "/credentials/confirm" and place == "/login":
        # It came with the token that the first one replaced: signed out on purpose, but the new cookie stands.
        return not any(name == "set-cookie" and "-session=" in value for name, value in seen.headers)
    if press.path.startswith("/card/") and place.startswith("/card/result/"):
        # The page that waits for the first one's answer and leads on to its result.
        place = here.wait(press.browser.send("GET", place)).header("location")
    return place.startswith(press.leads or company.url)


async def again(here: Portal, oracle: Oracle, press: Press, answers: list[Seen]) -> Seen:
    """Back and once more, in the session that goes on."""
    for token in filter(None, (cookie_set(here, seen) for seen in answers)):
        with_token(here, press.browser, token)
        if (await press.browser.send("GET", "/sessions")).status == 200:
            break
    return await press.browser.send("POST", press.path, form=press.form)
