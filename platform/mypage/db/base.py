"""Mapped classes of tenant data: the tenant leads every key (scale rules 1, 3, 5, 6)."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, Date, DateTime, ForeignKeyConstraint, MetaData, PrimaryKeyConstraint, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

TENANT_TEXT = Text(collation="C")

NAMING = {
    "pk": "%(table_name)s_pkey",
    "uq": "%(table_name)s_%(column_0_N_name)s_key",
    "fk": "%(table_name)s_%(column_1_name)s_fkey",
    "ck": "%(table_name)s_%(constraint_name)s_check",
    "ix": "%(table_name)s_%(column_0_N_name)s_idx",
}


class Base(DeclarativeBase):
    """All mapped classes of the core."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: DateTime(timezone=True),
        date: Date(),
        str: Text(),
        uuid.UUID: Uuid(),
        dict[str, Any]: JSONB(),
        list[Any]: JSONB(),
    }


class TenantRow(Base):
    """A row that belongs to one tenant and has a random id of its own."""

    __abstract__ = True

    tenant_id: Mapped[str] = mapped_column(TENANT_TEXT, primary_key=True)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)


class TenantKeyed(Base):
    """A row that belongs to one tenant and is found by a natural key; the class names its own primary key."""

    __abstract__ = True

    tenant_id: Mapped[str] = mapped_column(TENANT_TEXT)


def tenant_fk(table: str, column: str, *, ondelete: str | None = None) -> ForeignKeyConstraint:
    """A foreign key that cannot leave the tenant: (tenant_id, column) → (tenant_id, id)."""
    return ForeignKeyConstraint(["tenant_id", column], [f"{table}.tenant_id", f"{table}.id"], ondelete=ondelete)


def one_of(column: str, values: Sequence[str]) -> CheckConstraint:
    """A check that a text column holds one of the known words."""
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


def tenant_pk(*columns: str) -> PrimaryKeyConstraint:
    """A primary key that starts with the tenant."""
    return PrimaryKeyConstraint("tenant_id", *columns)


__all__ = ["TENANT_TEXT", "Base", "TenantKeyed", "TenantRow", "one_of", "tenant_fk", "tenant_pk"]
