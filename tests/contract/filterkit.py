"""Reads source: which statements reach a table without saying whose rows they mean."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from mutantkit import Mutant

from mypage.db.base import Base
from mypage.db.schema import metadata

CORE = Path(__file__).parents[2] / "platform/mypage"
BUILDERS = {"select", "update", "delete", "exists"}


def mapped() -> frozenset[str]:
    """The classes of tables of tenants."""
    metadata()
    found = {m.class_.__name__ for m in Base.registry.mappers if "tenant_id" in m.columns}
    assert len(found) > 30
    return frozenset(found)


def missed_in_source(mutant: Mutant, classes: frozenset[str]) -> bool:
    """Whether the reader of the source notices that a filter was taken away."""
    module, _, name = mutant.target.partition(":")
    path = CORE / (module.replace(".", "/") + ".py")
    source = (path if path.exists() else path.with_suffix("") / "__init__.py").read_text(encoding="utf-8")
    own = re.search(rf"^\s*(?:async )?(?:def|class)? ?{re.escape(name.rpartition('.')[2])}\b", source, re.MULTILINE)
    start = source.find(mutant.old, own.start() if own else 0)
    assert start >= 0, mutant.name
    changed = source[:start] + mutant.new + source[start + len(mutant.old) :]
    return len(without_tenant(changed, classes)) > len(without_tenant(source, classes))


def models_of(tree: ast.AST, mapped: frozenset[str]) -> set[str]:
    """The mapped classes that a piece of source names."""
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id in mapped}


def filtered(tree: ast.AST) -> set[str]:
    """The classes whose tenant is compared with something."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.Eq):
            left, right = node.left, node.comparators[0]
            if isinstance(left, ast.Attribute) and left.attr == "tenant_id" and isinstance(left.value, ast.Name):
                found.add(left.value.id)
                # One that is compared with another's only leans on it.
                if isinstance(right, ast.Attribute) and right.attr == "tenant_id" and isinstance(right.value, ast.Name):
                    found.add(f"{left.value.id}~{right.value.id}")
    return found


def statements(tree: ast.AST) -> Iterator[ast.AST]:
    """The outermost calls that are built of a select, an update, a delete or an exists."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Call) and _begins(node):
            yield node
        else:
            yield from statements(node)


def _begins(node: ast.Call) -> bool:
    inner: ast.AST = node
    while isinstance(inner, ast.Call | ast.Attribute):
        if isinstance(inner, ast.Call) and isinstance(inner.func, ast.Name) and inner.func.id in BUILDERS:
            return True
        inner = inner.func if isinstance(inner, ast.Call) else inner.value
    return False


def without_tenant(source: str, mapped: frozenset[str]) -> list[str]:
    """Each statement of a module that names a class without comparing its tenant, as "function: classes".

    Comparisons that stand in the same function outside of any statement count for all of its statements.
    """
    found: list[str] = []
    for node in ast.parse(source).body:
        inner = node.body if isinstance(node, ast.ClassDef) else [node]
        for each in inner:
            found += _of_one(each, mapped)
    return found


def _of_one(node: ast.stmt, mapped: frozenset[str]) -> Iterator[str]:
    built = list(statements(node))
    inside = {id(each) for statement in built for each in ast.walk(statement)}
    apart = ast.Module(
        body=[ast.Expr(each) for each in ast.walk(node) if isinstance(each, ast.Compare) and id(each) not in inside],
        type_ignores=[],
    )
    more = filtered(apart)
    for statement in built:
        said = filtered(statement) | more
        if missing := sorted(models_of(statement, mapped) - {name for name in said if "~" not in name}):
            name = getattr(node, "name", "") or ast.unparse(node)[:40]
            yield f"{name}, line {statement.lineno}: {', '.join(missing)}"  # type: ignore[attr-defined]
