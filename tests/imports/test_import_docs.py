"""The example lines of the manual load, in the order in which they stand there."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from mypage.imports.reading import LOADERS
from mypage.imports.report import Report

DOCS = Path(__file__).parents[2] / "docs" / "import.md"


def test_the_example_lines_load(feed: Callable[..., Report]) -> None:
    blocks = re.findall(r"```json\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    lines = [line.encode() for block in blocks for line in block.splitlines()]
    report = feed(*lines)
    assert report.problems == []
    assert set(report.tally.kinds()) == {loader.NAME for loader in LOADERS}
