"""The real stack and a real browser. Each test gets browsers of its own; what goes wrong in them fails the test."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from finding_browser import running_browser
from flows import posted
from page_views import PROPERTY, Views
from playwright.sync_api import Browser, expect
from portal_stack import REPOSITORY, Stack, running_stack, set_payment_key
from sample_people import People
from scheduling import ByPortal, longest_first
from surfing import Surfers, Way

from mypage.testing.database import TestDatabase

PATIENCE_MS = 90_000
"""A machine that does other things at the same time is slow, and not wrong."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here needs a browser; what takes long comes first."""
    for item in items:
        if "browser" in item.path.parts:
            item.add_marker(pytest.mark.browser)
    longest_first(items)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByPortal:
    """Tests of one portal run in one worker."""
    return ByPortal(config, log)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    expect.set_options(timeout=PATIENCE_MS)
    with running_browser(REPOSITORY) as running:
        yield running


@pytest.fixture(scope="session")
def stack(browser: Browser, test_database: TestDatabase, tmp_path_factory: Any) -> Iterator[Stack]:
    set_payment_key()
    html = os.environ.get("MYPAGE_HTML_FOLDER")
    worker = os.environ.get("PYTEST_XDIST_WORKER", "alone")
    folder = Path(html) / worker if html else None
    with running_stack(test_database, tmp_path_factory.mktemp("stack"), folder) as running:
        yield running


@pytest.fixture(scope="session")
def people(stack: Stack) -> People:
    return People(stack)


@pytest.fixture
def views(record_property: Callable[[str, object], None]) -> Iterator[Views]:
    """Counts the views that a test checks; the end of the run tells their sum."""
    views = Views()
    yield views
    record_property(PROPERTY, views.count)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """One line about all pages: reports of parallel runs meet here."""
    reports = [report for kind in terminalreporter.stats.values() for report in kind]
    counted = [(report, v) for report in reports for k, v in getattr(report, "user_properties", ()) if k == PROPERTY]
    seen = {report.nodeid: (v, report) for report, v in counted}
    if seen:
        wrong = len({report.nodeid for report in terminalreporter.stats.get("failed", []) if report.nodeid in seen})
        total = sum(int(v) for v, _ in seen.values())
        terminalreporter.line(
            f"Pages: {total} views, {wrong} of {len(seen)} tests found axe, language, scrolling, policy or console faults"
        )


@pytest.fixture(scope="session")
def flown() -> set[tuple[str, Way]]:
    """The routes whose forms were sent so far in this process, and how: by keyboard, without scripts."""
    return set()


@pytest.fixture
def surfers(browser: Browser, stack: Stack, flown: set[tuple[str, Way]]) -> Iterator[Surfers]:
    """Opens browsers; at the end none of them may have met a problem that nobody expected."""
    surfers = Surfers(browser)
    yield surfers
    for surfer in surfers.opened:
        flown.update((name, surfer.way) for name in posted(surfer))
    problems = [problem for surfer in surfers.opened for problem in surfer.watch.problems]
    for surfer in surfers.opened:
        surfer.context.close()
    assert not problems, problems
