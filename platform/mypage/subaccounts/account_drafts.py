"""What is kept of an account between the steps: the password as a hash, its echo sealed, nothing longer than minutes.

The draft of a wizard ends with it; the echo then lives on in a draft of its own, for the completion page (rule 37).
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mypage.db.keys import Vault
from mypage.db.session import Tx
from mypage.forms.drafts import drop_draft, load_draft, named_draft, save_draft
from mypage.web.request import PortalRequest


@dataclass(frozen=True, slots=True)
class Typed:
    """A draft: what was typed, the hash of a new password and its first characters ("" for none)."""

    id: uuid.UUID
    data: Mapping[str, Any]
    password_hash: str
    echo: str


def keep(rq: PortalRequest, tx: Tx, wizard: str, data: Mapping[str, Any], password_hash: str, echo: str) -> uuid.UUID:
    """Keep a draft in place of the browser's earlier one of this wizard."""
    secret = json.dumps([password_hash, echo]).encode() if password_hash else None
    return save_draft(tx, rq.ports.get(Vault), owner=rq.owner, wizard=wizard, data=data, secret=secret)


def typed(rq: PortalRequest, wizard: str, text: str) -> Typed | None:
    """The draft whose id a form or a query carries; None when there is none, or it is another browser's."""
    draft = named_draft(rq.tx, rq.ports.get(Vault), owner=rq.owner, wizard=wizard, text=text)
    if draft is None:
        return None
    password_hash, echo = json.loads(draft.secret) if draft.secret else ("", "")
    return Typed(draft.id, draft.data, password_hash, echo)


def finish(rq: PortalRequest, wizard: str, draft: Typed) -> None:
    """Drop the draft with its hash; the echo stays for the completion page."""
    drop_draft(rq.tx, owner=rq.owner, wizard=wizard)
    if draft.echo:
        save_draft(
            rq.tx,
            rq.ports.get(Vault),
            owner=rq.owner,
            wizard=f"{wizard}-done",
            data={"operation": str(draft.id)},
            secret=draft.echo.encode(),
        )


def echo_of(rq: PortalRequest, wizard: str, operation: str) -> str:
    """The first characters of the password that an operation set, while they are kept."""
    done = load_draft(rq.tx, rq.ports.get(Vault), owner=rq.owner, wizard=f"{wizard}-done")
    if done is None or done.data.get("operation") != operation or done.secret is None:
        return ""
    return done.secret.decode()
