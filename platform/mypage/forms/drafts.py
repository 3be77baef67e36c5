"""Drafts of wizards: kept on the server, bound to tenant and browser, their secret sealed, gone after minutes."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from mypage.db.keys import Vault
from mypage.db.session import Tx
from mypage.forms.models import Draft, Operation

SECRET_LIFE = timedelta(minutes=10)
"""The longest that a draft with a secret in it is kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftContent:
    """What was typed so far.

    `secret` is what was sealed: no password in clear, unless another system has to be told it (decision 0021).
    """

    id: uuid.UUID
    data: Mapping[str, Any]
    secret: bytes | None
    expires_at: datetime


def save_draft(
    tx: Tx,
    vault: Vault,
    *,
    owner: bytes,
    wizard: str,
    data: Mapping[str, Any],
    secret: bytes | None = None,
    life: timedelta = SECRET_LIFE,
    draft_id: uuid.UUID | None = None,
) -> uuid.UUID:
    """Keep a draft in place of the owner's earlier ones of this wizard; returns its id.

    `owner` is the request's `owner`. Saving again under the same `draft_id` replaces that draft.
    """
    chosen = draft_id or uuid.uuid4()
    sealed = None
    if secret is not None:
        sealed = vault.seal(tx, secret, table="draft", column="sealed", row=str(chosen))
    tx.execute(
        delete(Draft).where(
            Draft.tenant_id == tx.tenant, Draft.owner == owner, Draft.wizard == wizard, Draft.id != chosen
        )
    )
    # The id of another wizard's draft, which a browser might send, neither changes that draft nor makes it live longer.
    mine = (Draft.owner == owner) & (Draft.wizard == wizard)
    content = {"data": dict(data), "sealed": sealed, "expires_at": tx.now() + life}
    tx.execute(
        insert(Draft)
        .values(tenant_id=tx.tenant, id=chosen, owner=owner, wizard=wizard, created_at=tx.now(), **content)
        .on_conflict_do_update(index_elements=["tenant_id", "id"], set_=content, where=mine)
    )
    return chosen


def load_draft(
    tx: Tx, vault: Vault, *, owner: bytes, wizard: str, draft_id: uuid.UUID | None = None
) -> DraftContent | None:
    """The owner's newest draft of a wizard, or the one with the id; None when there is none or its time is over."""
    wanted = (
        select(Draft.id, Draft.data, Draft.sealed, Draft.expires_at)
        .where(
            Draft.tenant_id == tx.tenant,
            Draft.owner == owner,
            Draft.wizard == wizard,
            Draft.expires_at > tx.now(),
        )
        .order_by(Draft.created_at.desc())
        .limit(1)
    )
    if draft_id is not None:
        wanted = wanted.where(Draft.id == draft_id)
    row = tx.execute(wanted).one_or_none()
    if row is None:
        return None
    secret = None
    if row.sealed is not None:
        secret = vault.open(tx, row.sealed, table="draft", column="sealed", row=str(row.id))
    return DraftContent(id=row.id, data=row.data, secret=secret, expires_at=row.expires_at)


def named_draft(tx: Tx, vault: Vault, *, owner: bytes, wizard: str, text: str) -> DraftContent | None:
    """The draft whose id a form or a query carries; None when there is none, or it is another browser's."""
    draft_id = draft_id_of(text)
    if draft_id is None:
        return None
    return load_draft(tx, vault, owner=owner, wizard=wizard, draft_id=draft_id)


def drop_draft(tx: Tx, *, owner: bytes, wizard: str) -> None:
    """Wipe the owner's drafts of a wizard, at its end."""
    tx.execute(delete(Draft).where(Draft.tenant_id == tx.tenant, Draft.owner == owner, Draft.wizard == wizard))


def drop_all(tx: Tx, *owners: bytes) -> None:
    """Wipe every draft and every remembered result of the owners, at logout."""
    for model in (Draft, Operation):
        tx.execute(delete(model).where(model.tenant_id == tx.tenant, model.owner.in_(owners)))


def draft_id_of(text: str) -> uuid.UUID | None:
    """The id that a form or a query carries; None when it is none."""
    try:
        return uuid.UUID(text[:36])
    except ValueError:
        return None
