"""``python -m mypage.demo.gateway``: the demo payment company as a process of its own."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import uvicorn

from .app import create_app


def main() -> None:
    """Serve until interrupted. The key of the interface is read from MYPAGE_PAYMENT_KEY, ``demo-key`` without it."""
    parser = argparse.ArgumentParser(prog="python -m mypage.demo.gateway", description="The demo payment company.")
    parser.add_argument("--port", type=int, required=True, help="TCP port to listen on")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: this machine only)")
    parser.add_argument("--dir", type=Path, required=True, help="directory of its SQLite file")
    parser.add_argument("--public-url", help="where browsers reach it (default: http://HOST:PORT)")
    parser.add_argument("--return-origin", action="append", default=[], help="origin customers may be sent back to")
    parser.add_argument("--slow-seconds", type=float, default=3.0, help="how long the slow card takes to register")
    options = parser.parse_args()
    app = create_app(
        options.dir,
        public_url=options.public_url or f"http://{options.host}:{options.port}",
        api_key=os.environ.get("MYPAGE_PAYMENT_KEY") or "demo-key",
        return_origins=frozenset(options.return_origin),
        slow_seconds=options.slow_seconds,
    )
    uvicorn.run(app, host=options.host, port=options.port, log_level="warning", server_header=False)


if __name__ == "__main__":
    main()
