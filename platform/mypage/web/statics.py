"""Static files kept in memory with a content hash; a tenant reaches the core's and its own theme's, no other."""

from __future__ import annotations

import hashlib
import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

CORE_STATIC = Path(__file__).parent.parent / "static"
SERVED = (".css", ".js", ".svg", ".png", ".ico", ".webp")
YEAR = 31_536_000


@dataclass(frozen=True, slots=True)
class StaticFile:
    """A file's bytes, type and version."""

    content: bytes
    media_type: str
    version: str


def read_folder(folder: Path) -> dict[str, StaticFile]:
    """Every servable file below a folder by its relative path."""
    found: dict[str, StaticFile] = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix in SERVED:
            content = path.read_bytes()
            media_type = "text/javascript" if path.suffix == ".js" else mimetypes.guess_type(path.name)[0]
            if media_type in ("text/css", "text/javascript", "image/svg+xml"):
                media_type = f"{media_type}; charset=utf-8"
            version = hashlib.sha256(content).hexdigest()[:12]
            found[path.relative_to(folder).as_posix()] = StaticFile(content, str(media_type), version)
    return found


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
        return f"{prefix}/_static/{path}?v={found.version}"
