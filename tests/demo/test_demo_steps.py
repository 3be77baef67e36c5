"""A step of the demo that fails is told with the line that says why."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from mypage.demo.processes import Processes
from mypage.demo.progress import DemoError

IMPORT = "people.jsonl: line 2, login: is not a field of this kind"
SUMS = "  customer: 1 new, 0 updated, 0 unchanged, 0 refused"


@pytest.mark.parametrize(("said", "told"), [([IMPORT, "", SUMS], IMPORT), (["one", "two", ""], "two")])
def test_the_reason_is_told_and_not_the_sums_below_it(tmp_path: Path, said: list[str], told: str) -> None:
    program = f"import sys; print({os.linesep.join(said)!r}); sys.exit(2)"
    with pytest.raises(DemoError, match=f"^This step failed: {told} "):
        Processes(tmp_path, os.environ).call("step", [sys.executable, "-c", program])
