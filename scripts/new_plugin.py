"""Begin an operator: copy scripts/plugin_template to plugins/NAME. The copy compiles and passes its tests as it is."""

from __future__ import annotations

import argparse
import re
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
TEMPLATE = ROOT / "scripts" / "plugin_template"
NAME = re.compile(r"[a-z][a-z0-9]{1,19}")
LEFT_OUT = shutil.ignore_patterns("__pycache__", "*.egg-info", ".pytest_cache")


class Refused(ValueError):
    """The plugin cannot be made; the message says why."""


def create(name: str, folder: Path) -> Path:
    """Copy the template to folder/name with its name put in. Raises Refused."""
    if not NAME.fullmatch(name) or name == "newop":
        raise Refused(f"{name!r} cannot be a plugin's name; use 2 to 20 small letters and digits, a letter first")
    target = folder / name
    if target.exists():
        raise Refused(f"{target} exists already; choose another name or remove it")
    shutil.copytree(TEMPLATE, target, ignore=LEFT_OUT)
    for path in sorted(target.rglob("*"), reverse=True):
        if path.is_file():
            text = path.read_text(encoding="utf-8")
            path.write_text(text.replace("newop", name).replace("NEWOP", name.upper()), encoding="utf-8")
        if "newop" in path.name:
            path.rename(path.with_name(path.name.replace("newop", name)))
    return target


def main() -> int:
    """Make the plugin and say what comes next."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", help="small letters and digits, such as nagi")
    parser.add_argument("--folder", type=Path, default=ROOT / "plugins", help="where plugins are kept")
    given = parser.parse_args()
    try:
        target = create(given.name, given.folder)
    except Refused as error:
        print(f"new_plugin: {error}", file=sys.stderr)
        return 1
    print(f"Made {target}. Next:")
    print(f"  1. add mypage_{given.name} to pyproject.toml: [tool.mypy] packages, [tool.importlinter] root_packages,")
    print("     and the forbidden_modules of “the core knows no operator”")
    print("  2. make docs test    installs it, names it in docs/hooks.md, runs its tests with all others")
    print("  3. docs/writing-a-plugin.md shows the way from here")
    return 0


if __name__ == "__main__":
    sys.exit(main())
