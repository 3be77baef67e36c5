"""T6: nobody gets a session by an id of his own choosing, and what has ended stays ended, whatever is under way.

`MYPAGE_RING_SIZE` multiplies the races, `MYPAGE_RING_SEED` changes them.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from attackkit import Browser, Oracle, Seen, jar_of, run_all, session_of
from racekit import (
    SEED,
    SIZE,
    as_person,
    cookie_set,
    dice,
    fresh,
    holder,
    member,
    sessions,
    statuses,
    together,
    visitor,
    with_token,
)

from auth.authkit import NEW_PASSWORD, PASSWORD, Kit
from auth.authkit import Person as Member
from mypage.auth.models import Account
from mypage.auth.sessions import find_session
from mypage.lib.tokens import new_token, token_hash
from mypage.testing.portal import Portal
from portal_rows import add_person, operator_of

RACES = 1_000 * SIZE
CHANGES = 25 * SIZE
BATCH = 20


@pytest.fixture
def here(place: Callable[..., Portal]) -> Portal:
    return place()


def opens(portal: Portal, token: str) -> Any:
    """The session that a token opens, and None when it opens none."""
    found = portal.run(lambda tx: find_session(tx, operator_of(portal), token))
    return str(found.principal.session_id) if found else None


class Tide:
    """Lets a logout begin when so many of the other requests of its batch are answered: at every stage of them."""

    def __init__(self) -> None:
        self.answered = 0
        self.turned = asyncio.Condition()

    async def ride(self, browser: Browser, what: str, wanted: int) -> Seen:
        """One request in its time."""
        if what == "logout":
            async with self.turned:
                await self.turned.wait_for(lambda: self.answered >= wanted)
            return await act(browser, what)
        seen = await act(browser, what)
        async with self.turned:
            self.answered += 1
            self.turned.notify_all()
        return seen


async def act(browser: Browser, what: str) -> Seen:
    """One request of a signed-in browser."""
    match what:
        case "logout":
            return await browser.send("POST", "/logout")
        case "reauth":
            return await browser.send("POST", "/reauth", form={"password": PASSWORD})
        case "wrong":
            return await browser.send("POST", "/credentials", form={"current": "Chigau2026", "login": "another1958"})
        case _:
            return await browser.send("GET", f"/{what}")


def live_tokens(oracle: Oracle, portal: Portal) -> set[bytes]:
    """The hashes of all tokens that open something."""
    rows = oracle.fetch("SELECT token_hash FROM login_session WHERE tenant_id = %s", portal.name)
    return {bytes(row[0]) for row in rows}


def dropped(portal: Portal, seen: Seen) -> bool:
    """Whether an answer takes the session's cookie away: this logout was one."""
    name = jar_of(portal).name("session") + "="
    return any(k == "set-cookie" and v.startswith(name) and "Max-Age=0" in v for k, v in seen.headers)


