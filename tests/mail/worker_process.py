"""A worker as a process of its own: `python worker_process.py DATABASE_URL SMTP_PORT`, to be stopped or killed."""

from __future__ import annotations

import asyncio
import sys

from mailkit import THEMES, compile_operators
from mypage.server.settings import Settings
from mypage.server.worker import run_worker
from mailtimes import QUICK

if __name__ == "__main__":
    settings = Settings(
        database_url=sys.argv[1], smtp_port=int(sys.argv[2]), secret=bytes(range(32)), theme_folders=(THEMES,)
    )
    asyncio.run(run_worker(settings, compile_operators(), QUICK))
