"""T30: SIGTERM drops no request and loses no job: the next process takes over while the old one ends its work."""

from __future__ import annotations

import http.client
import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from installation import TENANTS, Installation, until
from invariants import check, settle
from sqlalchemy import Engine
from visitors import KEYRING

from mypage.db.keys import Vault
from mypage.db.session import Actor, Scope, unit
from mypage.lib.clock import SystemClock
from mypage.mail.service import send_mail

ROUNDS = int(os.environ.get("MYPAGE_FAULT_ROUNDS", "2"))
MAILS = 20
STOP_SECONDS = 30


@dataclass
class Load:
    """People who look at the login page, each time over a new connection, as a proxy without a pool sends them."""

    port: int
    answered: int = 0
    dropped: list[str] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        while not self.over.is_set():
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
            headers = {"Host": f"{TENANTS[0]}.example", "Connection": "close"}
            try:
                connection.request("GET", "/login", headers=headers)
                answer = connection.getresponse()
                whole = b"</html>" in answer.read()
                if answer.status != 200 or not whole:
                    self.dropped.append(f"{answer.status}")
            except (OSError, http.client.HTTPException) as error:
                self.dropped.append(repr(error))
            else:
                self.answered += 1
            finally:
                connection.close()


@contextmanager
def loaded(port: int, threads: int = 3) -> Iterator[Load]:
    load = Load(port)
    crowd = [threading.Thread(target=load.run) for _ in range(threads)]
    for each in crowd:
        each.start()
    try:
        yield load
    finally:
        load.over.set()
        for each in crowd:
            each.join(60)


def fresh_web(here: Installation) -> None:
    """The next web process, once it takes requests."""
    here.start_web()
    ready = f"web {here.web} takes requests"
    path = here.folder / "web.log"
    until(lambda: path.exists() and ready in path.read_text(errors="replace"), "the next web process")


def test_web(here: Installation, seed: int, figure: Callable[[str], None]) -> None:
    chance, slowest = random.Random(seed), 0.0
    fresh_web(here)
    with loaded(here.port) as load:
        for _ in range(ROUNDS):
            seen = load.answered
            until(lambda seen=seen: load.answered > seen + 5, "some requests")
            old = here.web
            fresh_web(here)
            time.sleep(chance.uniform(0, 0.1))
            began = time.monotonic()
            os.kill(old, signal.SIGTERM)
            assert here.wait(old, STOP_SECONDS) == 0
            slowest = max(slowest, time.monotonic() - began)
    here.kill_web()
    assert load.dropped == [], f"seed {seed}"
    figure(
        f"T30 rolling restarts of web: {ROUNDS}, {load.answered} requests, 0 dropped, stop {slowest:.1f} s, seed {seed}"
    )


def ask(connection: http.client.HTTPConnection) -> str | None:
    """Look at the login page and keep the connection; what the answer says of it."""
    connection.request("GET", "/login", headers={"Host": f"{TENANTS[0]}.example"})
    answer = connection.getresponse()
    assert answer.status == 200
    assert b"</html>" in answer.read()
    return answer.getheader("connection")


def test_connections_that_are_open(here: Installation) -> None:
    """A request on its way to a process that stops is answered, and the client is told to go elsewhere next time."""
    here.kill_web()
    fresh_web(here)
    silent, asking = (http.client.HTTPConnection("127.0.0.1", here.port, timeout=30) for _ in range(2))
    silent.connect()
    assert ask(asking) is None
    os.kill(here.web, signal.SIGTERM)
    until(lambda: ask(asking) == "close", "the stop")
    assert ask(silent) == "close"
    assert here.wait(here.web, STOP_SECONDS) == 0
    here.web = 0


def test_worker(here: Installation, rows_engine: Engine, seed: int, figure: Callable[[str], None]) -> None:
    chance, vault = random.Random(seed), Vault(KEYRING)
    here.kill_worker()
    cut = 0
    for number in range(ROUNDS):
        before, known = len(here.sink.taken), len({letter.message_id for letter in here.sink.taken})
        with unit(rows_engine, Scope(TENANTS[1], SystemClock(), Actor("system", "test"), "test")) as tx:
            for place in range(MAILS):
                values = {
                    "link": f"https://{TENANTS[1]}.example/activate/t",
                    "expires_at": datetime.now(UTC),
                    "login_id": "a",
                }
                address = f"r{number}m{place}@{TENANTS[1]}.example"
                send_mail(tx, vault, template="activation", recipient=address, language="ja", values=values)
        here.start_worker()
        first = chance.randrange(MAILS)
        until(lambda first=first, before=before: len(here.sink.taken) > before + first, "the first mails")
        os.kill(here.worker, signal.SIGTERM)
        assert here.wait(here.worker, STOP_SECONDS) == 0, here.log("worker")
        here.worker = 0
        # Nobody waits for a dead worker's jobs: they were finished or given back.
        assert here.rows("SELECT id FROM procrastinate_jobs WHERE status = 'doing'") == []
        sent = len({letter.message_id for letter in here.sink.taken}) - known
        cut += sent < MAILS
        here.start_worker()
        settle(here)
        here.kill_worker()
        assert len(here.sink.taken) == before + MAILS
        check(here)
    figure(
        f"T30 SIGTERM of worker: {ROUNDS} rounds of {MAILS} mails, {cut} in the middle, 0 lost, 0 twice, seed {seed}"
    )
