"""The whole installation on free ports of this machine: portals, worker, payment company, mail server."""

from __future__ import annotations

import base64
import os
import re
import secrets
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn
from aiosmtpd.controller import Controller
from html_keeper import HtmlKeeper
from operators_here import FACTS, OFFICE_FACTS, Facts, compile_here
from sqlalchemy import Engine
from sqlalchemy.dialects.postgresql import insert

from mypage.db.session import platform_unit, sync_engine
from mypage.demo.gateway.app import create_app
from mypage.demo.mailbox import MailboxPage, SmtpHandler
from mypage.demo.mailstore import Mail, Mailstore
from mypage.operators.models import TenantAddress, TenantRecord
from mypage.operators.operator import OFFICE
from mypage.server.app import Server
from mypage.server.settings import Settings
from mypage.testing.database import TestDatabase

REPOSITORY = Path(__file__).parents[2]
THEMES = REPOSITORY / "themes"
SECRET = bytes(range(32))
MAIL_SECONDS = 90.0
_LINK = re.compile(r"https?://\S+")


@dataclass(frozen=True, slots=True)
class Site:
    """A deployed portal: an operator under a theme at an address."""

    tenant: str
    operator: str
    theme: str
    host: str
    prefix: str
    port: int

    @property
    def origin(self) -> str:
        return f"http://{self.host}:{self.port}"

    @property
    def facts(self) -> Facts:
        """What is known of the operator."""
        return OFFICE_FACTS if self.operator == OFFICE else FACTS[self.operator]

    @property
    def key(self) -> str:
        """Operator and theme, as parameters of tests name the portal."""
        return f"{self.operator}-{self.theme}"

    def url(self, path: str = "/") -> str:
        """The full address of a path of the portal."""
        return f"{self.origin}{self.prefix}{path}"


class Line:
    """The line between the portals and the payment company; while it is `cut` the company's interface answers 503."""

    def __init__(self, company: Any) -> None:
        self.cut = False
        self._company = company

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if self.cut and scope["path"].startswith("/api/"):
            await send({"type": "http.response.start", "status": 503, "headers": []})
            await send({"type": "http.response.body", "body": b""})
        else:
            await self._company(scope, receive, send)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """What runs."""

    actv: Site
    plain: Site
    nagi: Site
    nagi_actv: Site
    ucom: Site
    """Has the households of the demo; its pages have a test of their own."""
    ocn: Site
    """Has the companies of the demo, and a test of its own as well."""
    usen: Site
    """By path, with the customers of the demo, and a test of its own."""
    office: Site
    """The staff console, whose pages have tests of their own, too."""
    server: Server
    engine: Engine
    mails: Mailstore
    mailbox_url: str
    gateway_url: str
    line: Line
    front_url: str
    keeper: HtmlKeeper | None

    @property
    def sites(self) -> tuple[Site, ...]:
        return (self.actv, self.plain, self.nagi, self.nagi_actv)

    def site(self, key: str) -> Site:
        """The portal of an operator under a theme, such as `nagi-plain`."""
        return next(site for site in self.sites if site.key == key)

    def mail_to(self, address: str, *, after: int = 0) -> Mail:
        """The newest mail to an address, once more than `after` have arrived. Fails when none comes."""
        deadline = time.monotonic() + MAIL_SECONDS
        while time.monotonic() < deadline:
            found = self.mails_to(address)
            if len(found) > after:
                return found[0]
            time.sleep(0.1)
        raise AssertionError(f"no mail arrived at {address} within {MAIL_SECONDS} seconds")

    def mails_to(self, address: str) -> list[Mail]:
        """All mails to an address, newest first."""
        return [mail for mail in self.mails.newest_first() if mail.to == address]


def link_in(mail: Mail) -> str:
    """The one link into the portal that a mail holds."""
    links = dict.fromkeys(_LINK.findall(mail.text))
    secret = [link for link in links if len(link.split("/", 3)[-1]) > 25]
    assert len(secret) == 1, f"one link with a token is expected in the mail, not {list(links)}"
    return secret[0]


SITES = ("actv-actv", "actv-plain", "nagi-plain", "nagi-actv")
"""Every operator under every theme."""
OWN_THEMES = ("actv-actv", "nagi-plain")
"""Each operator under its own theme; the others bring the same HTML with other colours."""


@contextmanager
def running_stack(database: TestDatabase, folder: Path, html: Path | None = None) -> Iterator[Stack]:
    """Everything in real life: sockets, processes, mails by SMTP. `html` keeps all HTML that is sent."""
    keeper = HtmlKeeper(html) if html else None

    def kept(app: Any) -> Any:
        return keeper.around(app) if keeper else app

    web, payment, mailbox = _listener(), _listener(), _listener()
    port, payment_url = _port(web), f"http://127.0.0.1:{_port(payment)}"
    sites = (
        Site("browser-actv", "actv", "actv", "actv.localhost", "", port),
        Site("browser-plain", "actv", "plain", "plain.localhost", "/aomori", port),
        Site("browser-nagi", "nagi", "plain", "nagi.localhost", "", port),
        Site("browser-nagi-actv", "nagi", "actv", "nagi-actv.localhost", "/umi", port),
        Site("browser-ucom", "ucom", "ucom", "ucom.localhost", "", port),
        Site("browser-staff", OFFICE, "plain", "staff.localhost", "", port),
        Site("browser-ocn", "ocn", "ocn", "ocn.localhost", "", port),
        Site("browser-usen", "usen", "usen", "usen.localhost", "/u0020", port),
    )
    mails = Mailstore(folder / "mails", keep=5000)
    smtp_port = _free_port()
    settings = Settings(
        database_url=database.app,
        secret=SECRET,
        demo=True,
        public_scheme="http",
        public_port=port,
        theme_folders=(THEMES,),
        # Each browser of the tests says where it comes from, so that no test exhausts the tries of another.
        trusted_proxies=("127.0.0.1/32",),
        hash_time_cost=1,
        hash_memory_kib=64,
    )
    for site in sites:
        _deploy(database, site, payment_url)
    server = Server(settings, compile_here(settings.theme_folders))
    with ExitStack() as running:
        running.enter_context(_smtp(mails, smtp_port))
        running.enter_context(served(kept(MailboxPage(mails)), mailbox))
        line = Line(create_app(folder / "gateway", public_url=payment_url, slow_seconds=1.5))
        running.enter_context(served(kept(line), payment))
        running.enter_context(served(kept(server), web, lifespan="on"))
        running.enter_context(_worker(database, folder, smtp_port, port))
        engine = sync_engine(database.app)
        running.callback(engine.dispose)
        yield Stack(
            actv=sites[0],
            plain=sites[1],
            nagi=sites[2],
            nagi_actv=sites[3],
            ucom=sites[4],
            office=sites[5],
            ocn=sites[6],
            usen=sites[7],
            server=server,
            engine=engine,
            mails=mails,
            mailbox_url=f"http://localhost:{_port(mailbox)}",
            gateway_url=payment_url,
            line=line,
            front_url=f"http://localhost:{port}",
            keeper=keeper,
        )
        if keeper:
            for mail in mails.newest_first():
                keeper.keep(mail.html, f"mail: {mail.subject}")


def _deploy(database: TestDatabase, site: Site, payment_url: str) -> None:
    owner = sync_engine(database.owner)
    with platform_unit(owner) as connection:
        connection.execute(
            insert(TenantRecord).values(
                name=site.tenant,
                operator=site.operator,
                theme=site.theme,
                locale="ja",
                second_factor="offered",
                extensions={
                    name: {k: v.format(gateway=payment_url) for k, v in values.items()}
                    for name, values in {"payment": site.facts.payment, **site.facts.extensions}.items()
                    if values
                },
                settings={
                    "mail_from": f"mypage@{site.tenant}.example",
                    "mail_domain": f"{site.tenant}.example",
                    "issuer_name": "青森ケーブルテレビ株式会社",
                    "registration_number": "T1234567890123",
                    "issuer_address": "青森県青森市見本町1-2-3",
                    "issuer_phone": "0120-442-208",
                    **site.facts.settings,
                },
            )
        )
        connection.execute(
            insert(TenantAddress).values(host=site.host, prefix=site.prefix, tenant=site.tenant, main=True)
        )
    owner.dispose()


@contextmanager
def served(app: Any, listener: socket.socket, *, lifespan: Any = "off") -> Iterator[None]:
    """An ASGI application under uvicorn in a thread, which has an event loop of its own."""
    config = uvicorn.Config(
        app, log_config=None, lifespan=lifespan, server_header=False, access_log=False, timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    # However long that takes on a machine that does other things too.
    while not server.started:
        assert thread.is_alive(), f"{app!r} ended while it started"
        time.sleep(0.01)
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(60)


@contextmanager
def _smtp(mails: Mailstore, port: int) -> Iterator[None]:
    controller = Controller(SmtpHandler(mails), hostname="127.0.0.1", port=port, enable_SMTPUTF8=True)
    controller.start()
    try:
        yield
    finally:
        controller.stop()


@contextmanager
def _worker(database: TestDatabase, folder: Path, smtp_port: int, port: int) -> Iterator[None]:
    """The worker as the product runs it: a process of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "worker.log"
    environment = os.environ | {
        "MYPAGE_DATABASE_URL": database.app,
        "MYPAGE_SECRET_KEY": base64.b64encode(SECRET).decode(),
        "MYPAGE_DEMO": "1",
        "MYPAGE_SMTP_HOST": "127.0.0.1",
        "MYPAGE_SMTP_PORT": str(smtp_port),
        "MYPAGE_PUBLIC_PORT": str(port),
        "MYPAGE_THEMES": str(THEMES),
    }
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, Path(__file__).parent / "stack_worker.py"], env=environment, stdout=out, stderr=out
        )
        try:
            yield
            assert process.poll() is None, f"the worker ended: {log.read_text(errors='replace')[-2000:]}"
        finally:
            process.terminate()
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _listener() -> socket.socket:
    return socket.create_server(("127.0.0.1", 0))


def _port(listener: socket.socket) -> int:
    return int(listener.getsockname()[1])


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return _port(listener)


def set_payment_key() -> None:
    """The tenants name the variable that holds the payment company's key; the demo company knows this one."""
    os.environ.setdefault("MYPAGE_PAYMENT_KEY", "demo-key")


def some_id(length: int = 8) -> str:
    """Letters and digits that nobody else has."""
    return secrets.token_hex(length)[:length]
