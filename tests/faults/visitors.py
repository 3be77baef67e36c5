"""Customers who do not give up: whatever breaks while they register or change their card, they try again as people do."""

from __future__ import annotations

import itertools
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import lxml.html
from installation import SECRET, Installation, until
from sqlalchemy import Engine

from mypage.auth import captcha
from mypage.auth.models import Account, Credential, Customer, LoginName, LoginSession
from mypage.auth.proof import proof_hash
from mypage.db.session import Actor, Scope, Tx, unit
from mypage.lib.clock import SystemClock
from mypage.lib.crypto import Keyring
from mypage.lib.tokens import new_token, token_hash
from mypage.server.app import make_keyring
from mypage.server.settings import Settings
from mypage.web.cookies import CookieJar
from payment.payment_bench import Customer as Shopper

SCHEME = "mypage"
PASSWORD = "Kazahana7391"
CODE = ("aB3d", "7Kmp", "Xy90")
FINAL = ("registered", "refused", "cancelled", "expired")
KEYRING: Keyring = make_keyring(Settings(database_url="", secret=SECRET))
_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Person:
    """A customer of a tenant; `session` signs in who has an account already."""

    tenant: str
    number: str
    customer_id: uuid.UUID
    session: str = ""

    @property
    def email(self) -> str:
        return f"n{self.number}@{self.tenant}.example"

    @property
    def login(self) -> str:
        return f"login{self.number}"


def newcomers(engine: Engine, tenant: str, count: int) -> list[Person]:
    """Customers with the letter and without an account."""
    people = [Person(tenant, f"{next(_numbers):08d}", uuid.uuid4()) for _ in range(count)]
    with unit(engine, Scope(tenant, SystemClock(), Actor("system", "test"), "test")) as tx:
        tx.add_all([_customer(tx, person) for person in people])
    return people


def members(engine: Engine, tenant: str, count: int) -> list[Person]:
    """Customers who are signed in."""
    people = [Person(tenant, f"{next(_numbers):08d}", uuid.uuid4(), new_token()) for _ in range(count)]
    now = datetime.now(UTC)
    with unit(engine, Scope(tenant, SystemClock(), Actor("system", "test"), "test")) as tx:
        tx.add_all([_customer(tx, person) for person in people])
        tx.flush()
        for person in people:
            account = uuid.uuid4()
            common: dict[str, Any] = {"tenant_id": tenant}
            tx.add(Account(id=account, customer_id=person.customer_id, email=person.email, **common))
            tx.flush()
            named = common | {"scheme": SCHEME, "login_key": person.login}
            tx.add(Credential(account_id=account, login_id=person.login, **named))
            tx.add(LoginName(state="used", owner_id=account, **named))
            times = {"created_at": now, "seen_at": now, "reauth_at": now, "expires_at": now + timedelta(hours=8)}
            tx.add(
                LoginSession(
                    token_hash=token_hash(person.session), account_id=account, scheme=SCHEME, **common, **times
                )
            )
    return people


def _customer(tx: Tx, person: Person) -> Customer:
    return Customer(
        tenant_id=tx.tenant, id=person.customer_id, number=person.number, number_key=person.number, name="青森 花子",
        proof_hash=proof_hash(KEYRING, tx.tenant, person.number, CODE),
    )  # fmt: skip


