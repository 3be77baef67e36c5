"""A theme with templates of its own shares all others: what it changes reaches every page that uses it, and no more."""

from __future__ import annotations

from pathlib import Path

import pytest

from mypage.i18n import Catalogue
from mypage.web.rendering import CORE_TEMPLATES, Templates


@pytest.fixture
def templates(tmp_path: Path) -> Templates:
    one, all_pages = tmp_path / "one", tmp_path / "all"
    (one / "notices").mkdir(parents=True)
    (one / "notices/_rows.html").write_text((CORE_TEMPLATES / "notices/_rows.html").read_text() + "\n{# ours #}")
    all_pages.mkdir()
    (all_pages / "base.html").write_text('{% extends "core:base.html" %}{% block footer %}<p>Fuß</p>{% endblock %}')
    return Templates({"ja": Catalogue("ja")}, None, {"one": one, "all": all_pages})


def compiled_as(templates: Templates, name: str, theme: str) -> str:
    found = templates.get(name, theme=theme, locale="ja").name
    assert found is not None
    return found


def test_a_changed_part_changes_the_pages_that_use_it(templates: Templates) -> None:
    assert compiled_as(templates, "home/home.html", "one") == "theme/one:home/home.html"
    assert compiled_as(templates, "notices/notices.html", "one") == "theme/one:notices/notices.html"
    assert compiled_as(templates, "home/home.html", "all") == "theme/all:home/home.html"


def test_everything_else_is_shared(templates: Templates) -> None:
    assert compiled_as(templates, "contracts/contract.html", "one") == "contracts/contract.html"
    assert compiled_as(templates, "errors/bare.html", "all") == "errors/bare.html"
    assert compiled_as(templates, "home/home.html", "plain") == "home/home.html"


def test_nothing_is_left_to_compile_in_a_request(templates: Templates) -> None:
    templates.warm()
    environment = templates._environments["ja"]
    assert environment.cache is not None
    before = set(environment.cache)
    for theme in ("one", "all", "plain"):
        for name in templates._shared:
            templates.get(name, theme=theme, locale="ja")
    assert set(environment.cache) == before
