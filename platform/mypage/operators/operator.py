"""An operator after compilation: every answer of its plugin, checked and frozen. Requests read it and call no hooks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mypage.hooks.auth import (
    CredentialChange,
    Gate,
    LoginPageText,
    LoginScheme,
    Recovery,
    Registration,
    SessionPolicy,
    ThrottlePolicy,
)
from mypage.hooks.billing import BillingView, CardChange
from mypage.hooks.contracts import ContractPolicy
from mypage.hooks.desk import DeskPolicy
from mypage.hooks.home import StatusHome
from mypage.hooks.mailboxes import Mailboxes
from mypage.hooks.overview import Overview
from mypage.hooks.pages import ContractView, MailText, NoticeView
from mypage.hooks.passwords import IdentifierPolicy, PasswordPolicy
from mypage.hooks.permissions import PUBLIC, SIGNED_IN, PermissionMatrix
from mypage.hooks.portal import Guidance, Landing, MenuSection, Portal, PublicPage, TenantSettings
from mypage.hooks.prices import Price
from mypage.hooks.products import Product, ProductPage, Quota
from mypage.hooks.profile import ProfileForm
from mypage.hooks.requests import RequestCatalogue
from mypage.hooks.slot_pages import SlotPage
from mypage.hooks.slots import Slots
from mypage.hooks.subaccounts import SubAccounts
from mypage.hooks.summary import ContactPoints, FirstLogin, Summary
from mypage.hooks.terminations import Termination
from mypage.i18n import Catalogue

OFFICE = "staff"
"""The operator of the staff console, which is part of the core; no distribution may take the name."""


class OperatorError(ValueError):
    """A plugin is wrong; the message names operator, hook and value, and says how to mend it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """What one plugin says, with the core's defaults filled in."""

    name: str
    portal: Portal
    menu: tuple[MenuSection, ...]
    public_pages: Mapping[str, PublicPage]
    permissions: PermissionMatrix
    settings_type: type[TenantSettings]
    schemes: Mapping[str, LoginScheme]
    login_page: LoginPageText
    password_policies: Mapping[str, PasswordPolicy]
    login_id_policies: Mapping[str, IdentifierPolicy]
    registrations: Mapping[str, Registration]
    recoveries: Mapping[str, Recovery]
    credential_changes: Mapping[str, CredentialChange]
    throttle: ThrottlePolicy
    sessions: SessionPolicy
    gates: tuple[Gate, ...]
    billing_view: BillingView
    card_change: CardChange
    contract_view: ContractView
    contract_policy: ContractPolicy
    status_home: StatusHome | None
    notice_view: NoticeView
    desk: DeskPolicy
    mail_texts: Mapping[str, MailText]
    catalogues: Mapping[str, Catalogue]
    template_folder: Path | None
    guidance: Mapping[str, Guidance]
    landings: tuple[Landing, ...]
    first_login: FirstLogin | None
    summary: Summary | None
    contact_points: ContactPoints | None
    sub_accounts: SubAccounts | None
    mailboxes: Mailboxes | None
    overview: Overview
    profile_form: ProfileForm | None
    products: Mapping[str, Product]
    product_pages: Mapping[str, ProductPage]
    quotas: Mapping[str, Quota]
    termination: Termination | None
    requests: RequestCatalogue | None = None
    slots: Mapping[str, Slots]
    slot_pages: Mapping[str, SlotPage]

    @property
    def prices(self) -> Mapping[str, Price]:
        """Product code → price, in the order of the products."""
        return {code: product.price for code, product in self.products.items()}

    def called(self, product: str) -> str:
        """What a code of provisioning means to people: a product, or the password of a line; else itself."""
        if product in self.products:
            return self.products[product].name
        changes = (each for each in self.credential_changes.values() if each.line)
        return {each.line: each.table or each.title for each in changes}.get(product, product)

    def home_of(self, role: str) -> str:
        """The route that is home to a role: its first landing without a condition, else the core's home page."""
        fitting = (each.route for each in self.landings if not each.condition and role in (each.roles or {role}))
        return next(fitting, "home")

    def hands_out(self, role: str) -> bool:
        """Whether accounts of a role are those that customers hand out."""
        return self.sub_accounts is not None and role in self.sub_accounts.roles

    def sends(self, mail: str) -> bool:
        """Whether the portal sends the mail of this name."""
        return self.portal.mails is None or mail in self.portal.mails

    def offers(self, permission: str) -> bool:
        """Whether routes that demand a permission exist in the portal."""
        anybody = {PUBLIC, SIGNED_IN, *self.permissions.known()}
        return not self.portal.only_permitted or permission in anybody

    @property
    def capabilities(self) -> frozenset[str]:
        """What the operator declares of what not every portal has; routes name them."""
        declared = {
            "guidance": self.guidance,
            "first-login": self.first_login,
            "summary": self.summary,
            "contact": self.contact_points,
            "sub-accounts": self.sub_accounts,
            "mailboxes": self.mailboxes,
            "profile": self.profile_form,
            "products": self.product_pages,
            "termination": self.termination,
            "requests": self.requests,
            "slots": self.slots,
            "provisioning": self.product_pages or self.slots or self.termination,
        }
        return frozenset(name for name, answer in declared.items() if answer)
