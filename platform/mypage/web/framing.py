"""Building the frame of a page: the parts that do not change between requests are made once."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from mypage.hooks.permissions import HOME, PUBLIC, SIGNED_IN
from mypage.hooks.portal import Entry, Guidance, SubMenu
from mypage.i18n import LOCALES
from mypage.operators.operator import OFFICE
from mypage.web.contact import contact_of
from mypage.web.frame import Ask, Choice, Contact, Frame, MenuGroup, NavItem, Viewing, Who
from mypage.web.request import PortalRequest, SignedIn
from mypage.web.statics import Statics

LANGUAGES = {"ja": "日本語", "en": "English"}
MenuKey = tuple[str, str, str, str, bool, bool, frozenset[str]]
MOST = 1000
"""Frames kept per operator: one is some kilobytes. When full, all are made anew."""


@dataclass(slots=True)
class Framer:
    """Makes frames for one operator's application."""

    statics: Statics
    permissions: dict[str, str]
    """Route name → permission."""
    _menus: dict[MenuKey, tuple[MenuGroup, ...]] = field(default_factory=dict)
    _frames: dict[object, Frame] = field(default_factory=dict)

    def frame(self, rq: PortalRequest, template: str) -> Frame:
        """The frame around `template`, the page that answers `rq`; only what is a person's own is made anew."""
        shape = self._shape(rq, template)
        bare = self._frames.get(shape) if shape else None
        if bare is None:
            bare = self._bare(rq, shape)
            if shape:
                if len(self._frames) >= MOST:
                    self._frames.clear()
                self._frames[shape] = bare
        return replace(
            bare,
            who=self._who(rq, rq.signed_in) if rq.signed_in else None,
            viewing=_viewing(rq),
            ask=_ask(rq),
            csrf_token=rq.csrf_token,
            flashes=(*rq.incoming_flashes, *rq.out.flashes),
        )

    def _shape(self, rq: PortalRequest, template: str) -> object:
        """Paths of single rows and of what is no page are too many to remember."""
        if not rq.route_name or rq.params or rq.path != rq.href(rq.route_name):
            return None
        signed_in = rq.signed_in
        return (
            template,
            rq.tenant.theme.name,
            rq.prefix,
            rq.locale,
            rq.text_size == "large",
            rq.tenant.second_factor,
            rq.route_name,
            (signed_in.principal.role, signed_in.principal.permissions) if signed_in else None,
            signed_in.gate.name if signed_in and signed_in.gate else "",
        )

    def _bare(self, rq: PortalRequest, shape: object) -> Frame:
        portal, theme, t = rq.operator.portal, rq.tenant.theme, rq.t
        principal = rq.signed_in.principal if rq.signed_in else None
        gated = bool(rq.signed_in and rq.signed_in.gate)

        def static(path: str) -> str:
            return self.statics.url(rq.prefix, theme.name, path)

        return Frame(
            lang=rq.locale,
            text_size="large" if rq.text_size == "large" and portal.text_sizes else "standard",
            site_title=f"{t(portal.logo_text or portal.company)} {t(portal.portal_name)}",
            company=t(portal.company),
            portal_name=t(portal.portal_name),
            logo_url=static(f"theme/{theme.logo}"),
            logo_alt=t(portal.logo_text or portal.company),
            logo_width=theme.logo_width,
            logo_height=theme.logo_height,
            favicon_url=static(f"theme/{theme.favicon}"),
            home_url=rq.href(rq.operator.home_of(principal.role) if principal else "login"),
            signed_in=principal is not None,
            who=None,
            text_size_label=t(portal.text_sizes.label) if portal.text_sizes else "",
            text_sizes=self._text_sizes(rq),
            languages=tuple(
                Choice(LANGUAGES[code], rq.href("display", language=code, back=rq.path), code == rq.locale)
                for code in LOCALES
            ),
            public_nav=self._public_nav(rq, at_foot=False),
            foot_nav=self._public_nav(rq, at_foot=True),
            page_top=t(portal.page_top) if principal else "",
            logout_first=portal.logout_first,
            menu=() if gated or principal is None else self.menu(rq),
            contact=Contact(
                t(portal.contact.title),
                portal.contact.phone,
                "tel:" + portal.contact.phone.replace("-", ""),
                t(portal.contact.hours),
            )
            if portal.contact
            else None,
            csrf_token="",
            logout_url=rq.href("logout"),
            top_label=t(portal.top_label),
            logout_label=t(portal.logout_label),
            styles=tuple(static(path) for path in ("css/tokens.css", f"theme/{theme.css}", "css/portal.css")),
            scripts=tuple(static(path) for path in ("js/htmx.min.js", "js/hx-csp.min.js", "js/portal.js")),
            nonce="",
            flashes=(),
            shape=shape,
        )

    def menu(self, rq: PortalRequest) -> tuple[MenuGroup, ...]:
        """The entries that the principal may use; made once per tenant prefix, language, page and permissions."""
        permissions = rq.principal.permissions
        factors = rq.tenant.second_factor != "off"
        place = _place(rq)
        key = (rq.operator.name, rq.prefix, rq.locale, place, factors, _signs_in_here(rq), permissions)
        if key not in self._menus:
            self._menus[key] = self._make_menu(rq, permissions)
        return self._menus[key]

    def _make_menu(self, rq: PortalRequest, permissions: frozenset[str]) -> tuple[MenuGroup, ...]:
        groups = []
        for section in rq.operator.menu:
            items = tuple(item for each in section.entries for item in self._items(rq, each, permissions))
            if items:
                groups.append(MenuGroup(rq.t(section.heading) if section.heading else None, items))
        return tuple(groups)

    def _items(self, rq: PortalRequest, entry: Entry | SubMenu, permissions: frozenset[str]) -> tuple[NavItem, ...]:
        """The entry if it is shown; of a sub-menu its heading with what is shown below it."""
        if isinstance(entry, Entry):
            return (self._entry(rq, entry),) if self._shown(rq, entry, permissions) else ()
        below = tuple(self._entry(rq, each) for each in entry.entries if self._shown(rq, each, permissions))
        return (NavItem(rq.t(entry.label), "", below=below),) if below else ()

    def _shown(self, rq: PortalRequest, entry: Entry, permissions: frozenset[str]) -> bool:
        guidance = _guidance(rq, entry)
        needed = entry.permission or (guidance.permission if guidance else self.permissions[entry.route])
        allowed = needed in permissions or needed in (PUBLIC, SIGNED_IN)
        if entry.route in ("factors", "credentials") and not _signs_in_here(rq):
            return False
        return allowed and (entry.route != "factors" or rq.tenant.second_factor != "off")

    def _entry(self, rq: PortalRequest, entry: Entry) -> NavItem:
        if not entry.route:
            return NavItem(rq.t(entry.label), entry.url, entry.icon, text=rq.t(entry.text), leads_out=True)
        url = rq.href(entry.route, **entry.params)
        if entry.params:
            current = _place(rq) == f"{entry.route} {sorted(entry.params.items())}"
        else:
            current = _within(rq.route_name, entry.route) and not entry.anchor
        if entry.anchor:
            url += f"#{entry.anchor}"
        guidance = _guidance(rq, entry)
        leads_out = guidance is not None and guidance.leads_to is not None
        return NavItem(rq.t(entry.label), url, entry.icon, current, rq.t(entry.text), leads_out)

    def _public_nav(self, rq: PortalRequest, *, at_foot: bool) -> tuple[NavItem, ...]:
        return tuple(
            NavItem(
                rq.t(page.title),
                page.url or (rq.href("top") if not slug else rq.href("public-page", slug=slug)),
                current=rq.path == rq.href("public-page", slug=slug) if slug else False,
                new_tab=page.new_tab,
            )
            for slug, page in rq.operator.public_pages.items()
            if page.at_foot == at_foot
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

    def _who(self, rq: PortalRequest, signed_in: SignedIn) -> Who:
        portal, principal = rq.operator.portal, signed_in.principal
        label = rq.t(portal.customer_number_label)
        if portal.contract_label:
            # Accounts that a customer handed out see the header, too: the customer's name is not for all of them.
            contract = rq.t(signed_in.contract_name) if signed_in.contract_name else ""
            return Who("", principal.customer_number, label, rq.t(portal.contract_label), contract)
        if rq.operator.name == OFFICE:
            place = rq.seat.called(rq.locale) if rq.seat else ""
            name = rq.t("Staff: %(name)s", name=principal.name)
            return Who(name, "", place=place, place_url=rq.href("seat") if place else "")
        honorific = rq.t(portal.honorific)
        name = f"{principal.name} {honorific}" if rq.locale == "ja" and honorific else principal.name
        return Who(name, principal.customer_number, label)


def _viewing(rq: PortalRequest) -> Viewing | None:
    if rq.signed_in is None or rq.signed_in.viewer is None:
        return None
    viewer = rq.signed_in.viewer
    return Viewing(rq.signed_in.principal.name, viewer.name, viewer.until, rq.href("view-end"))


def _ask(rq: PortalRequest) -> Ask | None:
    """Whom to ask, for who may open that page now."""
    points, signed_in = rq.operator.contact_points, rq.signed_in
    if points is None or signed_in is None or not signed_in.principal.may(HOME):
        return None
    if signed_in.gate is not None and "contact" not in signed_in.gate.allowed:
        return None
    return contact_of(points, rq.t, url=rq.href("contact"), number=signed_in.principal.customer_number)


def _guidance(rq: PortalRequest, entry: Entry) -> Guidance | None:
    return rq.operator.guidance.get(entry.params.get("slug", "")) if entry.route == "guidance" else None


def _within(current: str, entry: str) -> bool:
    return current == entry or current.startswith(f"{entry}-")


def _signs_in_here(rq: PortalRequest) -> bool:
    """Whether there is a password of the principal here; a company vouches for who has come through its provider."""
    return rq.principal.scheme in rq.operator.schemes


def _place(rq: PortalRequest) -> str:
    """Which entry of the menu is open: a route, or the entry whose parameters the path has. Few, whatever is asked."""
    for section in rq.operator.menu:
        for entry in section.links:
            here = entry.params and _within(rq.route_name, entry.route)
            if here and all(str(rq.params.get(name, "")) == value for name, value in entry.params.items()):
                return f"{entry.route} {sorted(entry.params.items())}"
    return rq.route_name
