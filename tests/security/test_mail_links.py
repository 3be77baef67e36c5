"""T10: a mailed link works once, for whom, where and how long it was meant, and only by a press of its button.

`MYPAGE_RING_SIZE` multiplies the rounds.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from attackkit import Browser, Oracle, Seen
from racekit import SIZE, audited, fresh, holder, member, statuses, together, visitor

from auth.authkit import EMAIL, NEW_PASSWORD, PASSWORD, SCHEME, Kit
from auth.authkit import Person as Member
from mypage.auth.links import issue_link
from mypage.auth.registration import register
from mypage.db.keys import Vault
from mypage.testing.portal import Portal
from portal_rows import operator_of

ROUNDS = 25 * SIZE
LIFE = timedelta(hours=1)
FORM = {"password": NEW_PASSWORD, "password_again": NEW_PASSWORD}
OTHER = {"password": "Mizutamari5193", "password_again": "Mizutamari5193"}


@pytest.fixture
def here(place: Callable[..., Portal]) -> Portal:
    return place()


def credential_of(here: Portal, oracle: Oracle, who: Member) -> uuid.UUID:
    """The id of an account's credential."""
    rows = oracle.fetch("SELECT id FROM credential WHERE tenant_id = %s AND account_id = %s", here.name, who.account_id)
    return uuid.UUID(str(rows[0][0]))


def reset_link(here: Portal, oracle: Oracle, who: Member) -> str:
    """The token of a new reset link, as the mail brings it."""
    subject = credential_of(here, oracle, who)
    return here.run(lambda tx: issue_link(tx, "reset", subject, EMAIL, LIFE)[0])


def activation_link(kit: Kit, *, login: str = "", customer: Member | None = None) -> tuple[str, Member]:
    """The token of a new registration's link, and whose it is."""
    here, who, chosen = kit.portal, customer or kit.customer(str(uuid.uuid4().int)[:10]), login or fresh()
    rules, tokens = operator_of(here).registrations[SCHEME], []
    draft = {"customer": str(who.customer_id), "login_id": chosen, "login_key": chosen, "email": EMAIL}

    def link_of(token: str) -> str:
        tokens.append(token)
        return f"{here.origin}/activate/{token}"

    stored = here.server.hasher.hash(PASSWORD)
    vault = here.server.ports.get(Vault)
    here.run(lambda tx: register(tx, vault, rules, draft=draft, password_hash=stored, language="ja", link_of=link_of))
    return tokens[0], who


async def press(browser: Browser, route: str, token: str, form: dict[str, str] | None = None) -> Seen:
    """The button behind a link."""
    return await browser.send("POST", f"/{route}/{token}", form=(form or FORM) if route == "reset" else {})


async def looked_at(browser: Browser, route: str, token: str) -> list[Seen]:
    """As a mail scanner does it."""
    methods = ("GET", "HEAD", "GET", "OPTIONS")
    return [await browser.send(method, f"/{route}/{token}") for method in methods]


def test_reset_links_two_at_once_set_one_password(here: Portal, oracle: Oracle, figure: Callable[[str], None]) -> None:
    """Two presses with different passwords, after a scanner; then a third."""
    kit, wins = Kit(here), 0
    for number in range(ROUNDS):
        who = member(kit, fresh())
        token = reset_link(here, oracle, who)
        doors = [visitor(here, peer=f"203.0.{number % 200}.{n}") for n in range(3)]
        if number % 10 == 0:
            assert statuses(here.wait(looked_at(doors[2], "reset", token))[:3]) == {200}
        work: list[Callable[[], Any]] = [lambda d=d, t=token: press(d, "reset", t) for d in doors[:1]]
        work.append(lambda d=doors[1], t=token: press(d, "reset", t, OTHER))
        answers = together(here, work)
        won = [seen.status for seen in answers].count(303)
        assert sorted(statuses(answers)) == [303, 404]
        wins += won
        third = here.wait(
            press(doors[2], "reset", token, {"password": "Tsukimi48201", "password_again": "Tsukimi48201"})
        )
        assert third.status == 404
    assert audited(oracle, here, "credentials.changed") == ROUNDS
    figure(f"T10 reset links: {ROUNDS} rounds of two at once and one late, {wins} successes")
    assert wins == ROUNDS


def test_activation_links_two_at_once_make_one_account(
    here: Portal, oracle: Oracle, figure: Callable[[str], None]
) -> None:
    """Both presses lead to the login page, and there is one account; later ones find the link dead."""
    kit = Kit(here)
    for number in range(ROUNDS):
        token, _ = activation_link(kit)
        doors = [visitor(here, peer=f"203.0.{number % 200}.{n}") for n in range(2)]
        if number % 10 == 0:
            assert statuses(here.wait(looked_at(doors[0], "activate", token))[:3]) == {200}
        answers = together(here, [lambda d=d, t=token: press(d, "activate", t) for d in doors])
        assert {(seen.status, seen.header("location")) for seen in answers} == {(303, "/login")}
        if number % 10 == 0:
            here.clock.at += timedelta(minutes=10)
            assert here.wait(press(doors[0], "activate", token)).status == 404
    made = oracle.fetch("SELECT count(*), count(DISTINCT customer_id) FROM account WHERE tenant_id = %s", here.name)[0]
    figure(f"T10 activation links: {ROUNDS} rounds of two at once, {made[0]} accounts of {made[1]} customers")
    assert tuple(made) == (ROUNDS, ROUNDS)
    assert audited(oracle, here, "account.activated") == ROUNDS


