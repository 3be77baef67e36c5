"""A step of the demo that fails is told with the line that says why."""

from __future__ import annotations

import base64
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from lost_secrets import FORMER, tenant_of_a_former_secret
from mypage.demo.launcher import Demo
from mypage.demo.plan import Ports
from mypage.demo.processes import Processes
from mypage.demo.progress import DemoError, Progress
from mypage.testing.database import TestDatabase, drop_database, make_database

IMPORT = "people.jsonl: line 2, login: is not a field of this kind"
SUMS = "  customer: 1 new, 0 updated, 0 unchanged, 0 refused"


@pytest.mark.parametrize(("said", "told"), [([IMPORT, "", SUMS], IMPORT), (["one", "two", ""], "two")])
def test_the_reason_is_told_and_not_the_sums_below_it(tmp_path: Path, said: list[str], told: str) -> None:
    program = f"import sys; print({os.linesep.join(said)!r}); sys.exit(2)"
    with pytest.raises(DemoError, match=f"^This step failed: {told} "):
        Processes(tmp_path, os.environ).call("step", [sys.executable, "-c", program])


@pytest.fixture
def own_database(admin_url: str) -> Iterator[TestDatabase]:
    """Without the tenants of other tests, whose keys were made under many secrets."""
    database = make_database(admin_url)
    yield database
    drop_database(database)


def test_data_of_a_lost_secret_are_told_with_the_way_on(own_database: TestDatabase, tmp_path: Path) -> None:
    demo = Demo(tmp_path, Ports(8600), Progress())
    secret = base64.b64encode(os.urandom(32)).decode()
    demo._processes.env = dict(os.environ) | {
        "MYPAGE_DATABASE_URL": own_database.app,
        "MYPAGE_SECRET_KEY": secret,
        "MYPAGE_DEMO": "1",
    }
    with tenant_of_a_former_secret(own_database) as (tenant, master):
        with pytest.raises(DemoError, match=f"no master key {master} for .* {tenant}; .*make demo FRESH=1$"):
            demo._check_keys()
        demo._processes.env |= {"MYPAGE_OLD_SECRET_KEYS": base64.b64encode(FORMER).decode()}
        demo._check_keys()
