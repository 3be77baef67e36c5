"""How lines sign in and change their password (OCN-01 to OCN-25, OCN-42 to OCN-59)."""

from mypage.plugin import (
    ASCII_LETTERS,
    DIGITS,
    ChoicePart,
    CredentialChange,
    LoginPageText,
    LoginScheme,
    PasswordPolicy,
    TextPart,
    minutes,
    symbols,
)
from mypage_ocn.names import LINE

DOMAINS = ("one.example.jp", "two.example.jp", "three.example.jp")
"""OCN-10: not in the manual."""

SCHEMES: tuple[LoginScheme, ...] = (
    LoginScheme(
        name=LINE,
        title="ログイン",
        row_heading="認証ID",
        parts=(
            TextPart("local", "認証ID", help="英数字の@の左側を入力してください。", forbidden="@"),
            ChoicePart("domain", "@", DOMAINS, empty="選択してください"),
        ),
        joined="{local}@{domain}",
        secret="パスワード",
        submit="ログイン",
    ),
)

LOGIN = LoginPageText(title="カスタマーサポートデスク")

PASSWORDS = PasswordPolicy(
    length=(6, 8),
    alphabet=ASCII_LETTERS + DIGITS + symbols("!$%&'()*+,-./;<=>?[]^_{}`~"),
    letters=2,
    digits_or_symbols=1,
    context="equal",
    cool_down=minutes(60),
    effective_within=minutes(5),
)

CREDENTIAL_CHANGES: tuple[CredentialChange, ...] = (
    CredentialChange(
        scheme=LINE,
        title="認証パスワードの変更",
        login=False,
        password=True,
        password_label="新しい認証パスワード",
        password_again_label="新しい認証パスワード(確認用)",
        id_label="認証ID",
    ),
)
