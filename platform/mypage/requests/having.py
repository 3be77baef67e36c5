"""What the customer has, for filling in forms: data of their own, contracts, services, open requests."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace

from sqlalchemy import or_, select

from mypage.auth.models import Credential, Customer
from mypage.contracts.models import Contract, Service
from mypage.db.session import Tx
from mypage.hooks.context import Principal
from mypage.hooks.requests import RequestField, RequestForm, RequestOption, RequestOptions, RequestSource
from mypage.lib.errors import NotFound
from mypage.requests.models import Request

MOST_OFFERED = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """One contract that a form may be about."""

    id: uuid.UUID
    number: str
    name: str
    place: str
    plan: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Having:
    """Values by source, and what can be chosen. `contract` is the one that the form is about, None without one."""

    values: Mapping[RequestSource, str]
    contracts: tuple[Held, ...]
    contract: Held | None
    services: tuple[str, ...] = ()
    requests: tuple[tuple[str, str], ...] = ()

    def value(self, field: RequestField) -> str:
        """What a field is filled with; "" for nothing."""
        if field.source.startswith("contract."):
            return str(getattr(self.contract, field.source.removeprefix("contract."), "")) if self.contract else ""
        return self.values.get(field.source, "")

    def options(self, field: RequestField) -> tuple[RequestOption, ...]:
        """What can be chosen in a field, from the form or from what the customer has."""
        match field.offers:
            case "contracts":
                return tuple(RequestOption(held.number, held.number, held.name) for held in self.contracts)
            case "services":
                return tuple(RequestOption(name, name) for name in dict.fromkeys(self.services))
            case "requests":
                return tuple(RequestOption(number, number, title) for number, title in self.requests)
        return field.choices


def read_having(
    tx: Tx, principal: Principal, form: RequestForm, fields: tuple[RequestField, ...], *, contract: str = ""
) -> Having:
    """What this form needs and no more. `contract` is the number of the chosen one, by default the first.

    Raises NotFound where the form is about a contract and the customer has none to which it is offered.
    """
    held = _contracts(tx, principal, form)
    chosen = next((each for each in held if each.number == contract), held[0] if held else None)
    if form.about_contract and chosen is None:
        raise NotFound
    offers: set[RequestOptions] = {field.offers for field in fields}
    found = Having(values=_values(tx, principal), contracts=held, contract=chosen if form.about_contract else None)
    if "services" in offers and chosen is not None:
        found = replace(found, services=_services(tx, chosen.id))
    if "requests" in offers:
        found = replace(found, requests=_requests(tx, principal))
    return found


def _contracts(tx: Tx, principal: Principal, form: RequestForm) -> tuple[Held, ...]:
    rows = tx.execute(
        select(Contract.id, Contract.number, Contract.name, Contract.place, Contract.plan)
        .where(
            Contract.tenant_id == tx.tenant,
            Contract.customer_id == principal.customer_id,
            Contract.status != "terminated",
            or_(Contract.ended_on.is_(None), Contract.ended_on >= tx.today()),
        )
        .order_by(Contract.number_key, Contract.id)
        .limit(MOST_OFFERED)
    )
    held = (Held(id=r.id, number=r.number, name=r.name, place=r.place, plan=r.plan) for r in rows)
    return tuple(each for each in held if not form.plans or each.plan in form.plans)


def _values(tx: Tx, principal: Principal) -> dict[RequestSource, str]:
    customer = tx.scalars(
        select(Customer).where(Customer.tenant_id == tx.tenant, Customer.id == principal.customer_id)
    ).one()
    login = tx.execute(
        select(Credential.login_id).where(
            Credential.tenant_id == tx.tenant,
            Credential.account_id == principal.account_id,
            Credential.scheme == principal.scheme,
        )
    ).scalar_one_or_none()
    return {
        "customer.number": customer.number,
        "customer.name": customer.name,
        "customer.kana": customer.kana,
        "customer.email": customer.email or principal.email,
        "customer.phone": customer.phone,
        "customer.postal_code": customer.postal_code,
        "customer.address": customer.address,
        "login": login or "",
    }


def _services(tx: Tx, contract_id: uuid.UUID) -> tuple[str, ...]:
    rows = tx.scalars(
        select(Service.name)
        .where(Service.tenant_id == tx.tenant, Service.contract_id == contract_id, Service.status != "terminated")
        .order_by(Service.position)
        .limit(MOST_OFFERED)
    )
    return tuple(rows)


def _requests(tx: Tx, principal: Principal) -> tuple[tuple[str, str], ...]:
    rows = tx.execute(
        select(Request.number, Request.title)
        .where(
            Request.tenant_id == tx.tenant, Request.customer_id == principal.customer_id, Request.closed_at.is_(None)
        )
        .order_by(Request.filed_at.desc())
        .limit(MOST_OFFERED)
    )
    return tuple((row.number, row.title) for row in rows)
