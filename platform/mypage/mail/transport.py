"""Handing a mail to the mail server by SMTP. Knows no database; ends within its time, whatever the server does."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from typing import Literal, Protocol

import aiosmtplib

IMPLICIT_TLS_PORT = 465
_GOODBYE_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a try ended. `reason` is the server's answer or the kind of error; it may hold the recipient's address."""

    kind: Literal["accepted", "temporary", "permanent"]
    reason: str = ""
    status: int | None = None
    """The server's reply code, where it gave one."""


class Transport(Protocol):
    """Anything that can carry a mail. Never raises for what a mail server or the network does."""

    async def send(self, message: EmailMessage, *, sender: str, recipient: str) -> Outcome:
        """Try once."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpTransport:
    """One connection per mail. With `tls` it is never sent in the clear: TLS from the start on port 465, else STARTTLS.

    `timeout` is the time for all of a try, in seconds.
    """

    host: str
    port: int
    tls: bool = False
    user: str = ""
    password: str = ""
    timeout: float = 20.0

    async def send(self, message: EmailMessage, *, sender: str, recipient: str) -> Outcome:
        """Try once."""
        if not (recipient.isascii() and recipient.isprintable()) or " " in recipient:
            return Outcome("permanent", "refused before sending: not an address")
        implicit = self.tls and self.port == IMPLICIT_TLS_PORT
        client = aiosmtplib.SMTP(
            hostname=self.host,
            port=self.port,
            use_tls=implicit,
            start_tls=self.tls and not implicit,
            username=self.user or None,
            password=self.password or None,
            # The default asks the name service, which may take long.
            local_hostname=sender.rpartition("@")[2],
            timeout=self.timeout,
        )
        try:
            async with asyncio.timeout(self.timeout):
                await client.connect()
                await client.sendmail(sender, [recipient], message.as_bytes(policy=SMTP_POLICY))
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            return classify(error)
        else:
            await _goodbye(client)
            return Outcome("accepted")
        finally:
            client.close()


async def _goodbye(client: aiosmtplib.SMTP) -> None:
    # The mail is taken: nothing that happens now may make it go out again.
    with contextlib.suppress(aiosmtplib.SMTPException, OSError):
        async with asyncio.timeout(_GOODBYE_SECONDS):
            await client.quit()


def classify(error: Exception) -> Outcome:
    """Permanent is what the server says of this recipient or this message for good; everything else may pass."""
    match error:
        case aiosmtplib.SMTPRecipientsRefused(recipients=[first, *_]):
            return _answered(first, final=True)
        case aiosmtplib.SMTPDataError():
            return _answered(error, final=True)
        case aiosmtplib.SMTPResponseException():
            # Refusing us (greeting, login, sender) is a matter of configuration, and mended while the mail waits.
            return _answered(error, final=False)
        case TimeoutError():
            return Outcome("temporary", "time-out")
        case ValueError():
            return Outcome("permanent", f"refused before sending: {type(error).__name__}")
    return Outcome("temporary", type(error).__name__)


def _answered(error: aiosmtplib.SMTPResponseException, *, final: bool) -> Outcome:
    kind: Literal["temporary", "permanent"] = "permanent" if final and error.code >= 500 else "temporary"
    return Outcome(kind, f"{error.code} {error.message}", error.code)
