"""Guessing at the console's door is slow by every path, also side by side (T9 for staff)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyotp
import pytest
from attackkit import Oracle, jar_of
from deskkit import desk_browser
from racekit import audited, cookie_set, counters, statuses, together, visitor, watch_hashes
from sqlalchemy import delete, update

from mypage.auth.factors.models import SecondFactor
from mypage.auth.factors.service import Holder, Keys, add_app
from mypage.auth.models import Credential, LoginName
from mypage.db.keys import Vault
from mypage.db.session import Tx
from mypage.hooks.auth import ThrottlePolicy
from mypage.lib.crypto import Keyring
from mypage.staff.office import SCHEME
from mypage.testing.portal import Portal
from staff_rows import Staff, add_staff

AT_ONCE = 64
PASSWORD, WRONG = "Tsugaru2026Sora", "Chigau2026"
FREE = ThrottlePolicy().free


@pytest.fixture
def office(place: Callable[..., Portal]) -> Portal:
    return place("staff")


def armed(office: Portal) -> Staff:
    """Somebody with a password and an authenticator app."""
    staff = add_staff(office, {})
    keys = Keys(office.server.ports.get(Vault), office.server.ports.get(Keyring))
    hashed = office.server.hasher.hash(PASSWORD)
    mine = Holder(account_id=staff.account_id, session_id=None, language="ja")

    def work(tx: Tx) -> None:
        who = Credential.account_id == staff.account_id
        tx.execute(update(Credential).where(Credential.tenant_id == tx.tenant, who).values(password_hash=hashed))
        tx.add(
            LoginName(
                tenant_id=tx.tenant, scheme=SCHEME, login_key=staff.email, state="used", owner_id=staff.account_id
            )
        )
        # The factor that helpers of tests give has no secret.
        bare = SecondFactor.account_id == staff.account_id
        tx.execute(delete(SecondFactor).where(SecondFactor.tenant_id == tx.tenant, bare))
        add_app(tx, keys, mine, secret=pyotp.random_base32(), name="a", step=0)

    office.run(work)
    return staff


def test_the_door_of_the_console_compares_no_more_than_its_limit(
    office: Portal, oracle: Oracle, monkeypatch: pytest.MonkeyPatch, figure: Callable[[str], None]
) -> None:
    hashes, compared = watch_hashes(office, monkeypatch), {}

    def tried(name: str, attempt: Callable[[], Any], count: Callable[[], int], *, limit: int = FREE) -> None:
        oracle.change("DELETE FROM login_counter WHERE tenant_id = %s", office.name)
        before = count()
        answers = together(office, [attempt] * AT_ONCE)
        assert statuses(answers) <= {404, 422, 503}, (name, statuses(answers))
        compared[name] = count() - before
        assert compared[name] == limit, (name, compared[name])

    who = armed(office)
    door = visitor(office)
    wrong = {"login": who.email, "email": who.email, "password": WRONG}
    tried("login", lambda: door.send("POST", "/login", form=wrong), lambda: hashes.real)
    oracle.change("DELETE FROM login_counter WHERE tenant_id = %s", office.name)
    asked = office.wait(door.send("POST", "/login", form=wrong | {"password": PASSWORD}))
    assert asked.header("location") == "/login/second", asked.text[:300]
    code = {"way": "app", "code": "000000"}
    failed = lambda: audited(oracle, office, "login.second_failed")  # noqa: E731 - said three times
    tried("second step", lambda: door.send("POST", "/login/second", form=code), failed)
    mine = desk_browser(office, who)
    tried("password again", lambda: mine.send("POST", "/reauth", form={"password": WRONG}), lambda: hashes.real)
    oracle.change("DELETE FROM login_counter WHERE tenant_id = %s", office.name)
    again = office.wait(mine.send("POST", "/reauth", form={"password": PASSWORD}))
    assert again.header("location") == "/reauth/second"
    tried("second step again", lambda: mine.send("POST", "/reauth/second", form=code), failed)
    form = {"password": "Atarashii2026", "password_again": "Atarashii2026", "name": "x"}
    seen: dict[bytes, int] = {}

    def links() -> int:
        seen.update(counters(oracle, office, "network"))
        return seen.get(door.peer.encode(), 0)

    oracle.change("DELETE FROM login_counter WHERE tenant_id = %s", office.name)
    guesses = together(office, [lambda: door.send("POST", "/invited/" + "A" * 43, form=form)] * AT_ONCE)
    assert statuses(guesses) <= {404, 410, 422, 503}, statuses(guesses)
    figure(
        f"T9 staff: {len(compared)} paths x {AT_ONCE} tries at once, {FREE} compared of each, overshoot 0; "
        f"{AT_ONCE} guessed invitations, {links()} counted"
    )


def test_a_right_password_without_the_code_opens_nothing(office: Portal, oracle: Oracle) -> None:
    who, door = armed(office), visitor(office)
    asked = office.wait(
        door.send("POST", "/login", form={"login": who.email, "email": who.email, "password": PASSWORD})
    )
    assert (asked.header("location"), cookie_set(office, asked)) == ("/login/second", "")
    for path in ("/home", "/seat", "/queue", "/factors"):
        seen = office.wait(door.send("GET", path))
        assert (seen.status, seen.header("location").partition("?")[0]) == (303, "/login"), path
    assert jar_of(office).name("session") not in door.cookies
