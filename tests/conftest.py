"""Fixtures of all tests; the shipped plugin for plugin authors is the same one."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from mypage.testing.guard import watch_statements

pytest_plugins = ["mypage.testing.plugin"]


def pytest_configure(config: pytest.Config) -> None:
    """From the first statement on, each names its tenant."""
    watch_statements()


@pytest.fixture
def figure(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """Says what a test measured, in one line such as `T1 ring: 20,412 attempts, 0 leaks, seed 7`.

    All lines stand together at the end of the run, in the order of their tests' numbers, also of parallel runs.
    """

    def say(line: str) -> None:
        record_property("figure", line)
        print(line)

    return say


LAST_LINES = 15
"""Of each failure, where the assertion stands."""


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What the tests measured, in one place; and what failed into the file `MYPAGE_FAILURES`, for the end of the run."""
    _tell_failures(terminalreporter)
    reports = (report for kind in terminalreporter.stats.values() for report in kind)
    found = {v for report in reports for k, v in getattr(report, "user_properties", ()) if k == "figure"}
    if found:
        terminalreporter.section("figures")
        for line in sorted(found, key=lambda text: [int(p) if p.isdigit() else p for p in re.split(r"(\d+)", text)]):
            terminalreporter.line(line)


def _tell_failures(terminalreporter: pytest.TerminalReporter) -> None:
    file = os.environ.get("MYPAGE_FAILURES")
    if not file or "PYTEST_XDIST_WORKER" in os.environ:
        return
    failed = [report for kind in ("failed", "error") for report in terminalreporter.stats.get(kind, [])]
    with Path(file).open("a", encoding="utf-8") as out:
        for report in failed:
            last = report.longreprtext.splitlines()[-LAST_LINES:]
            print("", f"FAILED {report.nodeid}", *last, sep="\n", file=out)
