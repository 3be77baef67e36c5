"""Starting servers, loading them with wrk, and counting the CPU time that they use."""

from __future__ import annotations

import base64
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import Request, urlopen

import psutil
from data import SECRET, Store

HERE = Path(__file__).parent
START_SECONDS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What one variant did in one round. CPU in milliseconds per request, latencies in milliseconds."""

    requests: int
    per_second: float
    cpu: float
    p50: float
    p99: float
    failed: int


@dataclass(frozen=True, slots=True)
class Served:
    """A server that runs: its port, and the processes whose time counts."""

    port: int
    pid: int

    def cpu_seconds(self) -> float:
        """User and system time of the server's processes so far."""
        parent = psutil.Process(self.pid)
        times = [process.cpu_times() for process in (parent, *parent.children(recursive=True))]
        return sum(t.user + t.system for t in times)

    def rss(self) -> float:
        """Memory of the server's processes in MB."""
        parent = psutil.Process(self.pid)
        return sum(process.memory_info().rss for process in (parent, *parent.children(recursive=True))) / 1e6


def environment(kept: Store, **more: str) -> dict[str, str]:
    """What the product is started with."""
    return {
        **os.environ,
        "MYPAGE_DATABASE_URL": kept.app,
        "MYPAGE_SECRET_KEY": base64.b64encode(SECRET).decode(),
        "MYPAGE_THEMES": str(HERE.parent / "themes"),
        "PYTHONPATH": str(HERE),
        **more,
    }


def product(port: int) -> list[str]:
    """The command that serves the product, one process."""
    return [sys.executable, "-m", "mypage.server.cli", "serve", "--port", str(port)]


@contextmanager
def serving(command: Sequence[str], port: int, env: Mapping[str, str], log: Path) -> Iterator[Served]:
    """Run a server until the end of the block. Raises RuntimeError when it does not begin to answer."""
    with log.open("wb") as out:
        process = subprocess.Popen(command, env=dict(env), stdout=out, stderr=out)
    try:
        _await_answer(process, port, log)
        yield Served(port, process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def page(served: Served, path: str, host: str, cookie: str) -> tuple[int, bytes]:
    """Status and body of one page."""
    request = Request(f"http://127.0.0.1:{served.port}{path}", headers={"Host": host, "Cookie": cookie})
    with urlopen(request, timeout=20) as answer:
        return answer.status, answer.read()


def load(
    served: Served, browsers: Sequence[tuple[str, str, str]], *, seconds: int, folder: Path, connections: int = 16
) -> Load:
    """The home page for every browser in turns, for so many seconds."""
    targets = folder / "browsers.txt"
    targets.write_text("".join(f"{host}\t{cookie}\n" for host, cookie, _ in browsers), encoding="ascii")
    lists = {"BROWSERS": str(targets)}
    return wrk(served, path="/home", script="home.lua", lists=lists, seconds=seconds, connections=connections)


def wrk(served: Served, *, path: str, script: str, lists: Mapping[str, str], seconds: int, connections: int) -> Load:
    """A load of wrk. Its script reads what to ask for from the files that `lists` names."""
    before = served.cpu_seconds()
    done = subprocess.run(
        [
            os.environ.get("MYPAGE_BENCH_WRK", "wrk"),
            "-t1",
            f"-c{connections}",
            f"-d{seconds}s",
            "--latency",
            "-s",
            HERE / script,
            f"http://127.0.0.1:{served.port}{path}",
        ],
        env={**os.environ, **lists},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    cpu = served.cpu_seconds() - before
    figures = re.search(r"^FIGURES (\d+) (\d+) (\d+) (\d+) (\d+)$", done, re.MULTILINE)
    if figures is None:
        raise RuntimeError(f"wrk said nothing of use:\n{done}")
    requests, failed, micros, p50, p99 = map(int, figures.groups())
    return Load(
        requests=requests,
        per_second=requests / micros * 1e6,
        cpu=cpu / max(1, requests) * 1000,
        p50=p50 / 1000,
        p99=p99 / 1000,
        failed=failed,
    )


def _await_answer(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2).close()
            return
        except URLError as error:
            if getattr(error, "code", None) is not None:
                return
        except OSError:
            pass
        time.sleep(0.1)
    raise RuntimeError(f"the server does not answer:\n{log.read_text(errors='replace')[-2000:]}")
