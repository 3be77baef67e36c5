"""Mail addresses of アカウントID (UCOM-37 to UCOM-40, UCOM-80 to UCOM-93) and the overview (UCOM-47 to UCOM-55)."""

from mypage.plugin import Mailboxes

MAILBOXES: tuple[Mailboxes, ...] = ()
