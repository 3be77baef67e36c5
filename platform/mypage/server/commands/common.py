"""What several commands say or show alike."""

from __future__ import annotations

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn


def no_tenant(name: str) -> str:
    """The line for a tenant that is not there."""
    return f"there is no tenant {name!r}; check its name in tenants.toml"


def progress_bar() -> Progress:
    """A bar on the terminal's error output, gone when the work is done."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )
