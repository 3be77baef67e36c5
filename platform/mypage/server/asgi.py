"""The application factory that every web process calls."""

from __future__ import annotations

from mypage.server.app import Server, compile_all
from mypage.server.logs import configure_logging
from mypage.server.settings import read_settings


def create() -> Server:
    """The ASGI application of this process, from the environment."""
    configure_logging()
    settings = read_settings()
    return Server(settings, compile_all(settings.theme_folders))
