"""The page before the last button, the one after it, and the question before a cancellation."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from mypage.hooks.slot_pages import SlotPage
from mypage.hooks.slots import Slots
from mypage.orders.views import mode_of
from mypage.slots.forms import Typed
from mypage.slots.pages import DiffRow, MailChoice, PriceChange, SlotCancelPage, SlotConfirmPage, SlotDonePage
from mypage.slots.prices import PricesAhead, prices_ahead, usage_after, usage_of
from mypage.slots.values import ApplicationRow, SlotRow, SlotWish
from mypage.slots.views import added_rows, applied_rows, diff_rows, heading_of, pattern_of, steps_of
from mypage.web.request import PortalRequest


def ahead_of(rq: PortalRequest, slots: Slots, rows: Iterable[SlotRow], wish: SlotWish) -> PricesAhead:
    """What all places cost a month, without and with the wish."""
    known = tuple(rows)
    return prices_ahead(rq.operator, usage_of(slots, known), usage_after(slots, known, wish), mode_of(rq))


def confirm_page(
    rq: PortalRequest,
    words: SlotPage,
    wish: SlotWish,
    rows: Sequence[SlotRow],
    addresses: Collection[str],
    *,
    operation: uuid.UUID,
    typed: Typed | None,
    terms: int,
    action_url: str,
    back_url: str,
) -> SlotConfirmPage:
    """What will be applied for. `typed` has the pattern of a change; `terms`: how many pages of terms there were."""
    slots, row, name = wish.slots, rows[wish.number - 1], wish.local or ""
    prices = ahead_of(rq, slots, rows, wish)
    named = wish.action != "remove" and (typed is None or pattern_of(words, typed).name)
    removing = wish.action == "remove"
    return SlotConfirmPage(
        words=words,
        steps=steps_of(words, terms, 3 + terms, entered=not removing),
        action=wish.action,
        heading=heading_of(words, wish.action, typed),
        added=added_rows(slots, words, name, wish.options) if wish.action == "add" else (),
        rows=diff_rows(slots, words, wish.action, row, name, wish.options) if wish.action != "add" else (),
        counts=_counts(rq, words, prices),
        price=PriceChange(prices.before, prices.after, _tier_change(rq, words, prices)),
        warnings=words.remove_warnings if removing else words.warnings if named else (),
        mails=tuple(MailChoice(address, words.mail.ticked) for address in addresses),
        waiting=any(each.application is not None for each in rows),
        operation_id=str(operation),
        shown_price=prices.mark,
        action_url=action_url,
        back_url=back_url,
    )


def done_page(
    rq: PortalRequest, slots: Slots, words: SlotPage, row: ApplicationRow, done: Mapping[str, Any]
) -> SlotDonePage:
    """What was taken: with the whole new address, which is known only now, and never a password (OCN-107)."""
    states = words.states
    said = {"pending": states.received, "done": states.done, "cancelled": states.cancelled}
    terms = int(done["terms"])
    return SlotDonePage(
        words=words,
        steps=steps_of(words, terms, 4 + terms, entered=row.action != "remove"),
        heading=str(done["heading"]),
        rows=applied_rows(slots, words, row),
        cancellable=row.cancellable,
        state=said.get(row.state, states.refused),
        mailed=tuple(done["mailed"]),
        list_url=rq.href("slots", code=slots.code),
    )


def cancel_page(rq: PortalRequest, slots: Slots, words: SlotPage, row: ApplicationRow) -> SlotCancelPage:
    """The one question (OCN-71)."""
    states = words.states
    headings = {"add": states.adding, "change": states.changing, "remove": states.removing}
    return SlotCancelPage(
        words=words,
        heading=headings[row.action],
        rows=applied_rows(slots, words, row),
        operation_id=str(uuid.uuid4()),
        action_url=rq.href("slots-cancel", code=slots.code, application_id=row.id),
        back_url=rq.href("slots", code=slots.code),
    )


def _counts(rq: PortalRequest, words: SlotPage, prices: PricesAhead) -> DiffRow:
    before, after = (_pieces(rq, count) for count in (prices.before_count, prices.after_count))
    return DiffRow(words.count_label, before, after, prices.before_count == prices.after_count)


def _pieces(rq: PortalRequest, count: int) -> str:
    return rq.t.plural("%(count)s piece", "%(count)s pieces", count)


def _tier_change(rq: PortalRequest, words: SlotPage, prices: PricesAhead) -> str:
    """The other tier in words; "" where it stays or the operator names none (OCN-117)."""
    if prices.before_count == prices.after_count:
        return ""
    names = {tier.count: rq.t(tier.name) for tier in words.tiers}
    before, after = names.get(prices.before_count, ""), names.get(prices.after_count, "")
    if before and after:
        return rq.t('The fee for several changes from "%(before)s" to "%(after)s".', before=before, after=after)
    if after:
        return rq.t('From now on the fee is that of "%(after)s".', after=after)
    return rq.t('The fee of "%(before)s" is charged no more.', before=before) if before else ""
