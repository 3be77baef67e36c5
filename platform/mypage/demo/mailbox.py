"""The demo's mailbox: takes every mail by SMTP and shows it on a page, so that nothing leaves the machine.

Run as `python -m mypage.demo.mailbox --smtp-port N --http-port N --dir D`. Listens on this machine only.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import socket
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import uvicorn
from aiosmtpd.smtp import SMTP, Envelope, Session
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from mypage.demo.mailstore import Mail, Mailstore
from mypage.i18n.catalogue import load_catalogue

LARGEST_MAIL = 20_000_000

_HERE = Path(__file__).parent
_CATALOGUE = _HERE.parent / "i18n" / "locale" / "ja" / "mailbox.po"
_TOKYO = ZoneInfo("Asia/Tokyo")
_OWN_HOST = re.compile(r"(?:localhost|.+\.localhost|127\.0\.0\.1|\[::1\])(?::\d+)?", re.IGNORECASE)
_LINK = re.compile(r"https?://[^\s<>\"'、。）」』]+")
_PAGE_POLICY = "default-src 'none'; style-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'"
# The sandbox has no origin and runs no script; links open in a tab of their own, free of it.
_MAIL_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; "
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"
)

Scope = Mapping[str, Any]
Send = Callable[[dict[str, Any]], Awaitable[None]]


class SmtpHandler:
    """Keeps every mail that the SMTP server takes."""

    def __init__(self, store: Mailstore) -> None:
        self._store = store

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 (aiosmtpd)
        """Called for each mail; the answer goes to the sender."""
        content = envelope.content or b""
        raw = content.encode("utf-8", "surrogateescape") if isinstance(content, str) else content
        sender, recipients = envelope.mail_from or "", list(envelope.rcpt_tos)
        await asyncio.to_thread(self._store.add, raw, sender=sender, recipients=recipients)
        return "250 OK"


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer of the page."""

    body: bytes
    kind: str = "text/html; charset=utf-8"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


class MailboxPage:
    """The ASGI application that shows the mails."""

    def __init__(self, store: Mailstore) -> None:
        self._store = store
        self._templates = Environment(
            loader=PackageLoader("mypage.demo", "templates/mailbox"), autoescape=True, undefined=StrictUndefined
        )
        self._templates.globals |= {"_": load_catalogue("ja", [_CATALOGUE]), "url": mail_url}
        self._templates.filters |= {"linked": linked, "time": tokyo_time}

    async def __call__(self, scope: Scope, _receive: Callable[[], Awaitable[Any]], send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        answer = await asyncio.to_thread(self._answer, scope["method"], scope["path"], headers)
        common = {
            "content-type": answer.kind,
            "content-length": str(len(answer.body)),
            "content-security-policy": f"{_PAGE_POLICY}; frame-ancestors 'none'",
            "cache-control": "no-store",
            "x-content-type-options": "nosniff",
            "referrer-policy": "no-referrer",
        }
        pairs = [(name.encode(), value.encode()) for name, value in (common | dict(answer.headers)).items()]
        await send({"type": "http.response.start", "status": answer.status, "headers": pairs})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else answer.body})

    def _answer(self, method: str, path: str, headers: Mapping[str, str]) -> Answer:
        # Mails hold sign-in links: no foreign page may read them under a name of its own, or empty the box.
        if not _OWN_HOST.fullmatch(headers.get("host", "")):
            return self._problem(421)
        if method == "POST" and path == "/clear":
            if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
                return self._problem(403)
            self._store.clear()
            return Answer(b"", status=303, headers={"location": "/"})
        if method not in ("GET", "HEAD"):
            return self._problem(405)
        match path.strip("/").split("/"):
            case [""]:
                # A header, so that the list follows without a script.
                return self._page("list.html", headers={"refresh": "5"}, mails=self._store.newest_first())
            case ["api", "mails"]:
                mails = [mail.as_json() for mail in self._store.newest_first()]
                return Answer(json.dumps(mails, ensure_ascii=False).encode(), "application/json")
            case ["mailbox.css"]:
                return Answer((_HERE / "static" / "mailbox.css").read_bytes(), "text/css; charset=utf-8")
            case ["mails", mail_id, *rest] if mail := self._store.find(mail_id):
                return self._mail(mail, "/".join(rest))
        return self._problem(404)

    def _mail(self, mail: Mail, part: str) -> Answer:
        original = self._store.original(mail.id)
        if part == "":
            return self._page("mail.html", mail=mail)
        if part == "html" and mail.html:
            return Answer(opening_apart(mail.html).encode(), headers={"content-security-policy": _MAIL_POLICY})
        if part == "original" and original is not None:
            headers = {"content-disposition": f'attachment; filename="{mail.id}.eml"'}
            return Answer(original, "message/rfc822", headers=headers)
        return self._problem(404)

    def _problem(self, status: int) -> Answer:
        return self._page("problem.html", status, status=status)

    def _page(
        self, template: str, status_code: int = 200, headers: Mapping[str, str] | None = None, **values: object
    ) -> Answer:
        body = self._templates.get_template(template).render(values).encode()
        return Answer(body, status=status_code, headers=headers or {})


