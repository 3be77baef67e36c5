"""The way to a mail server that is well, refuses, hangs, or goes away in the middle."""

from __future__ import annotations

import asyncio
import time
from email.message import EmailMessage

import pytest
from mailkit import Mailserver

from mypage.mail.transport import Outcome, SmtpTransport
from mypage.testing.portal import HANG

pytestmark = pytest.mark.anyio


def message() -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "mypage@kita.example", "hanako@example.jp", "お知らせ"
    mail.set_content("本文\n.\n。" + "長" * 3000, cte="base64")
    return mail


async def send(
    server: Mailserver, *, timeout: float = 3, tls: bool = False, recipient: str = "hanako@example.jp"
) -> Outcome:
    transport = SmtpTransport(host="127.0.0.1", port=server.port, timeout=timeout, tls=tls)
    return await transport.send(message(), sender="mypage@kita.example", recipient=recipient)


async def test_a_mail_arrives_as_it_was() -> None:
    async with Mailserver().listening() as server:
        assert await send(server) == Outcome("accepted")
    assert server.recipients == ["hanako@example.jp"]
    assert server.mails[0]["Subject"] == "お知らせ"
    assert server.mails[0].get_content() == message().get_content()


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ("550 5.1.1 no such user", "permanent"),
        ("553 bad mailbox", "permanent"),
        ("450 greylisted", "temporary"),
        ("452 mailbox full", "temporary"),
        ("421 closing", "temporary"),
    ],
)
async def test_what_the_server_says_of_recipient_or_message_decides(answer: str, kind: str) -> None:
    async with Mailserver(on_recipient=lambda *_: answer).listening() as server:
        by_recipient = await send(server)
    async with Mailserver(on_data=lambda *_: answer).listening() as server:
        by_message = await send(server)
    assert [by_recipient.kind, by_message.kind] == [kind, kind]
    assert by_recipient.status == int(answer[:3])
    assert by_recipient.reason == answer


async def test_no_server_means_later() -> None:
    async with Mailserver().listening() as server:
        pass
    assert (await send(server)).kind == "temporary"
    nowhere = SmtpTransport(host="mail.invalid", port=25, timeout=3)
    assert (await nowhere.send(message(), sender="a@b.example", recipient="c@d.example")).kind == "temporary"


async def test_a_server_that_hangs_is_left_in_time() -> None:
    async with Mailserver(hang=lambda _: 30).listening() as server:
        started = time.monotonic()
        outcome = await send(server, timeout=0.5)
    assert outcome == Outcome("temporary", "time-out")
    assert time.monotonic() - started < 25


async def test_a_server_that_says_nothing_or_drips_is_left_in_time() -> None:
    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                writer.write(b"220-")
                await writer.drain()
                await asyncio.sleep(0.1)
        except OSError:
            pass
        finally:
            writer.close()

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    silent = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    dripping = await asyncio.start_server(drip, "127.0.0.1", 0)
    for server in (silent, dripping):
        transport = SmtpTransport(host="127.0.0.1", port=server.sockets[0].getsockname()[1], timeout=0.6)
        started = time.monotonic()
        outcome = await transport.send(message(), sender="a@b.example", recipient="c@d.example")
        assert outcome.kind == "temporary"
        assert time.monotonic() - started < 25
        server.close()


async def test_a_connection_that_drops_before_the_answer_means_later() -> None:
    async with Mailserver(vanish=lambda *_: True).listening() as server:
        assert (await send(server)).kind == "temporary"
    assert len(server.mails) == 1


async def test_a_server_that_refuses_us_is_a_matter_of_configuration() -> None:
    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"554 no service for you\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(refuse, "127.0.0.1", 0)
    transport = SmtpTransport(host="127.0.0.1", port=server.sockets[0].getsockname()[1], timeout=2)
    outcome = await transport.send(message(), sender="a@b.example", recipient="c@d.example")
    assert outcome.kind == "temporary"
    server.close()


async def test_with_tls_demanded_nothing_goes_in_the_clear() -> None:
    async with Mailserver().listening() as server:
        outcome = await send(server, tls=True)
    assert outcome.kind == "temporary"
    assert server.mails == []
    assert server.tries == {}


async def test_a_recipient_with_a_line_break_never_reaches_the_wire() -> None:
    async with Mailserver().listening() as server:
        outcome = await send(server, recipient="a@b.example>\r\nRCPT TO:<c@d.example")
    assert outcome.kind == "permanent"
    assert server.tries == {}


async def test_a_stop_in_the_middle_leaves_no_open_connection() -> None:
    async with Mailserver(hang=lambda _: 30).listening() as server:
        sending = asyncio.create_task(send(server, timeout=20))
        while not server.tries:
            await asyncio.sleep(0.01)
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(sending, HANG)
