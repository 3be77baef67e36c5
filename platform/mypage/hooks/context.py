"""What a hook is told about the moment it is called in; never the application, the request or the session."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from mypage.hooks.permissions import FOR_ALL
from mypage.lib.clock import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """The signed-in account of a request and what it may do."""

    account_id: uuid.UUID
    customer_id: uuid.UUID
    session_id: uuid.UUID
    scheme: str
    role: str
    name: str
    customer_number: str
    email: str
    permissions: frozenset[str]

    def may(self, permission: str) -> bool:
        """Whether the account holds a permission."""
        return permission in self.permissions

    def may_for_all(self, permission: str) -> bool:
        """Whether a permission reaches every account of the customer, not only the principal's own."""
        return permission + FOR_ALL in self.permissions

    def reaches(self, permission: str, account_id: uuid.UUID) -> bool:
        """Whether a permission reaches this account of the customer: any when it is held for all, else one's own."""
        return self.may(permission) and (self.may_for_all(permission) or account_id == self.account_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class HookContext:
    """Tenant, who is there (None before login), language and clock."""

    tenant: str
    principal: Principal | None
    locale: str
    clock: Clock
