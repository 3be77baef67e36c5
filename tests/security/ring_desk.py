"""What staff have written about a customer, a row in every table of it; rows of the victim's own tenant."""

from __future__ import annotations

import secrets
import uuid
from datetime import timedelta
from typing import Any

from mypage.auth.viewing_models import StaffView
from mypage.contracts.models import LineSecret, PaperApplication
from mypage.db.keys import Vault
from mypage.db.session import Tx
from mypage.lib.tokens import new_token, token_hash
from mypage.staff.models import Approval, StaffMember
from mypage.testing.portal import Portal
from mypage.work.models import WorkItem, WorkNote
from portal_rows import Person

OF_THE_OFFICE = {"desk_role", "desk_seat"}
"""Tables whose rows are the console's own tenant's."""


def amount(contract: uuid.UUID) -> dict[str, Any]:
    """What the amount by hand of a proposal says; its text is a canary already."""
    return {
        "contract_id": str(contract), "number": "C1", "month": "2026-12-01", "amount": "-100", "rate": "10",
        "description": f"zq{secrets.token_hex(5)}z",
    }  # fmt: skip


def at_the_desk(portal: Portal, person: Person, contract: uuid.UUID, subject: uuid.UUID) -> dict[str, Any]:
    """Work about the customer, what was said about it, a proposal, a paper, a secret and a view; ids by their name."""
    vault = portal.server.ports.get(Vault)
    made: dict[str, Any] = {
        name: uuid.uuid4() for name in ("member", "item", "note", "approval", "secret", "paper", "view")
    }

    def work(tx: Tx) -> None:
        now, whose = tx.now(), {"tenant_id": portal.name, "customer_id": person.customer_id}
        tx.add(StaffMember(tenant_id=portal.name, id=made["member"], name="n", email="e", role="agent", updated_at=now))
        tx.add(
            WorkItem(
                id=made["item"], kind="order", subject_id=subject, reference="r", title="t", state="asked",
                assignee_id=made["member"], due_on=tx.today(), created_at=now, taken_at=now, **whose,
            )
        )  # fmt: skip
        tx.add(
            Approval(
                id=made["approval"], kind="posting", payload=amount(contract), digest=b"d", summary="s",
                reason="r", state="waiting", proposed_by=made["member"], proposed_at=now,
                expires_at=now + timedelta(days=7), **whose,
            )
        )  # fmt: skip
        sealed = vault.seal(tx, b"AAAA-BBBB", table="line_secret", column="sealed", row=str(made["secret"]))
        tx.add(LineSecret(id=made["secret"], contract_id=contract, label="l", sealed=sealed, updated_at=now, **whose))
        tx.add(
            PaperApplication(
                id=made["paper"], contract_id=contract, kind="k", since=tx.today(), note="n",
                recorded_by=made["member"], recorded_at=now, **whose,
            )
        )  # fmt: skip
        tx.add(
            StaffView(
                tenant_id=portal.name, id=made["view"], account_id=person.account_id, scheme=person.scheme,
                staff_id=made["member"], staff_name="n", reason="r", created_at=now,
                ticket_hash=token_hash(new_token()), ticket_until=now + timedelta(minutes=2),
            )
        )  # fmt: skip
        tx.flush()
        tx.add(
            WorkNote(
                tenant_id=portal.name, id=made["note"], item_id=made["item"], at=now, author=str(made["member"]),
                kind="asked", body="b",
            )
        )  # fmt: skip

    portal.run(work)
    return made
