"""The payment company of the demo, as the launcher starts it and as portals and browsers reach it."""

from __future__ import annotations

from pathlib import Path

from mypage.demo.launcher import Demo
from mypage.demo.plan import Ports
from mypage.demo.progress import Progress


def test_portals_and_browsers_find_it_at_one_address_that_every_system_resolves(tmp_path: Path) -> None:
    ports = Ports(8600)
    demo = Demo(tmp_path, ports, Progress())
    [payment] = [part for part in demo._parts() if part.name == "payment"]
    page = payment.argv[list(payment.argv).index("--public-url") + 1]
    # The portals' pages may lead to the interface's origin alone, so the card page has to be there, too.
    assert page == ports.payment_url == "http://127.0.0.1:8602"
