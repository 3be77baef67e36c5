"""Static files: versioned names, kept for a year, compressed ahead; style sheets small in every theme."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from mypage.operators.themes import load_themes
from mypage.web.statics import CORE_STATIC, StaticAnswer, Statics, read_folder

THEMES = load_themes([Path(__file__).parents[2] / "themes"])
STATICS = Statics({name: theme.static for name, theme in THEMES.items()})
CSS_LIMIT = 45_000


def _ask(url: str, theme: str = "plain", **headers: str) -> StaticAnswer:
    answer = STATICS.answer(theme, url.removeprefix("/_static/"), **headers)
    assert answer is not None, url
    return answer


def _header(answer: StaticAnswer, name: str) -> str:
    return dict(answer.headers).get(name.encode(), b"").decode()


@pytest.mark.parametrize("theme", sorted(THEMES))
def test_every_file_has_a_versioned_name_and_a_year(theme: str) -> None:
    paths = [*read_folder(CORE_STATIC), *(f"theme/{name}" for name in read_folder(THEMES[theme].static))]
    assert len(paths) >= 8
    for path in paths:
        url = STATICS.url("", theme, path)
        assert re.search(r"\.[0-9a-f]{12}\.[a-z]+$", url), url
        assert "immutable" in _header(_ask(url, theme), "cache-control")
        assert _header(_ask(path, theme), "cache-control") == "max-age=60"


def test_another_version_of_a_file_is_given_briefly() -> None:
    answer = _ask("css/portal.000000000000.css")
    assert (answer.status, _header(answer, "cache-control")) == (200, "max-age=60")
    assert STATICS.answer("plain", "css/nothing.000000000000.css") is None


def test_texts_are_compressed_ahead_for_those_who_take_it() -> None:
    for path in ("css/portal.css", "js/htmx.min.js", "theme/logo.svg"):
        packed, plain = _ask(path, accepts="br, gzip;q=0.8"), _ask(path, accepts="br, gzip;q=0")
        assert (_header(packed, "content-encoding"), _header(plain, "content-encoding")) == ("gzip", "")
        assert gzip.decompress(packed.body) == plain.body
        assert int(_header(packed, "content-length")) == len(packed.body) < len(plain.body)
        assert _header(packed, "vary") == _header(plain, "vary") == "Accept-Encoding"
        assert _header(packed, "etag") != _header(plain, "etag")
        for answer, accepts in ((packed, "gzip"), (plain, "")):
            again = _ask(path, accepts=accepts, known=_header(answer, "etag"))
            assert (again.status, again.body) == (304, b"")


@pytest.mark.parametrize("theme", sorted(THEMES))
def test_the_style_sheets_of_a_page_are_small(theme: str, figure: Callable[[str], None]) -> None:
    files = ("css/tokens.css", f"theme/{THEMES[theme].css}", "css/portal.css")
    raw, packed = (sum(len(_ask(file, theme, accepts=way).body) for file in files) for way in ("", "gzip"))
    figure(f"Style sheets of theme {theme}: {raw / 1000:.1f} kB raw of at most 45, {packed / 1000:.1f} kB compressed")
    assert raw <= CSS_LIMIT
