"""Second factors against the clock: stale tabs, logins beside an enrolment, strangers who hold up the owner."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from factorkit import FactorKit, device_of, keys_of, options_of
from sqlalchemy import delete, insert, select
from sqlalchemy.exc import OperationalError

from mypage.auth.factors import service
from mypage.auth.models import Account, LoginCounter
from mypage.db.session import Tx
from portal_rows import operator_of


def fill(kit: FactorKit, account_id: uuid.UUID | None, factors: int) -> None:
    """Add apps until there are so many."""
    assert account_id is not None
    holder = service.Holder(account_id=account_id, session_id=None, language="ja")
    for number in range(kit.factors(account_id), factors):
        kit.portal.run(
            lambda tx, n=number: service.add_app(tx, keys_of(kit.portal), holder, secret="A" * 32, name=f"{n}", step=0)
        )


def test_the_eleventh_is_refused_in_tabs_that_began_before_the_tenth(offered: FactorKit) -> None:
    person, _, codes = offered.with_app()
    fill(offered, person.account_id, service.MOST - 1)
    browser = offered.half_way()
    offered.send(browser, codes[0], "recovery")
    browser.get("/factors")
    for kind in ("app", "passkey"):
        assert browser.post(f"/factors/{kind}/start").location == f"/factors/{kind}"
    key = browser.get("/factors/app").texts("//dd[contains(@class,'factor-key__text')]")[0].replace(" ", "")
    made = device_of(offered.portal).create(options_of(browser.get("/factors/passkey")))
    assert browser.post("/factors/app", {"code": offered.code(key), "name": "十"}).location == "/factors"
    late = browser.post("/factors/passkey", {"answer": made, "name": "十一"})
    assert (late.status, late.location) == (303, "/factors")
    assert "登録の上限に達しています" in browser.get("/factors").text
    assert offered.factors(person.account_id) == service.MOST


def test_a_login_under_way_holds_up_the_first_factor_that_would_end_it(offered: FactorKit) -> None:
    """Else the session of a login that saw no factor yet would begin after the enrolment has ended all others."""
    account_id = offered.member().account_id
    assert account_id is not None

    def lock_as_an_enrolment_does(tx: Tx) -> None:
        account = select(Account.id).where(Account.tenant_id == tx.tenant, Account.id == account_id)
        tx.execute(account.with_for_update(nowait=True)).one()

    def ask_as_a_login_does(tx: Tx) -> None:
        assert not service.has_factor(tx, account_id)
        with pytest.raises(OperationalError, match="could not obtain lock"):
            offered.portal.run(lock_as_an_enrolment_does)

    offered.portal.run(lock_as_an_enrolment_does)
    offered.portal.run(ask_as_a_login_does)


def test_strangers_do_not_hold_up_the_second_step_of_a_known_device(offered: FactorKit) -> None:
    """As with the password (decision 0009); what is tried with the right password counts for the account as ever."""
    _, secret, codes = offered.with_app()
    mine = offered.half_way()
    assert offered.send(mine, codes[0], "recovery").location == "/home"
    mine.post("/logout")
    portal = offered.portal
    until = portal.clock.now() + timedelta(minutes=1)
    kinds = {"network": b"198.51.100.7", "tenant": b""}
    rows = [
        {"tenant_id": portal.name, "kind": kind, "key": key, "failures": 5000, "last_at": portal.clock.now()}
        for kind, key in kinds.items()
    ]
    portal.run(lambda tx: tx.execute(delete(LoginCounter).where(LoginCounter.tenant_id == tx.tenant)))
    portal.run(lambda tx: tx.execute(insert(LoginCounter), [row | {"blocked_until": until} for row in rows]))
    offered.login(mine)
    assert offered.send(mine, offered.code(secret)).location == "/home"
    counted = select(LoginCounter.failures).where(LoginCounter.kind.in_(kinds))
    assert set(portal.run(lambda tx: tx.scalars(counted.where(LoginCounter.tenant_id == tx.tenant)).all())) == {5000}
    # A browser that nobody knows waits with its network, and tries at the code are limited on any device.
    stranger = offered.portal.client()
    assert offered.login(stranger).status == 422
    mine.post("/logout")
    for _ in range(operator_of(portal).throttle.free):
        assert offered.login(mine).location == "/login/second"
        assert offered.send(mine, "000000").status == 422
    portal.clock.at += timedelta(seconds=29)
    offered.login(mine)
    assert offered.send(mine, offered.code(secret)).status == 422
    portal.clock.at += timedelta(seconds=1)
    assert offered.send(mine, offered.code(secret)).location == "/home"
