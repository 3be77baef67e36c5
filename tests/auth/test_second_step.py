"""The second step of a login, seen from a browser: no session without it, each proof good once, every attempt counted."""

from __future__ import annotations

import asyncio
import json
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from authkit import NEW_PASSWORD, PASSWORD, csrf_of
from factorkit import FactorKit, device_of, keys_of, options_of, switch
from sqlalchemy import select, update

from mypage.audit.models import AuditEntry
from mypage.auth.factors import challenge
from mypage.auth.factors import pending as halfway
from mypage.auth.factors.challenge import Answer, Attempt, Means, Method
from mypage.auth.factors.models import RecoveryCode, SecondFactor
from mypage.auth.factors.passkeys import Site
from mypage.auth.factors.pending import LIFE
from mypage.auth.factors.service import Holder, remove_all
from mypage.auth.models import Account, Credential, LoginSession
from mypage.auth.throttle import second_target
from mypage.forms.models import Draft
from mypage.testing.portal import MakePortal, PortalClient
from portal_rows import operator_of

AT_ONCE = 32


def actions(kit: FactorKit, begins: str = "login") -> list[tuple[str, Any]]:
    """What the trail says, in order."""
    wanted = select(AuditEntry).order_by(AuditEntry.at)
    rows = kit.portal.run(lambda tx: list(tx.scalars(wanted.where(AuditEntry.tenant_id == tx.tenant))))
    return [(row.action, row.after) for row in rows if row.action.startswith(begins)]


def test_a_right_password_opens_no_session_but_the_second_page(offered: FactorKit) -> None:
    _, secret, _ = offered.with_app()
    browser = offered.half_way()
    assert offered.count(LoginSession) == 0
    assert browser.get("/home").location.startswith("/login")
    answer = offered.send(browser, offered.code(secret))
    assert (answer.status, answer.location) == (303, "/home"), answer.errors
    assert offered.count(LoginSession) == 1
    assert browser.get("/home").status == 200
    assert [(action, after["method"]) for action, after in actions(offered)] == [("login.succeeded", "app")]


def test_without_a_factor_and_where_it_is_off_nothing_is_asked(offered: FactorKit, make_portal: MakePortal) -> None:
    offered.member("nobody0001")
    assert offered.login(offered.portal.client(), "nobody0001").location == "/home"
    off = FactorKit(make_portal("actv"))
    off.with_app()
    browser = off.portal.client()
    assert off.login(browser).location == "/home"
    for path in ("/factors", "/factors/app", "/factors/codes", "/factors/passkey", "/login/second", "/reauth/second"):
        assert browser.get(path).status == 404, path
    assert not browser.get("/sessions").all("//a[contains(@href, '/factors')]")
    assert not browser.get("/credentials").all("//a[contains(@href, '/factors')]")


def test_where_one_wanted_to_go_is_kept(offered: FactorKit) -> None:
    _, secret, _ = offered.with_app()
    browser = offered.portal.client()
    assert browser.get("/bills").location == "/login?next=%2Fbills"
    browser.get("/login?next=%2Fbills")
    answer = browser.submit({"login": "hanako1958", "password": PASSWORD})
    assert answer.location == "/login/second?next=%2Fbills"
    browser.get(answer.location)
    assert browser.submit({"code": offered.code(secret)}, form="//form[.//input[@name='code']]").location == "/bills"
    evil = offered.portal.client()
    offered.login(evil)
    page = evil.get("/login/second?next=https://evil.example/")
    assert page.all("//form/@action")[0] == "/login/second"


@pytest.mark.parametrize("typed", ["{0} {1}", "　{0}　{1} ", "{0}-{1}"])
def test_digits_may_be_typed_in_any_width_and_grouping(offered: FactorKit, typed: str) -> None:
    _, secret, _ = offered.with_app()
    code = offered.code(secret)
    wide = code.translate({ord(str(d)): chr(0xFF10 + d) for d in range(10)})
    assert offered.send(offered.half_way(), typed.format(wide[:3], wide[3:])).location == "/home"


