"""The public feed format: one JSON object per line, its kind in `"type"`, unknown fields refused.

All texts are UTF-8 and are stored as written, apart from blanks at both ends. Days are `2026-11-27` in Japan, months
`2026-11`, instants RFC 3339 with an offset (`2026-11-21T09:00:00+09:00`). Money is whole yen without decimals; a
negative amount is a credit. A field that may be left out has a default.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal, TypeAlias

from msgspec import Meta, Struct

MOST_YEN = 10**12

Number = Annotated[str, Meta(min_length=1, max_length=64)]
Name = Annotated[str, Meta(min_length=1, max_length=200)]
Label = Annotated[str, Meta(max_length=200)]
Text = Annotated[str, Meta(max_length=1_000)]
LongText = Annotated[str, Meta(max_length=20_000)]
Email = Annotated[str, Meta(max_length=254)]
Yen = Annotated[int, Meta(ge=-MOST_YEN, le=MOST_YEN)]
Instant = Annotated[datetime, Meta(tz=True)]
CodePart = Annotated[str, Meta(min_length=1, max_length=32)]
Language = Literal["ja", "en"]
ContractState = Literal["preparing", "active", "suspended", "terminated"]
AccountName = Annotated[str, Meta(max_length=100)]
CustomerNumber = Annotated[
    str, Meta(min_length=1, max_length=64, description="Number of a customer that was loaded before.")
]
ContractNumber = Annotated[
    str, Meta(min_length=1, max_length=64, description="Number of a contract that was loaded before.")
]
LoginScheme = Annotated[str, Meta(min_length=1, max_length=64, description="Login scheme of the account.")]
LoginId = Annotated[str, Meta(min_length=1, max_length=200, description="Login ID of an account loaded before.")]
Feature = Annotated[str, Meta(pattern=r"^[a-z0-9-]{1,40}$")]
Month = Annotated[str, Meta(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$", description='The month billed: "2026-11".')]
_INITIAL = "The first password in plain text. An account that exists keeps the password it has."


class _Part(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of nested objects."""


class _Line(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="type"):
    """Base of everything that is a line of a feed."""


class Customer(_Line, frozen=True, kw_only=True, tag="customer"):
    """A customer, found again by `number` (width, case, blanks and kinds of hyphen make no difference).

    A line states the whole customer: what it leaves out becomes empty. Only `proof_code` and `profile` are
    kept when left out.
    """

    number: Annotated[str, Meta(min_length=1, max_length=64, description="Customer number, as printed.")]
    name: Name
    kana: Annotated[str, Meta(max_length=200, description="Reading of the name in kana; lists are sorted by it.")] = ""
    kind: Literal["person", "company"] = "person"
    email: Email = ""
    phone: Annotated[str, Meta(max_length=40)] = ""
    postal_code: Annotated[str, Meta(max_length=16)] = ""
    address: Text = ""
    language: Annotated[Language, Meta(description="Language of letters and mails.")] = "ja"
    proof_code: (
        Annotated[
            list[CodePart],
            Meta(
                min_length=1,
                max_length=8,
                description="The code on paper that proves who registers, part by part, case kept. Stored as a hash.",
            ),
        ]
        | None
    ) = None
    profile: (
        Annotated[
            dict[Name, Text],
            Meta(max_length=50, description="Answers of the operator's profile form, by the names of its fields."),
        ]
        | None
    ) = None


class PasswordHash(_Part, frozen=True, kw_only=True):
    """A password hash of an older system; it is wrapped by argon2id at once and replaced at the first login.

    Digests are hexadecimal, over UTF-8, of one round. `mypage` takes a hash that this installation made itself.
    """

    kind: Literal["md5", "sha256", "sha256-salt-first", "sha256-salt-last", "mypage"]
    value: Annotated[str, Meta(min_length=1, max_length=400)]
    salt: Annotated[str, Meta(max_length=200, description="The salt as text, for the kinds that have one.")] = ""


class Account(_Line, frozen=True, kw_only=True, tag="account"):
    """Who signs in for a customer, found again by `scheme` and `login_id`.

    The first load creates the account. Later ones update what they state of role, status, e-mail, language and names;
    what they leave out stays. The password, `must_change` and the customer never change by an import, and an account
    that was deleted online stays closed.
    """

    customer: CustomerNumber
    scheme: Annotated[str, Meta(min_length=1, max_length=64, description="Name of the operator's login scheme.")]
    login_id: Annotated[str, Meta(min_length=1, max_length=200)]
    password: Annotated[str, Meta(min_length=1, max_length=200, description=_INITIAL)] | None = None
    password_hash: PasswordHash | None = None
    email: (
        Annotated[str, Meta(max_length=254, description="Address for links and notices; counts as verified.")] | None
    ) = None
    role: (
        Annotated[
            str, Meta(min_length=1, max_length=64, description="Role; a new account has that of its login scheme.")
        ]
        | None
    ) = None
    status: Literal["active", "suspended", "closed"] | None = None
    language: Literal["", "ja", "en"] | None = None
    must_change: Annotated[bool, Meta(description="The first password has to be changed at the first login.")] = False
    confirmed_at: (
        Annotated[
            datetime,
            Meta(tz=True, description="When an older system had its first login confirmed; for new accounts only."),
        ]
        | None
    ) = None
    family_name: AccountName | None = None
    given_name: AccountName | None = None
    family_kana: AccountName | None = None
    given_kana: AccountName | None = None
    user_name: AccountName | None = None


