"""The launcher of `make demo`, run as its own process, as far as it goes without the portals themselves."""

from __future__ import annotations

import os
import platform
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mypage.db.embedded import EmbeddedPostgres
from mypage.demo import processes
from mypage.demo.plan import DemoFiles, Imported, Ports, logins_table, secret_key_file
from mypage.demo.processes import port_is_free
from mypage.demo.progress import DemoError
from mypage.testing.portal import HANG

# Everything but the portals: a real database and a real mailbox, with the launcher's own supervision.
SMALL_DEMO = """
import sys
from mypage.demo import launcher

class SmallDemo(launcher.Demo):
    def _load(self):
        pass

    def _parts(self):
        return [part for part in super()._parts() if part.name == "mailbox"]

launcher.Demo = SmallDemo
sys.exit(launcher.main())
"""


@pytest.fixture
def root() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="demo-"))
    folder.chmod(0o755)
    (folder / "demo" / "feeds" / "t1").mkdir(parents=True)
    (folder / "demo" / "tenants.toml").write_text("")
    yield folder
    EmbeddedPostgres(folder / ".demo" / "postgres").destroy()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def port() -> Iterator[int]:
    """Five free ports that no other test takes meanwhile, in whatever process it runs.

    A launcher binds them a while after this looked, and another test may look just then: who holds the sixth has all.
    """
    for candidate in range(23000, 32000, 97):
        with socket.socket() as guard:
            try:
                guard.bind(("127.0.0.1", candidate + 5))
            except OSError:
                continue
            if all(port_is_free(number) for _, number in Ports(candidate).by_purpose()):
                yield candidate
                return
    raise AssertionError("no free ports")


def launch(root: Path, *argv: str, small: bool = True) -> subprocess.Popen[str]:
    program = ["-c", SMALL_DEMO] if small else ["-m", "mypage.demo.launcher"]
    return subprocess.Popen(
        [sys.executable, *program, *argv], cwd=root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def until(process: subprocess.Popen[str], words: str) -> str:
    assert process.stdout is not None
    seen = ""
    for line in process.stdout:
        seen += line
        if words in line:
            return seen
    raise AssertionError(f"{words!r} did not come: {seen}")


def finish(process: subprocess.Popen[str]) -> tuple[int, str]:
    output, _ = process.communicate(timeout=HANG)
    return process.returncode, output


def mailbox_pid(root: Path) -> int:
    (pid,) = [int(part) for part in (root / ".demo" / "processes.json").read_text().strip("[]").split(",")]
    return pid


def test_a_port_in_use_gets_one_line(root: Path, port: int) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port + 3))
        taken.listen()
        code, output = finish(launch(root, "--port", str(port), small=False))
    assert code == 1
    mend = f"End what uses it, or choose others: PORT={port + 100} make demo"
    assert output.splitlines() == [f"Port {port + 3} is in use (needed for the mail server). {mend}"]


def test_a_wrong_port_and_a_wrong_folder_get_one_line(root: Path, port: int) -> None:
    code, output = finish(launch(root, "--port", "80"))
    assert (code, len(output.splitlines())) == (1, 1)
    shutil.rmtree(root / "demo")
    code, output = finish(launch(root, "--port", str(port)))
    assert code == 1
    assert "tenants.toml is missing" in output


def test_a_failing_step_is_named_and_all_is_stopped(root: Path, port: int) -> None:
    (root / "demo" / "tenants.toml").write_text("this is = not [toml")
    code, output = finish(launch(root, "--port", str(port), small=False))
    assert code == 1
    assert "This step failed: " in output.splitlines()[-1]
    assert not EmbeddedPostgres(root / ".demo" / "postgres").running()


def test_run_stop_run_again_and_begin_anew(root: Path, port: int) -> None:
    process = launch(root, "--port", str(port))
    seen = until(process, "Ctrl-C stops the demo")
    assert f"http://localhost:{port + 1}/" in seen
    second = launch(root, "--port", str(port + 200))
    assert "runs already" in finish(second)[1]

    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    assert finish(process)[0] == 0
    assert time.monotonic() - began < 10
    assert port_is_free(port + 1)
    assert not EmbeddedPostgres(root / ".demo" / "postgres").running()

    kept = root / ".demo" / "imported.json"
    kept.write_text("{}")
    process = launch(root, "--port", str(port))
    until(process, "Ctrl-C stops the demo")
    assert kept.exists()
    process.send_signal(signal.SIGINT)
    assert finish(process)[0] == 0

    process = launch(root, "--port", str(port), "--fresh")
    until(process, "Ctrl-C stops the demo")
    assert not kept.exists()
    process.send_signal(signal.SIGINT)
    assert finish(process)[0] == 0
    assert finish(launch(root, "--remove"))[0] == 0
    assert not (root / ".demo").exists()


