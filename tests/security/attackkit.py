"""An attacker's tools: bare requests without a client's good manners, browsers, a write oracle over all tables."""

from __future__ import annotations

import asyncio
import io
import json
import re
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlencode

import lxml.html
import psycopg
import pypdf

from mypage.auth.sessions import open_session
from mypage.db.schema import metadata
from mypage.testing.portal import Portal
from mypage.web.cookies import CookieJar
from portal_rows import Person, operator_of

Headers = Sequence[tuple[str, str | bytes]]
FORM = "application/x-www-form-urlencoded"
CSRF = re.compile(r'name="_csrf" value="([^"]+)"')
TABLES = tuple(sorted(t.name for t in metadata().tables.values() if "tenant_id" in t.columns))


@dataclass(frozen=True, slots=True)
class Seen:
    """What came back, and after how many seconds."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    seconds: float

    def header(self, name: str) -> str:
        """The first header of a name, or an empty text."""
        return next((value for key, value in self.headers if key == name), "")

    @property
    def text(self) -> str:
        """The body as text; a PDF's own text."""
        if self.header("content-type").startswith("application/pdf"):
            return "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(self.body)).pages)
        if "Shift_JIS" in self.header("content-type"):
            return self.body.decode("cp932")
        return self.body.decode("utf-8", "replace")

    @property
    def everything(self) -> str:
        """Headers and body, in which nothing foreign may stand."""
        return "\n".join(f"{name}: {value}" for name, value in self.headers) + "\n" + self.text

    @property
    def html(self) -> Any:
        """The parsed document."""
        return lxml.html.fromstring(self.body)


async def call(
    app: Any, method: str, target: str | bytes, headers: Headers, body: bytes = b"", peer: str = "198.51.100.9"
) -> Seen:
    """One request as the web server hands it over; nothing is normalised, checked or refused on the way."""
    raw = target.encode("utf-8", "surrogatepass") if isinstance(target, str) else target
    path, _, query = raw.partition(b"?")
    scope: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "https",
        "path": unquote(path.decode("latin-1")),
        "raw_path": path,
        "query_string": query,
        "root_path": "",
        "headers": [(k.lower().encode(), v if isinstance(v, bytes) else v.encode("latin-1")) for k, v in headers],
        "client": (peer, 4711),
        "server": ("127.0.0.1", 8000),
        "state": {},
    }
    chunks = [body[i : i + 65_536] for i in range(0, len(body), 65_536)] or [b""]
    waiting = [
        {"type": "http.request", "body": chunk, "more_body": number < len(chunks)}
        for number, chunk in enumerate(chunks, 1)
    ]
    got: list[Any] = []
    complete = asyncio.Event()

    async def receive() -> Any:
        if waiting:
            return waiting.pop(0)
        # A web server says so once the answer is complete, and streams wait for it.
        await complete.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        got.append(message)
        if message["type"] == "http.response.body" and not message.get("more_body"):
            complete.set()

    started = time.perf_counter()
    await app(scope, receive, send)
    seconds = time.perf_counter() - started
    start = next(m for m in got if m["type"] == "http.response.start")
    content = b"".join(m.get("body", b"") for m in got if m["type"] == "http.response.body")
    decoded = tuple((k.decode("latin-1"), v.decode("latin-1")) for k, v in start["headers"])
    return Seen(start["status"], decoded, content, seconds)


