"""Texts that stay texts where a household hands out accounts, registers addresses and buys online."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from datetime import date
from typing import Any
from urllib.parse import urlsplit

import pytest
from attackkit import Browser, Oracle, Seen, browser, run_all
from household_rows import add_household
from injection_judge import foreign_parts
from injection_kit import (
    LINES,
    MARK,
    PAYLOADS,
    chunks,
    household_columns,
    infect,
    infect_household,
    mark,
    mark_household,
    unseen_columns,
)
from ring_holdings import holding

from mypage.db.keys import Vault
from mypage.mail.composing import compose
from mypage.mail.errors import BadMail
from mypage.mail.service import claim, send_mail
from mypage.server.routes import all_routes
from mypage.testing.portal import NOON, Portal
from portal_rows import Person, add_bill, operator_of

NAMES = ("family_name", "given_name", "family_kana", "given_kana", "user_name")


@pytest.fixture
def here(place: Callable[..., Portal]) -> Portal:
    return place("ucom")


@pytest.fixture
def person(here: Portal) -> Person:
    return add_household(here, "lan")


def pages_of(here: Portal, oracle: Oracle) -> list[str]:
    """Every page of a household; of the accounts the one with the longest texts."""
    account = oracle.fetch(
        "SELECT id FROM account WHERE tenant_id = %s ORDER BY length(family_name) DESC, user_name DESC LIMIT 1",
        here.name,
    )[0][0]
    notice = oracle.fetch("SELECT id FROM notice WHERE tenant_id = %s ORDER BY length(body) DESC LIMIT 1", here.name)
    fixed = [r.path for r in all_routes() if r.method == "GET" and "{" not in r.path and r.name != "display"]
    slugs = operator_of(here).product_pages
    return [
        *fixed,
        *(f"/accounts/{account}{page}" for page in ("", "/mail", "/delete")),
        *(f"/options/{slug}{page}" for slug in slugs for page in ("", "/holdings", f"?account={account}")),
        f"/notices/{notice[0][0]}",
    ]


def look(here: Portal, mine: Browser, pages: list[str]) -> list[Seen]:
    """All pages at once."""
    return run_all(here, [lambda p=p: mine.send("GET", p) for p in pages])


def judge(seen: Seen, where: object) -> None:
    """No text of the page has become anything else."""
    assert seen.status < 500, where
    assert not foreign_parts(seen.body), (where, foreign_parts(seen.body))
    assert not re.search(r"xq\W?49\W?qx", seen.text), where
    assert not any(MARK in f"{name}{value}" for name, value in seen.headers if name != "location"), where


@pytest.mark.req("UCOM-160")
def test_each_text_of_a_household_is_on_a_page_and_none_is_markup(
    here: Portal, person: Person, oracle: Oracle, logged: list[dict[str, Any]], figure: Callable[[str], None]
) -> None:
    mine = browser(here, person)
    marks = mark_household(oracle.change, here.name)
    first = pages_of(here, oracle)
    answers = list(zip(first, look(here, mine, first), strict=True))
    shown = "".join(seen.text for _, seen in answers)
    silent = {path for path, seen in answers if seen.status != 200}
    assert [each for each in marks if each not in shown] == []
    assert len(marks) == len(household_columns()) + 1
    count = views = 0
    for number, chunk in enumerate(chunks()):
        infect(oracle.change, here.name, chunk)
        infect_household(oracle.change, here.name, chunk)
        here.wait(mine.send("GET", f"/display?language={('ja', 'en')[number % 2]}"))
        pages = [path for path in pages_of(here, oracle) if path not in silent]
        for path, seen in zip(pages, look(here, mine, pages), strict=True):
            judge(seen, (path, logged[-3:] if seen.status >= 500 else ""))
            count += seen.text.count(MARK)
            views += 1
    assert views > 15 * len(chunks())
    assert count > 5 * len(PAYLOADS)
    figure(f"T22 injection in a household: {len(PAYLOADS)} payloads x {len(marks)} fields, {views} page views, 0 taken")


def test_what_no_browser_sees_is_on_no_page(here: Portal, person: Person, oracle: Oracle) -> None:
    """Codes, evidence and what is for staff or another system; a row of each table is there."""
    contract, card = oracle.fetch(
        "SELECT c.id, m.id FROM contract c JOIN payment_method m USING (tenant_id) WHERE tenant_id = %s", here.name
    )[0]
    holding(here, person, contract, card, person.account_id)
    add_bill(here, person, date(2026, 9, 1), [("月額", 5000)])
    mine = browser(here, person)
    marks = mark(oracle.change, here.name, unseen_columns())
    assert len(marks) == len(unseen_columns())
    pages = pages_of(here, oracle)
    for path, seen in zip(pages, look(here, mine, pages), strict=True):
        assert seen.status < 500, path
        assert [each for each in marks if each in seen.everything] == [], path


def entered(here: Portal, mine: Browser, path: str, values: dict[str, str]) -> Seen:
    """The form again with what is refused, or the page that asks whether all is right."""
    answer: Seen = here.wait(mine.send("POST", path, form=values))
    assert answer.status in (303, 409, 422), (path, answer.status)
    if answer.status != 303:
        return answer
    target = urlsplit(answer.header("location"))
    return here.wait(mine.send("GET", f"{target.path}?{target.query}".removeprefix(here.prefix)))


def test_what_a_household_types_is_shown_as_text(
    here: Portal, person: Person, oracle: Oracle, figure: Callable[[str], None]
) -> None:
    """Names of accounts, addresses and answers, refused in the form or taken over to the page that confirms."""
    mine = browser(here, person)
    account = oracle.fetch("SELECT account_id FROM resource WHERE tenant_id = %s LIMIT 1", here.name)[0][0]
    asked = [field.name for field in operator_of(here).profile_form.fields]
    forms = {f"/accounts/{account}": NAMES, f"/accounts/{account}/mail": ("use", "address"), "/profile": asked}
    answers: Counter[int] = Counter()
    for path, names in forms.items():
        for payload in (*PAYLOADS[::8], *LINES):
            for values in (dict.fromkeys(names, payload), plausible(path, payload)):
                seen = entered(here, mine, path, values)
                judge(seen, (path, payload))
                assert seen.status in (200, 422), (path, payload, seen.status)
                answers[seen.status] += 1
                assert seen.status == 422 or "confirm" in path_of_form(seen), (path, values)
    assert min(answers[200], answers[422]) > 20, answers
    figure(
        f"T22 injection by a household's forms: {answers.total()} posts to {len(forms)} forms, "
        f"{answers[200]} came to the page that confirms, 0 taken for markup"
    )


def plausible(path: str, payload: str) -> dict[str, str]:
    """What a person may type, with the payload in the shape that the rules of the form let through, if any does."""
    if path == "/profile":
        person = {"gender": "女性", "occupation": "会社員", "phone": "03-1234-5678"}
        return {**person, "household": payload[:20], "email": f"{''.join(payload.split())[:40]}@a.example"}
    if path.endswith("/mail"):
        return {"use": "other", "address": f"{''.join(payload.split())[:40]}@a.example", "consent": "1"}
    wide = "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in "".join(payload.split()))[:20]
    return {**dict.fromkeys(NAMES, "アン"), "family_name": wide, "given_name": wide[::-1], "role": "user"}


def path_of_form(seen: Seen) -> str:
    """Where the page's own forms lead."""
    return " ".join(form.get("action", "") for form in seen.html.xpath("//main//form"))