def test_a_thousand_logouts_among_slow_requests_revive_nothing(
    here: Portal, oracle: Oracle, figure: Callable[[str], None]
) -> None:
    """One to fifty requests are under way, new tokens by re-authentication among them, and one logs out."""
    chance, kit = dice(), Kit(here)
    people = [member(kit, fresh()) for _ in range(BATCH)]
    revived = late = requests = rotated = 0
    for start in range(0, RACES, BATCH):
        races: list[tuple[Browser, list[str]]] = []
        tide = Tide()
        for number in range(BATCH):
            mine = holder(here, people[number])
            mine.peer = f"203.0.113.{number}"
            crowd = 50 if start % 100 == 0 and number == 0 else chance.choice((1, 1, 1, 1, 1, 2))
            acts = chance.choices(("home", "login", "reauth", "wrong"), (1, 3, 6, 1), k=crowd)
            races.append((mine, [*acts, "logout"]))
        # So long after the last use that every page notes the new one.
        here.clock.at += timedelta(seconds=61)
        others = sum(len(acts) - 1 for _, acts in races)
        work = [
            partial(tide.ride, b, a, chance.randint(0, others) if a == "logout" else 0)
            for b, acts in races
            for a in acts
        ]
        answers = iter(together(here, work))
        live = live_tokens(oracle, here)
        for mine, acts in races:
            seen = {n: next(answers) for n in range(len(acts))}
            requests += len(seen)
            assert statuses(seen.values()) <= {200, 303, 409, 422, 503}
            tokens = [
                mine.cookies[jar_of(here).name("session")],
                *filter(None, (cookie_set(here, s) for s in seen.values())),
            ]
            rotated += len(tokens) > 1
            if dropped(here, seen[acts.index("logout")]):
                revived += sum(token_hash(token) in live for token in tokens)
            else:
                # The token that it brought had been replaced twice already: it ended nothing and said so.
                late += 1
                assert len(tokens) > 1
        oracle.change("DELETE FROM login_session WHERE tenant_id = %s", here.name)
        oracle.change("DELETE FROM login_counter WHERE tenant_id = %s", here.name)
    figure(
        f"T6 sessions: {RACES:,} races of {requests:,} requests ({rotated} with a new token, {late} logouts too late), "
        f"{revived} revivals, seed {SEED}"
    )
    assert revived == 0
    assert late < rotated


def test_a_new_password_ends_every_other_session_also_those_just_opening(
    here: Portal, oracle: Oracle, figure: Callable[[str], None]
) -> None:
    """Logins with the old password, re-authentications and pages of other browsers run beside the change."""
    kit, survivors = Kit(here), 0
    for number in range(CHANGES):
        survivors += change_among_logins(here, oracle, member(kit, fresh()), number % 5)
    figure(f"T6 password change: {CHANGES} races with logins and re-authentications, {survivors} other sessions left")
    assert survivors == 0


def change_among_logins(here: Portal, oracle: Oracle, who: Member, place: int) -> int:
    """One race, the change at that place of five; returns how many sessions but the changer's are left."""
    mine, thief = holder(here, who), holder(here, who)
    form = {"current": PASSWORD, "password": NEW_PASSWORD, "password_again": NEW_PASSWORD}
    entered = here.wait(mine.send("POST", "/credentials", form=form))
    assert entered.status == 303, entered.text
    confirm = {"operation": entered.header("location").rpartition("draft=")[2]}
    doors = [visitor(here, peer=f"203.0.113.{n}") for n in range(2)]
    old = {"login": who.login, "password": PASSWORD}
    work: list[Callable[[], Any]] = [lambda d=d: d.send("POST", "/login", form=old) for d in doors]
    work += [lambda: act(thief, "reauth"), lambda: act(thief, "home")]
    work.insert(place, lambda: mine.send("POST", "/credentials/confirm", form=confirm))
    answers = together(here, work)
    changed = answers[place]
    assert (changed.status, changed.header("location").partition("?")[0]) == (303, "/credentials/done")
    fresh_token = cookie_set(here, changed)
    kept = opens(here, fresh_token)
    assert kept
    survivors = len(sessions(oracle, here) - {kept})
    tokens = [cookie_set(here, seen) for seen in answers if seen is not changed]
    assert not any(opens(here, token) for token in tokens if token)
    oracle.change("DELETE FROM login_session WHERE tenant_id = %s", here.name)
    # The old password is refused in every race; of many races their one network would have to wait.
    oracle.change("DELETE FROM login_counter WHERE tenant_id = %s", here.name)
    return survivors


