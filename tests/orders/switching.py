"""Another system on a real socket: it checks signatures as docs/provisioning.md says, and does each thing once."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

KEY = "k" * 40
PAGE = Path(__file__).parents[2] / "docs" / "provisioning.md"


def documented_check() -> Callable[[bytes, str, str, bytes], bool]:
    """The function that the documentation gives to the other side."""
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    names: dict[str, Any] = {}
    exec(code, names)
    check: Callable[[bytes, str, str, bytes], bool] = names["signature_holds"]
    return check


def signed(body: bytes, *, at: float, key: str = KEY) -> dict[str, str]:
    """Headers of a report, made without the product's code."""
    stamp = str(int(at))
    mac = hmac.new(key.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    return {"Mypage-Timestamp": stamp, "Mypage-Signature": f"v1={mac}", "Content-Type": "application/json"}


Said = tuple[int, Any]


@dataclass
class Switch:
    """What it was asked, what it did, and what it says next: the first of `answers`, for ever the last one."""

    answers: list[Said] = field(default_factory=lambda: [(200, {})])
    asked: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    did: dict[str, Said] = field(default_factory=dict)
    before: Callable[[dict[str, Any]], None] = lambda task: None
    refused: int = 0
    url: str = ""

    def take(self, headers: dict[str, str], body: bytes) -> Said:
        check = documented_check()
        if not check(KEY.encode(), headers["mypage-timestamp"], headers["mypage-signature"], body):
            self.refused += 1
            return 401, {"problem": "signature"}
        task = json.loads(body)
        self.asked.append(task)
        self.headers.append(headers)
        if task["id"] in self.did:
            return self.did[task["id"]]
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if answer[0] in (200, 201, 202, 204):
            self.did[task["id"]] = answer
        self.before(task)
        return answer


@contextmanager
def switching() -> Iterator[Switch]:
    switch = Switch()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, said = switch.take({k.lower(): v for k, v in self.headers.items()}, body)
            content = said if isinstance(said, bytes) else json.dumps(said).encode()
            self.send_response(status)
            if status in (301, 302, 307):
                self.send_header("Location", switch.url)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    switch.url = f"http://127.0.0.1:{server.server_address[1]}/tasks"
    try:
        yield switch
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
