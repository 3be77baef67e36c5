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
