"""Names that the files of this plugin share. They stand in the database and never change."""

BY_NUMBER = "customer-number"
"""The login scheme of お客様番号 (UCOM-02)."""
BY_ACCOUNT = "account-id"
"""The login scheme of アカウントID (UCOM-03)."""

HOLDER = "holder"
"""Kind A: the contract holder, by お客様番号 (UCOM-04)."""
MANAGER = "manager"
"""Kind B: アカウントID with 管理者権限."""
USER = "user"
"""Kind C: アカウントID with ユーザー権限."""

BILLS_OUTSIDE = "outside.bills"
"""The permission of 料金明細照会, a page with a login of its own (UCOM-16, UCOM-162)."""
CINEMA = "outside.cinema"
"""The permission of ギガシネマ with U-NEXT."""
CLUB = "outside.club"
"""The permission of UCOM光 クラブオフ."""

MAIL_OPTIONS = "option.mail"
"""The permission of メールオプションの購入: メールパック and メール&Webスペース, which the contract holds."""
SECURITY_OPTIONS = "option.security"
"""The permission of セキュリティオプションの購入/解約, for one's own アカウントID or with :all for every one."""
REMOTE_SUPPORT = "option.support"
"""The permission of UCOM光 リモートサポートの申込/解約. Seeing options at all is OPTION_READ."""

LAN = "lan"
"""The plan of マンションLANタイプ: offered メール&Webスペース, no address free of charge (UCOM-94, UCOM-153)."""
FIBER = "fiber"
"""The plan of マンション光タイプ: offered メールパック, one address free of charge."""

ACCOUNTS_QUOTA, MAIL_QUOTA, WEB_QUOTA = "accounts", "mail", "web"
