"""Permissions: what a route demands, and which role of an account holds it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

PUBLIC = "public"
"""Everybody, signed in or not."""
SIGNED_IN = "signed-in"
"""Any account: own sessions, logout, re-authentication."""
HOME = "home"
CONTRACT_READ = "contract.read"
BILL_READ = "bill.read"
INVOICE_READ = "invoice.read"
CARD_CHANGE = "card.change"
CREDENTIAL_CHANGE = "credential.change"
NOTICE_READ = "notice.read"

CORE_PERMISSIONS = frozenset(
    {HOME, CONTRACT_READ, BILL_READ, INVOICE_READ, CARD_CHANGE, CREDENTIAL_CHANGE, NOTICE_READ}
)


@dataclass(frozen=True, slots=True)
class PermissionMatrix:
    """Role → the permissions it holds. Roles that are not named hold none."""

    roles: Mapping[str, frozenset[str]]

    def of(self, role: str) -> frozenset[str]:
        """The permissions of a role."""
        return self.roles.get(role, frozenset())

    def known(self) -> frozenset[str]:
        """Every permission that some role holds."""
        return frozenset().union(*self.roles.values())
