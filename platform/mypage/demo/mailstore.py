"""The mails that the demo's mailbox keeps: read whatever arrives, hold the newest in a folder."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage, Message
from pathlib import Path
from typing import Any

KEEP = 500
_LONGEST_PART = 500_000
_LONGEST_HEADER = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """One received mail as shown. `received` is in UTC; `text` or `html` is empty when the mail has no such part."""

    id: str
    received: datetime
    sender: str
    to: str
    subject: str
    text: str = ""
    html: str = ""
    attachments: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The mail as JSON values, the time in ISO 8601."""
        return asdict(self) | {"received": self.received.isoformat(), "attachments": list(self.attachments)}


class Mailstore:
    """Mails in a folder, one JSON file and one original (.eml) each; the names sort by time of arrival."""

    def __init__(self, folder: Path, *, keep: int = KEEP) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder = folder
        self._keep = keep

    def add(self, content: bytes, *, sender: str, recipients: Sequence[str]) -> Mail:
        """Keep one mail; the envelope's recipients count, not those of the header. Never refuses a broken mail."""
        mail = read_mail(content, sender=sender, recipients=recipients)
        self._write(f"{mail.id}.eml", content)
        self._write(f"{mail.id}.json", json.dumps(mail.as_json()).encode())
        for old in self._ids()[self._keep :]:
            self._remove(old)
        return mail

    def newest_first(self) -> list[Mail]:
        """All mails that are kept."""
        found = (self.find(mail_id) for mail_id in self._ids())
        return [mail for mail in found if mail is not None]

    def find(self, mail_id: str) -> Mail | None:
        """One mail, or None when it is not (or no longer) kept."""
        content = self._read(mail_id, "json")
        if content is None:
            return None
        try:
            values = json.loads(content)
            received = datetime.fromisoformat(values.pop("received"))
            return Mail(received=received, attachments=tuple(values.pop("attachments")), **values)
        except (ValueError, KeyError, TypeError, AttributeError):
            return None

    def original(self, mail_id: str) -> bytes | None:
        """The mail as it arrived."""
        return self._read(mail_id, "eml")

    def clear(self) -> None:
        """Forget all mails."""
        for mail_id in self._ids():
            self._remove(mail_id)

    def _ids(self) -> list[str]:
        return sorted((path.stem for path in self._folder.glob("*.json")), reverse=True)

    def _read(self, mail_id: str, kind: str) -> bytes | None:
        if not mail_id.replace("-", "").isalnum() or not mail_id.isascii():
            return None
        try:
            return (self._folder / f"{mail_id}.{kind}").read_bytes()
        except OSError:
            return None

    def _write(self, name: str, content: bytes) -> None:
        unfinished = self._folder / f"{name}.part"
        unfinished.write_bytes(content)
        unfinished.replace(self._folder / name)

    def _remove(self, mail_id: str) -> None:
        for kind in ("json", "eml"):
            (self._folder / f"{mail_id}.{kind}").unlink(missing_ok=True)


def read_mail(content: bytes, *, sender: str, recipients: Sequence[str]) -> Mail:
    """Read a mail as far as it can be read: what is broken is shown raw, or left out."""
    envelope: dict[str, Any] = {
        "id": f"{time.time_ns():020d}-{secrets.token_hex(4)}",
        "received": datetime.now(UTC),
        "to": ", ".join(recipients),
    }
    try:
        message = message_from_bytes(content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        return Mail(
            **envelope,
            sender=_header(message, "From") or sender,
            subject=_header(message, "Subject"),
            text=_part(message, "text/plain"),
            html=_part(message, "text/html"),
            attachments=tuple(_clean(part.get_filename() or "?") for part in _leaves(message) if _attached(part)),
        )
    except Exception:  # noqa: BLE001 (the e-mail parser raises errors of many kinds on hostile input)
        return Mail(**envelope, sender=sender, subject="", text=_clean(_decode(content, None)[:_LONGEST_PART]))


def _leaves(message: EmailMessage) -> list[Message]:
    return [part for part in message.walk() if not part.is_multipart()]


def _attached(part: Message) -> bool:
    return part.get_content_disposition() == "attachment" or part.get_content_maintype() != "text"


def _part(message: EmailMessage, kind: str) -> str:
    for part in _leaves(message):
        if part.get_content_type() == kind and not _attached(part):
            payload = part.get_payload(decode=True)
            if isinstance(payload, bytes):
                return _clean(_decode(payload, part.get_content_charset())[:_LONGEST_PART])
    return ""


def _header(message: EmailMessage, name: str) -> str:
    try:
        return _clean(str(message.get(name) or "")[:_LONGEST_HEADER])
    except Exception:  # noqa: BLE001 (as above: a header that the parser cannot read)
        raw = dict(message.raw_items()).get(name, "")
        return _clean(str(raw)[:_LONGEST_HEADER])


def _decode(payload: bytes, charset: str | None) -> str:
    # Mail that calls itself ISO-2022-JP often holds ①, ㈱ or half-width kana, which only the wider variants know.
    wider = ("iso2022_jp_ext", "iso2022_jp_3") if (charset or "").lower().startswith("iso-2022-jp") else ()
    for name in (charset, *wider, "utf-8", "cp932"):
        try:
            return payload.decode(name or "ascii")
        except (LookupError, ValueError):
            continue
    return payload.decode("utf-8", "replace")


def _clean(text: str) -> str:
    """Text that any encoder takes: bytes that were smuggled through a header are decoded at last."""
    try:
        text.encode()
    except UnicodeEncodeError:
        text = _decode(text.encode("utf-8", "surrogateescape"), None)
    return text.replace("\0", "")
