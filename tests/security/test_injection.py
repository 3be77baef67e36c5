"""Texts that operators' systems and customers hand in stay texts: in pages, tables, documents and mails."""

from __future__ import annotations

import copy
import csv
import io
import itertools
import json
import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from functools import partial
from typing import Any

import lxml.html
import pypdf
import pytest
from attackkit import Oracle, browser, run_all, session_of
from injection_judge import foreign_parts
from injection_kit import CHUNK, LINES, MARK, PAYLOADS, chunks, columns_without_cover, fields, infect
from msgspec.inspect import DictType, ListType, Metadata, StrType, StructType, UnionType, type_info
from pypdf.generic import DictionaryObject, NameObject, TextStringObject
from sqlalchemy import select

from auth.authkit import Kit
from mypage.auth.factors.models import SecondFactor
from mypage.auth.models import Registration
from mypage.db.keys import Vault
from mypage.db.session import Actor, Scope
from mypage.imports.chunk import Means
from mypage.imports.loader import import_feed
from mypage.imports.records import KINDS
from mypage.lib.clock import SystemClock
from mypage.mail.composing import compose
from mypage.mail.models import MailMessage
from mypage.mail.service import claim
from mypage.server.routes import all_routes
from mypage.testing.portal import NOON, Portal
from portal_rows import Person, add_bill, add_card, add_contract, add_notice, add_person


@pytest.fixture
def here(place: Callable[..., Portal]) -> Portal:
    return place()


@pytest.fixture
def person(here: Portal) -> Person:
    """Somebody with a row of everything for each text of a load."""
    person = add_person(here)
    add_bill(here, person, date(2026, 10, 1), [("月額", 5000)] * CHUNK, note="n")
    for number in range(CHUNK):
        add_contract(here, person, f"C{number}", [("ネット", "光", "active")], place="p")
        add_notice(
            here, "t", starts_at=NOON - timedelta(days=1), person=person, title_en="t", body_en="b",
            importance="urgent" if number % 2 else "normal",
        )  # fmt: skip
    for month in (7, 8, 9):
        add_bill(here, person, date(2026, month, 1), [("月額", 5000)], note="n")
    add_card(here, person)
    waiting = Registration(
        tenant_id=here.name, customer_id=person.customer_id, scheme=person.scheme, login_id="r", login_key="r",
        password_hash="h", email="r@a.example", created_at=NOON, expires_at=NOON + timedelta(hours=1),
    )  # fmt: skip
    factors = [
        SecondFactor(tenant_id=here.name, account_id=person.account_id, kind="totp", name="x", created_at=NOON)
        for _ in range(3)
    ]
    here.run(lambda tx: tx.add_all([waiting, *factors]))
    for number in range(6):
        session_of(here, person, device=f"d{number}")
    return person


def pages_of(oracle: Oracle, tenant: str) -> list[str]:
    """Every page that shows something; of a kind of row the one with the longest text."""
    bill, notice = bill_of(oracle, tenant), longest(oracle, tenant, "notice", "length(body)")
    factor = longest(oracle, tenant, "second_factor", "length(name)")
    fixed = [
        r.path
        for r in all_routes()
        if r.method == "GET" and "{" not in r.path and r.name not in ("display", "bills-csv")
    ]
    named = ("/register/mypage", "/recover/password", "/recover/login-id", "/pages/faq", "/notices?page=2")
    return [*fixed, *named, f"/bills/{bill}", f"/invoices/{bill}", f"/notices/{notice}", f"/factors/{factor}"]


def longest(oracle: Oracle, tenant: str, table: str, order: str) -> Any:
    return oracle.fetch(f"SELECT id FROM {table} WHERE tenant_id = %s ORDER BY {order} DESC LIMIT 1", tenant)[0][0]


def bill_of(oracle: Oracle, tenant: str) -> Any:
    """The bill with a line for each text."""
    lines = "(SELECT count(*) FROM invoice_line l WHERE l.tenant_id = invoice.tenant_id AND l.invoice_id = invoice.id)"
    return longest(oracle, tenant, "invoice", lines)


def test_the_judge_is_sharp() -> None:
    for payload in ("<script>xqz</script>", "<img src=x onerror=xqz()>", "<a href='javascript:xqz()'>a</a>", "<xqz>"):
        assert foreign_parts(f"<html><body>{payload}</body></html>".encode())
    assert not foreign_parts(b"<html><body>&lt;xqz onload=1&gt;<a href='/x'>a</a></body></html>")


