"""Files of a theme are shown on the portal's own origin: none may run, load or frame anything (ASVS 1.3.4, rule 16)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

_SVG = "{http://www.w3.org/2000/svg}"
_SHAPES = frozenset(
    {
        "svg", "g", "path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "text", "tspan", "title",
        "desc", "defs", "use", "symbol", "clipPath", "mask", "linearGradient", "radialGradient", "stop", "pattern",
    }
)  # fmt: skip
_LINKS = ("href", "{http://www.w3.org/1999/xlink}href")
_OUTSIDE_URL = re.compile(r"url\(\s*['\"]?(?!#)|\\|image-set\(", re.IGNORECASE)
# What looks like a comment inside a string or an unquoted address is none to a browser.
_CSS_COMMENT = re.compile(
    r"""("[^"\n\r\f]*["\n\r\f]?|'[^'\n\r\f]*['\n\r\f]?|url\(\s*(?:(?=["'])|[^)]*\)?))|/\*.*?(?:\*/|\Z)""",
    re.IGNORECASE | re.DOTALL,
)
_CSS_LOADER = re.compile(r"@import|@font-face|image-set\(|\\", re.IGNORECASE)
_CSS_URL = re.compile(r"url\(\s*['\"]?(.*?)['\"]?\s*(?:\)|\Z)", re.IGNORECASE | re.DOTALL)
_INSIDE = re.compile(r"#[\w-]+|(?!/)[\w./-]+|data:image/(?:png|webp);base64,[A-Za-z0-9+/=]+")


class UnsafeFile(ValueError):
    """A file that could do more than look nice; the message names what and the remedy."""


def check_files(static: Path) -> None:
    """Judge every drawing and style sheet below a theme's static folder. Raises UnsafeFile."""
    for path in sorted(static.rglob("*")):
        name = path.relative_to(static).as_posix()
        if path.suffix == ".svg":
            check_svg(name, path.read_text(encoding="utf-8"))
        elif path.suffix == ".css":
            check_css(name, path.read_text(encoding="utf-8"))
        elif path.suffix in (".js", ".mjs", ".html", ".htm", ".xhtml"):
            raise UnsafeFile(f"{name}: a theme brings no scripts and no pages; remove it")


def check_svg(name: str, text: str) -> None:
    """Refuse a drawing with scripts, handlers, foreign content, entities or anything loaded from elsewhere."""
    if "<!DOCTYPE" in text.upper() or "<!ENTITY" in text.upper() or "<?xml-stylesheet" in text.lower():
        raise UnsafeFile(f"{name}: no DOCTYPE, entities or style sheet instructions in a drawing; save it as plain SVG")
    try:
        root = ET.fromstring(text)  # noqa: S314 - declarations were refused above
    except ET.ParseError as error:
        raise UnsafeFile(f"{name}: not well-formed SVG ({error}); save it as plain SVG") from error
    for found in _dangers(root):
        raise UnsafeFile(f"{name}: {found} is not allowed in a drawing; remove it or use a PNG")


def _dangers(root: ET.Element) -> Iterator[str]:
    for element in root.iter():
        tag = element.tag if isinstance(element.tag, str) else "an instruction"
        if tag.removeprefix(_SVG) not in _SHAPES or not tag.startswith(_SVG):
            yield f"<{tag.rpartition('}')[2]}>"
        for key, value in element.attrib.items():
            attribute = key.rpartition("}")[2]
            if attribute.lower().startswith("on"):
                yield f"the handler {attribute}"
            if key in _LINKS and not value.startswith("#"):
                yield f"a link to {value[:40]!r}"
            if _OUTSIDE_URL.search(value):
                yield f"{attribute}={value[:40]!r}"


def check_css(name: str, text: str) -> None:
    """Refuse a style sheet that loads anything but files beside it, or hides its words behind escapes."""
    plain = _CSS_COMMENT.sub(lambda found: found[1] or " ", text)
    loader = _CSS_LOADER.search(plain)
    wrong = [loader[0]] if loader else [url for url in _CSS_URL.findall(plain) if not _INSIDE.fullmatch(url)]
    if wrong:
        raise UnsafeFile(
            f"{name}: {wrong[0][:60]!r} could load from elsewhere; name a file of the theme by relative path"
        )
