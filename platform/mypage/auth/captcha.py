"""A picture of digits, or the digits spoken, for people who register: nothing is stored until somebody answers.

The digits follow from the challenge id by HMAC, so a page view writes nothing, and the id in the page says nothing
without the key. **Single use is the service's part**: after ``Result.OK`` insert ``token_hash(challenge_id)`` under a
unique constraint and treat a conflict as ``Result.WRONG``; also count wrong answers, since four digits can be guessed.
Rendering takes milliseconds of processor time: call it in a thread, and only for ids that ``digits`` accepts.
"""

from __future__ import annotations

import hmac
import secrets
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import cache
from io import BytesIO

from captcha.audio import AudioCaptcha, change_sound, change_speed, patch_wave_header
from captcha.image import ColorTuple, ImageCaptcha
from PIL import Image, ImageDraw, ImageFilter

from mypage.lib.text import fold_digits

LENGTHS = range(4, 9)
IMAGE_HEIGHT = 80
_MARGIN = 10
_TILT = 14
DEFAULT_AGE = timedelta(minutes=10)

_HEAD = struct.Struct(">16sQB")
_MAC_BYTES = 16
_LONGEST_ANSWER = 40
_CLOCK_SKEW = timedelta(seconds=5)

_INKS = ((16, 36, 94), (96, 14, 40), (10, 74, 58), (66, 22, 96), (92, 44, 0))
_PAPERS = ((250, 248, 240), (240, 246, 252), (244, 250, 242))

_RATE = 8000
_SILENCE = 128
_GAP_SECONDS = 0.9


class Result(StrEnum):
    """What became of an answer. ``INVALID`` ids were not made by us or belong to another key or tenant."""

    OK = "ok"
    WRONG = "wrong"
    EXPIRED = "expired"
    INVALID = "invalid"


class InvalidChallengeError(ValueError):
    """The id was not made with this key, or is another spelling of one that was; answer as for a missing page."""


def new_challenge(key: bytes, now: datetime, length: int = 4) -> str:
    """An id for one challenge, safe in a URL and a hidden field. ``key`` is derived for "captcha" and the tenant."""
    if length not in LENGTHS:
        raise ValueError(f"a challenge has {LENGTHS[0]} to {LENGTHS[-1]} digits, not {length}")
    head = _HEAD.pack(secrets.token_bytes(16), int(now.timestamp()), length)
    return _spelled(head + _mac(key, head))


def digits(key: bytes, challenge_id: str) -> str:
    """The digits to draw or speak. Raises ``InvalidChallengeError``."""
    return _digits(key, _open(key, challenge_id))


def check(key: bytes, challenge_id: str, answer: str, now: datetime, max_age: timedelta = DEFAULT_AGE) -> Result:
    """Judges an answer; full-width digits, spaces and hyphens in it do no harm. See the module on single use."""
    try:
        head = _open(key, challenge_id)
    except InvalidChallengeError:
        return Result.INVALID
    issued = datetime.fromtimestamp(_HEAD.unpack(head)[1], UTC)
    if not -_CLOCK_SKEW <= now - issued <= max_age:
        return Result.EXPIRED
    given = fold_digits(answer[:_LONGEST_ANSWER]).encode("utf-8", "replace")
    return Result.OK if hmac.compare_digest(given, _digits(key, head).encode()) else Result.WRONG


def image_png(digits: str, variant: int = 0) -> bytes:
    """A PNG, 80 pixels high and 220 wide for four digits; ``variant`` chooses the colours, noise differs each time."""
    _refuse_other_than_digits(digits)
    ink, paper = _INKS[variant % len(_INKS)], _PAPERS[variant % len(_PAPERS)]
    drawing = _Drawing(width=60 + 40 * len(digits), height=IMAGE_HEIGHT, font_sizes=(54, 58))
    picture = drawing.create_captcha_image(digits, ink, paper)
    faint = _blend(ink, paper)
    drawing.create_noise_dots(picture, faint, width=2, number=24)
    for _ in range(3):
        drawing.create_noise_curve(picture, faint)
    out = BytesIO()
    picture.quantize(32, method=Image.Quantize.MEDIANCUT).save(out, format="PNG", optimize=True)
    return out.getvalue()