def test_every_text_has_its_place_here() -> None:
    """A new column of texts is shown somewhere, or somebody says here that it is not."""
    assert columns_without_cover() == []
    assert len(PAYLOADS) >= 200
    assert all(MARK in text or "xq{{" in text for text in PAYLOADS)


def test_no_page_takes_a_text_for_markup(
    here: Portal, person: Person, oracle: Oracle, logged: list[dict[str, Any]], figure: Callable[[str], None]
) -> None:
    mine = browser(here, person)
    shown = views = 0
    for number, chunk in enumerate(chunks()):
        infect(oracle.change, here.name, chunk)
        here.wait(mine.send("GET", f"/display?language={('ja', 'en')[number % 2]}"))
        pages = pages_of(oracle, here.name)
        for path, seen in zip(pages, run_all(here, [lambda p=p: mine.send("GET", p) for p in pages]), strict=True):
            assert seen.status < 500, (chunk, path)
            assert not foreign_parts(seen.body), (path, foreign_parts(seen.body))
            assert not re.search(r"xq\W?49\W?qx", seen.text), path
            assert not any(MARK in f"{name}{value}" for name, value in seen.headers if name != "location")
            shown += seen.text.count(MARK)
            views += 1
    assert shown > 5 * len(PAYLOADS)
    figure(
        f"T22 injection by HTTP: {len(PAYLOADS)} payloads x {fields()} fields, {views} page views, 0 taken for markup"
    )


