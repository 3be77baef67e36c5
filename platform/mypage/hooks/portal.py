"""What a portal says around its functions: name, menu, public pages, telephone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import msgspec

from mypage.hooks.markers import hookspec
from mypage.hooks.permissions import GUIDANCE, PermissionMatrix


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactBlock:
    """The telephone block: its title, number and hours."""

    title: str
    phone: str
    hours: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TextSizes:
    """A switch between two sizes of all text; absent means that the portal offers none."""

    label: str
    standard: str
    large: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Portal:
    """Names and words that stand on every page. `company` is who the customer has a contract with.

    `logo_text` is what the logo says, when that is not the company. Without `top_label` there is no link to the home
    page beside the logo; with `page_top` every page after login ends with a link to its beginning.

    With `logout_first` logging out is the first entry of the menu and not the last.

    `contract_label`: with it the header of signed-in pages names the customer's contract under this label, and not
    the person (UCOM-13).

    With `only_permitted` the portal has no routes but those that some role may use: what is not offered is unknown
    there, not forbidden (USEN-83). `mails` are the names of the mails that it sends; None: all of the core's.
    """

    company: str
    portal_name: str
    customer_number_label: str
    top_label: str
    logout_label: str
    contact: ContactBlock | None = None
    text_sizes: TextSizes | None = None
    honorific: str = "様"
    logo_text: str = ""
    page_top: str = ""
    contract_label: str = ""
    only_permitted: bool = False
    mails: frozenset[str] | None = None
    logout_first: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """A menu entry: its label, the name of a route, an icon of the core's set, and what one gets there in a few words.

    It is shown to those who hold the route's permission, or the one that is named here. `params` fill the route's
    path; `anchor` is a place on its page. With `url` and no route it leads out, to a page with a login of its own.
    """

    label: str
    route: str = ""
    icon: str = "doc"
    text: str = ""
    params: Mapping[str, str] = field(default_factory=dict)
    permission: str = ""
    url: str = ""
    anchor: str = ""


@dataclass(frozen=True, slots=True)
class SubMenu:
    """Entries below a heading of their own, which is no link; it is gone when none of them is shown (OCN-34)."""

    label: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class MenuSection:
    """Entries under an optional heading; some may stand below a heading of their own."""

    entries: tuple[Entry | SubMenu, ...]
    heading: str = ""

    @property
    def links(self) -> tuple[Entry, ...]:
        """All entries in order, those of sub-menus among them."""
        found: list[Entry] = []
        for each in self.entries:
            found.extend(each.entries if isinstance(each, SubMenu) else (each,))
        return tuple(found)


@dataclass(frozen=True, slots=True)
class Paragraphs:
    """Text of a public page under an optional heading; `bullets` follow the paragraphs."""

    paragraphs: tuple[str, ...]
    heading: str = ""
    bullets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """A question with its answer, shown as something that opens."""

    question: str
    answer: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicPage:
    """A page that everybody may read. With `url` the navigation links there instead; `slug` "" is the portal's top.

    One `at_foot` is linked from the foot of the pages, not from the navigation; with `new_tab` its `url` opens beside
    the portal.
    """

    slug: str
    title: str
    lead: str = ""
    blocks: tuple[Paragraphs | Question, ...] = ()
    url: str = ""
    at_foot: bool = False
    new_tab: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Guidance:
    """A page after login that says how something is done which cannot be done here: by telephone, on paper, elsewhere.

    `why` is the reason, `phone` with `hours` and `documents` (label and https:// address) are the ways. `leads_to`
    (label and https:// address) is a page with a login of its own: nothing of the session goes there, and `note` says
    what is needed. Menu entries name the route "guidance" with the slug, and are shown to who holds its `permission`.
    """

    slug: str
    title: str
    permission: str = GUIDANCE
    lead: str = ""
    why: str = ""
    blocks: tuple[Paragraphs | Question, ...] = ()
    phone: str = ""
    hours: str = ""
    documents: tuple[tuple[str, str], ...] = ()
    leads_to: tuple[str, str] | None = None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Landing:
    """Where a login leads: the first whose role (any when empty) and condition fit. None fits: the home page."""

    route: str
    roles: frozenset[str] = frozenset()
    condition: Literal["", "no-sub-accounts"] = ""


class TenantSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the deployment says per tenant in `tenants.toml`. An operator may add fields by a subclass.

    `registration_number` is the issuer's 適格請求書発行事業者 number: T and 13 digits.
    """

    mail_from: str
    mail_domain: str
    issuer_name: str
    registration_number: str
    issuer_address: str = ""
    issuer_phone: str = ""
    tax_mode: str = "down"


class PortalSpec:
    """Hooks about the portal as a whole."""

    @hookspec(firstresult=True)
    def portal_policy(self) -> Portal:
        """Names and words of every page; an operator must answer."""

    @hookspec
    def menu_items(self) -> list[MenuSection]:
        """The functions after login, in order."""

    @hookspec
    def public_page_items(self) -> list[PublicPage]:
        """Pages in the navigation before and after login, in order."""

    @hookspec
    def guidance_items(self) -> list[Guidance]:
        """Pages after login about what cannot be done online."""

    @hookspec
    def landing_items(self) -> list[Landing]:
        """Where logins lead; the first that fits."""

    @hookspec(firstresult=True)
    def permission_policy(self) -> PermissionMatrix:
        """Which role of an account holds which permission. By default the role `holder` holds them all."""

    @hookspec(firstresult=True)
    def settings_policy(self) -> type[TenantSettings]:
        """The type that a tenant's settings are checked against."""
