"""What a handler answers with. Returning one commits the unit of work; raising rolls it back."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from mypage.web.page import Page


@dataclass(frozen=True, slots=True)
class Show:
    """A page or fragment. 422 is the status of a form with errors."""

    page: Page
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Go:
    """A 303 to a route of this portal by name."""

    route: str
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class GoPath:
    """A 303 to a path inside this portal that `web.urls.safe_path` has checked."""

    path: str


@dataclass(frozen=True, slots=True)
class GoOut:
    """A 303 to the page of an outside partner, such as a payment gateway; never made from what a client sent."""

    url: str


@dataclass(frozen=True, slots=True)
class Download:
    """A file. `content` is the whole of it or a stream of bytes; `inline` shows it in the browser."""

    content: bytes | AsyncIterator[bytes]
    media_type: str
    filename: str = ""
    inline: bool = False
    cache_seconds: int = 0


@dataclass(frozen=True, slots=True)
class Told:
    """A few words in JSON for another system."""

    words: Mapping[str, str]
    status: int = 200


Reply = Show | Go | GoPath | GoOut | Download | Told
