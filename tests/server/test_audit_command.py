"""`mypage audit verify` and `seal` as an operator of the installation types them, and the worker's share."""

from __future__ import annotations

import asyncio
import base64
import os
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text

from forked_cli import ForkedCli, forked_cli
from mypage.audit.chain import head_of
from mypage.audit.trail import record
from mypage.db.keys import Vault
from mypage.db.session import Tx
from mypage.jobs.tasks import Job
from mypage.lib.clock import TOKYO
from mypage.server.sealing import SEAL_TENANT, Sealer
from mypage.testing.database import TestDatabase
from mypage.testing.portal import MakePortal, Portal

ROOT = Path(__file__).parents[2]
Run = Callable[..., subprocess.CompletedProcess[str]]
NOW = datetime.now(UTC)


@pytest.fixture(scope="module")
def cli() -> Iterator[ForkedCli]:
    with forked_cli() as program:
        yield program


@pytest.fixture
def run(test_database: TestDatabase, cli: ForkedCli) -> Run:
    environment = {
        "PATH": os.environ["PATH"],
        "MYPAGE_DATABASE_URL": test_database.app,
        "MYPAGE_SECRET_KEY": base64.b64encode(bytes(range(32))).decode(),
    }
    return lambda *words: cli.call(words, environment, ROOT)


@pytest.fixture
def here(make_portal: MakePortal) -> Portal:
    """A tenant with thirty entries of an hour ago."""
    portal = make_portal("actv")
    portal.clock.at = NOW - timedelta(hours=1)

    def work(tx: Tx) -> None:
        for number in range(30):
            record(tx, "x.done", "thing", number)
            portal.clock.at += timedelta(seconds=1)

    portal.run(work)
    return portal


def tamper(database: TestDatabase, portal: Portal, sql: str) -> None:
    with psycopg.connect(database.owner.replace("postgresql+psycopg:", "postgresql:")) as connection:
        connection.execute("SELECT enter_tenant(%s)", (portal.name,))
        connection.execute(sql)


def test_seal_verify_and_what_is_found(run: Run, here: Portal, test_database: TestDatabase) -> None:
    waiting = run("audit", "verify", here.name)
    assert waiting.returncode == 1
    assert waiting.stdout.count("unsealed: entry ") == 30
    assert "does the worker run?" in waiting.stdout
    sealed = run("audit", "seal", here.name)
    assert (sealed.returncode, f"tenant {here.name}: 30 entries sealed" in sealed.stdout) == (0, True), sealed.stderr
    head = sealed.stdout.splitlines()[-1].removeprefix("head ")
    assert head.startswith("30:")
    good = run("audit", "verify", here.name, "--head", head)
    assert good.returncode == 0, good.stdout + good.stderr
    assert good.stdout.splitlines() == [
        f"tenant {here.name}: 30 entries read, the trail is as it was sealed",
        f"head {head}",
    ]
    tamper(test_database, here, "UPDATE audit_entry SET object_id = '99' WHERE object_id = '5'")
    bad = run("audit", "verify", here.name)
    assert bad.returncode == 1
    first = bad.stdout.splitlines()[0]
    assert first.startswith(f"tenant {here.name}: changed: link 6 entry ")
    assert first.endswith(": the entry was changed after it was sealed")
    assert "30 entries read, the trail is wrong" in bad.stdout
    late = (NOW - timedelta(minutes=30)).astimezone(TOKYO).strftime("%Y-%m-%dT%H:%M")
    assert run("audit", "verify", here.name, "--since", late).returncode == 0
    tamper(test_database, here, "DELETE FROM audit_link WHERE seq > 20")
    assert "head: link 30: the chain does not hold the head" in run("audit", "verify", here.name, "--head", head).stdout


def test_each_verification_stands_in_the_trail(run: Run, here: Portal) -> None:
    run("audit", "seal", here.name)
    run("audit", "verify", here.name)
    listed = run("audit", here.name, "--action", "trail.")
    assert listed.returncode == 0, listed.stderr
    assert "trail.verified  trail:trail.verified  system:mypage audit verify" in listed.stdout
    assert "'wrong': 0" in listed.stdout


def test_the_list_goes_on_as_before(run: Run, here: Portal) -> None:
    for words in (
        ("audit", here.name, "--limit", "3"),
        ("audit", "--limit", "3", here.name),
        ("audit", "list", here.name, "--limit", "3"),
    ):
        done = run(*words)
        assert (done.returncode, len(done.stdout.splitlines())) == (0, 3), (words, done.stderr)
    assert "verify" in run("audit", "--help").stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("audit", "verify", "nobody"), "there is no tenant 'nobody'"),
        (("audit", "verify", "NO BODY"), "there is no tenant 'NO BODY'"),
        (("audit", "seal", "nobody"), "there is no tenant 'nobody'"),
        (("audit", "verify", "{tenant}", "--head", "12:zz"), "--head '12:zz' is no head"),
        (("audit", "seal", "{tenant}", "--late", " "), "--late is empty"),
    ],
)
def test_what_cannot_be_done_is_one_line(run: Run, here: Portal, words: tuple[str, ...], said: str) -> None:
    done = run(*(word.format(tenant=here.name) for word in words))
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert said in " ".join(done.stderr.replace("│", " ").split())


def test_late_entries_are_taken_in_with_a_reason(run: Run, here: Portal) -> None:
    run("audit", "seal", here.name)
    here.clock.at = NOW - timedelta(hours=3)
    here.run(lambda tx: record(tx, "x.late", "thing", 99))
    assert "0 entries sealed" in run("audit", "seal", here.name).stdout
    assert "inserted: entry " in run("audit", "verify", here.name).stdout
    assert "1 entries sealed" in run("audit", "seal", here.name, "--late", "復旧したバックアップ").stdout
    assert run("audit", "verify", here.name).returncode == 0
    assert "'reason': '復旧したバックアップ'" in run("audit", here.name, "--action", "trail.late").stdout


def test_the_worker_seals_what_waits_and_says_the_head(here: Portal, capsys: pytest.CaptureFixture[str]) -> None:
    server = here.server
    sealer = Sealer(server.database, server.registry, server.ports.get(Vault))
    asked = text(
        "SELECT count(*) FROM procrastinate_jobs WHERE task_name = :task AND args->>'tenant' = :tenant"
        " /* unfiltered on purpose */"
    )

    def jobs() -> int:
        return here.run(lambda tx: tx.scalar(asked, {"task": SEAL_TENANT, "tenant": here.name}) or 0)

    here.clock.at = NOW
    here.wait(sealer.fan_out(NOW))
    assert jobs() == 1
    here.wait(asyncio.wait_for(sealer.tenant(Job(tenant=here.name, request_id="r")), 60))
    head = here.run(head_of)
    assert head.seq == 30
    said = capsys.readouterr().out
    assert "trail sealed" in said and str(head) in said
    here.wait(sealer.fan_out(NOW))
    assert jobs() == 1
