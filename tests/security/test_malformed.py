"""What no browser sends: every route answers clearly and quickly, never with a 5xx.

`MYPAGE_FUZZ_SEED` repeats a run, `MYPAGE_FUZZ_SIZE` is the number of random requests besides the fixed corpus, which is
sent whole when that is large.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import re
import socket
import threading
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any
from urllib.parse import quote_from_bytes

import pytest
import uvicorn
from attackkit import FORM, Browser, Oracle, Seen, browser, jar_of, run_all

from mypage.server.routes import all_routes
from mypage.testing.portal import HANG, Portal
from mypage.web.formdata import FormData
from mypage.web.routing import Route
from portal_rows import add_person, operator_of

SEED = int(os.environ.get("MYPAGE_FUZZ_SEED", "0")) or random.SystemRandom().randrange(1, 10**9)
SIZE = int(os.environ.get("MYPAGE_FUZZ_SIZE", "600"))
SLOWEST = 2.0
ROUTES = all_routes()
QUERY = ("next", "back", "page", "encoding", "draft", "edit", "operation", "scheme", "size", "language", "onward")
FIELDS = (
    "login", "password", "password_again", "current", "email", "customer_number", "proof_code_1", "proof_code_2",
    "proof_code_3", "captcha", "captcha_token", "captcha_new", "operation", "next", "_back", "local", "domain", "way",
    "answer", "code", "name", "account", "address", "action", "boats", "call", "consent", "customer-number-number",
    "customer-number-password", "family_kana", "family_name", "fax", "gender", "given_kana", "given_name", "harbour",
    "household", "login_domain", "login_local", "mail", "mobile", "occupation", "phone", "product", "role", "use",
    "user_name",
)  # fmt: skip
TEXTS: dict[str, bytes] = {
    "empty": b"",
    "NUL": b"a\x00b",
    "half surrogates": b"\xed\xa0\x80x\xed\xbf\xbf",
    "no UTF-8": b"\xff\xfe\x80",
    "overlong": b"\xc0\xaf\xe0\x80\xaf",
    "right to left": "a\u202eb\u2066c\u200f".encode(),
    "zero width": "\u200b\ufeff\u2060".encode(),
    "combining": ("e" + "\u0301" * 3000).encode(),
    "full width": "１２３４５６７".encode(),
    "emoji": "👨‍👩‍👧‍👦".encode(),
    "long": b"9" * 3_000,
    "very long": b"a" * 20_000,
    "huge integer": b"9" * 400,
    "minus": b"-1",
    "float": b"1e309",
    "not a number": b"NaN",
    "Arabic digits": "٣٤٥".encode(),
    "superscript": "²³".encode(),
    "date": b"2026-02-31T99:99",
    "line ends": b"a\r\nSet-Cookie: x=1\r\n\r\n<b>",
    "SQL": b"' OR 1=1; --",
    "template": b"{{7*7}}${7*7}<%= 7 %>#{7}",
    "percent": b"%(x)s %s %n {0} %",
    "up": b"../../../../etc/passwd",
    "uuid in words": b"urn:uuid:{12345678-1234-5678-1234-567812345678}",
    "uuid of full width": "１２３４５６７８１２３４５６７８１２３４５６７８１２３４５６７８".encode(),
    "many lines": b"\n" * 3_000,
    "controls": bytes(range(1, 32)) + b"\x7f",
    "path beyond ASCII": "/あ/\u202e?x=é".encode(),
    "path with a half surrogate": b"/\xed\xa0\x80",
    "private": "\ue000\U000f0000\ufffe".encode(),
}
NOBODYS = "00000000-0000-4000-8000-000000000000"
"""An id as ids look."""
UPPER_BODY = 1_000_000


LEAST = {"paths and queries": 2_600, "headers": 800, "bodies": 1_600, "random": 500}
"""Requests of each kind; 5,000 in all and more (T19). More routes bring no more requests: which ones, the seed says."""
NIGHT = SIZE >= 10_000
"""Then all of them are made."""


@lru_cache(maxsize=1000)
def quoted(text: bytes) -> str:
    """All bytes of a text as a URL carries them."""
    return quote_from_bytes(text, safe="")


def paths_of(route: Route) -> Iterator[str]:
    """The route's path with each text in its placeholders."""
    holes = re.findall(r"\{[^}]+\}", route.path)
    if not holes:
        yield route.path
        return
    for text in TEXTS.values():
        yield re.sub(r"\{[^}]+\}", lambda _, t=text: quoted(t) or "-", route.path)


