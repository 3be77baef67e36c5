"""Random tokens for links and sessions, and signatures over a few short strings."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64encode

_READABLE = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""No 0, O, 1 or I, which are taken for one another."""


def new_token() -> str:
    """A random token of 256 bits in 43 characters that are safe in a URL. Keep only its ``token_hash``."""
    return secrets.token_urlsafe(32)


def readable(length: int) -> str:
    """Random letters and digits, 5 bits each, that can be read out on the telephone."""
    return "".join(secrets.choice(_READABLE) for _ in range(length))


def token_hash(token: str) -> bytes:
    """The 32 bytes to store and to look up; any string is accepted, whatever a client sent."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def same(left: str | bytes, right: str | bytes) -> bool:
    """Whether both are equal, taking the same time for any content of the same length."""
    return hmac.compare_digest(_octets(left), _octets(right))


def sign(key: bytes, *parts: str) -> str:
    """A URL-safe HMAC-SHA256 over the parts, in which ("ab", "c") and ("a", "bc") differ; ``key`` from ``derive``."""
    mac = hmac.digest(key, length_prefixed(*parts), "sha256")
    return urlsafe_b64encode(mac).rstrip(b"=").decode("ascii")


def verify(key: bytes, signature: str, *parts: str) -> bool:
    """Whether ``signature`` is what ``sign`` gives for these parts."""
    return same(signature, sign(key, *parts))


def length_prefixed(*parts: str) -> bytes:
    """The parts as bytes that no other list of parts gives."""
    octets = [_octets(part) for part in parts]
    return b"".join(len(part).to_bytes(8, "big") + part for part in octets)


def _octets(value: str | bytes) -> bytes:
    return value.encode("utf-8", "surrogatepass") if isinstance(value, str) else value
