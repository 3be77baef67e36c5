"""Fixtures of all tests; the shipped plugin for plugin authors is the same one."""

from __future__ import annotations

import pytest

from mypage.testing.guard import watch_statements

pytest_plugins = ["mypage.testing.plugin"]


def pytest_configure(config: pytest.Config) -> None:
    """From the first statement on, each names its tenant."""
    watch_statements()
