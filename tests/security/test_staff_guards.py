"""The guards of the console are missed when they are taken away: seat, role, token, proof, second person (T2 for staff)."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from attackkit import CSRF, Oracle
from desk_recipes import path_for
from desk_world import DeskWorld, make_world, withdraw
from deskkit import desk_browser, introduce
from mutantkit import Mutant, applied, without_guard

from mypage.lib.errors import NotFound
from mypage.server.routes import office_routes
from mypage.staff.approvals.errors import AlreadyDecided, OwnProposal
from mypage.staff.approvals.service import is_own, refuse
from mypage.staff.models import Approval
from mypage.testing.database import TestDatabase
from mypage.testing.portal import Portal
from staff_rows import add_staff

GUARDS: tuple[Mutant, ...] = (
    without_guard("no seat", "web.kernel:Kernel._guard", "route.desk and rq.seat is None", "False", "seat"),
    without_guard("no right", "web.kernel:Kernel._guard", "not rq.principal.may(route.permission)", "False", "right"),
    without_guard("no proof", "web.kernel:Kernel._guard", "route.reauth and not rq.signed_in.reauth_fresh", "False", "proof"),
    without_guard(
        "a token of any seat", "web.kernel:Kernel._find_reader", 'f"\\n{rq.seat.tenant.name}" if rq.seat else ""', '""',
        "token",
    ),
    without_guard("a seat anywhere", "staff.seats:take_seat", "each.tenant == worked", "True", "choice"),
    without_guard("a withdrawn role", "staff.seats:_SEAT", "DeskRole.withdrawn_at.is_(None)", "DeskRole.worked.is_not(None)", "gone"),
    without_guard("one's own proposal", "staff.approvals.service:_check_turn", "is_own(tx, row, by)", "False", "own"),
    without_guard("own by mail", "staff.approvals.service:is_own", "mails[0] == mails[1]", 'mails[0] == ""', "twin"),
    without_guard("decided twice", "staff.approvals.service:_check_open", 'row.state != "waiting"', "False", "twice"),
    without_guard("decided late", "staff.approvals.service:_check_open", "row.expires_at <= tx.now()", "False", "late"),
)  # fmt: skip


@pytest.fixture
def world(place: Callable[..., Portal], oracle: Oracle) -> DeskWorld:
    return make_world(place, oracle, "home", "far")


def seat(w: DeskWorld) -> None:
    seen = w.office.wait(desk_browser(w.office, w.people["both"]).send("GET", "/queue"))
    assert (seen.status, seen.header("location")) == (303, "/seat")


def right(w: DeskWorld) -> None:
    assert w.office.wait(w.at_home("reader").send("GET", "/roles")).status == 403


def proof(w: DeskWorld) -> None:
    route = next(r for r in office_routes() if r.name == "customer-secret" and r.method == "GET")
    mine = w.at_home("manager")
    w.office.clock.at += timedelta(minutes=6)
    try:
        seen = w.office.wait(mine.send("GET", path_for(route, w.victims["home"])))
    finally:
        w.office.clock.at -= timedelta(minutes=6)
    assert seen.header("location").startswith("/reauth")


def token(w: DeskWorld) -> None:
    """A page of the tenant before, as the product itself made it."""
    mine = desk_browser(w.office, w.people["both"], w.victims["far"].portal)
    page = w.office.wait(mine.send("GET", "/search"))
    stale = CSRF.findall(page.text)[-1]
    assert w.office.wait(mine.send("POST", "/search", form={"q": "x"}, csrf=stale)).status != 409
    assert w.office.wait(mine.send("POST", "/seat", form={"tenant": w.home.name}, csrf=stale)).status == 303
    assert w.office.wait(mine.send("POST", "/search", form={"q": "x"}, csrf=stale)).status == 409


def choice(w: DeskWorld) -> None:
    mine = desk_browser(w.office, w.people["reader"])
    other = w.victims["far"].portal.name
    assert w.office.wait(mine.send("POST", "/seat", form={"tenant": other})).status == 404


def gone(w: DeskWorld) -> None:
    staff = add_staff(w.office, {w.home.name: "manager"})
    introduce(staff, w.home)
    mine = desk_browser(w.office, staff, w.home)
    withdraw(w.office, staff, w.home)
    assert w.office.wait(mine.send("GET", "/home")).header("location") == "/seat"


def proposal(w: DeskWorld, *, state: str = "waiting", late: bool = False) -> tuple[uuid.UUID, uuid.UUID]:
    """A new one, and who made it."""
    made, by = uuid.uuid4(), w.people["agent"].account_id
    w.home.run(
        lambda tx: tx.add(
            Approval(
                tenant_id=tx.tenant, id=made, kind="posting", payload={}, digest=made.bytes, summary="s", reason="r",
                state=state, proposed_by=by, proposed_at=tx.now(),
                expires_at=tx.now() + timedelta(days=-1 if late else 1),
                decided_by=w.people["both"].account_id if state != "waiting" else None,
            )
        )
    )  # fmt: skip
    return made, by


def refused(w: DeskWorld, made: uuid.UUID, by: uuid.UUID, error: type[Exception]) -> None:
    with pytest.raises(error):
        w.home.run(lambda tx: refuse(tx, made, by=by, reason="r"))


def own(w: DeskWorld) -> None:
    made, by = proposal(w)
    refused(w, made, by, OwnProposal)


def twin(w: DeskWorld) -> None:
    """Another account of the same person, by its mail address."""
    made, by = proposal(w)
    other = add_staff(w.office, {w.home.name: "manager"})
    introduce(type(other)(other.account_id, other.name, w.people["agent"].email, other.roles), w.home)
    introduce(w.people["agent"], w.home)

    def work(tx: object) -> bool:
        row = tx.get(Approval, (tx.tenant, made))  # type: ignore[attr-defined]
        return is_own(tx, row, other.account_id)  # type: ignore[arg-type]

    assert w.home.run(work)
    assert by != other.account_id


def twice(w: DeskWorld) -> None:
    made, _ = proposal(w, state="refused")
    refused(w, made, w.people["manager"].account_id, AlreadyDecided)


def late(w: DeskWorld) -> None:
    made, _ = proposal(w, late=True)
    refused(w, made, w.people["manager"].account_id, AlreadyDecided)


PROBES = {each.__name__: each for each in (seat, right, proof, token, choice, gone, own, twin, twice, late)}


def test_every_guard_of_the_console_is_missed(
    world: DeskWorld, test_database: TestDatabase, figure: Callable[[str], None]
) -> None:
    for probe in PROBES.values():
        probe(world)
    survived = []
    for mutant in GUARDS:
        with applied(mutant, test_database.owner):
            try:
                PROBES[mutant.probe](world)
            except (Exception, pytest.fail.Exception):
                continue
        survived.append(mutant.name)
    figure(f"T2 staff: {len(GUARDS) - len(survived)} of {len(GUARDS)} guards missed when they are taken away")
    assert survived == []
    with pytest.raises(NotFound):
        world.home.run(lambda tx: refuse(tx, uuid.uuid4(), by=uuid.uuid4(), reason="r"))
