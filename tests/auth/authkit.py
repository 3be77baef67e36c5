"""Customers, accounts, mails and browsers for the tests of signing in."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select, text

from mypage.auth import captcha
from mypage.auth.models import Account, Credential, Customer, LoginName
from mypage.auth.proof import proof_hash
from mypage.db.keys import Vault
from mypage.db.session import Tx
from mypage.lib.text import fold_identifier
from mypage.mail.models import MailMessage
from mypage.mail.values import unpack_values
from mypage.testing.portal import Answer, Portal, PortalClient

SCHEME = "mypage"
PASSWORD = "Kazahana7391"
NEW_PASSWORD = "Yukidoke4826"
CODE = ("aB3d", "7Kmp", "Xy90")
EMAIL = "hanako@mail.example"


@dataclass(frozen=True)
class Person:
    """A customer, with an account when `login` is set."""

    customer_id: uuid.UUID
    number: str
    login: str = ""
    account_id: uuid.UUID | None = None


@dataclass(frozen=True)
class Kit:
    """One portal and what the tests do with it."""

    portal: Portal

    def customer(self, number: str = "10012345") -> Person:
        """Has the letter with the codes and no account."""

        def make(tx: Tx) -> Person:
            key = fold_identifier(number)
            row = Customer(
                tenant_id=tx.tenant,
                number=number,
                number_key=key,
                name="青森 花子",
                proof_hash=proof_hash(self.portal.server.keyring, tx.tenant, key, CODE),
            )
            tx.add(row)
            tx.flush()
            return Person(row.id, number)

        return self.portal.run(make)

    def member(self, login: str = "hanako1958", *, number: str = "", status: str = "active", **more: Any) -> Person:
        """Has an account with PASSWORD."""
        person = self.customer(number or str(uuid.uuid4().int)[:10])
        hashed = more.pop("password_hash", None) or self.portal.server.hasher.hash(PASSWORD)

        def make(tx: Tx) -> Person:
            account = Account(
                tenant_id=tx.tenant,
                customer_id=person.customer_id,
                status=status,
                email=more.pop("email", EMAIL),
                email_verified_at=tx.now(),
            )
            tx.add(account)
            tx.flush()
            key = fold_identifier(login)
            tx.add(
                Credential(
                    tenant_id=tx.tenant,
                    account_id=account.id,
                    scheme=SCHEME,
                    login_id=login,
                    login_key=key,
                    password_hash=hashed,
                    changed_at=tx.now(),
                    **more,
                )
            )
            tx.add(LoginName(tenant_id=tx.tenant, scheme=SCHEME, login_key=key, state="used", owner_id=account.id))
            tx.flush()
            return Person(person.customer_id, person.number, login, account.id)

        return self.portal.run(make)

    def mails(self, template: str = "") -> list[dict[str, Any]]:
        """The queued mails in order: their values with `to` and `template`."""
        vault = Vault(self.portal.server.keyring)

        def read(tx: Tx) -> list[dict[str, Any]]:
            rows = tx.scalars(
                select(MailMessage)
                .where(MailMessage.tenant_id == tx.tenant)
                # Under a clock that stands still, mails of one moment stand in the order of their rows.
                .order_by(MailMessage.created_at, text("ctid"))
            )
            return [
                unpack_values(vault.open(tx, row.sealed or b"", table="mail_message", column="sealed", row=str(row.id)))
                | {"to": row.recipient, "template": row.template}
                for row in rows
                if template in ("", row.template)
            ]

        return self.portal.run(read)

    def count(self, model: Any, *conditions: Any) -> int:
        """Rows of this tenant."""
        return self.portal.run(
            lambda tx: tx.scalars(
                select(func.count()).select_from(model).where(model.tenant_id == tx.tenant, *conditions)
            ).one()
        )

    def digits(self, page: Answer) -> str:
        """What the picture of a page shows; the page itself does not say it."""
        token = page.all("//input[@name='captcha_token']/@value")[0]
        return captcha.digits(self.portal.server.keyring.derive("captcha", self.portal.name), token)

    def entry(self, page: Answer, person: Person, login: str = "hanako1958", **changed: str) -> dict[str, str]:
        """A registration form filled in well, but for what is changed."""
        values = {
            "_csrf": page.all("//input[@name='_csrf']/@value")[0],
            "captcha_token": page.all("//input[@name='captcha_token']/@value")[0],
            "login": login,
            "password": PASSWORD,
            "password_again": PASSWORD,
            "email": EMAIL,
            "customer_number": person.number,
            "proof_code_1": CODE[0],
            "proof_code_2": CODE[1],
            "proof_code_3": CODE[2],
            "captcha": self.digits(page),
        }
        return values | changed

    def enter(self, browser: PortalClient, person: Person, login: str = "hanako1958", **changed: str) -> Answer:
        """Open the registration form and post it."""
        page = browser.get(f"/register/{SCHEME}")
        return browser.post(f"/register/{SCHEME}", self.entry(page, person, login, **changed))

    def register(self, browser: PortalClient, person: Person, login: str = "hanako1958") -> str:
        """Through the confirm page to the mail; returns the path of its link."""
        self.portal.clock.at += timedelta(seconds=1)
        entered = self.enter(browser, person, login)
        assert entered.status == 303, entered.errors
        browser.get(entered.location)
        sent = browser.submit({})
        assert sent.status == 303, sent.text
        return self.path(self.mails("activation")[-1]["link"])

    def path(self, link: str) -> str:
        """The path of a link in a mail."""
        assert link.startswith(self.portal.origin)
        return link.removeprefix(self.portal.origin)

    def login(self, browser: PortalClient, login: str = "hanako1958", password: str = PASSWORD) -> Answer:
        """Post the login form."""
        browser.get("/login")
        return browser.post("/login", {"login": login, "password": password})

    def signed_in(self, login: str = "hanako1958", password: str = PASSWORD) -> PortalClient:
        """A browser that has signed in."""
        browser = self.portal.client()
        answer = self.login(browser, login, password)
        assert answer.status == 303, answer.errors
        return browser


def csrf_of(page: Answer) -> str:
    """The token of a page's forms."""
    found = re.search(r'name="_csrf" value="([^"]+)"', page.raw.text)
    assert found
    return found[1]
