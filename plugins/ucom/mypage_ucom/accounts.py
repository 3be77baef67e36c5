"""アカウントID: what a household hands out (UCOM-17 to UCOM-79), and who may do what (UCOM-159 to UCOM-167)."""

from mypage.plugin import CARD_CHANGE, CREDENTIAL_CHANGE, HOME, NOTICE_READ, PermissionMatrix, SubAccounts
from mypage_ucom.names import HOLDER, MANAGER, USER

SUB_ACCOUNTS: tuple[SubAccounts, ...] = ()

PERMISSIONS = PermissionMatrix(
    {
        HOLDER: frozenset({HOME, NOTICE_READ, CARD_CHANGE, CREDENTIAL_CHANGE}),
        MANAGER: frozenset({HOME, NOTICE_READ, CARD_CHANGE}),
        USER: frozenset({HOME, NOTICE_READ}),
    }
)