@dataclass
class Browser:
    """Cookies, a form token and a host to talk to."""

    server: Any
    host: str
    prefix: str = ""
    cookies: dict[str, str] = field(default_factory=dict)
    csrf: str = ""
    label: str = ""
    keep_cookies: bool = True
    peer: str = "198.51.100.9"
    extra: Headers = ()
    """Headers sent besides those of a request, a second Host for instance."""
    shape: Callable[[str], str] | None = None
    """Makes the target of a path; without it the prefix is put before it."""
    contradicts: bool = False
    """Whether its requests say two things about the portal that is meant."""

    async def send(
        self,
        method: str,
        path: str | bytes,
        *,
        form: Mapping[str, Any] | Iterable[tuple[str, Any]] | None = None,
        headers: Mapping[str, str] | None = None,
        csrf: str | None = None,
        body: bytes | None = None,
    ) -> Seen:
        """A request of this browser; a POST carries the form's token unless `csrf` says another one."""
        given = {"host": self.host} | dict(headers or {})
        if self.cookies and "cookie" not in given:
            given["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if method == "POST" and body is None:
            pairs = list(form.items()) if isinstance(form, Mapping) else list(form or ())
            token = self.csrf if csrf is None else csrf
            body = urlencode([*pairs, *([("_csrf", token)] if token else [])], errors="surrogatepass").encode()
            given.setdefault("content-type", FORM)
        if body:
            given.setdefault("content-length", str(len(body)))
        if isinstance(path, str):
            path = self.shape(path) if self.shape else self.prefix + path
        seen = await call(self.server, method, path, [*given.items(), *self.extra], body or b"", self.peer)
        if self.keep_cookies:
            for name, value in seen.headers:
                if name == "set-cookie":
                    key, _, rest = value.partition("=")
                    self.cookies[key] = rest.partition(";")[0].strip('"')
        return seen

    async def open(self) -> Browser:
        """Look at a page that anybody may see, for the visitor's cookie and the form token."""
        # The first also with a session, the second where no password can be recovered.
        for path in ("/recover/password", "/login"):
            page = await self.send("GET", path)
            if found := CSRF.search(page.text):
                break
        assert found, (self.label, page.status)
        self.csrf = found[1]
        return self


def browser(portal: Portal, person: Person | None = None, *, label: str = "", device: str = "t") -> Browser:
    """A browser at a portal, signed in as somebody or nobody, with its form token."""
    made = Browser(portal.server, portal.host, portal.prefix, label=label)
    if person is not None:
        made.cookies[jar_of(portal).name("session")] = session_of(portal, person, device=device)
    return portal.wait(made.open())


def session_of(portal: Portal, person: Person, *, device: str = "t") -> str:
    """The token of a new session, which showed a second factor where there is one."""
    return portal.run(
        lambda tx: open_session(tx, operator_of(portal), person.account_id, person.scheme, device=device, factor=True)
    )


def jar_of(portal: Portal) -> CookieJar:
    """Names of the portal's cookies."""
    return CookieJar(portal.name, portal.prefix, True)


async def gather(work: Sequence[Callable[[], Awaitable[Any]]], *, at_once: int = 12) -> list[Any]:
    """Run all, so many at a time; results in order."""
    gate = asyncio.Semaphore(at_once)

    async def one(each: Callable[[], Awaitable[Any]]) -> Any:
        async with gate:
            return await each()

    return list(await asyncio.gather(*(one(each) for each in work)))


def run_all(portal: Portal, work: Sequence[Callable[[], Awaitable[Any]]], *, at_once: int = 12) -> list[Any]:
    """The same from a test, in portions that fit the time of one wait."""
    done: list[Any] = []
    for start in range(0, len(work), 400):
        done += portal.wait(gather(work[start : start + 400], at_once=at_once))
    return done


Rows = dict[tuple[str, str], str]


class Oracle:
    """Sees every row of every table of a tenant, past row security. Keeps one connection until `close`."""

    def __init__(self, admin_url: str) -> None:
        self._url = admin_url.replace("postgresql+psycopg:", "postgresql:")
        self._kept: psycopg.Connection[Any] | None = None

    def rows(self, *tenants: str) -> Rows:
        """(table, key) → the row as JSON."""
        found: Rows = {}
        with self._unit() as connection:
            for name in TABLES:
                table = metadata().tables[name]
                keys = ", ".join(f't."{column.name}"' for column in table.primary_key.columns)
                sql = f'SELECT jsonb_build_array({keys})::text, to_jsonb(t)::text FROM "{name}" t WHERE tenant_id = ANY(%s)'
                found.update({(name, key): row for key, row in connection.execute(sql, (list(tenants),)).fetchall()})
        return found

    def change(self, sql: str, *values: Any) -> int:
        """Run a statement as the superuser; returns how many rows it touched."""
        with self._unit() as connection:
            return connection.execute(sql, values or None).rowcount

    def fetch(self, sql: str, *values: Any) -> list[Any]:
        """Rows of a query as the superuser."""
        with self._unit() as connection:
            return connection.execute(sql, values or None).fetchall()

    def close(self) -> None:
        """Give the connection back."""
        if self._kept is not None:
            self._kept.close()

    @contextmanager
    def _unit(self) -> Iterator[psycopg.Connection[Any]]:
        """A transaction of its own on the connection, which is made anew when the server ended it."""
        if self._kept is None or self._kept.closed:
            self._kept = psycopg.connect(self._url, autocommit=True, prepare_threshold=None)
        with self._kept.transaction():
            yield self._kept


def differences(before: Rows, after: Rows) -> dict[tuple[str, str], tuple[str | None, str | None]]:
    """What was added, changed or removed."""
    return {
        place: (before.get(place), after.get(place))
        for place in before.keys() | after.keys()
        if before.get(place) != after.get(place)
    }


def columns_changed(before: str | None, after: str | None) -> set[str]:
    """The columns in which two states of a row differ; all of them when one is missing."""
    old, new = json.loads(before or "{}"), json.loads(after or "{}")
    return {name for name in old.keys() | new.keys() if old.get(name) != new.get(name)}
