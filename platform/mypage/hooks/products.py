"""What can be bought and ended online, as data: products, the pages they stand on, and quotas that they raise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from mypage.hooks.markers import hookspec
from mypage.hooks.portal import Paragraphs
from mypage.hooks.prices import Price

Holder = Literal["contract", "account"]
Need = Literal["mail-address", "payment"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """How many of something a customer may have: some free of charge, by the contract's plan, and what purchases add.

    `counts`: sub-accounts, or the resources of a kind ("mail" counts addresses of the operator's own domain only).
    """

    name: str
    label: str
    counts: Literal["sub-accounts", "mail", "web"]
    base: int = 0
    base_by_plan: Mapping[str, int] = field(default_factory=dict)

    def base_of(self, plan: str) -> int:
        """The free pieces of a contract with this plan."""
        return self.base_by_plan.get(plan, self.base)


@dataclass(frozen=True, slots=True)
class AutoEnd:
    """A product that ends by itself when the count of every one of its quotas falls to the base or below it.

    Only a fall does that, never the state alone (UCOM-152, UCOM-154).
    """

    quotas: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Licence:
    """A product with a PIN, which the provisioning adapter gives out; kept sealed and shown on demand.

    `activation` is what the page says where `activation_label` leads: how the product is activated with the PIN.
    """

    pin_label: str = "PIN"
    download_label: str = ""
    download_url: str = ""
    activation_label: str = ""
    activation: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of a completion page. What stands in braces is a link to `route`; ``%(address)s`` is a mail address.

    A sentence with a `permission` is left out for those who do not hold it. `params` fill the route's path.
    """

    text: str
    route: str = ""
    params: Mapping[str, str] = field(default_factory=dict)
    permission: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """Something that is bought for a contract or for one account, and what holds for it.

    `permission`: who may buy and end it; with `:all` for every account. `plans`: the contracts that are offered it, by
    plan; all when empty. `needs`: what must be there first. `consent`: the words beside the tick, which is demanded
    when they are there. What is consented to is the description and the `terms`; it is kept with each order, under
    `terms_version`. `adds`: pieces by name of quota. `online_end`: whether the customer may end it here; when not,
    `no_end` says why and how it ends. `while_held`: shown only while it is held. `end_notes`: before ending. `sold`:
    whether it is offered at all; a basic fee is a product that comes with the contract. `mailed`: a mail to the
    account's address confirms purchase and end. `once_label` and `again_label`: the rows of such fees.
    """

    code: str
    name: str
    holder: Holder
    price: Price
    permission: str
    description: Paragraphs | None = None
    plans: frozenset[str] = frozenset()
    needs: frozenset[Need] = frozenset()
    consent: str = ""
    terms: tuple[str, ...] = ()
    terms_version: str = ""
    adds: Mapping[str, int] = field(default_factory=dict)
    auto_end: AutoEnd | None = None
    online_end: bool = True
    no_end: str = ""
    licence: Licence | None = None
    while_held: Paragraphs | None = None
    end_notes: tuple[str, ...] = ()
    sold: bool = True
    mailed: bool = False
    once_label: str = ""
    again_label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductPage:
    """One page where products are bought and ended, and the words of its steps.

    Titles are (choose, confirm, complete) for buying and for ending; the choose page has the one for buying. `bought`
    and `ended` are the sentences of the completion pages. `irrevocable` stands before the last button. `both_buttons`:
    the button that does not apply stands there too, without effect. With `holdings_title` there is a page with PINs
    and downloads, to which `holdings_link` leads.
    """

    slug: str
    title: str
    products: tuple[str, ...]
    permission: str
    buy_titles: tuple[str, str, str]
    end_titles: tuple[str, str, str]
    lead: str = ""
    confirm_lead: str = ""
    buy: str = "Buy"
    end: str = "End"
    both_buttons: bool = False
    commit: str = "Confirm"
    back: str = "Back"
    irrevocable: str = ""
    bought: tuple[Sentence, ...] = ()
    ended: tuple[Sentence, ...] = ()
    done_heading: str = "What you have ordered"
    account_label: str = ""
    product_label: str = "Product"
    action_label: str = "Order"
    price_label: str = "Monthly fee"
    date_label: str = "Date of order"
    description_label: str = "About the service"
    consent_label: str = ""
    state_label: str = "Status"
    held: str = "Bought"
    not_held: str = "Not bought"
    holdings_title: str = ""
    holdings_lead: str = ""
    holdings_link: str = ""


class ProductsSpec:
    """Hooks about what is sold."""

    @hookspec
    def product_items(self) -> list[Product]:
        """What can be held, in the order of bills and lists. Codes are unique and never change."""

    @hookspec
    def product_page_items(self) -> list[ProductPage]:
        """The pages on which products are bought and ended."""

    @hookspec
    def quota_items(self) -> list[Quota]:
        """How many accounts, addresses and so on a customer may have."""
