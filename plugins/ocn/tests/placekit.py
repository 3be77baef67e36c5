"""Lines of OCN with mail accounts in their places, and the steps of a browser through an application."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from ocnkit import Line, line, signed_in
from sqlalchemy import select

from mypage.db.keys import Vault
from mypage.db.session import Tx
from mypage.mail.models import MailMessage
from mypage.orders.by_hand import complete_by_hand
from mypage.server.outcomes import outcome_handlers
from mypage.slots.models import Slot, SlotApplication, SlotName
from mypage.testing.portal import Answer, Portal, PortalClient

FIRST, SECOND = "abcdefg@arrow.example.jp", "k04xm40u@dune.example.jp"
SECRET = "Umi4826kaze"
ADD = {
    "action": "add",
    "pnew-name": "soumu",
    "pnew-secret": SECRET,
    "pnew-again": SECRET,
    "pnew-option-virus-check": "not",
}
"""An addition without the option."""
DESK = {"provisioning": {"adapter": "desk"}}
"""People do what is applied for; without it it is done at once."""


@dataclass(frozen=True)
class MailLine:
    """A line, and the browser of its holder, who is signed in."""

    line: Line
    browser: PortalClient

    @property
    def portal(self) -> Portal:
        return self.line.portal

    def put(self, number: int, address: str, *options: str, blocked: bool = False) -> uuid.UUID:
        """Something in a place."""
        return self.portal.run(lambda tx: put_slot(tx, self.line, number, address, options, blocked=blocked))

    def applications(self) -> list[SlotApplication]:
        """All that was applied for, the oldest first."""
        found = select(SlotApplication).order_by(SlotApplication.filed_at, SlotApplication.number)
        return self.portal.run(
            lambda tx: list(tx.scalars(found.where(SlotApplication.tenant_id == tx.tenant)).unique())
        )

    def mails(self) -> list[tuple[str, str]]:
        """Template and address of every mail that is queued."""
        found = select(MailMessage.template, MailMessage.recipient).order_by(MailMessage.recipient)
        return self.portal.run(
            lambda tx: [tuple(row) for row in tx.execute(found.where(MailMessage.tenant_id == tx.tenant))]  # type: ignore[misc]
        )

    def finish(self) -> None:
        """People have done all that waits."""
        server = self.portal.server
        vault = server.ports.get(Vault)
        outcomes = outcome_handlers().of(server.compiled.operators["ocn"], vault)
        for app in self.applications():
            if app.state == "pending" and app.job_id is not None:
                job_id = app.job_id
                self.portal.run(lambda tx, job_id=job_id: complete_by_hand(tx, vault, job_id, outcomes=outcomes))

    def enter(self, number: int, fields: dict[str, Any]) -> Answer:
        """Open the form of a place, fill it in and go where it leads."""
        page = self.browser.get(f"/slots/mail/{number}")
        assert page.status == 200, page.text
        return self.browser.submit(fields, follow=True)

    def agree(self) -> Answer:
        """The right button of the terms."""
        return self.browser.submit({"answer": "agree"}, follow=True)

    def commit(self, tell: list[str] | None = None) -> Answer:
        """登録, with the ticks of the page or with these."""
        return press_commit(self.browser, tell)


def mail_line(portal: Portal, *addresses: str, **columns: Any) -> MailLine:
    """A line with these addresses in its first places."""
    owner = line(portal, **columns)
    made = MailLine(owner, signed_in(portal, owner.login_id.partition("@")[0]))
    for number, address in enumerate(addresses, 1):
        made.put(number, address)
    return made


def put_slot(
    tx: Tx, owner: Line, number: int, address: str, options: tuple[str, ...] = (), *, blocked: bool = False
) -> uuid.UUID:
    """A place that is in use, and its name."""
    local, _, host = address.partition("@")
    mine = {"tenant_id": tx.tenant, "customer_id": owner.customer_id, "contract_id": owner.contract_id}
    tx.add(SlotName(local_key=local, host=host, since=tx.now(), used_at=tx.now(), **mine))
    row = Slot(
        id=uuid.uuid4(), code="mail", number=number, local=local, host=host, options=list(options), blocked=blocked,
        started_at=tx.now(), **mine,
    )  # fmt: skip
    tx.add(row)
    tx.flush()
    return row.id


def press_commit(browser: PortalClient, tell: list[str] | None = None) -> Answer:
    """Post the form of the check as the browser would."""
    assert browser.last is not None
    [form] = browser.last.all("//main//form[@method='post']")
    values: dict[str, Any] = dict(form.form_values())
    ticked = [box.get("value") for box in form.xpath(".//input[@name='tell'][@checked]")]
    values["tell"] = ticked if tell is None else tell
    return browser.post(form.get("action"), values, follow=True)