@pytest.mark.parametrize(("steps", "held"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_clock_may_be_off_by_one_step(offered: FactorKit, steps: int, held: bool) -> None:
    _, secret, _ = offered.with_app()
    answer = offered.send(offered.half_way(), offered.code(secret, steps=steps))
    assert answer.status == (303 if held else 422)


def test_a_code_is_good_once_and_earlier_ones_end_with_it(offered: FactorKit) -> None:
    _, secret, _ = offered.with_app()
    code, earlier = offered.code(secret), offered.code(secret, steps=-1)
    assert offered.send(offered.half_way(), code).status == 303
    assert offered.send(offered.half_way(), code).status == 422
    assert offered.send(offered.half_way(), earlier).status == 422
    offered.portal.clock.at += timedelta(seconds=30)
    assert offered.send(offered.half_way(), offered.code(secret)).status == 303


@pytest.mark.parametrize("browsers", [1, AT_ONCE])
@pytest.mark.parametrize("method", ["app", "recovery"])
def test_of_equal_proofs_at_once_one_holds(offered: FactorKit, method: Method, browsers: int) -> None:
    """All were admitted; in one browser the draft's lock keeps them apart, in many the proof itself does."""
    person, secret, codes = offered.with_app()
    portal, keys = offered.portal, keys_of(offered.portal)
    operator = operator_of(portal)
    site = Site(portal.host, portal.origin, "x")
    means = Means(keys=keys, site=site, policy=operator.throttle, language="ja")
    owners = [bytes([number]) * 32 for number in range(browsers)]

    def begin(tx: Any) -> Attempt:
        credential = tx.scalars(select(Credential.id).where(Credential.tenant_id == tx.tenant)).one()
        for owner in owners:
            halfway.wait(tx, keys.vault, "second-login", owner, credential_id=credential)
        account_id = person.account_id
        assert account_id is not None
        answer, target = Answer(method, typed), second_target(account_id, "n")
        return Attempt(account_id=account_id, answer=answer, target=target, admitted=True, at=tx.now())

    typed = offered.code(secret) if method == "app" else codes[0]
    attempt = portal.run(begin)

    def settle(number: int) -> str:
        owner = owners[number % browsers]
        return portal.run(lambda tx: challenge.settle(tx, means, "second-login", owner, attempt)).outcome

    with ThreadPoolExecutor(12) as threads:
        outcomes = list(threads.map(settle, range(AT_ONCE)))
    assert outcomes.count("proved") == 1
    assert set(outcomes) == {"proved", "gone" if browsers == 1 else "wrong"}


def test_a_recovery_code_is_good_once_also_at_once(offered: FactorKit) -> None:
    person, _, codes = offered.with_app()
    browsers = [offered.half_way() for _ in range(4)] * 4
    race(offered, browsers, {"way": "recovery", "code": codes[3].lower().replace("-", " ")})
    assert offered.count(LoginSession) == 1
    assert offered.count(RecoveryCode, RecoveryCode.used_at.is_(None)) == 9
    # Those that were too late count as failures, which have to be waited for.
    offered.portal.clock.at += timedelta(hours=13)
    again = offered.send(offered.half_way(), codes[3], "recovery")
    assert again.status == 422
    assert offered.send(offered.half_way(), codes[4], "recovery").status == 303
    told = sorted(mail["change"] for mail in offered.mails("second_factor_changed"))
    assert told == ["app-added", "recovery-used", "recovery-used"]
    assert person.account_id


def race(kit: FactorKit, browsers: list[PortalClient], values: dict[str, str]) -> list[int]:
    """Post the second step from all browsers at the same time; the statuses."""
    forms = [values | {"_csrf": csrf_of(each.last)} for each in browsers if each.last is not None]

    async def all_at_once() -> list[int]:
        posts = (each.arequest("POST", "/login/second", data=form) for each, form in zip(browsers, forms, strict=True))
        return [answer.status_code for answer in await asyncio.gather(*posts)]

    return list(kit.portal.wait(all_at_once()))


def test_the_recovery_page_says_how_many_are_left(offered: FactorKit) -> None:
    _, _, codes = offered.with_app()
    for number, code in enumerate(codes, 1):
        browser = offered.half_way()
        page = browser.get("/login/second?way=recovery")
        assert "予備コードで確認する" in page.text
        browser.submit({"code": code}, form="//form[.//input[@name='code']]")
        home = browser.get("/home").text
        assert ("最後の予備コードを使いました" if number == 10 else f"残りは{10 - number}個です") in home
    assert "予備コードを使う" not in offered.half_way().get("/login/second").text


def test_wrong_codes_are_counted_wait_and_look_the_same(offered: FactorKit) -> None:
    _, secret, codes = offered.with_app()
    browser = offered.half_way()
    wrong = offered.send(browser, "000000" if offered.code(secret) != "000000" else "111111")
    assert wrong.status == 422
    for _ in range(4):
        offered.send(browser, "AAAA-BBBB-CCCC", "recovery")
    frozen = offered.send(browser, offered.code(secret))
    assert frozen.status == 422
    assert frozen.errors == wrong.errors
    # A right password resets its own count, not this one; another browser and another kind of proof wait as well.
    other = offered.half_way()
    assert offered.send(other, codes[0], "recovery").status == 422
    assert offered.count(RecoveryCode, RecoveryCode.used_at.is_not(None)) == 0
    failed = [after for action, after in actions(offered) if action == "login.second_failed"]
    assert len(failed) == 5
    offered.portal.clock.at += timedelta(seconds=31)
    assert offered.send(other, offered.code(secret)).status == 303


def test_guesses_side_by_side_do_not_exceed_the_limit(offered: FactorKit) -> None:
    offered.with_app()
    browsers = [offered.half_way() for _ in range(3)] * 10
    race(offered, browsers, {"way": "recovery", "code": "AAAA-BBBB-CCCC"})
    assert len([1 for action, _ in actions(offered) if action == "login.second_failed"]) == 5


def test_what_is_no_code_is_told_at_the_field_and_not_counted(offered: FactorKit) -> None:
    offered.with_app()
    browser = offered.half_way()
    for way, typed in (("app", ""), ("app", "12345"), ("app", "abcdef"), ("recovery", "AAAA"), ("passkey", "")) * 3:
        answer = offered.send(browser, typed, way)
        assert answer.status == 422
        assert answer.errors or answer.all("//*[@role='alert']")
        assert answer.all("//title/text()")[0].startswith("エラー：")
    assert [a for a, _ in actions(offered)] == []


def test_the_step_ends_after_ten_minutes_and_leads_to_the_password(offered: FactorKit) -> None:
    _, secret, _ = offered.with_app()
    browser = offered.half_way()
    offered.portal.clock.at += LIFE - timedelta(seconds=1)
    assert browser.get("/login/second").status == 200
    # A failure does not prolong it.
    assert offered.send(browser, "AAAA-BBBB-CCCC", "recovery").status == 422
    offered.portal.clock.at += timedelta(seconds=1)
    for answer in (browser.get("/login/second?next=/bills"), offered.send(browser, offered.code(secret))):
        assert answer.status == 303
        assert answer.location.startswith("/login")
    assert "もう一度、パスワードの入力から" in browser.get("/login").text
    assert offered.count(LoginSession) == 0


def test_back_after_the_login_leads_on_and_nothing_is_used_twice(offered: FactorKit) -> None:
    _, secret, codes = offered.with_app()
    browser = offered.half_way()
    page = browser.last
    assert offered.send(browser, offered.code(secret)).status == 303
    assert browser.get("/login/second").location == "/home"
    browser.last = page
    assert offered.send(browser, codes[0], "recovery").status in (303, 409)
    assert offered.count(LoginSession) == 1
    assert offered.count(RecoveryCode, RecoveryCode.used_at.is_not(None)) == 0


def test_the_draft_is_this_browsers_and_this_tenants(offered: FactorKit, make_portal: MakePortal) -> None:
    _, secret, _ = offered.with_app()
    offered.half_way()
    stranger = offered.portal.client()
    stranger.get("/login")
    assert offered.send(stranger, offered.code(secret)).location == "/login"
    other = FactorKit(make_portal("actv", second_factor="offered"))
    # The row of the first tenant, moved to the second one under the owner of a browser there, opens nothing.
    visitor = other.portal.client()
    other.with_app("second0001")
    other.login(visitor, "second0001")
    sealed = offered.portal.run(lambda tx: tx.scalars(select(Draft.sealed).where(Draft.tenant_id == tx.tenant)).one())

    def move(tx: Any) -> None:
        tx.execute(update(Draft).where(Draft.tenant_id == tx.tenant).values(sealed=sealed))

    other.portal.run(move)
    assert visitor.get("/login/second").location == "/login"
    assert other.count(LoginSession) == 0


def test_a_draft_that_was_changed_opens_nothing(offered: FactorKit) -> None:
    offered.with_app()
    browser = offered.half_way()

    def flip(tx: Any) -> None:
        row = tx.scalars(select(Draft).where(Draft.tenant_id == tx.tenant)).one()
        row.sealed = row.sealed[:-1] + bytes([row.sealed[-1] ^ 1])

    offered.portal.run(flip)
    assert browser.get("/login/second").location == "/login"


def test_a_password_changed_meanwhile_or_an_account_closed_ends_the_step(offered: FactorKit) -> None:
    person, secret, _ = offered.with_app()
    browser = offered.half_way()

    def change(tx: Any) -> None:
        row = update(Credential).where(Credential.tenant_id == tx.tenant)
        tx.execute(row.values(changed_at=tx.now() + timedelta(seconds=1)))

    offered.portal.run(change)
    assert offered.send(browser, offered.code(secret)).location == "/login"
    offered.portal.clock.at += timedelta(seconds=60)
    late = offered.half_way()
    offered.portal.run(
        lambda tx: tx.execute(update(Account).where(Account.tenant_id == tx.tenant).values(status="suspended"))
    )
    assert offered.send(late, offered.code(secret)).location == "/login"
    assert offered.count(LoginSession, LoginSession.account_id == person.account_id) == 0


def test_a_password_reset_does_not_skip_it(offered: FactorKit) -> None:
    _, secret, _ = offered.with_app()
    browser = offered.portal.client()
    browser.get("/recover/password")
    browser.submit({"login": "hanako1958"})
    link = offered.path(offered.mails("password_reset")[-1]["link"])
    browser.get(link)
    browser.submit({"password": NEW_PASSWORD, "password_again": NEW_PASSWORD})
    assert offered.count(LoginSession) == 0
    assert offered.login(browser, password=NEW_PASSWORD).location == "/login/second"
    browser.get("/login/second")
    assert offered.send(browser, offered.code(secret)).status == 303


def test_giving_the_password_again_asks_for_both(offered: FactorKit) -> None:
    _, secret, codes = offered.with_app()
    browser = offered.half_way()
    offered.send(browser, codes[0], "recovery")
    offered.portal.clock.at += timedelta(minutes=11)
    first = dict(browser.cookies)
    assert browser.get("/factors").location == "/reauth?next=%2Ffactors"
    browser.get("/reauth?next=%2Ffactors")
    answer = browser.submit({"password": PASSWORD})
    assert answer.location == "/reauth/second?next=%2Ffactors"
    assert browser.get("/factors").status == 303
    page = browser.get(answer.location)
    assert page.status == 200
    wrong = browser.submit({"code": "AAAABBBBCCCC", "way": "recovery"}, form="//form[.//input[@name='code']]")
    assert wrong.status == 422
    browser.get(answer.location)
    held = browser.submit({"code": offered.code(secret)}, form="//form[.//input[@name='code']]")
    assert held.location == "/factors"
    assert browser.get("/factors").status == 200
    assert dict(browser.cookies) != first
    assert ("reauth.succeeded", {"method": "app"}) in actions(offered, "reauth")


def test_whose_factors_the_help_desk_removed_begins_again_with_the_password(offered: FactorKit) -> None:
    person, _, _ = offered.with_app()
    browser = offered.half_way()
    assert person.account_id is not None
    holder = Holder(account_id=person.account_id, session_id=None, language="ja")
    offered.portal.run(lambda tx: remove_all(tx, keys_of(offered.portal), holder, reason="smartphone lost"))
    assert browser.get("/login/second").location == "/login"
    assert offered.login(browser).location == "/home"


def test_a_new_password_stands_in_for_no_second_step(offered: FactorKit) -> None:
    _, secret, _ = offered.with_app()
    browser = offered.half_way()
    offered.send(browser, offered.code(secret))
    offered.portal.clock.at += timedelta(minutes=5)
    browser.get("/credentials")
    entered = browser.submit({"current": PASSWORD, "password": NEW_PASSWORD, "password_again": NEW_PASSWORD})
    offered.portal.clock.at += timedelta(minutes=6)
    assert browser.get("/factors").location == "/reauth?next=%2Ffactors"
    browser.get(entered.location)
    assert browser.submit({}, follow=True).status == 200
    assert browser.get("/factors").location == "/reauth?next=%2Ffactors"


def test_a_draft_that_changes_hands_is_not_compared_on_anothers_count(offered: FactorKit) -> None:
    mine, _, _ = offered.with_app("mine000001")
    theirs, secret, _ = offered.with_app("theirs0001")
    keys, owner = keys_of(offered.portal), b"one browser"

    def wait(credential_of: Any) -> None:
        wanted = select(Credential.id).where(Credential.account_id == credential_of.account_id)
        offered.portal.run(
            lambda tx: halfway.wait(
                tx,
                keys.vault,
                "second-login",
                owner,
                credential_id=tx.scalars(wanted.where(Credential.tenant_id == tx.tenant)).one(),
            )
        )

    def settle(attempt: Attempt) -> str:
        policy = operator_of(offered.portal).throttle
        means = Means(
            keys=keys, site=Site(offered.portal.host, offered.portal.origin, "p"), policy=policy, language="ja"
        )
        return offered.portal.run(lambda tx: challenge.settle(tx, means, "second-login", owner, attempt)).outcome

    def begin() -> Attempt:
        policy, answer = operator_of(offered.portal).throttle, Answer("app", offered.code(secret))
        pending = offered.portal.run(lambda tx: halfway.waiting(tx, keys.vault, "second-login", owner))
        assert pending is not None
        return offered.portal.run(lambda tx: challenge.begin(tx, policy, pending, answer, "192.0.2.1"))

    wait(mine)
    counted_for_me = begin()
    wait(theirs)
    assert settle(counted_for_me) == "gone"
    assert settle(begin()) == "proved"


def test_a_passkey_opens_the_door_once_per_challenge(offered: FactorKit) -> None:
    person = offered.member()
    device = device_of(offered.portal)
    assert offered.enrol_passkey(offered.signed_in(), device).location == "/factors/codes"
    browser = offered.half_way()
    asked = options_of(browser.get("/login/second"))
    assert asked["rpId"] == offered.portal.host
    assert len(asked["allowCredentials"]) == 1
    answer = device.get(asked)
    assert browser.post("/login/second", {"way": "passkey", "answer": answer}).location == "/home"
    assert [after.get("method") for _, after in actions(offered)].count("passkey") == 1
    replay = offered.half_way()
    refused = replay.post("/login/second", {"way": "passkey", "answer": answer})
    assert refused.status == 422
    assert "パスキーを確認できませんでした" in refused.text
    assert offered.factors(person.account_id) == 1


def test_passkeys_of_others_other_sites_and_other_keys_are_refused(offered: FactorKit, make_portal: MakePortal) -> None:
    offered.member("mine000001")
    offered.member("yours00001")
    mine, yours = device_of(offered.portal), device_of(offered.portal)
    offered.enrol_passkey(offered.signed_in("mine000001"), mine)
    offered.enrol_passkey(offered.signed_in("yours00001"), yours)
    wrong_key = device_of(offered.portal, id=mine.id)
    phisher = device_of(offered.portal, id=mine.id, key=mine.key)
    phisher.origin = "https://evil.example"
    elsewhere = device_of(offered.portal, id=mine.id, key=mine.key)
    elsewhere.rp_id = "evil.example"
    browser = offered.half_way("mine000001")
    challenges = set()
    for device in (yours, wrong_key, phisher, elsewhere):
        device.count = 50
        options = options_of(browser.get("/login/second"))
        challenges.add(options["challenge"])
        answer = device.get(options)
        assert browser.post("/login/second", {"way": "passkey", "answer": answer}).status == 422
        offered.portal.clock.at += timedelta(seconds=45)
    assert len(challenges) == 4, "an answer that failed must not fit the next time"
    for made_up in ("{", "[]", "null", "1", '{"id": 1}', json.dumps({"id": "a" * 15_000}), "x" * 17_000, "\x00"):
        refused = browser.post("/login/second", {"way": "passkey", "answer": made_up})
        assert refused.status == 422, made_up[:20]
        offered.portal.clock.at += timedelta(seconds=45)
    assert offered.count(LoginSession) == 2


def test_a_sign_count_that_does_not_grow_is_refused_and_recorded(offered: FactorKit) -> None:
    offered.member()
    device = device_of(offered.portal)
    offered.enrol_passkey(offered.signed_in(), device)
    device.count = 40
    browser = offered.half_way()
    assert browser.post("/login/second", _shown(browser, device)).status == 303
    for count in (40, 20, -1):
        device.count = count
        copied = offered.half_way()
        assert copied.post("/login/second", _shown(copied, device)).status == 422
    assert len(actions(offered, "factor.counter_regressed")) == 3
    silent = device_of(offered.portal, counts=False)
    offered.member("silent0001")
    offered.enrol_passkey(offered.signed_in("silent0001"), silent)
    for _ in range(2):
        quiet = offered.half_way("silent0001")
        assert quiet.post("/login/second", _shown(quiet, silent)).status == 303


def _shown(browser: PortalClient, device: Any) -> dict[str, str]:
    return {"way": "passkey", "answer": device.get(options_of(browser.get("/login/second")))}


def test_secrets_are_nowhere_in_clear(offered: FactorKit) -> None:
    person, secret, codes = offered.with_app()
    offered.half_way()

    def read(tx: Any) -> bytes:
        found = []
        for model in (SecondFactor, RecoveryCode, Draft, AuditEntry):
            for row in tx.scalars(select(model).where(model.tenant_id == tx.tenant)):
                values = [getattr(row, column.name) for column in model.__table__.columns]
                found += [value if isinstance(value, bytes) else str(value).encode() for value in values]
        return b"\n".join(found)

    kept = offered.portal.run(read)
    assert isinstance(person.account_id, uuid.UUID)
    assert secret.encode() not in kept
    assert not any(code.encode() in kept or code.replace("-", "").encode() in kept for code in codes)


def test_who_waits_half_way_when_second_steps_end_begins_again_with_the_password(offered: FactorKit) -> None:
    _, secret, _ = offered.with_app()
    browser, stranger = offered.half_way(), offered.portal.client()
    switch(offered, "off")
    sent = offered.send(browser, offered.code(secret))
    assert (sent.status, sent.location) == (303, "/login")
    assert "手続きを終了しました" in browser.get("/login").text
    assert browser.get("/login/second").location == "/login"
    assert stranger.get("/login/second").status == 404
    assert offered.login(browser, "hanako1958", PASSWORD).location == "/home"


def test_login_id_and_password_change_after_the_second_step_of_late_only(offered: FactorKit) -> None:
    person, secret, _ = offered.with_app()
    browser = offered.half_way()
    assert offered.send(browser, offered.code(secret)).status == 303
    assert browser.get("/credentials").status == 200
    offered.portal.clock.at += operator_of(offered.portal).sessions.reauth
    new = {"current": PASSWORD, "password": NEW_PASSWORD, "password_again": NEW_PASSWORD}
    for answer in (browser.post("/credentials", new), browser.get("/credentials")):
        assert (answer.status, answer.location.partition("?")[0]) == (303, "/reauth")
    browser.get("/reauth")
    assert browser.submit({"password": PASSWORD}).location == "/reauth/second"
    page = browser.get("/reauth/second")
    assert page.status == 200
    browser.submit({"code": offered.code(secret)}, form="//form[.//input[@name='code']]")
    browser.get("/credentials")
    assert browser.post("/credentials", new).location.startswith("/credentials/confirm")
    assert person.account_id
