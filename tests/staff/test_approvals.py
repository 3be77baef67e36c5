"""Four eyes: proposed by one, confirmed by another as it was seen, once; refused, withdrawn, expired."""

from __future__ import annotations

import asyncio
import uuid
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from mypage.audit.models import AuditEntry
from mypage.auth.models import Customer
from mypage.billing.models import BillingRun, Posting
from mypage.db.keys import Vault
from mypage.db.session import Tx
from mypage.lib.months import add_months
from mypage.staff.approvals.carrying import DeskMeans
from mypage.staff.approvals.errors import (
    AlreadyDecided,
    AlreadyWaiting,
    OthersProposal,
    OwnProposal,
    SeenOther,
    WorldChanged,
)
from mypage.staff.approvals.service import LIFE, approve, expire, propose, refuse, withdraw
from mypage.staff.models import Approval, StaffMember
from mypage.testing.portal import MakePortal, Portal, PortalClient
from portal_rows import Person, add_contract, add_person, operator_of
from staff_rows import Staff, add_staff, make_office, sit_down


@pytest.fixture
def left(make_portal: MakePortal) -> Portal:
    return make_portal("actv")


@pytest.fixture
def office(make_portal: MakePortal) -> Portal:
    return make_office(make_portal)


@pytest.fixture
def person(left: Portal) -> Person:
    return add_person(left)


@pytest.fixture
def contract(left: Portal, person: Person) -> uuid.UUID:
    contract_id = add_contract(left, person, "C-1")

    def charged(tx: Tx) -> None:
        month = add_months(tx.today().replace(day=1))
        tx.add(
            Posting(
                tenant_id=tx.tenant, id=uuid.uuid4(), contract_id=contract_id, month=month, key="feed 1",
                description="通話料", amount=800, rate_bp=1000,
            )
        )  # fmt: skip

    left.run(charged)
    return contract_id


@pytest.fixture
def agent(office: Portal, left: Portal) -> Staff:
    return add_staff(office, {left.name: "agent"}, name="佐藤 花子")


@pytest.fixture
def boss(office: Portal, left: Portal) -> Staff:
    return add_staff(office, {left.name: "manager"}, name="田中 一郎")


def introduce(portal: Portal, *people: Staff) -> None:
    """Names in the worked tenant, as taking the seat leaves them."""

    def work(tx: Tx) -> None:
        for each in people:
            row = StaffMember(
                tenant_id=tx.tenant,
                id=each.account_id,
                name=each.name,
                email=each.email,
                role=each.roles[portal.name],
                updated_at=tx.now(),
            )
            tx.merge(row)

    portal.run(work)


def payload(portal: Portal, contract: uuid.UUID, amount: int = -500, **other: Any) -> dict[str, Any]:
    """A credit on the bill of the next month."""
    month = add_months(portal.run(lambda tx: tx.today()).replace(day=1))
    return {
        "contract_id": str(contract),
        "number": "C-1",
        "month": month.isoformat(),
        "amount": amount,
        "rate": "10",
        "description": "お詫びの減額",
        **other,
    }


def proposed(portal: Portal, person: Person, contract: uuid.UUID, by: Staff, **other: Any) -> Approval:
    """A proposal that waits."""
    content = payload(portal, contract, **other)

    def work(tx: Tx) -> Approval:
        return propose(
            tx,
            kind="posting",
            customer_id=person.customer_id,
            payload=content,
            summary="青森 太郎様に500円を減額",
            reason="障害のお詫び",
            by=by.account_id,
        )

    return portal.run(work)


def means(portal: Portal, approval_id: uuid.UUID) -> DeskMeans:
    operator = operator_of(portal)
    tenant = portal.server.registry.current.get(portal.name)
    assert tenant is not None
    words = operator.catalogues["ja"]
    vault = portal.server.ports.get(Vault)
    return DeskMeans(tenant=tenant, operator=operator, vault=vault, t=words, words=words, approval_id=approval_id)


def confirm(portal: Portal, row: Approval, by: Staff, seen: bytes | None = None) -> Approval:
    seal = row.digest if seen is None else seen
    return portal.run(lambda tx: approve(tx, means(portal, row.id), row.id, by=by.account_id, seen=seal))


def state(portal: Portal, approval_id: uuid.UUID) -> str:
    return portal.run(
        lambda tx: tx.execute(
            select(Approval.state).where(Approval.tenant_id == tx.tenant, Approval.id == approval_id)
        ).scalar_one()
    )


def postings(portal: Portal) -> list[tuple[int, str]]:
    rows = portal.run(
        lambda tx: tx.execute(
            select(Posting.amount, Posting.description).where(
                Posting.tenant_id == tx.tenant, Posting.key.like("desk %")
            )
        ).all()
    )
    return [(row.amount, row.description) for row in rows]


def trail(portal: Portal, action: str) -> list[AuditEntry]:
    found = select(AuditEntry).where(AuditEntry.tenant_id == bind(portal), AuditEntry.action == action)
    return portal.run(lambda tx: list(tx.scalars(found)))


