"""Commands that make something of a file of the demo: how the file is read, and what goes wrong said in one line."""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import msgspec
from sqlalchemy import Engine

from mypage.db.session import sync_engine
from mypage.server.settings import Settings, SettingsError, read_settings

T = TypeVar("T")


def read_file(path: Path, kind: type[T]) -> T:
    """What a TOML file says, as `kind`. Raises ValueError with one line."""
    try:
        return msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), kind)
    except (OSError, ValueError) as error:
        raise ValueError(f"{path}: {' '.join(str(error).split())}") from error


def run(
    argv: list[str] | None, *, name: str, usage: str, make: Callable[[Settings, Path, Engine], int], made: str
) -> int:
    """One command: `make` is given settings, file and database, and answers how many there are of what `made` says."""
    words = sys.argv[1:] if argv is None else argv
    if len(words) != 1:
        print(usage, file=sys.stderr)
        return 2
    try:
        settings = read_settings()
        engine = sync_engine(settings.database_url)
        try:
            count = make(settings, Path(words[0]), engine)
        finally:
            engine.dispose()
    except (SettingsError, ValueError) as error:
        print(f"{name}: {error}", file=sys.stderr)
        return 1
    print(f"{count} {made}")
    return 0
