"""The registry of deployed portals. Small tables without a tenant column, read by every process (scale rule 13)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, text
from sqlalchemy.orm import Mapped, mapped_column

from mypage.db.base import TENANT_TEXT, Base


class TenantRecord(Base):
    """One deployed portal as `mypage tenants apply` wrote it."""

    __tablename__ = "platform_tenant"

    name: Mapped[str] = mapped_column(TENANT_TEXT, primary_key=True)
    operator: Mapped[str]
    theme: Mapped[str]
    locale: Mapped[str]
    second_factor: Mapped[str] = mapped_column(server_default="off")
    extensions: Mapped[dict[str, Any]]
    settings: Mapped[dict[str, Any]]
    enabled: Mapped[bool] = mapped_column(server_default=text("true"))
    updated_at: Mapped[datetime] = mapped_column(server_default=text("now()"))


class TenantAddress(Base):
    """Where a portal lives: a host, and a path prefix when it shares the host."""

    __tablename__ = "platform_address"

    host: Mapped[str] = mapped_column(primary_key=True)
    prefix: Mapped[str] = mapped_column(primary_key=True)
    tenant: Mapped[str] = mapped_column(TENANT_TEXT, ForeignKey("platform_tenant.name", ondelete="CASCADE"))
    main: Mapped[bool] = mapped_column(server_default=text("false"))