def test_ids_that_we_did_not_issue_open_nothing(
    here: Portal, place: Callable[..., Portal], oracle: Oracle, figure: Callable[[str], None]
) -> None:
    there = place()
    shared = place(prefix="/a", host=f"{here.name}-shared.example")
    sibling = place(prefix="/b", host=shared.host)
    mine, foreign = member(Kit(here), "hanako1958"), member(Kit(there), "hanako1958")
    token, abroad = session_of(here, as_person(mine)), session_of(there, as_person(foreign))
    below, beside = (session_of(p, as_person(member(Kit(p), "hanako1958"))) for p in (shared, sibling))
    chance = dice()
    altered = [token[:n] + chance.choice("abcXYZ019-_").replace(token[n], ".") + token[n + 1 :] for n in range(43)]
    ids = ["attacker-chosen", "", "0", "'", "null", "é", token.upper(), token + "A", token[:-1], f" {token}.", "%00"]
    ids += [token_hash(token).hex(), str(mine.account_id), *altered, *(new_token() for _ in range(100))]
    ended = session_of(here, as_person(mine))
    assert here.wait(act(holder(here, mine, ended), "logout")).status == 303
    rotated = session_of(here, as_person(mine))
    assert cookie_set(here, here.wait(act(holder(here, mine, rotated), "reauth")))
    tried = [(here, each) for each in [*ids, abroad, below, ended, rotated]]
    tried += [(there, token), (shared, beside), (sibling, below), (shared, token)]
    before = sessions(oracle, here)
    answers = run_all(here, [lambda p=p, t=t: with_token(p, visitor(p), t).send("GET", "/home") for p, t in tried])
    doors = {
        (seen.status, seen.header("location").removeprefix(p.prefix))
        for (p, _), seen in zip(tried, answers, strict=True)
    }
    assert doors == {(303, "/login")}
    assert sessions(oracle, here) == before
    assert [
        opens(p, t) is not None for p, t in ((here, token), (there, abroad), (shared, below), (sibling, beside))
    ] == [True] * 4
    figure(f"T6 session ids: {len(tried)} not issued here or ended, 0 accepted")


def test_an_id_planted_before_login_is_not_the_one_after(here: Portal, oracle: Oracle) -> None:
    """Fixation: the planted id, a form token for it and a planted visitor's cookie give the planter nothing."""
    who = member(Kit(here), "hanako1958")
    planted = new_token()
    victim = visitor(here)
    victim.cookies[jar_of(here).name("session")] = planted
    answer = here.wait(victim.send("POST", "/login", form={"login": who.login, "password": PASSWORD}))
    token = cookie_set(here, answer)
    assert answer.status == 303
    assert token not in ("", planted)
    assert opens(here, planted) is None
    assert here.wait(with_token(here, visitor(here), planted).send("GET", "/home")).header("location") == "/login"
    stolen_form = victim.csrf
    assert here.wait(with_token(here, victim, token).send("POST", "/logout", csrf=stolen_form)).status == 409
    assert opens(here, token)


def test_every_proof_of_who_one_is_gives_another_id(here: Portal) -> None:
    """Login, re-authentication and a change of the password; the id before opens nothing any more."""
    who = member(Kit(here), "hanako1958")
    seen = here.wait(visitor(here).send("POST", "/login", form={"login": who.login, "password": PASSWORD}))
    tokens = [cookie_set(here, seen)]
    tokens.append(cookie_set(here, here.wait(act(holder(here, who, tokens[-1]), "reauth"))))
    mine = holder(here, who, tokens[-1])
    form = {"current": PASSWORD, "password": NEW_PASSWORD, "password_again": NEW_PASSWORD}
    entered = here.wait(mine.send("POST", "/credentials", form=form))
    confirm = {"operation": entered.header("location").rpartition("draft=")[2]}
    tokens.append(cookie_set(here, here.wait(mine.send("POST", "/credentials/confirm", form=confirm))))
    again = holder(here, who, tokens[-1])
    seen = here.wait(again.send("POST", "/login", form={"login": who.login, "password": NEW_PASSWORD}))
    tokens.append(cookie_set(here, seen))
    assert len(set(tokens)) == 4
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{43}", token) for token in tokens)
    assert [bool(opens(here, token)) for token in tokens] == [False, False, False, True]


