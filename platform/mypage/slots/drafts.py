"""What was entered for a place, kept between the steps: at most ten minutes, the password sealed, gone at the end."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from mypage.db.keys import Vault
from mypage.db.session import Tx
from mypage.forms.drafts import SECRET_LIFE, DraftContent, drop_draft, named_draft, save_draft
from mypage.hooks.slots import SlotAction
from mypage.slots.forms import Typed

WIZARD = "slots"


@dataclass(frozen=True, slots=True)
class Agreed:
    """The wording of an option's terms that was agreed to, and when."""

    mark: str
    language: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotDraft:
    """One wish on its way through the steps. `had`: options of the place before; `until`: when it is forgotten."""

    id: uuid.UUID
    code: str
    number: int
    action: SlotAction
    typed: Typed
    had: frozenset[str]
    until: datetime
    agreed: Mapping[str, Agreed] = field(default_factory=dict)


def begin(
    tx: Tx,
    vault: Vault,
    owner: bytes,
    *,
    code: str,
    number: int,
    action: SlotAction,
    typed: Typed,
    had: frozenset[str],
) -> SlotDraft:
    """Keep what was entered in place of whatever this browser had entered before."""
    until = tx.now() + SECRET_LIFE
    draft = SlotDraft(id=uuid.uuid4(), code=code, number=number, action=action, typed=typed, had=had, until=until)
    _save(tx, vault, owner, draft)
    return draft


def agree(tx: Tx, vault: Vault, owner: bytes, draft: SlotDraft, option: str, mark: str, language: str) -> SlotDraft:
    """Note the agreement; the draft lives no longer for it."""
    noted = replace(draft, agreed={**draft.agreed, option: Agreed(mark, language, tx.now())})
    _save(tx, vault, owner, noted)
    return noted


def find(tx: Tx, vault: Vault, owner: bytes, code: str, text: str) -> SlotDraft | None:
    """The draft whose id a form or a query carries; None when it is gone, another browser's, or of other places."""
    found = named_draft(tx, vault, owner=owner, wizard=WIZARD, text=text)
    return _read(found) if found is not None and found.data["code"] == code else None


def drop(tx: Tx, owner: bytes) -> None:
    """Forget all that was entered."""
    drop_draft(tx, owner=owner, wizard=WIZARD)


def _save(tx: Tx, vault: Vault, owner: bytes, draft: SlotDraft) -> None:
    typed = draft.typed
    data: dict[str, Any] = {
        "code": draft.code,
        "number": draft.number,
        "action": draft.action,
        "pattern": typed.pattern,
        "local": typed.local,
        "options": sorted(typed.options),
        "had": sorted(draft.had),
        "agreed": {code: [each.mark, each.language, each.at.isoformat()] for code, each in draft.agreed.items()},
    }
    save_draft(
        tx,
        vault,
        owner=owner,
        wizard=WIZARD,
        data=data,
        secret=typed.secret.encode() if typed.secret is not None else None,
        life=max(draft.until - tx.now(), timedelta()),
        draft_id=draft.id,
    )


def _read(found: DraftContent) -> SlotDraft:
    data = found.data
    return SlotDraft(
        id=found.id,
        code=data["code"],
        number=data["number"],
        action=data["action"],
        typed=Typed(
            pattern=data["pattern"],
            local=data["local"],
            secret=found.secret.decode() if found.secret is not None else None,
            options=frozenset(data["options"]),
        ),
        had=frozenset(data["had"]),
        until=found.expires_at,
        agreed={
            code: Agreed(mark, language, datetime.fromisoformat(at))
            for code, (mark, language, at) in data["agreed"].items()
        },
    )
