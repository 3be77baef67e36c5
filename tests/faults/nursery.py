"""Makes the processes of an installation quickly: everything is imported and compiled once, then each is a fork.

A program of its own (`python nursery.py`), so that a test's threads are never forked. It reads one JSON object per line
(what to start, with which variables, where to log) and answers each with one line. What runs in a fork is what
`mypage serve`, `mypage worker` and `mypage import` run.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import signal
import socket
import sys
import traceback
from dataclasses import replace
from functools import partial
from typing import Any, NoReturn

import uvicorn

from mypage.imports.loader import import_file
from mypage.jobs.worker import WorkerTimes
from mypage.mail.delivery import Patience
from mypage.server import cli
from mypage.server.app import Compiled, Server, compile_all
from mypage.server.commands import feeds
from mypage.server.commands.serving import GRACE_SECONDS
from mypage.server.leaving import LeavingProtocol
from mypage.server.logs import configure_logging
from mypage.server.settings import Settings, read_settings
from mypage.server.worker import WorkerOptions, run_worker
from mypage.testing.faults import install

QUICK = WorkerOptions(times=WorkerTimes(poll=0.1, rescue=0.5, restart=0.1), patience=Patience(first=0.1, longest=0.5))
"""Looks more often than in production; what counts as a dead worker stays, tests move the clock instead."""
CHUNK_LINES = 200
"""A short feed is several transactions, as a long one is in production."""


def main() -> None:
    settings = replace(read_settings(), hash_time_cost=1, hash_memory_kib=64)
    compiled = compile_all(settings.theme_folders)
    listener = socket.create_server(("127.0.0.1", 0), backlog=256)
    server = Server(settings, compiled)
    for kernel in server.kernels.values():
        kernel.responder.templates.warm()
    gc.freeze()
    codes: dict[int, int] = {}
    started: set[int] = set()
    print(json.dumps({"port": listener.getsockname()[1]}), flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        if order["do"] == "start":
            pid = os.fork()
            codes.pop(pid, None)
            started.add(pid)
            if pid == 0:
                _child(order, settings, compiled, server, listener)
            print(json.dumps({"pid": pid}), flush=True)
        else:
            asked = order["pid"]
            if asked not in codes:
                pid, status = os.waitpid(asked, os.WNOHANG)
                codes.update({pid: os.waitstatus_to_exitcode(status)} if pid else {})
            print(json.dumps({"code": codes.get(asked)}), flush=True)
    # The test has ended, perhaps without a word: nothing of it goes on.
    for pid in started - codes.keys():
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def _child(order: Any, settings: Settings, compiled: Compiled, server: Server, listener: socket.socket) -> NoReturn:
    code = 1
    try:
        log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(log, 1)
        os.dup2(log, 2)
        os.environ.update(order["variables"])
        install(os.environ)
        configure_logging()
        match order["kind"]:
            case "web":
                _web(server, listener)
            case "worker":
                listener.close()
                asyncio.run(run_worker(settings, compiled, QUICK))
            case "import":
                vars(feeds)["import_file"] = partial(import_file, chunk=CHUNK_LINES)
                sys.argv = ["mypage", "import", *order["arguments"]]
                cli.main()
        code = 0
    except SystemExit as done:
        code = done.code if isinstance(done.code, int) else int(done.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


class _Telling(uvicorn.Server):
    """Says in the log when it takes requests."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        print(f"web {os.getpid()} takes requests", flush=True)


def _web(server: Server, listener: socket.socket) -> None:
    config = uvicorn.Config(
        server,
        http=LeavingProtocol,
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=15,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    running = _Telling(config)
    # uvicorn raises the signal that stopped it again when it is done, which would end this process without a word.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    running.run(sockets=[listener])
    if not running.started:
        raise SystemExit(3)


if __name__ == "__main__":
    main()