PATHS = (
    b"/%00", b"/%2e%2e/%2e%2e/etc/passwd", b"/../..", b"//evil.example/%2f..", b"/\\evil.example", b"/%", b"/%zz",
    b"/%ed%a0%80", b"/%ff", b"/" + b"a" * 30_000, b"/" + b"a/" * 8_000, b"/bills/%2e%2e/home", b"/bills//", b"//",
    b"/bills/lines.csv/", b"/notices/%E2%80%AE", b"/_static/../../secret", b"/_static/%2e%2e%2fportal.py", b"/_static/",
    b"/_static/theme/%00", b"/pages/", b"/%E3%81%82", b"*", b"", b"http://evil.example/home", b"/;/home", b"/home%0d%0a",
    b"/home?" + b"a=1&" * 10_000, b"/home?" + b"a" * 60_000, b"/home?%", b"/home?&&&===", b"/home?a=%ff&a=%00",
    b"/bills?page[]=1&page[$ne]=2", b"/login?next=%ed%a0%80", b"/schema", b"/metrics", b"/.env", b"/healthz/", b"/HOME",
)  # fmt: skip


def headers_of(here: Portal) -> list[dict[str, str]]:
    """Headers that no browser sends."""
    jar = jar_of(here)
    cookie = [
        "", ";", "=", "===", "a", "\x01=\x02", "x" * 20_000, "a=" + "b" * 16_000, "; ".join(f"c{i}=1" for i in range(900)),
        *(f"{jar.name(kind)}={value}" for kind in ("session", "visitor", "flash", "language", "text")
          for value in ("", '"', "a.b", "." * 100, "\xff\xfe", '"\\000\\377"', "A" * 4_000, "../x", "W10.x", "ja; Path=/")),
        f"{jar.name('session')}=a; {jar.name('session')}=b", "$Version=1; $Path=/", "é=ü",
    ]  # fmt: skip
    other = [
        {"content-type": "text/html"}, {"content-type": "application/x-www-form-urlencoded; charset=utf-7"},
        {"content-type": "\xff"}, {"content-type": ";" * 2_000}, {"content-type": "multipart/form-data"},
        {"content-length": "-1"}, {"content-length": "9" * 40}, {"content-length": "x"}, {"content-length": "1_0"},
        {"user-agent": "\xff" * 5_000}, {"user-agent": "Firefox\x00Windows"}, {"accept-language": ",;q=" * 500},
        {"origin": "https://[::1"}, {"origin": "\xff"}, {"sec-fetch-site": "\xff"}, {"hx-request": "true"},
        {"hx-request": "\xff" * 100}, {"x-forwarded-for": "1.2.3.4, , ::1, x"}, {"x-forwarded-host": "evil.example"},
        {"if-none-match": '"' * 500}, {"range": "bytes=0-,9-1"}, {"expect": "100-continue"}, {"upgrade": "websocket"},
        {"transfer-encoding": "chunked, gzip"}, {"content-encoding": "gzip"}, {"referer": "javascript:1"},
        {"authorization": "Basic \xff"}, {"x-http-method-override": "DELETE"}, {"cookie2": "x"}, {"te": "\xff"},
        {"host": here.host.upper()}, {"host": here.host + "."}, {"host": here.host + ":443"}, {"host": here.host + ":x"},
        {"host": here.host + ":99999999999999999999"}, {"host": ""}, {"host": "[::1]"}, {"host": "evil.example"},
        {"host": "\xff.example"}, {"host": here.host + "@evil.example"}, {"host": "evil.example, " + here.host},
        {"host": here.host + "\x00"}, {"host": "a" * 5_000}, {"host": here.host + "/x"}, {"host": "xn--\xff"},
        {"host": "１２７.0.0.1"[:0] + "%00"}, {"host": "..."},
    ]  # fmt: skip
    return [{"cookie": value} for value in cookie] + other