def bind(portal: Portal) -> str:
    return portal.name


def test_another_person_confirms_and_it_is_done_once(
    left: Portal, person: Person, contract: uuid.UUID, agent: Staff, boss: Staff
) -> None:
    introduce(left, agent, boss)
    row = proposed(left, person, contract, agent)
    assert confirm(left, row, boss).state == "done"
    assert confirm(left, row, boss).state == "done"
    assert postings(left) == [(-500, "お詫びの減額")]
    (entry,) = trail(left, "approval.confirmed")
    assert entry.customer_id == person.customer_id
    assert entry.after is not None
    assert (entry.after["proposer"], entry.after["decider"]) == ("佐藤 花子", "田中 一郎")
    (done,) = trail(left, "posting.added")
    assert done.customer_id == person.customer_id


def test_nobody_confirms_their_own_by_any_account(
    left: Portal, person: Person, contract: uuid.UUID, office: Portal, boss: Staff
) -> None:
    second = add_staff(office, {left.name: "manager"}, name=boss.name)
    twin = Staff(second.account_id, second.name, boss.email.upper(), second.roles)
    introduce(left, boss, twin)
    row = proposed(left, person, contract, boss)
    for who in (boss, twin):
        with pytest.raises(OwnProposal):
            confirm(left, row, who)
        with pytest.raises(OwnProposal):
            left.run(lambda tx, who=who: refuse(tx, row.id, by=who.account_id, reason="x"))
    assert (state(left, row.id), postings(left)) == ("waiting", [])


def test_the_database_knows_four_eyes_by_itself(left: Portal, person: Person, contract: uuid.UUID, boss: Staff) -> None:
    row = proposed(left, person, contract, boss)
    change = update(Approval).where(Approval.tenant_id == left.name, Approval.id == row.id)
    with pytest.raises(IntegrityError, match="four_eyes"):
        left.run(lambda tx: tx.execute(change.values(state="done", decided_by=boss.account_id)))


def test_what_is_confirmed_is_what_was_seen(
    left: Portal, person: Person, contract: uuid.UUID, agent: Staff, boss: Staff
) -> None:
    row = proposed(left, person, contract, agent)
    with pytest.raises(SeenOther):
        confirm(left, row, boss, seen=b"x" * 32)
    renamed = update(Customer).where(Customer.tenant_id == left.name, Customer.id == person.customer_id)
    left.run(lambda tx: tx.execute(renamed.values(name="別の名前")))
    with pytest.raises(WorldChanged):
        confirm(left, row, boss)
    assert (state(left, row.id), postings(left)) == ("waiting", [])


def test_a_month_that_is_billed_meanwhile_takes_no_more(
    left: Portal, person: Person, contract: uuid.UUID, agent: Staff, boss: Staff
) -> None:
    row = proposed(left, person, contract, agent)

    def bill(tx: Tx) -> None:
        month = add_months(tx.today().replace(day=1))
        tx.add(
            BillingRun(
                tenant_id=tx.tenant, id=uuid.uuid4(), month=month, issued_on=tx.today(), state="running",
                started_at=tx.now(),
            )
        )  # fmt: skip

    left.run(bill)
    with pytest.raises(WorldChanged):
        confirm(left, row, boss)
    assert postings(left) == []


def test_two_credits_make_no_bill_of_less_than_nothing(
    left: Portal, person: Person, contract: uuid.UUID, agent: Staff, boss: Staff
) -> None:
    """Each of them alone is less than the bill of 880 yen."""
    first = proposed(left, person, contract, agent)
    second = proposed(left, person, contract, agent, description="もう一度")
    confirm(left, first, boss)
    with pytest.raises(WorldChanged):
        confirm(left, second, boss)
    assert (postings(left), state(left, second.id)) == ([(-500, "お詫びの減額")], "waiting")


def test_the_same_waits_once(left: Portal, person: Person, contract: uuid.UUID, agent: Staff, boss: Staff) -> None:
    row = proposed(left, person, contract, agent)
    with pytest.raises(AlreadyWaiting) as waiting:
        proposed(left, person, contract, boss)
    assert waiting.value.approval_id == row.id
    proposed(left, person, contract, boss, amount=-501)
    left.run(lambda tx: withdraw(tx, row.id, by=agent.account_id))
    assert proposed(left, person, contract, boss).state == "waiting"


def test_refused_and_withdrawn_is_for_all_time(
    left: Portal, person: Person, contract: uuid.UUID, agent: Staff, boss: Staff
) -> None:
    introduce(left, agent, boss)
    row = proposed(left, person, contract, agent)
    with pytest.raises(OthersProposal):
        left.run(lambda tx: withdraw(tx, row.id, by=boss.account_id))
    left.run(lambda tx: refuse(tx, row.id, by=boss.account_id, reason="金額が違います"))
    left.run(lambda tx: refuse(tx, row.id, by=boss.account_id, reason="金額が違います"))
    with pytest.raises(AlreadyDecided) as decided:
        confirm(left, row, boss)
    assert (decided.value.state, decided.value.by) == ("refused", "田中 一郎")
    (entry,) = trail(left, "approval.refused")
    assert entry.after is not None
    assert entry.after["reason"] == "金額が違います"
    other = proposed(left, person, contract, agent, amount=700)
    left.run(lambda tx: withdraw(tx, other.id, by=agent.account_id))
    with pytest.raises(AlreadyDecided):
        confirm(left, other, boss)


