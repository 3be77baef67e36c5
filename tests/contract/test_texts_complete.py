"""Two complete languages: every text that is used has its translation, none is unused or said in two ways."""

from __future__ import annotations

import ast
import dataclasses
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from babel.messages.pofile import read_po
from jinja2 import Environment, nodes

import mypage.plugin
from mypage.hooks.auth import LoginScheme, TextPart
from mypage.hooks.markers import hookimpl
from mypage.hooks.portal import Portal
from mypage.hooks.subaccounts import SubAccounts
from mypage.operators.compiling import CORE_LOCALE, compile_operator, make_hooks
from mypage.operators.loading import installed_operators, plugin_folder
from mypage.server.routes import all_routes
from mypage.web.remembering import Remembered

PLATFORM = Path(mypage.plugin.__file__).parents[1]
ROOT = PLATFORM.parents[1]
PO = sorted((CORE_LOCALE / "ja").glob("*.po"))
JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")
PLACE = re.compile(r"%\((\w+)\)s")
PLURAL_FIELD = "ngettext"
Message = str | tuple[str, str]


def entries(path: Path) -> Iterator[tuple[Message, tuple[str, ...]]]:
    """Every message of a .po file with its texts."""
    with path.open("rb") as file:
        for message in read_po(file, abort_invalid=True):
            if message.id:
                texts = (message.string,) if isinstance(message.string, str) else tuple(message.string)
                yield (message.id if isinstance(message.id, str) else (message.id[0], message.id[1])), texts


def catalogue() -> dict[Message, tuple[str, ...]]:
    return {message: texts for path in PO for message, texts in entries(path)}


def in_templates() -> Iterator[tuple[Message, str]]:
    """Constant texts of every template of the core."""
    environment = Environment(extensions=[Remembered], autoescape=True, trim_blocks=True, lstrip_blocks=True)
    for path in sorted(PLATFORM.rglob("*")):
        if path.suffix in (".html", ".txt") and "templates" in path.parts:
            tree = environment.parse(path.read_text(encoding="utf-8"))
            for call in tree.find_all(nodes.Call):
                name = call.node.name if isinstance(call.node, nodes.Name) else ""
                where = path.relative_to(PLATFORM).as_posix()
                if name == "_" and call.args:
                    for const in _branches(call.args[0]):
                        yield const, where
                elif name == PLURAL_FIELD:
                    one, many = call.args[0], call.args[1]
                    assert isinstance(one, nodes.Const), where
                    assert isinstance(many, nodes.Const), where
                    yield (one.value, many.value), where


def _branches(node: nodes.Expr) -> Iterator[str]:
    if isinstance(node, nodes.CondExpr):
        yield from _branches(node.expr1)
        if node.expr2 is not None:
            yield from _branches(node.expr2)
    elif isinstance(node, nodes.Const) and isinstance(node.value, str):
        yield node.value


def in_python() -> Iterator[tuple[Message, str]]:
    """Constant texts of `t("…")`, `rq.t("…")`, `_("…")` and `.plural("…", "…")` in the core."""
    for path in sorted(PLATFORM.rglob("*.py")):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and call.args:
                name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
                where = f"{path.relative_to(PLATFORM)}:{call.lineno}"
                if name in ("t", "_"):
                    for text in _constants(call.args[0]):
                        yield text, where
                elif name == "plural" and len(call.args) > 2:
                    one, many = (list(_constants(a)) for a in call.args[:2])
                    yield (one[0], many[0]), where


def _constants(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.IfExp):
        yield from _constants(node.body)
        yield from _constants(node.orelse)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value


class Bare:
    """An operator that answers only what it must, so that the core's own words are left."""

    @hookimpl
    def portal_policy(self) -> Portal:
        return Portal(company="", portal_name="", customer_number_label="", top_label="", logout_label="")

    @hookimpl
    def login_scheme_items(self) -> list[LoginScheme]:
        return [LoginScheme(name="one", parts=(TextPart("login", ""),), secret=".", submit=".", title=".")]


def core_words() -> set[str]:
    """What CoreDefaults says where an operator says nothing."""
    import mypage.operators.defaults as beside

    routes = {r.name: r.permission for r in all_routes()}
    operator = compile_operator(make_hooks("bare", Bare(), {}), beside, routes)
    shown = (operator.login_page, operator.billing_view, operator.card_change, operator.contract_view)
    accounts = SubAccounts(scheme=".", quota=".", roles={".": "."}, title=".")
    skip = frozenset({"order", "kind", "chars"})
    return {text for part in (*shown, operator.notice_view, accounts) for text in texts_of(part, skip)} - {"", "."}


