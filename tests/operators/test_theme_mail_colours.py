"""The colours of a theme's mails: a mistake in them is told before a mail waits for ever."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from mypage.operators.themes import ThemeError, load_theme

PLAIN = Path(__file__).parents[2] / "themes" / "plain"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('ink = "#1a1a1a"', "", "[mail] lacks ink; see themes/plain"),
        (
            'line = "#dcdfe4"',
            'line = "#dcdfe4"\nlink_hover = "#000000"',
            "[mail] knows no link_hover; it knows action, ",
        ),
        ('ink = "#1a1a1a"', 'ink = "#1a1g1a"', "[mail] ink: '#1a1g1a' is not a colour such as #1f6b3a"),
        ('ink = "#1a1a1a"', 'ink = "red; }"', "[mail] ink: 'red; }' is not a colour such as #1f6b3a"),
    ],
)
def test_a_wrong_colour_of_mails_is_refused_by_name(tmp_path: Path, old: str, new: str, said: str) -> None:
    folder = Path(shutil.copytree(PLAIN, tmp_path / "shore"))
    file = folder / "theme.toml"
    text = file.read_text(encoding="utf-8")
    assert f"\n{old}\n" in text
    file.write_text(text.replace(f"\n{old}\n", f"\n{new}\n"), encoding="utf-8")
    with pytest.raises(ThemeError) as caught:
        load_theme(folder)
    assert str(caught.value).startswith(f"theme shore: {said}")
