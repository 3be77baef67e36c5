"""Bills as pages show them: rows, statements, payment facts, the reason of a difference."""

from __future__ import annotations

from collections.abc import Sequence

from mypage.billing.brands import brand_name
from mypage.billing.cards import Card, paid_by_card
from mypage.billing.compare import Comparison, compare
from mypage.billing.pages import (
    BillLine,
    BillPage,
    BillRate,
    BillRow,
    CardFact,
    CardState,
    InvoicePage,
    InvoiceRow,
    Link,
    MonthLink,
    Payment,
    Sheet,
    Statement,
    Taxing,
)
from mypage.billing.service import Bill, BillDetail
from mypage.billing.tenant_gateways import Gateways
from mypage.hooks.permissions import CARD_CHANGE, INVOICE_READ
from mypage.lib.money import format_yen
from mypage.web.request import PortalRequest

_ROUNDINGS: dict[str, Taxing] = {"down": "down", "up": "up", "half": "half"}
_CHANGES = {
    "added": "New: %(name)s (%(amount)s)",
    "ended": "No longer billed: %(name)s (%(amount)s)",
    "changed": "Changed: %(name)s (%(amount)s)",
}


def card_fact(rq: PortalRequest, card: Card | None) -> CardFact | None:
    """The card with its state today."""
    if card is None:
        return None
    today = rq.today
    if card.unfixed:
        return CardFact(brand_name(card.brand), card.last4, card.expires, "refused")
    state: CardState = "expired" if card.expired(today) else "expiring" if card.expiring(today) else "ok"
    return CardFact(brand_name(card.brand), card.last4, card.expires, state)


def card_can_change(rq: PortalRequest) -> bool:
    """Whether this account may register a card here: permission, and a payment company that takes it."""
    return rq.principal.may(CARD_CHANGE) and bool(rq.ports.get(Gateways).name_of(rq.tenant))


def payment_of(rq: PortalRequest, bill: Bill, card: Card | None) -> Payment:
    """How a bill is or was paid. A card registered after a bill was paid did not pay it: it is not named."""
    by_card = paid_by_card(bill.payment_method) or (not bill.payment_method and card is not None)
    named = card if by_card and card is not None and not _too_late(bill, card) else None
    return Payment(
        method="" if named else bill.payment_method,
        card=card_fact(rq, named),
        due_on=bill.due_on,
        change_url=rq.href("card") if by_card and card_can_change(rq) else "",
    )


def bill_rows(rq: PortalRequest, bills: Sequence[Bill]) -> tuple[BillRow, ...]:
    """The rows of the bill list."""
    return tuple(
        BillRow(
            month=bill.month,
            amount=bill.total,
            state=bill.state,
            url=rq.href("bills-one", invoice_id=bill.id),
            due_on=None if bill.settled else bill.due_on,
        )
        for bill in bills
    )


def invoice_rows(rq: PortalRequest, bills: Sequence[Bill]) -> tuple[InvoiceRow, ...]:
    """The rows of the invoice list."""
    return tuple(
        InvoiceRow(
            month=bill.month,
            number=bill.number,
            issued_on=bill.issued_on,
            amount=bill.total,
            url=rq.href("invoices-one", invoice_id=bill.id),
            pdf_url=rq.href("invoices-pdf", invoice_id=bill.id),
        )
        for bill in bills
    )


def statement_of(detail: BillDetail) -> Statement:
    """Lines, sums per rate and total as issued."""
    return Statement(
        month=detail.bill.month,
        total=detail.bill.total,
        lines=tuple(
            BillLine(
                name=line.description,
                amount=line.amount,
                rate_bp=line.rate_bp,
                reduced=line.reduced,
                period_from=line.period_from,
                period_to=line.period_to,
                period_text=line.period_text,
            )
            for line in detail.lines
        ),
        rates=tuple(
            BillRate(rate_bp=rate.rate_bp, net=rate.net, tax=rate.tax, reduced=rate.reduced)
            for rate in detail.totals.rates
        ),
    )


def bill_page(rq: PortalRequest, detail: BillDetail, card: Card | None) -> BillPage:
    """The page of one bill."""
    bill, view = detail.bill, rq.operator.billing_view
    comparison = compare(detail)
    qualified = bool(bill.registration_number) and rq.principal.may(INVOICE_READ)
    return BillPage(
        title=view.bills_title,
        statement=statement_of(detail),
        state=bill.state,
        payment=payment_of(rq, bill, card),
        all_url=rq.href("bills"),
        difference=comparison.difference if comparison else None,
        reason=reason_of(rq, comparison) if comparison else "",
        pdf_url=rq.href("bills-pdf", invoice_id=bill.id),
        invoice=Link(view.invoices_title, rq.href("invoices-one", invoice_id=bill.id)) if qualified else None,
        older=_neighbour(rq, detail.older),
        newer=_neighbour(rq, detail.newer),
    )


def invoice_page(rq: PortalRequest, detail: BillDetail, card: Card | None, *, company: bool) -> InvoicePage:
    """The sheet of one qualified invoice. Issuer and number are those at the time of issue."""
    bill, settings = detail.bill, rq.tenant.settings
    return InvoicePage(
        sheet=Sheet(
            number=bill.number,
            issued_on=bill.issued_on,
            addressee=bill.addressee,
            company=company,
            customer_number=rq.principal.customer_number,
            customer_number_label=rq.operator.portal.customer_number_label,
            issuer=bill.issuer,
            registration_number=bill.registration_number,
            issuer_address=settings.issuer_address,
            issuer_phone=settings.issuer_phone,
            rounding=_ROUNDINGS.get(bill.tax_mode, "down"),
            note=bill.note,
        ),
        statement=statement_of(detail),
        payment=payment_of(rq, bill, card),
        back=Link(rq.operator.billing_view.invoices_title, rq.href("invoices")),
        pdf_url=rq.href("invoices-pdf", invoice_id=bill.id),
    )


def reason_of(rq: PortalRequest, comparison: Comparison) -> str:
    """The changes in words, which add up to the difference; nothing when there are none to tell."""
    if not comparison.changes:
        return ""
    parts = [
        rq.t(_CHANGES[change.kind], name=rq.t(change.name), amount=_signed(change.amount, rq.locale))
        for change in comparison.changes
    ]
    if comparison.tax:
        parts.append(rq.t("Consumption tax (%(amount)s)", amount=_signed(comparison.tax, rq.locale)))
    return rq.t("%(changes)s.", changes=rq.t(", ").join(parts))


def _signed(amount: int, locale: str) -> str:
    text = format_yen(abs(amount), locale)
    return f"+{text}" if amount >= 0 else f"−{text}"


def _too_late(bill: Bill, card: Card) -> bool:
    paid_on = bill.due_on or bill.issued_on
    return bill.settled and card.registered_on is not None and card.registered_on > paid_on


def _neighbour(rq: PortalRequest, bill: Bill | None) -> MonthLink | None:
    return MonthLink(bill.month, rq.href("bills-one", invoice_id=bill.id)) if bill else None
