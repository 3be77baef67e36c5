"""Counting the pages that were looked at, for one figure of the whole run, also when it runs in parallel."""

from __future__ import annotations

from dataclasses import dataclass

PROPERTY = "views"


@dataclass(slots=True)
class Views:
    """How many views of a page, each at one width, a test checked: axe, sideways scrolling, language, policy."""

    count: int = 0
