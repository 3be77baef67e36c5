"""Names that the files of this plugin share. They stand in the database and never change."""

LINE = "line"
"""The login scheme of 認証ID (OCN-01, OCN-06)."""
HOLDER = "holder"
"""The one role: one 認証ID is one login is one line contract (OCN-167)."""

ONLINE_CHANGE = "auth-password"
"""What a contract has whose menu shows 認証パスワード変更 (OCN-32)."""
VOICE_FEATURE = "voice"
"""What a contract has with ArcstarIPVoice or .PhoneIPCentrex, which do not end here (OCN-124)."""

CHANGES = "changes"
"""The permission of 各種変更のお申込み that are done on pages of their own (OCN-28)."""
