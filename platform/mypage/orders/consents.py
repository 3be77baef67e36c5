"""What customers consent to: the wording as it was shown, kept once, found again by its digest and version."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from mypage.db.session import Tx
from mypage.hooks.products import Product
from mypage.i18n import Translator
from mypage.orders.models import ConsentText


@dataclass(frozen=True, slots=True)
class Wording:
    """Everything above a tick, and the words beside it, in the language in which it was read."""

    language: str
    version: str
    body: str

    @property
    def digest(self) -> bytes:
        """32 bytes that no other wording has, nor the same in another language."""
        return hashlib.sha256(f"{self.language}\n{self.body}".encode()).digest()

    @property
    def mark(self) -> str:
        """The digest for a form: what is ticked must be what was shown."""
        return self.digest.hex()


def wording(product: Product, t: Translator, language: str) -> Wording | None:
    """What a product asks consent to; None when it asks for none."""
    if not product.consent:
        return None
    described = product.description
    lines = (*described.paragraphs, *described.bullets) if described else ()
    body = "\n".join(t(line) for line in (*lines, *product.terms, product.consent))
    return Wording(language, product.terms_version, body)


def keep_wording(tx: Tx, product: Product, shown: Wording) -> uuid.UUID:
    """The row of a wording; the first consent to it makes it."""
    tx.execute(
        insert(ConsentText)
        .values(
            tenant_id=tx.tenant,
            id=uuid.uuid4(),
            product=product.code,
            digest=shown.digest,
            version=shown.version,
            language=shown.language,
            body=shown.body,
            first_used_at=tx.now(),
        )
        .on_conflict_do_nothing(index_elements=["tenant_id", "product", "digest"])
    )
    return tx.execute(
        select(ConsentText.id).where(
            ConsentText.tenant_id == tx.tenant,
            ConsentText.product == product.code,
            ConsentText.digest == shown.digest,
        )
    ).scalar_one()
