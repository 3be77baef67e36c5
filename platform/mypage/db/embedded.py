"""PostgreSQL without an installation: the server binaries of a wheel, run for one folder.

For the demo, for development and for tests; production names a real server in `MYPAGE_DATABASE_URL`.
The server listens on a unix socket only. Whoever may enter the socket's folder may connect as anybody, so that folder
is open to one user (and root) alone.
"""

from __future__ import annotations

import fcntl
import os
import shlex
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

from mypage.db import embedded_files as files
from mypage.db.embedded_files import EmbeddedPostgresError

__all__ = ["SUPERUSER", "EmbeddedPostgres", "EmbeddedPostgresError"]

SUPERUSER = "postgres"

_PORT = 5432
_START_SECONDS = 60
_STOP_SECONDS = 6
_SETTINGS = {"listen_addresses": "", "unix_socket_permissions": "0700", "port": str(_PORT), "max_connections": "100"}
_VOLATILE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class EmbeddedPostgres:
    """One PostgreSQL server whose files live in `data_dir`, a folder of our own that is made when absent.

    PostgreSQL refuses to run as root; for root it runs as `nobody`. Where that user cannot enter `data_dir` (below a
    home of mode 700), the files go to a folder below /var/lib instead; `home` says where they are. No permission
    outside our own folders is changed.

    `run_dir` holds the socket; without it a path that is short enough is chosen. `durable=False` is for tests: faster,
    and the data may be lost when the machine stops.
    """

    def __init__(self, data_dir: Path, run_dir: Path | None = None, *, durable: bool = True) -> None:
        self._wanted = data_dir.resolve()
        self._run_dir = run_dir.resolve() if run_dir else None
        self._settings: Mapping[str, str] = _SETTINGS if durable else _SETTINGS | _VOLATILE
        self._user = files.server_user(self._cluster)
        self._started_here = False

    @property
    def home(self) -> Path:
        """The folder that really holds the server's files."""
        shelter = files.shelter_of(self._wanted)
        return shelter if os.geteuid() == 0 and shelter.is_dir() else self._wanted

    def start(self) -> str:
        """Start the server, or join the one that runs on this folder, and return `superuser_url()`.

        Raises EmbeddedPostgresError.
        """
        self._make_home()
        with self._locked():
            if self._join_running():
                return self.superuser_url()
            binaries = self._usable_binaries()
            if not (self._cluster / "PG_VERSION").exists():
                self._initialise(binaries)
            self._launch(binaries)
            self._started_here = True
        return self.superuser_url()

    def stop(self) -> None:
        """Stop the server, also one that an earlier process left running. Does nothing when none runs."""
        if not self.running():
            return
        binaries = self._usable_binaries()
        for mode in ("fast", "immediate"):
            wait = ("-w", "-t", str(_STOP_SECONDS))
            done = self._run(binaries / "pg_ctl", "-D", self._cluster, "-m", mode, *wait, "stop")
            if done.returncode == 0 or not self.running():
                break
        self._started_here = False
        self._forget_socket_dir()

    def destroy(self) -> None:
        """Stop the server and delete its files."""
        self.stop()
        if self._cluster.is_dir():
            shutil.rmtree(self.home, ignore_errors=True)
        for emptied in (self._wanted, files.SHELTER):
            with suppress(OSError):
                emptied.rmdir()

    def running(self) -> bool:
        """Whether a server runs on this folder, whoever started it."""
        return self._pid_file_lines() != []

    def url(self, user: str, dbname: str) -> str:
        """The SQLAlchemy URL of a database of the running server, over psycopg."""
        return self._url("postgresql+psycopg", user, dbname)

    def superuser_url(self) -> str:
        """The libpq URL of the superuser in the database `postgres`."""
        return self._url("postgresql", SUPERUSER, "postgres")

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the server, unless it ran already when this object joined it."""
        if self._started_here:
            self.stop()

    # -- where things are --------------------------------------------------------------------------------------------

    @property
    def _cluster(self) -> Path:
        return self.home / "cluster"

    @property
    def _log(self) -> Path:
        return self._cluster / "server.log"

    def _url(self, scheme: str, user: str, dbname: str) -> str:
        lines = self._pid_file_lines()
        if len(lines) < 5:
            raise EmbeddedPostgresError(f"No PostgreSQL runs on {self.home}: start it first.")
        host, port = quote(lines[4], safe=""), lines[3]
        return f"{scheme}://{quote(user, safe='')}@/{quote(dbname, safe='')}?host={host}&port={port}"

    def _make_home(self) -> None:
        files.make_home(self.home, self._user)
        if not files.can_enter(self.home, self._user):
            files.SHELTER.mkdir(mode=0o755, parents=True, exist_ok=True)
            files.SHELTER.chmod(0o755)
            files.make_home(files.shelter_of(self._wanted), self._user)
        if self._user is not None and not files.can_enter(self.home, self._user):
            raise EmbeddedPostgresError(
                f"PostgreSQL does not run as root, and the user {self._user.pw_name} can enter neither {self._wanted} "
                f"nor {self.home}: run this as a normal user, or from another folder."
            )
        files.make_private(self._cluster, self._user)

    def _usable_binaries(self) -> Path:
        """The server's programs, copied when they lie where the server's user cannot run them."""
        installed = files.installed_binaries()
        if self._version_of(installed).returncode == 0:
            return installed
        copy = self.home / "server"
        for binaries in (copy / installed.relative_to(installed.parents[2]), files.copy_binaries(installed, copy)):
            version = self._version_of(binaries)
            if version.returncode == 0:
                return binaries
        raise EmbeddedPostgresError(
            f"The PostgreSQL binaries in {installed} do not run here: {files.telling_line(version.stdout)}"
        )

    def _version_of(self, binaries: Path) -> subprocess.CompletedProcess[str]:
        return self._run(binaries / "postgres", "--version")

    # -- the life of the server --------------------------------------------------------------------------------------

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with (self.home / "start.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _join_running(self) -> bool:
        """Wait for the server that runs on this folder, if any; False when there is none to join."""
        deadline = time.monotonic() + _START_SECONDS
        while lines := self._pid_file_lines():
            if len(lines) >= 8 and lines[7] == "ready":
                if (Path(lines[4]) / f".s.PGSQL.{lines[3]}").exists():
                    return True
                # A cleaner of temporary files took the socket away: nobody can reach this server any more.
                self.stop()
            if time.monotonic() > deadline:
                raise EmbeddedPostgresError(f"The PostgreSQL of {self.home} does not get ready (see {self._log}).")
            time.sleep(0.05)
        return False

    def _initialise(self, binaries: Path) -> None:
        # An initdb that was killed leaves a half-made folder, which the next one would refuse.
        shutil.rmtree(self._cluster, ignore_errors=True)
        files.make_private(self._cluster, self._user)
        who_may = ("-U", SUPERUSER, "--auth-local=trust", "--auth-host=reject")
        what = ("-E", "UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions")
        done = self._run(binaries / "initdb", "-D", self._cluster, *who_may, *what)
        if done.returncode != 0:
            raise EmbeddedPostgresError(
                f"PostgreSQL could not make its data folder {self._cluster}: {files.telling_line(done.stdout)}"
            )

    def _launch(self, binaries: Path) -> None:
        socket_dir = self._choose_socket_dir()
        self._remove_stale_locks(socket_dir)
        settings = {**self._settings, "unix_socket_directories": str(socket_dir)}
        options = " ".join(shlex.quote(part) for name, value in settings.items() for part in ("-c", f"{name}={value}"))
        log_and_wait = ("-l", self._log, "-w", "-t", str(_START_SECONDS))
        for _attempt in range(10):
            self._log.unlink(missing_ok=True)
            done = self._run(binaries / "pg_ctl", "-D", self._cluster, *log_and_wait, "-o", options, "start")
            if done.returncode == 0:
                return
            # After a kill of the server alone its last children need a moment to notice and to go.
            if "still in use" not in self._log_text():
                break
            time.sleep(0.5)
        raise EmbeddedPostgresError(
            f"PostgreSQL did not start (see {self._log}): {files.telling_line(self._log_text())}"
        )

    def _remove_stale_locks(self, socket_dir: Path) -> None:
        """Remove what a killed server left: its number may be another's by now, and then PostgreSQL would refuse."""
        (self._cluster / "postmaster.pid").unlink(missing_ok=True)
        lock = socket_dir / f".s.PGSQL.{_PORT}.lock"
        with suppress(OSError):
            if str(self._cluster) in lock.read_text().splitlines():
                lock.unlink()

    def _pid_file_lines(self) -> list[str]:
        """The lines of postmaster.pid, or none when the server it speaks of is gone."""
        try:
            lines = (self._cluster / "postmaster.pid").read_text().splitlines()
            pid = int(lines[0])
        except (OSError, IndexError, ValueError):
            return []
        return [line.strip() for line in lines] if files.is_server_of(pid, self._cluster) else []

    def _log_text(self) -> str:
        with suppress(OSError):
            return self._log.read_text(errors="replace")
        return ""

    def _run(self, *argv: str | Path) -> subprocess.CompletedProcess[str]:
        """Run one of the server's programs as the server's user; its whole output is in `stdout`."""
        env = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_", "LANG"))}
        options: dict[str, Any] = {"cwd": self.home, "env": env | {"LC_ALL": "C"}, "stdin": subprocess.DEVNULL}
        # Ctrl-C is for our caller to answer, not for the server's programs.
        options["start_new_session"] = True
        if self._user is not None:
            options |= {"user": self._user.pw_uid, "group": self._user.pw_gid, "extra_groups": []}
        # A file, not a pipe: a server that pg_ctl left behind would keep a pipe open and its reader waiting.
        with tempfile.TemporaryFile("w+", errors="replace") as output:
            try:
                code = subprocess.call([str(part) for part in argv], stdout=output, stderr=subprocess.STDOUT, **options)
            except OSError as error:
                return subprocess.CompletedProcess(argv, 127, str(error))
            output.seek(0)
            return subprocess.CompletedProcess(argv, code, output.read())

    # -- the folder of the socket ------------------------------------------------------------------------------------

    def _choose_socket_dir(self) -> Path:
        self._forget_socket_dir()
        wanted = self._run_dir or self.home / "run"
        if files.socket_fits(wanted):
            files.make_private(wanted, self._user)
            if files.can_enter(wanted, self._user):
                return wanted
        for parent in (tempfile.gettempdir(), "/tmp", "/var/tmp"):  # noqa: S108 (mkdtemp makes the name)
            made = Path(tempfile.mkdtemp(prefix="mypage-pg-", dir=parent))
            files.make_private(made, self._user)
            if files.socket_fits(made) and files.can_enter(made, self._user):
                self._socket_dir_note.write_text(str(made))
                return made
            made.rmdir()
        raise EmbeddedPostgresError(f"No folder suits PostgreSQL's socket, {wanted} is too long: set TMPDIR.")

    @property
    def _socket_dir_note(self) -> Path:
        return self.home / "socket-folder"

    def _forget_socket_dir(self) -> None:
        """Remove the folder that was made for the socket among the temporary files, now or in an earlier life."""
        with suppress(OSError):
            made = Path(self._socket_dir_note.read_text())
            self._socket_dir_note.unlink()
            for name in (f".s.PGSQL.{_PORT}", f".s.PGSQL.{_PORT}.lock"):
                (made / name).unlink(missing_ok=True)
            made.rmdir()
