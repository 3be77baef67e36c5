"""アカウントID: what a household hands out (UCOM-17 to UCOM-79), and who may do what (UCOM-159 to UCOM-167)."""

from mypage.plugin import (
    CARD_CHANGE,
    CREDENTIAL_CHANGE,
    GUIDANCE,
    HOME,
    NOTICE_READ,
    PROFILE_CHANGE,
    PermissionMatrix,
    SubAccounts,
)
from mypage_ucom.names import BILLS_OUTSIDE, CINEMA, CLUB, HOLDER, MANAGER, USER

_OUTSIDE = frozenset({BILLS_OUTSIDE, CINEMA, CLUB})

SUB_ACCOUNTS: tuple[SubAccounts, ...] = ()

PERMISSIONS = PermissionMatrix(
    {
        HOLDER: frozenset({HOME, NOTICE_READ, GUIDANCE, PROFILE_CHANGE, CARD_CHANGE, CREDENTIAL_CHANGE}) | _OUTSIDE,
        MANAGER: frozenset({HOME, NOTICE_READ, GUIDANCE, PROFILE_CHANGE, CARD_CHANGE}) | _OUTSIDE,
        USER: frozenset({HOME, NOTICE_READ, GUIDANCE}),
    }
)
