"""All specification classes, in the order of the generated documentation."""

from __future__ import annotations

from mypage.hooks.auth import AuthSpec
from mypage.hooks.billing import BillingSpec
from mypage.hooks.pages import PagesSpec
from mypage.hooks.portal import PortalSpec

SPECS: tuple[type, ...] = (PortalSpec, AuthSpec, PagesSpec, BillingSpec)