class ApplicationStep(_Part, frozen=True, kw_only=True):
    """A step of the application for a service: done on a day, or planned for one."""

    step: Annotated[str, Meta(min_length=1, max_length=64, description="The operator's code of the step.")]
    done_on: date | None = None
    planned_on: date | None = None
    note: Annotated[str, Meta(max_length=100, description="To what is planned, such as 午前.")] = ""


class Service(_Part, frozen=True, kw_only=True):
    """A service or option within a contract, in the order shown."""

    category: Annotated[str, Meta(min_length=1, max_length=200, description="Heading, such as インターネット.")]
    name: Name
    status: ContractState = "active"
    started_on: date | None = None
    ended_on: date | None = None
    progress: Annotated[
        list[ApplicationStep],
        Meta(max_length=20, description="How far the application for it is, shown until it starts."),
    ] = []


class Contract(_Line, frozen=True, kw_only=True, tag="contract"):
    """A contract of a customer, found again by `number` as a customer is. A line states it with all its services."""

    customer: CustomerNumber
    number: Number
    name: Name
    status: ContractState = "active"
    plan: Annotated[str, Meta(max_length=64, description="The operator's code of the kind of contract.")] = ""
    features: Annotated[
        list[Feature],
        Meta(max_length=50, description="The operator's words for what the line has, on which functions depend."),
    ] = []
    place: Annotated[str, Meta(max_length=1_000, description="Where the service is installed.")] = ""
    started_on: date | None = None
    ended_on: date | None = None
    details: Annotated[
        dict[Name, Text], Meta(max_length=50, description="Further labels and values, shown as they are.")
    ] = {}
    services: Annotated[list[Service], Meta(max_length=200)] = []


class InvoiceLine(_Part, frozen=True, kw_only=True):
    """A line of a bill."""

    description: Annotated[str, Meta(min_length=1, max_length=400)]
    amount: Annotated[int, Meta(ge=-MOST_YEN, le=MOST_YEN, description="Whole yen without tax; negative is a credit.")]
    rate_percent: Annotated[int, Meta(ge=0, le=100, description="Tax rate in percent: 10 or 8.")] = 10
    reduced: Annotated[bool, Meta(description="Whether the rate is the reduced one (軽減税率).")] = False
    period_from: date | None = None
    period_to: date | None = None
    period_text: Annotated[str, Meta(max_length=200, description="The period in words, in place of two days.")] = ""


class DeclaredTotals(_Part, frozen=True, kw_only=True):
    """What the sender's own arithmetic gave, in yen; the line is refused when ours gives something else."""

    net: Yen
    tax: Yen
    total: Yen


class Invoice(_Line, frozen=True, kw_only=True, tag="invoice"):
    """An issued bill, found again by `number`. Tax is reckoned once per rate from the sum of its lines.

    Once loaded it is issued: lines, amounts, month, customer and texts never change. A later line may change `status`,
    `due_on` and `payment_method`; one that differs in anything else is refused. Issuer and registration number are
    those of the tenant's settings at the first load.
    """

    customer: CustomerNumber
    number: Number
    month: Month
    issued_on: date
    due_on: Annotated[date | None, Meta(description="Day of payment, such as that of the direct debit.")] = None
    status: Annotated[
        Literal["scheduled", "paid", "unpaid", "failed"],
        Meta(description="scheduled: will be collected on due_on. failed: the collection failed."),
    ]
    payment_method: Annotated[str, Meta(max_length=200, description="In words: クレジットカード（VISA）.")] = ""
    addressee: Annotated[str, Meta(min_length=1, max_length=200)] | None = None
    tax_mode: (
        Annotated[
            Literal["down", "up", "half"],
            Meta(description="What becomes of a fraction of a yen; by default the tenant's setting."),
        ]
        | None
    ) = None
    note: Text = ""
    lines: Annotated[list[InvoiceLine], Meta(min_length=1, max_length=2_000)]
    totals: DeclaredTotals | None = None


class Card(_Line, frozen=True, kw_only=True, tag="card"):
    """The card that pays for a customer, or with `review` the one that waits for staff, as the payment company's token.

    Never a card number. A card that pays is loaded for a customer without one. For the same token the line updates
    expiry and brand; a customer who has registered another card since keeps that one, and the line is refused. One card
    of a customer waits at a time; what staff have decided stays.
    """

    customer: CustomerNumber
    gateway: Annotated[str, Meta(min_length=1, max_length=64, description="Adapter that knows the token.")]
    token: Annotated[str, Meta(min_length=1, max_length=1_000, description="Stored encrypted.")]
    brand: Literal["visa", "mastercard", "amex", "diners", "jcb"]
    last4: Annotated[str, Meta(pattern=r"^[0-9]{4}$")]
    exp_month: Annotated[int, Meta(ge=1, le=12)]
    exp_year: Annotated[int, Meta(ge=2000, le=2100)]
    holder: Annotated[str, Meta(max_length=200, description="The name on the card; kept only for a review.")] = ""
    review: Annotated[bool, Meta(description="Staff compare the name first; the card does not pay until then.")] = False
    fixed: (
        Annotated[
            bool,
            Meta(description="False: it cannot pay after a bad authorisation. Left out, what was said before stays."),
        ]
        | None
    ) = None