def test_a_link_in_a_notice_leads_where_it_says(here: Portal, person: Person, oracle: Oracle) -> None:
    mine = browser(here, person)
    notice = oracle.fetch("SELECT id FROM notice WHERE tenant_id = %s", here.name)[0][0]
    oracle.change(
        "UPDATE notice SET body = %s WHERE tenant_id = %s",
        "\n".join(PAYLOADS) + "\nhttps://good.example/a?b=1&c=2",
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
    mine, cells = browser(here, person), 0
    for chunk in chunks():
        infect(oracle.change, here.name, chunk)
        seen = here.wait(mine.send("GET", f"/bills/lines.csv?encoding={encoding}"))
        assert seen.status == 200
        text = seen.body.decode("utf-8-sig" if encoding == "utf-8" else "cp932")
        rows = list(csv.reader(io.StringIO(text, newline="")))
        assert len(rows) == 1 + CHUNK + 3, "a line end in a text makes no row"
        for row in rows[1:]:
            assert len(row) == len(rows[0])
            for cell in row:
                assert not re.match(r"[ \u3000\x0b\x0c]*([=+@\t\r\n＝＋－＠]|-(?![0-9]+$))", cell), cell
                cells += MARK in cell
        assert "\n" not in seen.header("content-disposition")
    assert cells > 2 * len(PAYLOADS)


ACTING = {"/JavaScript", "/JS", "/URI", "/Launch", "/OpenAction", "/AA", "/EmbeddedFile", "/EmbeddedFiles"}


def acting_parts(body: bytes) -> set[str]:
    """What a document would do by itself or on a click: names in its objects, not the same letters in its texts."""
    reader = pypdf.PdfReader(io.BytesIO(body))
    return {
        name
        for number in range(1, int(reader.trailer["/Size"]))
        for name in names_in(reader.get_object(number))
        if name in ACTING
    }


def names_in(thing: Any) -> Iterator[str]:
    """The names in an object and in those that it holds itself."""
    if isinstance(thing, dict):
        for name in thing:
            yield name
            yield from names_in(thing.raw_get(name))
    elif isinstance(thing, list):
        for each in list.__iter__(thing):
            yield from names_in(each)


def test_acting_parts_of_a_document_are_found() -> None:
    writer, made = pypdf.PdfWriter(), io.BytesIO()
    writer.add_blank_page(100, 100)
    script = {"/S": NameObject("/JavaScript"), "/JS": TextStringObject("xqz(1)")}
    action = DictionaryObject({NameObject(name): value for name, value in script.items()})
    writer.root_object[NameObject("/OpenAction")] = action
    writer.write(made)
    assert acting_parts(made.getvalue()) == {"/OpenAction", "/JS"}


def test_a_document_shows_a_text_as_it_is(
    here: Portal, person: Person, oracle: Oracle, logged: list[dict[str, Any]]
) -> None:
    mine, bill = browser(here, person), bill_of(oracle, here.name)
    for number, chunk in enumerate(chunks()):
        infect(oracle.change, here.name, chunk)
        for kind in (("bills", "invoices")[number % 2],):
            seen = here.wait(mine.send("GET", f"/{kind}/{bill}/pdf"))
            assert seen.status == 200, logged
            assert seen.body.startswith(b"%PDF-")
            assert not acting_parts(seen.body), (kind, acting_parts(seen.body))
            assert len(re.findall("\n", seen.header("content-disposition"))) == 0
            text = re.sub(r"[^\x21-\x7e]", "", seen.text)
            for payload in chunk[:-1]:
                plain = re.sub(r"[^\x21-\x7e]", "", payload)
                assert plain in text, (kind, payload)


def texts_of_forms(body: bytes) -> dict[str, list[str]]:
    """The forms of a page by their address: the names of what can be typed into, and hidden values."""
    found: dict[str, list[str]] = {}
    for form in lxml.html.fromstring(body).xpath("//form[@method='post']"):
        named = [i.get("name") for i in form.xpath(".//input|.//textarea") if i.get("name") not in (None, "_csrf")]
        typed = form.xpath(
            ".//input[not(@type) or not(@type='hidden' or @type='checkbox' or @type='radio')]|.//textarea"
        )
        if typed:
            found[form.get("action")] = named
    return found


def test_a_form_shows_a_refused_text_as_text(
    here: Portal, person: Person, oracle: Oracle, figure: Callable[[str], None]
) -> None:
    """Every form that has a field for texts, found on the pages themselves, gets every text in every field."""
    mine, nobody = browser(here, person), browser(here)
    forms: dict[str, tuple[Any, list[str]]] = {}
    for who in (nobody, mine):
        for path in pages_of(oracle, here.name):
            seen = here.wait(who.send("GET", path))
            for action, names in texts_of_forms(seen.body).items() if seen.body else ():
                forms.setdefault(action, (who, names))
    assert {"/login", "/register/mypage", "/recover/password", "/credentials"} <= set(forms), sorted(forms)
    posts = 0
    for action, (who, names) in forms.items():
        posted = [
            partial(who.send, "POST", action, form=dict.fromkeys([*names, "next", "_back"], payload))
            for payload in PAYLOADS
        ]
        for payload, seen in zip(PAYLOADS, run_all(here, posted, at_once=4), strict=True):
            posts += 1
            assert seen.status in (303, 403, 404, 409, 422, 429), (action, payload, seen.status)
            assert not foreign_parts(seen.body), (payload, action, foreign_parts(seen.body))
            assert not re.search(r"xq\W?49\W?qx", seen.text), action
            if seen.status == 422:
                assert seen.html.xpath("//input[@type='password']/@value") == []
    wanted = [re.sub("[^ -~]", "", payload).replace("#", "").replace("?", "") for payload in PAYLOADS[::4]]
    for seen in run_all(here, [lambda p=p: nobody.send("GET", f"/{p}") for p in wanted]):
        assert not foreign_parts(seen.body)
    count = sum(len(names) for _, names in forms.values())
    figure(
        f"T22 injection by forms: {len(PAYLOADS)} payloads x {count} fields of {len(forms)} forms, {posts} posts, 0 taken"
    )


FEED: dict[str, dict[str, Any]] = {
    "Customer": {"name": "x"},
    "Account": {"customer": "feed-1", "scheme": "mypage"},
    "Contract": {"customer": "feed-1", "name": "x", "details": {}, "services": [{"category": "x", "name": "x"}]},
    "Invoice": {
        "customer": "feed-1", "month": "2026-01", "issued_on": "2026-01-10", "status": "paid",
        "lines": [{"description": "x", "amount": 1}],
    },
    "Card": {
        "customer": "feed-1", "gateway": "x", "token": "x", "brand": "visa", "last4": "4242", "exp_month": 1, "exp_year": 2030,
    },
    "Notice": {"title": "x", "body": "x", "starts_at": "2026-01-01T00:00:00+09:00"},
    "Subscription": {
        "contract": "feed-k", "product": "x", "bought_at": "2026-01-01T00:00:00+09:00", "ended_at": "2026-01-02T00:00:00+09:00",
    },
    "Resource": {
        "contract": "feed-k", "scheme": "mypage", "login_id": "feed-a", "kind": "web", "started_at": "2026-01-01T00:00:00+09:00",
        "ended_at": "2026-01-02T00:00:00+09:00",
    },
    "Slot": {
        "contract": "feed-k", "kind": "x", "number": 1, "address": "x@feed.example", "started_at": "2026-01-01T00:00:00+09:00",
    },
    "Posting": {"contract": "feed-k", "month": "2026-01", "description": "x", "amount": 1},
    "LineSecret": {"contract": "feed-k", "value": "x"},
}  # fmt: skip
"""A line of each kind that is in order but for what it is found by."""
_TAGS = {"LineSecret": "line_secret"}
FOUND_BY = {
    "Customer": "number", "Account": "login_id", "Contract": "number", "Invoice": "number", "Card": "customer", "Notice": "key",
    "Subscription": "product", "Resource": "value", "Slot": "address", "Posting": "key", "LineSecret": "label",
}  # fmt: skip
NAMED = (
    {"type": "customer", "number": "feed-1", "name": "x"},
    {"type": "contract", "customer": "feed-1", "number": "feed-k", "name": "x"},
    {"type": "account", "customer": "feed-1", "scheme": "mypage", "login_id": "feed-a"},
)
"""What the lines name."""


def texts_of(kind: Any, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Where a kind of line holds free texts, as msgspec sees its type."""
    match kind:
        case StructType(fields=found):
            return [text for f in found for text in texts_of(f.type, (*path, f.encode_name))]
        case UnionType(types=found):
            return [text for each in found for text in texts_of(each, path)]
        case ListType(item_type=item):
            return texts_of(item, (*path, "[]"))
        case DictType():
            return [(*path, "{key}"), (*path, "{value}")]
        case Metadata(type=inner):
            return texts_of(inner, path)
        case StrType(pattern=None):
            return [path]
    return []


def filled(kind: Any, path: tuple[str, ...], payload: str, key: str) -> dict[str, Any]:
    """A line with the payload at its place."""
    line = {"type": _TAGS.get(kind.__name__, kind.__name__.lower()), FOUND_BY[kind.__name__]: key[:60]} | copy.deepcopy(
        FEED[kind.__name__]
    )
    place: Any = line
    for name, after in itertools.pairwise(path):
        if name == "[]":
            place = place[0]
        elif after == "[]" and len(path) == path.index("[]") + 1:
            place[name] = [payload]
            return line
        else:
            place = place.setdefault(name, [{}] if after == "[]" else {})
    match path[-1]:
        case "{key}":
            place[payload] = "x"
        case "{value}":
            place["x"] = payload
        case "kind":
            place.update({"kind": payload})
        case name:
            place[name] = payload
    return line


def test_a_feed_is_loaded_as_it_is_or_refused(here: Portal, oracle: Oracle, figure: Callable[[str], None]) -> None:
    """Every text of every kind of line, as the format itself names them."""
    server = here.server
    tenant = server.registry.current.get(here.name)
    assert tenant is not None
    means = Means(vault=Vault(server.keyring), hasher=server.hasher, settings=tenant.settings)
    named = 0
    for kind in KINDS:
        texts = texts_of(type_info(kind))
        named += len(texts)
        lines = [
            json.dumps(filled(kind, name, payload, f"{name}-{number}")).encode() + b"\n"
            for name in texts
            for number, payload in enumerate(PAYLOADS)
        ]
        named_by_them = [json.dumps(line).encode() + b"\n" for line in NAMED]
        scope = Scope(here.name, SystemClock(), Actor("system", "import"), "import")
        report = import_feed(here.engine, scope, [*named_by_them, *lines], means, source=kind.__name__)
        assert report.lines == len(lines) + len(NAMED)
        for problem in report.problems:
            assert len(str(problem).splitlines()) == 1, problem
    figure(f"T22 injection by feeds: {len(PAYLOADS)} payloads x {named} fields, each loaded or refused in one line")


def test_a_mail_has_no_header_more(place: Callable[..., Portal], oracle: Oracle) -> None:
    """A login ID and an operator's words are in it; what they hold stays in its line."""
    here = place()
    kit = Kit(here)
    person = kit.member("hanako1958")
    vault = Vault(here.server.keyring)
    tenant = here.server.registry.current.get(here.name)
    kernel = here.server.kernels["actv"]
    assert tenant is not None
    for payload in (*PAYLOADS[::8], *LINES):
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
