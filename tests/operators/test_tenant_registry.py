"""Hosts and prefixes lead to one tenant; a wrong tenant is left out and named, the others are served."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, update
from sqlalchemy.dialects.postgresql import insert

from mypage.db.session import platform_unit, sync_engine
from mypage.hooks.portal import TenantSettings
from mypage.operators.models import TenantAddress, TenantRecord
from mypage.operators.store import TenantError, check_settings, read_registry, registry_version
from mypage.operators.tenants import Address, Registry, Tenant, normalise_host
from mypage.operators.themes import load_theme
from mypage.testing.database import TestDatabase
from mypage.testing.portal import SETTINGS

THEME = load_theme(Path(__file__).parents[2] / "themes" / "plain")


def tenant(name: str, *addresses: tuple[str, str]) -> Tenant:
    where = tuple(Address(*a) for a in addresses)
    return Tenant(
        name=name, operator="o", theme=THEME, locale="ja", main=where[0], addresses=where, extensions={},
        settings=check_settings(name, SETTINGS, TenantSettings),
    )  # fmt: skip


REGISTRY = Registry(
    [
        tenant("own", ("own.example", "")),
        tenant("one", ("many.example", "/one")),
        tenant("two", ("many.example", "/two")),
    ]
)


@pytest.mark.parametrize(
    ("host", "path", "name", "prefix"),
    [
        ("own.example", "/", "own", ""),
        ("own.example", "/one/bills", "own", ""),
        ("many.example", "/one", "one", "/one"),
        ("many.example", "/two/login", "two", "/two"),
    ],
)
def test_host_and_prefix_lead_to_a_tenant(host: str, path: str, name: str, prefix: str) -> None:
    found = REGISTRY.resolve(host, path)
    assert found is not None
    assert (found[0].name, found[1]) == (name, prefix)


@pytest.mark.parametrize(
    ("host", "path"),
    [
        ("other.example", "/"),
        ("many.example", "/"),
        ("many.example", "/onetwo"),
        ("many.example", "/One"),
        ("", "/one"),
    ],
)
def test_anything_else_leads_nowhere(host: str, path: str) -> None:
    assert REGISTRY.resolve(host, path) is None


def test_a_portal_with_a_prefix_shares_its_host() -> None:
    assert REGISTRY.tenants["own"].own_host
    assert not REGISTRY.tenants["one"].own_host
    assert REGISTRY.knows_host("many.example")
    assert not REGISTRY.knows_host("other.example")
    assert REGISTRY.get("two") is REGISTRY.tenants["two"]
    assert REGISTRY.get(None) is None


@pytest.mark.parametrize(
    ("header", "host"),
    [
        ("Own.Example", "own.example"),
        ("own.example:8443", "own.example"),
        ("own.example.", "own.example"),
        (" own.example ", ""),
        ("own.example:80x", ""),
        ("own.example/evil", ""),
        ("own.example\r\nx", ""),
        ("ｏwn.example", ""),
        ("user@own.example", ""),
        ("", ""),
    ],
)
def test_host_headers_are_normalised_or_dropped(header: str, host: str) -> None:
    assert normalise_host(header) == host


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"mail_from": "a@b.example"}, "mail_domain"),
        (SETTINGS | {"colour": "red"}, "colour"),
        (SETTINGS | {"issuer_name": 5}, "issuer_name"),
    ],
)
def test_wrong_settings_name_tenant_and_field(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(TenantError) as caught:
        check_settings("bay", settings, TenantSettings)
    assert str(caught.value).startswith("tenant bay: settings: ")
    assert said in str(caught.value)
    assert str(caught.value).endswith("correct it in tenants.toml")


@pytest.fixture
def owner(test_database: TestDatabase, tenant_name: str) -> Any:
    engine = sync_engine(test_database.owner)
    yield engine
    with platform_unit(engine) as connection:
        connection.execute(delete(TenantRecord).where(TenantRecord.name.startswith(tenant_name)))
    engine.dispose()


def test_the_table_becomes_a_registry_and_mistakes_are_left_out(owner: Any, tenant_name: str) -> None:
    row = {"operator": "o", "theme": "plain", "locale": "ja", "extensions": {}, "settings": SETTINGS}
    names = {part: f"{tenant_name}-{part}" for part in ("good", "gone", "bare", "lost", "odd", "off")}
    rows = {
        "good": row,
        "gone": row | {"operator": "absent"},
        "bare": row | {"theme": "absent"},
        "lost": row,
        "odd": row | {"settings": {}},
        "off": row | {"enabled": False},
    }
    with platform_unit(owner) as connection:
        before = registry_version(connection)
        for part, values in rows.items():
            connection.execute(insert(TenantRecord).values(name=names[part], **values))
            if part != "lost":
                host = f"{names[part]}.example"
                connection.execute(insert(TenantAddress).values(host=host, prefix="", tenant=names[part], main=True))
        assert registry_version(connection) != before
        registry, errors = read_registry(connection, {"o": TenantSettings}, {"plain": THEME})
    mine = {name for name in registry.tenants if name.startswith(tenant_name)}
    said = {e.args[0].split(":")[0]: str(e) for e in errors if tenant_name in str(e)}
    assert mine == {names["good"]}
    assert "operator 'absent' is not installed" in said[f"tenant {names['gone']}"]
    assert "there is no theme 'absent' (known: plain)" in said[f"tenant {names['bare']}"]
    assert "it has no address" in said[f"tenant {names['lost']}"]
    assert "missing required field" in said[f"tenant {names['odd']}"]
    assert len(said) == 4


def test_every_change_is_noticed(owner: Any, tenant_name: str) -> None:
    row = {"operator": "o", "theme": "plain", "locale": "ja", "extensions": {}, "settings": SETTINGS}
    versions = []
    for change in (
        insert(TenantRecord).values(name=tenant_name, **row),
        update(TenantRecord).where(TenantRecord.name == tenant_name).values(theme="x", updated_at=_later()),
        delete(TenantRecord).where(TenantRecord.name == tenant_name),
    ):
        with platform_unit(owner) as connection:
            connection.execute(change)
            versions.append(registry_version(connection))
    assert len(set(versions)) == 3


def _later() -> Any:
    from sqlalchemy import text

    return text("now() + interval '1 second'")
