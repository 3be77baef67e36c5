"""Passwords known from thefts at other services: an optional list on disk, looked up without a network (ASVS 6.2.12).

The list is the one that Have I Been Pwned publishes: a line per password, `SHA1-IN-CAPITALS:count`, sorted by the hash.
"""

from __future__ import annotations

import hashlib
import mmap
import re
from pathlib import Path

_DIGEST = re.compile(rb"[0-9A-F]{40}")
_LONGEST_LINE = 64


class BadListError(ValueError):
    """The list cannot be used; the message names the file and the remedy."""


class BreachedPasswords:
    """The list, mapped into memory: tens of gigabytes cost no more than the pages that are looked at."""

    def __init__(self, file: Path | None = None) -> None:
        """Without a file nothing is known. Raises BadListError."""
        self._lines: mmap.mmap | None = None
        if file is None:
            return
        try:
            with file.open("rb") as handle:
                self._lines = mmap.mmap(handle.fileno(), 0, access=mmap.ACCESS_READ)
        except (OSError, ValueError) as error:
            raise BadListError(f"{file}: {error}; name a list of SHA-1 hashes, or unset the variable") from error
        first, last = self._digest_at(0), self._digest_at(len(self._lines) - 2)
        if not (_DIGEST.fullmatch(first) and _DIGEST.fullmatch(last) and first <= last):
            raise BadListError(f"{file}: not lines of SHA1:count sorted by the hash; sort it, or unset the variable")

    def knows(self, password: str) -> bool:
        """Whether the password is on the list, exactly as it was typed."""
        if self._lines is None:
            return False
        digest = hashlib.sha1(password.encode("utf-8", "surrogatepass"), usedforsecurity=False)
        wanted = digest.hexdigest().upper().encode()
        low, high = 0, len(self._lines)
        while low < high:
            middle = (low + high) // 2
            found = self._digest_at(middle)
            if found == wanted:
                return True
            if found < wanted:
                end = self._lines.find(b"\n", middle)
                low = high if end < 0 else end + 1
            else:
                high = self._start(middle)
        return False

    def _start(self, offset: int) -> int:
        assert self._lines is not None
        return self._lines.rfind(b"\n", max(0, offset - _LONGEST_LINE), offset) + 1

    def _digest_at(self, offset: int) -> bytes:
        """The hash of the line around an offset."""
        assert self._lines is not None
        start = self._start(max(0, offset))
        return self._lines[start : start + 40]
