"""T11 at the console: whatever staff press twice or thirty-two times at once happens once.

Every changing route of a desk stands here with a recipe, or with what makes a second press harmless.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pytest
from queuekit import add_card_review
from sqlalchemy import func, select

from mypage.audit.models import AuditEntry
from mypage.contracts.models import Contract
from mypage.db.session import Tx
from mypage.server.routes import office_routes
from mypage.testing.portal import MakePortal, Portal, PortalClient
from portal_rows import Person, add_person, sign_in
from staff_rows import add_staff, make_office, sit_down

CROWDS = (2, 8, 32)
REASON = "本人から電話で依頼がありました"

HARMLESS: Mapping[str, str] = {
    "seat": "the same seat again",
    "search": "looks, and changes nothing",
    "amount": "an input step: keeps the newest draft",
    "ending": "an input step: keeps the newest draft",
    "trail-export": "reads",
}
DECIDED: Mapping[str, str] = {
    "customer-factors": "what is removed stays removed; the same pattern as the other acts",
    "customer-mail-again": "a mail that waits is not sent again; the same pattern as the other acts",
    "customer-view-end": "what has ended stays ended",
    "role": "the same proposal waits once",
    "queue-hand": "a press with an old version is refused",
    "queue-resume": "a press with an old version is refused",
    "approval-refuse": "what is decided is decided",
    "approval-withdraw": "what is decided is decided",
    "ending-check": "the same proposal waits once",
    "notices-edit": "the same words again; with others the form's `seen` is refused",
    "notices-publish": "what is published stays published",
    "notices-withdraw": "what is withdrawn stays withdrawn",
    "notices-mail": "the same proposal waits once",
}
"""What the state of the rows decides; the tests of the topic press them twice."""
ELSEWHERE: Mapping[str, str] = {
    "staff-invited": "tests/staff/test_invitations.py",
    "customer-secret": "tests/staff/test_secrets.py",
    "queue-take": "tests/staff/test_queue_orders.py",
    "queue-decide": "tests/staff/test_queue_orders.py",
    "approval-confirm": "tests/staff/test_approvals.py",
    "customer-view": "tests/staff/test_viewing_desk.py",
}
"""Pressed at once by the tests of their topic."""


@dataclass(frozen=True)
class Press:
    """A form ready to be posted, and the action in the trail that happens once."""

    path: str
    form: Mapping[str, str]
    action: str


@dataclass(frozen=True)
class Scene:
    """A portal, a manager at its desk, and a customer with a contract."""

    here: Portal
    desk: PortalClient
    person: Person

    def next(self, path: str, form: str, **typed: str) -> Mapping[str, str]:
        """Fill in the first form of a page; what the form of the next page would post."""
        assert self.desk.get(path).status == 200, path
        answer = self.desk.submit(typed, form=form, follow=True)
        assert answer.status == 200, answer.errors
        return answer.form_values("//main//form[@method='post']")

    def act(self, name: str, action: str, **typed: str) -> Press:
        path = f"/customers/{self.person.customer_id}/{name}"
        form = self.next(path, "//main//form[.//*[@name='reason']]", reason=REASON, **typed)
        return Press(path, form, action)

    def item(self, act: str, action: str, *, ask: str = "", **typed: str) -> Press:
        path = f"/queue/{add_card_review(self.here).id}"
        assert self.desk.get(path + ask).status == 200
        assert self.desk.last is not None
        form = self.desk.last.form_values("//main//form[.//input[@name='version']]") | typed
        return Press(f"{path}/{act}", form, action)


def unlock(s: Scene) -> Press:
    from test_acts import lock

    lock(s.here, s.person)
    return s.act("unlock", "login.unlocked")


def sessions(s: Scene) -> Press:
    sign_in(s.here, s.person)
    return s.act("sessions", "sessions.ended_by_support")


def contact(s: Scene) -> Press:
    digits = uuid.uuid4().int % 10_000
    return s.act("contact", "profile.corrected", phone=f"017-712-{digits:04d}")


def paper(s: Scene) -> Press:
    s = other(s)
    return s.act("papers", "paper.noted")


def amount_check(s: Scene) -> Press:
    path = f"/customers/{s.person.customer_id}/amount"
    typed = {
        "way": "charge",
        "amount": str(100 + uuid.uuid4().int % 900),
        "description": "お詫びの減額",
        "reason": REASON,
    }
    form = s.next(path, "//main//form[@method='post']", **typed)
    return Press(f"{path}/check", form, "approval.proposed")


def note(s: Scene) -> Press:
    return s.item("note", "work.noted", body="折り返しの電話を待っています")


def release(s: Scene) -> Press:
    taken = s.item("take", "work.taken")
    assert s.desk.post(taken.path, taken.form).status == 303
    path = taken.path.removesuffix("/take")
    s.desk.get(path)
    assert s.desk.last is not None
    return Press(f"{path}/release", s.desk.last.form_values("//form[contains(@action,'/release')]"), "work.released")


def ask(s: Scene) -> Press:
    path = f"/queue/{add_card_review(s.here).id}/ask"
    s.desk.get(path)
    asked = s.desk.submit({"question": "カードの名義はどなたですか。"})
    assert asked.status == 200
    return Press(path, asked.form_values("//main//form[@method='post']"), "work.asked")


def notice(s: Scene) -> Press:
    s.desk.get("/notices/new")
    assert s.desk.last is not None
    form = s.desk.last.form_values("//main//form[@method='post']")
    return Press(
        "/notices/new", form | {"title": "見本", "body": "見本です", "starts_on": "2026-12-01"}, "notice.written"
    )


def settle(s: Scene) -> Press:
    s = other(s)
    noted = s.act("papers", "paper.noted")
    assert s.desk.post(noted.path, noted.form).status == 303
    return s.act("papers/settle", "paper.settled")


def link(s: Scene) -> Press:
    return s.act("reset-link", "password.reset_by_support")


def invite(s: Scene) -> Press:
    s.desk.get("/roles/invite")
    assert s.desk.last is not None
    form = s.desk.last.form_values("//main//form[@method='post']")
    return Press(
        "/roles/invite",
        form
        | {"name": "新人 太郎", "email": f"n{uuid.uuid4().hex[:8]}@isp.example", "role": "reader", "reason": REASON},
        "approval.proposed",
    )


RECIPES: Mapping[str, Callable[[Scene], Press]] = {
    "customer-unlock": unlock,
    "customer-sessions": sessions,
    "customer-contact": contact,
    "customer-paper": paper,
    "customer-paper-settle": settle,
    "customer-link": link,
    "role-invite": invite,
    "amount-check": amount_check,
    "queue-note": note,
    "queue-release": release,
    "queue-ask": ask,
    "notices-new": notice,
}


def test_every_changing_route_of_a_desk_is_here() -> None:
    known = {*RECIPES, *HARMLESS, *DECIDED, *ELSEWHERE}
    found = {route.name for route in office_routes() if route.method == "POST" and route.desk}
    assert found - known == set()
    assert {*RECIPES, *ELSEWHERE} - {route.name for route in office_routes()} == set()


@pytest.fixture
def scene(make_portal: MakePortal) -> Scene:
    office, here = make_office(make_portal), make_portal("actv")
    desk = sit_down(office, add_staff(office, {here.name: "manager"}), here)
    return other(Scene(here, desk, add_person(here)))


def other(s: Scene) -> Scene:
    """With another customer, who has a contract."""
    number = uuid.uuid4().hex[:8]
    person = add_person(s.here, number)

    def work(tx: Tx) -> None:
        tx.add(
            Contract(
                tenant_id=tx.tenant, customer_id=person.customer_id, number=number, number_key=number, name="光",
                started_on=tx.today(),
            )
        )  # fmt: skip

    s.here.run(work)
    return Scene(s.here, s.desk, person)


@pytest.mark.parametrize("name", RECIPES)
def test_it_happens_once(scene: Scene, name: str) -> None:
    for crowd in CROWDS:
        press = RECIPES[name](scene)
        before = done(scene.here, press.action)
        form = {**press.form, "_csrf": scene.desk.csrf}

        async def all_at_once(press: Press = press, form: dict[str, str] = form, crowd: int = crowd) -> list[int]:
            sent = [scene.desk.arequest("POST", press.path, data=form) for _ in range(crowd)]
            return [answer.status_code for answer in await asyncio.gather(*sent)]

        statuses = scene.here.wait(all_at_once())
        late = scene.desk.post(press.path, form).status
        assert max(*statuses, late) < 500, statuses
        assert min(statuses) in (200, 303), statuses
        assert done(scene.here, press.action) - before == 1, (name, crowd, statuses, late)


def done(here: Portal, action: str) -> int:
    count = select(func.count()).select_from(AuditEntry)
    return here.run(
        lambda tx: int(tx.scalar(count.where(AuditEntry.tenant_id == tx.tenant, AuditEntry.action == action)) or 0)
    )
