"""Buying and ending as a customer does it, and the rows that pages need beforehand."""

from __future__ import annotations

import asyncio
import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import select, update
from ucomkit import Household

from mypage.billing.charging import Purchase, charges
from mypage.billing.models import PaymentMethod
from mypage.contracts.models import Contract, Resource, Subscription
from mypage.db.keys import Vault
from mypage.db.session import Tx
from mypage.lib.clock import TOKYO
from mypage.mail.models import MailMessage
from mypage.orders.models import ProductOrder
from mypage.testing.portal import Answer, Portal, PortalClient
from mypage_ucom.options import PRODUCTS

PRICES = {product.code: product.price for product in PRODUCTS}


def at(text: str) -> datetime:
    """An instant in Japan, such as `2026-01-31 23:59`."""
    return datetime.fromisoformat(text).replace(tzinfo=TOKYO)


def with_plan(home: Household, plan: str) -> Household:
    """The same household with another plan."""

    def change(tx: Tx) -> None:
        tx.execute(
            update(Contract).where(Contract.tenant_id == tx.tenant, Contract.id == home.contract_id).values(plan=plan)
        )

    home.portal.run(change)
    return home


def with_address(
    home: Household, account: uuid.UUID, address: str, *, kind: str = "mail", own: bool = True
) -> uuid.UUID:
    """Give an account a mail address or a web space."""
    made = uuid.uuid4()

    def add(tx: Tx) -> None:
        tx.add(
            Resource(
                tenant_id=tx.tenant, id=made, customer_id=home.customer_id, contract_id=home.contract_id,
                account_id=account, kind=kind, value=address, value_key=address, own=own, started_at=tx.now(),
            )
        )  # fmt: skip

    home.portal.run(add)
    return made


def with_card(home: Household, *, year: int = 2030) -> None:
    """A card that pays for the household."""

    def add(tx: Tx) -> None:
        card = uuid.uuid4()
        sealed = home.portal.server.ports.get(Vault).seal(
            tx, b"card_1", table="payment_method", column="token_sealed", row=str(card)
        )
        tx.add(
            PaymentMethod(
                tenant_id=tx.tenant, id=card, customer_id=home.customer_id, gateway="hosted-page", token_sealed=sealed,
                brand="visa", last4="4242", exp_year=year, exp_month=1, current=True, created_at=tx.now(),
            )
        )  # fmt: skip

    home.portal.run(add)


def card_of(page: Answer, code: str) -> Any:
    """The card of a product on a choose page."""
    [card] = page.all(f"//main//section[@aria-labelledby='{code}']")
    return card


def facts(page: Answer, where: str = "//main") -> dict[str, str]:
    """Label → value of the rows, without the notes below the values."""
    found = {}
    for row in page.all(f"{where}//dl[contains(@class,'facts')]/div"):
        [label], value = row.xpath("./dt"), row.xpath("./dd")[0]
        for note in value.xpath(".//span[@class='note']"):
            note.drop_tree()
        found[" ".join(label.text_content().split())] = " ".join(value.text_content().split())
    return found


def ahead(page: Answer) -> list[tuple[str, str, str]]:
    """Month, amount and reason of each of the bills ahead."""
    return [
        (
            row.xpath("./span[@class='ahead__month']")[0].text_content(),
            " ".join(row.xpath(".//p[@class='amount']")[0].text_content().split()),
            " ".join(row.xpath("./span[last()]")[0].text_content().split()),
        )
        for row in page.all("//ol[@class='ahead']/li")
    ]


def choose(browser: PortalClient, page: str, code: str, account: uuid.UUID | None = None, **more: str) -> Answer:
    """Press the button of a product, with the tick when there is one; the answer, not followed."""
    shown = browser.get(f"/options/{page}" + (f"?account={account}" if account else ""))
    assert shown.status == 200, shown.text
    form = f"//main//section[@aria-labelledby='{code}']//form"
    tick = dict.fromkeys(shown.html.xpath(f"{form}//input[@type='checkbox']/@name"), "1")
    return browser.submit(tick | more, form=form)


def order(browser: PortalClient, page: str, code: str, account: uuid.UUID | None = None) -> Answer:
    """Choose, check and finish; the completion page."""
    chosen = choose(browser, page, code, account)
    assert chosen.status == 303, chosen.errors
    check = browser.get(chosen.location)
    assert check.status == 200, check.text
    done = browser.submit({}, form="//main//form[contains(@action,'confirm')]")
    assert done.status == 303, done.text
    return browser.get(done.location)


def orders_of(home: Household) -> list[ProductOrder]:
    """The household's orders, the oldest first."""

    def read(tx: Tx) -> list[ProductOrder]:
        found = select(ProductOrder).where(
            ProductOrder.tenant_id == tx.tenant, ProductOrder.customer_id == home.customer_id
        )
        return list(tx.scalars(found.order_by(ProductOrder.placed_at, ProductOrder.action)))

    return home.portal.run(read)


def subscriptions(home: Household) -> list[Subscription]:
    """The household's purchases, the oldest first."""

    def read(tx: Tx) -> list[Subscription]:
        found = select(Subscription).where(
            Subscription.tenant_id == tx.tenant, Subscription.customer_id == home.customer_id
        )
        return list(tx.scalars(found.order_by(Subscription.bought_at)))

    return home.portal.run(read)


def billed(home: Household, month: date) -> int:
    """What the household's purchases cost in a month, without tax, as the bill works it out."""
    held = [
        Purchase(str(row.id), row.product, str(row.holder_id), row.bought_at, row.ended_at, row.again)
        for row in subscriptions(home)
    ]
    return sum(charge.amount for charge in charges(month, held, PRICES))


def mails(portal: Portal) -> list[tuple[str, str]]:
    """Template and recipient of every mail that was queued."""

    def read(tx: Tx) -> list[tuple[str, str]]:
        rows = tx.execute(
            select(MailMessage.template, MailMessage.recipient)
            .where(MailMessage.tenant_id == tx.tenant)
            .order_by(MailMessage.created_at)
        )
        return [(row.template, row.recipient) for row in rows]

    return portal.run(read)


def at_once(browsers: list[PortalClient], path: str, forms: list[dict[str, str]]) -> list[Answer]:
    """Each browser posts its form, all at the same moment."""

    async def together() -> list[Any]:
        posts = (b.arequest("POST", path, data=form) for b, form in zip(browsers, forms, strict=True))
        return await asyncio.gather(*posts)

    return [Answer(raw) for raw in browsers[0].portal.wait(together())]
