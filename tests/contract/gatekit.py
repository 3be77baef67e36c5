"""Reading the core's source for what must not slip in: memories, bare SQL, doors to code and markup."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import mypage.plugin

CORE = Path(mypage.plugin.__file__).parents[1]
LEFT_OUT = ("demo/", "testing/", "db/migrations/", "db/embedded")
"""No part of a serving process: the demonstration's own programs, helpers of tests, migrations."""
EMPTY_MAKERS = {
    "dict",
    "set",
    "list",
    "defaultdict",
    "OrderedDict",
    "WeakValueDictionary",
    "WeakKeyDictionary",
    "deque",
}
REMEMBERING = {"cache", "lru_cache", "cached_property", "alru_cache"}


def sources() -> Iterator[tuple[str, ast.Module]]:
    """Every module of a serving process, by its path below the core."""
    for path in sorted(CORE.rglob("*.py")):
        name = path.relative_to(CORE).as_posix()
        if not name.startswith(LEFT_OUT):
            yield name, ast.parse(path.read_text(encoding="utf-8"))


def called(node: ast.AST) -> str:
    """The last name of what is called: `b` of `a.b(...)`."""
    if isinstance(node, ast.Call):
        node = node.func
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def memories(name: str, tree: ast.Module) -> Iterator[str]:
    """Everything that can outlive a request: "path:where", for objects, modules, closures and remembered functions."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            if any(called(decorator) in REMEMBERING for decorator in node.decorator_list):
                yield f"{name}:{node.name}"
            if node.name == "__init__":
                yield from (f"{name}:{target}" for target in _kept_by(node))
            elif any(
                isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef)
                for inner in ast.walk(node)
                if inner is not node
            ):
                yield from (f"{name}:{node.name}.{target}" for target in _caught_by(node))
        if isinstance(node, ast.ClassDef):
            for each in node.body:
                if isinstance(each, ast.AnnAssign | ast.Assign) and _makes_empty(each.value):
                    yield f"{name}:{node.name}.{_target(each)}"
    for each in tree.body:
        if isinstance(each, ast.AnnAssign | ast.Assign) and _makes_empty(each.value):
            yield f"{name}:{_target(each)}"


def _kept_by(init: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[str]:
    for node in ast.walk(init):
        if isinstance(node, ast.AnnAssign | ast.Assign) and _makes_empty(node.value):
            target = node.target if isinstance(node, ast.AnnAssign) else node.targets[0]
            if isinstance(target, ast.Attribute):
                yield target.attr


def _caught_by(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[str]:
    """Containers of a function that a function inside it fills, and that is returned."""
    inner = {f.name for f in ast.walk(function) if isinstance(f, ast.FunctionDef | ast.AsyncFunctionDef)} - {
        function.name
    }
    given_back = {n.value.id for n in function.body if isinstance(n, ast.Return) and isinstance(n.value, ast.Name)}
    if inner & given_back:
        for node in function.body:
            if isinstance(node, ast.AnnAssign | ast.Assign) and _makes_empty(node.value):
                yield _target(node)


def _target(node: ast.AnnAssign | ast.Assign) -> str:
    target = node.target if isinstance(node, ast.AnnAssign) else node.targets[0]
    return target.id if isinstance(target, ast.Name) else ast.unparse(target)


def _makes_empty(value: ast.expr | None) -> bool:
    """Whether a value is a container to be filled later."""
    if isinstance(value, ast.Dict | ast.List):
        return not (value.keys if isinstance(value, ast.Dict) else value.elts)
    if isinstance(value, ast.Call):
        if called(value) == "field":
            makers = [k.value for k in value.keywords if k.arg == "default_factory"]
            return any(ast.unparse(maker).split(".")[-1] in EMPTY_MAKERS for maker in makers)
        return called(value) in EMPTY_MAKERS and not value.args
    if isinstance(value, ast.Subscript):
        return False
    return False


def bare_sql(name: str, tree: ast.Module) -> Iterator[str]:
    """Statements that are written as text, and what goes past the session."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            column = isinstance(node.func, ast.Name) and node.func.id == "text" and name.endswith("models.py")
            if called(node) in ("exec_driver_sql", "execute_query_all_async", "copy_out", "driver_connection") or (
                isinstance(node.func, ast.Name) and node.func.id == "text" and not column
            ):
                yield name
        elif (isinstance(node, ast.Import) and any(a.name.partition(".")[0] == "psycopg" for a in node.names)) or (
            isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "psycopg"
        ):
            yield name


def units_of_work(name: str, tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Where a unit of work begins, and the tenant that it is begun for."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ("run", "start"):
            owner = ast.unparse(node.func.value)
            if owner.split(".")[-1].lstrip("_") == "database" and node.args:
                yield f"{name}:{node.lineno}", ast.unparse(node.args[0])
