"""What surrounds every page of a tenant: brand, menu, tools, contact. Templates see it as `frame`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal


@dataclass(frozen=True, slots=True)
class Choice:
    """One option of a switch such as the text size; `url` sets it and comes back."""

    label: str
    url: str
    current: bool


@dataclass(frozen=True, slots=True)
class NavItem:
    """A link of a menu. `text` says in a few words what one gets. Without `url` it is the heading of those `below` it.

    `leads_out`: to another site's page, or to the note that stands before it. `new_tab`: it opens beside the portal.
    """

    label: str
    url: str
    icon: str = ""
    current: bool = False
    text: str = ""
    leads_out: bool = False
    below: tuple[NavItem, ...] = ()
    new_tab: bool = False


@dataclass(frozen=True, slots=True)
class MenuGroup:
    """Menu entries under an optional heading."""

    heading: str | None
    items: tuple[NavItem, ...]

    @property
    def links(self) -> tuple[NavItem, ...]:
        """All links in order, without the headings between them."""
        return tuple(link for item in self.items for link in (item.below or (item,)))


@dataclass(frozen=True, slots=True)
class Contact:
    """The telephone block."""

    title: str
    phone: str
    tel_url: str
    hours: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AskTopic:
    """What one may ask about, and where: `phone` with its address, a page elsewhere with its label, or both."""

    label: str
    phone: str
    tel_url: str
    url: str
    link: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """Whom to ask about what: the page at `url`, and the dialog that shows the same. `number_note` is the person's."""

    title: str
    url: str
    lead: str
    number_note: str
    topics: tuple[AskTopic, ...]


@dataclass(frozen=True, slots=True)
class Who:
    """Who is signed in, as the header names them; `number_label` is the operator's word for the number.

    With `contract_label` it names their contract instead of them; `contract` may be empty then. In the staff console
    `place` is the portal that is worked for, and `place_url` leads to another one.
    """

    name: str
    number: str
    number_label: str = ""
    contract_label: str = ""
    contract: str = ""
    place: str = ""
    place_url: str = ""


@dataclass(frozen=True, slots=True)
class Viewing:
    """Said on every page while somebody of the staff sees what a customer sees."""

    customer: str
    staff: str
    until: datetime
    end_url: str


@dataclass(frozen=True, slots=True)
class Flash:
    """A message that is shown once, on the page after the one that caused it."""

    kind: Literal["ok", "warn", "danger"]
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """Everything around `main`."""

    lang: str
    text_size: Literal["standard", "large"]
    site_title: str
    company: str
    portal_name: str
    logo_url: str
    logo_alt: str
    logo_width: int
    logo_height: int
    favicon_url: str
    home_url: str
    signed_in: bool
    who: Who | None
    text_size_label: str
    text_sizes: tuple[Choice, ...]
    languages: tuple[Choice, ...]
    public_nav: tuple[NavItem, ...]
    menu: tuple[MenuGroup, ...]
    contact: Contact | None
    csrf_token: str
    logout_url: str
    top_label: str
    logout_label: str
    styles: tuple[str, ...]
    scripts: tuple[str, ...]
    nonce: str
    flashes: tuple[Flash, ...]
    foot_nav: tuple[NavItem, ...] = ()
    page_top: str = ""
    logout_first: bool = False
    viewing: Viewing | None = None
    ask: Ask | None = None
    shape: object = None
    """What decides all of the frame but `who`, `viewing`, `csrf_token`, `flashes` and the number in `ask`; None: not
    worth remembering."""
