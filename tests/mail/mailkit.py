"""Two operators without any area's routes, and a mail server that does as it is told."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from functools import cache
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP

from mypage.operators.compiling import compile_operator, make_hooks
from mypage.operators.themes import load_themes
from mypage.plugin import ContactBlock, LoginScheme, MailText, Portal, TextPart, hookimpl
from mypage.server.app import Compiled, make_keyring
from mypage.server.routes import all_routes
from mypage.server.settings import Settings
from mypage.testing.portal import HANG

THEMES = Path(__file__).parents[2] / "themes"
ROUTES = {route.name: route.permission for route in all_routes()}
# The key of the worker that the tests start.
KEYRING = make_keyring(Settings(database_url="", secret=bytes(range(32))))
REGISTRATION_NUMBER = "T1234567890123"


class Kita:
    """An operator with words of its own for one mail."""

    company = "北通信"
    texts: tuple[MailText, ...] = (
        MailText(
            name="activation",
            subject="【%(company)s】%(portal)sの登録を完了してください",
            opening=("%(company)sへのお申込み、ありがとうございます。", "10%引きの適用にも登録が必要です。"),
        ),
    )

    @hookimpl
    def portal_policy(self) -> Portal:
        return Portal(
            company=self.company,
            portal_name="マイページ",
            customer_number_label="お客様番号",
            top_label="トップ",
            logout_label="ログアウト",
            contact=ContactBlock(title="お電話", phone="0120-000-111", hours="9時〜17時"),
        )

    @hookimpl
    def login_scheme_items(self) -> list[LoginScheme]:
        return [
            LoginScheme(
                name="main",
                title="ログイン",
                row_heading="",
                parts=(TextPart("login", "ID"),),
                secret="パスワード",
                clear="クリア",
                submit="ログイン",
            )
        ]

    @hookimpl
    def mail_text_items(self) -> list[MailText]:
        return list(self.texts)


class Minami(Kita):
    """Another operator, which leaves all words to the core."""

    company = "南ネット"
    texts = ()


@cache
def compile_operators() -> Compiled:
    plugins = {"kita": Kita(), "minami": Minami()}
    hooks = {name: make_hooks(name, plugin, {}) for name, plugin in plugins.items()}
    operators = {name: compile_operator(hooks[name], plugins[name], ROUTES) for name in plugins}
    return Compiled(operators=operators, hooks=hooks, themes=load_themes([THEMES]))


def tenant_name() -> str:
    return f"t{secrets.token_hex(6)}"


Answer = Callable[[str, int], str | None]
"""recipient, how many tries it had before → an SMTP answer, or None to accept."""


@dataclass
class Mailserver:
    """What arrived, and how to answer. `on_data` may be slow, `vanish` closes the connection instead of answering."""

    mails: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    tries: dict[str, int] = field(default_factory=dict)
    on_recipient: Answer = lambda recipient, tries: None
    on_data: Answer = lambda recipient, tries: None
    hang: Callable[[str], float] = lambda recipient: 0.0
    vanish: Callable[[str, int], bool] = lambda recipient, tries: False
    port: int = 0

    async def handle_RCPT(self, server: SMTP, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        tries = self.tries.get(address, 0)
        self.tries[address] = tries + 1
        answer = self.on_recipient(address, tries)
        if answer is None:
            envelope.rcpt_tos.append(address)
        return answer or "250 OK"

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:
        recipient = envelope.rcpt_tos[0]
        tries = self.tries[recipient] - 1
        if seconds := self.hang(recipient):
            await asyncio.sleep(seconds)
        answer = self.on_data(recipient, tries)
        if answer is None:
            message = message_from_bytes(envelope.original_content, policy=default)
            assert isinstance(message, EmailMessage)
            self.mails.append(message)
            self.recipients.append(recipient)
        if self.vanish(recipient, tries):
            server.transport.abort()
        return answer or "250 OK"

    def of(self, recipient: str) -> list[EmailMessage]:
        return [mail for mail, to in zip(self.mails, self.recipients, strict=True) if to == recipient]

    @asynccontextmanager
    async def listening(self, port: int = 0) -> AsyncIterator[Mailserver]:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: SMTP(self, hostname="test"), "127.0.0.1", port)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()


async def until(done: Callable[[], bool], seconds: float = HANG) -> None:
    """Wait until something is so; fails after `seconds`."""
    async with asyncio.timeout(seconds):
        while not done():
            await asyncio.sleep(0.03)


def text_of(message: EmailMessage) -> str:
    part = message.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def html_of(message: EmailMessage) -> str:
    part = message.get_body(("html",))
    assert part is not None
    return str(part.get_content())
