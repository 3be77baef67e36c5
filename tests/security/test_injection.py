"""Texts that operators' systems and customers hand in stay texts: in pages, tables, documents and mails."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import lxml.html
import pytest
from attackkit import Oracle, browser, run_all
from sqlalchemy import select

from auth.authkit import Kit
from mypage.auth.models import Registration
from mypage.db.keys import Vault
from mypage.mail.composing import compose
from mypage.mail.models import MailMessage
from mypage.mail.service import claim
from mypage.server.routes import all_routes
from mypage.testing.portal import NOON, Portal
from portal_rows import Person, add_bill, add_card, add_contract, add_notice, add_person

MARK = "xqz"
MARKUP = (
    "<script>xqz(1)</script>",
    "<xqz onxqz=1>",
    '"><svg/onload=xqz(1)>',
    "' onmouseover='xqz(1)' x='",
    '" autofocus onfocus="xqz(1)',
    "<img src=x onerror=xqz(1)>",
    "</title><script>xqz(1)</script>",
    "</textarea></select></style><xqz>",
    "<!--xqz--><![CDATA[<xqz>]]>",
    "&lt;script&gt;xqz&#x3c;xqz&#60;/script>",
    "javascript:xqz(1)",
    "JaVaScRiPt:xqz(1)//https://x.example",
    "data:text/html,<xqz>",
    'https://a.example/"onclick=xqz(1)//',
    "http://a.example/'><xqz>",
    "https://user:xqz@evil.example/",
    "xq{{7*7}}qx ${7*7} #{7*7} <%= 7*7 %> {% raw %}xqz",
    "%(company)s %s %d %n xqz",
    "\u202exqz\u2066<xqz>",
    "＜script＞xqz＜/script＞",
    "<a href='javascript:xqz(1)'>xqz</a>",
    "<base href=//evil.example/xqz><meta http-equiv=refresh content=0;url=//evil.example/xqz>",
    "<form action=//evil.example/xqz><button formaction=javascript:xqz(1)>",
    "hx-on:click=xqz <div hx-get=/xqz hx-trigger=load>",
)
FORMULAS = (
    "=cmd|' /C calc'!A0xqz",
    "+1+1xqz",
    "-2+3xqz",
    "@SUM(1)xqz",
    "\t=1xqz",
    "\r=1xqz",
    "＝1xqz",
    '=HYPERLINK("//evil.example")xqz',
)
LINES = ("xqz\r\nSet-Cookie: evil=1", "xqz\nBcc: x@evil.example\n\n<xqz>", "xqz\r\n\r\nHTTP/1.1 200 OK")
TEXTS = {
    "customer": ("name", "kana", "number", "email", "phone", "postal_code", "address"),
    "contract": ("name", "number", "place"),
    "service": ("name", "category"),
    "invoice": ("number", "payment_method", "addressee", "issuer", "note"),
    "invoice_line": ("description", "period_text"),
    "notice": ("title", "body", "title_en", "body_en"),
    "payment_method": ("last4",),
    "login_session": ("device",),
    "credential": ("login_id",),
    "registration": ("login_id", "email"),
}
ADDRESSES = (
    "href",
    "src",
    "action",
    "formaction",
    "data",
    "poster",
    "hx-get",
    "hx-post",
    "data-hx-get",
    "data-hx-post",
    "content",
)


@pytest.fixture
def here(place: Callable[..., Portal]) -> Portal:
    return place()


@pytest.fixture
def person(here: Portal) -> Person:
    """Somebody with one of everything."""
    person = add_person(here)
    bill = add_bill(here, person, date(2026, 10, 1), [("月額", 5000)], note="n")
    add_contract(here, person, "C1", [("ネット", "光", "active")], place="p")
    add_card(here, person)
    add_notice(
        here, "t", starts_at=NOON - timedelta(days=1), person=person, title_en="t", body_en="b", importance="urgent"
    )
    waiting = Registration(
        tenant_id=here.name, customer_id=person.customer_id, scheme=person.scheme, login_id="r", login_key="r",
        password_hash="h", email="r@a.example", created_at=NOON, expires_at=NOON + timedelta(hours=1),
    )  # fmt: skip
    here.run(lambda tx: tx.add(waiting))
    assert bill
    return person


def infect(oracle: Oracle, tenant: str, payload: str) -> None:
    """The payload into every text; a number keeps the rows of a table apart."""
    for table, columns in TEXTS.items():
        for column in columns:
            oracle.change(f'UPDATE "{table}" SET "{column}" = %s WHERE tenant_id = %s', payload, tenant)
    details = (
        "UPDATE contract SET details = jsonb_build_array(jsonb_build_array(%s::text, %s::text)) WHERE tenant_id = %s"
    )
    oracle.change(details, payload, payload, tenant)


def pages_of(oracle: Oracle, tenant: str) -> list[str]:
    """Every page that shows something."""
    bill = oracle.fetch("SELECT id FROM invoice WHERE tenant_id = %s", tenant)[0][0]
    notice = oracle.fetch("SELECT id FROM notice WHERE tenant_id = %s", tenant)[0][0]
    fixed = [
        r.path
        for r in all_routes()
        if r.method == "GET" and "{" not in r.path and r.name not in ("display", "bills-csv")
    ]
    return [*fixed, f"/bills/{bill}", f"/invoices/{bill}", f"/notices/{notice}"]


def foreign_parts(body: bytes) -> list[str]:
    """Elements, attributes and addresses that our templates never make."""
    found: list[str] = []
    if not body:
        return found
    for element in lxml.html.fromstring(body).iter():
        if not isinstance(element.tag, str):
            if MARK in str(element.text):
                found.append(f"comment {element.text}")
            continue
        if MARK in element.tag:
            found.append(f"<{element.tag}>")
        if element.tag in ("script", "style", "base", "iframe", "object", "embed") and (
            MARK in (element.text or "") or element.tag != "script"
        ):
            found.append(f"<{element.tag}> {element.text}")
        for name, value in element.attrib.items():
            if MARK in name or name.startswith(("on", "hx-on", "data-hx-on")) or name in ("style", "srcdoc"):
                found.append(f"{element.tag} {name}")
            bare = re.sub(r"[\x00-\x20\u202e\u2066]", "", value).lower()
            if name in ADDRESSES and bare.startswith(("javascript:", "data:", "vbscript:", "//")):
                found.append(f"{element.tag} {name}={value}")
    return found


def test_the_judge_is_sharp() -> None:
    for payload in ("<script>xqz</script>", "<img src=x onerror=xqz()>", "<a href='javascript:xqz()'>a</a>", "<xqz>"):
        assert foreign_parts(f"<html><body>{payload}</body></html>".encode())
    assert not foreign_parts(b"<html><body>&lt;xqz onload=1&gt;<a href='/x'>a</a></body></html>")


def test_no_page_takes_a_text_for_markup(here: Portal, person: Person, oracle: Oracle) -> None:
    mine = browser(here, person)
    pages = pages_of(oracle, here.name)
    shown = 0
    for payload in (*MARKUP, *FORMULAS[:2], *LINES):
        infect(oracle, here.name, payload)
        for language in ("ja", "en"):
            here.wait(mine.send("GET", f"/display?language={language}"))
            for path, seen in zip(pages, run_all(here, [lambda p=p: mine.send("GET", p) for p in pages]), strict=True):
                assert seen.status < 500, (payload, path)
                assert not foreign_parts(seen.body), (payload, path, foreign_parts(seen.body))
                assert "xq49qx" not in seen.text
                assert not any(MARK in f"{name}{value}" for name, value in seen.headers if name != "location")
                shown += MARK in seen.text
    assert shown > 300


def test_a_link_in_a_notice_leads_where_it_says(here: Portal, person: Person, oracle: Oracle) -> None:
    mine = browser(here, person)
    notice = oracle.fetch("SELECT id FROM notice WHERE tenant_id = %s", here.name)[0][0]
    oracle.change(
        "UPDATE notice SET body = %s WHERE tenant_id = %s",
        "\n".join(MARKUP) + "\nhttps://good.example/a?b=1&c=2",
        here.name,
    )
    seen = here.wait(mine.send("GET", f"/notices/{notice}"))
    links = seen.html.xpath("//main//a[starts-with(@href,'http')]")
    assert "https://good.example/a?b=1&c=2" in [a.get("href") for a in links]
    for link in links:
        assert link.text_content() == link.get("href")
        assert "@" not in link.get("href").split("/")[2]


@pytest.mark.parametrize("encoding", ["utf-8", "cp932"])
def test_no_cell_of_a_table_is_a_formula(here: Portal, person: Person, oracle: Oracle, encoding: str) -> None:
    mine = browser(here, person)
    for payload in (*FORMULAS, *MARKUP, *LINES):
        infect(oracle, here.name, payload)
        seen = here.wait(mine.send("GET", f"/bills/lines.csv?encoding={encoding}"))
        assert seen.status == 200
        text = seen.body.decode("utf-8-sig" if encoding == "utf-8" else "cp932")
        rows = list(csv.reader(io.StringIO(text, newline="")))
        assert len(rows) == 2, "a line end in a text makes no row"
        assert len(rows[1]) == len(rows[0])
        for cell in rows[1]:
            assert not re.match(r"[=+@\t\r\n＝＋－＠]|-(?![0-9]+$)", cell), cell
        assert "\n" not in seen.header("content-disposition")


def test_a_document_shows_a_text_as_it_is(here: Portal, person: Person, oracle: Oracle) -> None:
    mine = browser(here, person)
    bill = oracle.fetch("SELECT id FROM invoice WHERE tenant_id = %s", here.name)[0][0]
    for number, payload in enumerate((*MARKUP, *FORMULAS, *LINES)):
        infect(oracle, here.name, payload)
        for kind in (("bills", "invoices")[number % 2],):
            seen = here.wait(mine.send("GET", f"/{kind}/{bill}/pdf"))
            assert seen.status == 200, (payload, seen.status)
            assert seen.body.startswith(b"%PDF-")
            assert not re.search(rb"/(JavaScript|JS|URI|Launch|OpenAction|AA|EmbeddedFile)\b", seen.body)
            assert len(re.findall("\n", seen.header("content-disposition"))) == 0
            plain = re.sub(r"[^\x21-\x7e]", "", payload)
            assert plain in re.sub(r"[^\x21-\x7e]", "", seen.text), payload


def test_a_form_shows_a_refused_text_as_text(here: Portal) -> None:
    nobody = browser(here)
    for payload in (*MARKUP, *LINES):
        for path in ("/login", "/register/mypage", "/recover/password", "/recover/login-id"):
            names = (
                "login",
                "email",
                "customer_number",
                "proof_code_1",
                "captcha",
                "password",
                "next",
                "_back",
                "operation",
            )
            seen = here.wait(nobody.send("POST", path, form=dict.fromkeys(names, payload)))
            assert seen.status in (303, 422)
            assert not foreign_parts(seen.body), (payload, path, foreign_parts(seen.body))
            assert "xq49qx" not in seen.text
            oracle_free = seen.html.xpath("//input[@type='password']/@value") if seen.status == 422 else []
            assert oracle_free == []
        seen = here.wait(nobody.send("GET", f"/{re.sub('[^ -~]', '', payload).replace('#', '').replace('?', '')}"))
        assert not foreign_parts(seen.body)


def test_a_mail_has_no_header_more(place: Callable[..., Portal], oracle: Oracle) -> None:
    """A login ID and an operator's words are in it; what they hold stays in its line."""
    here = place()
    kit = Kit(here)
    person = kit.member("hanako1958")
    vault = Vault(here.server.keyring)
    tenant = here.server.registry.current.get(here.name)
    kernel = here.server.kernels["actv"]
    assert tenant is not None
    for payload in (*MARKUP[::3], *FORMULAS[::3], *LINES):
        oracle.change("DELETE FROM mail_message WHERE tenant_id = %s", here.name)
        oracle.change("DELETE FROM login_counter WHERE tenant_id = %s", here.name)
        oracle.change("UPDATE credential SET login_id = %s WHERE tenant_id = %s", payload, here.name)
        seen = here.wait(browser(here).send("POST", "/recover/password", form={"login": person.login}))
        assert seen.status == 303
        mail_id = here.run(
            lambda tx: tx.scalars(select(MailMessage.id).where(MailMessage.tenant_id == tx.tenant)).one()
        )
        mail = here.run(lambda tx, i=mail_id: claim(tx, vault, i, mail_domain="isp.example"))
        assert mail is not None
        message = compose(
            mail, tenant=tenant, operator=kernel.operator, templates=kernel.responder.templates, origin=here.origin,
            login_url=here.origin + "/login", now=NOON,
        )  # fmt: skip
        names = [name.lower() for name in message]
        assert len(names) == len(set(names))
        assert not {"bcc", "cc", "set-cookie", "reply-to"} & set(names)
        html = message.get_body(("html",))
        assert html is not None
        parts: list[Any] = [p for p in foreign_parts(html.get_content().encode()) if "style" not in p]
        assert not parts, (payload, parts)
