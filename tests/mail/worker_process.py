"""A worker as a process of its own: `python worker_process.py DATABASE_URL SMTP_PORT`, to be stopped or killed."""

from __future__ import annotations

import asyncio
import sys

from mailkit import THEMES, compile_operators
from mailtimes import QUICK

from mypage.server.logs import configure_logging
from mypage.server.settings import Settings
from mypage.server.worker import run_worker

if __name__ == "__main__":
    settings = Settings(
        database_url=sys.argv[1], smtp_port=int(sys.argv[2]), secret=bytes(range(32)), theme_folders=(THEMES,)
    )
    configure_logging(pretty=False)
    asyncio.run(run_worker(settings, compile_operators(), QUICK))
