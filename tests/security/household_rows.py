"""A household with a row of everything that it can hand out, register and buy, for each text of a load."""

from __future__ import annotations

import uuid
from datetime import timedelta

from injection_kit import CHUNK

from mypage.auth.models import Account, Credential, Customer
from mypage.billing.models import PaymentReview
from mypage.contracts.models import Resource, Subscription
from mypage.db.session import Tx
from mypage.orders.models import ProductOrder
from mypage.testing.portal import NOON, Portal
from portal_rows import Person, add_card, add_contract, add_notice, add_person, operator_of

LONG_AGO = NOON - timedelta(days=40)


def add_household(portal: Portal, plan: str) -> Person:
    """The holder of a contract with this plan; one address of another provider and one order for each account, and a card that is looked at."""
    person = add_person(portal)
    contract = add_contract(portal, person, "C1", [("ネット", "光", "active")], place="p", plan=plan)
    for number in range(CHUNK):
        add_notice(
            portal, "t", starts_at=NOON - timedelta(days=1), person=person, title_en="t", body_en="b",
            importance="urgent" if number % 2 else "normal",
        )  # fmt: skip
    card = add_card(portal, person)
    rules = operator_of(portal).sub_accounts
    asked = [field.name for field in operator_of(portal).profile_form.fields]
    whose = {"tenant_id": portal.name, "customer_id": person.customer_id}
    held = {**whose, "contract_id": contract}

    def work(tx: Tx) -> None:
        customer = tx.get_one(Customer, (tx.tenant, person.customer_id))
        customer.profile = dict.fromkeys(asked, "x")
        tx.add(PaymentReview(payment_method_id=card, card_name="x", state="waiting", created_at=NOON, **whose))
        ids = [uuid.uuid4() for _ in range(CHUNK)]
        tx.add_all(Account(id=each, role=list(rules.roles)[-1], **whose) for each in ids)
        tx.flush()
        for number, account in enumerate(ids):
            bought, login = uuid.uuid4(), f"a{number}"
            tx.add(
                Credential(
                    tenant_id=tx.tenant, account_id=account, scheme=rules.scheme, login_id=login, login_key=login
                )
            )
            tx.add(
                Resource(
                    account_id=account, kind="mail", value=login, value_key=login, own=False, started_at=LONG_AGO,
                    **held,
                )
            )  # fmt: skip
            tx.add(
                Subscription(id=bought, account_id=account, holder_id=account, product="p", bought_at=LONG_AGO, **held)
            )
            tx.flush()
            tx.add(
                ProductOrder(
                    number=login, account_id=account, subscription_id=bought, product="p", action="add",
                    state="in_progress", placed_by=account, placed_scheme=rules.scheme, placed_role="holder",
                    placed_login="l", subject="s", placed_at=NOON, effective_on=NOON.date(), **held,
                )
            )  # fmt: skip

    portal.run(work)
    return person
