"""Many at once: the pool is smaller than the crowd, and nobody waits for ever."""

from __future__ import annotations

import time
from collections.abc import Callable

from attackkit import Oracle, browser, gather

from auth.authkit import PASSWORD, Kit
from mypage.testing.portal import Portal
from portal_rows import add_person


def test_two_hundred_readers_share_ten_connections(place: Callable[..., Portal]) -> None:
    here = place()
    mine = browser(here, add_person(here))
    assert here.server.settings.pool_size == 10
    began = time.monotonic()
    answers = here.wait(gather([lambda: mine.send("GET", "/home") for _ in range(200)], at_once=200))
    assert {seen.status for seen in answers} == {200}
    print(f"\n200 pages in {time.monotonic() - began:.2f} s")
    assert time.monotonic() - began < 30


def test_sixty_four_people_sign_in_at_once(place: Callable[..., Portal], oracle: Oracle) -> None:
    here = place()
    kit = Kit(here)
    stored = here.server.hasher.hash(PASSWORD)
    people = [kit.member(f"person{i}", password_hash=stored) for i in range(64)]
    doors = [browser(here) for _ in people]
    for number, door in enumerate(doors):
        # Of one network this would be a spray, and be slowed down as such.
        door.peer = f"203.0.113.{number}"
    began = time.monotonic()
    form = [{"login": person.login, "password": PASSWORD} for person in people]
    answers = here.wait(
        gather(
            [lambda d=d, f=f: d.send("POST", "/login", form=f) for d, f in zip(doors, form, strict=True)], at_once=64
        )
    )
    print(f"\n64 logins in {time.monotonic() - began:.2f} s")
    assert {(seen.status, seen.header("location")) for seen in answers} <= {(303, "/home"), (503, "")}
    signed_in = sum(seen.status == 303 for seen in answers)
    found = oracle.fetch("SELECT count(*) FROM login_session WHERE tenant_id = %s", here.name)[0][0]
    assert found == signed_in >= 60
    pages = here.wait(gather([lambda d=d: d.send("GET", "/home") for d in doors], at_once=64))
    assert sum(page.status == 200 for page in pages) == signed_in


def test_one_account_at_once_from_everywhere(place: Callable[..., Portal]) -> None:
    """Wrong passwords in parallel are counted one by one: the right one does not slip through behind them."""
    here = place()
    person = Kit(here).member("hanako1958")
    doors = [browser(here) for _ in range(32)]
    answers = here.wait(
        gather(
            [
                lambda d=d: d.send("POST", "/login", form={"login": person.login, "password": "Wrong12345"})
                for d in doors
            ],
            at_once=32,
        )
    )
    assert {seen.status for seen in answers} == {422}
    late = here.wait(doors[0].send("POST", "/login", form={"login": person.login, "password": PASSWORD}))
    assert late.status == 422
