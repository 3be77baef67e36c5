"""Data keys of tenants: random, wrapped by the master key outside of the database, made when first needed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import Engine, LargeBinary, bindparam, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from mypage.db.base import TenantKeyed, tenant_pk
from mypage.db.session import Actor, Scope, Tx, unit
from mypage.lib.clock import SystemClock
from mypage.lib.crypto import DecryptError, Keyring, derive, key_id_of
from mypage.lib.crypto import TenantKey as DataKey


class MissingMasterKey(RuntimeError):
    """Stored data keys need master keys that are not in the keyring; the message names both and how to mend it."""


class TenantKey(TenantKeyed):
    """A wrapped data key of a tenant; the newest seals, all of them open."""

    __tablename__ = "tenant_key"
    __table_args__ = (tenant_pk("key_id"),)

    key_id: Mapped[str]
    wrapped: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(server_default=text("now()"))


_NEWEST = (
    select(TenantKey.key_id, TenantKey.wrapped)
    .where(TenantKey.tenant_id == bindparam("tenant"))
    .order_by(TenantKey.created_at.desc(), TenantKey.key_id.desc())
    .limit(1)
)
_ONE = select(TenantKey.wrapped).where(
    TenantKey.tenant_id == bindparam("tenant"), TenantKey.key_id == bindparam("key_id")
)
_HELD = select(TenantKey.wrapped).where(TenantKey.tenant_id == bindparam("tenant"))
_ALL = select(TenantKey.key_id, TenantKey.wrapped).where(TenantKey.tenant_id == bindparam("tenant")).with_for_update()
_NAMED = 5


class Vault:
    """Seals and opens secrets of one tenant at a time; holds the master keys and no data keys."""

    def __init__(self, keyring: Keyring) -> None:
        """The keyring comes from the settings."""
        self.keyring = keyring

    def seal(self, tx: Tx, plain: bytes, *, table: str, column: str, row: str) -> bytes:
        """Encrypt for one place: the ciphertext opens in no other row, column or tenant."""
        return self._current(tx).encrypt(plain, aad=(tx.tenant, table, column, row))

    def open(self, tx: Tx, sealed: bytes, *, table: str, column: str, row: str) -> bytes:
        """Decrypt. Raises DecryptError when it was moved, changed or its key is gone."""
        key_id = key_id_of(sealed)
        wrapped = tx.execute(_ONE, {"tenant": tx.tenant, "key_id": key_id}).scalar_one_or_none()
        key = self.keyring.unwrap(tx.tenant, key_id, wrapped or b"")
        return key.decrypt(sealed, aad=(tx.tenant, table, column, row))

    def derived(self, tx: Tx, purpose: str) -> tuple[str, bytes]:
        """A signing key of the tenant, with its id: like the data key it outlives rotations of the master key."""
        key = self._current(tx)
        return key.key_id, derive(key.secret, purpose, tx.tenant)

    def derived_from(self, tx: Tx, key_id: str, purpose: str) -> bytes:
        """The signing key of this id. Raises DecryptError when its data key is gone or cannot be opened."""
        wrapped = tx.execute(_ONE, {"tenant": tx.tenant, "key_id": key_id}).scalar_one_or_none()
        return derive(self.keyring.unwrap(tx.tenant, key_id, wrapped or b"").secret, purpose, tx.tenant)

    def rewrap(self, tx: Tx) -> int:
        """Wrap the tenant's data keys by the current master key; returns how many were wrapped by an earlier one."""
        rows = tx.execute(_ALL, {"tenant": tx.tenant}).all()
        old = [row for row in rows if self.keyring.needs_rewrap(row.wrapped)]
        for row in old:
            wrapped = self.keyring.rewrap(tx.tenant, row.key_id, row.wrapped)
            tx.execute(
                update(TenantKey)
                .where(TenantKey.tenant_id == tx.tenant, TenantKey.key_id == row.key_id)
                .values(wrapped=wrapped)
                .execution_options(synchronize_session=False)
            )
        return len(old)

    def _current(self, tx: Tx) -> DataKey:
        row = tx.execute(_NEWEST, {"tenant": tx.tenant}).one_or_none()
        if row is None:
            wrapped = self.keyring.new_key(tx.tenant, "k1")
            tx.execute(
                insert(TenantKey)
                .values(tenant_id=tx.tenant, key_id="k1", wrapped=wrapped)
                .on_conflict_do_nothing(index_elements=["tenant_id", "key_id"])
            )
            row = tx.execute(_NEWEST, {"tenant": tx.tenant}).one()
        return self.keyring.unwrap(tx.tenant, row.key_id, row.wrapped)


def master_keys_needed(engine: Engine, tenants: Iterable[str]) -> Mapping[str, frozenset[str]]:
    """The ids of the master keys that wrap the data keys of each tenant; empty for one without data keys.

    Raises MissingMasterKey when a data key is damaged.
    """
    needed = {}
    for name in tenants:
        with unit(engine, Scope(name, SystemClock(), Actor("system", "keys"), "keys")) as tx:
            rows = tx.execute(_HELD, {"tenant": tx.tenant}).scalars().all()
        try:
            needed[name] = frozenset(key_id_of(wrapped) for wrapped in rows)
        except DecryptError as error:
            raise MissingMasterKey(f"a data key of {name} is {error}; restore tenant_key from a backup") from error
    return needed


def check_master_keys(keyring: Keyring, needed: Mapping[str, frozenset[str]]) -> None:
    """Raises MissingMasterKey when the data keys of a tenant could not be opened; nothing is opened for that."""
    missing = {name: ids - keyring.master_keys.keys() for name, ids in needed.items()}
    names = [name for name, ids in sorted(missing.items()) if ids]
    if not names:
        return
    ids = ", ".join(sorted(set().union(*missing.values())))
    told = ", ".join(names[:_NAMED]) + (f" and {len(names) - _NAMED} more" if len(names) > _NAMED else "")
    raise MissingMasterKey(
        f"no master key {ids} for the data keys of {told}; "
        "put the secret that they were made under back into MYPAGE_OLD_SECRET_KEYS (docs/operations.md, Lost secrets)"
    )
