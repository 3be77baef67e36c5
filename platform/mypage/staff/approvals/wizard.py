"""The way to a proposal, for every kind: what was typed is kept, checked on a page, and proposed once."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mypage.db.keys import Vault
from mypage.forms.drafts import DraftContent, draft_id_of, drop_draft, named_draft, save_draft
from mypage.forms.wizard import once, recall
from mypage.lib.errors import StaleForm
from mypage.staff.approvals.service import propose
from mypage.web.replies import Go, Reply
from mypage.web.request import PortalRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What `propose` is to be given."""

    kind: str
    customer_id: uuid.UUID | None
    payload: Mapping[str, Any]
    summary: str
    reason: str


def keep(rq: PortalRequest, wizard: str, data: Mapping[str, Any]) -> uuid.UUID:
    """Keep what was typed until it is proposed; returns the draft's id, which is the operation's id too."""
    life = rq.operator.sessions.idle
    return save_draft(rq.tx, rq.ports.get(Vault), owner=rq.owner, wizard=wizard, data=data, life=life)


def kept(rq: PortalRequest, wizard: str, text: str, about: str) -> DraftContent | None:
    """The draft that a form or an address names, if it is this browser's and about the same (its value "about")."""
    draft = named_draft(rq.tx, rq.ports.get(Vault), owner=rq.owner, wizard=wizard, text=text)
    return draft if draft is not None and draft.data.get("about") == about else None


def propose_once(rq: PortalRequest, wizard: str, draft: DraftContent, proposal: Proposal) -> uuid.UUID:
    """Propose, however often the button is pressed; returns the proposal's id. Raises AlreadyWaiting, WorldChanged."""

    def effect() -> Mapping[str, Any]:
        row = propose(
            rq.tx,
            kind=proposal.kind,
            customer_id=proposal.customer_id,
            payload=proposal.payload,
            summary=proposal.summary,
            reason=proposal.reason,
            by=rq.principal.account_id,
        )
        return {"approval": str(row.id)}

    done = once(rq.tx, str(draft.id), owner=rq.owner, wizard=wizard, effect=effect)
    drop_draft(rq.tx, owner=rq.owner, wizard=wizard)
    return uuid.UUID(done.result["approval"])


def operation_of(rq: PortalRequest) -> str:
    """The operation id that a form without a draft carries. Raises StaleForm for what is none."""
    found = draft_id_of(rq.form.get("operation", ""))
    if found is None:
        raise StaleForm
    return str(found)


def proposed(rq: PortalRequest, wizard: str, text: str) -> uuid.UUID | None:
    """The proposal that this browser made of a draft before; for a second press and for Back."""
    known = recall(rq.tx, text, owner=rq.owner, wizard=wizard)
    return uuid.UUID(known["approval"]) if known else None


def after_the_end(rq: PortalRequest, wizard: str, text: str, *, form: str, customer_id: uuid.UUID) -> Reply:
    """The draft is gone: because it was proposed, or because its time was over. Raises StaleForm for a press.

    `form` is the route at which one begins again.
    """
    approval_id = proposed(rq, wizard, text)
    if approval_id is not None:
        return Go("approval", {"approval_id": approval_id})
    if rq.method == "POST":
        raise StaleForm
    return Go(form, {"customer_id": customer_id})
