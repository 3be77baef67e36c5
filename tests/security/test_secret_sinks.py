"""Passwords, codes and tokens go through every flow, with errors on the way: they end in no log, trail, page or row."""

from __future__ import annotations

import json
import re
import traceback
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from attackkit import Browser, Oracle, Seen, browser

from auth.authkit import Kit
from mypage.auth import captcha
from mypage.testing.portal import Portal

OLD, NEW, WRONG, RESET = "Canaryold7391", "Canarynew4826", "Canarywrong55", "Canaryreset99"
CODE = ("Kz8Canr1", "Kz8Canr2", "Kz8Canr3")
TYPED = (OLD, NEW, WRONG, RESET, *CODE)
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


def test_no_sink_holds_a_secret(place: Callable[..., Portal], oracle: Oracle, logged: list[dict[str, Any]]) -> None:
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
