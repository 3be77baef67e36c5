"""Portals to attack: two operators in one process, some alone on a host, some below a path of a shared one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from attackkit import Oracle

import sample_operator.plugin as nagi
from mypage.operators.loading import load_operator
from mypage.testing.database import TestDatabase
from mypage.testing.portal import MakePortal, Portal

PLUGINS: dict[str, Any] = {"nagi": nagi} | {name: load_operator(name) for name in ("actv", "ocn", "ucom", "usen")}
PAYMENT = {
    "payment": {"adapter": "hosted-page", "base_url": "http://127.0.0.1:9", "key_env": "MYPAGE_TEST_PAYMENT_KEY"}
}
"""A payment company that nobody reaches."""


@pytest.fixture
def oracle(test_database: TestDatabase) -> Iterator[Oracle]:
    oracle = Oracle(test_database.admin)
    yield oracle
    oracle.close()


@pytest.fixture
def place(make_portal: MakePortal, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Deploys a portal with a payment company, on the one server that serves both operators."""
    monkeypatch.setenv("MYPAGE_TEST_PAYMENT_KEY", "no-key")

    def make(operator: str = "actv", **options: Any) -> Portal:
        if operator == "nagi":
            options.setdefault("settings", {"harbour": "みなと"})
        options.setdefault("extensions", PAYMENT)
        options.setdefault("second_factor", "offered")
        return make_portal(operator, plugins=PLUGINS, **options)

    return make


@pytest.fixture(autouse=True)
def logged() -> Iterator[list[dict[str, Any]]]:
    """What the server logs, kept instead of printed."""
    with structlog.testing.capture_logs() as entries:
        yield entries
