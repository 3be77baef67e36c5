"""Everything an operator's plugin may import. Nothing else of `mypage` is for plugins."""

from datetime import timedelta

from mypage.hooks.auth import (
    ChoicePart,
    CredentialChange,
    FieldGroup,
    Gate,
    LoginPageText,
    LoginScheme,
    Recovery,
    Registration,
    RegistrationField,
    SessionPolicy,
    TextPart,
    ThrottlePolicy,
)
from mypage.hooks.billing import BillingView, CardChange
from mypage.hooks.context import HookContext, Principal
from mypage.hooks.markers import hookimpl
from mypage.hooks.pages import ContractView, MailText, NoticeView
from mypage.hooks.passwords import (
    ASCII_LETTERS,
    ASCII_LOWER,
    ASCII_UPPER,
    DIGITS,
    CharSet,
    IdentifierPolicy,
    PasswordPolicy,
    symbols,
)
from mypage.hooks.payment import (
    CardBrandChoice,
    CardLabels,
    CardSetupRequest,
    CardSetupResult,
    CardSetupStarted,
    GatewayRefused,
    GatewayUnavailable,
    GatewayUnknown,
    PaymentGateway,
    StoredCard,
)
from mypage.hooks.permissions import (
    BILL_READ,
    CARD_CHANGE,
    CONTRACT_READ,
    CREDENTIAL_CHANGE,
    HOME,
    INVOICE_READ,
    NOTICE_READ,
    PermissionMatrix,
)
from mypage.hooks.portal import (
    ContactBlock,
    Entry,
    MenuSection,
    Paragraphs,
    Portal,
    PublicPage,
    Question,
    TenantSettings,
    TextSizes,
)


def hours(count: float) -> timedelta:
    """A span of hours."""
    return timedelta(hours=count)


def minutes(count: float) -> timedelta:
    """A span of minutes."""
    return timedelta(minutes=count)


__all__ = [
    "ASCII_LETTERS",
    "ASCII_LOWER",
    "ASCII_UPPER",
    "BILL_READ",
    "CARD_CHANGE",
    "CONTRACT_READ",
    "CREDENTIAL_CHANGE",
    "DIGITS",
    "HOME",
    "INVOICE_READ",
    "NOTICE_READ",
    "BillingView",
    "CardBrandChoice",
    "CardChange",
    "CardLabels",
    "CardSetupRequest",
    "CardSetupResult",
    "CardSetupStarted",
    "CharSet",
    "ChoicePart",
    "ContactBlock",
    "ContractView",
    "CredentialChange",
    "Entry",
    "FieldGroup",
    "Gate",
    "GatewayRefused",
    "GatewayUnavailable",
    "GatewayUnknown",
    "HookContext",
    "IdentifierPolicy",
    "LoginPageText",
    "LoginScheme",
    "MailText",
    "MenuSection",
    "NoticeView",
    "Paragraphs",
    "PasswordPolicy",
    "PaymentGateway",
    "PermissionMatrix",
    "Portal",
    "Principal",
    "PublicPage",
    "Question",
    "Recovery",
    "Registration",
    "RegistrationField",
    "SessionPolicy",
    "StoredCard",
    "TenantSettings",
    "TextPart",
    "TextSizes",
    "ThrottlePolicy",
    "hookimpl",
    "hours",
    "minutes",
    "symbols",
]
