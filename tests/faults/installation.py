"""An installation that tests may break: own PostgreSQL, web, worker, imports, payment company, mail server."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from aiosmtpd.controller import Controller
from sqlalchemy.dialects.postgresql import insert

from mypage.db.embedded import EmbeddedPostgres
from mypage.db.session import platform_unit, sync_engine
from mypage.operators.models import TenantAddress, TenantRecord
from mypage.testing.database import TestDatabase, make_database
from mypage.testing.portal import HANG, SETTINGS, THEMES
from payment.payment_bench import Running, running

SECRET = bytes(range(32))
TENANTS = ("fault-a", "fault-b")
RECOVERED_SECONDS = 30.0
KEY = "MYPAGE_TEST_PAYMENT_KEY"


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail that the mail server took."""

    to: str
    message_id: str
    text: str
    headers: tuple[tuple[str, str], ...] = ()


@dataclass
class Sink:
    """A mail server with an append-only log."""

    taken: list[Letter] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        from email import message_from_bytes, policy

        mail = message_from_bytes(envelope.content, policy=policy.default)
        plain = mail.get_body(("plain",))
        text = plain.get_content() if plain else ""
        letter = Letter(envelope.rcpt_tos[0], str(mail["message-id"]), text, tuple(mail.items()))
        with self.lock:
            self.taken.append(letter)
        return "250 taken"

    def to(self, address: str) -> list[Letter]:
        with self.lock:
            return [letter for letter in self.taken if letter.to == address]


class RealClock:
    """The payment company's day is today."""

    def __call__(self) -> datetime:
        return datetime.now(UTC)


def until(
    done: Callable[[], Any], what: str, seconds: float = RECOVERED_SECONDS, tell: Callable[[], str] = lambda: ""
) -> Any:
    """Wait for something that has to happen by itself."""
    deadline = time.monotonic() + seconds
    while not (found := done()):
        assert time.monotonic() < deadline, f"not within {seconds:g} s: {what}\n{tell()}"
        time.sleep(0.02)
    return found


