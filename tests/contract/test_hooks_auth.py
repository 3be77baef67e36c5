"""Hooks about signing in, on two operators: each gets its own answer, through the compiled operator."""

from __future__ import annotations

from datetime import timedelta

from mypage.hooks.auth import ChoicePart, TextPart
from mypage.operators.operator import Operator


def test_hook_login_scheme_items(actv: Operator, nagi: Operator) -> None:
    assert list(actv.schemes) == ["mypage"]
    assert list(nagi.schemes) == ["mail"]
    assert actv.schemes["mypage"].join({"login": "hanako"}) == "hanako"
    local, domain = nagi.schemes["mail"].parts
    assert isinstance(local, TextPart)
    assert isinstance(domain, ChoicePart)
    assert (local.forbidden, local.hint) == ("@", "@からうしろは、となりで選びます。")
    assert domain.values == ("nagi.example", "sea.nagi.example")
    assert nagi.schemes["mail"].join({"local": "umi", "domain": "nagi.example"}) == "umi@nagi.example"


def test_hook_login_page_policy(actv: Operator, nagi: Operator) -> None:
    assert actv.login_page.title == "ACT MyPage"
    assert actv.login_page.caution
    assert nagi.login_page.title == "凪ネット お客さまページ"
    assert nagi.login_page.caution == ()
    assert actv.login_page.printed == ()
    assert [each.label for each in nagi.login_page.printed] == ["メールアドレス"]


def test_hook_password_policy(actv: Operator, nagi: Operator) -> None:
    assert actv.password_policies["mypage"].length == (6, 50)
    assert actv.password_policies["mypage"].history == 0
    assert nagi.password_policies["mail"].length == (12, 64)
    assert nagi.password_policies["mail"].history == 3
    assert nagi.password_policies["mail"].alphabet is None


def test_hook_login_id_policy(actv: Operator, nagi: Operator) -> None:
    assert "@" not in actv.login_id_policies["mypage"].alphabet
    assert "@" in nagi.login_id_policies["mail"].alphabet
    assert actv.login_id_policies["mypage"].length == (4, 20)
    assert nagi.login_id_policies["mail"].length == (5, 64)


def test_hook_registration_items(actv: Operator, nagi: Operator) -> None:
    assert list(actv.registrations) == ["mypage"]
    assert nagi.registrations == {}


def test_hook_recovery_items(actv: Operator, nagi: Operator) -> None:
    assert list(actv.recoveries) == ["login-id", "password"]
    assert list(nagi.recoveries) == ["password"]
    assert nagi.recoveries["password"].link_life == timedelta(hours=3)
    assert actv.recoveries["password"].link_life == timedelta(hours=1)


def test_hook_credential_change_items(actv: Operator, nagi: Operator) -> None:
    both, one = actv.credential_changes["mypage"], nagi.credential_changes["mail"]
    assert (both.login, both.password) == (True, True)
    assert (one.login, one.password) == (False, True)
    assert (both.notes, both.line, one.line) == (None, "", "")
    assert one.notes is not None
    assert one.notes.title == "ごらんください"


def test_hook_throttle_policy(actv: Operator, nagi: Operator) -> None:
    assert (actv.throttle.free, actv.throttle.first_wait) == (5, timedelta(seconds=30))
    assert (nagi.throttle.free, nagi.throttle.first_wait) == (3, timedelta(minutes=1))


def test_hook_session_policy(actv: Operator, nagi: Operator) -> None:
    assert actv.sessions.idle == timedelta(minutes=30)
    assert nagi.sessions.idle == timedelta(minutes=15)
    assert nagi.sessions.absolute == actv.sessions.absolute


def test_hook_gate_items(actv: Operator, nagi: Operator) -> None:
    assert [gate.name for gate in actv.gates] == ["initial-password", "second-factor"]
    assert [gate.name for gate in nagi.gates] == ["initial-password", "second-factor", "confirm-address"]
    assert nagi.gates[2].route == "notices"
