"""What a victim has bought, registered and is charged for, a row in every table of it."""

from __future__ import annotations

import uuid
from datetime import date

from mypage.billing.models import BillingRun, Counter, PaymentReview, Posting
from mypage.contracts.models import Resource, Subscription
from mypage.db.keys import Vault
from mypage.db.session import Tx
from mypage.orders.models import ConsentText, ProductOrder, ProvisioningJob
from mypage.orders.service import PIN_PLACE
from mypage.requests.models import Request, RequestFile, RequestFilePiece
from mypage.testing.portal import Portal
from portal_rows import Person


def holding(
    portal: Portal, person: Person, contract: uuid.UUID, card: uuid.UUID, account: uuid.UUID
) -> tuple[uuid.UUID, ...]:
    """A product with a PIN and its order, an address, what is charged besides, a card that is looked at; their ids."""
    tenant, vault = portal.name, portal.server.ports.get(Vault)
    bought, ordered, address, review, job, asked, file = (uuid.uuid4() for _ in range(7))

    def work(tx: Tx) -> None:
        now, text = tx.now(), uuid.uuid4()
        whose = {"tenant_id": tenant, "customer_id": person.customer_id}
        tx.add(
            Subscription(
                id=bought, contract_id=contract, account_id=account, holder_id=account, product="p", bought_at=now,
                pin_sealed=vault.seal(tx, b"AAAA-BBBB", row=str(bought), **PIN_PLACE), **whose,
            )
        )  # fmt: skip
        tx.add(
            ConsentText(
                tenant_id=tenant, id=text, product="p", digest=b"d", version="1", language="ja", body="x",
                first_used_at=now,
            )
        )  # fmt: skip
        tx.flush()
        tx.add(
            ProductOrder(
                id=ordered, number="n", contract_id=contract, account_id=account, subscription_id=bought, product="p",
                action="add", state="in_progress", placed_by=account, placed_scheme="s", placed_role="r",
                placed_login="l", subject="s", placed_at=now, effective_on=tx.today(), consent_id=text, **whose,
            )
        )  # fmt: skip
        tx.add(
            Resource(
                id=address, contract_id=contract, account_id=account, kind="mail", value="a", value_key="a", own=False,
                started_at=now, **whose,
            )
        )  # fmt: skip
        tx.add(
            PaymentReview(
                id=review, payment_method_id=card, card_name="x", state="accepted", created_at=now, decided_at=now,
                **whose,
            )
        )  # fmt: skip
        tx.flush()
        tx.add(
            ProvisioningJob(
                id=job, order_id=ordered, action="start", product="p", subject="s", adapter="a", state="sent",
                reference="r", problem="p", created_at=now, **whose,
            )
        )  # fmt: skip
        month = date(2026, 9, 1)
        tx.add(
            Posting(
                tenant_id=tenant, contract_id=contract, month=month, key="k", description="d", amount=1, rate_bp=1000
            )
        )
        tx.add(
            BillingRun(
                tenant_id=tenant, month=month, issued_on=month, state="finished", started_at=now, finished_at=now
            )
        )
        tx.add(Counter(tenant_id=tenant, name="n", value=1))
        tx.add(
            Request(
                id=asked, number="q", contract_id=contract, account_id=account, form="slip-mail", form_version=1,
                section="contact", title="t", state="filed", content=[], language="ja", filed_at=now, **whose,
            )
        )  # fmt: skip
        tx.flush()
        tx.add(
            RequestFile(
                tenant_id=tenant, id=file, request_id=asked, owner=b"o", draft_id=uuid.uuid4(), field="f", name="n",
                media_type="application/pdf", size=1, digest=b"d", created_at=now,
            )
        )  # fmt: skip
        tx.flush()
        sealed = vault.seal(tx, b"%PDF", table="request_file_piece", column="sealed", row=f"{file}:0")
        tx.add(RequestFilePiece(tenant_id=tenant, file_id=file, position=0, sealed=sealed))

    portal.run(work)
    return bought, ordered, address, review, job, asked, file
