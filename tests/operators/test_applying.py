"""tenants.toml: every mistake in one line, a plan that people can read, and a registry that is as declared afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, create_engine, event

from mypage.db.session import platform_unit, sync_engine
from mypage.hooks.portal import TenantSettings
from mypage.operators.applying import (
    TenantDeclaration,
    TenantsFileError,
    apply,
    is_registration_number,
    plan,
    read_tenants,
)
from mypage.operators.store import read_registry, registry_version
from mypage.operators.tenants import Address
from mypage.operators.themes import load_themes
from mypage.staff.office import OfficeSettings
from mypage.testing.database import TestDatabase, drop_database, make_database

ROOT = Path(__file__).parents[2]
TYPES = {"sample": TenantSettings}
THEMES = load_themes([ROOT / "themes"])
GOOD = """
[[tenant]]
name = "first"
operator = "sample"
addresses = ["first.example", "portal.example/first"]
theme = "plain"
locale = "ja"
[tenant.settings]
mail_from = "a@first.example"
mail_domain = "first.example"
issuer_name = "見本"
registration_number = "T1999999000123"
[tenant.extensions.payment]
adapter = "hosted-page"
base_url = "$PAYMENT_URL"
key_env = "PAYMENT_KEY"

[[tenant]]
name = "second"
operator = "sample"
addresses = ["portal.example"]
[tenant.settings]
mail_from = "a@second.example"
mail_domain = "second.example"
issuer_name = "見本"
registration_number = "T1999999000123"
tax_mode = "half"
"""
ENVIRONMENT = {"PAYMENT_URL": "https://pay.example"}
Read = Callable[..., list[TenantDeclaration]]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def run(content: str = GOOD, environment: dict[str, str] = ENVIRONMENT) -> list[TenantDeclaration]:
        path = tmp_path / "tenants.toml"
        path.write_text(content, encoding="utf-8")
        return read_tenants(path, environment, settings_types=TYPES, themes=THEMES)

    return run


@pytest.fixture(scope="module")
def own_database(admin_url: str) -> Iterator[TestDatabase]:
    """A database of this module alone: the registry has no tenant that would keep tests apart."""
    database = make_database(admin_url)
    yield database
    drop_database(database)


@pytest.fixture
def owner(own_database: TestDatabase) -> Iterator[Engine]:
    engine = sync_engine(own_database.owner)
    with platform_unit(engine) as connection:
        connection.exec_driver_sql("DELETE FROM platform_tenant")
    yield engine
    engine.dispose()


def applied(owner: Engine, declared: list[TenantDeclaration]) -> list[str]:
    with platform_unit(owner) as connection:
        changes = plan(connection, declared)
        apply(connection, changes)
        return [str(change) for change in changes]


def registry_of(connection: Connection) -> dict[str, Any]:
    registry, errors = read_registry(connection, TYPES, THEMES)
    assert errors == []
    return dict(registry.tenants)


def test_a_file_becomes_the_registry_that_processes_read(own_database: TestDatabase, owner: Engine, read: Read) -> None:
    said = applied(owner, read())
    assert said[0] == (
        "add tenant first\n  operator sample, theme plain, language ja\n"
        "  address first.example\n  address portal.example/first"
    )
    app = sync_engine(own_database.app)
    with platform_unit(app) as connection:
        registry, _ = read_registry(connection, TYPES, THEMES)
    app.dispose()
    first, second = registry.tenants["first"], registry.tenants["second"]
    assert first.main == Address("first.example", "")
    assert first.extensions["payment"] == {
        "adapter": "hosted-page",
        "base_url": "https://pay.example",
        "key_env": "PAYMENT_KEY",
    }
    assert (second.theme.name, second.locale, second.settings.tax_mode) == ("plain", "ja", "half")
    assert registry.resolve("portal.example", "/first/bills") == (first, "/first")
    assert registry.resolve("portal.example", "/bills") == (second, "")


def test_the_same_file_again_is_no_change(owner: Engine, read: Read) -> None:
    applied(owner, read())
    with platform_unit(owner) as connection:
        version = registry_version(connection)
        assert plan(connection, read()) == []
        apply(connection, [])
        assert registry_version(connection) == version


def test_a_plan_alone_writes_nothing(owner: Engine, read: Read) -> None:
    with platform_unit(owner) as connection:
        assert len(plan(connection, read())) == 2
    with platform_unit(owner) as connection:
        assert registry_of(connection) == {}


def test_differences_are_told_one_by_one_and_the_registry_gets_a_new_version(owner: Engine, read: Read) -> None:
    applied(owner, read())
    changed = (
        GOOD.replace('"a@first.example"', '"b@first.example"')
        .replace('["first.example", "portal.example/first"]', '["new.example", "first.example"]')
        .replace('tax_mode = "half"', "")
    )
    with platform_unit(owner) as connection:
        before = registry_version(connection)
    assert applied(owner, read(changed)) == [
        (
            "change tenant first\n  settings.mail_from: 'a@first.example' -> 'b@first.example'\n"
            "  remove address portal.example/first\n  add address new.example"
        ),
        "change tenant second\n  settings.tax_mode: 'half' -> nothing",
    ]
    with platform_unit(owner) as connection:
        assert registry_version(connection) != before
        assert registry_of(connection)["first"].main == Address("new.example", "")
    swapped = changed.replace('["new.example", "first.example"]', '["first.example", "new.example"]')
    assert applied(owner, read(swapped)) == ["change tenant first\n  make first.example its main address"]


def test_no_statement_makes_a_value_that_differs_from_node_to_node(owner: Engine, read: Read) -> None:
    """Scale rule 8: the registry is a reference table, so an UPDATE takes bound values only."""
    said: list[str] = []
    heard = ("before_cursor_execute", lambda _c, _u, statement, *_rest: said.append(statement))
    event.listen(owner, *heard)
    try:
        applied(owner, read())
        applied(owner, read(GOOD.replace('tax_mode = "half"', 'tax_mode = "up"')))
        applied(owner, [])
        applied(owner, read())
    finally:
        event.remove(owner, *heard)
    writes = [statement for statement in said if "platform_tenant" in statement and "SET" in statement]
    assert len(writes) > 3
    assert not [statement for statement in writes if "clock_timestamp" in statement or "random" in statement]


def test_an_address_may_move_to_another_tenant(owner: Engine, read: Read) -> None:
    applied(owner, read())
    moved = GOOD.replace('["first.example", "portal.example/first"]', '["portal.example"]').replace(
        'addresses = ["portal.example"]\n[tenant.settings]\nmail_from = "a@second',
        'addresses = ["first.example"]\n[tenant.settings]\nmail_from = "a@second',
    )
    applied(owner, read(moved))
    with platform_unit(owner) as connection:
        assert registry_of(connection)["second"].main == Address("first.example", "")
        assert plan(connection, read(moved)) == []


def test_tenants_that_the_file_no_longer_names_are_disabled_and_can_come_back(owner: Engine, read: Read) -> None:
    applied(owner, read())
    only_first = GOOD.partition('\n[[tenant]]\nname = "second"')[0]
    assert applied(owner, read(only_first)) == [
        "disable tenant second\n  the file does not name it; its addresses become free, its data stay"
    ]
    with platform_unit(owner) as connection:
        assert list(registry_of(connection)) == ["first"]
        assert connection.exec_driver_sql("SELECT count(*) FROM platform_tenant").scalar() == 2
        assert plan(connection, read(only_first)) == []
    assert applied(owner, read())[0].startswith("change tenant second\n  enable it again")
    with platform_unit(owner) as connection:
        assert list(registry_of(connection)) == ["first", "second"]


MISTAKES = [
    ('operator = "sample"', 'operator = "ghost"', "operator: 'ghost' is not installed (installed: sample); install its distribution"),
    ('theme = "plain"', 'theme = "pink"', f"theme: there is no theme 'pink' (known: {', '.join(sorted(THEMES))})"),
    ('locale = "ja"', 'locale = "fr"', "locale: there is no language 'fr' (known: en, ja)"),
    ('locale = "ja"', 'second_factor = "maybe"', "second_factor: is 'maybe'; write one of off, offered, required"),
    ('locale = "ja"', "second_factor = true", "Expected `str`, got `bool` - at `$.second_factor`; correct the entry"),
    ('"first.example", ', '"First.example", ', "address 'First.example': is no host in lower case without port"),
    ('"first.example", ', '"first.example:8000", ', "address 'first.example:8000': is no host in lower case without port"),
    ('"first.example", ', '"見本.example", ', "address '見本.example': is no host in lower case without port"),
    ('"portal.example/first"', '"portal.example/First"', "address 'portal.example/First': the part behind the host"),
    ('"portal.example/first"', '"portal.example/a/b"', "address 'portal.example/a/b': the part behind the host"),
    ('"portal.example/first"', '"portal.example/readyz"', "/readyz answers load balancers"),
    ('"portal.example/first"', '"first.example"', "address first.example is used by first too; remove one"),
    ('addresses = ["portal.example"]', 'addresses = ["first.example"]', "address first.example is used by first too; remove one"),
    ('addresses = ["portal.example"]', "addresses = []", "Expected `array` of length >= 1 - at `$.addresses`; correct the entry"),
    ('name = "second"', 'name = "first"', "tenant first: is declared twice; remove one"),
    ('name = "first"', 'name = "First!"', "name: use a small letter"),
    ('name = "first"', "", "missing required field `name`"),
    ('issuer_name = "見本"', 'issuer = "見本"', "settings: Object"),
    ('registration_number = "T1999999000123"', 'registration_number = "T2999999000123"', "right check digit; copy it anew"),
    ('tax_mode = "half"', 'tax_mode = "sideways"', "settings.tax_mode: is 'sideways'; write one of down, half, up"),
    ('"$PAYMENT_URL"', '"$NOWHERE"', "extensions.payment.base_url: the environment has no NOWHERE; set it"),
    ('key_env = "PAYMENT_KEY"', 'api_key = "hush"', "a secret does not belong here; name its variable as api_key_env instead"),
    ('theme = "plain"', 'colour = "pink"', "Object contains unknown field `colour`; correct the entry"),
    ("[[tenant]]", "[[tenant", "tenants.toml: "),
    ('\n[[tenant]]\nname = "first"', 'colour = 1\n[[tenant]]\nname = "first"', "unknown field `colour`"),
]  # fmt: skip


@pytest.mark.parametrize(("good", "bad", "said"), MISTAKES, ids=[bad for _, bad, _ in MISTAKES])
def test_a_mistake_is_one_line_with_file_tenant_and_remedy(read: Read, good: str, bad: str, said: str) -> None:
    assert good in GOOD
    with pytest.raises(TenantsFileError) as refused:
        read(GOOD.replace(good, bad, 1))
    assert [error for error in refused.value.errors if said in error], refused.value.errors
    for error in refused.value.errors:
        assert "tenants.toml: " in error
        assert "\n" not in error
        assert "hush" not in error


def test_all_mistakes_are_told_at_once(read: Read) -> None:
    with pytest.raises(TenantsFileError) as refused:
        read(GOOD.replace('"sample"', '"ghost"').replace('theme = "plain"', 'theme = "pink"'), {})
    assert len(refused.value.errors) == 4


def test_a_missing_file_is_an_error_and_not_an_empty_one(tmp_path: Path) -> None:
    with pytest.raises(TenantsFileError, match="No such file"):
        read_tenants(tmp_path / "none.toml", {}, settings_types=TYPES, themes=THEMES)


def test_the_demo_s_tenants_are_good() -> None:
    declared = read_tenants(
        ROOT / "demo" / "tenants.toml",
        {"MYPAGE_PAYMENT_URL": "http://127.0.0.1:8002"},
        settings_types=dict.fromkeys(("actv", "ucom", "usen", "ocn"), TenantSettings) | {"staff": OfficeSettings},
        themes=THEMES,
    )
    assert [(d.name, d.theme, d.addresses) for d in declared] == [
        ("actv", "actv", (Address("actv.localhost", ""),)),
        ("actv-plain", "plain", (Address("plain.localhost", "/aomori"),)),
        ("ucom", "ucom", (Address("ucom.localhost", ""),)),
        ("usen", "usen", (Address("usen.localhost", "/u0020"),)),
        ("usen-u0021", "plain", (Address("usen.localhost", "/u0021"),)),
        ("ocn", "ocn", (Address("ocn.localhost", ""),)),
        ("staff", "plain", (Address("staff.localhost", ""),)),
    ]
    assert [d.second_factor for d in declared] == ["offered", *["off"] * 5, "required"]


@pytest.mark.parametrize(
    ("number", "good"),
    [
        ("T7000012050002", True),
        ("T1999999000123", True),
        ("T1999999000132", False),
        ("T199999900012", False),
        ("1999999000123", False),
        ("T１999999000123", False),
    ],
)
def test_the_check_digit_of_registration_numbers(number: str, good: bool) -> None:
    assert is_registration_number(number) is good


def test_the_app_role_cannot_apply(own_database: TestDatabase, read: Read) -> None:
    engine = create_engine(own_database.app)
    with engine.connect() as connection, pytest.raises(Exception, match="permission denied"):
        connection.exec_driver_sql("DELETE FROM platform_address")
    engine.dispose()


def test_the_second_factor_is_said_per_tenant_and_off_by_default(read: Read, owner: Engine) -> None:
    declared = read(GOOD.replace('locale = "ja"', 'locale = "ja"\nsecond_factor = "required"', 1))
    assert [each.second_factor for each in declared] == ["required", "off"]
    with platform_unit(owner) as connection:
        changes = plan(connection, declared)
        apply(connection, changes)
        registry, errors = read_registry(connection, TYPES, THEMES)
        [change] = plan(connection, read())
    assert "second factor required" in str(changes[0])
    assert "second factor" not in str(changes[1])
    assert errors == []
    found = {name: tenant.second_factor for name, tenant in registry.tenants.items()}
    assert found == {"first": "required", "second": "off"}
    assert change.details == ("second_factor: 'required' -> 'off'",)


def test_settings_of_an_operator_cannot_say_it(read: Read) -> None:
    with pytest.raises(TenantsFileError, match="second_factor"):
        read(GOOD.replace("[tenant.settings]", '[tenant.settings]\nsecond_factor = "off"', 1))
