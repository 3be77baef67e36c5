"""One object of everything that a customer can have, for tests that visit every route."""

from __future__ import annotations

import re
import uuid
from datetime import date, timedelta

from mypage.auth.factors.models import SecondFactor
from mypage.billing.models import CardSetup
from mypage.lib.tokens import new_token, token_hash
from mypage.testing.portal import NOON, Portal
from mypage.web.routing import Route
from portal_rows import Person, add_bill, add_card, add_contract, add_notice, operator_of

NOBODYS = "00000000-0000-4000-8000-000000000000"
"""An id as ids look."""


def things(portal: Portal, person: Person) -> dict[str, str]:
    """One object of the person for every placeholder of the route table."""
    bill = add_bill(portal, person, date(2026, 10, 1), [("月額", 5000)])
    add_contract(portal, person, f"C{bill.hex[:6]}", [("ネット", "光", "active")])
    add_card(portal, person)
    notice = add_notice(portal, "件名", starts_at=NOON - timedelta(days=1), person=person)
    token = new_token()
    entry = CardSetup(
        tenant_id=portal.name, id=uuid.uuid4(), customer_id=person.customer_id, account_id=person.account_id,
        gateway="hosted-page", state="entered", return_token_hash=token_hash(token), reference="r",
        url="https://pay.example/", brand="visa", last4="4242", exp_month=7, exp_year=2030, created_at=NOON, updated_at=NOON,
    )  # fmt: skip
    # Without a secret it is never asked for at login: not the steps of login are meant here but the pages about it.
    factor = SecondFactor(
        tenant_id=portal.name, id=uuid.uuid4(), account_id=person.account_id, kind="passkey", name="n",
        credential_id=token_hash(token), public_key=b"k", created_at=NOON,
    )  # fmt: skip
    portal.run(lambda tx: tx.add_all([entry, factor]))
    return {
        "invoice_id": str(bill),
        "notice_id": str(notice),
        "setup_id": str(entry.id),
        "factor_id": str(factor.id),
        "token": token,
        "scheme": next(iter(operator_of(portal).schemes)),
        "kind": "password",
        "slug": "faq",
        "name": "x.png",
        "code": next(iter(operator_of(portal).slots), "none"),
        "number": "1",
        "form": "slip-mail",
        "field": "postal",
    }


def fill(route: Route, ids: dict[str, str]) -> str:
    """The route's path with the owner's things in it; what `ids` does not name is nobody's."""
    return re.sub(
        r"\{([a-z_]+):([a-z]+)\}", lambda hole: ids.get(hole[1], NOBODYS if hole[2] == "uuid" else "none"), route.path
    )