def letter(here: Portal, template: str, payload: str) -> Any:
    """A mail of a household in which every text is the payload; None when no mail can hold it."""
    vault, server = Vault(here.server.keyring), here.server
    values = {
        **dict.fromkeys(("account", "number", "address"), payload),
        "product": "p", "at": NOON, "registered_at": NOON, "waiting": True,
    }  # fmt: skip
    try:
        mail_id = here.run(
            lambda tx: send_mail(tx, vault, template=template, recipient="a@isp.example", language="ja", values=values)
        )
    except BadMail:
        return None
    mail = here.run(lambda tx: claim(tx, vault, mail_id, mail_domain="isp.example"))
    tenant = server.registry.current.get(here.name)
    assert mail is not None
    assert tenant is not None
    kernel = server.kernels["ucom"]
    try:
        return compose(
            mail, tenant=tenant, operator=kernel.operator, templates=kernel.responder.templates, origin=here.origin,
            login_url=here.origin + "/login", now=NOON,
        )  # fmt: skip
    except BadMail:
        # What looks like a link leads into the portal or goes nowhere.
        assert "://" in payload
        return None


@pytest.mark.parametrize("template", ["option_bought", "option_ended", "mailbox_registered"])
def test_a_mail_about_an_account_shows_its_texts_as_text(here: Portal, template: str) -> None:
    """A login ID, an order's number and an address are lines of the mail, or the mail is not sent at all."""
    sent = 0
    for payload in (*PAYLOADS[::4], *LINES):
        message = letter(here, template, payload)
        if message is None:
            continue
        sent += 1
        names = [name.lower() for name in message]
        assert len(names) == len(set(names))
        assert not {"bcc", "cc", "set-cookie", "reply-to"} & set(names)
        assert MARK not in message["subject"]
        html = message.get_body(("html",)).get_content()
        assert [p for p in foreign_parts(html.encode()) if "style" not in p] == [], payload
        assert MARK in html
    assert sent > 40
