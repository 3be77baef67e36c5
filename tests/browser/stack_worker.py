"""`mypage worker` with the invented operator beside the installed ones, as a process of its own."""

from __future__ import annotations

import asyncio

from operators_here import compile_here

from mypage.server.logs import configure_logging
from mypage.server.settings import read_settings
from mypage.server.worker import run_worker

if __name__ == "__main__":
    settings = read_settings()
    configure_logging(pretty=False)
    asyncio.run(run_worker(settings, compile_here(settings.theme_folders)))
