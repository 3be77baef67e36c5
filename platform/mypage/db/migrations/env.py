"""Runs migrations on the connection that `mypage.db.schema` hands over."""

from __future__ import annotations

from alembic import context

from mypage.db.schema import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata(), compare_type=True, transaction_per_migration=True)
with context.begin_transaction():
    context.run_migrations()
