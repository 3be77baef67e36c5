"""The demo's running parts as child processes: started, waited for, watched and stopped together."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from urllib.error import URLError
from urllib.request import Request, urlopen

from mypage.demo.progress import DemoError

READY_SECONDS = 60
STOP_SECONDS = 5
LAST_LINES = 15
_REFUSED = re.compile(r"\S+: line \d+, ")

# Marks the processes of one demo folder, so that those of a launcher that was killed can be told from others.
_MARK = "MYPAGE_DEMO_FOLDER"


@dataclass(frozen=True, slots=True)
class Part:
    """One process of the demo; `ready` says whether it serves (one that listens nowhere is ready when it runs)."""

    name: str
    argv: Sequence[str]
    ready: Callable[[], bool]


class Processes:
    """The children of one demo folder, with `env` as their environment. Each writes to `log/<name>.log`."""

    def __init__(self, folder: Path, env: Mapping[str, str]) -> None:
        self._folder = folder
        self.env = env
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def log_of(self, name: str) -> Path:
        """Where a part's output goes."""
        return self._folder / "log" / f"{name}.log"

    def call(self, name: str, argv: Sequence[str], **more_env: str) -> None:
        """Run a program to its end. Raises DemoError with the last line of its output when it fails."""
        log = self.log_of(name)
        with self._open(log) as output:
            done = self._spawn(argv, output, more_env)
            try:
                code = done.wait()
            except BaseException:
                _end([done])
                raise
        if code != 0:
            raise DemoError(f"This step failed: {_last_words(log)} (all of it: {log})")

    def start(self, part: Part) -> None:
        """Start a part; its log begins anew."""
        with self._open(self.log_of(part.name)) as output:
            self._running[part.name] = self._spawn(part.argv, output, {})
        self._pids_file.write_text(json.dumps([process.pid for process in self._running.values()]))

    def wait_ready(self, part: Part) -> None:
        """Wait until a started part serves. Raises DemoError when it ends first or takes too long."""
        deadline = time.monotonic() + READY_SECONDS
        while not part.ready():
            self.check()
            if time.monotonic() > deadline:
                raise PartEndedError(
                    part.name, f"The {part.name} did not get ready in {READY_SECONDS} s", self.log_of(part.name)
                )
            time.sleep(0.1)
        self.check()

    def check(self) -> None:
        """Raises PartEndedError when a part has ended by itself."""
        for name, process in self._running.items():
            code = process.poll()
            if code is not None:
                raise PartEndedError(name, f"The {name} ended ({_how(code)})", self.log_of(name))

    def stop(self) -> None:
        """Stop all parts: asked first, killed after some seconds."""
        _end(list(self._running.values()))
        self._running.clear()
        with suppress(OSError):
            self._pids_file.unlink(missing_ok=True)

    def end_leftovers(self) -> int:
        """End the parts that a killed launcher of this folder left running; their number."""
        try:
            pids = [int(pid) for pid in json.loads(self._pids_file.read_text())]
        except (OSError, ValueError, TypeError):
            return 0
        left = [pid for pid in pids if self._is_ours(pid)]
        for pid in left:
            with suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)
        # Their ports are free only when the last of them is gone.
        deadline = time.monotonic() + STOP_SECONDS
        while any(_lives(pid) for pid in left) and time.monotonic() < deadline:
            time.sleep(0.02)
        self._pids_file.unlink(missing_ok=True)
        return len(left)

    @property
    def _pids_file(self) -> Path:
        return self._folder / "processes.json"

    def _open(self, log: Path) -> BinaryIO:
        log.parent.mkdir(parents=True, exist_ok=True)
        return log.open("wb")

    def _spawn(self, argv: Sequence[str], output: BinaryIO, more_env: Mapping[str, str]) -> subprocess.Popen[bytes]:
        # An own session: Ctrl-C reaches the launcher alone, which then stops its parts in order.
        return subprocess.Popen(
            list(argv),
            env={**self.env, **more_env, _MARK: str(self._folder)},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def _is_ours(self, pid: int) -> bool:
        try:
            environment = Path(f"/proc/{pid}/environ").read_bytes()
        except OSError:
            return False
        return f"{_MARK}={self._folder}".encode() in environment.split(b"\0")


class PartEndedError(DemoError):
    """A part of the demo ended by itself, or never served; `log` holds what it said."""

    def __init__(self, name: str, text: str, log: Path) -> None:
        super().__init__(text)
        self.name = name
        self.log = log


def last_lines(log: Path, count: int = LAST_LINES) -> list[str]:
    """The last lines of a log that say something."""
    try:
        lines = log.read_text(errors="replace").splitlines()
    except OSError:
        return []
    return [line.rstrip() for line in lines if line.strip()][-count:]


def _last_words(log: Path) -> str:
    # The command line draws a box around its errors.
    lines = [line.strip("│ ") for line in last_lines(log) if any(character.isalnum() for character in line)]
    # An import ends with its sums; why it refused a line stands above them.
    refused = [line for line in lines if _REFUSED.match(line)]
    return (refused or lines)[-1] if lines else "no message"


def port_is_free(port: int) -> bool:
    """Whether a server may listen on this port of this machine."""
    with socket.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def answers_http(port: int, path: str) -> Callable[[], bool]:
    """A readiness test: the path answers with success."""

    def ready() -> bool:
        request = Request(f"http://127.0.0.1:{port}{path}", headers={"Host": "localhost"})
        try:
            with urlopen(request, timeout=2) as answer:
                return 200 <= int(answer.status) < 300
        except (URLError, OSError, ValueError):
            return False

    return ready


def listens(port: int) -> Callable[[], bool]:
    """A readiness test: somebody listens on the port."""

    def ready() -> bool:
        with socket.socket() as sock:
            sock.settimeout(1)
            return sock.connect_ex(("127.0.0.1", port)) == 0

    return ready


def _end(processes: Sequence[subprocess.Popen[bytes]]) -> None:
    for sign in (signal.SIGTERM, signal.SIGKILL):
        deadline = time.monotonic() + STOP_SECONDS
        for process in processes:
            if process.poll() is None:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, sign)
        for process in processes:
            with suppress(subprocess.TimeoutExpired):
                process.wait(max(0.0, deadline - time.monotonic()))


def _lives(pid: int) -> bool:
    """Whether any thread lives: the first one may have ended while the others still hold the ports."""
    try:
        threads = list(Path(f"/proc/{pid}/task").iterdir())
    except OSError:
        return False
    return any(_runs(thread) for thread in threads)


def _runs(thread: Path) -> bool:
    try:
        # "pid (name) state ...": the name may hold anything, also brackets.
        state = (thread / "stat").read_text().rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return False
    return state not in ("Z", "X")


def _how(code: int) -> str:
    return f"exit code {code}" if code >= 0 else f"signal {-code}"
