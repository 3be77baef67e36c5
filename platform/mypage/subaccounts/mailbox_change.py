"""Giving an account a mail address, in one unit with all that follows from it (UCOM-84, UCOM-87 to UCOM-92)."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert

from mypage.audit.trail import record
from mypage.auth.finding import account_keys
from mypage.auth.models import Account
from mypage.contracts.models import Resource
from mypage.contracts.reaching import ContractRef, lock_contract
from mypage.db.keys import Vault
from mypage.db.session import Tx
from mypage.hooks.context import Principal
from mypage.hooks.permissions import MAILBOX_CHANGE
from mypage.hooks.products import Product
from mypage.lib.errors import DomainError
from mypage.mail.models import MailMessage
from mypage.mail.service import send_mail
from mypage.mail.values import MailValue
from mypage.operators.operator import Operator
from mypage.orders.ending import end_fallen, would_fall
from mypage.orders.provisioning import provision
from mypage.orders.quotas import standing
from mypage.orders.values import Placed
from mypage.subaccounts.accounts import SubAccount, reach_account
from mypage.subaccounts.mailboxes import (
    Held,
    end_rows,
    key_of,
    losses,
    mail_of,
    own_left,
    resources_of,
    service_of,
    taken,
)

MAIL = "mailbox_registered"
MAILS_AN_HOUR = 5
"""Mails that one account's registrations may send in an hour: they go to whatever address is typed."""
MAILS_OF_ALL = 20
"""The same for all accounts of a customer, also those deleted since."""


class AddressRefused(DomainError):
    """The address cannot be registered; `why` says which of the rules is against it, and names nobody."""

    def __init__(self, why: str) -> None:
        """`taken`, `full`, `present` or `mails`."""
        super().__init__(why)
        self.why = why


@dataclass(frozen=True, slots=True)
class Wanted:
    """The address that is wanted, complete. `own`: of the operator's domain."""

    own: bool
    address: str


def going_with(found: Iterable[Held], wanted: Wanted) -> tuple[Held, ...]:
    """What ends when an account with `found` gets the wanted address: the address before, if it is another one.

    With an own address that another company's replaces, the web space ends, too (UCOM-89).
    """
    have = tuple(found)
    mail = mail_of(have)
    if mail is None or (mail.own == wanted.own and key_of(mail.value) == key_of(wanted.address)):
        return ()
    return have if mail.own and not wanted.own else (mail,)


def falling(tx: Tx, operator: Operator, ref: ContractRef, found: Iterable[Held], wanted: Wanted) -> tuple[Product, ...]:
    """The products that would end by themselves with this change; for the page before it (UCOM-155)."""
    return would_fall(tx, operator, ref, _lost(operator, going_with(found, wanted), wanted))


def check(tx: Tx, operator: Operator, ref: ContractRef, account: SubAccount, wanted: Wanted) -> tuple[Held, ...]:
    """What the account has now. Raises AddressRefused when it cannot get the wanted address."""
    found = resources_of(tx, account.id)
    if not wanted.own:
        of_account, of_all = _mails_sent(tx, ref.customer_id, account.id)
        if of_account >= MAILS_AN_HOUR or of_all >= MAILS_OF_ALL:
            raise AddressRefused("mails")
        return found
    mail = mail_of(found)
    if mail is not None and mail.own and key_of(mail.value) == key_of(wanted.address):
        raise AddressRefused("present")
    if taken(tx, wanted.address, account.id):
        raise AddressRefused("taken")
    if not own_left(operator, standing(tx, operator, ref), found):
        raise AddressRefused("full")
    return found