def texts_of(value: object, skip: frozenset[str] = frozenset()) -> Iterator[str]:
    """Every string in a tree of dataclasses, sequences and mappings."""
    if isinstance(value, str):
        yield value
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        for each in dataclasses.fields(value):
            if each.name not in skip:
                yield from texts_of(getattr(value, each.name), skip)
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from texts_of(item, skip)
    elif isinstance(value, tuple | list | frozenset):
        for item in value:
            yield from texts_of(item, skip)


def test_every_text_of_a_template_has_its_japanese() -> None:
    found, known = list(in_templates()), catalogue()
    assert len(found) > 200
    assert [(m, where) for m, where in found if not any(known.get(m, ()))] == []


def test_every_text_of_the_code_has_its_japanese() -> None:
    found, known = list(in_python()), catalogue()
    assert len(found) > 30
    assert [(m, where) for m, where in found if not any(known.get(m, ()))] == []


def test_the_cores_own_words_have_their_japanese() -> None:
    known = catalogue()
    assert [text for text in sorted(core_words()) if not any(known.get(text, ()))] == []


def test_no_text_is_translated_that_nobody_uses() -> None:
    used: set[Message] = {m for m, _ in in_templates()} | {m for m, _ in in_python()} | core_words()
    for path in PLATFORM.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                used.add(node.value)  # texts in tables that are translated where they are shown
    used |= {
        text for path in PLATFORM.rglob("*.html") for text in re.findall(r"\(['\"]([^'\"]+)['\"]", path.read_text())
    }
    unused = [(path.name, m) for path in PO for m, _ in entries(path) if m not in used]
    assert unused == []


def test_no_text_is_translated_in_two_ways() -> None:
    seen: dict[Message, tuple[str, tuple[str, ...]]] = {}
    contradictions = []
    for path in PO:
        ids = re.findall(r'^msgid "(.+)"$', path.read_text(encoding="utf-8"), re.MULTILINE)
        assert len(ids) == len(set(ids)), f"{path.name}: {[i for i in ids if ids.count(i) > 1]}"
        for message, texts in entries(path):
            other = seen.setdefault(message, (path.name, texts))
            if other[1] != texts:
                contradictions.append((message, other, (path.name, texts)))
    assert contradictions == []


@pytest.mark.parametrize("path", PO, ids=lambda p: p.name)
def test_placeholders_survive_translation(path: Path) -> None:
    for message, texts in entries(path):
        ids = (message,) if isinstance(message, str) else message
        for text in texts:
            assert set(PLACE.findall(text)) == {n for i in ids for n in PLACE.findall(i)}, (message, text)
            assert text.count("{}") == ids[0].count("{}"), (message, text)


@pytest.mark.parametrize("operator", [*installed_operators(), "nagi"])
def test_every_text_of_a_plugin_has_its_english(operator: str, both: Mapping[str, Any]) -> None:
    compiled = both[operator]
    english = compiled.operator.catalogues["en"]
    skip = frozenset({"catalogues", "template_folder", "permissions", "honorific"})
    texts = {text for text in texts_of(compiled.operator, skip) if JAPANESE.search(text)}
    assert len(texts) > 10
    assert sorted(text for text in texts if text not in english.messages) == []
    shown = {text: english(text) for text in texts}
    assert {t: e for t, e in shown.items() if JAPANESE.search(e)} == {}
    for text, translated in shown.items():
        assert sorted(PLACE.findall(text)) == sorted(PLACE.findall(translated))
        assert [c for c in text if c in "{}"] == [c for c in translated if c in "{}"]


@pytest.mark.parametrize("operator", [*installed_operators(), "nagi"])
def test_a_plugins_catalogue_holds_nothing_else(operator: str, both: Mapping[str, Any]) -> None:
    compiled = both[operator]
    texts: set[Message] = set(texts_of(compiled.operator, frozenset({"catalogues"}))) | set(catalogue())
    own = compiled.operator.template_folder
    for path in own.rglob("*.html") if own else ():
        texts |= set(re.findall(r"_\('([^']+)'", path.read_text(encoding="utf-8")))
    folder = plugin_folder(compiled.plugin, "locale")
    assert folder is not None
    assert [m for path in folder.rglob("*.po") for m, _ in entries(path) if m not in texts] == []


def test_an_operator_rewords_a_text_of_the_core_for_itself_alone(both: Mapping[str, Any]) -> None:
    text = "Skip to the main text"
    assert both["nagi"].operator.catalogues["ja"](text) == "本文へすすむ"
    assert both["nagi"].operator.catalogues["en"](text) == text
    assert both["actv"].operator.catalogues["ja"](text) == "本文へ移動"
