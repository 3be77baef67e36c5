"""What the notice list and a single notice show."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Literal
from urllib.parse import urlsplit

from mypage.web.page import Page
from mypage.web.paging import Pager

Importance = Literal["normal", "important", "urgent"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeRow:
    """A notice in a list; `kind` is the operator's word for its category."""

    title: str
    url: str
    published_on: date
    unread: bool = False
    importance: Importance = "normal"
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a line; with `url` it is a link."""

    text: str
    url: str = ""


Line = tuple[Piece, ...]
Paragraph = tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that comes with a notice; `size` is a text such as 120 KB."""

    name: str
    url: str
    size: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticesPage(Page):
    """The notices, newest first (ACTV-58, ACTV-81). `lead` and `empty_text` are the operator's sentences."""

    template: ClassVar[str] = "notices/notices.html"

    title: str
    rows: tuple[NoticeRow, ...]
    lead: str = ""
    empty_text: str = ""
    pager: Pager | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticePage(Page):
    """One notice. `title` is the name of the list, `notice.title` the heading; `body` comes from `paragraphs()`."""

    template: ClassVar[str] = "notices/notice.html"

    title: str
    notice: NoticeRow
    body: tuple[Paragraph, ...]
    back_url: str
    valid_from: date | None = None
    valid_until: date | None = None
    attachments: tuple[Attachment, ...] = ()


_URL = re.compile(r"https?://[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]{1,2000}")
_TRAILING = ".,:;!?'"


def paragraphs(text: str) -> tuple[Paragraph, ...]:
    """Plain text as paragraphs of lines, web addresses in it as links.

    Empty lines part paragraphs. Only http and https addresses with a plain host become links, so that no text can
    smuggle in a script or pretend to be another site by a user name before the host.
    """
    blocks = re.split(r"\n[ \t\u3000]*\n\s*", text.replace("\r\n", "\n").replace("\r", "\n").strip())
    return tuple(tuple(_line(line) for line in block.split("\n")) for block in blocks if block)


def _line(text: str) -> Line:
    pieces: list[Piece] = []
    end = 0
    for match in _URL.finditer(text):
        url = _trimmed(match.group())
        if not _plain(url):
            continue
        if match.start() > end:
            pieces.append(Piece(text[end : match.start()]))
        pieces.append(Piece(url, url))
        end = match.start() + len(url)
    if end < len(text):
        pieces.append(Piece(text[end:]))
    return tuple(pieces)


def _trimmed(url: str) -> str:
    """Without punctuation that ends the sentence rather than the address."""
    while url and (url[-1] in _TRAILING or (url[-1] == ")" and url.count("(") < url.count(")"))):
        url = url[:-1]
    return url


def _plain(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and "@" not in parts.netloc and (parts.port is None or parts.port > 0)
    except ValueError:
        return False
