"""URLs inside a portal: built from route names with the tenant's prefix, and checked when they come from outside."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote, urlencode

from mypage.web.routing import Route

_PLACEHOLDER = re.compile(r"\{([a-z_]+)(?::[a-z]+)?\}")
_UNSAFE = re.compile(r"[\x00-\x20\x7f\\]")
MAX_PATH = 500


class UrlTable:
    """Route names → paths."""

    def __init__(self, routes: Iterable[Route]) -> None:
        """Take the paths apart once: literal, placeholder, literal, and so on."""
        self._paths: Mapping[str, list[str]] = {route.name: _PLACEHOLDER.split(route.path) for route in routes}

    def href(self, prefix: str, name: str, params: Mapping[str, Any]) -> str:
        """The path of a route below `prefix`; parameters without a placeholder become the query.

        Raises KeyError for an unknown route or a missing placeholder: a mistake in our code.
        """
        pieces = self._paths[name]
        if not params and len(pieces) == 1:
            return prefix + pieces[0]
        left = dict(params)
        path = "".join(quote(str(left.pop(p)), safe="") if at % 2 else p for at, p in enumerate(pieces))
        query = urlencode({key: value for key, value in left.items() if value is not None}) if left else ""
        return f"{prefix}{path}" + (f"?{query}" if query else "")


def safe_path(value: str, prefix: str) -> str | None:
    """`value` when it is a path inside the portal: one leading slash, no other origin, no control characters."""
    if not value.startswith("/") or value.startswith("//") or len(value) > MAX_PATH or _UNSAFE.search(value):
        return None
    if ".." in value.split("?", 1)[0].split("/"):
        return None
    inside = not prefix or value == prefix or value.startswith((prefix + "/", prefix + "?"))
    return value if inside else None
