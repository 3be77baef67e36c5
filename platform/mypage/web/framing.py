"""Building the frame of a page: the parts that do not change between requests are made once."""

from __future__ import annotations

from dataclasses import dataclass, field

from mypage.hooks.permissions import PUBLIC, SIGNED_IN
from mypage.i18n import LOCALES
from mypage.web.frame import Choice, Contact, Frame, MenuGroup, NavItem, Who
from mypage.web.request import PortalRequest
from mypage.web.statics import Statics

LANGUAGES = {"ja": "日本語", "en": "English"}
MenuKey = tuple[str, str, str, str, bool, frozenset[str]]


@dataclass(slots=True)
class Framer:
    """Makes frames for one operator's application."""

    statics: Statics
    permissions: dict[str, str]
    """Route name → permission."""
    _menus: dict[MenuKey, tuple[MenuGroup, ...]] = field(default_factory=dict)

    def frame(self, rq: PortalRequest) -> Frame:
        """The frame around the page that answers `rq`."""
        portal, theme, t = rq.operator.portal, rq.tenant.theme, rq.t
        principal = rq.signed_in.principal if rq.signed_in else None
        gated = bool(rq.signed_in and rq.signed_in.gate)

        def static(path: str) -> str:
            return self.statics.url(rq.prefix, theme.name, path)

        return Frame(
            lang=rq.locale,
            text_size="large" if rq.text_size == "large" and portal.text_sizes else "standard",
            site_title=f"{t(portal.company)} {t(portal.portal_name)}",
            company=t(portal.company),
            portal_name=t(portal.portal_name),
            logo_url=static(f"theme/{theme.logo}"),
            logo_alt=t(portal.company),
            logo_width=theme.logo_width,
            logo_height=theme.logo_height,
            favicon_url=static(f"theme/{theme.favicon}"),
            home_url=rq.href("home" if principal else "login"),
            signed_in=principal is not None,
            who=Who(self._named(rq, principal.name), principal.customer_number, t(portal.customer_number_label))
            if principal
            else None,
            text_size_label=t(portal.text_sizes.label) if portal.text_sizes else "",
            text_sizes=self._text_sizes(rq),
            languages=tuple(
                Choice(LANGUAGES[code], rq.href("display", language=code, back=rq.path), code == rq.locale)
                for code in LOCALES
            ),
            public_nav=self._public_nav(rq),
            menu=() if gated or principal is None else self.menu(rq),
            contact=Contact(
                t(portal.contact.title),
                portal.contact.phone,
                "tel:" + portal.contact.phone.replace("-", ""),
                t(portal.contact.hours),
            )
            if portal.contact
            else None,
            csrf_token=rq.csrf_token,
            logout_url=rq.href("logout"),
            top_label=t(portal.top_label),
            logout_label=t(portal.logout_label),
            styles=tuple(static(path) for path in ("css/tokens.css", f"theme/{theme.css}", "css/portal.css")),
            scripts=tuple(static(path) for path in ("js/htmx.min.js", "js/hx-csp.min.js", "js/portal.js")),
            nonce="",
            flashes=(*rq.incoming_flashes, *(rq.out.flashes)),
        )

    def menu(self, rq: PortalRequest) -> tuple[MenuGroup, ...]:
        """The entries that the principal may use; made once per tenant prefix, language, page and permissions."""
        permissions = rq.principal.permissions
        factors = rq.tenant.second_factor != "off"
        key = (rq.operator.name, rq.prefix, rq.locale, rq.route_name, factors, permissions)
        if key not in self._menus:
            self._menus[key] = self._make_menu(rq, permissions)
        return self._menus[key]

    def _make_menu(self, rq: PortalRequest, permissions: frozenset[str]) -> tuple[MenuGroup, ...]:
        groups = []
        for section in rq.operator.menu:
            items = tuple(
                NavItem(rq.t(e.label), rq.href(e.route), e.icon, _within(rq.route_name, e.route), rq.t(e.text))
                for e in section.entries
                if (self.permissions[e.route] in permissions or self.permissions[e.route] in (PUBLIC, SIGNED_IN))
                and (e.route != "factors" or rq.tenant.second_factor != "off")
            )
            if items:
                groups.append(MenuGroup(rq.t(section.heading) if section.heading else None, items))
        return tuple(groups)

    def _public_nav(self, rq: PortalRequest) -> tuple[NavItem, ...]:
        return tuple(
            NavItem(
                rq.t(page.title),
                page.url or (rq.href("top") if not slug else rq.href("public-page", slug=slug)),
                current=rq.path == rq.href("public-page", slug=slug) if slug else False,
            )
            for slug, page in rq.operator.public_pages.items()
        )

    def _text_sizes(self, rq: PortalRequest) -> tuple[Choice, ...]:
        sizes = rq.operator.portal.text_sizes
        if sizes is None:
            return ()
        large = rq.text_size == "large"
        return (
            Choice(rq.t(sizes.standard), rq.href("display", size="standard", back=rq.path), not large),
            Choice(rq.t(sizes.large), rq.href("display", size="large", back=rq.path), large),
        )

    def _named(self, rq: PortalRequest, name: str) -> str:
        honorific = rq.t(rq.operator.portal.honorific)
        return f"{name} {honorific}" if rq.locale == "ja" and honorific else name


def _within(current: str, entry: str) -> bool:
    return current == entry or current.startswith(f"{entry}-")
