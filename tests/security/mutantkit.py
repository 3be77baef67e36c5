"""Taking one guard out of the running product, and putting it back.

A mutant names a function or a constant of a module, a piece of its source and what stands there instead. A function's
code is compiled anew and swapped in place, so whoever imported it meets the mutant; a constant is worked out anew
together with all constants of its module that are made of it. A mutant of the database is a statement and its undoing.
"""

from __future__ import annotations
import __future__

import ast
import importlib
import inspect
import textwrap
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from types import CodeType, FunctionType, ModuleType
from typing import Any

import psycopg


class RottenMutant(Exception):
    """A mutant does not fit the source any more; the message says which and why."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """One guard less. `kind` is "tenant" when the guard keeps tenants apart, else "other".

    `target` is "module:name", with `module` below `mypage`, or "sql" for a statement and its undoing.
    """

    name: str
    kind: str
    target: str
    old: str
    new: str
    probe: str


def without_filter(target: str, old: str, call: str, new: str = "") -> Mutant:
    """A statement that forgets its tenant. `old` is the comparison as it stands in the source."""
    module, _, name = target.partition(":")
    return Mutant(
        f"{module}.{name} without {old.split(maxsplit=1)[0].strip('(')}", "tenant", target, old, new, f"call {call}"
    )


def without_guard(name: str, target: str, old: str, new: str, probe: str) -> Mutant:
    """A guard less between customers, roles, attackers and data."""
    return Mutant(name, "other", target, old, new, probe)


@contextmanager
def applied(mutant: Mutant, owner_url: str) -> Iterator[None]:
    """The product with the mutant in it. Raises RottenMutant."""
    if mutant.target == "sql":
        _execute(owner_url, mutant.new)
        try:
            yield
        finally:
            _execute(owner_url, mutant.old)
        return
    module_name, _, path = mutant.target.partition(":")
    module = importlib.import_module(f"mypage.{module_name}")
    with ExitStack() as undo:
        value = _find(module, path)
        if isinstance(value, FunctionType):
            _swap_code(mutant, value, undo)
            changed, first = {path.partition(".")[0]}, None
        else:
            changed, first = set(), path
        _remake_constants(mutant, module, changed, first, undo)
        yield


def check_fit(mutant: Mutant) -> None:
    """Raises RottenMutant unless the mutant can be made of the source as it is."""
    if mutant.target == "sql":
        return
    module_name, _, path = mutant.target.partition(":")
    module = importlib.import_module(f"mypage.{module_name}")
    value = _find(module, path)
    if isinstance(value, FunctionType):
        mutated(mutant, textwrap.dedent(inspect.getsource(value)))
        return
    source = inspect.getsource(module)
    for statement, own in _assignments(source):
        if path in own:
            mutated(mutant, ast.get_source_segment(source, statement) or "")
            return
    raise RottenMutant(f"{mutant.name}: {mutant.target} is no constant of its module")


def _assignments(source: str) -> Iterator[tuple[ast.Assign | ast.AnnAssign, set[str]]]:
    """The constants of a module with their names."""
    for statement in ast.parse(source).body:
        if isinstance(statement, ast.Assign | ast.AnnAssign) and statement.value is not None:
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            yield statement, {n.id for target in targets for n in ast.walk(target) if isinstance(n, ast.Name)}


def _find(module: ModuleType, path: str) -> Any:
    value: Any = module
    for name in path.split("."):
        try:
            value = inspect.getattr_static(value, name)
        except AttributeError as error:
            raise RottenMutant(f"{module.__name__} has no {path}") from error
    if isinstance(value, property):
        value = value.fget
    return inspect.unwrap(value) if callable(value) else value


def mutated(mutant: Mutant, source: str) -> str:
    """The source with the piece replaced. Raises RottenMutant unless it stands there exactly once."""
    times = source.count(mutant.old)
    if times != 1:
        raise RottenMutant(f"{mutant.name}: {mutant.old!r} stands {times} times in {mutant.target}, not once")
    return source.replace(mutant.old, mutant.new)


def _swap_code(mutant: Mutant, function: FunctionType, undo: ExitStack) -> None:
    source = mutated(mutant, textwrap.dedent(inspect.getsource(function)))
    tree = ast.parse(source)
    definition = tree.body[0]
    assert isinstance(definition, ast.FunctionDef | ast.AsyncFunctionDef)
    definition.decorator_list = []
    free = function.__code__.co_freevars
    if free:
        # `super()` reads a variable of the class around the method; here a function stands around it instead.
        around = ast.parse("def around():\n" + "".join(f"    {name} = None\n" for name in free))
        assert isinstance(around.body[0], ast.FunctionDef)
        around.body[0].body.append(definition)
        tree = around
    whole = compile(tree, f"<mutant {mutant.name}>", "exec", flags=__future__.annotations.compiler_flag)
    code = next(c for c in _codes(whole) if c.co_name == function.__name__)
    if code.co_freevars != free:
        raise RottenMutant(f"{mutant.name}: {mutant.target} does not use {free} any more")
    original = function.__code__
    function.__code__ = code
    undo.callback(setattr, function, "__code__", original)


def _codes(code: CodeType) -> Iterator[CodeType]:
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield inner
            yield from _codes(inner)


def _remake_constants(
    mutant: Mutant, module: ModuleType, changed: set[str], first: str | None, undo: ExitStack
) -> None:
    """Work out anew the mutated constant, if it is one, and all constants made of what changed."""
    source = inspect.getsource(module)
    for statement, own in _assignments(source):
        names = {node.id for node in ast.walk(statement) if isinstance(node, ast.Name)}
        if first not in own and not changed & (names - own):
            continue
        text = ast.get_source_segment(source, statement) or ""
        if first in own:
            text = mutated(mutant, text)
        flags = __future__.annotations.compiler_flag
        before = {name: module.__dict__[name] for name in own}
        undo.callback(module.__dict__.update, before)
        exec(compile(text, f"<mutant {mutant.name}>", "exec", flags=flags), module.__dict__)
        changed |= own


def _execute(owner_url: str, statement: str) -> None:
    with psycopg.connect(owner_url.replace("postgresql+psycopg:", "postgresql:"), autocommit=True) as connection:
        connection.execute(statement.encode())
