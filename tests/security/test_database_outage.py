"""A database that restarts, loses its connections or stops answering: clear pages, nothing half done, no restart."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from attackkit import Browser, browser, gather
from sqlalchemy.dialects.postgresql import insert

from mypage.db.embedded import EmbeddedPostgres
from mypage.db.session import platform_unit, sync_engine
from mypage.lib.clock import FixedClock
from mypage.operators.models import TenantAddress, TenantRecord
from mypage.server.app import Server
from mypage.server.settings import Settings
from mypage.testing.database import make_database
from mypage.testing.portal import HANG, NOON, SETTINGS, THEMES, Portal
from portal_rows import Person, add_person

PATIENCE = 3.0


@dataclass
class Outage:
    """A portal whose database server is ours to stop."""

    postgres: EmbeddedPostgres
    portal: Portal
    admin: str
    person: Person

    def execute(self, sql: str) -> list[Any]:
        """Run a statement as the superuser."""
        with psycopg.connect(self.admin.replace("+psycopg", ""), autocommit=True) as connection:
            cursor = connection.execute(sql)
            return cursor.fetchall() if cursor.description else []

    def count(self, table: str) -> int:
        """Rows of a table."""
        return int(self.execute(f"SELECT count(*) FROM {table}")[0][0])


@pytest.fixture(scope="module")
def postgres() -> Iterator[EmbeddedPostgres]:
    with tempfile.TemporaryDirectory(prefix="mp-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o711)
        postgres = EmbeddedPostgres(Path(folder) / "pg", durable=False)
        postgres.start()
        try:
            yield postgres
        finally:
            postgres.stop()


@pytest.fixture(scope="module")
def running(
    postgres: EmbeddedPostgres, servers: Callable[[None], Server], server_loop: asyncio.AbstractEventLoop
) -> Iterator[Outage]:
    database = make_database(postgres.url("postgres", "postgres"))
    settings = Settings(
        database_url=database.app, secret=bytes(range(32)), theme_folders=(THEMES,), hash_time_cost=1, hash_memory_kib=64
    )  # fmt: skip
    owner = sync_engine(database.owner)
    with platform_unit(owner) as connection:
        record = {"operator": "actv", "theme": "plain", "locale": "ja", "extensions": {}, "settings": SETTINGS}
        connection.execute(insert(TenantRecord).values(name="isp", **record))
        connection.execute(insert(TenantAddress).values(host="isp.example", prefix="", tenant="isp", main=True))
    owner.dispose()
    clock = FixedClock(NOON)
    server = Server(settings, servers(None).compiled, clock=clock, patience=4.0)
    asyncio.run_coroutine_threadsafe(server.start(), server_loop).result(HANG)
    engine = sync_engine(database.app, pool_pre_ping=False)
    portal = Portal(
        name="isp", host="isp.example", prefix="", server=server, engine=engine, clock=clock, loop=server_loop
    )
    person = add_person(portal)
    try:
        yield Outage(postgres, portal, database.admin, person)
    finally:
        engine.dispose()
        asyncio.run_coroutine_threadsafe(server.stop(), server_loop).result(HANG)


@pytest.fixture
def outage(running: Outage) -> Outage:
    """What serves all tests; connections that the one before has cut are not used again."""
    running.portal.engine.dispose()
    return running


def test_a_restart_is_waited_out(outage: Outage) -> None:
    portal = outage.portal
    mine, nobody = browser(portal, outage.person), browser(portal)
    warm = [lambda: mine.send("GET", "/home") for _ in range(12)]
    assert {seen.status for seen in portal.wait(gather(warm, at_once=12))} == {200}
    form = {"login": "someone1", "password": "Abc12345"}
    outage.postgres.stop()
    asked = [
        (mine, "GET", "/home"), (mine, "GET", "/nowhere"), (mine, "POST", "/sessions/end"), (nobody, "GET", "/login"),
        (nobody, "POST", "/login"), (nobody, "POST", "/recover/password"), (nobody, "GET", "//evil.example/x"),
        (nobody, "GET", "/register/mypage"), (mine, "POST", "/logout"), (mine, "GET", "/bills/lines.csv"),
    ]  # fmt: skip
    for who, method, path in asked:
        seen = portal.wait(who.send(method, path, form=form if method == "POST" else None))
        assert seen.status == 503, (method, path, seen.status)
        assert int(seen.header("retry-after")) > 0
        assert seen.seconds < PATIENCE, (method, path, seen.seconds)
        assert "青森ケーブルテレビ" in seen.text
        assert "psycopg" not in seen.text
        assert not seen.html.xpath("//a[starts-with(@href,'//')]/@href"), "a way back to another site"
    assert ready(portal) == 503
    assert alive(portal) == 200
    outage.postgres.start()
    assert ready(portal) == 200
    assert portal.wait(mine.send("GET", "/home")).status == 200
    assert portal.wait(nobody.send("POST", "/login", form=form)).status == 422


def test_lost_connections_are_replaced(outage: Outage) -> None:
    portal = outage.portal
    mine = browser(portal, outage.person)
    for _ in range(3):
        reading = [lambda: mine.send("GET", "/home") for _ in range(12)]
        assert {seen.status for seen in portal.wait(gather(reading, at_once=12))} == {200}
        outage.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )
        for _ in range(3):
            assert portal.wait(mine.send("GET", "/home")).status == 200


def test_a_post_in_flight_is_done_or_not(outage: Outage) -> None:
    """Recovery writes a link, a mail, its job and the trail: all of them, or none."""
    portal = outage.portal
    login = outage.execute("SELECT login_id FROM credential")[0][0]
    statuses, before = [], written(outage)
    for number in range(4):
        outage.execute("DELETE FROM login_counter")
        nobody = browser(portal)

        async def one(who: Browser = nobody) -> Any:
            return await who.send("POST", "/recover/password", form={"login": login})

        future = asyncio.run_coroutine_threadsafe(one(), portal.loop)
        time.sleep(0.004 * number)
        outage.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )
        seen = future.result(HANG)
        statuses.append(seen.status)
        assert seen.status in (303, 503)
        mails, trail, jobs = (now - then for now, then in zip(written(outage), before, strict=True))
        assert mails == trail == jobs, statuses
        assert mails <= number + 1
        assert outage.count("mail_link") <= 1


def test_a_database_that_hangs_is_not_waited_for_for_ever(outage: Outage) -> None:
    """The server's processes stand still, as on a machine that swaps: an answer comes all the same."""
    portal = outage.portal
    mine = browser(portal, outage.person)
    pids = [row[0] for row in outage.execute("SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend'")]
    postmaster = int((outage.postgres.home / "cluster" / "postmaster.pid").read_text().splitlines()[0])
    stopped = []
    for pid in (postmaster, *pids):
        try:
            os.kill(pid, signal.SIGSTOP)
            stopped.append(pid)
        except ProcessLookupError:
            continue
    try:
        began = time.monotonic()
        answers = portal.wait(gather([lambda: mine.send("GET", "/home") for _ in range(3)], at_once=3))
        assert {seen.status for seen in answers} == {503}
        assert time.monotonic() - began < 60
        assert ready(portal) == 503
    finally:
        for pid in stopped:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)
    assert portal.wait(mine.send("GET", "/home")).status == 200


def written(outage: Outage) -> tuple[int, int, int]:
    """Mails, entries of the trail, and jobs that deliver mails."""
    jobs = outage.execute("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'mail.deliver'")
    return outage.count("mail_message"), outage.count("audit_entry"), int(jobs[0][0])


def ready(portal: Portal) -> int:
    """The status of /readyz."""
    return int(portal.wait(Browser(portal.server, portal.host).send("GET", "/readyz")).status)


def alive(portal: Portal) -> int:
    """The status of /healthz."""
    return int(portal.wait(Browser(portal.server, portal.host).send("GET", "/healthz")).status)
