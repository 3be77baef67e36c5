"""Every template compiles in both languages, uses only what its context has, and holds nothing inline."""

from __future__ import annotations

import importlib
import pkgutil
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jinja2 import Environment, meta, nodes

import mypage
import sample_operator.plugin as nagi_plugin
from mypage.i18n import LOCALES, Catalogue
from mypage.operators.loading import installed_operators, load_operator, plugin_folder
from mypage.web.page import Page
from mypage.web.remembering import Remembered
from mypage.web.rendering import CORE_TEMPLATES, Templates

ROOT = Path(__file__).parents[2]
GLOBALS = {"frame", "href", "static", "_", "ngettext", "range", "dict", "namespace", "joiner", "cycler"}
THEMES = {p.parent.name: p for p in (ROOT / "themes").glob("*/templates")}
PLUGINS = {
    name: plugin_folder(plugin, "templates")
    for name, plugin in {**{n: load_operator(n) for n in installed_operators()}, "nagi": nagi_plugin}.items()
}
CORE = sorted(p.relative_to(CORE_TEMPLATES).as_posix() for p in CORE_TEMPLATES.rglob("*") if p.is_file())
FILES = sorted(
    path
    for folder in (CORE_TEMPLATES, *THEMES.values(), *(f for f in PLUGINS.values() if f), ROOT / "platform/mypage/demo")
    for path in folder.rglob("*")
    if path.suffix in (".html", ".txt")
)


def pages() -> list[type[Page]]:
    for info in pkgutil.walk_packages(mypage.__path__, "mypage."):
        if info.name.rsplit(".", 1)[-1].endswith("pages") and not info.name.startswith("mypage.demo"):
            importlib.import_module(info.name)
    found, stack = [], [Page]
    while stack:
        for kind in stack.pop().__subclasses__():
            stack.append(kind)
            if kind.__module__.startswith("mypage."):
                found.append(kind)
    return sorted({f"{k.__module__}.{k.__name__}": k for k in found}.values(), key=lambda k: k.__name__)


PAGES = pages()


PLAIN = Environment(extensions=[Remembered], autoescape=True, trim_blocks=True, lstrip_blocks=True)
PLAIN.filters.update(dict.fromkeys(("date", "day", "month", "time", "slashdate", "yen"), str))


@cache
def parsed(name: str) -> nodes.Template:
    """A template of the core as it is written, texts not folded."""
    return PLAIN.parse((CORE_TEMPLATES / name).read_text(encoding="utf-8"))


def named(tree: nodes.Template, kinds: Any) -> set[str]:
    """Templates that a template refers to by constant names."""
    found: set[str] = set()
    for node in tree.find_all(kinds):
        for const in (
            node.template.find_all(nodes.Const) if not isinstance(node.template, nodes.Const) else [node.template]
        ):
            found.add(str(const.value))
    return found


def with_context(name: str, seen: set[str]) -> set[str]:
    """A template with all that it extends and includes."""
    if name not in seen:
        seen.add(name)
        for other in named(parsed(name), (nodes.Extends, nodes.Include)):
            with_context(other, seen)
    return seen


def made_by(tree: nodes.Template) -> set[str]:
    """Names that a template makes itself: by set, for, macro or import."""
    found = {node.name for node in tree.find_all(nodes.Name) if node.ctx != "load"}
    found |= {node.name for node in tree.find_all(nodes.Macro)}
    for imported in tree.find_all(nodes.FromImport):
        found |= {name if isinstance(name, str) else name[1] for name in imported.names}
    return found


@pytest.mark.parametrize("operator", sorted(PLUGINS))
@pytest.mark.parametrize("locale", LOCALES)
def test_every_template_compiles_under_every_theme(operator: str, locale: str) -> None:
    templates = Templates({locale: Catalogue(locale)}, PLUGINS[operator], THEMES)
    own = PLUGINS[operator]
    extra = {p.relative_to(own).as_posix() for p in own.rglob("*") if p.is_file()} if own else set()
    for theme in {"plain", *THEMES}:
        for name in sorted({*CORE, *extra}):
            templates.get(name, theme=theme, locale=locale)


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.__name__)
def test_a_page_shows_only_what_its_context_has(page: type[Page]) -> None:
    assert (CORE_TEMPLATES / page.template).is_file(), page.template
    fields = set(page.__dataclass_fields__)
    for name in with_context(page.template, set()):
        tree = parsed(name)
        asked = meta.find_undeclared_variables(tree)
        asked -= {
            t.node.name for t in tree.find_all(nodes.Test) if t.name == "defined" and isinstance(t.node, nodes.Name)
        }
        given = {n for other in with_context(page.template, set()) for n in made_by(parsed(other))}
        assert asked <= fields | GLOBALS | given, (
            f"{page.template} ({name}): {sorted(asked - fields - GLOBALS - given)}"
        )


def test_pages_were_found() -> None:
    assert {"LoginPage", "BillsPage", "HomePage", "ErrorPage", "NoticesPage"} <= {p.__name__ for p in PAGES}


@pytest.mark.parametrize("name", [n for n in CORE if n.startswith("macros/")])
def test_macros_need_no_context(name: str) -> None:
    assert meta.find_undeclared_variables(parsed(name)) <= {"_", "ngettext", "namespace"}


def test_no_template_is_left_over() -> None:
    used = {page.template for page in PAGES}
    for name in CORE:
        used |= named(parsed(name), (nodes.Extends, nodes.Include, nodes.Import, nodes.FromImport))
    mails = {n for n in CORE if re.fullmatch(r"email/[a-z_]+/(subject\.txt|body\.txt|body\.html)", n)}
    assert set(CORE) - used - mails == set()


def test_mails_have_three_parts() -> None:
    for folder in (CORE_TEMPLATES / "email").iterdir():
        if folder.is_dir():
            whole = {p.name for p in folder.iterdir() if not p.name.startswith("_")}
            assert whole == {"subject.txt", "body.txt", "body.html"}, folder.name


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_nothing_is_inline_and_nothing_unescaped(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    wrong = re.findall(r"\|\s*safe\b|Markup\(|\sstyle\s*=|\son[a-z]+\s*=\s*[\"']|javascript:", source)
    wrong += re.findall(r"<script(?![^>]*\ssrc=)[^>]*>", source)
    if path.suffix == ".html":
        wrong += re.findall(r"autoescape\s+false", source)
    if path.name != "layout.html":  # mail programs take no linked style sheet
        wrong += re.findall(r"<style", source)
    assert wrong == []
    if path.suffix == ".html":
        posts = re.findall(r"<form[^>]*method=\"post\".*?</form>", source, re.DOTALL | re.IGNORECASE)
        token = re.compile(r"csrf\(|name=\"_csrf\"")
        if "/demo/" not in path.as_posix():
            assert all(token.search(form) for form in posts)
