"""A portal's own pages shown in the console: rendered by its templates in its theme, and marked as a sample."""

from __future__ import annotations

from collections.abc import Callable

from mypage.operators.operator import Operator
from mypage.operators.tenants import Tenant
from mypage.web.frame import Choice, Contact, Flash, Frame
from mypage.web.framing import LANGUAGES
from mypage.web.page import Page
from mypage.web.rendering import Templates
from mypage.web.request import PortalRequest
from mypage.web.statics import StaticFile, Statics

_SAMPLE = "This is a sample, as customers see it. Its links lead back to the console."
_STYLES = ("css/tokens.css", "css/portal.css")


class PortalLooks:
    """The looks of this process."""

    def __init__(self, templates: Callable[[str], Templates], statics: Callable[[], Statics]) -> None:
        """`templates` of an operator by its name; both are asked when a page is shown."""
        self._templates, self._statics = templates, statics

    def file(self, tenant: Tenant, name: str) -> StaticFile | None:
        """A file of the tenant's theme: the console's own addresses lead to its own theme only."""
        return self._statics().find(tenant.theme.name, f"theme/{name}")

    def render(self, rq: PortalRequest, page: Page, *, locale: str, back: str, here: Callable[[str], str]) -> str:
        """The page as the customers of the worked tenant see it. Links lead to `back`; `here` is it in a language."""
        tenant, operator = rq.desk.tenant, rq.desk.operator
        frame = self._frame(rq, operator, tenant, locale, back, here)
        return self._templates(operator.name).render(
            page,
            theme=tenant.theme.name,
            locale=locale,
            frame=frame,
            href=lambda *_, **__: back,
            static=lambda path: self._url(rq, tenant, path),
        )

    def _frame(
        self, rq: PortalRequest, operator: Operator, tenant: Tenant, locale: str, back: str, here: Callable[[str], str]
    ) -> Frame:
        t, portal, theme = operator.catalogues[locale], operator.portal, tenant.theme
        contact = portal.contact
        return Frame(
            lang=locale,
            text_size="standard",
            site_title=f"{t(portal.logo_text or portal.company)} {t(portal.portal_name)}",
            company=t(portal.company),
            portal_name=t(portal.portal_name),
            logo_url=self._url(rq, tenant, f"theme/{theme.logo}"),
            logo_alt=t(portal.logo_text or portal.company),
            logo_width=theme.logo_width,
            logo_height=theme.logo_height,
            favicon_url=self._url(rq, tenant, f"theme/{theme.favicon}"),
            home_url=back,
            signed_in=False,
            who=None,
            text_size_label="",
            text_sizes=(),
            languages=tuple(Choice(word, here(code), code == locale) for code, word in LANGUAGES.items()),
            public_nav=(),
            menu=(),
            contact=Contact(t(contact.title), contact.phone, back, t(contact.hours)) if contact else None,
            csrf_token="",
            logout_url=back,
            top_label="",
            logout_label="",
            styles=(
                self._url(rq, tenant, _STYLES[0]),
                self._url(rq, tenant, f"theme/{theme.css}"),
                self._url(rq, tenant, _STYLES[1]),
            ),
            scripts=(),
            nonce="",
            flashes=(
                Flash("warn", rq.t("This is a sample, as customers see it. Its links lead back to the console.")),
            ),
        )

    def _url(self, rq: PortalRequest, tenant: Tenant, path: str) -> str:
        if path.startswith("theme/"):
            return rq.href("look", tenant=tenant.name, file=path.removeprefix("theme/"))
        return self._statics().url(rq.prefix, rq.tenant.theme.name, path)
