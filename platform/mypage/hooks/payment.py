"""The port to a payment company: registering a card on the company's own page.

Billing is the only caller. It writes the intent with its idempotency key and commits, calls one method outside any
database transaction, and writes down what came back. Nothing here can hold a card number or a security code: the
customer types both on the company's page, and the portal gets a token, the brand, the last four digits, the expiry
and the name on the card (which some operators compare with the contract).

The way of a card::

    start_card_setup()  ->  customer is sent to CardSetupStarted.url
    customer returns to return_url?ref=<reference>, from any site and perhaps without a session
    card_setup()        ->  "entered": show the masked card and ask for confirmation
    register()          ->  "registered": store StoredCard       (or discard() when the customer goes back)

What the page reports through the browser is never believed; only ``card_setup`` and ``register`` tell the state.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

CardBrand = Literal["visa", "mastercard", "amex", "diners", "jcb"]

CardField = Literal["brand", "number", "expiry", "security_code", "holder"]

CardSetupState = Literal["open", "entered", "registered", "refused", "cancelled", "expired"]
"""``open``: the customer has not finished the page. ``entered``: the card was checked and waits for ``register``.
``registered``: the token may be charged. ``refused``: see the reason; nothing was stored. ``cancelled``: the customer
left by the cancel button, or ``discard`` was called. ``expired``: nobody finished in time. ``registered`` ends only by
``discard``; the last three are final."""

RefusalReason = Literal["issuer", "insufficient_funds", "authentication"]
"""Why a card was refused: by its issuer, for want of funds or limit, or because 3-D Secure failed."""

RequestProblem = Literal["unauthorized", "bad_request", "return_url", "key_conflict", "not_found"]
"""Why a call was refused. ``key_conflict``: the key was used before with another body. ``not_found``: the gateway has
never seen this reference or key, so nothing has happened under it."""


class GatewayError(Exception):
    """The call did not bring an answer that can be used; the three kinds below say what that means."""


class GatewayRefused(GatewayError):
    """The gateway understood the call and declined it; nothing has happened and repeating will not help."""

    def __init__(self, reason: RequestProblem) -> None:
        super().__init__(reason)
        self.reason: RequestProblem = reason


class GatewayUnavailable(GatewayError):
    """The call is known not to have reached the gateway. It may be made again with the same key."""


class GatewayUnknown(GatewayError):
    """The call may or may not have been carried out: a time-out or an answer that cannot be read.

    Ask with ``card_setup`` and the same idempotency key until there is an answer. Never send the same intent again
    with a new key: that is how a customer gets two cards or pays twice.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class CardBrandChoice:
    """A brand the operator accepts, under the operator's own label, e.g. ``visa`` and 「ビザカード（VISA）」."""

    brand: CardBrand
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CardLabels:
    """What the page says, in the operator's words and already in the customer's language.

    ``brand`` None: the brand is found from the number and not asked. ``security_code`` None: the page does not ask for
    it. ``holder_given`` and ``holder_family``: both given makes two inputs under the label ``holder``, in this order.
    ``order`` names all five fields; one that is not asked is skipped. Help texts stand between label and input; an
    empty one is left out.
    """

    title: str
    number: str
    expiry: str
    holder: str
    submit: str
    cancel: str
    brand: str | None = None
    security_code: str | None = None
    holder_given: str | None = None
    holder_family: str | None = None
    order: tuple[CardField, ...] = ("brand", "number", "expiry", "security_code", "holder")
    brand_empty: str = ""
    intro: str = ""
    number_help: str = ""
    expiry_help: str = ""
    security_code_help: str = ""
    holder_help: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CardPageTheme:
    """How the page may look: the portal's name and colours as ``#rrggbb``. Anything else is refused by the gateway."""

    name: str
    brand: str = "#0017c1"
    brand_ink: str = "#ffffff"
    action: str = "#0017c1"
    action_hover: str = "#00118f"
    action_ink: str = "#ffffff"
    link: str = "#0017c1"
    background: str = "#f6f7f9"


@dataclass(frozen=True, slots=True, kw_only=True)
class CardSetupRequest:
    """One wish of one customer to register a card.

    ``idempotency_key``: of the committed intent, the same on every attempt. ``customer_reference``: opaque to the
    gateway, never a name or customer number. ``return_url``: absolute http(s) URL of the portal's return page; the
    gateway adds ``ref``. ``brands``: those accepted, in the order shown. ``current_brand``, ``current_last4``: the
    card that stays in force until this one is registered, for the customer to see.
    """

    idempotency_key: str
    tenant: str
    customer_reference: str
    return_url: str
    labels: CardLabels
    locale: str
    theme: CardPageTheme
    brands: tuple[CardBrandChoice, ...]
    current_brand: CardBrand | None = None
    current_last4: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CardSetupStarted:
    """``reference`` finds the setup again; ``url`` is where the customer's browser goes next (303)."""

    reference: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCard:
    """All the portal ever knows of a card. ``exp_month`` 1 to 12, ``exp_year`` with four digits, the month included.

    ``token`` may be charged only once the state is ``registered``. ``holder`` is the name as typed, in capitals;
    ``given`` and ``family`` are its two parts, where the page asked for them apart. ``three_d_secure``: the issuer
    asked the customer and the answer was right.
    """

    token: str
    brand: CardBrand
    last4: str
    exp_month: int
    exp_year: int
    holder: str
    three_d_secure: bool
    given: str = ""
    family: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CardSetupResult:
    """What the gateway knows now. ``card`` is there when ``entered`` or ``registered``, ``reason`` when ``refused``."""

    reference: str
    state: CardSetupState
    card: StoredCard | None = None
    reason: RefusalReason | None = None


class PaymentGateway(Protocol):
    """A payment company. Every method may raise GatewayRefused, GatewayUnavailable or GatewayUnknown, nothing else."""

    async def start_card_setup(self, request: CardSetupRequest) -> CardSetupStarted:
        """Open a setup. The same key with the same request gives the same setup; with another one, key_conflict."""
        ...

    async def card_setup(self, *, idempotency_key: str, reference: str | None) -> CardSetupResult:
        """Ask what has become of a setup, by reference, or by the key alone when no reference ever came back.

        Also the only way out of GatewayUnknown. GatewayRefused("not_found") then means: it never happened.
        """
        ...

    async def register(self, reference: str, idempotency_key: str) -> CardSetupResult:
        """Make an entered card chargeable, after the customer has confirmed its masked number.

        Look at the state of the answer: all but ``registered`` mean that nothing was registered. Calling again gives
        the same answer and registers nothing twice.
        """
        ...

    async def discard(self, reference: str) -> None:
        """Forget a card: entered but not confirmed, or registered and now replaced or rejected. May be repeated."""
        ...
