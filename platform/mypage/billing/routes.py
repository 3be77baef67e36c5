"""Bills and qualified invoices: lists, single ones, files."""

from __future__ import annotations

import asyncio

import structlog

from mypage.billing.cards import current_card
from mypage.billing.documents import InvoiceDocument, InvoiceKind, InvoicePrinter, UnsoundInvoice
from mypage.billing.files import document_of
from mypage.billing.pages import BillsPage, InvoicesPage, bars_of
from mypage.billing.service import find_bill, is_company, list_bills
from mypage.billing.table import copy_table, table_head
from mypage.billing.views import bill_page, bill_rows, invoice_page, invoice_rows
from mypage.db.session import Tx
from mypage.db.streaming import Sink, stream
from mypage.hooks.permissions import BILL_READ, INVOICE_READ
from mypage.lib.errors import Missing, NotFound
from mypage.lib.tabular import CsvEncoding
from mypage.web.paging import page_wanted, pager_of
from mypage.web.replies import Download, Reply, Show
from mypage.web.request import PortalRequest
from mypage.web.routing import get

log = structlog.get_logger("mypage.billing")


@get("/bills", name="bills", permission=BILL_READ)
def bills(rq: PortalRequest) -> Reply:
    """The bills by month, as far back as the operator says (ACTV-59, ACTV-61)."""
    view = rq.operator.billing_view
    found = list_bills(rq.tx, rq.principal, months=view.months, page=page_wanted(rq))
    rows = bill_rows(rq, found.bills)
    return Show(
        BillsPage(
            title=view.bills_title,
            rows=rows,
            bars=bars_of(rows) if found.page == 1 else (),
            csv_url=rq.href("bills-csv") if rows else "",
            pager=pager_of(rq, page=found.page, pages=found.pages),
        )
    )


@get("/bills/lines.csv", name="bills-csv", permission=BILL_READ)
async def bills_csv(rq: PortalRequest) -> Reply:
    """The lines of all months shown, as UTF-8 or with `?encoding=cp932` for older software."""
    encoding = CsvEncoding.CP932 if rq.query.get("encoding") == "cp932" else CsvEncoding.UTF8
    principal, months = rq.principal, rq.operator.billing_view.months

    def work(tx: Tx, sink: Sink) -> None:
        copy_table(tx, principal, sink, months=months, t=rq.t, encoding=encoding)

    head = table_head(rq.t, encoding)
    content = await stream(rq.database, rq.tenant.name, work, head=head, actor=rq.actor, request_id=rq.request_id)
    return Download(content, encoding.media_type, f"{rq.t('Bills')}_{rq.today:%Y%m%d}.csv")


@get("/bills/{invoice_id:uuid}", name="bills-one", permission=BILL_READ)
def bill(rq: PortalRequest) -> Reply:
    """One bill with its lines, against the month before."""
    detail = find_bill(rq.tx, rq.principal, rq.uuid_param("invoice_id"), months=rq.operator.billing_view.months)
    return Show(bill_page(rq, detail, current_card(rq.tx, rq.principal)))


@get("/bills/{invoice_id:uuid}/pdf", name="bills-pdf", permission=BILL_READ)
async def bill_pdf(rq: PortalRequest) -> Reply:
    """The bill as a PDF file."""
    return await _pdf(rq, InvoiceKind.PLAIN, rq.t("Bill"))


@get("/invoices", name="invoices", permission=INVOICE_READ)
def invoices(rq: PortalRequest) -> Reply:
    """The qualified invoices by month (ACTV-60). A bill without the issuer's registration number is none."""
    view = rq.operator.billing_view
    found = list_bills(rq.tx, rq.principal, months=view.months, page=page_wanted(rq), qualified=True)
    return Show(
        InvoicesPage(
            title=view.invoices_title,
            rows=invoice_rows(rq, found.bills),
            pager=pager_of(rq, page=found.page, pages=found.pages),
        )
    )


@get("/invoices/{invoice_id:uuid}", name="invoices-one", permission=INVOICE_READ)
def invoice(rq: PortalRequest) -> Reply:
    """One qualified invoice as a sheet (ACTV-61)."""
    detail = find_bill(rq.tx, rq.principal, rq.uuid_param("invoice_id"), months=rq.operator.billing_view.months)
    if not detail.bill.registration_number:
        raise NotFound
    company = is_company(rq.tx, rq.principal)
    return Show(invoice_page(rq, detail, current_card(rq.tx, rq.principal), company=company))


@get("/invoices/{invoice_id:uuid}/pdf", name="invoices-pdf", permission=INVOICE_READ)
async def invoice_pdf(rq: PortalRequest) -> Reply:
    """The qualified invoice as a PDF file (ACTV-60)."""
    return await _pdf(rq, InvoiceKind.QUALIFIED, rq.t("Qualified invoice"))


async def _pdf(rq: PortalRequest, kind: InvoiceKind, name: str) -> Reply:
    """The printing takes milliseconds of pure work, so it happens in a thread and outside of the unit."""

    def load(tx: Tx) -> InvoiceDocument:
        detail = find_bill(tx, rq.principal, rq.uuid_param("invoice_id"), months=rq.operator.billing_view.months)
        if kind is InvoiceKind.QUALIFIED and not detail.bill.registration_number:
            raise NotFound
        return document_of(
            detail,
            kind=kind,
            settings=rq.tenant.settings,
            customer_number=rq.principal.customer_number,
            company=is_company(tx, rq.principal),
            locale=rq.locale,
            accent=rq.tenant.theme.colours.get("brand", ""),
            t=rq.t,
        )

    try:
        document = await rq.run(load)
    except UnsoundInvoice as error:
        log.error("invoice cannot be printed", tenant=rq.tenant.name, invoice=str(rq.uuid_param("invoice_id")))
        raise Missing(str(error)) from error
    content = await asyncio.to_thread(rq.ports.get(InvoicePrinter).render, document)
    return Download(content, "application/pdf", f"{name}_{document.month:%Y-%m}_{document.number}.pdf")