def test_a_role_that_is_taken_away_counts_from_the_next_request(here: Portal, oracle: Oracle) -> None:
    """A session keeps no permissions, so none outlives its role; an account that is suspended has no session."""
    person = add_person(here)
    mine = with_token(here, visitor(here), session_of(here, person))
    assert here.wait(mine.send("GET", "/credentials")).status == 200
    for column, value, expected in (("role", "nobody", {403, 404}), ("status", "suspended", {303})):
        oracle.change(f"UPDATE {Account.__tablename__} SET {column} = '{value}' WHERE id = %s", person.account_id)
        assert here.wait(mine.send("GET", "/credentials")).status in expected
        assert here.wait(mine.send("POST", "/credentials", form={"current": PASSWORD})).status in expected


def test_cookies_tossed_by_a_sibling_do_not_get_in(here: Portal, place: Callable[..., Portal]) -> None:
    """A host of the same domain or a path of the same host can set cookies, but none of these names or values."""
    who = member(Kit(here), "hanako1958")
    answer = here.wait(visitor(here).send("POST", "/login", form={"login": who.login, "password": PASSWORD}))
    set_here = [v for k, v in answer.headers if k == "set-cookie"]
    assert {v.partition("=")[0] for v in set_here} >= {jar_of(here).name(each) for each in ("session", "device")}
    for line in set_here:
        assert line.startswith("__Host-")
        assert "; Path=/;" in line + ";"
        assert "domain=" not in line.lower()
        assert {"HttpOnly", "Secure", "SameSite=lax"} <= set(line.split("; ")), line
    token, name = cookie_set(here, answer), jar_of(here).name("session")
    other = place(prefix="/other", host=f"{here.name}-shared.example")
    assert jar_of(other).name("session").startswith("__Secure-")
    # A name without the prefix, or the same name with an id of the sibling's, before and after the right one.
    for tossed, opened in (
        (f"{name.removeprefix('__Host-')}={token}", False),
        (f"mp-{here.name}-session=x; {name}={token}", True),
        (f"{name.lower()}={new_token()}; {name}={token}", True),
        (f"{name}={new_token()}", False),
        (f'{name}="{token}', False),
        (f"{jar_of(other).name('session')}={token}", False),
    ):
        page = here.wait(visitor(here).send("GET", "/home", headers={"cookie": tossed}))
        assert (page.status == 200) is opened, tossed
    for tossed in (f"{name}={new_token()}; {name}={token}", f"{name}={token}; {name}={new_token()}"):
        page = here.wait(visitor(here).send("GET", "/home", headers={"cookie": tossed}))
        assert page.status in (200, 303)
        assert not cookie_set(here, page)


def test_a_logout_beats_a_new_token_that_is_being_made(here: Portal, oracle: Oracle) -> None:
    """The logout has read the session when a re-authentication gives it a new token; it still ends it."""
    who = member(Kit(here), "hanako1958")
    token = session_of(here, as_person(who))
    mine = holder(here, who, token)
    # Held until both have found the session: the logout waits for its row with the old token in hand.
    oracle.change(
        "CREATE OR REPLACE FUNCTION slow_rotation() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN IF NEW.token_hash <> OLD.token_hash THEN PERFORM pg_sleep(1.5); END IF; RETURN NEW; END $$"
    )
    oracle.change("CREATE TRIGGER slow AFTER UPDATE ON login_session FOR EACH ROW EXECUTE FUNCTION slow_rotation()")
    try:
        again, out = together(here, [lambda: act(mine, "reauth"), lambda: later_logout(mine, oracle)])
    finally:
        oracle.change("DROP TRIGGER slow ON login_session")
        oracle.change("DROP FUNCTION slow_rotation()")
    assert again.status == 303
    assert cookie_set(here, again)
    assert dropped(here, out)
    assert not sessions(oracle, here)
    assert opens(here, cookie_set(here, again)) is None


async def later_logout(browser: Browser, oracle: Oracle) -> Seen:
    """While the re-authentication holds the session's row."""
    sleeping = "SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()"
    for _ in range(1000):
        if await asyncio.to_thread(oracle.fetch, sleeping):
            break
    return await act(browser, "logout")
