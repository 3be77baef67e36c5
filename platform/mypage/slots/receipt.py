"""The mail that confirms an application to the ticked addresses: what was, what shall be, and no password (OCN-108)."""

from __future__ import annotations

from mypage.audit.trail import record
from mypage.db.keys import Vault
from mypage.db.session import Tx
from mypage.hooks.context import Principal
from mypage.hooks.slot_pages import SlotPage
from mypage.hooks.slots import Slots
from mypage.i18n import Translator
from mypage.mail.errors import BadMail
from mypage.mail.service import send_mail
from mypage.slots.forms import option_words
from mypage.slots.values import ApplicationRow

TEMPLATE = "slot_application"


def send_receipts(
    tx: Tx,
    vault: Vault,
    principal: Principal,
    slots: Slots,
    words: SlotPage,
    row: ApplicationRow,
    *,
    heading: str,
    to: tuple[str, ...],
    language: str,
    t: Translator,
) -> tuple[str, ...]:
    """Queue one mail for each address; they go out if the unit commits. Returns the addresses that get one.

    An address that this very application changes gets it where it is read now. One that no mail can reach is left out.
    """
    labels, befores, afters = _told(slots, words, row, t)
    reached = []
    for address in to:
        try:
            send_mail(
                tx,
                vault,
                template=TEMPLATE,
                recipient=address,
                language=language,
                values={
                    "customer": principal.customer_number,
                    "ordered": t(heading).lstrip("■ "),
                    "labels": labels,
                    "befores": befores,
                    "afters": afters,
                    "at": row.filed_at,
                },
                subject_id=principal.account_id,
            )
        except BadMail:
            # What was applied for stays so: an address that no mail can reach must not undo that.
            record(tx, "slot.mail_impossible", "slot_application", row.id, customer_id=principal.customer_id)
            continue
        reached.append(address)
    return tuple(reached)


def _told(
    slots: Slots, words: SlotPage, row: ApplicationRow, t: Translator
) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Labels, what was, and what shall be."""
    ends, none = t(words.ends), t(words.none)
    stays = row.address_before if row.action == "change" else ends
    rows = [(t(words.name_label), row.address_before or none, row.address or stays)]
    for each in slots.options:
        said = option_words(words, each.code)
        had, has = (t(said.use if each.code in held else said.use_not) for held in (row.options_before, row.options))
        rows.append((t(said.label), none if row.action == "add" else had, ends if row.action == "remove" else has))
    labels, befores, afters = zip(*rows, strict=True)
    return labels, befores, afters