def bodies_of(token: str) -> list[tuple[str, bytes]]:
    """(content type, body): forms with the right token and bad fields, then what is no form."""
    start = f"_csrf={token}&".encode()
    found = [
        (FORM, start + "&".join(f"{n}={quoted(t)}" for n in FIELDS).encode()) for t in TEXTS.values() if len(t) < 3_500
    ]
    found += [(FORM, start + f"{n}={quoted(TEXTS['very long'])}".encode()) for n in FIELDS]
    found += [
        (FORM, start + b"login=" + b"a" * 60_000),
        (FORM, start + b"login=" + b"a" * 100_000),
        (FORM, start + b"password=" + b"a" * UPPER_BODY),
        (FORM, start + b"&".join(b"f%d=1" % i for i in range(10_000))),
        (FORM, start + b"&".join(b"login=%d" % i for i in range(400))),
        (FORM, start + b"&".join(b"f%d=1" % i for i in range(499))),
        (FORM, start + b"&" * 50_000),
        (FORM, start + b"login=%&password=%z&current=%u0041"),
        (FORM, start + b"login=\xff\xfe&password=\x00"),
        (FORM, b"_csrf=" + token.encode() + b";login=a"),
        (FORM, start + b"_csrf=&_csrf=x"),
        (FORM, b"=" * 1_000),
        (FORM, b"%00=%00"),
        (FORM + "; charset=utf-16", "_csrf=".encode("utf-16")),
        (FORM + "; charset=nonsense", start),
        ("application/json", json.dumps({"_csrf": token, "login": {"$ne": None}}).encode()),
        ("application/json", b"[" * 50_000),
        ("application/xml", b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>'),
        ("multipart/form-data; boundary=", b"--\r\n\r\n--"),
        ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="login"; filename="../../a"\r\n\r\n'),
        ("multipart/form-data; boundary=" + "x" * 5_000, b"--x"),
        ("", b"\x1f\x8b\x08\x00" + b"\x00" * 100),
    ]  # fmt: skip
    return found


def check(seen: Seen, told: object) -> None:
    """No 5xx, no traceback; a page for people."""
    assert seen.status < 500, (told, seen.status)
    assert b"Traceback" not in seen.body
    if seen.status not in (204, 303, 304) and seen.header("content-type").startswith("text/html"):
        assert b"</html>" in seen.body or seen.status < 400, told


def some(things: list[Any], most: int, where: str = "") -> list[Any]:
    """As many of them as the day has time for, by the seed; all of them in the night."""
    return things if NIGHT or most >= len(things) else random.Random(f"{SEED} {where}").sample(things, most)


def judge(here: Portal, work: list[tuple[object, Callable[[], Any]]]) -> Counter[int]:
    """Send all and check all; the statuses. What was slow among others hangs only if it is slow alone, thrice."""
    answers = run_all(here, [each for _, each in work], at_once=4)
    for (told, each), seen in zip(work, answers, strict=True):
        check(seen, told)
        if seen.seconds >= SLOWEST:
            alone = [here.wait(each()).seconds for _ in range(3)]
            assert min(alone) < SLOWEST, (told, seen.seconds, alone)
    return Counter(seen.status for seen in answers)


@pytest.fixture
def here(place: Callable[..., Portal]) -> Portal:
    return place(extensions={})


@pytest.fixture
def both(here: Portal) -> dict[str, Browser]:
    made = {"out": browser(here), "in": browser(here, add_person(here))}
    for each in made.values():
        each.keep_cookies = False
    return made


def measured(figure: Callable[[str], None], kind: str, statuses: Counter[int]) -> None:
    """Say how many requests of a kind were answered how; too few are no test."""
    spread = ", ".join(f"{n:,} x {status}" for status, n in sorted(statuses.items()))
    figure(
        f"T19 malformed {kind}: {statuses.total():,} requests, 0 x 5xx, 0 slower than {SLOWEST} s, seed {SEED} ({spread})"
    )
    assert statuses.total() >= min(LEAST[kind], SIZE if kind == "random" else LEAST[kind])


def test_paths_and_queries(here: Portal, both: dict[str, Browser], figure: Callable[[str], None]) -> None:
    work: list[tuple[object, Callable[[], Any]]] = []
    for name, who in both.items():
        for route in (route for route in ROUTES if route.method == "GET"):
            for path in paths_of(route):
                work.append(((name, path[:90]), lambda w=who, p=path: w.send("GET", p)))
            base = route.path if "{" not in route.path else re.sub(r"\{[^}]+\}", "mypage", route.path)
            for kind, text in TEXTS.items():
                query = "&".join(f"{q}={quoted(text)}" for q in QUERY)
                work.append(((name, base, kind), lambda w=who, p=f"{base}?{query}": w.send("GET", p)))
        for raw in PATHS:
            for method in ("GET", "POST", "BREW"):
                work.append(((name, method, raw[:60]), lambda w=who, p=raw, m=method: w.send(m, p)))
    statuses = judge(here, some(work, LEAST["paths and queries"] + 100))
    measured(figure, "paths and queries", statuses)
    assert {200, 303, 404} <= statuses.keys()


def test_headers(here: Portal, both: dict[str, Browser], figure: Callable[[str], None]) -> None:
    work: list[tuple[object, Callable[[], Any]]] = []
    for name, who in both.items():
        for headers in headers_of(here):
            for method, path in (
                ("GET", "/home"),
                ("GET", "/login"),
                ("POST", "/login"),
                ("GET", "/_static/css/portal.css"),
            ):
                work.append(((name, path, headers), lambda w=who, m=method, p=path, h=headers: w.send(m, p, headers=h)))
    statuses = judge(here, work)
    measured(figure, "headers", statuses)
    assert 421 in statuses


def test_bodies(here: Portal, both: dict[str, Browser], oracle: Oracle, figure: Callable[[str], None]) -> None:
    forms = [route for route in ROUTES if route.method == "POST" and route.name not in ("logout", "sessions-end")]
    total: Counter[int] = Counter()
    each = -(-LEAST["bodies"] // (len(forms) * len(both)))
    for name, who in both.items():
        for route in forms:
            # Otherwise the first refused passwords would hide what comes behind them.
            oracle.change("DELETE FROM login_counter WHERE tenant_id = %s", here.name)
            path = re.sub(r"\{[^}]+\}", lambda hole: {"kind": "password"}.get(hole[0][1:5], "mypage"), route.path)
            path = re.sub(
                r"/sessions/mypage|/confirm/mypage",
                lambda m: m[0].replace("mypage", "0" * 8 + "-0000-4000-8000-" + "0" * 12),
                path,
            )
            work = [
                (
                    (name, path, kind, body[:120]),
                    lambda w=who, p=path, k=kind, b=body: w.send("POST", p, body=b, headers={"content-type": k}),
                )
                for kind, body in some(bodies_of(who.csrf), each, f"{name} {route.name}")
            ]
            total += judge(here, work)
    measured(figure, "bodies", total)
    assert {409, 413, 422} <= total.keys()


def test_every_field_that_a_form_reads_is_among_those_sent(
    place: Callable[..., Portal], monkeypatch: pytest.MonkeyPatch, figure: Callable[[str], None]
) -> None:
    """Watches what the handlers of every form ask for, at each operator; a new field belongs into `FIELDS`."""
    asked: set[tuple[str, str]] = set()
    now = [""]
    one, many = FormData.__getitem__, FormData.getlist

    def item(form: FormData, name: str) -> str:
        asked.add((now[0], name))
        return one(form, name)

    def items(form: FormData, name: str) -> list[str]:
        asked.add((now[0], name))
        return many(form, name)

    monkeypatch.setattr(FormData, "__getitem__", item)
    monkeypatch.setattr(FormData, "getlist", items)
    for operator in ("actv", "nagi", "ucom"):
        portal = place(operator)
        scheme = next(iter(operator_of(portal).schemes))
        for route in (route for route in ROUTES if route.method == "POST"):
            for who in (browser(portal), browser(portal, add_person(portal, uuid.uuid4().hex[:8]))):
                now[0] = route.name
                for kind in ("password", "login-id"):
                    path = filled(route, {"scheme": scheme, "kind": kind})
                    form = dict.fromkeys(FIELDS, "x") | {"operation": NOBODYS}
                    portal.wait(who.send("POST", path, form=form))
    asked = {(route, name) for route, name in asked if name != "_csrf"}
    figure(f"T19 malformed fields: {len(asked)} fields of {len({route for route, _ in asked})} forms, none left out")
    assert {name for _, name in asked} <= set(FIELDS)
    assert len(asked) > 25


def filled(route: Route, holes: dict[str, str]) -> str:
    """The route's path; an id that does not exist where nothing else is said."""
    return re.sub(r"\{([a-z_]+):[a-z]+\}", lambda hole: holes.get(hole[1], NOBODYS), route.path)


def test_random_requests(here: Portal, both: dict[str, Browser], figure: Callable[[str], None]) -> None:
    chance = random.Random(SEED)
    texts = list(TEXTS.values())
    headers = headers_of(here)

    def noise() -> bytes:
        if chance.random() < 0.4:
            return bytes(chance.randrange(256) for _ in range(chance.randrange(60)))
        return chance.choice(texts)[: chance.randrange(1, 2_000)]

    def request(number: int) -> tuple[object, Callable[[], Any]]:
        route = chance.choice([r for r in ROUTES if r.name not in ("logout", "sessions-end")])
        who = both[chance.choice(("in", "out"))]
        path = re.sub(
            r"\{[^}]+\}", lambda _: chance.choice((quoted(noise()), "mypage", "password", NOBODYS)) or "-", route.path
        )
        query = "&".join(f"{chance.choice(QUERY)}={quoted(noise())}" for _ in range(chance.randrange(4)))
        target = path + (f"?{query}" if query else "")
        more = dict(chance.choice(headers)) if chance.random() < 0.3 else {}
        if route.method == "GET":
            return (number, target[:100], more), lambda: who.send("GET", target, headers=more)
        pairs = "&".join(f"{chance.choice(FIELDS)}={quoted(noise())}" for _ in range(chance.randrange(12)))
        body = f"_csrf={who.csrf}&{pairs}".encode()
        more = {"content-type": FORM} | more
        return (number, target[:100], more, body[:200]), lambda: who.send("POST", target, body=body, headers=more)

    statuses: Counter[int] = Counter()
    for start in range(0, SIZE, 2_000):
        statuses += judge(here, [request(number) for number in range(start, min(start + 2_000, SIZE))])
    measured(figure, "random", statuses)


BAD_IN_FIELDS = {"NUL": "a\x00b", "lone surrogate": "\ud800", "control": "a\x07b", "long": "9" * 5_000}


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/login", "login"),
        ("/login", "password"),
        ("/register/mypage", "login"),
        ("/register/mypage", "password"),
        ("/register/mypage", "email"),
        ("/register/mypage", "customer_number"),
        ("/register/mypage", "proof_code_1"),
        ("/register/mypage", "captcha"),
        ("/recover/password", "login"),
        ("/recover/login-id", "customer_number"),
        ("/credentials", "current"),
        ("/credentials", "login"),
        ("/credentials", "password"),
        ("/reauth", "password"),
    ],
)
def test_the_message_stands_at_the_field(here: Portal, both: dict[str, Browser], path: str, field: str) -> None:
    who = both["in" if path in ("/credentials", "/reauth") else "out"]
    for kind, value in BAD_IN_FIELDS.items():
        seen = here.wait(who.send("POST", path, form={field: value}))
        if kind == "lone surrogate" and field != "email":
            # Read as U+FFFD, a character like others: no such login exists, and a password may have it.
            assert seen.status in (303, 422)
            continue
        assert seen.status == 422, kind
        linked = [href.removeprefix("#") for href in seen.html.xpath("//*[contains(@class,'error-summary')]//a/@href")]
        assert any(target.startswith(field.removesuffix("_1")) for target in linked), (kind, linked)


