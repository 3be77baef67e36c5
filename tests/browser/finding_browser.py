"""Chromium and the font that Japanese is drawn with."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


def chromium_path() -> str | None:
    """Where Chromium is: `MYPAGE_CHROMIUM`, or a program on the path."""
    given = os.environ.get("MYPAGE_CHROMIUM", "")
    return shutil.which(given) if given else next(filter(None, map(shutil.which, NAMES)), None)


def with_font(repository: Path) -> dict[str, str]:
    """The environment in which Chromium finds the repository's Japanese font."""
    file = os.environ.get("FONTCONFIG_FILE", "")
    if not file:
        done = subprocess.run(
            [repository / "scripts" / "fonts-conf.sh"], check=True, capture_output=True, text=True, timeout=30
        )
        file = done.stdout.strip()
    return dict(os.environ) | {"FONTCONFIG_FILE": file}


@contextmanager
def running_browser(repository: Path) -> Iterator[Browser]:
    """Chromium without a window. Raises LookupError when there is none."""
    path = chromium_path()
    if path is None:
        raise LookupError("there is no Chromium: install it, or set MYPAGE_CHROMIUM to its path")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS), env={**with_font(repository)})
        try:
            yield browser
        finally:
            browser.close()
