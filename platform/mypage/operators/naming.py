"""What people call a deployed portal."""

from __future__ import annotations

from mypage.operators.operator import Operator
from mypage.operators.tenants import Tenant


def portal_called(tenant: Tenant, operator: Operator, locale: str) -> str:
    """Company, portal and the tenant's short name, which is needed where one operator has several portals."""
    words, portal = operator.catalogues[locale], operator.portal
    return f"{words(portal.company)} {words(portal.portal_name)} ({tenant.name})"
