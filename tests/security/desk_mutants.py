"""Every comparison with the tenant in the code of the console, taken away one at a time: mutants made of the source."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from mutantkit import Mutant

CORE = Path(__file__).parents[2] / "platform/mypage"
AREAS = ("staff", "work")


def tenant_filters() -> tuple[Mutant, ...]:
    """A mutant for every filter that stands alone in an argument list or a conjunction of the areas' modules."""
    found: list[Mutant] = []
    for area in AREAS:
        for path in sorted((CORE / area).rglob("*.py")):
            found += _of_module(path)
    return tuple(found)


def _of_module(path: Path) -> Iterator[Mutant]:
    source = path.read_text(encoding="utf-8")
    module = ".".join(path.relative_to(CORE).with_suffix("").parts)
    for node in ast.parse(source).body:
        yield from _of_node(module, source, node, "")


def _of_node(module: str, source: str, node: ast.stmt, prefix: str) -> Iterator[Mutant]:
    if isinstance(node, ast.ClassDef):
        for inner in node.body:
            if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef):
                yield from _of_node(module, source, inner, f"{node.name}.")
        return
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        name = prefix + node.name
    elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
        name = node.targets[0].id
    elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        name = node.target.id
    else:
        return
    text = ast.get_source_segment(source, node) or ""
    for number, (old, new) in enumerate(comparisons(text)):
        yield Mutant(f"{module}.{name} #{number} without {old[:60]!r}", "tenant", f"{module}:{name}", old, new, module)


def comparisons(text: str) -> Iterator[tuple[str, str]]:
    """(with, without) for each comparison with the tenant in a piece of source; what is cut stands there once."""
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.Eq)):
            continue
        left = node.left
        if not (isinstance(left, ast.Attribute) and left.attr == "tenant_id"):
            continue
        old = ast.get_source_segment(text, node) or ""
        start = _offset(text, node)
        # What is compared with itself is always true, and so no filter any more; the guard of the tests would count it,
        # so a comparison of another column of the primary key with itself stands there instead.
        owner = ast.get_source_segment(text, left.value) or ""
        context = text[max(0, start - 30) : start + len(old) + 30]
        before, after = context.split(old, 1)
        yield f"{before}{old}{after}", f"{before}{owner}.tenant_id.is_not(None){after}"


def _offset(text: str, node: ast.Compare) -> int:
    lines = text.splitlines(keepends=True)
    ahead = "".join(lines[: node.lineno - 1])
    return len(ahead) + len(lines[node.lineno - 1].encode()[: node.col_offset].decode())


def topic_of(module: str) -> str:
    """The topic that a module belongs to: `staff.queue.service` → `staff.queue`; all of `work` is the queue's."""
    first, _, rest = module.partition(".")
    return "staff.queue" if first == "work" else f"{first}.{rest.partition('.')[0]}"
