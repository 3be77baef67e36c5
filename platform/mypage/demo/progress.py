"""What the demo's launcher shows on the terminal: one line per step, then the addresses and sample logins."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.markup import escape


class DemoError(Exception):
    """The demo cannot go on; the text is one line that says what is wrong and how to mend it."""


class Progress:
    """Prints steps as they begin and end; a spinner turns where a person watches."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(highlight=False, soft_wrap=True)

    def _print(self, markup: str) -> None:
        # A closed terminal must not keep the demo from stopping its parts; rich answers a broken pipe by SystemExit.
        with suppress(OSError, SystemExit):
            self._console.print(markup)

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        """One step: its line gets a tick and the seconds it took, or a cross when it raises."""
        began = time.monotonic()
        try:
            with self._console.status(escape(title)):
                yield
        except BaseException:
            self._print(f"  [red]✗[/] {escape(title)}")
            raise
        self._print(f"  [green]✓[/] {escape(title)} [dim]{time.monotonic() - began:.1f} s[/]")

    def say(self, text: str = "") -> None:
        """A plain line."""
        self._print(escape(text))

    def heading(self, text: str) -> None:
        """A line that stands out."""
        self._print(f"\n[bold]{escape(text)}[/]")

    def problem(self, text: str) -> None:
        """The one line that says why the demo stops."""
        self._print(f"[bold red]{escape(text)}[/]")

    def lines(self, lines: Sequence[str]) -> None:
        """Lines of a log, set off."""
        for line in lines:
            self._print(f"    [dim]{escape(line)}[/]")

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Aligned columns; nothing is cut off, however narrow the terminal, so that addresses stay whole."""
        widths = [max(cell_len(row[number]) for row in [columns, *rows]) for number in range(len(columns))]
        for style, row in [("dim", columns), *(("none", row) for row in rows)]:
            cells = (set_cell_size(cell, width) for cell, width in zip(row, widths, strict=True))
            self._print(f"  [{style}]{escape('   '.join(cells).rstrip())}[/]")
