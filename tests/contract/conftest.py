"""Both operators compiled as the server compiles them: the shipped one and the invented one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

import sample_operator.plugin as nagi_plugin
from mypage.operators.calls import Hooks
from mypage.operators.compiling import compile_operator, make_hooks
from mypage.operators.loading import installed_operators, load_extensions, load_operator
from mypage.operators.operator import Operator
from mypage.server.routes import all_routes


@dataclass(frozen=True)
class Compiled:
    """An operator with the plugin it was made of."""

    plugin: Any
    hooks: Hooks
    operator: Operator


def build(name: str, plugin: Any) -> Compiled:
    hooks = make_hooks(name, plugin, load_extensions())
    routes = {route.name: route.permission for route in all_routes()}
    return Compiled(plugin, hooks, compile_operator(hooks, plugin, routes))


@pytest.fixture(scope="session")
def both() -> Mapping[str, Compiled]:
    """Every installed operator and nagi, each with a plugin manager of its own."""
    return {name: build(name, load_operator(name)) for name in installed_operators()} | {
        "nagi": build("nagi", nagi_plugin)
    }


@pytest.fixture(scope="session")
def actv(both: Mapping[str, Compiled]) -> Operator:
    return both["actv"].operator


@pytest.fixture(scope="session")
def ucom(both: Mapping[str, Compiled]) -> Operator:
    return both["ucom"].operator


@pytest.fixture(scope="session")
def ocn(both: Mapping[str, Compiled]) -> Operator:
    return both["ocn"].operator


@pytest.fixture(scope="session")
def nagi(both: Mapping[str, Compiled]) -> Operator:
    return both["nagi"].operator
