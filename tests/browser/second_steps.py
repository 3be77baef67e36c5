"""Two-step login as customers do it: with an app whose codes are reckoned here, or with a passkey of a virtual device."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pyotp
from playwright.sync_api import expect
from surfing import Surfer


@dataclass
class App:
    """An authenticator app. The portal takes each code once, so the app goes on to the next one."""

    secret: str
    _used: int = field(default=-1)

    def code(self) -> str:
        """A code that the portal has not seen; it takes those of the next half minute too."""
        now, generator = datetime.now(UTC), pyotp.TOTP(self.secret)
        step = generator.timecode(now)
        step = step if step > self._used else step + 1
        self._used = step
        return generator.at(step * 30)


def add_app(surfer: Surfer) -> tuple[App, list[str]]:
    """Set up an app; returns it with the recovery codes of the first factor. The page of the codes stays open."""
    surfer.go("/factors")
    surfer.press("認証アプリを設定する")
    surfer.heading("認証アプリの設定")
    key = surfer.page.locator(".factor-key__text").text_content() or ""
    app = App(re.sub(r"\s", "", key))
    surfer.put(surfer.page.locator("#code"), app.code())
    surfer.press("このアプリを登録する")
    surfer.heading("予備コードを控えてください")
    return app, surfer.page.locator(".recovery-codes li").all_inner_texts()


def add_device(surfer: Surfer) -> None:
    """Give the browser a device that makes passkeys, as a phone with a fingerprint reader is one."""
    tools = surfer.context.new_cdp_session(surfer.page)
    tools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    tools.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def second_step(surfer: Surfer, code: str, button: str = "ログイン") -> None:
    """Enter the code of an app or a recovery code on the page that asks for it."""
    surfer.put(surfer.page.locator("#code"), code)
    surfer.press(button)


def start_login(surfer: Surfer, login: str, password: str) -> None:
    """As far as the page of the second step."""
    surfer.go("/login")
    surfer.try_login(login, password)
    expect(surfer.page.locator("#code").or_(surfer.page.locator("form[data-passkey]")).first).to_be_visible()
