"""The form of マイページアカウント作成 (ACTV-31 to ACTV-49), label by label as in the manual."""

from mypage.plugin import FieldGroup, Registration, RegistrationField, hours


def form(scheme: str) -> Registration:
    """The registration of one login scheme."""
    return Registration(
        scheme=scheme,
        title="マイページアカウント作成",
        entry="新規アカウント作成",
        steps=("内容", "確認", "メール送信"),
        lead=(
            "※※※ ここで入力する項目は、大変重要な情報となります。 ※※※",
            "※※※ 必ず控えておくことをお願い致します。 ※※※",
        ),
        groups=(
            FieldGroup(heading="マイページアカウント", fields=_CHOSEN),
            FieldGroup(heading="ご契約の確認", fields=_PROOF),
        ),
        back="戻る",
        next="次へ",
        link_life=hours(24),
        paper_title="お手元にご用意ください",
        paper_picture=("「マイページ」設定情報のお知らせ", "①お客様番号 :", "②認証コード : - -"),
        paper_lines=(
            "「マイページ認証コード通知書」をお送りしています。",
            "お客様番号および認証コードはすべて半角文字です。",
            "文字見本をご確認いただき、大文字、小文字、数字のご入力にご注意ください。",
            "お客様番号および認証コードは第三者に知られないよう、お客様ご自身の管理をお願いいたします。",
            "お持ちでない場合は、青森ケーブルテレビ窓口(0120-442-208)までお問合せください。",
        ),
    )


_CHOSEN = (
    RegistrationField(
        kind="login", label="ログインID", help="ログインIDは、半角英数4文字以上20文字以内で入力してください。"
    ),
    RegistrationField(
        kind="password", label="パスワード", help="パスワードは、半角英数6文字以上50文字以内で入力してください。"
    ),
    RegistrationField(
        kind="password-again", label="パスワード(確認)", help="確認のため、再度、パスワードの入力をお願いします。"
    ),
    RegistrationField(
        kind="email",
        label="メールアドレス1",
        help="ご利用可能なメールアドレスを入力してください",
        notes=(
            "ドメイン指定などのメール受信制限を利用されている場合、",
            "以下のドメインからのメールが受信できるよう設定をお願いします。",
            "%(mail_domain)s",
            "※ 弊社プライバシーポリシーに準じて、",
            "弊社からのお知らせなどに使用させていただく場合がございます。",
        ),
    ),
)

_PROOF = (
    RegistrationField(
        kind="customer-number",
        label="お客様番号",
        help="「マイページ認証コード通知書」に記載されております『お客様番号』を入力して下さい。",
    ),
    RegistrationField(
        kind="proof-code",
        label="認証コード",
        help="「マイページ認証コード通知書」に記載されております『認証コード』を入力して下さい。",
        notes=("大文字、小文字、数字のご入力にご注意ください。",),
        parts=3,
    ),
    RegistrationField(kind="captcha", label="画像認証", help="画面に表示されている数字をご入力ください。"),
)
