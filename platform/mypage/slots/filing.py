"""Registering what the pages asked for, in one unit: the consent, the application, and the mails that confirm it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mypage.audit.trail import record
from mypage.billing.tax import TaxMode
from mypage.contracts.reaching import ContractRef, reach_contract
from mypage.db.keys import Vault
from mypage.db.session import Tx
from mypage.hooks.context import Principal
from mypage.hooks.products import Product
from mypage.hooks.slot_pages import SlotPage
from mypage.i18n import Translator
from mypage.operators.operator import Operator
from mypage.orders.consents import Wording, keep_wording
from mypage.slots.drafts import Agreed
from mypage.slots.reading import own_addresses
from mypage.slots.receipt import send_receipts
from mypage.slots.service import file_application
from mypage.slots.values import Reserved, SlotWish


@dataclass(frozen=True, slots=True)
class Consent:
    """The terms of a product as they were read, and when they were agreed to."""

    product: Product
    wording: Wording
    agreed: Agreed


@dataclass(frozen=True, slots=True, kw_only=True)
class Filing:
    """Who registers what, in whose words. `terms`: how many pages of terms the steps had."""

    operator: Operator
    principal: Principal
    words: SlotPage
    heading: str
    language: str
    t: Translator
    mode: TaxMode
    terms: int = 0


def file_wish(
    tx: Tx,
    vault: Vault,
    filing: Filing,
    wish: SlotWish,
    reserved: Reserved | None,
    *,
    operation_id: uuid.UUID,
    consents: Sequence[Consent],
) -> Mapping[str, Any]:
    """File it and queue its mails; returns what the completion page needs. Raises what `file_application` raises.

    The application names the first of `consents`, the trail each of them.
    """
    ref = reach_contract(tx, filing.principal)
    own = own_addresses(tx, ref)
    kept = [keep_wording(tx, each.product, each.wording) for each in consents]
    row = file_application(
        tx,
        vault,
        filing.operator,
        filing.principal,
        wish,
        reserved,
        operation_id=operation_id,
        language=filing.language,
        consent_id=kept[0] if kept else None,
        mode=filing.mode,
    )
    for consent in consents:
        _note_consent(tx, ref, row.id, consent)
    mailed = send_receipts(
        tx,
        vault,
        filing.principal,
        wish.slots,
        filing.words,
        row,
        heading=filing.heading,
        to=tuple(address for address in own if address in wish.tell),
        language=filing.language,
        t=filing.t,
    )
    return {
        "code": wish.slots.code,
        "application": str(row.id),
        "heading": filing.heading,
        "mailed": list(mailed),
        "terms": filing.terms,
    }


def _note_consent(tx: Tx, ref: ContractRef, application_id: uuid.UUID, consent: Consent) -> None:
    """When exactly it was agreed to, which is a little before the registration (OCN-91)."""
    record(
        tx,
        "slot.terms_agreed",
        "slot_application",
        application_id,
        customer_id=ref.customer_id,
        after={
            "product": consent.product.code,
            "version": consent.wording.version,
            "agreed_at": consent.agreed.at.isoformat(),
        },
    )