@dataclass
class Installation:
    """Everything that runs; `web` and `worker` are process numbers, 0 while there is none."""

    postgres: EmbeddedPostgres
    database: TestDatabase
    company: Running
    sink: Sink
    folder: Path
    nursery: subprocess.Popen[str]
    port: int = 0
    web: int = 0
    worker: int = 0
    _own: threading.local = field(default_factory=threading.local)
    _kept: list[psycopg.Connection[Any]] = field(default_factory=list)

    def order(self, **order: Any) -> Any:
        """Say something to the nursery."""
        assert self.nursery.stdin and self.nursery.stdout
        self.nursery.stdin.write(json.dumps(order) + "\n")
        self.nursery.stdin.flush()
        return json.loads(self.nursery.stdout.readline())

    def start(self, kind: str, *arguments: str, fault: str = "", points: Path | None = None) -> int:
        """Start a process; the number of it. `fault` is a failpoint, `points` gets those that were reached."""
        variables = {"MYPAGE_FAULT": fault} if fault else {}
        if points:
            variables["MYPAGE_FAULT_LOG"] = str(points)
        log = str(self.folder / f"{kind}.log")
        return int(self.order(do="start", kind=kind, arguments=arguments, variables=variables, log=log)["pid"])

    def start_web(self, **fault: Any) -> None:
        self.web = self.start("web", **fault)

    def start_worker(self, **fault: Any) -> None:
        """A worker after the time in which a dead one is noticed: its jobs are free."""
        if not self.worker:
            self.execute("UPDATE procrastinate_workers SET last_heartbeat = last_heartbeat - interval '1 minute'")
        self.worker = self.start("worker", **fault)

    def ended(self, pid: int) -> int | None:
        """The exit code of a process, negative for a signal; None while it runs."""
        code: int | None = self.order(do="look", pid=pid)["code"]
        return code

    def wait(self, pid: int, seconds: float = RECOVERED_SECONDS) -> int:
        """Wait for the end of a process."""
        codes: list[int] = []

        def over() -> bool:
            code = self.ended(pid)
            codes.extend([] if code is None else [code])
            return code is not None

        until(over, f"the end of process {pid}", seconds)
        return codes[0]

    def kill(self, pid: int) -> None:
        """kill -9, waited for."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        self.wait(pid)

    def kill_web(self) -> None:
        if self.web:
            self.kill(self.web)
        self.web = 0

    def kill_worker(self) -> None:
        if self.worker:
            self.kill(self.worker)
        self.worker = 0

    def kill_backend(self) -> None:
        """kill -9 of one process of PostgreSQL that serves a connection; the server then drops all and recovers."""
        found = self.rows(
            "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND usename = 'mypage_app'"
            " ORDER BY state = 'idle', random() LIMIT 1"
        )
        assert found, "nobody is connected"
        with contextlib.suppress(ProcessLookupError):
            os.kill(found[0][0], signal.SIGKILL)

    def crash_postgres(self) -> None:
        """An immediate stop, as of a machine that loses power, and a plain start."""
        cluster = self.postgres.home / "cluster"
        pid = int((cluster / "postmaster.pid").read_text().splitlines()[0])
        os.kill(pid, signal.SIGQUIT)
        until(lambda: not self.postgres.running(), "the end of PostgreSQL")
        self.postgres.start()

    def hang_up(self) -> None:
        """Close our own connections."""
        while self._kept:
            self._kept.pop().close()

    def rows(self, sql: str, *values: Any) -> list[Any]:
        """Rows as the superuser, who sees all tenants."""
        cursor = self._query(sql, values)
        return cursor.fetchall() if cursor.description else []

    def execute(self, sql: str, *values: Any) -> None:
        self._query(sql, values)

    def _query(self, sql: str, values: Any) -> psycopg.Cursor[Any]:
        """On a connection that is kept, one for each thread, and replaced when PostgreSQL went away."""
        deadline = time.monotonic() + RECOVERED_SECONDS
        while True:
            try:
                return self._connection().execute(sql, values or None)
            except psycopg.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.02)

    def _connection(self) -> psycopg.Connection[Any]:
        kept: psycopg.Connection[Any] | None = getattr(self._own, "connection", None)
        if kept is None or kept.closed:
            kept = psycopg.connect(self.database.admin.replace("+psycopg", ""), autocommit=True, connect_timeout=60)
            self._own.connection = kept
            self._kept.append(kept)
        return kept

    def count(self, sql: str, *values: Any) -> int:
        """The one number of a query."""
        return int(self.rows(sql, *values)[0][0])

    def pass_a_minute(self) -> None:
        """What waits for its time comes up, and no call about a card can be under way any more."""
        self.execute(
            "UPDATE procrastinate_jobs j SET scheduled_at = now() WHERE status = 'todo' AND scheduled_at > now() AND NOT"
            " EXISTS (SELECT FROM card_setup s WHERE s.id::text = j.args ->> 'entry' AND s.state IN ('sent', 'entered')"
            " AND NOT s.registering)"
        )
        self.execute(
            "UPDATE card_setup SET updated_at = updated_at - interval '61 s', created_at = created_at - interval '61 s'"
            " WHERE state NOT IN ('registered', 'refused', 'cancelled', 'expired')"
        )

    def log(self, kind: str) -> str:
        """What processes of a kind said, the end of it."""
        path = self.folder / f"{kind}.log"
        return path.read_text(errors="replace")[-3000:] if path.exists() else ""


@contextmanager
def installed(folder: Path) -> Iterator[Installation]:
    """All parts but web and worker, which tests start."""
    with ExitStack() as parts, tempfile.TemporaryDirectory(prefix="mp-", ignore_cleanup_errors=True) as home:
        Path(home).chmod(0o711)
        postgres = EmbeddedPostgres(Path(home) / "pg", durable=True)
        postgres.start()
        parts.callback(postgres.stop)
        database = make_database(postgres.url("postgres", "postgres"))
        company = parts.enter_context(running(folder / "company", RealClock(), slow_seconds=0.0))  # type: ignore[arg-type]
        for tenant in TENANTS:
            _deploy(database, tenant, company.url)
        sink = Sink()
        smtp_port = _free_port()
        controller = Controller(sink, hostname="127.0.0.1", port=smtp_port, enable_SMTPUTF8=True)
        controller.start()
        parts.callback(controller.stop)
        nursery = parts.enter_context(_nursery(folder, _variables(database, smtp_port)))
        assert nursery.stdout is not None
        port = json.loads(nursery.stdout.readline())["port"]
        made = Installation(postgres, database, company, sink, folder, nursery, port)
        parts.callback(made.hang_up)
        yield made


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def _variables(database: TestDatabase, smtp_port: int) -> Mapping[str, str]:
    return {
        "MYPAGE_DATABASE_URL": database.app,
        "MYPAGE_SECRET_KEY": base64.b64encode(SECRET).decode(),
        "MYPAGE_SMTP_HOST": "127.0.0.1",
        "MYPAGE_SMTP_PORT": str(smtp_port),
        "MYPAGE_THEMES": str(THEMES),
        "MYPAGE_TRUSTED_PROXIES": "127.0.0.1/32",
        KEY: "demo-key",
    }


@contextmanager
def _nursery(folder: Path, variables: Mapping[str, str]) -> Iterator[subprocess.Popen[str]]:
    with (folder / "nursery.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("nursery.py"))],
            env=os.environ | variables, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True,
        )  # fmt: skip
        try:
            yield process
        finally:
            assert process.stdin is not None and process.stdout is not None
            process.stdin.close()
            process.stdout.close()
            process.wait(HANG)


def _deploy(database: TestDatabase, tenant: str, company_url: str) -> None:
    owner = sync_engine(database.owner)
    payment = {"adapter": "hosted-page", "base_url": company_url, "key_env": KEY}
    names = {"mail_from": f"mypage@{tenant}.example", "mail_domain": f"{tenant}.example"}
    with platform_unit(owner) as connection:
        connection.execute(
            insert(TenantRecord).values(
                name=tenant, operator="actv", theme="plain", locale="ja", extensions={"payment": payment},
                settings=SETTINGS | names,
            )
        )  # fmt: skip
        connection.execute(insert(TenantAddress).values(host=f"{tenant}.example", prefix="", tenant=tenant, main=True))
    owner.dispose()
