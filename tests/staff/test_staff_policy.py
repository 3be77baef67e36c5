"""The console's policy file says what the code does, and every cell of it is a request (T3, ASVS 8.1.1, 8.2.1)."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import timedelta

import pytest
from attackkit import Browser, run_all
from deskkit import (
    ACCOUNT,
    ANONYMOUS,
    FILE,
    FORM,
    NO_SEAT,
    ROLES,
    ROOT,
    DeskCell,
    desk_browser,
    desk_cells,
    differences,
    holders,
    introduce,
    path_with,
    read_desk_policy,
    verdict,
)

from mypage.operators.operator import OFFICE
from mypage.server.routes import office_routes
from mypage.staff.permissions import STAFF_TABLE
from mypage.testing.policy import EVERYBODY
from mypage.testing.portal import MakePortal, Portal
from mypage.web.routing import Route
from portal_rows import add_person
from staff_rows import Staff, add_staff, make_office

ASK_THEMSELVES = {"/credentials"}
"""Where the handler looks what is asked for."""


REFUSE_THEMSELVES = {"/company/back"}
"""Where the handler looks for the trip that somebody comes back from."""


@dataclasses.dataclass(frozen=True)
class Desk:
    """The console, a portal that is worked for, and somebody of each role."""

    office: Portal
    worked: Portal
    people: dict[str, Staff]
    ids: dict[str, str]

    def browser(self, role: str, *, own: bool = False) -> Browser:
        """A browser of a kind of visitor; `own` with an account of its own, for what may end sessions."""
        if role == ANONYMOUS:
            return desk_browser(self.office, None)
        held = role if role in ROLES else ROLES[0]
        staff = add_staff(self.office, {self.worked.name: held}) if own else self.people[held]
        return desk_browser(self.office, staff, None if role == NO_SEAT else self.worked)


@pytest.fixture
def desk(make_portal: MakePortal) -> Desk:
    office, worked = make_office(make_portal), make_portal("actv")
    people = {role: add_staff(office, {worked.name: role}) for role in ROLES}
    for staff in people.values():
        introduce(staff, worked)
    return Desk(office, worked, people, {"customer_id": str(add_person(worked).customer_id)})


def tried(desk: Desk, cells: list[DeskCell], browsers: list[Browser]) -> list[str]:
    """The verdict on each cell; an answer of the server's own fault is named."""
    answers = run_all(
        desk.office,
        [
            lambda c=c, b=b: b.send(c.method, path_with(c.path, desk.ids), form=FORM if c.method == "POST" else None)
            for c, b in zip(cells, browsers, strict=True)
        ],
    )
    bare = "/login"  # The first page is where a login leads without being asked to.
    return [
        f"{seen.status}" if seen.status >= 500
        else "login" if cell.path == "/home" and seen.header("location") == bare
        else verdict(seen)
        for cell, seen in zip(cells, answers, strict=True)
    ]  # fmt: skip


def test_the_file_says_what_the_code_does() -> None:
    found = differences(read_desk_policy(), office_routes())
    assert not found, "\n".join(f"{FILE.relative_to(ROOT)}: {each}" for each in found)


def test_every_desk_route_needs_a_right_of_the_table() -> None:
    rights = {permission for row in STAFF_TABLE.rows for permission in row.permissions}
    for route in office_routes():
        where = f"{route.method} {route.path}"
        assert not route.desk or route.permission in rights, f"{where}: {route.permission} is not in STAFF_TABLE"
        assert route.desk or route.permission not in rights, (
            f"{where} needs a right of a seat: declare it with desk_get/desk_post"
        )


