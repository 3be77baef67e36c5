"""Secrets of lines: labels for who helps, one value after a proof of who one is, with a reason, once."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from mypage.contracts.line_secrets import SecretLabel, TooManySecrets, secrets_of
from mypage.forms.form import PortalForm
from mypage.forms.wizard import once
from mypage.lib.errors import StaleForm
from mypage.lib.masks import mask_mail
from mypage.staff.acts.acting import REASON, Case, case_of, reason_field
from mypage.staff.permissions import SECRETS_SHOWN
from mypage.staff.secrets.pages import SecretPage, SecretRow, SecretShownPage, SecretsPage
from mypage.staff.secrets.service import Showing, secret_of, show_secret, told_at
from mypage.web.replies import Reply, Show
from mypage.web.request import PortalRequest
from mypage.web.routing import desk_get, desk_post

LIST, ONE = "customer-secrets", "customer-secret"


@desk_get("/customers/{customer_id:uuid}/secrets", name=LIST, permission=SECRETS_SHOWN)
def secrets(rq: PortalRequest) -> Reply:
    """What there is, without any value."""
    case = case_of(rq)
    rows = tuple(
        SecretRow(
            contract=_contract(each),
            label=each.label,
            updated_at=each.updated_at,
            url=rq.href(ONE, customer_id=case.customer.id, secret_id=each.id),
        )
        for each in secrets_of(rq.tx, case.customer.id)
    )
    home = rq.href("customer", customer_id=case.customer.id)
    return Show(SecretsPage(over=case.who, rows=rows, customer_url=home))


@desk_get("/customers/{customer_id:uuid}/secrets/{secret_id:uuid}", name=ONE, permission=SECRETS_SHOWN, reauth=True)
def secret(rq: PortalRequest) -> Reply:
    """Asks why, and says who will know of it."""
    case = case_of(rq)
    return _ask(case, secret_of(rq.tx, case.customer.id, rq.uuid_param("secret_id")), _form(rq, None))


@desk_post("/customers/{customer_id:uuid}/secrets/{secret_id:uuid}", name=ONE, permission=SECRETS_SHOWN, reauth=True)
def secret_post(rq: PortalRequest) -> Reply:
    """The value, in this answer alone: the same press again shows nothing."""
    case = case_of(rq)
    wanted = secret_of(rq.tx, case.customer.id, rq.uuid_param("secret_id"))
    form = _form(rq, rq.form)
    if not form.validate():
        return _ask(case, wanted, form, 422)
    shown = ""

    def effect() -> Mapping[str, Any]:
        # What is remembered of the press holds no value, so a second one has none to show.
        nonlocal shown
        showing = Showing(
            customer=case.customer,
            secret=wanted,
            staff=rq.principal.account_id,
            reason=form.text(REASON),
            language=rq.desk.tenant.locale,
        )
        shown = show_secret(rq.tx, case.vault, case.operator.desk, showing)
        return {"shown": True}

    try:
        once(rq.tx, _operation(rq), owner=rq.owner, wizard=f"secret:{wanted.id.hex}", effect=effect)
    except TooManySecrets:
        many = rq.t("You have looked at as many as one may within an hour. Please try again later, or ask a colleague.")
        form.add_error(None, many)
        return _ask(case, wanted, form, 429)
    page = SecretShownPage(
        over=case.who,
        label=wanted.label,
        contract=_contract(wanted),
        value=shown,
        told=_told(case),
        reason=form.text(REASON),
        customer_url=rq.href("customer", customer_id=case.customer.id),
        list_url=rq.href(LIST, customer_id=case.customer.id),
    )
    return Show(page)


def _ask(case: Case, wanted: SecretLabel, form: PortalForm, status: int = 200) -> Reply:
    rq = case.rq
    page = SecretPage(
        over=case.who,
        label=wanted.label,
        contract=_contract(wanted),
        told=_told(case),
        most=case.operator.desk.secrets_an_hour,
        form=form,
        operation=str(uuid.uuid4()),
        action_url=rq.href(ONE, customer_id=case.customer.id, secret_id=wanted.id),
        back_url=rq.href(LIST, customer_id=case.customer.id),
    )
    return Show(page, status)


def _form(rq: PortalRequest, data: Any) -> PortalForm:
    return PortalForm({REASON: reason_field()}, data, t=rq.t)


def _told(case: Case) -> str:
    return mask_mail(told_at(case.tx, case.operator.desk, case.customer))


def _contract(each: SecretLabel) -> str:
    return f"{each.contract_number} {each.contract_name}".strip()


def _operation(rq: PortalRequest) -> str:
    try:
        return str(uuid.UUID(rq.form.get("operation", "")[:36]))
    except ValueError as error:
        raise StaleForm from error
