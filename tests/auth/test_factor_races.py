"""Second factors against the clock: stale tabs, logins beside an enrolment, strangers who hold up the owner."""

from __future__ import annotations

import uuid

from factorkit import FactorKit, device_of, keys_of, options_of

from mypage.auth.factors import service


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
