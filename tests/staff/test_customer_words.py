"""Every action that the code writes into the trail has words in both languages."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import mypage.plugin
from mypage.i18n.catalogue import load_catalogue, read_po_folder
from mypage.operators.compiling import CORE_LOCALE
from mypage.staff.customers.words import WORDS

PLATFORM = Path(mypage.plugin.__file__).parents[1]
PLACE = re.compile(r"%\((\w+)\)s")
JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")
Modules = dict[Path, ast.Module]


def modules() -> Modules:
    """The core's source, parsed."""
    return {path: ast.parse(path.read_text(encoding="utf-8")) for path in sorted(PLATFORM.rglob("*.py"))}


def recorded(found: Modules) -> dict[str, str]:
    """Every action that a call of `record` may write → where. Fails for one that cannot be followed."""
    actions: dict[str, str] = {}
    for path, module in found.items():
        for call, function in calls_of("record", module):
            place = Place(module, function, f"{path.relative_to(PLATFORM)}:{call.lineno}")
            for action in values_of(call.args[1], place, found):
                actions[action] = place.where
    return actions


@dataclass(frozen=True)
class Place:
    """Where an expression stands."""

    module: ast.Module
    function: ast.FunctionDef | ast.AsyncFunctionDef | None
    where: str


def calls_of(name: str, module: ast.Module) -> Iterator[tuple[ast.Call, ast.FunctionDef | ast.AsyncFunctionDef | None]]:
    """The calls of a function in a module, each with the function that it stands in."""
    inside: dict[ast.AST, ast.FunctionDef | ast.AsyncFunctionDef] = {}
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            inside.update(dict.fromkeys(ast.walk(node), node))
    for node in ast.walk(module):
        if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) == name:
            yield node, inside.get(node)


def values_of(node: ast.expr, place: Place, found: Modules) -> Iterator[str]:
    """The constants that an expression can be: itself, a branch, an entry of a table, or what callers hand in."""
    if isinstance(node, ast.Constant):
        yield str(node.value)
    elif isinstance(node, ast.IfExp):
        yield from values_of(node.body, place, found)
        yield from values_of(node.orelse, place, found)
    elif isinstance(node, ast.JoinedStr):
        parts = (part.value if isinstance(part, ast.FormattedValue) else part for part in node.values)
        yield from ("".join(each) for each in product(*(list(values_of(part, place, found)) for part in parts)))
    elif isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name):
        yield from table(place, node.value.id)
    elif isinstance(node, ast.Name) and (known := constant(place.module, node.id) or imported(place, node.id, found)):
        yield known
    elif isinstance(node, ast.Name) and place.function is not None:
        yield from handed_in(node.id, place.function, place, found)
    else:
        raise AssertionError(f"{place.where}: write the action of `record` as a constant")


def handed_in(
    name: str, function: ast.FunctionDef | ast.AsyncFunctionDef, place: Place, found: Modules
) -> Iterator[str]:
    """What callers give for a parameter."""
    parameters = (*function.args.args, *function.args.kwonlyargs)
    names = [each.arg for each in parameters]
    assert name in names, f"{place.where}: write the action of `record` as a constant"
    named = parameters[names.index(name)].annotation
    if isinstance(named, ast.Name):
        aliases = (node for node in place.module.body if isinstance(node, ast.Assign))
        named = next((node.value for node in aliases if getattr(node.targets[0], "id", "") == named.id), named)
    if isinstance(named, ast.Subscript) and getattr(named.value, "id", "") == "Literal":
        yield from (each.value for each in ast.walk(named.slice) if isinstance(each, ast.Constant))
        return
    handed = 0
    for other in (each for each in found.values() if each is place.module or imports(each, function.name)):
        for call, around in calls_of(function.name, other):
            given = next((each.value for each in call.keywords if each.arg == name), None)
            if given is None and names.index(name) < len(call.args):
                given = call.args[names.index(name)]
            if given is not None:
                handed += 1
                yield from values_of(given, Place(other, around, f"{place.where} via {call.lineno}"), found)
    assert handed, f"{place.where}: nobody calls {function.name}"


def imports(module: ast.Module, name: str) -> bool:
    return any(name in (each.name for each in node.names) for node in module.body if isinstance(node, ast.ImportFrom))


def imported(place: Place, name: str, found: Modules) -> str:
    if not imports(place.module, name):
        return ""
    return next((known for module in found.values() if (known := constant(module, name))), "")


def constant(module: ast.Module, name: str) -> str:
    for node in module.body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == name:
            return str(node.value.value) if isinstance(node.value, ast.Constant) else ""
    return ""


def table(place: Place, name: str) -> Iterator[str]:
    for node in place.module.body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Dict):
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            if getattr(target, "id", "") == name:
                yield from (str(each.value) for each in node.value.values if isinstance(each, ast.Constant))
                return
    raise AssertionError(f"{place.where}: {name} is no table of this module")


def test_every_action_of_the_code_has_words() -> None:
    actions = recorded(modules())
    assert len(actions) > 45
    assert {action: where for action, where in actions.items() if action not in WORDS} == {}


def test_no_words_are_left_of_an_action_that_is_gone() -> None:
    assert sorted(WORDS.keys() - recorded(modules()).keys()) == []


def test_the_words_are_there_in_japanese_and_fill_from_the_entry() -> None:
    japanese = load_catalogue("ja", read_po_folder(CORE_LOCALE / "ja"))
    for action, words in WORDS.items():
        for text in (words.text, *(each.label for each in words.shown)):
            assert JAPANESE.search(japanese(text)), (action, text)
            assert not JAPANESE.search(text), (action, text)
            assert set(PLACE.findall(text)) == set(PLACE.findall(japanese(text))), action


def test_no_secret_is_among_what_the_timeline_shows() -> None:
    from mypage.audit.trail import SECRET_WORDS

    shown = {each.key for words in WORDS.values() for each in words.shown}
    assert [key for key in shown if any(word in key for word in SECRET_WORDS)] == []