@pytest.mark.parametrize("route", ["reset", "activate"])
def test_a_link_ends_to_the_second(here: Portal, oracle: Oracle, route: str) -> None:
    kit = Kit(here)
    life = LIFE if route == "reset" else operator_of(here).registrations[SCHEME].link_life
    for early, expected in ((timedelta(seconds=1), 303), (timedelta(0), 404), (timedelta(seconds=-1), 404)):
        token = reset_link(here, oracle, member(kit, fresh())) if route == "reset" else activation_link(kit)[0]
        here.clock.at += life - early
        assert here.wait(visitor(here).send("GET", f"/{route}/{token}")).status == (200 if expected == 303 else 404)
        assert here.wait(press(visitor(here), route, token)).status == expected
        # A clock that is set back brings none back to life that was used, and a used one gives no second effect.
        here.clock.at -= timedelta(days=30)
        if expected == 303:
            assert here.wait(press(visitor(here), route, token, OTHER)).status == (404 if route == "reset" else 303)
    done = audited(oracle, here, "credentials.changed" if route == "reset" else "account.activated")
    assert done == 1


def test_a_reset_link_ends_with_a_newer_one_a_new_address_and_a_new_password(here: Portal, oracle: Oracle) -> None:
    kit = Kit(here)

    def newer(who: Member) -> None:
        reset_link(here, oracle, who)

    def address(who: Member) -> None:
        oracle.change("UPDATE account SET email = 'new@mail.example' WHERE id = %s", who.account_id)

    def password(who: Member) -> None:
        mine = holder(here, who)
        form = {"current": PASSWORD, "password": OTHER["password"], "password_again": OTHER["password"]}
        entered = here.wait(mine.send("POST", "/credentials", form=form))
        confirm = {"operation": entered.header("location").rpartition("draft=")[2]}
        assert here.wait(mine.send("POST", "/credentials/confirm", form=confirm)).status == 303

    def suspended(who: Member) -> None:
        oracle.change("UPDATE account SET status = 'suspended' WHERE id = %s", who.account_id)

    for happens in (newer, address, password, suspended):
        who = member(kit, fresh())
        token = reset_link(here, oracle, who)
        happens(who)
        before = audited(oracle, here, "credentials.changed")
        assert here.wait(visitor(here).send("GET", f"/reset/{token}")).status == 404, happens
        assert here.wait(press(visitor(here), "reset", token)).status == 404, happens
        assert audited(oracle, here, "credentials.changed") == before


def test_an_activation_link_ends_with_a_newer_registration_and_an_account(here: Portal, oracle: Oracle) -> None:
    kit = Kit(here)
    first, who = activation_link(kit)
    second, _ = activation_link(kit, customer=who)
    assert here.wait(press(visitor(here), "activate", first)).status == 404
    assert here.wait(press(visitor(here), "activate", second)).status == 303
    assert audited(oracle, here, "account.activated") == 1


def test_links_are_of_one_portal_and_one_purpose(here: Portal, place: Callable[..., Portal], oracle: Oracle) -> None:
    """Neither another tenant's host, nor the page of the other purpose, nor a forged host brings an effect."""
    there, below = place(), place(prefix="/a", host=f"{here.name}-shared.example")
    kit = Kit(here)
    tokens = {"reset": reset_link(here, oracle, member(kit, fresh())), "activate": activation_link(kit)[0]}
    for route, token in tokens.items():
        for other in (there, below):
            assert here.wait(visitor(other).send("GET", f"/{route}/{token}")).status == 404
            assert here.wait(press(visitor(other), route, token)).status == 404
        crossed = "activate" if route == "reset" else "reset"
        assert here.wait(press(visitor(here), crossed, token)).status == 404
        for altered in (token[:-1], token + "A", token.swapcase(), f"%00{token}", token + "%0a"):
            assert here.wait(press(visitor(here), route, altered)).status == 404, altered
        for forged in ("evil.example", there.host, f"{here.host}.evil.example", f"{here.host}@evil.example"):
            seen = here.wait(visitor(here).send("POST", f"/{route}/{token}", form=FORM, headers={"host": forged}))
            assert seen.status in (400, 404, 409, 421), (forged, seen.status)
    for action in ("credentials.changed", "account.activated"):
        assert sum(audited(oracle, p, action) for p in (here, there, below)) == 0
    for route, token in tokens.items():
        assert here.wait(press(visitor(here), route, token)).status == 303


def test_no_mail_leads_to_a_host_that_is_not_ours(here: Portal, oracle: Oracle, figure: Callable[[str], None]) -> None:
    """Asked for under forged names of the host: the links lead where the table of tenants says."""
    kit = Kit(here)
    hosts = ("evil.example", f"{here.host}:443", f"{here.host}.", here.host.upper(), f"{here.host}.evil.example")
    tricks = [{"host": host} for host in hosts] + [
        {"x-forwarded-host": "evil.example"}, {"forwarded": "host=evil.example"}, {"x-original-url": "//evil.example/"},
        {"x-forwarded-proto": "http"}, {"x-forwarded-prefix": "//evil.example"}, {"origin": here.origin},
    ]  # fmt: skip
    people = [member(kit, fresh()) for _ in tricks]
    work = [
        lambda h=h, p=p: visitor(here).send("POST", "/recover/password", form={"login": p.login}, headers=h)
        for h, p in zip(tricks, people, strict=True)
    ]
    answers = together(here, work)
    ours = {host for (host,) in oracle.fetch("SELECT host FROM platform_address WHERE tenant = %s", here.name)}
    links = [mail["link"] for mail in kit.mails("password_reset")]
    assert 6 <= len(links) == sum(seen.status == 303 for seen in answers)
    foreign = [link for link in links if urlsplit(link).hostname not in ours or urlsplit(link).scheme != "https"]
    figure(f"T10 hosts: {len(tricks)} forged requests, {len(links)} mails, {len(foreign)} links to other hosts")
    assert not foreign
