"""All specification classes, in the order of the generated documentation."""

from __future__ import annotations

from mypage.hooks.auth import AuthSpec
from mypage.hooks.billing import BillingSpec
from mypage.hooks.contracts import ContractsSpec
from mypage.hooks.desk import DeskSpec
from mypage.hooks.home import HomeSpec
from mypage.hooks.mailboxes import MailboxSpec
from mypage.hooks.overview import OverviewSpec
from mypage.hooks.pages import PagesSpec
from mypage.hooks.portal import PortalSpec
from mypage.hooks.products import ProductsSpec
from mypage.hooks.profile import ProfileSpec
from mypage.hooks.provisioning import ProvisioningSpec
from mypage.hooks.requests import RequestsSpec
from mypage.hooks.slot_pages import SlotPagesSpec
from mypage.hooks.slots import SlotsSpec
from mypage.hooks.subaccounts import SubAccountsSpec
from mypage.hooks.summary import SummarySpec
from mypage.hooks.terminations import TerminationsSpec

SPECS: tuple[type, ...] = (
    PortalSpec,
    AuthSpec,
    PagesSpec,
    HomeSpec,
    ContractsSpec,
    SummarySpec,
    SubAccountsSpec,
    MailboxSpec,
    OverviewSpec,
    ProfileSpec,
    ProductsSpec,
    SlotsSpec,
    SlotPagesSpec,
    ProvisioningSpec,
    BillingSpec,
    RequestsSpec,
    DeskSpec,
    TerminationsSpec,
)
