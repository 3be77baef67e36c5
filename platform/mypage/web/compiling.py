"""What Jinja compiles our templates to: the same text, with less work for each value and each call."""

from __future__ import annotations

from typing import Any

from jinja2 import nodes
from jinja2.compiler import CodeGenerator, Frame, MacroRef
from jinja2.runtime import Macro
from jinja2.utils import missing
from markupsafe import Markup, escape
from markupsafe._speedups import _escape_inner


def escaped(value: Any) -> str:
    """As markupsafe's, which makes of each value a Markup that a page only joins to others."""
    kind = type(value)
    if kind is str:
        return _escape_inner(value)
    if kind is Markup:
        return value  # type: ignore[no-any-return]
    return str(value) if kind is int else escape(value)


class LeanMacro(Macro):
    """Puts arguments in their places as Jinja's, at once where a macro takes no others than it names."""

    def __init__(self, *given: Any) -> None:
        """What the compiled template says of the macro."""
        super().__init__(*given)
        self._plain = not (self.catch_kwargs or self.catch_varargs or self.caller)

    def __call__(self, *args: Any, **kwargs: Any) -> str:
        """The macro's text. Raises TypeError for arguments that it does not take."""
        lacking = self._argument_count - len(args)
        if not self._plain or lacking < 0:
            return super().__call__(*args, **kwargs)
        if lacking:
            args += tuple(kwargs.pop(name, missing) for name in self.arguments[len(args) :])
        if kwargs:
            return super().__call__(*args, **kwargs)
        text = self._func(*args)
        return Markup(text) if self._default_autoescape else text  # noqa: S704 - the macro's own code has escaped it


class LeanCode(CodeGenerator):
    """Calls what is called at once: no callable in these templates asks for the context."""

    def visit_Call(self, node: nodes.Call, frame: Frame, forward_caller: bool = False) -> None:  # noqa: N802 - Jinja's
        if forward_caller or node.dyn_args or node.dyn_kwargs:
            super().visit_Call(node, frame, forward_caller=forward_caller)
            return
        self.visit(node.node, frame)
        self.write("(")
        for argument in (*node.args, *node.kwargs):
            self.visit(argument, frame)
            self.write(", ")
        self.write(")")

    def visit_CondExpr(self, node: nodes.CondExpr, frame: Frame) -> None:  # noqa: N802 - Jinja's
        if node.expr2 is None:
            # Jinja makes an object that says what is missing, for each time that nothing is.
            node.expr2 = nodes.Const("")
        super().visit_CondExpr(node, frame)

    def macro_def(self, macro_ref: MacroRef, frame: Frame) -> None:
        self.write("environment.")
        super().macro_def(macro_ref, frame)

    def _output_child_pre(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:
        if frame.eval_ctx.volatile or not frame.eval_ctx.autoescape or finalize.src is not None:
            super()._output_child_pre(node, frame, finalize)
        else:
            self.write("environment.escaped(")
