"""What `make demo` runs: a whole installation on this machine, from nothing to a page in the browser.

`python -m mypage.demo.launcher [--fresh] [--port 8000]`, in the root of the repository. Everything it makes is below
`.demo/`. Ctrl-C stops it.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from types import FrameType
from typing import NoReturn

from mypage.db.embedded import SUPERUSER, EmbeddedPostgres, EmbeddedPostgresError
from mypage.demo.plan import DemoFiles, Imported, Ports, logins_table, secret_key_file
from mypage.demo.processes import Part, PartEndedError, Processes, answers_http, last_lines, listens, port_is_free
from mypage.demo.progress import DemoError, Progress

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_CLI = (sys.executable, "-m", "mypage.server.cli")


class Stop(BaseException):
    """A signal asks the demo to end."""


class Demo:
    """One run of the demo in one folder."""

    def __init__(self, root: Path, ports: Ports, progress: Progress) -> None:
        self._files = DemoFiles(root)
        self._folder = root / ".demo"
        self._ports = ports
        self._progress = progress
        self._postgres = EmbeddedPostgres(self._folder / "postgres")
        self._processes = Processes(self._folder, os.environ)

    def run(self, *, fresh: bool) -> int:
        """Run until a signal (0) or until something fails (1)."""
        try:
            with _only_one(self._folder):
                self._check_ports()
                if fresh:
                    self._forget()
                return self._run_parts()
        except Stop:
            return 0
        except (DemoError, EmbeddedPostgresError) as error:
            self._progress.problem(str(error))
            return 1
        except PermissionError as error:
            return self._refused(error)

    def remove(self) -> int:
        """Delete all that the demo made."""
        try:
            with _only_one(self._folder):
                self._forget()
        except (DemoError, EmbeddedPostgresError) as error:
            self._progress.problem(str(error))
            return 1
        except PermissionError as error:
            return self._refused(error)
        shutil.rmtree(self._folder, ignore_errors=True)
        return 0

    def _refused(self, error: PermissionError) -> int:
        self._progress.problem(f"{error.filename} belongs to another user: delete .demo as that user, or as root.")
        return 1

    def _run_parts(self) -> int:
        progress, processes = self._progress, self._processes
        self._files.check()
        try:
            with progress.step("Start PostgreSQL"), _undisturbed():
                self._postgres.start()
            processes.env = self._environment()
            self._load()
            parts = self._parts()
            with progress.step("Start " + ", ".join(part.name for part in parts)):
                for part in parts:
                    processes.start(part)
                for part in parts:
                    processes.wait_ready(part)
            self._welcome()
            while True:
                processes.check()
                time.sleep(0.5)
        except PartEndedError as error:
            progress.problem(f"{error}; the end of {error.log}:")
            progress.lines(last_lines(error.log))
            return 1
        finally:
            _deaf_to_signals()
            progress.say("  Stopping")
            processes.stop()
            self._postgres.stop()

    def _load(self) -> None:
        """Schema, tenants and data: what the parts find when they start."""
        progress, files, call = self._progress, self._files, self._processes.call
        with progress.step("Bring the database up to date"):
            # The superuser is for this step alone: the parts run with the rights that they have in production.
            call("db", [*_CLI, "db", "upgrade"], MYPAGE_ADMIN_URL=self._postgres.url(SUPERUSER, "postgres"))
        self._check_keys()
        with progress.step("Apply the tenants"):
            call("tenants", [*_CLI, "tenants", "apply", str(files.tenants)])
        imported = Imported(self._folder / "imported.json")
        for tenant, feed in files.feeds():
            if not imported.has(tenant, feed):
                with progress.step(f"Import {feed.name} of {tenant}"):
                    call("import", [*_CLI, "import", tenant, str(feed)])
                    imported.note(tenant, feed)
        if files.staff.is_file() and not imported.has("staff", files.staff):
            with progress.step("Seat the staff"):
                call("staff", [sys.executable, "-m", "mypage.demo.staff", str(files.staff)])
                imported.note("staff", files.staff)
        if files.desk.is_file() and not imported.has("desk", files.desk):
            with progress.step("Let the desk begin its work"):
                call("desk", [sys.executable, "-m", "mypage.demo.desk", str(files.desk)])
                imported.note("desk", files.desk)
        if files.cases.is_file():
            # At every start: a lock does not last.
            with progress.step("Bring callers about"):
                call("cases", [sys.executable, "-m", "mypage.demo.cases", str(files.cases)])

    def _check_keys(self) -> None:
        """Data of an earlier run may need a secret that is gone: nothing of a demo is worth searching for it."""
        try:
            self._processes.call("keys", [*_CLI, "keys", "check"])
        except DemoError as error:
            raise DemoError(f"{error} The demo begins anew with: make demo FRESH=1") from error

    def _parts(self) -> list[Part]:
        ports, folder = self._ports, self._folder
        python = (sys.executable, "-m")
        serve = ("serve", "--port", str(ports.web), "--host", "127.0.0.1", "--workers", "1")
        mailbox = ("--smtp-port", str(ports.smtp), "--http-port", str(ports.mailbox), "--dir", str(folder / "mails"))
        gateway = ("--port", str(ports.payment), "--public-url", ports.payment_url, "--dir", str(folder / "gateway"))
        return [
            Part("mailbox", [*python, "mypage.demo.mailbox", *mailbox], answers_http(ports.mailbox, "/api/mails")),
            Part("payment", [*python, "mypage.demo.gateway", *gateway], listens(ports.payment)),
            Part("web", [*_CLI, *serve, "--metrics-port", str(ports.metrics)], answers_http(ports.web, "/readyz")),
            Part("worker", [*_CLI, "worker"], lambda: True),
        ]

    def _environment(self) -> dict[str, str]:
        ports, postgres = self._ports, self._postgres
        return dict(os.environ) | {
            "MYPAGE_OWNER_URL": postgres.url("mypage_owner", "mypage"),
            "MYPAGE_DATABASE_URL": postgres.url("mypage_app", "mypage"),
            "MYPAGE_SECRET_KEY_FILE": str(secret_key_file(self._folder)),
            "MYPAGE_DEMO": "1",
            "MYPAGE_DEMO_DIR": str(self._files.folder),
            "MYPAGE_PAYMENT_KEY": os.environ.get("MYPAGE_PAYMENT_KEY", "demo-key"),
            "MYPAGE_SMTP_HOST": "127.0.0.1",
            "MYPAGE_SMTP_PORT": str(ports.smtp),
            "MYPAGE_PUBLIC_PORT": str(ports.web),
            "MYPAGE_PAYMENT_URL": ports.payment_url,
            "PYTHONUNBUFFERED": "1",
        }

    def _check_ports(self) -> None:
        if left := self._processes.end_leftovers():
            self._progress.say(f"  Ended {left} processes that an earlier run left behind.")
        for purpose, port in self._ports.by_purpose():
            if not port_is_free(port):
                raise DemoError(
                    f"Port {port} is in use (needed for the {purpose}). "
                    f"End what uses it, or choose others: PORT={self._ports.web + 100} make demo"
                )

    def _forget(self) -> None:
        with self._progress.step("Delete the data of earlier runs"):
            self._postgres.destroy()
            for entry in self._folder.iterdir():
                if entry.name == "lock":
                    continue
                shutil.rmtree(entry) if entry.is_dir() else entry.unlink()

    def _welcome(self) -> None:
        progress, ports = self._progress, self._ports
        progress.heading("Addresses")
        logins = self._files.logins(ports.web)
        portals = {login["url"]: f"Portal {login['tenant']}" for login in logins}
        front = {f"http://localhost:{ports.web}/": "Start here: all portals with sample logins and papers"}
        own = {
            f"http://localhost:{ports.mailbox}/": "Demo mailbox: every mail that is sent",
            f"{ports.payment_url}/": "Demo payment page",
        }
        progress.table(["address", "what"], list((front | portals | own).items()))
        if logins:
            progress.heading("Sample logins")
            progress.table(*logins_table(logins))
        progress.say(f"\nLogs: {self._folder / 'log'}. Ctrl-C stops the demo; the data stay for the next time.")


@contextmanager
def _only_one(folder: Path) -> Iterator[None]:
    """Hold the folder. Raises DemoError while another launcher holds it."""
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise DemoError("The demo runs already in this folder: stop it with Ctrl-C where it runs.") from None
        yield


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Let a signal wait until this is done: a server that is half started cannot be stopped."""
    asked: list[int] = []
    before = {number: signal.signal(number, lambda got, _frame: asked.append(got)) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if asked:
        raise Stop


def _stop(_signal: int, _frame: FrameType | None) -> NoReturn:
    # One is enough: a second one must not cut the orderly end short.
    _deaf_to_signals()
    raise Stop


def _deaf_to_signals() -> None:
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def main(argv: list[str] | None = None) -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="make demo", description="Run the whole product on this machine.")
    parser.add_argument("--port", type=int, default=8000, help="of the portals; the next four are used too")
    parser.add_argument("--fresh", action="store_true", help="delete the data of earlier runs first")
    parser.add_argument("--remove", action="store_true", help="delete all that the demo made, and end")
    options = parser.parse_args(argv)
    if not 1024 <= options.port <= 65000:
        print(f"PORT must lie between 1024 and 65000, not {options.port}: PORT=8000 make demo", file=sys.stderr)
        return 1
    for number in _SIGNALS:
        signal.signal(number, _stop)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        demo = Demo(Path.cwd(), Ports(options.port), Progress())
        return demo.remove() if options.remove else demo.run(fresh=options.fresh)
    except Stop:
        return 0


if __name__ == "__main__":
    sys.exit(main())
