"""Three portals with a victim each, the console, and everybody who might look from the desk of one into another."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from attackkit import Browser, Oracle, jar_of, session_of
from deskkit import ROLES, desk_browser, desk_csrf, desk_token, introduce
from ring_victims import Victim, victim_of
from sqlalchemy import delete

from mypage.auth.factors.models import SecondFactor
from mypage.db.session import Tx
from mypage.staff.models import DeskRole
from mypage.testing.portal import Portal
from portal_rows import add_person
from staff_rows import Staff, add_staff


@dataclass(frozen=True)
class DeskWorld:
    """`home` is worked for; `far` has the same operator, `nagi` another one. Each has a victim."""

    office: Portal
    victims: Mapping[str, Victim]
    people: Mapping[str, Staff]
    """By role at home; `both` is a manager everywhere, `theirs` one of `far` and `nagi` alone."""

    @property
    def home(self) -> Portal:
        """The portal whose desk the attackers sit at."""
        return self.victims["home"].portal

    def at_home(self, role: str) -> Browser:
        """A browser at the desk of home."""
        return desk_browser(self.office, self.people[role], self.home)


OPERATORS = {"home": "actv", "far": "actv", "nagi": "nagi"}


def make_world(place: Callable[..., Portal], oracle: Oracle, *homes: str) -> DeskWorld:
    """The console and three portals, or some of them. All rows are under canaries but those of the console itself."""
    office = place("staff")
    victims = {
        name: victim_of(place(OPERATORS[name]), oracle, f"300000{number}")
        for number, name in enumerate(homes or OPERATORS)
    }
    names = {key: victim.portal.name for key, victim in victims.items()}
    people = {role: add_staff(office, {names["home"]: role}, name=f"担当 {role}") for role in ROLES}
    people["both"] = add_staff(office, dict.fromkeys(names.values(), "manager"), name="両方 担当")
    elsewhere = {name: "manager" for key, name in names.items() if key != "home"}
    people["theirs"] = add_staff(office, elsewhere, name="先方 担当")
    for staff in people.values():
        for victim in victims.values():
            if victim.portal.name in staff.roles:
                introduce(staff, victim.portal)
    return DeskWorld(office, victims, people)


def withdraw(office: Portal, staff: Staff, worked: Portal) -> None:
    """Take a role away."""

    def work(tx: Tx) -> None:
        row = tx.get(DeskRole, (tx.tenant, staff.account_id, worked.name))
        assert row is not None
        row.withdrawn_at = tx.now()

    office.run(work)


def without_factor(office: Portal, there: Portal) -> Staff:
    """Somebody who has not set up a second factor yet."""
    bare = add_staff(office, {there.name: "manager"})
    introduce(bare, there)
    doomed = delete(SecondFactor).where(
        SecondFactor.tenant_id == office.name, SecondFactor.account_id == bare.account_id
    )
    office.run(lambda tx: tx.execute(doomed))
    return bare


def crowd(world: DeskWorld, victim: Victim) -> Iterator[Browser]:
    """Everybody who has no business with a victim at another portal than home."""
    office, there = world.office, victim.portal
    for role in (*ROLES, "both"):
        yield named(f"{role} at the desk of another", world.at_home(role))
    yield named("no seat", desk_browser(office, world.people["both"]))
    yield named("nobody", desk_browser(office, None))
    gone = add_staff(office, {there.name: "manager"})
    introduce(gone, there)
    left = desk_browser(office, gone, there)
    withdraw(office, gone, there)
    yield named("whose role was withdrawn", left)
    yield named("without a second factor", desk_browser(office, without_factor(office, there), there, factor=False))
    yield from strangers(world, there)
    yield from contradicting(world, there)


def strangers(world: DeskWorld, there: Portal) -> Iterator[Browser]:
    """Customers at the console, and staff at a portal: each with their cookies under either name."""
    office = world.office
    token = session_of(there, add_person(there, str(uuid.uuid4().int)[:9], name="よその客"))
    for jar in (jar_of(there), jar_of(office)):
        browser = Browser(office.server, office.host, "", {jar.name("session"): token}, desk_csrf(office, token, there))
        yield named("a customer at the console", browser)
    token = desk_token(office, world.people["theirs"], there)
    for jar in (jar_of(there), jar_of(office)):
        browser = Browser(there.server, there.host, there.prefix, {jar.name("session"): token})
        yield named("staff at a portal", browser)


def contradicting(world: DeskWorld, there: Portal) -> Iterator[Browser]:
    """Somebody at a desk, with two words about which tenant is meant."""
    forged = [
        ("x-forwarded-host", there.host), ("x-host", there.host), ("forwarded", f"host={there.host};proto=https"),
        ("x-tenant", there.name), ("x-tenant-id", there.name), ("x-desk", there.name), ("x-seat", there.name),
    ]  # fmt: skip
    one = named("forwarded to the other", world.at_home("both"))
    one.extra = tuple(forged)
    yield one
    second = named("a second Host", world.at_home("both"))
    second.extra = (("host", there.host),)
    yield second
    elsewhere = named("the console's cookies at the portal's Host", world.at_home("both"))
    elsewhere.host = there.host
    yield elsewhere
    named_twice = named("a seat by query", world.at_home("both"))
    named_twice.shape = lambda path: path + ("&" if "?" in path else "?") + f"tenant={there.name}&worked={there.name}"
    yield named_twice


def named(label: str, browser: Browser) -> Browser:
    """The browser under a name for findings; it keeps no cookies."""
    browser.label, browser.keep_cookies = label, False
    return browser