@dataclass
class Visitor:
    """A browser over a real connection. `mend` is told when the connection broke (True) or the answer was 503 (False)."""

    here: Installation
    person: Person
    mend: Callable[[bool], None] = lambda _broken: None
    cookies: dict[str, str] = field(default_factory=dict)
    troubles: int = 0

    def __post_init__(self) -> None:
        self.network = f"198.51.{int(self.person.number) // 250 % 250}.{int(self.person.number) % 250 + 1}"
        self.http = httpx.Client(
            base_url=f"http://127.0.0.1:{self.here.port}", timeout=60, trust_env=False, verify=False
        )
        if self.person.session:
            self.cookies[CookieJar(self.person.tenant, "", True).name("session")] = self.person.session

    def close(self) -> None:
        self.http.close()

    def send(self, method: str, path: str, form: Mapping[str, str] | None = None) -> httpx.Response:
        """A request, sent again until it is answered: the recovery has 30 seconds."""
        deadline = time.monotonic() + 40
        while True:
            broken = False
            try:
                answer = self._once(method, path, form)
                if answer.status_code != 503:
                    break
            except httpx.TransportError:
                broken = True
            self.troubles += 1
            assert time.monotonic() < deadline, f"{method} {path} is not answered\n{self.here.log('web')}"
            self.mend(broken)
            time.sleep(0.02)
        assert answer.status_code < 500, f"{method} {path}: {answer.status_code}\n{self.here.log('web')}"
        return answer

    def _once(self, method: str, path: str, form: Mapping[str, str] | None) -> httpx.Response:
        headers = {"host": f"{self.person.tenant}.example", "x-forwarded-for": self.network}
        if self.cookies:
            headers["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        self.http.cookies.clear()
        answer = self.http.request(method, path, headers=headers, data=dict(form) if form is not None else None)
        for cookie in answer.headers.get_list("set-cookie"):
            name, _, rest = cookie.partition("=")
            self.cookies[name] = rest.partition(";")[0].strip('"')
        return answer

    def form(self, page: httpx.Response) -> tuple[str, dict[str, str]]:
        """The address and the values of the form of a page."""
        forms = lxml.html.fromstring(page.text).xpath("//main//form[@method='post']")
        assert forms, page.text
        return forms[0].get("action"), {k: v for k, v in forms[0].form_values() if isinstance(v, str)}

    def submit(self, page: httpx.Response, **changed: str) -> httpx.Response:
        action, values = self.form(page)
        return self.send("POST", action, values | changed)


def steps_of_registration(visitor: Visitor) -> Iterator[str]:
    """Register, activate by the mail's link, log in; yields the names of what is done."""
    person = visitor.person
    while True:
        sent = _apply(visitor)
        yield "applied"
        if sent is not None:
            break
    link = until(lambda: _link(visitor), f"a mail to {person.email}", tell=lambda: visitor.here.log("worker"))
    yield "mailed"
    while True:
        page = visitor.send("GET", link)
        if page.status_code == 404:
            break
        if visitor.submit(page).status_code == 303:
            break
    yield "activated"
    page = visitor.send("GET", "/login")
    done = visitor.submit(page, login=person.login, password=PASSWORD)
    assert (done.status_code, done.headers.get("location")) == (303, "/home"), done.text
    yield "signed in"


def _apply(visitor: Visitor) -> httpx.Response | None:
    """The form and the confirm page; None when the customer has to fill in the form again."""
    person = visitor.person
    page = visitor.send("GET", f"/register/{SCHEME}")
    _, values = visitor.form(page)
    digits = captcha.digits(KEYRING.derive("captcha", person.tenant), values["captcha_token"])
    proof = {f"proof_code_{place}": part for place, part in enumerate(CODE, 1)}
    typed = {"login": person.login, "password": PASSWORD, "password_again": PASSWORD, "email": person.email}
    answer = visitor.submit(page, **typed, **proof, customer_number=person.number, captcha=digits)
    if answer.status_code != 303:
        return None
    page = visitor.send("GET", answer.headers["location"])
    if page.status_code != 200:
        return None
    answer = visitor.submit(page)
    return visitor.send("GET", answer.headers["location"]) if answer.status_code == 303 else None


def _link(visitor: Visitor) -> str:
    letters = visitor.here.sink.to(visitor.person.email)
    origin = f"https://{visitor.person.tenant}.example/activate/"
    links = [word for letter in letters for word in letter.text.split() if word.startswith(origin)]
    return links[-1].removeprefix(f"https://{visitor.person.tenant}.example") if links else ""


def steps_of_card_change(visitor: Visitor) -> Iterator[str]:
    """Change the card; yields after every page. Ends at the page that says that the card is registered."""
    where = _start(visitor)
    for _ in range(60):
        yield where
        path = where.removeprefix(f"https://{visitor.person.tenant}.example")
        if where.startswith(visitor.here.company.url):
            where = _type(where)
        elif "/card/complete/" in path:
            answer = visitor.send("GET", path)
            if answer.status_code == 200:
                return
            where = answer.headers["location"]
        elif path.startswith("/card/"):
            where = _page(visitor, path)
        else:
            where = _start(visitor)
    raise AssertionError(f"the card change goes in circles: {where}")


def _start(visitor: Visitor) -> str:
    answer = visitor.submit(visitor.send("GET", "/card"))
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def _type(page: str) -> str:
    shopper = Shopper(page)
    answer = shopper.type("4242424242424242", brand="visa")
    return answer.headers.get("location") or shopper.cancel().headers["location"]


def _page(visitor: Visitor, path: str) -> str:
    answer = visitor.send("GET", path)
    if answer.status_code == 303:
        return answer.headers["location"]
    assert answer.status_code == 200, (path, answer.status_code)
    if "/card/confirm/" in path:
        answer = visitor.submit(answer)
        return answer.headers["location"]
    entry = path.split("?", maxsplit=1)[0].rpartition("/")[2]
    state = visitor.here.rows("SELECT state FROM card_setup WHERE id = %s", entry)[0][0]
    if state in FINAL:
        return "start again"
    # A minute goes by in which nobody calls about this entry.
    visitor.here.execute("UPDATE card_setup SET updated_at = updated_at - interval '61 s' WHERE id = %s", entry)
    return path
