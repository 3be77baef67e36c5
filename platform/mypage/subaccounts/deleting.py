"""Deleting an account with all that hangs on it, in one unit or not at all (UCOM-73 to UCOM-79, UCOM-155)."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from mypage.auth.closing import close_account
from mypage.contracts.reaching import ContractRef, lock_contract
from mypage.db.session import Tx
from mypage.hooks.context import Principal
from mypage.hooks.permissions import ACCOUNT_MANAGE, ACCOUNT_READ
from mypage.hooks.products import Product
from mypage.lib.errors import NotAllowed
from mypage.operators.operator import Operator
from mypage.orders.ending import end_fallen, end_of_account, held_by_account, would_fall
from mypage.orders.values import Placed
from mypage.subaccounts.accounts import SubAccount, reach_account
from mypage.subaccounts.mailboxes import Held, end_resources, losses, resources_of
from mypage.subaccounts.registering import note, rules_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """What ends with an account: addresses and web spaces of ours, its products, and those that fall by themselves."""

    resources: tuple[Held, ...]
    products: tuple[Product, ...]
    falling: tuple[Product, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Deleted:
    """The account as it was, and what ended."""

    account: SubAccount
    ended: Ending


def reach_for_deletion(tx: Tx, operator: Operator, principal: Principal, account_id: uuid.UUID) -> SubAccount:
    """An account that the principal may delete: any that it sees, its own and the last one too (UCOM-79)."""
    if not principal.may(ACCOUNT_MANAGE):
        raise NotAllowed
    return reach_account(tx, operator, principal, account_id, ACCOUNT_READ)


def would_end(tx: Tx, operator: Operator, ref: ContractRef, account_id: uuid.UUID) -> Ending:
    """What the deletion would end, for the page that asks. Changes nothing."""
    resources = resources_of(tx, account_id)
    lost = _with_itself(rules_of(operator).quota, losses(operator, resources))
    return Ending(
        resources=tuple(held for held in resources if held.own),
        products=held_by_account(tx, operator, ref, account_id),
        falling=would_fall(tx, operator, ref, lost),
    )


def delete(tx: Tx, operator: Operator, principal: Principal, ref: ContractRef, account_id: uuid.UUID) -> Deleted:
    """Delete an account at once and for ever. Raises NotFound when it is out of reach or gone already."""
    rules = rules_of(operator)
    lock_contract(tx, ref)
    account = reach_for_deletion(tx, operator, principal, account_id)
    own = tuple(held for held in resources_of(tx, account_id) if held.own)
    placed = Placed.by(principal)
    close_account(tx, account_id, keep_sessions=rules.keeps_session)
    lost = _with_itself(rules.quota, end_resources(tx, operator, ref, account_id, placed))
    products = end_of_account(tx, operator, ref, account_id, placed)
    falling = end_fallen(tx, operator, ref, lost, placed)
    ended = Ending(
        resources=own,
        products=tuple(each.product for each in products),
        falling=tuple(each.product for each in falling),
    )
    codes = [product.code for product in (*ended.products, *ended.falling)]
    after = {"login_id": account.login_id, "role": account.role, "products": " ".join(codes)}
    note(tx, principal, "account.deleted", account_id, after)
    return Deleted(account=account, ended=ended)


def _with_itself(quota: str, lost: Mapping[str, int]) -> dict[str, int]:
    """The losses with that of the account: a product may add to their number as to any other."""
    return {**lost, quota: lost.get(quota, 0) + 1}
