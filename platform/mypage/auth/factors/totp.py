"""Authenticator apps: codes of six digits that follow from a shared secret and the time (RFC 6238)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

import pyotp
import segno

from mypage.lib.text import fold_digits
from mypage.lib.tokens import same

DIGITS = 6
SECONDS = 30
DRIFT = 1
"""How many steps a device's clock may be off, to either side."""
_BAR = re.compile("#+")


@dataclass(frozen=True, slots=True)
class Picture:
    """A QR code as one SVG path of black squares on a field of `size` units."""

    size: int
    path: str


def new_secret() -> str:
    """160 random bits in base 32."""
    return pyotp.random_base32(32)


def fold_code(typed: str) -> str | None:
    """The six digits that were typed, in any width and grouping; None when there are others."""
    digits = fold_digits(typed)
    return digits if len(digits) == DIGITS and digits.isascii() and digits.isdigit() else None


def step_of(secret: str, code: str, at: datetime) -> int | None:
    """The time step whose code this is, of those that may be in use at an instant; None for a wrong code."""
    now, generator = int(at.timestamp()) // SECONDS, pyotp.TOTP(secret, digits=DIGITS, interval=SECONDS)
    found = None
    # All are compared, so that the time tells nothing.
    for step in range(now - DRIFT, now + DRIFT + 1):
        if same(generator.generate_otp(step), code):
            found = step
    return found


def code_at(secret: str, at: datetime) -> str:
    """What an app with this secret shows at an instant."""
    return pyotp.TOTP(secret, digits=DIGITS, interval=SECONDS).at(int(at.timestamp()))


def address(secret: str, *, portal: str, login_id: str) -> str:
    """What an app reads from the picture; `portal` is the name under which it lists the code."""
    return pyotp.TOTP(secret, digits=DIGITS, interval=SECONDS).provisioning_uri(
        name=login_id, issuer_name=portal.replace(":", " ")
    )


def grouped(secret: str) -> str:
    """The secret in groups of four, for typing it into an app."""
    return " ".join(secret[i : i + 4] for i in range(0, len(secret), 4))


def picture(text: str) -> Picture:
    """The QR code of a text, with the quiet zone that scanners need."""
    code = segno.make_qr(text, error="m")
    rows = ["".join("#" if dark else " " for dark in row) for row in code.matrix_iter(border=4)]
    bars = [
        f"M{bar.start()} {y}h{len(bar[0])}v1h-{len(bar[0])}z"
        for y, row in enumerate(rows)
        for bar in _BAR.finditer(row)
    ]
    return Picture(len(rows), "".join(bars))
