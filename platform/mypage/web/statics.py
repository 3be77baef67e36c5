"""Static files kept in memory, compressed once; a tenant reaches the core's and its own theme's, no other."""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

CORE_STATIC = Path(__file__).parent.parent / "static"
SERVED = (".css", ".js", ".svg", ".png", ".ico", ".webp")
YEAR = 31_536_000
BRIEFLY = 60
VERSION_DIGITS = 12
_VERSIONED = re.compile(rf"(.+)\.([0-9a-f]{{{VERSION_DIGITS}}})(\.[a-z]+)")
_TEXTS = ("text/css", "text/javascript", "image/svg+xml")
# What saves less than this is not worth a second form of the file.
_WORTH_IT = 0.9

Headers = list[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class StaticFile:
    """A file's bytes, type and version; `packed` is its gzip form, empty where that would save nothing."""

    content: bytes
    packed: bytes
    media_type: str
    version: str


@dataclass(frozen=True, slots=True)
class StaticAnswer:
    """What a request for a file is answered with."""

    status: int
    headers: Headers
    body: bytes


def read_folder(folder: Path) -> dict[str, StaticFile]:
    """Every servable file below a folder by its relative path."""
    found: dict[str, StaticFile] = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix in SERVED:
            found[path.relative_to(folder).as_posix()] = _read(path)
    return found


def _read(path: Path) -> StaticFile:
    content = path.read_bytes()
    media_type = "text/javascript" if path.suffix == ".js" else str(mimetypes.guess_type(path.name)[0])
    packed = gzip.compress(content, 9, mtime=0) if media_type in _TEXTS else b""
    if len(packed) > len(content) * _WORTH_IT:
        packed = b""
    if media_type in _TEXTS:
        media_type = f"{media_type}; charset=utf-8"
    return StaticFile(content, packed, media_type, hashlib.sha256(content).hexdigest()[:VERSION_DIGITS])


class Statics:
    """The core's files and those of every theme."""

    def __init__(self, themes: Mapping[str, Path]) -> None:
        """`themes` maps theme names to their static folders."""
        self._core = read_folder(CORE_STATIC)
        self._themes = {name: read_folder(folder) for name, folder in themes.items()}

    def find(self, theme: str, path: str) -> StaticFile | None:
        """The file of a path such as `css/portal.css` or `theme/logo.svg`, or None."""
        if path.startswith("theme/"):
            return self._themes.get(theme, {}).get(path.removeprefix("theme/"))
        return self._core.get(path)

    def url(self, prefix: str, theme: str, path: str) -> str:
        """The versioned URL of a file. Raises KeyError when there is none: a mistake in our code."""
        found = self.find(theme, path)
        if found is None:
            raise KeyError(f"no static file {path!r} for theme {theme!r}")
        stem, dot, suffix = path.rpartition(".")
        return f"{prefix}/_static/{stem}.{found.version}{dot}{suffix}"

    def answer(self, theme: str, path: str, *, accepts: str = "", known: str = "") -> StaticAnswer | None:
        """The answer to a request for a path, versioned or not, or None when there is no such file.

        `accepts` is Accept-Encoding, `known` If-None-Match. Only the present version is kept for a year: while
        processes are replaced one after another, a page of the old ones gets the new file, for a minute.
        """
        versioned = _VERSIONED.fullmatch(path)
        found = self.find(theme, f"{versioned[1]}{versioned[3]}" if versioned else path)
        if found is None:
            return None
        fresh = versioned is not None and versioned[2] == found.version
        packed = bool(found.packed) and _takes_gzip(accepts)
        tag = f'"{found.version}{"-gz" if packed else ""}"'
        headers: Headers = [
            (b"content-type", found.media_type.encode()),
            (
                b"cache-control",
                f"public, max-age={YEAR}, immutable".encode() if fresh else f"max-age={BRIEFLY}".encode(),
            ),
            (b"etag", tag.encode()),
            (b"x-content-type-options", b"nosniff"),
            (b"content-security-policy", b"default-src 'none'; style-src 'unsafe-inline'; sandbox")
            if "svg" in found.media_type
            else (b"cross-origin-resource-policy", b"same-origin"),
        ]
        if found.packed:
            headers.append((b"vary", b"Accept-Encoding"))
        if known == tag:
            return StaticAnswer(304, headers, b"")
        if packed:
            headers.append((b"content-encoding", b"gzip"))
        body = found.packed if packed else found.content
        headers.append((b"content-length", str(len(body)).encode()))
        return StaticAnswer(200, headers, body)


def _takes_gzip(accepts: str) -> bool:
    for entry in accepts.lower().split(","):
        coding, _, weight = entry.partition(";")
        if coding.strip() in ("gzip", "*"):
            return weight.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False