def test_a_part_that_dies_is_named_and_all_is_stopped(root: Path, port: int) -> None:
    process = launch(root, "--port", str(port))
    until(process, "Ctrl-C stops the demo")
    os.kill(mailbox_pid(root), signal.SIGKILL)
    code, output = finish(process)
    assert code == 1
    assert "The mailbox ended (signal 9)" in output
    assert f"SMTP on port {port + 3}" in output, "the end of its log"
    assert not EmbeddedPostgres(root / ".demo" / "postgres").running()


def test_a_closed_terminal_stops_all(root: Path, port: int) -> None:
    process = launch(root, "--port", str(port))
    until(process, "Ctrl-C stops the demo")
    assert process.stdout is not None
    process.stdout.close()
    process.send_signal(signal.SIGHUP)
    process.wait(HANG)
    assert port_is_free(port + 1)
    assert not EmbeddedPostgres(root / ".demo" / "postgres").running()


def test_after_a_killed_launcher_the_next_one_clears_up(root: Path, port: int) -> None:
    process = launch(root, "--port", str(port))
    until(process, "Ctrl-C stops the demo")
    process.kill()
    finish(process)
    assert not port_is_free(port + 1), "its mailbox lives on"
    process = launch(root, "--port", str(port))
    assert "Ended 1 processes" in until(process, "Ctrl-C stops the demo")
    process.terminate()
    assert finish(process)[0] == 0


# Ends its first thread alone, as a kill does to one thread after the other; the second one lives on with all sockets.
FIRST_THREAD_ENDS = """
import ctypes, sys, threading, time
threading.Thread(target=lambda: (print("on", flush=True), time.sleep(60))).start()
ctypes.CDLL(None).syscall(int(sys.argv[1]), 0)
"""
SYS_EXIT = {"x86_64": 60, "aarch64": 93}


def test_a_process_lives_while_one_of_its_threads_does() -> None:
    number = SYS_EXIT[platform.machine()]
    process = subprocess.Popen([sys.executable, "-c", FIRST_THREAD_ENDS, str(number)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    while Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z":
        os.sched_yield()
    assert processes._lives(process.pid)
    process.kill()
    process.stdout.read()
    while processes._lives(process.pid):
        os.sched_yield()
    process.wait()
    process.stdout.close()
    assert not processes._lives(process.pid)


def test_a_feed_is_imported_once_per_content(tmp_path: Path) -> None:
    files = DemoFiles(tmp_path)
    for name in ("t2/b.jsonl", "t1/2.jsonl", "t1/1.jsonl"):
        path = tmp_path / "demo" / "feeds" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}")
    feeds = files.feeds()
    assert [(tenant, path.name) for tenant, path in feeds] == [("t1", "1.jsonl"), ("t1", "2.jsonl"), ("t2", "b.jsonl")]

    Imported(tmp_path / "state").note(*feeds[0])
    state = Imported(tmp_path / "state")
    assert state.has(*feeds[0])
    assert not state.has(*feeds[1]), "the same content under another name is another feed"
    feeds[0][1].write_text("{ }")
    assert not state.has(*feeds[0])


def test_sample_logins_follow_the_port(tmp_path: Path) -> None:
    (tmp_path / "demo").mkdir()
    path = tmp_path / "demo" / "logins.toml"
    path.write_text('[[login]]\ntenant = "t"\nurl = "http://t.localhost:8000/"\nlabel = "家族"\nlogin = "1"\n')
    (login,) = DemoFiles(tmp_path).logins(8100)
    assert login["url"] == "http://t.localhost:8100/"
    assert logins_table([login]) == (["label", "login"], [["家族", "1"]])
    path.write_text("[[login")
    with pytest.raises(DemoError, match=r"logins\.toml"):
        DemoFiles(tmp_path).logins(8100)


def test_the_secret_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    path = secret_key_file(tmp_path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    first = path.read_text()
    assert len(first.strip()) == 44
    assert secret_key_file(tmp_path).read_text() == first
