"""Why a customer's data are not stored now."""

from __future__ import annotations

from mypage.lib.errors import DomainError


class TooManyMails(DomainError):
    """The notices of this customer's changes were too many of late: they go to whatever address is typed."""
