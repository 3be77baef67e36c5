"""The schema as a whole: all mapped tables, roles, and applying migrations. Commands use it, requests never."""

from __future__ import annotations

import importlib
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, MetaData, create_engine
from sqlalchemy.engine import make_url

from mypage.db.base import Base
from mypage.db.session import platform_unit

MODELS = (
    "mypage.operators.models",
    "mypage.db.keys",
    "mypage.auth.models",
    "mypage.auth.change_models",
    "mypage.auth.viewing_models",
    "mypage.auth.factors.models",
    "mypage.forms.models",
    "mypage.contracts.models",
    "mypage.billing.models",
    "mypage.orders.models",
    "mypage.slots.models",
    "mypage.notices.models",
    "mypage.mail.models",
    "mypage.audit.models",
    "mypage.work.models",
    "mypage.requests.models",
    "mypage.terminations.models",
    "mypage.staff.models",
)

OWNER = "mypage_owner"
APP = "mypage_app"


class SchemaError(RuntimeError):
    """The database does not fit this program; the message says what to run."""


def metadata() -> MetaData:
    """Every mapped table of the core."""
    for name in MODELS:
        importlib.import_module(name)
    return Base.metadata


def prepare_database(admin_url: str, database: str) -> None:
    """Create the owner and app roles and the database when they are absent. Needs a superuser's URL."""
    engine = create_engine(make_url(admin_url).set(database="postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for role in (OWNER, APP):
            found = connection.exec_driver_sql("SELECT 1 FROM pg_roles WHERE rolname = %s", (role,)).scalar()
            if not found:
                connection.exec_driver_sql(f"CREATE ROLE {role} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS")
        found = connection.exec_driver_sql("SELECT 1 FROM pg_database WHERE datname = %s", (database,)).scalar()
        if not found:
            quoted = connection.dialect.identifier_preparer.quote(database)
            connection.exec_driver_sql(
                f"CREATE DATABASE {quoted} OWNER {OWNER} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8'"
            )
    engine.dispose()


def upgrade(owner_url: str) -> None:
    """Apply every migration that is missing, as the owner role."""
    engine = create_engine(owner_url)
    # Each migration is a transaction of its own: an index that is built while others write cannot be part of one.
    with engine.connect() as connection:
        command.upgrade(_config(connection), "head")
    engine.dispose()


def current_and_head(connection: Connection) -> tuple[str | None, str | None]:
    """The revision of the database and the newest one of this program."""
    head = ScriptDirectory.from_config(_config(None)).get_current_head()
    return MigrationContext.configure(connection).get_current_revision(), head


def check_revision(connection: Connection) -> None:
    """Raises SchemaError when the database is older or newer than this program."""
    current, head = current_and_head(connection)
    if current != head:
        raise SchemaError(
            f"the database has schema {current or 'none'}, this program needs {head}; run `mypage db upgrade`"
        )


def check_schema(engine: Engine) -> None:
    """Raises SchemaError when the database does not fit this program, or the role may bypass row security."""
    with platform_unit(engine) as connection:
        check_revision(connection)
        role = connection.exec_driver_sql(
            "SELECT rolname, rolsuper OR rolbypassrls AS free FROM pg_roles WHERE rolname = current_user"
        ).one()
        if role.free:
            raise SchemaError(
                f"role {role.rolname} bypasses row security; connect as {APP} (MYPAGE_DATABASE_URL), not as a superuser"
            )


def _config(connection: Connection | None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config
