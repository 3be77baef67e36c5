"""A portal of few pages: what a first login confirms, one page of what was applied for and is used, and whom to ask."""

from __future__ import annotations

from dataclasses import dataclass

from mypage.hooks.markers import hookspec


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstLoginVariant:
    """What holders of a contract of one of `plans` see at their first login; without `plans`, those of all others.

    `name` is what the operator calls such a contract. `secrets` are labels of secrets of its line (`line_secret` of the
    feed) that are shown there, under `title`, and on no other page; `lead` stands at the top then, `note` below them.
    """

    name: str
    plans: frozenset[str] = frozenset()
    title: str = ""
    secrets: tuple[str, ...] = ()
    lead: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstLogin:
    """What is confirmed once before the portal opens: one block per contract, then the login itself.

    A gate of condition "unconfirmed" leads here; what is confirmed is never shown again. `login_label` names the login
    ID, `number_note` stands at the customer number, `submit` is the button. `missing` is said in place of a secret that
    the feed has not brought yet.
    """

    title: str
    submit: str
    variants: tuple[FirstLoginVariant, ...]
    login_title: str
    login_label: str
    missing: str
    lead: str = ""
    over: str = ""
    number_note: str = ""


@dataclass(frozen=True, slots=True)
class ApplicationStep:
    """A step of an application; `code` is what feeds call it."""

    code: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """What comes with contracts of some plans and is named beside their service, price and all."""

    plans: frozenset[str]
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CardLine:
    """A row of the summary: how one pays, with the card in use, and the button to the payment company's page."""

    label: str
    value: str
    button: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkLine:
    """A row of the summary that leads out, in a new tab: nothing of the session goes along.

    `guide` (label and https:// address) is about how the other page is used.
    """

    label: str
    value: str
    link: str
    url: str
    note: str = ""
    guide: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """The one page of a small portal: who, the services, and rows that lead elsewhere.

    Until its own start date a service shows how far the application is (`steps`, in order; feeds say which are done),
    under the badge `before`; from that day on what is known of it, under `after`. Labels that are empty leave their
    facts out. `links` (label and https:// address) are buttons at the end.
    """

    title: str
    over: str
    number_note: str
    services_title: str
    none: str
    before: str
    after: str
    progress_label: str
    no_progress: str
    steps: tuple[ApplicationStep, ...]
    started_label: str = ""
    place_label: str = ""
    number_label: str = ""
    bundles: tuple[Bundle, ...] = ()
    bundle_label: str = ""
    rows_title: str = ""
    rows: tuple[CardLine | LinkLine, ...] = ()
    links: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactTopic:
    """What one may ask about, and where: by telephone, on a page elsewhere (`link` is its label), or both."""

    label: str
    phone: str = ""
    url: str = ""
    link: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactPoints:
    """Whom to ask about what: a page of its own, and a dialog over the page that one reads.

    `number_note` names the customer number, which may stand in it as ``%(number)s``.
    """

    title: str
    topics: tuple[ContactTopic, ...]
    lead: str = ""
    number_note: str = ""
    back: str = ""


class SummarySpec:
    """Hooks about portals of few pages."""

    @hookspec
    def first_login_items(self) -> list[FirstLogin]:
        """What a first login confirms; at most one. A gate of condition "unconfirmed" makes it obligatory."""

    @hookspec
    def summary_items(self) -> list[Summary]:
        """The one page of a small portal; at most one. A landing on route "summary" makes it the home page."""

    @hookspec
    def contact_items(self) -> list[ContactPoints]:
        """Whom to ask about what; at most one."""
