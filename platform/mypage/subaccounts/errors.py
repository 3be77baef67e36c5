"""What can go wrong with the accounts that a customer hands out, beyond what every area knows."""

from __future__ import annotations

from mypage.lib.errors import DomainError


class AccountsFull(DomainError):
    """The customer has as many accounts as the quota allows."""
