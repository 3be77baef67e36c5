"""`mypage check`: compile every operator and theme and say what is wrong, without a database."""

from __future__ import annotations

import rich_click as click

from mypage.server.app import compile_all
from mypage.server.settings import theme_folders


@click.command()
def check() -> None:
    """Compile all installed operators and themes; one line each, exit status 1 at the first mistake."""
    compiled = compile_all(theme_folders())
    for operator in compiled.operators.values():
        entries = sum(len(section.links) for section in operator.menu)
        click.echo(f"operator {operator.name}: {len(operator.schemes)} login schemes, {entries} menu entries")
    for theme in compiled.themes.values():
        click.echo(f"theme {theme.name}: contrast holds")
