"""Which tests share a worker: those of one portal, whose pages are prepared once, and the journeys, which are counted.

Our own scheduler, because the marker for groups has no effect under this version of pytest.
"""

from __future__ import annotations

import re

from portal_stack import SITES
from xdist.scheduler import LoadScopeScheduling

_SITE = re.compile("|".join(SITES))


def group_of(nodeid: str) -> str:
    """The group of a test by its id: its portal in the test of every page, else its file; both files of journeys are one."""
    file = nodeid.partition("::")[0]
    if file.endswith("test_every_page.py"):
        site = _SITE.search(nodeid)
        return site[0] if site else SITES[0]
    return "journeys" if "test_journeys" in file else file


class ByPortal(LoadScopeScheduling):
    """Hands out whole groups, the largest first."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)
