"""Apps, passkeys, and customers of portals with second factors."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from typing import Any

import pyotp
from authkit import PASSWORD, Kit, Person
from sqlalchemy import create_engine, func, update

from mypage.auth.factors.models import SecondFactor
from mypage.auth.factors.service import Holder, Keys, add_app
from mypage.db.keys import Vault
from mypage.lib.crypto import Keyring
from mypage.operators.models import TenantRecord
from mypage.testing.portal import Answer, Portal, PortalClient
from softkey import Device


def device_of(portal: Portal, **more: Any) -> Device:
    return Device(portal.origin, portal.host, **more)


def keys_of(portal: Portal) -> Keys:
    return Keys(portal.server.ports.get(Vault), portal.server.ports.get(Keyring))


@dataclass(frozen=True)
class FactorKit(Kit):
    """One portal with second factors."""

    def code(self, secret: str, *, steps: int = 0) -> str:
        """What an app shows now, or some steps of 30 seconds from now."""
        return pyotp.TOTP(secret).at(int(self.portal.clock.now().timestamp()) + 30 * steps)

    def with_app(self, login: str = "hanako1958") -> tuple[Person, str, tuple[str, ...]]:
        """A member with an app: the secret and the recovery codes."""
        person, secret = self.member(login), pyotp.random_base32()
        assert person.account_id is not None
        holder = Holder(account_id=person.account_id, session_id=None, language="ja")
        codes = self.portal.run(
            lambda tx: add_app(tx, keys_of(self.portal), holder, secret=secret, name="アプリ", step=0)
        )
        return person, secret, codes

    def half_way(self, login: str = "hanako1958") -> PortalClient:
        """A browser that has given the right password and shows the page of the second step."""
        browser = self.portal.client()
        answer = self.login(browser, login, PASSWORD)
        assert (answer.status, answer.location) == (303, "/login/second"), answer.errors
        assert browser.get("/login/second").status == 200
        return browser

    def send(self, browser: PortalClient, code: str, way: str = "app") -> Answer:
        """Post a code."""
        return browser.post("/login/second", {"way": way, "code": code})

    def enrol_app(self, browser: PortalClient) -> tuple[str, Answer]:
        """Through the pages; the secret as the page tells it, and the answer to the right code."""
        browser.get("/factors")
        started = browser.post("/factors/app/start")
        assert started.location == "/factors/app", (started.status, started.location)
        page = browser.get("/factors/app")
        secret = page.texts("//dd[contains(@class,'factor-key__text')]")[0].replace(" ", "")
        return secret, browser.submit({"code": self.code(secret)}, form="//form[.//input[@name='code']]")

    def enrol_passkey(self, browser: PortalClient, device: Device, name: str = "電話") -> Answer:
        """Through the pages."""
        browser.get("/factors")
        browser.post("/factors/passkey/start")
        page = browser.get("/factors/passkey")
        answer = device.create(options_of(page))
        return browser.submit({"answer": answer, "name": name}, form="//form[@data-passkey]")

    def factors(self, account_id: uuid.UUID | None) -> int:
        return self.count(SecondFactor, SecondFactor.account_id == account_id)


def options_of(page: Answer) -> dict[str, Any]:
    """What the page hands the browser's dialog."""
    found: dict[str, Any] = json.loads(page.all("//form[@data-passkey]/@data-options")[0])
    return found


def switch(kit: FactorKit, second_factor: str) -> None:
    """What `mypage tenants apply` changes."""
    portal = kit.portal
    owner = create_engine(portal.engine.url.set(username="mypage_owner"))
    with owner.begin() as connection:
        connection.execute(
            update(TenantRecord)
            .where(TenantRecord.name == portal.name)
            .values(second_factor=second_factor, updated_at=func.clock_timestamp())
        )
    owner.dispose()
    portal.wait(portal.server.registry.refresh())
