"""Keeps every form of HTML that the running stack sends, for the W3C's checker: whatever a test opens is checked."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

# Tokens, ids and numbers differ from one page to the next and say nothing about the form of the document.
_PASSING = re.compile(r"[A-Za-z0-9_.-]{20,}|[0-9a-f]{8,}|\d+")
HOSTILE = "xqz"
"""In every hostile text of the injection tests: signs that no HTML may hold are their very point."""
_FRAGMENT = '<!DOCTYPE html><html lang="{lang}"><head><title>-</title></head><body><h1>-</h1>{body}</body></html>'


@dataclass
class HtmlKeeper:
    """Writes documents into a folder, each form once, with the address that it was sent for."""

    folder: Path
    _seen: set[str] = field(default_factory=set)

    def keep(self, html: str, where: str) -> None:
        """Keep a document or a fragment, unless one of its form was kept."""
        form = hashlib.sha256(_PASSING.sub("0", html).encode()).hexdigest()[:16]
        if form in self._seen or not html.strip() or HOSTILE in html:
            return
        self._seen.add(form)
        self.folder.mkdir(parents=True, exist_ok=True)
        if not html.lstrip().lower().startswith("<!doctype"):
            lang = "ja" if re.search("[\u3040-\u30ff]", html) else "en"
            html = _FRAGMENT.format(lang=lang, body=html)
        (self.folder / f"{form}.html").write_text(html, encoding="utf-8")
        with (self.folder / "names.txt").open("a", encoding="utf-8") as names:
            names.write(f"{form}.html\t{where}\n")

    def around(self, app: Any) -> Any:
        """The application, with what it sends being kept."""

        async def keeping(scope: Any, receive: Any, send: Any) -> None:
            if scope["type"] != "http":
                await app(scope, receive, send)
                return
            answer: dict[str, Any] = {}
            parts: list[bytes] = []

            async def sending(message: Any) -> None:
                if message["type"] == "http.response.start":
                    answer["status"] = message["status"]
                    answer["html"] = any(
                        name.lower() == b"content-type" and value.startswith(b"text/html")
                        for name, value in message.get("headers", [])
                    )
                elif answer.get("html"):
                    parts.append(message.get("body", b""))
                    if not message.get("more_body"):
                        self.keep(b"".join(parts).decode(), f"{scope['method']} {scope['path']} {answer['status']}")
                await send(message)

            await app(scope, receive, sending)

        return keeping
