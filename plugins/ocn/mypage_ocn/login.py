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

TITLE = "認証パスワードの変更"
DEVICES = (
    "認証パスワードを変更された場合は、ネットワーク機器等に設定しているパスワード変更も必要となる場合がございます。"
    "あらかじめご確認をお願いいたします。"
)
EFFECTIVE = "新しい認証パスワードが有効となるまで、最大5分程度かかる場合があります。あらかじめご了承ください。"
ONE_HOUR = "パスワード変更後、約1時間、パスワードの変更は実施できません。"

CREDENTIAL_CHANGES: tuple[CredentialChange, ...] = (
    CredentialChange(
        scheme=LINE,
        title=TITLE,
        login=False,
        password=True,
        present_label="現在の認証パスワード",
        password_label="新しい認証パスワード",
        password_again_label="新しい認証パスワード(確認用)",
        id_label="認証ID",
        step="STEP",
        lead="本画面は認証パスワード変更のお申込みページです。",
        advice=(
            "セキュリティの観点からログインパスワードの定期的な変更を推奨しております。"
            "特に、初期パスワードをご利用のお客さまは、パスワードの変更を実施してください。"
        ),
        before=Remarks("【注意事項】", (DEVICES,)),
        section="認証パスワード入力",
        table="認証パスワード",
        instruction="認証パスワードをご入力ください。",
        notes=Remarks(
            "ご注意",
            (
                "認証パスワードは6文字以上8文字以下の文字列にしてください。",
                "新しい認証パスワードは、2文字以上のアルファベットと1文字以上の数字、又は記号を用いて作成してください。",
                f"認証パスワードに使用可能な文字は以下の通りです。\n〔A-Z〕〔a-z〕〔0-9〕{SYMBOLS}",
                EFFECTIVE,
                ONE_HOUR,
            ),
        ),
        ask="入力した内容でよろしければ「次へ」ボタンをクリックしてください。",
        next="次へ ▶▶",
        leave="◀◀ TOPへ戻る",
        confirm_title=TITLE,
        confirm_lead="パスワードを変更します。よろしければ、「登録」ボタンをクリックしてください。",
        confirm_notes=Remarks("ご注意", (ONE_HOUR, DEVICES)),
        commit="登録",
        back="◀ 戻る",
        done_title=TITLE,
        done_lead="認証パスワードの変更を受け付けました。",
        done_notes=Remarks("ご注意", (EFFECTIVE, ONE_HOUR, DEVICES)),
        unseen=True,
        line="auth-password",
    ),
)
"""OCN-42 to OCN-56; the manual has no completion screen."""
