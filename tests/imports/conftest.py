from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, text

from mypage.auth.hashing import PasswordHasher
from mypage.db.keys import Vault
from mypage.db.session import Actor, Scope, Tx
from mypage.hooks.portal import TenantSettings
from mypage.imports.chunk import Means
from mypage.imports.loader import import_feed
from mypage.imports.report import Report
from mypage.lib.clock import FixedClock
from mypage.lib.crypto import Keyring

Lines = list[dict[str, Any] | bytes]


@pytest.fixture(scope="session")
def hasher() -> Iterator[PasswordHasher]:
    """Argon2 with small costs, so that tests are quick."""
    hasher = PasswordHasher(b"p" * 32, time_cost=1, memory_kib=64)
    yield hasher
    hasher.close()


@pytest.fixture
def keyring() -> Keyring:
    return Keyring({"m1": bytes(range(32))}, "m1")


@pytest.fixture
def means(hasher: PasswordHasher, keyring: Keyring) -> Means:
    settings = TenantSettings(
        mail_from="mypage@cable.example",
        mail_domain="cable.example",
        issuer_name="見本ケーブル株式会社",
        registration_number="T1234567890123",
    )
    return Means(vault=Vault(keyring), hasher=hasher, settings=settings)


@pytest.fixture
def feed(engine: Engine, clock: FixedClock, tenant_name: str, means: Means) -> Callable[..., Report]:
    """Imports lines, given as objects or bytes, into the tenant of the test."""

    def run(*lines: dict[str, Any] | bytes, means: Means = means, tenant: str = tenant_name, **options: Any) -> Report:
        raw = [line if isinstance(line, bytes) else json.dumps(line).encode() + b"\n" for line in lines]
        scope = Scope(tenant, clock, Actor("system", "import"))
        return import_feed(engine, scope, raw, means, **{"source": "feed.jsonl", **options})

    return run


@pytest.fixture
def rows(in_unit: Callable[[Callable[[Tx], object]], object]) -> Callable[..., list[Any]]:
    """The rows of a query of the test's tenant, `:t`, after what was imported."""

    def run(query: str) -> list[Any]:
        found = in_unit(lambda tx: tx.execute(text(query), {"t": tx.tenant}).all())
        return [row[0] if len(row) == 1 else tuple(row) for row in found]  # type: ignore[attr-defined]

    return run


def one_of_each() -> list[dict[str, Any]]:
    """A line of every kind, about one customer."""
    return [
        {
            "type": "customer",
            "number": "00-1",
            "name": "見本 太郎",
            "kana": "ミホン タロウ",
            "email": "taro@example.jp",
            "address": "見本市1-2",
            "proof_code": ["aB3d", "7Kmp", "Xy90"],
            "profile": {"職業": "会社員"},
        },
        {
            "type": "account",
            "customer": "00-1",
            "scheme": "id",
            "login_id": "Taro01",
            "password": "himitsu2026",
            "email": "taro@example.jp",
            "family_name": "見本",
            "given_name": "太郎",
            "family_kana": "ミホン",
            "given_kana": "タロウ",
            "user_name": "たろう",
        },
        {
            "type": "contract",
            "customer": "00-1",
            "number": "K-1",
            "name": "見本コース",
            "plan": "mansion",
            "place": "見本市1-2",
            "started_on": "2024-04-01",
            "details": {"回線": "光"},
            "services": [
                {"category": "インターネット", "name": "100Mコース", "started_on": "2024-04-01"},
                {"category": "テレビ", "name": "多チャンネル", "status": "terminated", "ended_on": "2025-03-31"},
            ],
        },
        {
            "type": "invoice",
            "customer": "00-1",
            "number": "2026-11-1",
            "month": "2026-11",
            "issued_on": "2026-11-10",
            "due_on": "2026-11-27",
            "status": "scheduled",
            "payment_method": "クレジットカード",
            "lines": [
                {"description": "100Mコース", "amount": 4801, "rate_percent": 10, "period_text": "11月分"},
                {
                    "description": "番組ガイド",
                    "amount": 297,
                    "rate_percent": 8,
                    "reduced": True,
                    "period_from": "2026-11-01",
                    "period_to": "2026-11-30",
                },
                {"description": "割引", "amount": -300},
            ],
            "totals": {"net": 4798, "tax": 473, "total": 5271},
        },
        {
            "type": "card",
            "customer": "00-1",
            "gateway": "hosted-page",
            "token": "tok_1",
            "brand": "visa",
            "last4": "4242",
            "exp_month": 12,
            "exp_year": 2028,
        },
        {
            "type": "notice",
            "key": "n1",
            "title": "工事のお知らせ",
            "body": "一行目\n二行目",
            "importance": "important",
            "starts_at": "2026-11-01T09:00:00+09:00",
            "customer": "00-1",
        },
        {
            "type": "subscription",
            "contract": "K-1",
            "product": "security",
            "scheme": "id",
            "login_id": "Taro01",
            "bought_at": "2026-09-05T10:00:00+09:00",
            "ended_at": "2026-09-30T23:59:00+09:00",
        },
        {
            "type": "resource",
            "contract": "K-1",
            "scheme": "id",
            "login_id": "taro01",
            "kind": "mail",
            "value": "Taro.M@mail.example",
            "own": True,
            "started_at": "2026-09-05T10:00:00+09:00",
        },
        {
            "type": "posting",
            "contract": "K-1",
            "month": "2026-11",
            "key": "call-1",
            "description": "通話料",
            "amount": 1234,
        },
        {
            "type": "slot",
            "contract": "K-1",
            "kind": "mail",
            "number": 1,
            "address": "soumu@arrow.example.jp",
            "options": ["virus-check"],
            "started_at": "2026-09-05T10:00:00+09:00",
        },
        {"type": "line_secret", "contract": "K-1", "label": "認証パスワード", "value": "x7Kd-29pQ"},
    ]


@pytest.fixture
def each() -> list[dict[str, Any]]:
    return one_of_each()
