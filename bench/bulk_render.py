"""P5: the home page's template as the product compiles it, against the same template with gettext at run time.

The reference is a plain Jinja environment with newstyle gettext: nothing folded, nothing remembered. Both render the
same page of a customer with the same frame to the same HTML.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import httpx
from bulk_table import CUSTOMER, HOST, TENANT, cookie_of
from data import SECRET
from jinja2 import Environment, StrictUndefined, nodes
from jinja2.ext import Extension
from options import Options
from report import Row, median_ratio, medians
from sqlalchemy.dialects.postgresql import insert

from mypage.db.session import platform_unit, sync_engine
from mypage.i18n import Catalogue
from mypage.operators.loading import installed_operators
from mypage.operators.models import TenantAddress, TenantRecord
from mypage.server.app import Server, compile_all
from mypage.server.settings import Settings
from mypage.testing.database import TestDatabase, drop_database, make_database, test_server
from mypage.testing.portal import SETTINGS
from mypage.web import rendering
from mypage.web.page import Page
from mypage.web.rendering import LayeredLoader, Templates

PERSON = """
INSERT INTO customer (tenant_id, id, number, number_key, name) VALUES ('table', '{0}', '1', '1', '見本 太郎');
INSERT INTO account (tenant_id, id, customer_id, role, email, email_verified_at, created_at)
    VALUES ('table', '{0}', '{0}', 'holder', 'a@b.example', now(), now());
INSERT INTO contract (tenant_id, id, customer_id, number, number_key, name)
    VALUES ('table', '{0}', '{0}', 'K1', 'k1', 'インターネット');
INSERT INTO service (tenant_id, id, contract_id, position, category, name)
    SELECT 'table', gen_random_uuid(), '{0}', p, 'インターネット', 'コース' || p FROM generate_series(1, 4) p;
INSERT INTO invoice (tenant_id, id, customer_id, number, month, issued_on, due_on, status, net, tax, total, addressee,
                     issuer, registration_number)
    SELECT 'table', gen_random_uuid(), '{0}', n::text, (date_trunc('month', now()) - n * interval '1 month')::date,
           now(), now(), CASE WHEN n = 2 THEN 'unpaid' ELSE 'paid' END, 4801, 480, 5281, '見本 太郎', '見本', ''
    FROM generate_series(0, 11) n;
INSERT INTO notice (tenant_id, id, key, title, body, importance, starts_at)
    SELECT 'table', gen_random_uuid(), 'n' || n, 'お知らせ ' || n, '本文です。', 'normal', now() - n * interval '1 day'
    FROM generate_series(1, 8) n
"""


class _Inline(Extension):
    """The product's tag for parts that it remembers, as if it were not there."""

    tags = {"remembered"}  # noqa: RUF012 - as Jinja declares it

    def parse(self, parser: Any) -> list[nodes.Node]:
        """The body itself."""
        next(parser.stream)
        parser.parse_expression()
        return parser.parse_statements(("name:endremembered",), drop_needle=True)


class _Plain(Environment):
    """What the product's environment is made from, with Jinja's own gettext."""

    def __init__(self, catalogue: Catalogue, operator: Path | None) -> None:
        super().__init__(
            loader=LayeredLoader(operator, {}),
            extensions=["jinja2.ext.i18n", _Inline],
            autoescape=True,
            undefined=StrictUndefined,
            auto_reload=False,
            cache_size=-1,
            trim_blocks=True,
            lstrip_blocks=True,
        )

        def ngettext(one: str, many: str, count: int) -> str:
            forms = catalogue.plurals.get((one, many), (one, many))
            return forms[0] if count == 1 or len(forms) == 1 else forms[1]

        # Newstyle gettext fills in values always, so a lone % has to be doubled, as a catalogue for it would have it.
        doubled = {k: re.sub(r"%(?!\()", "%%", v) for k, v in catalogue.messages.items()}
        self.install_gettext_callables(
            lambda text: doubled.get(text) or re.sub(r"%(?!\()", "%%", text), ngettext, newstyle=True
        )
        made = rendering._PortalEnvironment(catalogue, self.loader)  # noqa: SLF001 - the same filters
        self.filters.update({name: made.filters[name] for name in made.filters.keys() - self.filters.keys()})

    def join_path(self, template: str, parent: str) -> str:
        """Names are those of the operator and the core."""
        return template


