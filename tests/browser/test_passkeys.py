"""Passkeys on a phone and at a desk with a virtual device: used, cancelled, known already, and lost."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import CDPSession, expect
from portal_stack import Site, Stack
from sample_people import People
from second_steps import second_step, start_login
from surfing import Surfer, Surfers, Way

DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def _device(surfer: Surfer, **changed: Any) -> tuple[CDPSession, str]:
    tools = surfer.context.new_cdp_session(surfer.page)
    tools.send("WebAuthn.enable")
    made = tools.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE | changed})
    return tools, made["authenticatorId"]


def _register(surfer: Surfer) -> None:
    surfer.go("/factors")
    surfer.press("この端末を登録する")
    surfer.heading("パスキーの登録")
    surfer.press("パスキーを登録する")


def _at(stack: Stack, way: Way) -> Site:
    """Alone on its host, and below a path of a host that portals share."""
    return stack.plain if way == "phone" else stack.actv


@pytest.mark.parametrize("way", ["phone", "mouse"])
def test_a_passkey_is_registered_used_and_not_registered_twice(
    stack: Stack, people: People, surfers: Surfers, way: Way
) -> None:
    person = people.empty(_at(stack, way))
    surfer = surfers.open(person.site, way)
    tools, device = _device(surfer)
    surfer.log_in(person)
    _register(surfer)
    surfer.heading("予備コードを控えてください")
    [key] = tools.send("WebAuthn.getCredentials", {"authenticatorId": device})["credentials"]
    assert key["rpId"] == person.site.host
    surfer.press("控えました")
    _register(surfer)
    expect(surfer.main.locator("[data-says]")).to_have_text("この端末は、すでに登録されています。")
    surfer.log_out()
    start_login(surfer, person.login, person.password)
    surfer.press("パスキーを使う")
    surfer.at("/home")
    [used] = tools.send("WebAuthn.getCredentials", {"authenticatorId": device})["credentials"]
    assert used["signCount"] > key["signCount"]


def test_who_turns_away_from_the_dialog_is_told_what_to_do(stack: Stack, people: People, surfers: Surfers) -> None:
    person = people.empty(stack.actv)
    surfer = surfers.open(person.site, "phone")
    tools, device = _device(surfer)
    surfer.log_in(person)
    _register(surfer)
    surfer.heading("予備コードを控えてください")
    code = surfer.page.locator(".recovery-codes li").first.inner_text()
    surfer.press("控えました")
    surfer.log_out()
    tools.send("WebAuthn.setUserVerified", {"authenticatorId": device, "isUserVerified": False})
    tools.send("WebAuthn.removeCredential", _only_key(tools, device))
    start_login(surfer, person.login, person.password)
    surfer.press("パスキーを使う")
    expect(surfer.main.locator("[data-says]")).to_contain_text("もう一度ボタンを押してください")
    surfer.follow("予備コードを使う")
    second_step(surfer, code)
    surfer.at("/home")
    surfer.says("残りは9個です")


def _only_key(tools: CDPSession, device: str) -> dict[str, str]:
    [key] = tools.send("WebAuthn.getCredentials", {"authenticatorId": device})["credentials"]
    return {"authenticatorId": device, "credentialId": key["credentialId"]}
