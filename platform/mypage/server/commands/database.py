"""`mypage db`: roles, database, schema."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import rich_click as click
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

from mypage.db.schema import OWNER, current_and_head, prepare_database, upgrade
from mypage.db.session import platform_unit, sync_engine
from mypage.server.settings import SettingsError


class DatabaseUnreachable(RuntimeError):
    """PostgreSQL does not answer; the message says where it was looked for."""


@contextmanager
def reachable() -> Iterator[None]:
    """Turn a refused connection into one line without a password."""
    try:
        yield
    except OperationalError as error:
        reason = " ".join(str(error.orig).split())
        raise DatabaseUnreachable(f"the database cannot be reached: {reason}; check MYPAGE_DATABASE_URL") from error


@click.group()
def db() -> None:
    """Prepare and migrate the database."""


@db.command("upgrade")
def upgrade_command() -> None:
    """Apply missing migrations as the owner role; with MYPAGE_ADMIN_URL, make roles and database first."""
    owner = os.environ.get("MYPAGE_OWNER_URL", "")
    if not owner:
        raise SettingsError("MYPAGE_OWNER_URL is not set; give the owner role's postgresql+psycopg:// URL")
    admin = os.environ.get("MYPAGE_ADMIN_URL", "")
    if admin:
        prepare_database(admin, str(make_url(owner).database))
    upgrade(owner)
    engine = sync_engine(owner)
    with platform_unit(engine) as connection:
        current, _ = current_and_head(connection)
    engine.dispose()
    click.echo(f"schema {current} as {make_url(owner).username or OWNER}")
