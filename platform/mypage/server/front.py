"""What answers for hosts of no tenant: a bare 421, and in a demo the list of portals."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from mypage.auth.factors import totp
from mypage.i18n import LOCALES, Catalogue, load_catalogue, read_po_folder
from mypage.lib.clock import Clock
from mypage.operators.compiling import CORE_LOCALE
from mypage.operators.operator import OFFICE, Operator
from mypage.operators.tenants import Registry, normalise_host
from mypage.server.dispatch import Receive, Scope, Send
from mypage.server.settings import Settings
from mypage.web.frame import Choice
from mypage.web.framing import LANGUAGES
from mypage.web.headers import page_headers
from mypage.web.page import Page
from mypage.web.pages import BareErrorPage, ErrorKind, PortalCard, PortalIndexPage, SampleLogin
from mypage.web.rendering import Templates
from mypage.web.statics import Statics

DEMO_HOSTS = frozenset({"localhost", "127.0.0.1"})
PLAIN = "plain"
_CODES = (
    "After the password the console asks for a code of an authenticator app. The codes below are those of this moment: "
    "each works once, for about a minute. Reload this page for new ones, or give the key to an app of your own."
)


class Front:
    """The door of the installation itself; it never shows a tenant's name outside of a demo."""

    def __init__(
        self,
        settings: Settings,
        statics: Statics,
        registry: Callable[[], Registry],
        operators: Mapping[str, Operator],
        clock: Clock,
    ) -> None:
        """Prepare the core's own templates."""
        self._clock = clock
        self._settings, self._statics, self._registry, self._operators = settings, statics, registry, operators
        self._catalogues: dict[str, Catalogue] = {
            locale: load_catalogue(locale, read_po_folder(CORE_LOCALE / locale)) for locale in LOCALES
        }
        self._templates = Templates(self._catalogues, None, {})
        self.hosts = DEMO_HOSTS if settings.demo else frozenset[str]()

    async def __call__(self, scope: Scope, _: Receive, send: Send) -> None:
        """Answer a request that belongs to no tenant."""
        host = normalise_host(_header(scope, b"host"))
        query = parse_qs(scope["query_string"].decode("latin-1"))
        lang = query.get("language", ["ja"])[0]
        lang = lang if lang in LOCALES else "ja"
        path: str = scope["path"]
        if host in self.hosts:
            if path.startswith("/_static/"):
                await self._static(path.removeprefix("/_static/"), scope, send)
                return
            page: Page = self._index(lang) if path == "/" else self._bare(404, lang, self._styles())
            await self._html(page, 200 if path == "/" else 404, lang, send)
            return
        known = scope.get("state", {}).get("known_host", False)
        status = 404 if known else 421
        await self._html(self._bare(status, lang), status, lang, send)

    def _bare(self, status: int, lang: str, styles: tuple[str, ...] = ()) -> Page:
        # A host of no portal serves no static files, so there the page goes without.
        kind: ErrorKind = "unknown-host" if status == 421 else "not-found"
        return BareErrorPage(code=status, kind=kind, lang=lang, styles=styles)

    def _styles(self) -> tuple[str, ...]:
        names = ("css/tokens.css", "theme/theme.css", "css/portal.css")
        return tuple(self._statics.url("", PLAIN, name) for name in names if self._statics.find(PLAIN, name))

    def _index(self, lang: str) -> Page:
        samples = _samples(self._settings.demo_folder)
        t = self._catalogues[lang]
        portals = []
        for tenant in sorted(self._registry().tenants.values(), key=lambda each: each.operator == OFFICE):
            portal = self._operators[tenant.operator].portal
            words = self._operators[tenant.operator].catalogues[lang]
            url = f"{self._settings.public_origin(tenant.main.host)}{tenant.main.prefix}/"
            mine = [row for row in samples if row.get("tenant") == tenant.name]
            logins = tuple(_sample(row, t, self._clock.now()) for row in mine)
            hint = t(_CODES) if any(row.get("totp") for row in mine) else ""
            portals.append(PortalCard(words(portal.portal_name), words(portal.company), url, logins, hint))
        languages = tuple(Choice(LANGUAGES[code], f"/?language={code}", code == lang) for code in LOCALES)
        return PortalIndexPage(
            lang=lang,
            styles=self._styles(),
            icon_url=self._statics.url("", PLAIN, "theme/favicon.svg"),
            languages=languages,
            portals=tuple(portals),
            more=self._more(t),
        )

    def _more(self, t: Catalogue) -> tuple[tuple[str, str], ...]:
        port = self._settings.public_port
        if not port:
            return ()
        return (
            (t("Mailbox: every mail that this demonstration sends"), f"http://localhost:{port + 1}/"),
            (t("The payment company's page"), f"http://127.0.0.1:{port + 2}/"),
        )

    async def _static(self, path: str, scope: Scope, send: Send) -> None:
        answer = self._statics.answer(PLAIN, path, accepts=_header(scope, b"accept-encoding"))
        if answer is None:
            await _send(send, 404, b"not found\n", [("content-type", "text/plain; charset=utf-8")])
            return
        await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
        await send({"type": "http.response.body", "body": answer.body})

    async def _html(self, page: Page, status: int, lang: str, send: Send) -> None:
        html = self._templates.render(page, theme=PLAIN, locale=lang).encode()
        headers = [("content-type", "text/html; charset=utf-8"), *page_headers(secure=self._settings.secure)]
        await _send(send, status, html, headers)


def _samples(folder: Path | None) -> list[dict[str, Any]]:
    file = folder / "logins.toml" if folder else None
    if file is None or not file.is_file():
        return []
    data = tomllib.loads(file.read_text(encoding="utf-8"))
    return [*data.get("login", []), *data.get("registration", []), *_staff(file.with_name("staff.toml"))]


def _staff(file: Path) -> list[dict[str, Any]]:
    """The people at the desk, whose second factor everybody may know."""
    data = tomllib.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    return [row | {"tenant": data["office"], "login": row["email"]} for row in data.get("staff", [])]


def _sample(row: Mapping[str, Any], t: Catalogue, now: datetime) -> SampleLogin:
    words = {
        "login": t("Login ID"),
        "password": t("Password"),
        "number": t("Customer number"),
        "code": t("Authentication code"),
    }
    pairs = tuple((label, str(row[key])) for key, label in words.items() if row.get(key))
    if row.get("totp"):
        pairs += ((t("Code of the app, now"), totp.code_at(row["totp"], now)), (t("Key of the app"), row["totp"]))
    return SampleLogin(str(row.get("note") or row.get("label") or ""), pairs)


def _header(scope: Scope, name: bytes) -> str:
    return next((v.decode("latin-1") for k, v in scope["headers"] if k == name), "")


async def _send(send: Send, status: int, body: bytes, headers: list[tuple[str, str]]) -> None:
    raw = [(name.encode(), value.encode()) for name, value in headers]
    raw.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": body})