def test_every_cell_is_answered_as_the_file_and_the_table_say(desk: Desk, figure: Callable[[str], None]) -> None:
    cells = desk_cells(read_desk_policy())
    readers = {role: desk.browser(role) for role in (ANONYMOUS, NO_SEAT, *ROLES)}
    browsers = [readers[c.role] if c.method == "GET" else desk.browser(c.role, own=c.role != ANONYMOUS) for c in cells]
    got = tried(desk, cells, browsers)
    wrong = []
    for cell, answer in zip(cells, got, strict=True):
        # The way in ends at the choice of a seat.
        way_in = not cell.at_desk and not cell.expected and answer == "seat"
        own = cell.path in REFUSE_THEMSELVES and answer == "403"
        if answer != cell.expected and not way_in and not own:
            wrong.append(f"{cell}: {cell.expected or 'allowed'} by the file, answered {answer or 'as to the allowed'}")
    allowed = sum(not cell.expected for cell in cells)
    at_desk = sum(cell.at_desk for cell in cells)
    figure(
        f"T3 policy of the console: {len(cells)} cells, {at_desk} of desks, {allowed} allowed, "
        f"{len(cells) - allowed} forbidden"
    )
    assert wrong == []


def test_what_needs_a_proof_asks_for_it(desk: Desk) -> None:
    """Five minutes after the last one, of every role that may come that far."""
    cells = [c for c in desk_cells(read_desk_policy()) if c.role == "manager" and c.line["who"] != EVERYBODY]
    cells = [c for c in cells if not c.expected]
    browsers = [desk.browser(c.role, own=True) for c in cells]
    again = desk.office.server.compiled.operators[OFFICE].sessions.reauth + timedelta(seconds=1)
    desk.office.clock.at += again
    try:
        got = tried(desk, cells, browsers)
    finally:
        desk.office.clock.at -= again
    asked = {
        str(c) for c, answer in zip(cells, got, strict=True) if answer == "reauth" and c.path not in ASK_THEMSELVES
    }
    assert asked == {str(c) for c in cells if c.line.get("again")}


def test_a_line_too_few_or_too_many_is_named() -> None:
    good, routes = read_desk_policy(), office_routes()
    line = 'GET /home" = { name = "home", who = "desk" }'
    assert differences({k: v for k, v in good.items() if k != "GET /home"}, routes) == [f'add: "{line}']
    assert differences(good, [r for r in routes if r.path != "/home"]) == [f'remove: "{line}']
    home: Route = next(r for r in routes if r.name == "home")
    changed = [dataclasses.replace(r, permission="desk.roles") if r is home else r for r in routes]
    assert differences(good, changed) == ['correct: "GET /home" = { name = "home", who = "desk.roles" }']


def test_cells_that_lie_are_noticed(desk: Desk) -> None:
    line = read_desk_policy()["GET /home"]
    lies = [
        DeskCell("GET", "/home", line | {"who": "desk.roles"}, "reader"),
        DeskCell("GET", "/home", line | {"who": EVERYBODY}, ANONYMOUS),
        DeskCell("GET", "/home", line | {"who": ACCOUNT}, NO_SEAT),
    ]
    got = tried(desk, lies, [desk.browser(c.role) for c in lies])
    assert got == ["", "login", "seat"]
    assert [c.expected for c in lies] == ["403", "", ""]


def test_the_table_is_the_one_of_the_issue() -> None:
    """Said once more, by hand: who may do what; a change of the table has to be said here, too."""
    assert {row.permissions[0]: holders(row.permissions[0]) for row in STAFF_TABLE.rows} == {
        "desk": ("reader", "agent", "manager"),
        "desk.queue": ("reader", "agent", "manager"),
        "desk.figures": ("reader", "agent", "manager"),
        "desk.work": ("agent", "manager"),
        "desk.export": ("agent", "manager"),
        "desk.help": ("agent", "manager"),
        "desk.secrets": ("agent", "manager"),
        "desk.view-as": ("agent", "manager"),
        "desk.notice": ("agent", "manager"),
        "desk.propose": ("agent", "manager"),
        "desk.approve": ("manager",),
        "desk.trail": ("manager",),
        "desk.roles": ("manager",),
    }
