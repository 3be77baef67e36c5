"""The real stack and a real browser. Each test gets browsers of its own; what goes wrong in them fails the test."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from finding_browser import chromium_path, running_browser
from playwright.sync_api import Browser, expect
from portal_stack import REPOSITORY, Stack, running_stack, set_payment_key
from sample_people import People
from surfing import Surfers

from mypage.testing.database import TestDatabase

PATIENCE_MS = 12_000
"""A machine that does other things at the same time is slow, and not wrong."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here needs a browser."""
    for item in items:
        if "browser" in item.path.parts:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if chromium_path() is None:
        pytest.skip("there is no Chromium: install it, or set MYPAGE_CHROMIUM to its path")
    expect.set_options(timeout=PATIENCE_MS)
    with running_browser(REPOSITORY) as running:
        yield running


@pytest.fixture(scope="session")
def stack(browser: Browser, test_database: TestDatabase, tmp_path_factory: Any) -> Iterator[Stack]:
    set_payment_key()
    with running_stack(test_database, tmp_path_factory.mktemp("stack")) as running:
        yield running


@pytest.fixture(scope="session")
def people(stack: Stack) -> People:
    return People(stack)


@pytest.fixture
def surfers(browser: Browser, stack: Stack) -> Iterator[Surfers]:
    """Opens browsers; at the end none of them may have met a problem that nobody expected."""
    surfers = Surfers(browser)
    yield surfers
    problems = [problem for surfer in surfers.opened for problem in surfer.watch.problems]
    for surfer in surfers.opened:
        surfer.context.close()
    assert not problems, problems
