"""T3: the database itself, not what the code says of it: keys, policies and rights of every table."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from mypage.testing.database import TestDatabase
from rlskit import TENANT_TABLES

EXPRESSION = "(tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text))"
PLATFORM = {"platform_tenant", "platform_address", "alembic_version"}
"""Tables without tenants' data; the queue's own are known by their prefix."""
NOT_CHANGED = {
    **dict.fromkeys(
        (
            "audit_entry",
            "audit_link",
            "consent_text",
            "notice_mail",
            "posting",
            "request_event",
            "staff_identity",
            "work_note",
        ),
        frozenset({"SELECT", "INSERT"}),
    ),
    **dict.fromkeys(
        (
            "approval",
            "billing_run",
            "counter",
            "daily_figure",
            "desk_role",
            "line_secret",
            "notice_mailing",
            "paper_application",
            "payment_review",
            "product_order",
            "provisioning_job",
            "request",
            "resource",
            "slot",
            "slot_application",
            "staff_member",
            "staff_view",
            "subscription",
            "termination",
            "work_item",
        ),
        frozenset({"SELECT", "INSERT", "UPDATE"}),
    ),
    "request_file_piece": frozenset({"SELECT", "INSERT", "DELETE"}),
}


@pytest.fixture(scope="module")
def catalogue(test_database: TestDatabase) -> Iterator[psycopg.Connection]:
    with psycopg.connect(test_database.admin.replace("postgresql+psycopg:", "postgresql:")) as connection:
        yield connection


def test_every_table_is_a_tenants_or_known(catalogue: psycopg.Connection) -> None:
    rows = catalogue.execute(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')"
    )
    tables = {name for (name,) in rows if not name.startswith("procrastinate")}
    assert tables == {*TENANT_TABLES, *PLATFORM}


def test_no_view_looks_past_row_security(catalogue: psycopg.Connection) -> None:
    found = catalogue.execute(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('v', 'm') "
        "AND NOT coalesce(reloptions, '{}') @> '{security_invoker=true}'"
    ).fetchall()
    assert found == []
    definers = catalogue.execute(
        "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prosecdef "
        "AND proname NOT LIKE 'procrastinate%'"
    ).fetchall()
    assert definers == []


@pytest.mark.parametrize("table", TENANT_TABLES)
def test_keys_in_the_database_begin_with_the_tenant(catalogue: psycopg.Connection, table: str) -> None:
    keys = catalogue.execute(
        "SELECT conname, contype, (SELECT attname FROM pg_attribute WHERE attrelid = conrelid AND attnum = conkey[1]), "
        "confrelid::regclass::text, (SELECT attname FROM pg_attribute WHERE attrelid = confrelid AND attnum = confkey[1]) "
        "FROM pg_constraint WHERE conrelid = %s::regclass AND contype IN ('p', 'u', 'f')",
        (table,),
    ).fetchall()
    assert "p" in {kind for _, kind, *_ in keys}
    for name, kind, first, _, referred in keys:
        assert first == "tenant_id", name
        assert kind != "f" or referred == "tenant_id", name
    indexes = catalogue.execute(
        "SELECT indexrelid::regclass::text, attname FROM pg_index JOIN pg_attribute ON attrelid = indrelid "
        "AND attnum = indkey[0] WHERE indrelid = %s::regclass AND indisunique",
        (table,),
    ).fetchall()
    assert {first for _, first in indexes} == {"tenant_id"}


@pytest.mark.parametrize("table", TENANT_TABLES)
def test_one_policy_for_everybody_and_no_more(catalogue: psycopg.Connection, table: str) -> None:
    rows = catalogue.execute(
        "SELECT policyname, permissive, roles::text, cmd, qual, with_check FROM pg_policies WHERE tablename = %s",
        (table,),
    ).fetchall()
    assert rows == [("tenant_only", "PERMISSIVE", "{public}", "ALL", EXPRESSION, EXPRESSION)]
    secured = catalogue.execute(
        "SELECT relrowsecurity, relforcerowsecurity, pg_get_userbyid(relowner) FROM pg_class WHERE oid = %s::regclass",
        (table,),
    ).fetchone()
    assert secured == (True, True, "mypage_owner")


@pytest.mark.parametrize("table", TENANT_TABLES)
def test_the_app_can_neither_truncate_nor_refer_nor_own(catalogue: psycopg.Connection, table: str) -> None:
    rights = {
        right
        for (right,) in catalogue.execute(
            "SELECT privilege_type FROM information_schema.role_table_grants WHERE table_name = %s AND grantee <> 'mypage_owner'",
            (table,),
        )
    }
    assert rights == NOT_CHANGED.get(table, {"SELECT", "INSERT", "UPDATE", "DELETE"})


def test_the_roles_cannot_pass_row_security(catalogue: psycopg.Connection) -> None:
    rows = catalogue.execute(
        "SELECT rolname, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb FROM pg_roles WHERE rolname LIKE 'mypage%'"
    ).fetchall()
    assert sorted(rows) == [(name, False, False, False, False) for name in ("mypage_app", "mypage_owner")]
    members = catalogue.execute("SELECT 1 FROM pg_auth_members WHERE member = 'mypage_app'::regrole").fetchall()
    assert members == []