class Notice(_Line, frozen=True, kw_only=True, tag="notice"):
    """A notice to all customers or to one, found again by `key`. Plain text; a line states the whole notice."""

    key: Annotated[str, Meta(min_length=1, max_length=64, description="The sender's own name of the notice.")]
    title: Name
    body: Annotated[str, Meta(min_length=1, max_length=20_000)]
    title_en: Label = ""
    body_en: LongText = ""
    importance: Literal["normal", "important", "urgent"] = "normal"
    starts_at: Instant
    ends_at: Instant | None = None
    customer: Annotated[str, Meta(min_length=1, max_length=64, description="Only for this customer.")] | None = None


class Subscription(_Line, frozen=True, kw_only=True, tag="subscription"):
    """One purchase of a product, found again by contract, account, `product`, `bought_at` and `piece`.

    A product that accounts hold names its account by `scheme` and `login_id`. A later line may state the end of one
    that has none; what was ended stays so.
    """

    contract: ContractNumber
    product: Annotated[str, Meta(min_length=1, max_length=64, description="Code of one of the operator's products.")]
    scheme: LoginScheme | None = None
    login_id: LoginId | None = None
    piece: Annotated[int, Meta(ge=1, le=1_000, description="Tells several of one product apart.")] = 1
    bought_at: Instant
    ended_at: Instant | None = None


class Resource(_Line, frozen=True, kw_only=True, tag="resource"):
    """A mail address or web space of an account, found again by account, `kind`, `value` and `started_at`.

    `own`: of the operator's own domain. A later line may state the end of one that has none.
    """

    contract: ContractNumber
    scheme: LoginScheme
    login_id: LoginId
    kind: Literal["mail", "web"]
    value: Annotated[str, Meta(min_length=1, max_length=254, description="The whole address.")]
    own: bool = False
    started_at: Instant
    ended_at: Instant | None = None


class Slot(_Line, frozen=True, kw_only=True, tag="slot"):
    """What is in a numbered place of a contract, found again by contract, `kind`, `number`, `address`, `started_at`.

    A mail account, say. A later line may state the end of one that has none, and whether it is `blocked`; options
    that were changed online stay. What is charged for a place are lines of `subscription` whose `piece` is the
    place's number.
    """

    contract: ContractNumber
    kind: Annotated[
        str, Meta(min_length=1, max_length=40, description="Code of one of the operator's kinds of places.")
    ]
    number: Annotated[int, Meta(ge=1, le=99, description="Number of the place.")]
    address: Annotated[str, Meta(min_length=1, max_length=254, description="The whole address.")]
    options: Annotated[list[Feature], Meta(max_length=20, description="Codes of the options that the place has.")] = []
    blocked: Annotated[bool, Meta(description="Nothing about it can be applied for online.")] = False
    started_at: Instant
    ended_at: Instant | None = None


class LineSecret(_Line, frozen=True, kw_only=True, tag="line_secret"):
    """A secret of a line that staff tell its customer, found again by contract and `label`. Stored sealed."""

    contract: ContractNumber
    label: Annotated[str, Meta(min_length=1, max_length=100, description="What it is, such as 認証パスワード.")]
    value: Annotated[str, Meta(min_length=1, max_length=400, description="The secret; it is in no report and no log.")]


class Posting(_Line, frozen=True, kw_only=True, tag="posting"):
    """An amount that the billing run puts on the bill of one month besides what products cost, found again by `key`.

    Once loaded it never changes; correct it by another one. A month whose run has begun takes none.
    """

    contract: ContractNumber
    month: Month
    key: Annotated[str, Meta(min_length=1, max_length=64, description="The sender's own name of the posting.")]
    description: Annotated[str, Meta(min_length=1, max_length=400)]
    amount: Annotated[int, Meta(ge=-MOST_YEN, le=MOST_YEN, description="Whole yen without tax; negative is a credit.")]
    rate_bp: Annotated[int, Meta(ge=0, le=10_000, description="Tax rate in basis points: 1000 is 10 %.")] = 1_000
    reduced: Annotated[bool, Meta(description="Whether the rate is the reduced one (軽減税率).")] = False


Record: TypeAlias = (
    Customer | Account | Contract | Subscription | Resource | Slot | LineSecret | Posting | Invoice | Card | Notice
)
KINDS: tuple[type[Record], ...] = (
    Customer, Account, Contract, Subscription, Resource, Slot, LineSecret, Posting, Invoice, Card, Notice
)  # fmt: skip
"""All kinds in the order in which they depend on each other."""