def test_full_width_digits_are_digits(here: Portal, both: dict[str, Browser]) -> None:
    seen = here.wait(both["out"].send("POST", "/register/mypage", form={"customer_number": "１２３ ４５６７８"}))
    assert seen.status == 422
    assert seen.html.xpath("//input[@name='customer_number']/@value") == ["123 45678"]


def test_below_a_prefix(place: Callable[..., Portal]) -> None:
    here = place(prefix="/left", host=f"many{SEED}.example")
    targets = [b"//left/home", b"/left", b"/left/", b"/left//home", b"/left/../right/home", b"/left%2fhome", b"/LEFT/home",
               b"/left/left/home", b"/leftx/home", b"/", b"/left?x", b"/left;/home", b"/%6ceft/login", b"///left/login"]  # fmt: skip
    who = Browser(here.server, here.host)
    for target in targets:
        seen = here.wait(who.send("GET", target))
        check(seen, target)
        assert seen.status in (200, 303, 404), target
        assert not seen.header("location").startswith("//"), target


@pytest.fixture
def door(here: Portal) -> Iterator[int]:
    """The real web server on a real socket."""
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        here.server.asgi, log_config=None, lifespan="off", h11_max_incomplete_event_size=32_768, timeout_keep_alive=2,
        timeout_graceful_shutdown=1,
    )  # fmt: skip
    server = uvicorn.Server(config)
    assert threading.current_thread() is threading.main_thread()
    future = asyncio.run_coroutine_threadsafe(server.serve(sockets=[listener]), here.loop)
    yield listener.getsockname()[1]
    server.should_exit = True
    future.result(HANG)


