"""Which tests share a worker: those of portals whose pages are prepared once, and the journeys, which are counted.

Our own scheduler, because the marker for groups has no effect under this version of pytest.
"""

from __future__ import annotations

import re
from typing import Any

import pytest
from portal_stack import OWN_THEMES, SITES
from xdist.scheduler import LoadScopeScheduling

_SITE = re.compile("|".join(SITES))
OWN = "portals under their own themes"
COUNT = "::test_every_flow"
LONGEST = (
    OWN, "journeys", "test_console_pages.py", "test_injection_seen.py", *SITES, "test_every_state.py", "test_card_outcomes.py",
    "test_error_pages.py", "test_ucom_pages.py",
)  # fmt: skip
"""The groups that take longest, in this order: what begins last must be short, or one worker ends long after the other."""


def group_of(nodeid: str) -> str:
    """The group of a test by its id: its file; all files of journeys are one, and of every page each portal is one.

    All portals under their own themes are one, since a test walks through every one of them.
    """
    file = nodeid.partition("::")[0].rpartition("/")[2]
    if file == "test_every_page.py":
        site = _SITE.search(nodeid)
        return site[0] if site and site[0] not in OWN_THEMES else OWN
    return "journeys" if "test_journeys" in file else file


def longest_first(items: list[pytest.Item]) -> None:
    """Order the tests by their groups; the count of the journeys comes after all of them."""
    places = {group: place for place, group in enumerate(LONGEST)}
    items.sort(key=lambda item: (places.get(group_of(item.nodeid), len(places)), COUNT in item.nodeid))


class ByPortal(LoadScopeScheduling):
    """Hands out whole groups in the order of the tests."""

    def __init__(self, config: pytest.Config, log: Any = None) -> None:
        config.option.loadscopereorder = False
        super().__init__(config, log)

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)
