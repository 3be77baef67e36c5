"""Typed calls of hooks at compile time. Nothing else touches a PluginManager."""

from __future__ import annotations

from collections.abc import Coroutine, Iterable
from typing import Any, TypeVar

import pluggy

from mypage.hooks.markers import PROJECT
from mypage.hooks.specs import SPECS
from mypage.operators.operator import OperatorError

T = TypeVar("T")


class Hooks:
    """The hooks of one operator: core defaults first, then extensions, the operator last and so asked first."""

    def __init__(self, name: str, defaults: Iterable[object], extensions: dict[str, Any], plugin: Any) -> None:
        """Register everything. Raises OperatorError for a misspelt hook or a wrong argument."""
        self.name = name
        self._manager = pluggy.PluginManager(PROJECT)
        for spec in SPECS:
            self._manager.add_hookspecs(spec)
        try:
            for default in defaults:
                self._manager.register(default, name=f"core:{type(default).__name__}")
            for key, extension in extensions.items():
                self._manager.register(extension, name=f"extension:{key}")
            self._manager.register(plugin, name=f"operator:{name}")
            self._manager.check_pending()
        except pluggy.PluginValidationError as error:
            reason = " ".join(str(error).split())
            raise OperatorError(f"operator {name}: {reason}; the hooks are listed in docs/hooks.md") from error

    def items(self, hook: str, kind: type[T], **arguments: Any) -> tuple[T, ...]:
        """Everything collected by a `_items` hook, core before extensions before operator."""
        found: list[T] = []
        for answer in reversed(self._call(hook, arguments)):
            if not isinstance(answer, list | tuple):
                raise self._wrong(hook, answer, f"a list of {kind.__name__}")
            found.extend(self._checked(hook, item, kind) for item in answer)
        return tuple(found)

    def policy(self, hook: str, kind: type[T], **arguments: Any) -> T:
        """The first answer of a `_policy` hook. Raises OperatorError when nobody answers."""
        answer = self._call(hook, arguments)
        if answer is None:
            raise OperatorError(f"operator {self.name}: nobody answers {hook}; implement it in the plugin")
        return self._checked(hook, answer, kind)

    def subclass(self, hook: str, kind: type[T]) -> type[T]:
        """The class that a `_policy` hook answers."""
        answer = self._call(hook, {})
        if not (isinstance(answer, type) and issubclass(answer, kind)):
            raise self._wrong(hook, answer, f"a subclass of {kind.__name__}")
        return answer

    def make(self, hook: str, **arguments: Any) -> Any | None:
        """The first object that a `make_` hook returns for these arguments, or None."""
        made = [answer for answer in self._call(hook, arguments) if answer is not None]
        return made[0] if made else None

    def implementers(self, hook: str) -> tuple[str, ...]:
        """Names of the plugins that implement a hook; for documentation and tests."""
        return tuple(impl.plugin_name for impl in getattr(self._manager.hook, hook).get_hookimpls())

    def _call(self, hook: str, arguments: dict[str, Any]) -> Any:
        try:
            return getattr(self._manager.hook, hook)(**arguments)
        except ValueError as error:
            raise OperatorError(f"operator {self.name}: {hook}: {error}") from error
        except Exception as error:
            raise OperatorError(f"operator {self.name}: {hook} raised {type(error).__name__}: {error}") from error

    def _checked(self, hook: str, value: object, kind: type[T]) -> T:
        if not isinstance(value, kind):
            raise self._wrong(hook, value, kind.__name__)
        return value

    def _wrong(self, hook: str, value: object, expected: str) -> OperatorError:
        if isinstance(value, Coroutine):
            value.close()  # nobody will await it
        return OperatorError(f"operator {self.name}: {hook} answered {value!r:.80}; it must be {expected}")
