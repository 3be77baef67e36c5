"""Jinja for all tenants of one operator: theme → operator → core by name, texts folded per locale at compile time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping
from datetime import date, datetime
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from babel.dates import format_date, format_datetime
from jinja2 import BaseLoader, Environment, StrictUndefined, Template, TemplateNotFound, nodes
from jinja2.meta import find_referenced_templates
from jinja2.runtime import Context
from jinja2.visitor import NodeTransformer

from mypage.i18n import Catalogue
from mypage.lib.clock import TOKYO
from mypage.web.compiling import LeanCode, LeanMacro, escaped
from mypage.web.page import Page
from mypage.web.remembering import Remembered

CORE_TEMPLATES = Path(__file__).parent.parent / "templates"


class LayeredLoader(BaseLoader):
    """Finds `path`, `theme/<name>:path` (that theme's override first) and `core:path` (the original, to extend)."""

    def __init__(self, operator: Path | None, themes: Mapping[str, Path]) -> None:
        """`operator` is the plugin's template folder; `themes` maps theme names to theirs."""
        self._operator, self._themes = operator, themes

    def get_source(self, _: Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
        """Read the first file that exists."""
        prefix, colon, name = template.rpartition(":")
        layers: list[Path | None] = [CORE_TEMPLATES]
        if prefix != "core":
            layers.insert(0, self._operator)
        if colon and prefix.startswith("theme/"):
            layers.insert(0, self._themes.get(prefix.removeprefix("theme/")))
        if ".." not in name.split("/"):
            for layer in layers:
                if layer is not None and (path := layer / name).is_file():
                    return path.read_text(encoding="utf-8"), str(path), lambda: True
        raise TemplateNotFound(template)


class _Fold(NodeTransformer):
    """Replaces `_('constant')` by its translation, so that no look-up is left at run time."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def visit_Call(self, node: nodes.Call) -> nodes.Node:  # noqa: N802 - Jinja's visitor protocol
        self.generic_visit(node)
        if not (isinstance(node.node, nodes.Name) and node.node.name == "_" and len(node.args) == 1):
            return node
        message = node.args[0]
        if not (isinstance(message, nodes.Const) and isinstance(message.value, str)):
            return node
        text = nodes.Const(self._catalogue(message.value), lineno=node.lineno)
        if not node.kwargs:
            return text
        return nodes.Mod(text, nodes.Dict([nodes.Pair(nodes.Const(k.key), k.value) for k in node.kwargs]))


class _LeanContext(Context):
    """Calls without asking first whether the callee wants the context: no callable in these templates does."""

    def call(
        self,
        callee: Callable[..., Any],
        /,
        *args: Any,
        _loop_vars: object = None,
        _block_vars: object = None,
        **kw: Any,
    ) -> Any:
        return callee(*args, **kw)


class _LeanTemplate(Template):
    """Imported macros are made once: every template here has the same globals."""

    def _get_default_module(self, ctx: Context | None = None) -> Any:
        return super()._get_default_module()


class _PortalEnvironment(Environment):
    context_class = _LeanContext
    template_class = _LeanTemplate
    code_generator_class = LeanCode
    escaped = staticmethod(escaped)
    Macro = LeanMacro

    def __init__(self, catalogue: Catalogue, loader: BaseLoader, own: Mapping[str, frozenset[str]]) -> None:
        super().__init__(
            loader=loader,
            extensions=[Remembered],
            autoescape=True,
            undefined=StrictUndefined,
            auto_reload=False,
            cache_size=-1,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._catalogue = catalogue
        self._own = own
        self._found: dict[tuple[object, str | None], Template] = {}
        self.globals.update({"_": catalogue, "ngettext": catalogue.plural})
        self.filters.update(
            {name: partial(fn, catalogue.locale) for name, fn in _DATE_FILTERS.items()}
            | {"yen": lambda amount: f"{amount:,}"}
        )

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        folded = _Fold(self._catalogue).visit(tree)
        assert isinstance(folded, nodes.Template)
        return folded

    def get_template(
        self,
        name: str | Template,
        parent: str | None = None,
        globals: MutableMapping[str, Any] | None = None,  # noqa: A002 - Jinja's
    ) -> Template:
        """As Jinja's, remembered: templates never change, and a page asks for a dozen. Raises TemplateNotFound."""
        found = self._found.get((name, parent))
        if found is None:
            found = self._found[name, parent] = super().get_template(name, parent, globals)
        return found

    def join_path(self, template: str, parent: str) -> str:
        """What a template of a theme includes or extends is looked for in that theme first."""
        if ":" in template or not parent.startswith("theme/"):
            return template
        return self.named(template, parent.removeprefix("theme/").partition(":")[0])

    def named(self, template: str, theme: str) -> str:
        """What a template is compiled as for a theme: as for all of them, if this one changes nothing in it."""
        return f"theme/{theme}:{template}" if template in self._own.get(theme, ()) else template


@lru_cache(4096)
def _date(locale: str, value: date) -> str:
    pattern = "y年M月d日（E）" if locale == "ja" else "EEE, MMM d, y"
    return format_date(value, pattern, locale=locale)


@lru_cache(4096)
def day_text(locale: str, value: date) -> str:
    """A day as every page writes it."""
    return format_date(value, "y年M月d日" if locale == "ja" else "MMM d, y", locale=locale)


@lru_cache(1024)
def month_text(locale: str, value: date) -> str:
    """A month as every page writes it."""
    return format_date(value, "y年M月" if locale == "ja" else "MMMM y", locale=locale)


def time_text(locale: str, value: datetime) -> str:
    """An instant in Japan as every page writes it, for sentences that are made before the template."""
    pattern = "y年M月d日 H:mm" if locale == "ja" else "MMM d, y H:mm"
    return format_datetime(value, pattern, tzinfo=TOKYO, locale=locale)


def _slashdate(_: str, value: date) -> str:
    return f"{value:%Y/%m/%d}"


_DATE_FILTERS: Mapping[str, Callable[..., str]] = {
    "date": _date,
    "day": day_text,
    "month": month_text,
    "time": time_text,
    "slashdate": _slashdate,
}


class Templates:
    """The compiled templates of one operator, one set per locale, shared by all its tenants."""

    def __init__(self, catalogues: Mapping[str, Catalogue], operator: Path | None, themes: Mapping[str, Path]) -> None:
        """`themes` holds only themes with template overrides: the others share one compiled set."""
        loader = LayeredLoader(operator, themes)
        folders = [CORE_TEMPLATES, *([operator] if operator else [])]
        self._shared = {name for folder in folders for name in _files_in(folder)}
        self._own = _changed_by(loader, self._shared, themes) if themes else {}
        self._environments = {locale: _PortalEnvironment(cat, loader, self._own) for locale, cat in catalogues.items()}

    def get(self, name: str, *, theme: str, locale: str) -> Template:
        """The template as this theme has it. Raises jinja2.TemplateNotFound."""
        environment = self._environments[locale]
        return environment.get_template(environment.named(name, theme))

    def warm(self) -> None:
        """Compile every page once, before the first request has to wait for it."""
        for environment in self._environments.values():
            for name in sorted(self._shared):
                environment.get_template(name)
            for theme, names in self._own.items():
                for name in sorted(names):
                    environment.get_template(environment.named(name, theme))

    def render(self, page: Page, *, theme: str, locale: str, **frame: Any) -> str:
        """Render a page context; `frame` are the per-request variables `frame`, `href` and `static`."""
        return self.get(page.template, theme=theme, locale=locale).render(page.variables() | frame)


def _files_in(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.suffix in (".html", ".txt")}


def _changed_by(loader: LayeredLoader, shared: set[str], themes: Mapping[str, Path]) -> dict[str, frozenset[str]]:
    """For each theme the templates that come out otherwise in it: its own, and all that use one of these."""
    parser = Environment(extensions=[Remembered])  # noqa: S701 - it only parses

    def used(name: str) -> set[str | None]:
        return set(find_referenced_templates(parser.parse(loader.get_source(parser, name)[0])))

    uses = {name: used(name) for name in shared}
    found = {}
    for theme, folder in themes.items():
        changed = _files_in(folder)
        seen = uses | {name: used(f"theme/{theme}:{name}") for name in changed}
        while more := {n for n, names in seen.items() if n not in changed and (names & changed or None in names)}:
            changed |= more
        found[theme] = frozenset(changed)
    return found
