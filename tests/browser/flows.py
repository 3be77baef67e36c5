"""Which flows there are: every route that takes a form, derived from the product's own table."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from surfing import Surfer

from mypage.server.routes import all_routes

SCRIPT_ONLY: Mapping[str, str] = {
    "password-rules": "answers the checklist while somebody types; the form itself says the same when it is sent",
    "factors-passkey": "browsers give passkeys to scripts alone; an app does the same without",
}
"""Routes that serve scripts, and what there is for browsers without."""


OF_STAFF: Mapping[str, str] = {
    "view": "staff come by a ticket of the console; tests/staff/test_viewing.py goes the way without scripts",
    "view-end": "the button of the banner that only staff see, in the same tests",
}
"""Forms of a portal that no subscriber has."""


def flows() -> set[str]:
    """The names of all routes that take a form of subscribers."""
    forms = {route.name for route in all_routes() if route.method == "POST" and not route.signed}
    return forms - set(OF_STAFF)


def posted(surfer: Surfer) -> set[str]:
    """The routes whose forms a browser has sent to its portal."""
    patterns = [(route.name, _pattern(route.path)) for route in all_routes() if route.method == "POST"]
    home = surfer.site.url("")
    paths = {urlsplit(url).path.removeprefix(surfer.site.prefix) for url in surfer.watch.posts if url.startswith(home)}
    return {name for name, pattern in patterns for path in paths if pattern.fullmatch(path)}


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\{[^}]+\}", "[^/]+", path))