def mail_url(mail: Mail, part: str = "") -> str:
    """The path of a mail's page, or of its `html` or `original`."""
    return f"/mails/{mail.id}/{part}" if part else f"/mails/{mail.id}"


def linked(text: str) -> Markup:
    """The text with its web addresses as links."""
    pieces, end = [], 0
    for match in _LINK.finditer(text):
        address = match.group().rstrip(".,;:!?)]")
        pieces += [
            escape(text[end : match.start()]),
            Markup('<a href="{0}" target="_blank" rel="noopener noreferrer">{0}</a>').format(address),
        ]
        end = match.start() + len(address)
    return Markup("").join([*pieces, escape(text[end:])])


def opening_apart(html: str) -> str:
    """The HTML of a mail, its links told to open in a tab of their own."""
    base = '<base target="_blank">'
    head = re.search(r"<head\b[^>]*>", html, re.IGNORECASE)
    return html[: head.end()] + base + html[head.end() :] if head else base + html


def tokyo_time(moment: datetime) -> str:
    """The moment as Japanese readers write it."""
    local = moment.astimezone(_TOKYO)
    return f"{local.year}年{local.month}月{local.day}日 {local:%H:%M:%S}"


def listen(port: int) -> socket.socket:
    """A socket of this machine only. Raises OSError when the port is taken."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind(("127.0.0.1", port))
    except OSError:
        sock.close()
        raise
    return sock


async def serve(smtp: socket.socket, http: socket.socket, folder: Path) -> None:
    """Take and show mails until a signal comes."""
    store = Mailstore(folder)
    config = uvicorn.Config(MailboxPage(store), log_level="warning", lifespan="off", timeout_graceful_shutdown=2)
    handler = SmtpHandler(store)
    taking = await asyncio.get_running_loop().create_server(
        lambda: SMTP(handler, data_size_limit=LARGEST_MAIL, enable_SMTPUTF8=True, ident="mypage demo"), sock=smtp
    )
    print(f"SMTP on port {smtp.getsockname()[1]}, page on http://localhost:{http.getsockname()[1]}/", flush=True)
    try:
        await uvicorn.Server(config).serve(sockets=[http])
    finally:
        taking.close()


def main(argv: list[str] | None = None) -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m mypage.demo.mailbox", description="A mailbox for the demo.")
    parser.add_argument("--smtp-port", type=int, required=True)
    parser.add_argument("--http-port", type=int, required=True)
    parser.add_argument("--dir", type=Path, required=True, help="folder that keeps the mails")
    options = parser.parse_args(argv)
    try:
        smtp, http = listen(options.smtp_port), listen(options.http_port)
    except OSError as error:
        print(f"The ports {options.smtp_port} and {options.http_port} are needed: {error.strerror}.", file=sys.stderr)
        return 1
    asyncio.run(serve(smtp, http, options.dir))
    return 0


if __name__ == "__main__":
    sys.exit(main())
