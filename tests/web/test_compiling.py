"""What our templates compile to says the same as Jinja's own."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from jinja2 import Environment, UndefinedError
from markupsafe import Markup, escape

from mypage.i18n import Catalogue
from mypage.web.compiling import escaped
from mypage.web.rendering import LayeredLoader, _PortalEnvironment


class Loud(str):
    """Text of a class of its own."""


class Html:
    """What says by itself how it looks in HTML."""

    def __html__(self) -> str:
        return "<b>&</b>"


SOURCE = """
{% macro m(a, b='<d>') %}[{{ a }}{{ b }}{{ kwargs }}{{ caller('<c>') if caller is defined }}]{% endmacro %}
{% macro p(a='<a>', b=a) %}({{ a }}{{ b }}){% endmacro %}
{% set args = ['<x>'] %}{{ v }}|{{ m(v) }}|{{ m(*args) }}|{{ m('&', b=v, c=1) }}|{{ v ~ m(n) }}|{{ v.join(['<', m(n)]) }}
{% call(c) m(v) %}<i>{{ c }}{{ v }}{% for n in [1, '<'] %}{{ m(n) }}{% endfor %}</i>{% endcall %}
{{ m(b=n, a=v) }}{{ p(v) }}{{ p(b=v) }}{{ p('&', '<') }}{{ p('&', b=n) }}{{ '<y>' if n }}{{ '<z>' if not n }}
{% set part %}{{ v }}{% endset %}{{ part }}{% autoescape false %}{{ v }}{% endautoescape %}"""


@pytest.mark.parametrize(
    "value", ["<a href='x'>\"&", Loud("<&>"), Markup("<b>"), Html(), 7, True, None, Decimal("1.5")]
)
def test_values_are_escaped_as_ever(value: Any) -> None:
    assert escaped(value) == escape(value)


def test_a_template_says_what_jinja_makes_of_it() -> None:
    ours = _PortalEnvironment(Catalogue("ja"), LayeredLoader(None, {}), {}).from_string(SOURCE)
    plain = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string(SOURCE)
    assert ours.render(v="<&'>", n=7) == plain.render(v="<&'>", n=7)


def test_what_is_missing_is_no_empty_text() -> None:
    ours = _PortalEnvironment(Catalogue("ja"), LayeredLoader(None, {}), {})
    with pytest.raises(UndefinedError):
        ours.from_string("{{ nothing }}").render()
    with pytest.raises(UndefinedError):
        ours.from_string("{{ nothing() }}").render()


@pytest.mark.parametrize("call", ["p(1, 2, 3)", "p(c=1)", "p(1, a=1)", "p(1, 2, b=2)"])
def test_a_macro_takes_no_argument_that_it_does_not_name(call: str) -> None:
    ours = _PortalEnvironment(Catalogue("ja"), LayeredLoader(None, {}), {})
    with pytest.raises(TypeError):
        ours.from_string("{% macro p(a, b) %}{{ a }}{{ b }}{% endmacro %}{{ " + call + " }}").render()
