"""Names: what is not registered is given back, what may be given out already is not, and nobody takes them all."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from slotkit import EAST, PASSWORD, Home, all_of, deploy, job_of, move_in
from sqlalchemy import select, update
from test_reserving import MASTER, port_of, queued

from mypage.audit.models import AuditEntry
from mypage.auth.models import Account
from mypage.billing.tax import TaxMode
from mypage.contracts.models import Contract
from mypage.contracts.reaching import lock_contract
from mypage.db.session import Tx
from mypage.hooks.slot_pages import SlotPage
from mypage.hooks.slots import NameWish
from mypage.orders.consents import wording
from mypage.orders.models import ConsentText
from mypage.orders.provisioning import begin_try
from mypage.slots.drafts import Agreed
from mypage.slots.errors import TooOften
from mypage.slots.filing import Consent, Filing, file_wish
from mypage.slots.models import SlotApplication, SlotName
from mypage.slots.service import MOST_A_DAY, MOST_NAMES, cancel, close_pending
from mypage.slots.values import Reserved
from mypage.testing.portal import MakePortal, PortalClient
from portal_rows import Person, sign_in

ADD = {"action": "add", "pnew-name": "taro", "pnew-secret": "nami77", "pnew-again": "nami77"}


def at_the_check(home: Home, place: str = "1") -> PortalClient:
    """A browser that has entered an addition and sees what will be applied for."""
    owner = home.principal
    browser = sign_in(home.portal, Person(owner.customer_id, owner.account_id, owner.scheme))
    browser.get(f"/slots/berths/{place}")
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


def test_nobody_takes_all_names_by_changing_over_and_over(make_portal: MakePortal) -> None:
    """A name that was in use is nobody else's for ever, so that one contract cannot have any number of them."""
    home = move_in(deploy(make_portal))
    home.have("first")

    def used(tx: Tx) -> None:
        whose = {"tenant_id": tx.tenant, "customer_id": home.ref.customer_id, "contract_id": home.ref.id}
        for each in range(MOST_NAMES - 1):
            tx.add(SlotName(local_key=f"name{each}", host="h", since=tx.now(), used_at=tx.now(), **whose))

    home.portal.run(used)
    with pytest.raises(TooOften):
        home.apply(1, "change", "another")
    browser = at_the_check(home, "2")
    page = browser.submit({}, follow=True)
    assert "お申し込みが多いため" in page.text
    home.apply(1, "change", options=["lamp"])
    assert [app.local for app in all_of(home.portal, SlotApplication)] == [""]
    other = move_in(home.portal, "1000002", "other@example.jp")
    assert other.apply(1, "add", "another").state == "pending"


def test_nobody_applies_and_calls_off_without_end(make_portal: MakePortal) -> None:
    home = move_in(deploy(make_portal))
    first = home.apply(1, "add", "taro")
    home.portal.run(lambda tx: cancel(tx, home.operator, home.principal, first.id))

    def filed(tx: Tx) -> None:
        [known] = tx.scalars(select(SlotApplication).where(SlotApplication.tenant_id == tx.tenant))
        columns = {column.name: getattr(known, column.name) for column in SlotApplication.__table__.columns}
        for each in range(MOST_A_DAY - 1):
            own = {"id": uuid.uuid4(), "number": f"N{each}", "operation_id": uuid.uuid4(), "job_id": None}
            tx.add(SlotApplication(**columns | own))

    home.portal.run(filed)
    with pytest.raises(TooOften):
        home.apply(1, "add", "taro")
    home.portal.clock.at += timedelta(days=1)
    assert home.apply(1, "add", "taro").state == "pending"


@pytest.mark.req("OCN-109")
@pytest.mark.parametrize(("place", "asked"), [("1", True), ("2", False)])
def test_a_session_left_open_does_not_move_the_mails_that_open_the_account(
    make_portal: MakePortal, place: str, asked: bool
) -> None:
    """Who types the new name sets the password of its mail box, to which a link for a new password would go."""
    home = move_in(deploy(make_portal))
    home.have("first", "second")
    portal, owner = home.portal, home.principal
    mine = update(Account).where(Account.tenant_id == portal.name, Account.id == owner.account_id)
    portal.run(lambda tx: tx.execute(mine.values(email=f"First@{EAST}")))
    browser = sign_in(portal, Person(owner.customer_id, owner.account_id, owner.scheme))
    portal.clock.at += timedelta(minutes=9)
    browser.get(f"/slots/berths/{place}")
    typed = {"pattern": "name", "pname-name": "mine", "pname-secret": PASSWORD, "pname-again": PASSWORD}
    check = browser.submit(typed).location
    form = browser.get(check).form_values("//main//form[@method='post']")
    portal.clock.at += timedelta(minutes=2)
    assert browser.get(check).status == (303 if asked else 200)
    pressed = browser.post("/slots/berths/confirm", form, follow=True)
    assert pressed.raw.url.path == ("/reauth" if asked else "/slots/berths/done")
    assert not asked or check in pressed.form_values("//main//form[@method='post']")["next"]
    assert len(all_of(portal, SlotApplication)) == (not asked)


@pytest.mark.req("OCN-91")
def test_every_terms_that_were_agreed_to_are_kept(make_portal: MakePortal) -> None:
    """Two options with terms of their own in one application: neither agreement is lost."""
    home = move_in(deploy(make_portal))
    operator, t = home.operator, home.operator.catalogues["ja"]
    asking = {"consent": "読みました。", "terms": ("灯りは夜につきます。",), "terms_version": "7"}
    products = operator.products["buoy"], replace(operator.products["lamp"], **asking)
    consents = []
    for product in products:
        shown = wording(product, t, "ja")
        assert shown is not None
        consents.append(Consent(product, shown, Agreed(shown.mark, "ja", home.portal.clock.now())))
    filing = Filing(
        operator=operator, principal=home.principal, words=SlotPage(code="berths"), heading="h", language="ja", t=t,
        mode=TaxMode.DOWN, terms=2,
    )  # fmt: skip
    wish, operation = home.wish(1, "add", "taro", options=["buoy", "lamp"]), uuid.uuid4()
    reserved = Reserved(id=operation, local="taro", host=EAST)
    home.portal.run(
        lambda tx: file_wish(tx, home.vault, filing, wish, reserved, operation_id=operation, consents=consents)
    )
    texts = {text.product: text for text in all_of(home.portal, ConsentText)}
    assert {name: text.version for name, text in texts.items()} == {"buoy": "1", "lamp": "7"}
    notes = [note for note in all_of(home.portal, AuditEntry) if note.action == "slot.terms_agreed"]
    assert sorted(note.after["product"] for note in notes if note.after) == ["buoy", "lamp"]
    [app] = all_of(home.portal, SlotApplication)
    assert app.consent_id == texts["buoy"].id
