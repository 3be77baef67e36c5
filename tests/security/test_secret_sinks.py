"""Passwords, codes and tokens go through every flow, with errors on the way: they end in no log, trail, page or row."""

from __future__ import annotations

import json
import re
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from attackkit import Browser, Oracle, Seen, browser
from belongings import fill, things

from auth.authkit import Kit
from mypage.auth import captcha
from mypage.demo.gateway.cards import TEST_CARDS, luhn
from mypage.lib.tokens import new_token
from mypage.server.routes import all_routes
from mypage.testing.portal import Portal
from payment.payment_bench import Clock, Customer, running
from portal_rows import add_person

OLD, NEW, WRONG, RESET = "Canaryold7391", "Canarynew4826", "Canarywrong55", "Canaryreset99"
CODE = ("Kz8Canr1", "Kz8Canr2", "Kz8Canr3")
TYPED = (OLD, NEW, WRONG, RESET, *CODE)
FORMS = tuple(r for r in all_routes() if r.method == "POST" and r.name not in ("logout", "sessions-end"))
FIELDS = ("login", "password", "password_again", "current", "email", "customer_number", "proof_code_1", "proof_code_2", "captcha",
          "captcha_token", "operation", "next", "_back", "name", "code", "answer", "way", "number", "card")  # fmt: skip
ACT_CODE = ("aB3d", "7Kmp", "Xy90")


class Wire:
    """A browser that remembers all that it saw, without what it typed."""

    def __init__(self, portal: Portal, door: Browser) -> None:
        self.portal, self.door, self.seen = portal, door, list[Seen]()

    def get(self, path: str) -> Seen:
        """GET a path."""
        return self._keep(self.portal.wait(self.door.send("GET", path)))

    def post(self, path: str, **form: str) -> Seen:
        """POST a form with the right token."""
        return self._keep(self.portal.wait(self.door.send("POST", path, form=form)))

    def follow(self, seen: Seen) -> Seen:
        """Go where an answer leads, taking the token of the page there."""
        page = self.get(seen.header("location"))
        found = re.search(r'name="_csrf" value="([^"]+)"', page.text)
        if found:
            self.door.csrf = found[1]
        return page

    def _keep(self, seen: Seen) -> Seen:
        self.seen.append(seen)
        return seen


def sinks(oracle: Oracle, tenant: str, logged: list[dict[str, Any]], wires: list[Wire]) -> dict[str, str]:
    """Everything that was kept or sent, as text."""
    lines = []
    for entry in logged:
        line = dict(entry)
        if isinstance(line.get("exc_info"), BaseException):
            line["exception"] = "".join(traceback.format_exception(line.pop("exc_info")))
        lines.append(json.dumps(line, default=str, ensure_ascii=False))
    return {
        "log": "\n".join(lines),
        "database": "\n".join(oracle.rows(tenant).values()),
        "jobs": "\n".join(str(row) for row in oracle.fetch("SELECT args::text FROM procrastinate_jobs")),
        "pages": "\n".join(
            seen.text + "".join(f"{k}: {v}\n" for k, v in seen.headers if k != "set-cookie")
            for wire in wires
            for seen in wire.seen
        ),
    }


def hits(found: dict[str, str], secrets: tuple[str, ...]) -> list[tuple[str, str]]:
    """(sink, secret) for every secret in any of its usual spellings; bytea shows as hexadecimal."""
    return [
        (sink, secret)
        for sink, text in found.items()
        for secret in secrets
        for spelling in {secret, quote(secret), secret.lower(), secret.encode().hex()}
        if spelling in text
    ]


UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
CARD = re.compile(r"(?<![0-9A-Za-z._-])[3-6][0-9](?:[ -]?[0-9]){11,17}(?![0-9A-Za-z_-])")


def card_numbers(text: str) -> list[str]:
    """What looks like a number of a credit card: 13 to 19 digits whose check digit is right."""
    found = (re.sub(r"[ -]", "", each) for each in CARD.findall(UUID.sub("", text)))
    return [each for each in found if luhn(each)]


def test_the_search_for_card_numbers_is_sharp() -> None:
    assert card_numbers('{"number": "4242424242424242"}, 3782 822463 10005') == ["4242424242424242", "378282246310005"]
    assert card_numbers("5555-5555-5555-4444") == ["5555555555554444"]
    assert card_numbers("4242424242424241 20261121030000 4242424242424242a 42424242-4242-4242-8242-424242424242") == []


