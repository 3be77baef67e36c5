"""Asking for a view of a customer's portal, and ending one."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from mypage.auth.viewing import TICKET_LIFE, VIEW_LIFE, end_view, grant_view
from mypage.forms.choices import ChoiceField
from mypage.forms.fields import TextAreaField
from mypage.forms.form import PortalForm
from mypage.lib.errors import NotAllowed, NotFound
from mypage.staff.customers.service import CustomerFacts, find_customer
from mypage.staff.links import PortalLinks
from mypage.staff.permissions import MANAGER, VIEW_AS
from mypage.staff.viewing.pages import Running, ViewPage
from mypage.staff.viewing.service import OpenView, Seen, open_views, seen_accounts
from mypage.web.replies import Go, Reply, Show
from mypage.web.request import PortalRequest
from mypage.web.routing import desk_get, desk_post

LONGEST_REASON = 500


@desk_get("/customers/{customer_id:uuid}/view", name="customer-view", permission=VIEW_AS)
def view_page(rq: PortalRequest) -> Reply:
    """Choose the account and say why."""
    customer = find_customer(rq.tx, rq.uuid_param("customer_id"))
    accounts = seen_accounts(rq.tx, customer.id)
    return _show(rq, customer, _form(rq, accounts) if accounts else None)


@desk_post("/customers/{customer_id:uuid}/view", name="customer-view", permission=VIEW_AS)
def view_post(rq: PortalRequest) -> Reply:
    """Give a link that leads into the portal. It stands in this answer alone."""
    customer = find_customer(rq.tx, rq.uuid_param("customer_id"))
    accounts = seen_accounts(rq.tx, customer.id)
    if not accounts:
        return _show(rq, customer, None, status=422)
    form = _form(rq, accounts, rq.form)
    if not form.validate():
        return _show(rq, customer, form, status=422)
    chosen = next(each for each in accounts if str(each.id) == form.text("account"))
    ticket = grant_view(
        rq.tx,
        chosen.id,
        customer_id=customer.id,
        scheme=chosen.scheme,
        staff_id=rq.principal.account_id,
        name=rq.principal.name,
        reason=form.text("reason"),
    )
    link = rq.ports.get(PortalLinks).absolute(rq.desk.tenant, "view", token=ticket)
    return _show(rq, customer, None, link=link)


@desk_post("/customers/{customer_id:uuid}/view/{view_id:uuid}/end", name="customer-view-end", permission=VIEW_AS)
def view_end(rq: PortalRequest) -> Reply:
    """End a view at once: one's own, or as a manager anybody's."""
    customer = find_customer(rq.tx, rq.uuid_param("customer_id"))
    view_id = rq.uuid_param("view_id")
    found = next((each for each in open_views(rq.tx, customer.id) if each.id == view_id), None)
    if found is None:
        raise NotFound
    if not _may_end(rq, found):
        raise NotAllowed
    end_view(rq.tx, view_id, "stopped")
    rq.flash("ok", rq.t("The view was ended."))
    return Go("customer-view", {"customer_id": customer.id})


def _show(
    rq: PortalRequest, customer: CustomerFacts, form: PortalForm | None, *, link: str = "", status: int = 200
) -> Reply:
    running = tuple(
        Running(
            staff=each.staff_name,
            reason=each.reason,
            since=each.since,
            end_url=rq.href("customer-view-end", customer_id=customer.id, view_id=each.id)
            if _may_end(rq, each)
            else "",
        )
        for each in open_views(rq.tx, customer.id)
    )
    page = ViewPage(
        customer=f"{customer.name} {customer.number}",
        customer_url=rq.href("customer", customer_id=customer.id),
        action_url=rq.href("customer-view", customer_id=customer.id),
        form=form,
        running=() if link else running,
        link=link,
        seconds=TICKET_LIFE // timedelta(seconds=1),
        minutes=VIEW_LIFE // timedelta(minutes=1),
    )
    return Show(page, status)


def _form(rq: PortalRequest, accounts: Sequence[Seen], data: Any = None) -> PortalForm:
    words = rq.desk.operator.catalogues[rq.locale]
    options = [(str(each.id), _label(each, words(_role(rq, each)))) for each in accounts]
    fields = {
        "account": ChoiceField("Whose pages", options=options, size="l"),
        "reason": TextAreaField(
            "Reason",
            description="For the trail: who asked for help, and with what",
            max_length=LONGEST_REASON,
            render_kw={"rows": "3"},
        ),
    }
    return PortalForm(fields, data, t=rq.t)


def _label(account: Seen, role: str) -> str:
    return " / ".join(part for part in (account.login_id, account.name, role) if part)


def _role(rq: PortalRequest, account: Seen) -> str:
    """The operator's word for the role, where it has several."""
    accounts = rq.desk.operator.sub_accounts
    return str(accounts.roles.get(account.role, "")) if accounts is not None else ""


def _may_end(rq: PortalRequest, view: OpenView) -> bool:
    own: uuid.UUID = rq.principal.account_id
    return view.staff_id == own or rq.desk.role == MANAGER
