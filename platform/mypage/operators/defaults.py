"""The core's own answers to the policy hooks. It registers first, so that an operator answers before it."""

from __future__ import annotations

from mypage.hooks.auth import Gate, LoginPageText, SessionPolicy, ThrottlePolicy
from mypage.hooks.billing import BillingView, CardChange
from mypage.hooks.contracts import ContractPolicy
from mypage.hooks.desk import USUAL, DeskPolicy
from mypage.hooks.markers import hookimpl
from mypage.hooks.overview import Overview
from mypage.hooks.pages import ContractView, NoticeView
from mypage.hooks.passwords import (
    ASCII_LETTERS,
    DEFAULT_PASSWORD_POLICY,
    DIGITS,
    IdentifierPolicy,
    PasswordPolicy,
    symbols,
)
from mypage.hooks.payment import CardLabels
from mypage.hooks.permissions import CORE_PERMISSIONS, PermissionMatrix
from mypage.hooks.portal import TenantSettings

ENROLMENT = frozenset(
    {"factors-app-start", "factors-app", "factors-passkey-start", "factors-passkey", "reauth", "reauth-second"}
)
"""The routes that set a first second factor up."""


class CoreDefaults:
    """Answers for an operator that says nothing. Texts are msgids of the core's catalogue."""

    @hookimpl
    def permission_policy(self) -> PermissionMatrix:
        """The holder of a contract may do everything that the portal offers."""
        return PermissionMatrix({"holder": CORE_PERMISSIONS})

    @hookimpl
    def settings_policy(self) -> type[TenantSettings]:
        """The settings that every tenant has."""
        return TenantSettings

    @hookimpl
    def login_page_policy(self) -> LoginPageText:
        """A plain title."""
        return LoginPageText(title="Sign in", activated="Your account is active. Please sign in.")

    @hookimpl
    def password_policy(self, scheme: str) -> PasswordPolicy:
        """Long passwords without composition rules."""
        return DEFAULT_PASSWORD_POLICY

    @hookimpl
    def login_id_policy(self, scheme: str) -> IdentifierPolicy:
        """Half-width letters, digits and a few signs."""
        return IdentifierPolicy(length=(6, 32), alphabet=ASCII_LETTERS + DIGITS + symbols("._-"))

    @hookimpl
    def overview_policy(self) -> Overview:
        """Plain words, and nothing but contract, quotas and accounts."""
        return Overview()

    @hookimpl
    def throttle_policy(self) -> ThrottlePolicy:
        """Growing waits after five failures."""
        return ThrottlePolicy()

    @hookimpl
    def session_policy(self) -> SessionPolicy:
        """Half an hour without use, half a day in all."""
        return SessionPolicy()

    @hookimpl
    def gate_items(self) -> list[Gate]:
        """A password that somebody else chose is changed first; then comes the second factor that a tenant demands."""
        return [
            Gate(name="initial-password", condition="initial-password", route="credentials"),
            Gate(name="second-factor", condition="second-factor-missing", route="factors", allowed=ENROLMENT),
        ]

    @hookimpl
    def billing_view_policy(self) -> BillingView:
        """Two years of bills."""
        return BillingView(bills_title="Bills", invoices_title="Qualified invoices")

    @hookimpl
    def card_change_policy(self) -> CardChange:
        """Plain words for the card form."""
        labels = CardLabels(
            title="Credit card",
            brand="Card brand",
            number="Card number",
            expiry="Expiry date",
            security_code="Security code",
            holder="Name on the card",
            submit="Continue",
            cancel="Cancel",
        )
        return CardChange(title="Change credit card", labels=labels, confirm="Register", back="Back to the card form")

    @hookimpl
    def contract_view_policy(self) -> ContractView:
        """A plain title."""
        return ContractView(title="Contracts")

    @hookimpl
    def contract_policy(self) -> ContractPolicy:
        """No permission depends on a contract."""
        return ContractPolicy()

    @hookimpl
    def notice_view_policy(self) -> NoticeView:
        """Plain words."""
        return NoticeView(title="Notices", empty="There are no notices.")

    @hookimpl
    def desk_policy(self) -> DeskPolicy:
        """Three business days for everything; a reason in the staff member's own words, and no templates."""
        return USUAL