def run(options: Options) -> Iterable[Row]:
    """One row per language: milliseconds of CPU per page."""
    with test_server() as admin_url:
        database = make_database(admin_url)
        page, frame, operator = asyncio.run(captured(database))
        drop_database(database)
    ours = Templates(operator.catalogues, operator.template_folder, {})
    return [measure(options, ours, page, frame, operator, locale) for locale in ("ja",)]


async def captured(database: TestDatabase) -> tuple[Page, dict[str, Any], Any]:
    """The context of the home page as the product makes it for a request."""
    operator, themes = installed_operators()[0], Path(__file__).parents[1] / "themes"
    owner, admin = sync_engine(database.owner), sync_engine(database.admin)
    with platform_unit(owner) as connection:
        values = {"name": TENANT, "operator": operator, "theme": "plain", "locale": "ja", "settings": SETTINGS}
        connection.execute(insert(TenantRecord).values(**values, extensions={}))
        connection.execute(insert(TenantAddress).values(host=HOST, prefix="", tenant=TENANT, main=True))
    with platform_unit(admin) as connection:
        for statement in PERSON.format(CUSTOMER).split(";\n"):
            connection.exec_driver_sql(statement)
    owner.dispose()
    admin.dispose()
    compiled = compile_all((themes,))
    server = Server(Settings(database_url=database.app, secret=SECRET, theme_folders=(themes,)), compiled)
    seen: list[tuple[Page, dict[str, Any]]] = []
    render = Templates.render

    def watched(self: Templates, page: Page, **rest: Any) -> str:
        seen.append((page, rest))
        return render(self, page, **rest)

    Templates.render = watched  # type: ignore[method-assign]
    try:
        await server.registry.refresh()
        transport = httpx.ASGITransport(app=server)
        async with httpx.AsyncClient(transport=transport, base_url=f"https://{HOST}") as client:
            answer = await client.get("/home", headers={"cookie": cookie_of(database, CUSTOMER)})
        if answer.status_code != 200:
            raise RuntimeError(f"the home page was answered with {answer.status_code}")
    finally:
        Templates.render = render  # type: ignore[method-assign]
        await server.stop()
    page, rest = seen[-1]
    return page, {k: v for k, v in rest.items() if k not in ("theme", "locale")}, compiled.operators[operator]


def measure(options: Options, ours: Templates, page: Page, frame: dict[str, Any], operator: Any, locale: str) -> Row:
    """Rounds of both in turns."""
    plain = _Plain(operator.catalogues[locale], operator.template_folder)

    def with_gettext() -> str:
        return plain.get_template(page.template).render(page.variables() | frame)

    def folded() -> str:
        return ours.render(page, theme="plain", locale=locale, **frame)

    if _bare(with_gettext()) != _bare(folded()):
        raise RuntimeError("the two templates do not give the same page")
    count = 50 * options.seconds
    rounds = [
        {"gettext": milliseconds(with_gettext, count), "ours": milliseconds(folded, count)}
        for _ in range(options.rounds + 1)
    ][1:]
    found = medians(rounds)
    return Row(
        goal="P5",
        what=f"rendering of the home page ({len(folded().encode()) / 1000:.1f} kB, {locale})",
        unit="ms CPU",
        ours=found["ours"],
        floor=None,
        peer=found["gettext"],
        ratio=median_ratio(rounds, "ours", "gettext"),
        reference="peer",
        better="at most",
        bound=0.35,
        notes=("the peer is the same template with newstyle gettext at run time",),
    )


def _bare(html: str) -> str:
    return "".join(html.split())


def milliseconds(work: Callable[[], object], count: int) -> float:
    """CPU of this process per call."""
    started = time.process_time()
    for _ in range(count):
        work()
    return (time.process_time() - started) / count * 1000
