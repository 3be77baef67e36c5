"""A schema that has rows is brought up to date: keys are filled in batches, indexes are made beside who writes."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator

import psycopg
import pytest
from alembic import command
from sqlalchemy import create_engine
from sqlalchemy.engine import URL, make_url

from mypage.db import schema
from mypage.db.migrations import tools
from mypage.testing.database import TestDatabase

ROWS = 25
TENANTS = ("left", "right")


@pytest.fixture
def old(test_database: TestDatabase) -> Iterator[URL]:
    """The superuser's URL of a database that the release before made."""
    admin = make_url(test_database.admin)
    name = f"old_{secrets.token_hex(6)}"
    schema.prepare_database(admin.render_as_string(hide_password=False), name)
    url = admin.set(database=name)
    upgrade_to(url, "0003")
    yield url
    with psycopg.connect(libpq(admin.set(database="postgres")), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


def libpq(url: URL) -> str:
    return url.render_as_string(hide_password=False).replace("postgresql+psycopg:", "postgresql:")


def upgrade_to(url: URL, revision: str) -> None:
    engine = create_engine(url.set(username=schema.OWNER))
    with engine.connect() as connection:
        command.upgrade(schema._config(connection), revision)
    engine.dispose()


def fill(url: URL) -> None:
    with psycopg.connect(libpq(url)) as connection:
        for tenant in TENANTS:
            connection.execute(
                "INSERT INTO platform_tenant (name, operator, theme, locale, extensions, settings)"
                " VALUES (%s, 'actv', 'plain', 'ja', '{}', '{}')",
                (tenant,),
            )
            connection.execute(
                "INSERT INTO customer (tenant_id, id, number, number_key, name, kana, phone, email)"
                " SELECT %s, gen_random_uuid(), n::text, n::text, '青森 ' || n || '郎', 'あおもり ' || n,"
                " '03-1234-' || to_char(n, 'FM0000'), 'K' || n || '@Example.jp' FROM generate_series(1, %s) n",
                (tenant, ROWS),
            )


def test_rows_that_were_there_can_be_found(
    old: URL, monkeypatch: pytest.MonkeyPatch, figure: Callable[[str], None]
) -> None:
    fill(old)
    monkeypatch.setattr(tools, "BATCH", 10)
    upgrade_to(old, "head")
    with psycopg.connect(libpq(old)) as connection:
        keys = connection.execute(
            "SELECT tenant_id, find_name, find_rest, find_kana, find_phone, find_mail FROM customer WHERE number = '7'"
            " ORDER BY tenant_id"
        ).fetchall()
        left = connection.execute("SELECT count(*) FROM customer WHERE find_mail = ''").fetchone()
        broken = connection.execute("SELECT count(*) FROM pg_index WHERE NOT indisvalid").fetchone()
    assert keys == [(name, "青森7郎", "7郎", "アオモリ7", "7000432130", "k7@example.jp") for name in TENANTS]
    assert left == broken == (0,)
    figure(f"migration 0004: keys of {2 * ROWS} customers filled in batches of 10")


def test_a_run_that_was_cut_off_begins_again(old: URL, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(old)
    made = tools.add_index_live

    def cut_off(name: str, table: str, columns: str, *, where: str = "", using: str = "btree") -> None:
        if name == "customer_tenant_id_find_phone_idx":
            raise KeyboardInterrupt
        made(name, table, columns, where=where, using=using)

    monkeypatch.setattr(tools, "add_index_live", cut_off)
    with pytest.raises(KeyboardInterrupt):
        upgrade_to(old, "head")
    monkeypatch.undo()
    with psycopg.connect(libpq(old)) as connection:
        # Meanwhile the release before goes on writing.
        connection.execute(
            "INSERT INTO customer (tenant_id, id, number, number_key, name)"
            " VALUES ('left', gen_random_uuid(), 'new', 'new', '弘前 花子')"
        )
    upgrade_to(old, "head")
    with psycopg.connect(libpq(old)) as connection:
        found = connection.execute("SELECT find_rest FROM customer WHERE number = 'new'").fetchone()
        indexes = connection.execute("SELECT count(*) FROM pg_indexes WHERE indexname LIKE '%find%'").fetchone()
    assert found == ("花子",)
    assert indexes == (14,)
