"""`mypage serve` with several workers, its figures, and a stop that lets requests end."""

from __future__ import annotations

import base64
import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy.dialects.postgresql import insert

from mypage.db.session import platform_unit, sync_engine
from mypage.operators.models import TenantAddress, TenantRecord
from mypage.testing.database import TestDatabase
from mypage.testing.portal import HANG, SETTINGS

ROOT = Path(__file__).parents[2]
HOST = "served.example"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def served(
    test_database: TestDatabase, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, str, subprocess.Popen[bytes], Path]]:
    owner = sync_engine(test_database.owner)
    with platform_unit(owner) as connection:
        connection.execute(
            insert(TenantRecord).values(
                name="served", operator="actv", theme="plain", locale="ja", extensions={}, settings=SETTINGS
            )
        )
        connection.execute(insert(TenantAddress).values(host=HOST, prefix="", tenant="served", main=True))
    owner.dispose()
    port, metrics = _free_port(), _free_port()
    environment = {
        "PATH": os.environ["PATH"],
        "MYPAGE_DATABASE_URL": test_database.app,
        "MYPAGE_SECRET_KEY": base64.b64encode(bytes(range(40))).decode(),
    }
    words = ["serve", "--port", str(port), "--workers", "2", "--metrics-port", str(metrics)]
    log = tmp_path_factory.mktemp("serve") / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "mypage.server.cli", *words],
            env=environment, cwd=ROOT, stdout=output, stderr=output, start_new_session=True,
        )  # fmt: skip
        base = f"http://127.0.0.1:{port}"
        try:
            _wait_until_ready(base, process, log)
            yield base, f"http://127.0.0.1:{metrics}", process, log
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(HANG)


def _get(url: str, host: str = "") -> httpx.Response:
    return httpx.get(url, headers={"host": host} if host else {}, timeout=HANG, verify=False, trust_env=False)


def _wait_until_ready(base: str, process: subprocess.Popen[bytes], log: Path) -> None:
    while True:
        assert process.poll() is None, log.read_text()
        with contextlib.suppress(httpx.TransportError):
            if _get(f"{base}/readyz").status_code == 200:
                return
        time.sleep(0.1)


def test_workers_serve_figures_and_stop_in_order(served: tuple[str, str, subprocess.Popen[bytes], Path]) -> None:
    base, metrics, process, log = served
    for _ in range(20):
        page = _get(f"{base}/login", HOST)
        assert page.status_code == 200
        assert "strict-transport-security" in page.headers
        assert "server" not in page.headers
    assert _get(f"{base}/login", "unknown.example").status_code == 421
    assert _get(f"{base}/metrics", HOST).status_code == 404

    figures = _get(f"{metrics}/metrics").text
    counted = [
        line for line in figures.splitlines() if line.startswith("mypage_requests_total") and 'tenant="served"' in line
    ]
    logins = [float(line.rsplit(" ", 1)[1]) for line in counted if 'route="login"' in line]
    assert sum(logins) == 20

    process.send_signal(signal.SIGTERM)
    assert process.wait(HANG) in (0, -signal.SIGTERM)
    text = log.read_text()
    assert '"tenant": "served"' in text
    assert '"request_id"' in text
    assert "Traceback" not in text