def test_bytes_on_a_socket(here: Portal, door: int) -> None:
    host = f"Host: {here.host}\r\n".encode()
    raw = {
        "fine": b"GET /login HTTP/1.1\r\n" + host + b"Connection: close\r\n\r\n",
        "no host": b"GET /login HTTP/1.1\r\nConnection: close\r\n\r\n",
        "two hosts": b"GET /login HTTP/1.1\r\n" + host + b"Host: evil.example\r\nConnection: close\r\n\r\n",
        "absolute form": b"GET http://evil.example/login HTTP/1.1\r\n" + host + b"Connection: close\r\n\r\n",
        "http/1.0": b"GET /login HTTP/1.0\r\n" + host + b"\r\n",
        "not http": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 20 + b"\r\n\r\n",
        "raw bytes in the path": b"GET /\xff\xfe\x00 HTTP/1.1\r\n" + host + b"\r\n",
        "space in the path": b"GET /a b HTTP/1.1\r\n" + host + b"\r\n",
        "huge header": b"GET /login HTTP/1.1\r\n" + host + b"X: " + b"a" * 200_000 + b"\r\n\r\n",
        "two lengths": b"POST /login HTTP/1.1\r\n" + host + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        "smuggled": b"POST /login HTTP/1.1\r\n" + host + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /x HTTP/1.1\r\n\r\n",
        "bad chunk": b"POST /login HTTP/1.1\r\n" + host + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        "one megabyte": b"POST /login HTTP/1.1\r\n" + host + b"Content-Type: " + FORM.encode() + b"\r\nContent-Length: 1000000\r\nConnection: close\r\n\r\n" + b"a" * 1_000_000,
        "header with a line end": b"GET /login HTTP/1.1\r\n" + host + b"X: a\r b\r\n\r\n",
    }  # fmt: skip
    seen = {}
    for name, octets in raw.items():
        with socket.create_connection(("127.0.0.1", door), timeout=60) as client:
            try:
                client.sendall(octets)
                client.shutdown(socket.SHUT_WR)
                answer = b"".join(iter(lambda c=client: c.recv(65_536), b""))
            except TimeoutError:
                raise
            except OSError:
                # The server may hang up before all was sent; shutting down one's side is then refused, too.
                answer = b""
        status = re.match(rb"HTTP/1\.1 (\d+)", answer)
        seen[name] = int(status[1]) if status else 0
        assert seen[name] < 500, (name, answer[:200])
    assert (seen["fine"], seen["no host"], seen["two hosts"]) == (200, 400, 400) or seen["no host"] in (400, 421)
    assert seen["one megabyte"] in (0, 413)
    assert seen["raw bytes in the path"] in (0, 400)
