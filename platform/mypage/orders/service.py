"""Orders as rows: how they are written, how they go on, and what the systems behind answer."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping

from sqlalchemy import select

from mypage.audit.trail import record
from mypage.auth.models import Credential
from mypage.contracts.models import Subscription
from mypage.contracts.reaching import ContractRef
from mypage.db.keys import Vault
from mypage.db.session import Tx
from mypage.hooks.prices import UnitPrice
from mypage.hooks.products import Product
from mypage.hooks.provisioning import ProvisioningDone
from mypage.lib.tokens import readable
from mypage.operators.operator import Operator
from mypage.orders.models import ProductOrder, ProvisioningJob
from mypage.orders.states import FINAL, check_step
from mypage.orders.values import Cause, Placed
from mypage.orders.voiding import void_purchase

PIN_PLACE = {"table": "subscription", "column": "pin_sealed"}
_ANY = ""
"""In place of a scheme: the login ID of the accounts that customers hand out, else any."""
_ACTIONS = {"add": "option.bought", "end": "option.ended"}


def write_order(
    tx: Tx,
    operator: Operator,
    ref: ContractRef,
    subscription: Subscription,
    product: Product,
    *,
    action: str,
    placed: Placed,
    cause: Cause = "customer",
    consent_id: uuid.UUID | None = None,
) -> ProductOrder:
    """An acknowledged order for a purchase or its end, effective today, with its line in the trail (UCOM-174)."""
    logins = _logins(tx, operator, (placed.account_id, subscription.account_id))
    order = ProductOrder(
        tenant_id=tx.tenant,
        id=uuid.uuid4(),
        number=new_number(tx),
        customer_id=ref.customer_id,
        contract_id=ref.id,
        account_id=subscription.account_id,
        subscription_id=subscription.id,
        product=product.code,
        action=action,
        state="acknowledged",
        cause=cause,
        placed_by=placed.account_id,
        placed_scheme=placed.scheme,
        placed_role=placed.role,
        placed_login=_login(logins, placed.account_id, placed.scheme),
        subject=_login(logins, subscription.account_id, _ANY) if subscription.account_id else ref.number,
        placed_at=tx.now(),
        effective_on=tx.today(),
        consent_id=consent_id,
        **_shown_prices(product, again=subscription.again),
    )
    tx.add(order)
    tx.flush()
    record(
        tx,
        _ACTIONS[action],
        "subscription",
        subscription.id,
        customer_id=ref.customer_id,
        after={
            "order": order.number,
            "product": product.code,
            "for": order.subject,
            "account": order.account_id,
            "cause": cause,
            "by_login": order.placed_login,
            "by_account": placed.account_id,
            "by_scheme": placed.scheme,
            "by_role": placed.role,
        },
    )
    return order


def advance(tx: Tx, order: ProductOrder, state: str) -> None:
    """Take a step that is legal. Raises IllegalStep."""
    check_step(order.state, state)
    order.state = state
    if state == "completed":
        order.completed_at = tx.now()
    tx.flush()


def on_provisioned(tx: Tx, job: ProvisioningJob, done: ProvisioningDone, vault: Vault | None = None) -> None:
    """The other system did what an order asks: the order is completed, a licence's PIN is sealed for its holder.

    Called again it changes nothing. `vault` is needed where there is a PIN. A job of no order is none of ours.
    """
    order = _locked(tx, job.order_id) if job.order_id else None
    if order is None or order.state in FINAL:
        return
    if done.pin and order.action == "add":
        _keep_pin(tx, vault, order.subscription_id, done.pin)
    advance(tx, order, "completed")


def on_state(tx: Tx, job: ProvisioningJob, state: str) -> None:
    """How far the other system is: `in_progress` once it has the job, `failed` when it declined and staff must look.

    What a failed `add` order bought is void: nobody pays for what was never switched on. An order that ended otherwise
    meanwhile stays as it is.
    """
    order = _locked(tx, job.order_id) if job.order_id else None
    if order is not None and order.state not in (*FINAL, state):
        advance(tx, order, state)
        if state == "failed" and order.action == "add":
            void_purchase(tx, order)


def new_number(tx: Tx) -> str:
    """A number that customers can read out, such as 20261121-7K2MQX4P; no two orders share one."""
    return f"{tx.today():%Y%m%d}-{readable(8)}"


def _shown_prices(product: Product, *, again: bool) -> Mapping[str, int]:
    price = product.price
    if not isinstance(price, UnitPrice):
        return {}
    return {"monthly": price.monthly, "once": price.once, "again": price.again if again else 0}


def _locked(tx: Tx, order_id: uuid.UUID) -> ProductOrder | None:
    return tx.execute(
        select(ProductOrder)
        .where(ProductOrder.tenant_id == tx.tenant, ProductOrder.id == order_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()


def _keep_pin(tx: Tx, vault: Vault | None, subscription_id: uuid.UUID, pin: str) -> None:
    if vault is None:
        raise TypeError("a PIN cannot be kept without the vault")
    # One that ended meanwhile gets none: nobody may see it any more (UCOM-111).
    row = tx.execute(
        select(Subscription)
        .where(Subscription.tenant_id == tx.tenant, Subscription.id == subscription_id, Subscription.ended_at.is_(None))
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if row is not None:
        row.pin_sealed = vault.seal(tx, pin.encode(), row=str(row.id), **PIN_PLACE)
        tx.flush()


Logins = Mapping[tuple[uuid.UUID, str], str]


def _logins(tx: Tx, operator: Operator, accounts: Iterable[uuid.UUID | None]) -> Logins:
    wanted = [account for account in accounts if account is not None]
    if not wanted:
        return {}
    rows = tx.execute(
        select(Credential.account_id, Credential.scheme, Credential.login_id).where(
            Credential.tenant_id == tx.tenant, Credential.account_id.in_(wanted)
        )
    )
    handed_out = operator.sub_accounts.scheme if operator.sub_accounts else ""
    found: dict[tuple[uuid.UUID, str], str] = {}
    for row in rows:
        found[row.account_id, row.scheme] = row.login_id
        if row.scheme == handed_out or (row.account_id, _ANY) not in found:
            found[row.account_id, _ANY] = row.login_id
    return found


def _login(logins: Logins, account_id: uuid.UUID | None, scheme: str) -> str:
    return logins.get((account_id, scheme), "") if account_id else ""
