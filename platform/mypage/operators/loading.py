"""Finding operators and extensions among the installed distributions, by entry point."""

from __future__ import annotations

import sys
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

from mypage.operators.operator import OperatorError

OPERATORS = "mypage.operators"
EXTENSIONS = "mypage.extensions"


def installed_operators() -> tuple[str, ...]:
    """Names of the operators whose distributions are installed."""
    return tuple(sorted(point.name for point in entry_points(group=OPERATORS)))


def load_operator(name: str) -> Any:
    """The plugin object of one operator. Raises OperatorError when it is absent or cannot be imported."""
    points = [point for point in entry_points(group=OPERATORS) if point.name == name]
    if not points:
        known = ", ".join(installed_operators()) or "none"
        raise OperatorError(f"operator {name!r} is not installed (installed: {known}); install its distribution")
    return _load(points[0])


def load_extensions() -> dict[str, Any]:
    """Every installed extension by name."""
    return {point.name: _load(point) for point in sorted(entry_points(group=EXTENSIONS))}


def plugin_folder(plugin: Any, name: str) -> Path | None:
    """A data folder beside the plugin's module, such as `templates`, or None when there is none."""
    module = plugin if isinstance(plugin, ModuleType) else sys.modules[type(plugin).__module__]
    folder = Path(str(module.__file__)).parent / name
    return folder if folder.is_dir() else None


def _load(point: EntryPoint) -> Any:
    try:
        return point.load()
    except Exception as error:
        raise OperatorError(f"{point.group} {point.name!r}: {point.value} cannot be imported: {error}") from error
