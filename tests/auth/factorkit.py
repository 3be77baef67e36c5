"""A software authenticator, an app, and customers of portals with second factors."""

from __future__ import annotations

import hashlib
import json
import secrets
import uuid
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from typing import Any

import cbor2
import pyotp
from authkit import PASSWORD, Kit, Person
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from mypage.auth.factors.models import SecondFactor
from mypage.auth.factors.service import Holder, Keys, add_app
from mypage.db.keys import Vault
from mypage.lib.crypto import Keyring
from mypage.testing.portal import Answer, Portal, PortalClient


def b64(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Device:
    """An authenticator with one key: makes the answers that a browser would send."""

    origin: str
    rp_id: str
    counts: bool = True
    count: int = 0
    id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def _data(self, flags: int, more: bytes = b"") -> bytes:
        if self.counts:
            self.count += 1
        return hashlib.sha256(self.rp_id.encode()).digest() + bytes([flags]) + self.count.to_bytes(4, "big") + more

    def _client(self, kind: str, challenge: str) -> bytes:
        told = {"type": f"webauthn.{kind}", "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        return json.dumps(told).encode()

    def _answer(self, response: dict[str, str]) -> str:
        return json.dumps({"id": b64(self.id), "rawId": b64(self.id), "type": "public-key", "response": response})

    def create(self, options: dict[str, Any]) -> str:
        numbers = self.key.public_key().public_numbers()
        public = cbor2.dumps({1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")})
        data = self._data(0x41, bytes(16) + len(self.id).to_bytes(2, "big") + self.id + public)
        attested = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        client = self._client("create", options["challenge"])
        return self._answer({"clientDataJSON": b64(client), "attestationObject": b64(attested)})

    def get(self, options: dict[str, Any]) -> str:
        client, data = self._client("get", options["challenge"]), self._data(0x01)
        signature = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        return self._answer(
            {"clientDataJSON": b64(client), "authenticatorData": b64(data), "signature": b64(signature)}
        )


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
