"""Print, for each operator, which of its numbered requirements no test names. Always ends with status 0."""

from __future__ import annotations

import re
import textwrap
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parent.parent
DECLARED = re.compile(r"^- \*\*([A-Z]{2,}-\d+)\*\* \[(manual|inferred)(?:, OCR-repaired)?\] (.*)$", re.MULTILINE)
MARK = re.compile(r"mark\.req\(([^)]*)\)")
ID = re.compile(r"[A-Z]{2,}-\d+")
WIDTH = 100


def declared(folder: Path) -> dict[str, tuple[str, str]]:
    """Id → how it is known and its text, from a plugin's REQUIREMENTS.md."""
    text = (folder / "REQUIREMENTS.md").read_text(encoding="utf-8")
    return {found[0]: (found[1], found[2]) for found in DECLARED.findall(text)}


def proven(root: Path = ROOT) -> Counter[str]:
    """Id → in how many marks of tests it is named."""
    found: Counter[str] = Counter()
    for folder in (root / "tests", root / "plugins"):
        for path in sorted(folder.rglob("test_*.py")):
            for mark in MARK.findall(path.read_text(encoding="utf-8")):
                found.update(ID.findall(mark))
    return found


def main() -> None:
    """Report every plugin that keeps a REQUIREMENTS.md."""
    tests = proven()
    known: set[str] = set()
    for folder in sorted(path.parent for path in (ROOT / "plugins").glob("*/REQUIREMENTS.md")):
        requirements = declared(folder)
        known |= set(requirements)
        missing = {name: rest for name, rest in requirements.items() if name not in tests}
        print(f"{folder.name}: {len(requirements) - len(missing)} of {len(requirements)} requirements have a test")
        for name, (source, text) in missing.items():
            line = f"  {name} [{source}] {text}"
            print(line if len(line) <= WIDTH else line[: WIDTH - 1] + "…")
    if strange := sorted(set(tests) - known):
        print("Named by tests, but held by no REQUIREMENTS.md here:")
        print(textwrap.fill(", ".join(strange), WIDTH, initial_indent="  ", subsequent_indent="  "))


if __name__ == "__main__":
    main()
