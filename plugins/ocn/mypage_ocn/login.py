"""How lines sign in and change their password (OCN-01 to OCN-21, OCN-42 to OCN-59, OCN-169)."""

from mypage.plugin import (
    ASCII_LETTERS,
    DIGITS,
    ChoicePart,
    CredentialChange,
    LoginPageText,
    LoginScheme,
    PasswordPolicy,
    PrintedAt,
    Remarks,
    TextPart,
    minutes,
    symbols,
)
from mypage_ocn.names import LINE

DOMAINS = ("one.example.jp", "two.example.jp", "three.example.jp")
"""OCN-10: not in the manual."""
SYMBOLS = "!$%&'()*+,-./;<=>?[]^_{}`~"
"""OCN-18, OCN-19: the 26 that a password may hold."""

SCHEMES: tuple[LoginScheme, ...] = (
    LoginScheme(
        name=LINE,
        title="ログイン",
        legend="認証ID",
        parts=(
            TextPart(
                "local",
                "認証ID",
                help="英数字の@の左側を入力してください。",
                forbidden="@",
                hint="認証IDは@の左側だけを入力し、@の右側は下の一覧から選択してください。",
            ),
            ChoicePart(
                "domain",
                "認証IDの@の右側",
                DOMAINS,
                empty="選択してください",
                help="英数字の@の右側と同じものを、プルダウンで選択してください。",
                before="@",
            ),
        ),
        joined="{local}@{domain}",
        secret="パスワード",
        submit="ログイン",
    ),
)

LOGIN = LoginPageText(
    title="カスタマーサポートデスク",
    lead="ご利用状況の確認、認証パスワードの変更、メールアカウントのお申込み、廃止のお申込みができます。",
    printed=(
        PrintedAt("認証ID", "「ご利用内容のご案内」の「認証ID」欄"),
        PrintedAt(
            "パスワード",
            "「ご利用内容のご案内」の「認証パスワード」欄",
            "お客さまが後から「認証パスワード」を変更されている場合は、変更後のものを入力してください。",
        ),
    ),
)

PASSWORDS = PasswordPolicy(
    length=(6, 8),
    alphabet=ASCII_LETTERS + DIGITS + symbols(SYMBOLS),
    letters=2,
    digits_or_symbols=1,
    context="equal",
    common=False,
    cool_down=minutes(60),
    effective_within=minutes(5),
)
"""OCN-16 to OCN-19, OCN-57, OCN-58. `abc123` is to be accepted (OCN-20), which every list of common ones holds."""

CREDENTIAL_CHANGES: tuple[CredentialChange, ...] = (
    CredentialChange(
        scheme=LINE,
        title="認証パスワードの変更",
        login=False,
        password=True,
        password_label="新しい認証パスワード",
        password_again_label="新しい認証パスワード(確認用)",
        present_label="現在の認証パスワード",
        id_label="認証ID",
    ),
)
