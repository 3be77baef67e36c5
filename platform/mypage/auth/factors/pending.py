"""Who waits for the second step: a draft after the right password, bound to browser and tenant."""

from __future__ import annotations

import json
import uuid
from base64 import b64decode, b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import select

from mypage.auth.factors.passkeys import new_challenge
from mypage.auth.models import Account, Credential
from mypage.db.keys import Vault
from mypage.db.session import Tx
from mypage.forms.drafts import drop_draft, load_draft, save_draft
from mypage.forms.models import Draft
from mypage.lib.crypto import DecryptError

Purpose = Literal["second-login", "second-reauth"]

LIFE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """Somebody whose password was right. Good for one login, while the credential stays as it was."""

    account_id: uuid.UUID
    customer_id: uuid.UUID
    credential_id: uuid.UUID
    changed_at: datetime
    scheme: str
    device: str
    challenge: bytes
    expires_at: datetime


def wait(tx: Tx, vault: Vault, purpose: Purpose, owner: bytes, *, credential_id: uuid.UUID, device: str = "") -> None:
    """Keep the draft of a right password, in place of the browser's earlier one; nobody is signed in by it."""
    row = tx.execute(
        select(Credential.account_id, Credential.scheme, Credential.changed_at, Account.customer_id)
        .join(Account, (Account.tenant_id == tx.tenant) & (Account.id == Credential.account_id))
        .where(Credential.tenant_id == tx.tenant, Credential.id == credential_id)
    ).one()
    pending = Pending(
        account_id=row.account_id,
        customer_id=row.customer_id,
        credential_id=credential_id,
        changed_at=row.changed_at,
        scheme=row.scheme,
        device=device,
        challenge=new_challenge(),
        expires_at=tx.now() + LIFE,
    )
    drop_draft(tx, owner=owner, wizard=purpose)
    keep(tx, vault, purpose, owner, pending, None)


def waiting(tx: Tx, vault: Vault, purpose: Purpose, owner: bytes, draft_id: uuid.UUID | None = None) -> Pending | None:
    """Who waits for the second step in this browser; None when nobody does, or the time is over."""
    try:
        draft = load_draft(tx, vault, owner=owner, wizard=purpose, draft_id=draft_id)
    except DecryptError:
        # Damaged, or moved here from another tenant: it vouches for nobody.
        return None
    return _opened(draft.secret, draft.expires_at) if draft is not None and draft.secret is not None else None


def still_there(tx: Tx, pending: Pending) -> Account | None:
    """The account, when it is active and the password is still the one that was compared.

    Locks the credential, so that a password change cannot miss a session that is opened right now.
    """
    row = tx.execute(
        select(Credential.changed_at, Account)
        .join(Account, (Account.tenant_id == tx.tenant) & (Account.id == Credential.account_id))
        .where(Credential.tenant_id == tx.tenant, Credential.id == pending.credential_id, Account.status == "active")
        .with_for_update(of=Credential)
    ).one_or_none()
    if row is None or row.changed_at != pending.changed_at:
        return None
    account = row[1]
    assert isinstance(account, Account)
    return account


def lock_draft(tx: Tx, purpose: Purpose, owner: bytes) -> uuid.UUID | None:
    """The draft, locked, so that answers sent side by side are looked at one after the other."""
    return tx.scalars(
        select(Draft.id)
        .where(Draft.tenant_id == tx.tenant, Draft.owner == owner, Draft.wizard == purpose)
        .order_by(Draft.created_at.desc())
        .limit(1)
        .with_for_update()
    ).one_or_none()


def keep(tx: Tx, vault: Vault, purpose: Purpose, owner: bytes, pending: Pending, draft_id: uuid.UUID | None) -> None:
    """Keep who waits, in a new draft or in place of what one holds; the time that is left stays as it was."""
    content = {
        "account": str(pending.account_id),
        "customer": str(pending.customer_id),
        "credential": str(pending.credential_id),
        "changed_at": pending.changed_at.isoformat(),
        "scheme": pending.scheme,
        "device": pending.device,
        "challenge": b64encode(pending.challenge).decode(),
    }
    save_draft(
        tx,
        vault,
        owner=owner,
        wizard=purpose,
        data={},
        secret=json.dumps(content).encode(),
        life=pending.expires_at - tx.now(),
        draft_id=draft_id,
    )


def _opened(secret: bytes, expires_at: datetime) -> Pending:
    content = json.loads(secret)
    return Pending(
        account_id=uuid.UUID(content["account"]),
        customer_id=uuid.UUID(content["customer"]),
        credential_id=uuid.UUID(content["credential"]),
        changed_at=datetime.fromisoformat(content["changed_at"]),
        scheme=content["scheme"],
        device=content["device"],
        challenge=b64decode(content["challenge"]),
        expires_at=expires_at,
    )
