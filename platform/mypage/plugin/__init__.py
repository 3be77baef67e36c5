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
from mypage.hooks.billing import BillingView, CardChange, CardRows
from mypage.hooks.context import HookContext, Principal
from mypage.hooks.desk import NEW_YEAR, DeskPolicy, WorkQuestion, WorkReason, WorkRule
from mypage.hooks.mailboxes import LocalPart, Mailboxes
from mypage.hooks.markers import hookimpl
from mypage.hooks.overview import Overview, OverviewBlock, OverviewOption
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
    ACCOUNT_CHANGE,
    ACCOUNT_MANAGE,
    ACCOUNT_READ,
    BILL_READ,
    CARD_CHANGE,
    CONTRACT_READ,
    CREDENTIAL_CHANGE,
    FOR_ALL,
    GUIDANCE,
    HOME,
    INVOICE_READ,
    MAILBOX_CHANGE,
    NOTICE_READ,
    OPTION_READ,
    PROFILE_CHANGE,
    FunctionRow,
    PermissionMatrix,
    PermissionTable,
)
from mypage.hooks.portal import (
    ContactBlock,
    Entry,
    Guidance,
    Landing,
    MenuSection,
    Paragraphs,
    Portal,
    PublicPage,
    Question,
    TenantSettings,
    TextSizes,
)
from mypage.hooks.prices import ChargedMonths, TierPrice, UnitPrice
from mypage.hooks.products import AutoEnd, Licence, Product, ProductPage, Quota, Sentence
from mypage.hooks.profile import ProfileField, ProfileForm
from mypage.hooks.provisioning import (
    ProvisioningAdapter,
    ProvisioningDone,
    ProvisioningFailed,
    ProvisioningReport,
    ProvisioningTask,
    ProvisioningUnavailable,
    ReportRefused,
)
from mypage.hooks.subaccounts import AccountDeletion, AccountField, AccountSteps, SubAccounts


def hours(count: float) -> timedelta:
    """A span of hours."""
    return timedelta(hours=count)


def minutes(count: float) -> timedelta:
    """A span of minutes."""
    return timedelta(minutes=count)


__all__ = [
    "ACCOUNT_CHANGE",
    "ACCOUNT_MANAGE",
    "ACCOUNT_READ",
    "ASCII_LETTERS",
    "ASCII_LOWER",
    "ASCII_UPPER",
    "BILL_READ",
    "CARD_CHANGE",
    "CONTRACT_READ",
    "CREDENTIAL_CHANGE",
    "DIGITS",
    "FOR_ALL",
    "GUIDANCE",
    "HOME",
    "INVOICE_READ",
    "MAILBOX_CHANGE",
    "NEW_YEAR",
    "NOTICE_READ",
    "OPTION_READ",
    "PROFILE_CHANGE",
    "AccountDeletion",
    "AccountField",
    "AccountSteps",
    "AutoEnd",
    "BillingView",
    "CardBrandChoice",
    "CardChange",
    "CardLabels",
    "CardRows",
    "CardSetupRequest",
    "CardSetupResult",
    "CardSetupStarted",
    "CharSet",
    "ChargedMonths",
    "ChoicePart",
    "ContactBlock",
    "ContractView",
    "CredentialChange",
    "DeskPolicy",
    "Entry",
    "FieldGroup",
    "FunctionRow",
    "Gate",
    "GatewayRefused",
    "GatewayUnavailable",
    "GatewayUnknown",
    "Guidance",
    "HookContext",
    "IdentifierPolicy",
    "Landing",
    "Licence",
    "LocalPart",
    "LoginPageText",
    "LoginScheme",
    "MailText",
    "Mailboxes",
    "MenuSection",
    "NoticeView",
    "Overview",
    "OverviewBlock",
    "OverviewOption",
    "Paragraphs",
    "PasswordPolicy",
    "PaymentGateway",
    "PermissionMatrix",
    "PermissionTable",
    "Portal",
    "Principal",
    "Product",
    "ProductPage",
    "ProfileField",
    "ProfileForm",
    "ProvisioningAdapter",
    "ProvisioningDone",
    "ProvisioningFailed",
    "ProvisioningReport",
    "ProvisioningTask",
    "ProvisioningUnavailable",
    "PublicPage",
    "Question",
    "Quota",
    "Recovery",
    "Registration",
    "RegistrationField",
    "ReportRefused",
    "Sentence",
    "SessionPolicy",
    "StoredCard",
    "SubAccounts",
    "TenantSettings",
    "TextPart",
    "TextSizes",
    "ThrottlePolicy",
    "TierPrice",
    "UnitPrice",
    "WorkQuestion",
    "WorkReason",
    "WorkRule",
    "hookimpl",
    "hours",
    "minutes",
    "symbols",
]