def register(
    tx: Tx,
    vault: Vault,
    operator: Operator,
    ref: ContractRef,
    principal: Principal,
    *,
    account_id: uuid.UUID,
    wanted: Wanted,
    language: str,
) -> Mapping[str, Any]:
    """Give the account the address; returns what the completion page shows.

    Raises AddressRefused, and NotFound when the account is out of reach, perhaps deleted just now.
    """
    lock_contract(tx, ref)
    account = reach_account(tx, operator, principal, account_id, MAILBOX_CHANGE)
    found = check(tx, operator, ref, account, wanted)
    before, going = mail_of(found), going_with(found, wanted)
    if before is None or going:
        end_rows(tx, operator, ref, going)
        _begin(tx, operator, ref, account, wanted)
    _take_over(tx, account.id, wanted)
    placed = Placed.by(principal)
    ended = end_fallen(tx, operator, ref, _lost(operator, going, wanted), placed)
    names = [each.product.name for each in ended]
    _note(tx, ref, account, before, wanted, placed, names)
    if not wanted.own:
        values: dict[str, MailValue] = {
            "account": account.login_id,
            "address": wanted.address,
            "registered_at": tx.now(),
        }
        send_mail(
            tx,
            vault,
            template=MAIL,
            recipient=wanted.address,
            language=language,
            values=values,
            subject_id=account.id,
        )
    return {
        "account": account.login_id,
        "own": wanted.own,
        "address": wanted.address,
        "day": tx.today().isoformat(),
        "left": before.value if before is not None and before.own and not wanted.own else "",
        "ended": names,
    }


def _lost(operator: Operator, going: Iterable[Held], wanted: Wanted) -> dict[str, int]:
    """An own address in place of another leaves the count as it is."""
    return {} if wanted.own else losses(operator, going)


def _begin(tx: Tx, operator: Operator, ref: ContractRef, account: SubAccount, wanted: Wanted) -> None:
    begun = tx.execute(
        insert(Resource)
        .values(
            tenant_id=tx.tenant,
            id=uuid.uuid4(),
            customer_id=ref.customer_id,
            contract_id=ref.id,
            account_id=account.id,
            kind="mail",
            value=wanted.address,
            value_key=key_of(wanted.address),
            own=wanted.own,
            started_at=tx.now(),
        )
        .on_conflict_do_nothing()
        .returning(Resource.id)
    ).one_or_none()
    # Asked again with the row in place: another contract may have had the address and left it since `check`.
    if begun is None or (wanted.own and taken(tx, wanted.address, account.id)):
        raise AddressRefused("taken")
    if wanted.own:
        provision(
            tx,
            customer_id=ref.customer_id,
            order_id=None,
            action="start",
            product=service_of(operator, "mail"),
            subject=wanted.address,
            desk=operator.desk,
        )


def _take_over(tx: Tx, account_id: uuid.UUID, wanted: Wanted) -> None:
    """Notices to the account go to its address. Of another company's nobody has shown that mails arrive there."""
    tx.execute(
        update(Account)
        .where(Account.tenant_id == tx.tenant, Account.id == account_id)
        .values(
            email=wanted.address,
            email_verified_at=tx.now() if wanted.own else None,
            **account_keys(email=wanted.address),
        )
        .execution_options(synchronize_session=False)
    )


def _note(
    tx: Tx,
    ref: ContractRef,
    account: SubAccount,
    before: Held | None,
    wanted: Wanted,
    placed: Placed,
    ended: list[str],
) -> None:
    record(
        tx,
        "mailbox.changed" if before is not None else "mailbox.registered",
        "account",
        account.id,
        customer_id=ref.customer_id,
        before={"address": before.value, "own": before.own} if before is not None else None,
        after={
            "address": wanted.address,
            "own": wanted.own,
            "account": account.login_id,
            "by_scheme": placed.scheme,
            "by_role": placed.role,
            "ended": ", ".join(ended),
        },
    )


def _mails_sent(tx: Tx, customer_id: uuid.UUID, account_id: uuid.UUID) -> tuple[int, int]:
    """Of the last hour: those about the account, and about all of the customer."""
    accounts = select(Account.id).where(Account.tenant_id == tx.tenant, Account.customer_id == customer_id)
    row = tx.execute(
        select(func.count().filter(MailMessage.subject_id == account_id), func.count())
        .select_from(MailMessage)
        .where(
            MailMessage.tenant_id == tx.tenant,
            MailMessage.subject_id.in_(accounts),
            MailMessage.template == MAIL,
            MailMessage.created_at > tx.now() - timedelta(hours=1),
        )
    ).one()
    return row[0], row[1]
