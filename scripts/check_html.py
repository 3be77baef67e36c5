"""The W3C's checker over a folder of HTML files, in one run: `check_html.py JAR FOLDER`. Errors fail, others are told.

The folder is what the tests in a browser wrote: what the product sent, each form once. Its `names.txt` says of which
address a file came.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

SHOWN = 5


def main(jar: str, folder: Path) -> int:
    """Prints a line of figures, and every kind of error and warning with where it was found."""
    files = sorted(folder.rglob("*.html"))
    if not files:
        print(f"W3C checker: NOT RUN, there is no HTML in {folder}")
        return 1
    said = _messages(jar, folder)
    names = _names(folder)
    kinds: dict[tuple[str, str], list[str]] = defaultdict(list)
    for message in said:
        kind = "error" if message["type"] != "info" else str(message.get("subType", "info"))
        file = Path(str(message.get("url", ""))).name
        extract = " ".join(str(message.get("extract", "")).split())
        kinds[kind, str(message["message"])].append(f"{names.get(file, file)}: {extract}")
    for (kind, text), places in sorted(kinds.items()):
        print(f"{kind}: {text} ({len(places)} times)")
        for place in sorted(set(places))[:SHOWN]:
            print(f"    {place}")
    count = {kind: sum(len(v) for (k, _), v in kinds.items() if k == kind) for kind in ("error", "warning")}
    print(f"W3C checker: {len(files)} documents, {count['error']} errors, {count['warning']} warnings")
    return 1 if count["error"] else 0


def _messages(jar: str, folder: Path) -> list[dict[str, Any]]:
    command = ["java", "-Xss1m", "-jar", jar, "--format", "json", "--exit-zero-always", "--skip-non-html", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
    try:
        found: list[dict[str, Any]] = json.loads(done.stderr)["messages"]
    except (ValueError, KeyError):
        raise SystemExit(f"the W3C checker said no JSON (exit {done.returncode}): {done.stderr[:500]}") from None
    return found


def _names(folder: Path) -> dict[str, str]:
    lines = (line for file in folder.rglob("names.txt") for line in file.read_text(encoding="utf-8").splitlines())
    return dict(line.split("\t", 1) for line in lines)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2])))
