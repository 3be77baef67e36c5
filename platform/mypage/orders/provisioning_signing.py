"""How messages between a portal and another system are signed: HMAC-SHA256 over their time and their bytes."""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from mypage.hooks.provisioning import ReportRefused
from mypage.lib.tokens import same

TIMESTAMP: Final = "Mypage-Timestamp"
SIGNATURE: Final = "Mypage-Signature"
WINDOW: Final = 300
"""Seconds by which the clocks of both sides, and the way between them, may differ."""
SHORTEST_KEY: Final = 32
_VERSION = "v1="
_SECONDS = re.compile(r"[0-9]{1,12}")


def signed_headers(key: bytes, body: bytes, now: datetime) -> dict[str, str]:
    """The two headers that go with a body sent now."""
    timestamp = str(int(now.timestamp()))
    return {TIMESTAMP: timestamp, SIGNATURE: _VERSION + _mac(key, timestamp, body)}


def check_signed(key: bytes, headers: Mapping[str, str], body: bytes, now: datetime) -> None:
    """Raises ReportRefused unless the key's holder signed this body within the window. Header names are small."""
    timestamp, signature = headers.get(TIMESTAMP.lower(), ""), headers.get(SIGNATURE.lower(), "")
    if not _SECONDS.fullmatch(timestamp) or not same(signature, _VERSION + _mac(key, timestamp, body)):
        raise ReportRefused("signature")
    if abs(now.timestamp() - int(timestamp)) > WINDOW:
        raise ReportRefused("time")


def _mac(key: bytes, timestamp: str, body: bytes) -> str:
    return hmac.digest(key, timestamp.encode() + b"." + body, "sha256").hex()