def audio_wav(digits: str) -> bytes:
    """The digits spoken in English, slowly, as a mono WAV of 8 kHz (about 10 kB a digit)."""
    _refuse_other_than_digits(digits)
    voices = _voices()
    gap = bytes([_SILENCE]) * int(_RATE * _GAP_SECONDS)
    body = bytearray(gap)
    for digit in digits:
        spoken = change_speed(bytearray(voices[digit]), 1.0 + secrets.randbelow(25) / 100)
        body += change_sound(spoken, 1.25 + secrets.randbelow(30) / 100) + gap
        body += gap[: secrets.randbelow(_RATE // 4)]
    return bytes(patch_wave_header(_with_hiss(body)))


class _Drawing(ImageCaptcha):
    """Dark digits, slightly turned and apart: the reader may be old, and must not take a stretched 1 for a 7."""

    def create_captcha_image(self, chars: str, color: ColorTuple, background: ColorTuple) -> Image.Image:
        """Like the library's, which pales dark inks, crowds the digits and leaves them at the left edge."""
        picture = Image.new("RGB", (self._width, self._height), background)
        slot = (self._width - 2 * _MARGIN) // len(chars)
        for place, char in enumerate(chars):
            glyph = self._glyph(char, color)
            left = _MARGIN + place * slot + (slot - glyph.width) // 2 + secrets.randbelow(7) - 3
            top = (self._height - glyph.height) // 2 + secrets.randbelow(9) - 4
            picture.paste(glyph, (left, top), glyph.getchannel("A"))
        return picture.filter(ImageFilter.SMOOTH)

    def _glyph(self, char: str, color: ColorTuple) -> Image.Image:
        canvas = Image.new("RGBA", (100, 100))
        ImageDraw.Draw(canvas).text((20, 10), char, font=secrets.choice(self.truefonts), fill=color)
        tilt = secrets.randbelow(2 * _TILT + 1) - _TILT
        return canvas.crop(canvas.getbbox()).rotate(tilt, Image.Resampling.BICUBIC, expand=True)


def _blend(ink: tuple[int, int, int], paper: tuple[int, int, int]) -> tuple[int, int, int]:
    red, green, blue = ((dark + light) // 2 for dark, light in zip(ink, paper, strict=True))
    return red, green, blue


@cache
def _voices() -> dict[str, bytes]:
    library = AudioCaptcha()
    for digit in "0123456789":
        library._load_data(digit)  # noqa: SLF001 - the package offers its voices in no other way
    return {digit: bytes(library._cache[digit][0]) for digit in "0123456789"}  # noqa: SLF001


def _with_hiss(body: bytearray) -> bytearray:
    hiss = secrets.token_bytes(len(body))
    return bytearray(min(255, max(0, sample + (noise & 7) - 4)) for sample, noise in zip(body, hiss, strict=True))


def _mac(key: bytes, head: bytes) -> bytes:
    return hmac.digest(key, b"captcha id" + head, "sha256")[:_MAC_BYTES]


def _digits(key: bytes, head: bytes) -> str:
    length = int(_HEAD.unpack(head)[2])
    number = int.from_bytes(hmac.digest(key, b"captcha digits" + head, "sha256"), "big")
    return str(number % 10**length).zfill(length)


def _spelled(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def _open(key: bytes, challenge_id: str) -> bytes:
    size = _HEAD.size + _MAC_BYTES
    try:
        raw = urlsafe_b64decode(challenge_id[:100] + "=" * (-len(challenge_id[:100]) % 4))
    except ValueError as error:
        raise InvalidChallengeError("not a challenge id") from error
    head = raw[: _HEAD.size]
    if len(raw) != size or _spelled(raw) != challenge_id or not hmac.compare_digest(raw[_HEAD.size :], _mac(key, head)):
        raise InvalidChallengeError("not a challenge id of this key")
    return head


def _refuse_other_than_digits(digits: str) -> None:
    if len(digits) not in LENGTHS or not (digits.isascii() and digits.isdigit()):
        raise ValueError(f"{LENGTHS[0]} to {LENGTHS[-1]} digits can be shown, not {digits[:20]!r}")