def test_time_ends_it(left: Portal, person: Person, contract: uuid.UUID, agent: Staff, boss: Staff) -> None:
    row = proposed(left, person, contract, agent)
    left.clock.at += LIFE - timedelta(seconds=1)
    assert left.run(lambda tx: expire(tx, 10)) == 0
    left.clock.at += timedelta(seconds=1)
    with pytest.raises(AlreadyDecided) as over:
        confirm(left, row, boss)
    assert over.value.state == "expired"
    assert left.run(lambda tx: expire(tx, 10)) == 1
    assert (state(left, row.id), len(trail(left, "approval.expired"))) == ("expired", 1)
    assert left.run(lambda tx: expire(tx, 10)) == 0


# ---------------------------------------------------------------- pages


def wait_for(client: PortalClient, left: Portal) -> str:
    """The first proposal of the list."""
    page = client.get("/approvals")
    assert page.status == 200
    return str(page.all("//tbody//th/a/@href")[0])


def test_the_whole_way_in_two_browsers(
    office: Portal, left: Portal, person: Person, contract: uuid.UUID, agent: Staff, boss: Staff
) -> None:
    one, two = sit_down(office, agent, left), sit_down(office, boss, left)
    form = one.get(f"/customers/{person.customer_id}/amount")
    assert form.status == 200
    wrong = one.submit({"way": "credit", "amount": "千円", "description": "お詫びの減額"})
    assert wrong.status == 422
    assert wrong.form_values("//main//form")["amount"] == "千円"
    assert wrong.form_values("//main//form")["description"] == "お詫びの減額"
    typed = {"way": "charge", "amount": "1,200", "description": "工事の追加料金", "reason": "現地で追加しました"}
    check = one.submit(typed, follow=True)
    assert "1,200円 加算" in check.text
    assert "1,320円" in check.text
    made = one.submit({}, follow=True)
    assert "青森 太郎様に1,200円を加算" in made.text
    assert made.texts("//main//button") == ["取り下げる"]
    where = wait_for(two, left)
    seen = two.get(where)
    assert seen.texts("//main//button") == ["承認して実行する", "却下する"]
    assert two.submit({}, form="//form[contains(@action,'/refuse')]").status == 422
    done = two.submit({}, form="//form[contains(@action,'/confirm')]", follow=True)
    assert "承認し、実行しました。" in done.text
    assert postings(left) == [(1200, "工事の追加料金")]
    assert two.get("/approvals").all("//tbody//tr") == []
    assert len(two.get("/approvals?show=all").all("//tbody//tr")) == 1


def test_a_press_of_the_proposer_or_of_an_agent_does_nothing(
    office: Portal, left: Portal, person: Person, contract: uuid.UUID, agent: Staff, boss: Staff
) -> None:
    introduce(left, boss)
    row = proposed(left, person, contract, boss)
    own, other = sit_down(office, boss, left), sit_down(office, agent, left)
    page = own.get(f"/approvals/{row.id}")
    assert page.texts("//main//button") == ["取り下げる"]
    answer = own.post(f"/approvals/{row.id}/confirm", {"seal": row.digest.hex()})
    assert answer.status == 409
    assert "あなたが申請したものです" in answer.text
    other.get(f"/approvals/{row.id}")
    assert other.post(f"/approvals/{row.id}/confirm", {"seal": row.digest.hex()}).status == 403
    assert other.get(f"/approvals/{uuid.uuid4()}").status == 404
    assert postings(left) == []


def test_of_two_managers_at_once_one_wins_and_the_other_is_told(
    office: Portal, left: Portal, person: Person, contract: uuid.UUID, agent: Staff, boss: Staff
) -> None:
    rival = add_staff(office, {left.name: "manager"}, name="鈴木 次郎")
    row = proposed(left, person, contract, agent)
    browsers = [sit_down(office, boss, left), sit_down(office, rival, left)]
    for browser in browsers:
        browser.get(f"/approvals/{row.id}")

    async def press() -> list[Any]:
        sent = [
            browser.arequest(
                "POST", f"/approvals/{row.id}/confirm", data={"seal": row.digest.hex(), "_csrf": browser.csrf_now}
            )
            for browser in racers
        ]
        return await asyncio.gather(*sent)

    racers = [_Racer(browser) for browser in browsers]
    answers = office.wait(press())
    assert sorted(answer.status_code for answer in answers) == [303, 409]
    lost = next(answer for answer in answers if answer.status_code == 409)
    assert "承認しています" in lost.text
    assert len(postings(left)) == 1


class _Racer:
    """A browser and the token of its last page, read before the race."""

    def __init__(self, client: PortalClient) -> None:
        self.arequest, self.csrf_now = client.arequest, client.csrf
