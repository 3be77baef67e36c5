"""Messages for the next page, carried in a signed cookie: nothing is written for them, and nobody can forge one."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable

from mypage.lib.tokens import sign, verify
from mypage.web.frame import Flash

MAX_LENGTH = 3000


def pack_flashes(key: bytes, tenant: str, flashes: Iterable[Flash]) -> str:
    """The cookie value for some messages."""
    text = json.dumps([[flash.kind, flash.text] for flash in flashes], ensure_ascii=False)
    data = base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
    return f"{data}.{sign(key, 'flash', tenant, data)}"


def unpack_flashes(key: bytes, tenant: str, value: str) -> tuple[Flash, ...]:
    """The messages of a cookie value; a foreign or forged one holds none."""
    data, dot, signature = value.partition(".")
    if not dot or len(value) > MAX_LENGTH or not verify(key, signature, "flash", tenant, data):
        return ()
    rows = json.loads(base64.urlsafe_b64decode(data + "=" * (-len(data) % 4)))
    return tuple(Flash(kind, text) for kind, text in rows)
