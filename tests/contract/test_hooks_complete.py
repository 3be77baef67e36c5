"""A hook is done when it has docstring, default, typed caller, documentation, a test and a plugin that uses it."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import mypage.plugin
from mypage.hooks.markers import hookimpl
from mypage.hooks.portal import Portal
from mypage.hooks.specs import SPECS
from mypage.operators import compiling
from mypage.operators.compiling import compile_operator, make_hooks
from mypage.operators.defaults import CoreDefaults
from mypage.operators.loading import installed_operators
from mypage.operators.operator import OperatorError

ROOT = Path(__file__).parents[2]
PLATFORM = Path(mypage.plugin.__file__).parents[1]
REQUIRED = {"portal_policy", "login_scheme_items"}
"""Hooks that an operator must answer; the compiler says so when it does not."""

COMING = {"request_catalogue_items"}
"""Hooks whose first shipped operator comes next; until then the tests' own is their user."""

HOOKS = [(spec, name) for spec in SPECS for name, value in vars(spec).items() if hasattr(value, "mypage_spec")]
ALL = [name for _, name in HOOKS]
each = pytest.mark.parametrize(("spec", "hook"), HOOKS, ids=ALL)


def test_there_are_hooks_and_no_name_twice() -> None:
    assert len(ALL) > 15
    assert len(ALL) == len(set(ALL))


@each
def test_it_says_what_it_is_for(spec: type, hook: str) -> None:
    assert (getattr(spec, hook).__doc__ or "").strip().endswith(".")


@each
def test_it_is_typed_and_synchronous(spec: type, hook: str) -> None:
    function = getattr(spec, hook)
    made = inspect.signature(function)
    assert made.return_annotation is not inspect.Signature.empty
    assert all(p.annotation is not inspect.Parameter.empty for n, p in made.parameters.items() if n != "self")
    assert not inspect.iscoroutinefunction(function)


@each
def test_its_name_says_its_kind(spec: type, hook: str) -> None:
    first = getattr(spec, hook).mypage_spec["firstresult"]
    assert re.search(r"(_items|_policy)$|^(make|on)_", hook)
    assert first == hook.endswith("_policy")


@each
def test_it_has_a_default_or_is_required(spec: type, hook: str) -> None:
    if hook.endswith("_policy"):
        assert hasattr(CoreDefaults, hook) or hook in REQUIRED
    if hasattr(CoreDefaults, hook):
        assert (getattr(CoreDefaults, hook).__doc__ or "").strip()


@each
def test_it_has_one_typed_caller(spec: type, hook: str) -> None:
    if hook.startswith("make_"):
        source = "\n".join(p.read_text(encoding="utf-8") for p in PLATFORM.rglob("*.py"))
        assert re.search(rf'\.make\(\s*"{hook}"', source)
        return
    calls = re.findall(rf'"{hook}", ?(?:hooks\.items\("{hook}", )?(\w+)', inspect.getsource(compiling))
    answer = str(inspect.signature(getattr(spec, hook)).return_annotation)
    assert any(kind in answer for kind in calls), calls


@each
def test_it_is_documented(spec: type, hook: str) -> None:
    page = (ROOT / "docs" / "hooks.md").read_text(encoding="utf-8")
    assert f"\n### {hook}\n" in page


@each
def test_it_is_tested_on_two_operators(spec: type, hook: str) -> None:
    found: list[str] = []
    for path in sorted(Path(__file__).parent.glob("test_hooks_*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and node.name == f"test_hook_{hook}":
                found.append(ast.unparse(node))
    assert len(found) == 1
    assert (("actv" in found[0] or "ucom" in found[0]) and "nagi" in found[0]) or "both" in found[0]


@each
def test_something_that_is_shipped_implements_it(spec: type, hook: str, both: Mapping[str, Any]) -> None:
    shipped = ["nagi"] if hook in COMING else installed_operators()
    assert any(both[name].hooks.implementers(hook) for name in shipped)


def test_each_operator_has_a_manager_of_its_own(both: Mapping[str, Any]) -> None:
    for hook in ALL:
        assert "operator:nagi" not in both["actv"].hooks.implementers(hook)
        assert "operator:actv" not in both["nagi"].hooks.implementers(hook)


def test_without_a_required_answer_nothing_starts() -> None:
    nothing = SimpleNamespace()
    with pytest.raises(OperatorError, match="operator bare: nobody answers portal_policy"):
        compile_operator(make_hooks("bare", nothing, {}), compiling, {})

    class Named:
        @hookimpl
        def portal_policy(self) -> Portal:
            return Portal(company="A", portal_name="B", customer_number_label="C", top_label="D", logout_label="E")

    with pytest.raises(OperatorError, match="operator bare: login_scheme_items: there is no login scheme"):
        compile_operator(make_hooks("bare", Named(), {}), compiling, {"credentials": "credential.change"})


def test_what_hooks_answer_with_can_be_imported_by_plugins() -> None:
    known = set(mypage.plugin.__all__)
    for spec, hook in HOOKS:
        for name in re.findall(r"[A-Z]\w+", str(inspect.signature(getattr(spec, hook)))):
            assert name in known | {"None", "Mapping"}, f"{hook} needs {name}"
