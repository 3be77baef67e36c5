"""`{% remembered shape %}…{% endremembered %}` in a template: a part that is rendered once for each shape of the frame.

Only what `frame.shape` decides may stand in it: brand, menu, links. Never a person's data, never a form's token.
"""

from __future__ import annotations

from collections.abc import Callable

from jinja2 import Environment, nodes
from jinja2.ext import Extension
from jinja2.parser import Parser
from markupsafe import Markup

MOST = 2000
"""Parts kept per operator and language; some hundred bytes to some thousand each. When full, all are made anew."""


class Remembered(Extension):
    """The tag and what it remembers, for one environment."""

    tags = {"remembered"}  # noqa: RUF012 - as Jinja declares it

    def __init__(self, environment: Environment) -> None:
        """Remembers nothing yet."""
        super().__init__(environment)
        self.parts: dict[tuple[str, object], Markup] = {}

    def parse(self, parser: Parser) -> nodes.Node:
        """A call block that is only called when its output is not known."""
        line = next(parser.stream).lineno
        place = nodes.Const(f"{parser.name}:{line}")
        shape = parser.parse_expression()
        body = parser.parse_statements(("name:endremembered",), drop_needle=True)
        call = self.call_method("_part", [place, shape])
        return nodes.CallBlock(call, [], [], body).set_lineno(line)

    def _part(self, place: str, shape: object, caller: Callable[[], Markup]) -> Markup:
        if shape is None:
            return caller()
        known = self.parts.get((place, shape))
        if known is None:
            if len(self.parts) >= MOST:
                self.parts.clear()
            known = self.parts[place, shape] = caller()
        return known
