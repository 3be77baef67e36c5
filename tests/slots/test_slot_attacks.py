"""What is reserved and not registered is given back, whatever happens; what somebody may have got is not."""

from __future__ import annotations

from typing import Any

import pytest
from slotkit import Home, all_of, deploy, job_of, move_in
from sqlalchemy import update
from test_reserving import MASTER, port_of, queued

from mypage.contracts.models import Contract
from mypage.contracts.reaching import lock_contract
from mypage.db.session import Tx
from mypage.hooks.slots import NameWish
from mypage.orders.provisioning import begin_try
from mypage.slots.models import SlotApplication, SlotName
from mypage.slots.service import close_pending
from mypage.testing.portal import MakePortal, PortalClient
from portal_rows import Person, sign_in

ADD = {"action": "add", "pnew-name": "taro", "pnew-secret": "nami77", "pnew-again": "nami77"}


def at_the_check(home: Home) -> PortalClient:
    """A browser that has entered an addition and sees what will be applied for."""
    owner = home.principal
    browser = sign_in(home.portal, Person(owner.customer_id, owner.account_id, owner.scheme))
    browser.get("/slots/berths/1")
    assert browser.submit(ADD, follow=True).raw.url.path == "/slots/berths/confirm"
    return browser


@pytest.mark.req("OCN-106")
def test_a_name_reserved_while_the_contract_ended_is_given_back(make_portal: MakePortal) -> None:
    home = move_in(deploy(make_portal, **MASTER))
    portal, browser = home.portal, at_the_check(home)
    master: Any = port_of(portal).of(portal.server.registry.current.get(portal.name), home.slots)  # type: ignore[arg-type]
    reserving, asked = master.reserve, list[str]()

    def end(tx: Tx) -> None:
        mine = update(Contract).where(Contract.tenant_id == tx.tenant, Contract.id == home.ref.id)
        tx.execute(mine.values(status="terminated"))

    async def reserved_as_it_ends(wish: NameWish) -> str:
        host: str = await reserving(wish)
        asked.append(wish.local)
        await portal.server.database.run(portal.name, end)
        return host

    master.reserve = reserved_as_it_ends
    answer = browser.submit({})
    assert (answer.status, asked, all_of(portal, SlotApplication)) == (404, ["taro"], [])
    assert master.kept == {}, "a registry would keep the name for ever"


@pytest.mark.req("OCN-150")
@pytest.mark.parametrize("sent", [False, True])
def test_a_name_that_another_system_may_have_given_out_is_not_released_at_an_end(
    make_portal: MakePortal, sent: bool
) -> None:
    home = move_in(deploy(make_portal, "webhook", **MASTER))
    portal = home.portal
    row = home.apply(1, "add", "taro")
    if sent:
        portal.run(lambda tx: begin_try(tx, job_of(portal, row).id, home.vault))

    def end(tx: Tx) -> int:
        lock_contract(tx, home.ref)
        return close_pending(tx, home.operator, home.ref, cause="termination")

    assert portal.run(end) == 1
    assert [app.state for app in all_of(portal, SlotApplication)] == ["closed"]
    assert len(all_of(portal, SlotName)) == sent, "it is the contract's for ever, or anybody's again"
    assert portal.run(queued) == (not sent)