def test_no_sink_holds_a_card_number(
    place: Callable[..., Portal],
    oracle: Oracle,
    logged: list[dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    figure: Callable[[str], None],
) -> None:
    """Typed into every field of every form by mistake, and typed where it belongs: at the payment company."""
    numbers = [card.number for card in TEST_CARDS]
    with running(tmp_path, Clock()) as company:
        monkeypatch.setenv("MYPAGE_TEST_PAYMENT_KEY", "demo-key")
        payment = {"adapter": "hosted-page", "base_url": company.url, "key_env": "MYPAGE_TEST_PAYMENT_KEY"}
        here = place(extensions={"payment": payment})
        person = add_person(here)
        ids, typed = things(here, person), 0
        oracle.change("DELETE FROM card_setup WHERE tenant_id = %s", here.name)
        inside, outside = Wire(here, browser(here, person)), Wire(here, browser(here))
        inside.door.keep_cookies = outside.door.keep_cookies = False
        for wire in (inside, outside):
            for number, route in zip(numbers * 9, FORMS, strict=False):
                oracle.change("DELETE FROM login_counter WHERE tenant_id = %s", here.name)
                for spelling in (number, f"{number[:4]} {number[4:]}"):
                    wire.post(fill(route, ids), **dict.fromkeys(FIELDS, spelling))
                    typed += 1
        token = typed_at_the_company(inside, oracle)
        typed += 1
    found = sinks(oracle, here.name, logged, [])
    assert "card.changed" in found["database"] or "4242" in found["database"]
    found["mails"] = "\n".join(json.dumps(mail, default=str) for mail in Kit(here).mails())
    headers = [h for wire in (inside, outside) for seen in wire.seen for h in seen.headers]
    found["addresses"] = "\n".join(value for name, value in headers if name == "location")
    scanned = {sink: card_numbers(text) for sink, text in found.items()}
    assert not any(scanned.values()), scanned
    assert not hits({sink: found[sink] for sink in ("log", "database", "jobs", "mails")}, (token,))
    figure(f"T31 card numbers: {typed} typed in {len(FORMS)} forms and at the company, {len(found)} sinks, 0 found")


def typed_at_the_company(inside: Wire, oracle: Oracle) -> str:
    """A card is entered, once while the company is not believed, and confirmed; returns the token of the way back."""
    gone = inside.post("/card/start", operation=new_token())
    shopper = Customer(gone.header("location"))
    assert shopper.type("4242424242424241", brand="visa").status_code == 422
    back = shopper.type("4242424242424242", brand="visa").headers["location"]
    path = urlsplit(back).path
    place = inside.get(path).header("location")
    page = inside.get(place)
    operation = page.html.xpath("//input[@name='operation']/@value")[0]
    done = inside.post(place, operation=operation)
    assert inside.get(done.header("location")).status == 200
    return path.rpartition("/")[2]


def all_flows(here: Portal, kit: Kit, oracle: Oracle) -> tuple[list[Wire], set[str]]:
    """Log in, fail, recover, reset, change, register, prove it again, log out; returns tokens that were made, too."""
    person = kit.member("hanako1958", password_hash=here.server.hasher.hash(OLD))
    tokens: set[str] = set()
    wire = Wire(here, browser(here))
    wire.post("/login", login=person.login, password=WRONG)
    wire.follow(wire.post("/login", login=person.login, password=OLD))
    wire.get("/sessions")
    wire.post("/reauth", password=WRONG)
    wire.follow(wire.post("/reauth", password=OLD))
    wire.get("/credentials")
    wire.post("/credentials", current=WRONG, login="", password=NEW, password_again=NEW)
    wire.post("/credentials", current=OLD, login="", password=NEW, password_again=WRONG)
    page = wire.follow(wire.post("/credentials", current=OLD, login="", password=NEW, password_again=NEW))
    operation = page.html.xpath("//input[@name='operation']/@value")[0]
    wire.follow(wire.post("/credentials/confirm", operation=operation))
    wire.post("/password-rules?scheme=mypage", password=NEW, login=person.login)
    tokens |= {value for name, value in wire.door.cookies.items() if name.endswith("session") and value}
    wire.get("/card")
    wire.post("/card/start", operation="0123456789" * 3)
    wire.post("/logout")

    other = Wire(here, browser(here))
    other.post("/recover/password", login=person.login)
    token = kit.mails("password_reset")[-1]["link"].rpartition("/")[2]
    tokens.add(token)
    other.seen.clear()
    other.post(f"/reset/{token}", password=RESET, password_again=RESET)
    other.post(f"/reset/{token}", password=WRONG, password_again=WRONG)
    other.post("/recover/login-id", customer_number=person.number, proof_code_1=CODE[0], proof_code_2=CODE[1], proof_code_3=CODE[2])  # fmt: skip
    fresh = kit.customer("20012345")
    third = Wire(here, browser(here))
    for parts in (CODE, ACT_CODE):
        page = third.get("/register/mypage")
        challenge = page.html.xpath("//input[@name='captcha_token']/@value")[0]
        digits = captcha.digits(here.server.keyring.derive("captcha", here.name), challenge)
        entered = third.post(
            "/register/mypage", login="newperson1", password=NEW, password_again=NEW, email="new@mail.example",
            customer_number=fresh.number, proof_code_1=parts[0], proof_code_2=parts[1], proof_code_3=parts[2],
            captcha=digits, captcha_token=challenge,
        )  # fmt: skip
    assert entered.status == 303, entered.text
    page = third.follow(entered)
    sent = third.post("/register/mypage/confirm", operation=page.html.xpath("//input[@name='operation']/@value")[0])
    assert sent.status == 303
    third.follow(sent)
    activation = kit.mails("activation")[-1]["link"].rpartition("/")[2]
    tokens.add(activation)
    made = third.portal.wait(third.door.send("POST", f"/activate/{activation}"))
    assert made.status == 303
    again = Wire(here, browser(here))
    again.follow(again.post("/login", login="newperson1", password=NEW))
    return [wire, other, third, again], tokens


def test_no_sink_holds_a_secret(
    place: Callable[..., Portal], oracle: Oracle, logged: list[dict[str, Any]], figure: Callable[[str], None]
) -> None:
    here = place()
    kit = Kit(here)
    wires, tokens = all_flows(here, kit, oracle)
    assert len(tokens) == 3
    found = sinks(oracle, here.name, logged, wires)
    assert "request" in found["log"]
    assert "login.failed" in found["database"]
    assert "argon2id" in found["database"]
    # The code of the letter stands again in its own form, and a link's token in the page that it opened.
    shown = {("pages", secret) for secret in (*CODE, *tokens)}
    assert not set(hits(found, (*TYPED, *tokens))) - shown
    for wire in wires:
        for seen in wire.seen:
            assert seen.status in (404, 422) or not [
                secret for secret in (*CODE, *tokens) if secret in seen.text + seen.header("location")
            ]
    for mail in kit.mails():
        text = json.dumps({key: value for key, value in mail.items() if key != "link"}, default=str)
        assert not [secret for secret in (*TYPED, *tokens) if secret in text]
    answers = sum(len(wire.seen) for wire in wires)
    figure(f"T31 secrets: {len(TYPED) + len(tokens)} canaries, {answers} answers, {len(found) + 1} sinks, 0 hits")


@pytest.mark.parametrize(
    "table", ["audit_entry", "login_counter", "draft", "mail_message", "operation", "login_session"]
)
def test_no_error_tells_a_secret(
    place: Callable[..., Portal], oracle: Oracle, logged: list[dict[str, Any]], table: str
) -> None:
    """The database refuses a table in the middle of each flow: a page for people, a log without anybody's data."""
    here = place()
    kit = Kit(here)
    person = kit.member("hanako1958", password_hash=here.server.hasher.hash(OLD), email="canary.mail@mail.example")
    session = kit.signed_in(password=OLD)
    inside = Wire(here, Browser(here.server, here.host, cookies=dict(session.cookies)))
    inside.door.csrf = re.findall(r'name="_csrf" value="([^"]+)"', inside.get("/credentials").text)[0]
    outside, lost = Wire(here, browser(here)), Wire(here, browser(here))
    before = oracle.rows(here.name)
    oracle.change(f'REVOKE INSERT, UPDATE ON "{table}" FROM mypage_app')
    try:
        outside.post("/login", login=person.login, password=OLD)
        outside.post("/login", login=person.login, password=WRONG)
        lost.post("/recover/password", login=person.login)
        inside.post("/credentials", current=OLD, login="", password=NEW, password_again=NEW)
        inside.post("/reauth", password=OLD)
        inside.post("/logout")
    finally:
        rights = "INSERT" if table == "audit_entry" else "INSERT, UPDATE"
        oracle.change(f'GRANT {rights} ON "{table}" TO mypage_app')
    failed = [seen for wire in (inside, outside, lost) for seen in wire.seen if seen.status == 500]
    assert failed or table == "operation"
    for seen in failed:
        assert "青森ケーブルテレビ" in seen.text
        assert not re.search(r"psycopg|sqlalchemy|Traceback|InsufficientPrivilege|audit_entry", seen.text)
        assert seen.header("x-request-id") in seen.text
    found = sinks(oracle, here.name, logged, [inside, outside, lost])
    assert ("unhandled error" in found["log"]) == bool(failed)
    secrets = (*TYPED, *(value for name, value in inside.door.cookies.items() if name.endswith("session") and value))
    assert not hits(found, secrets)
    assert "canary.mail" not in found["log"]
    assert person.login not in found["log"]
    assert before.keys() <= oracle.rows(here.name).keys() | {k for k in before if k[0] == "login_session"}
