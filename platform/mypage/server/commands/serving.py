"""`mypage serve` and `mypage worker`."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile

import rich_click as click
import uvicorn

from mypage.auth.breached import BreachedPasswords
from mypage.db.schema import check_schema
from mypage.db.session import sync_engine
from mypage.server.app import compile_all
from mypage.server.commands.keys import refuse_lost_keys
from mypage.server.leaving import LeavingProtocol
from mypage.server.logs import configure_logging
from mypage.server.settings import Settings, read_settings

GRACE_SECONDS = 25
HEALTH_SECONDS = 60
"""A web process that says nothing for so long is replaced; while it starts on a busy machine it says nothing either."""


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True)
@click.option("--workers", default=1, show_default=True, help="Web processes; state lives in the database only.")
@click.option("--metrics-port", default=0, help="Prometheus figures on this port of 127.0.0.1; 0 for none.")
def serve(host: str, port: int, workers: int, metrics_port: int) -> None:
    """Serve all portals. Refuses to start on a schema mismatch, a wrong plugin, a default or a lost secret."""
    settings = read_settings()
    _refuse_bad_start(settings)
    folder = _start_metrics(metrics_port) if metrics_port else None
    try:
        uvicorn.run(
            "mypage.server.asgi:create",
            factory=True,
            http=LeavingProtocol,
            host=host,
            port=port,
            workers=workers,
            log_level="warning",
            access_log=False,
            server_header=False,
            date_header=True,
            proxy_headers=False,
            h11_max_incomplete_event_size=32_768,
            timeout_keep_alive=15,
            timeout_graceful_shutdown=GRACE_SECONDS,
            timeout_worker_healthcheck=HEALTH_SECONDS,
        )
    finally:
        if folder:
            shutil.rmtree(folder, ignore_errors=True)


@click.command()
def worker() -> None:
    """Send mails and run the jobs of all tenants."""
    from mypage.server.worker import run_worker

    settings = read_settings()
    configure_logging()
    _refuse_bad_start(settings)
    asyncio.run(run_worker(settings))


def _refuse_bad_start(settings: Settings) -> None:
    engine = sync_engine(settings.database_url)
    check_schema(engine)
    refuse_lost_keys(engine, settings)
    engine.dispose()
    compile_all(settings.theme_folders)
    BreachedPasswords(settings.breached_passwords)


def _start_metrics(port: int) -> str:
    """Serve the figures of all web processes from this one."""
    folder = tempfile.mkdtemp(prefix="mypage-metrics-")
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
    from prometheus_client import CollectorRegistry, start_http_server
    from prometheus_client.multiprocess import MultiProcessCollector

    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    start_http_server(port, addr="127.0.0.1", registry=registry)
    return folder
