"""Themes: custom properties, a logo, an icon, perhaps templates. One that breaks the contrast duty is refused."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from mypage.lib.contrast import custom_properties, ratio, resolve
from mypage.operators.theme_files import UnsafeFile, check_files

CORE_TOKENS = Path(__file__).parent.parent / "static" / "css" / "tokens.css"

_GROUNDS = ("--c-brand-soft", "--c-bg", "--c-surface", "--c-surface-2")
TEXT_PAIRS: tuple[tuple[str, str], ...] = (
    *(("--c-action-ink", on) for on in ("--c-action", "--c-action-hover", "--c-login", "--c-login-hover")),
    ("--c-brand-ink", "--c-brand"),
    *((ink, on) for ink in ("--c-brand-soft-ink", "--c-text-2", "--c-link") for on in _GROUNDS),
    ("--header-ink", "--header-bg"),
    ("--header-muted", "--header-bg"),
)
SHAPE_PAIRS: tuple[tuple[str, str], ...] = tuple(
    (shape, on) for shape in ("--c-brand", "--c-action", "--c-line-strong") for on in ("--c-surface", "--c-bg")
)
MAIL_COLOURS = frozenset({"brand", "action", "action_ink", "ink", "muted", "link", "ground", "line"})
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


class ThemeError(ValueError):
    """A theme cannot be used; the message names theme, value and remedy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """How a portal looks. `colours` are those of its mails and PDFs.

    `tenant`: who supplies its files, when that is a tenant and not the installation (`operators/sharing.py`).
    """

    name: str
    folder: Path
    css: str
    favicon: str
    logo: str
    logo_width: int
    logo_height: int
    colours: Mapping[str, str]
    templates: Path | None
    static: Path
    tenant: str = ""


def load_theme(folder: Path) -> Theme:
    """Read and check a theme folder. Raises ThemeError with one line."""
    file = folder / "theme.toml"
    try:
        data: dict[str, Any] = tomllib.loads(file.read_text(encoding="utf-8"))
        static = folder / "static"
        theme = Theme(
            name=folder.name,
            folder=folder,
            css=str(data["files"]["css"]),
            favicon=str(data["files"]["favicon"]),
            logo=str(data["logo"]["file"]),
            logo_width=int(data["logo"]["width"]),
            logo_height=int(data["logo"]["height"]),
            colours={str(k): str(v) for k, v in data["mail"].items()},
            templates=folder / "templates" if (folder / "templates").is_dir() else None,
            static=static,
            tenant=str(data.get("tenant", "")),
        )
    except FileNotFoundError:
        raise ThemeError(f"theme {folder.name}: {file} does not exist; name an existing theme") from None
    except (tomllib.TOMLDecodeError, KeyError, TypeError, ValueError) as error:
        raise ThemeError(f"theme {folder.name}: {file}: {type(error).__name__} {error}; see themes/plain") from error
    if theme.tenant and theme.templates is not None:
        raise ThemeError(
            f"theme {theme.name}: a tenant supplies its files, so it brings no templates; remove the folder"
        )
    for name in (theme.css, theme.favicon, theme.logo):
        if not (static / name).is_file():
            raise ThemeError(f"theme {theme.name}: {static / name} does not exist; add the file or correct theme.toml")
    try:
        check_files(static)
    except (UnsafeFile, UnicodeDecodeError) as error:
        raise ThemeError(f"theme {theme.name}: {error}") from error
    check_mail_colours(theme.name, theme.colours)
    check_contrast(theme.name, (static / theme.css).read_text(encoding="utf-8"))
    return theme


def check_mail_colours(name: str, colours: Mapping[str, str]) -> None:
    """Refuse a theme whose mails would lack a colour, which a mail that waits to be sent would be the first to tell."""
    for wrong in sorted(MAIL_COLOURS - set(colours)):
        raise ThemeError(f"theme {name}: [mail] lacks {wrong}; see themes/plain")
    for wrong in sorted(set(colours) - MAIL_COLOURS):
        raise ThemeError(f"theme {name}: [mail] knows no {wrong}; it knows {', '.join(sorted(MAIL_COLOURS))}")
    for key, value in colours.items():
        if _COLOUR.fullmatch(value) is None:
            raise ThemeError(f"theme {name}: [mail] {key}: {value!r} is not a colour such as #1f6b3a")


def check_contrast(name: str, css: str, tokens: str | None = None) -> None:
    """Refuse a theme whose text falls below 4.5:1 or whose shapes fall below 3:1 (WCAG 1.4.3, 1.4.11)."""
    core = custom_properties(tokens if tokens is not None else CORE_TOKENS.read_text(encoding="utf-8"))
    own = custom_properties(css)
    for unknown in sorted(set(own) - set(core)):
        near = get_close_matches(unknown, core, n=1)
        hint = f"did you mean {near[0]}?" if near else "see the theme contract in static/css/tokens.css"
        raise ThemeError(f"theme {name}: there is no property {unknown}; {hint}")
    properties = core | own
    for pairs, least in ((TEXT_PAIRS, 4.5), (SHAPE_PAIRS, 3.0)):
        for ink, ground in pairs:
            try:
                found = ratio(resolve(ink, properties), resolve(ground, properties))
            except ValueError as error:
                raise ThemeError(f"theme {name}: {ink} on {ground}: {error}") from error
            if found < least:
                raise ThemeError(
                    f"theme {name}: {ink} on {ground} has a contrast of {found:.2f}:1; "
                    f"darken or lighten one of them to at least {least}:1"
                )


def load_themes(folders: list[Path]) -> dict[str, Theme]:
    """Every theme below the given folders; a theme of a later folder replaces one of the same name."""
    found: dict[str, Theme] = {}
    for folder in folders:
        for file in sorted(folder.glob("*/theme.toml")):
            found[file.parent.name] = load_theme(file.parent)
    return found
