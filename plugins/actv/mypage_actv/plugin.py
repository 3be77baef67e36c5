"""青森ケーブルテレビ (ACTV): マイページ. Everything is data; requirement ids are those of REQUIREMENTS.md."""

from mypage.plugin import (
    ASCII_LETTERS,
    DIGITS,
    BillingView,
    CardChange,
    CardLabels,
    ContactBlock,
    ContractView,
    CredentialChange,
    Entry,
    IdentifierPolicy,
    LoginPageText,
    LoginScheme,
    MailText,
    MenuSection,
    NoticeView,
    PasswordPolicy,
    Portal,
    PublicPage,
    Recovery,
    Registration,
    TextPart,
    TextSizes,
    hookimpl,
    hours,
)
from mypage_actv import pages, registration

SCHEME = "mypage"


@hookimpl
def portal_policy() -> Portal:
    """ACTV-25 to ACTV-30, ACTV-71, ACTV-86."""
    return Portal(
        company="青森ケーブルテレビ",
        portal_name="MyPage",
        customer_number_label="お客様番号",
        top_label="TOP",
        logout_label="ログアウト",
        contact=ContactBlock(title="お電話でのお問合せ", phone="0120-442-208", hours="受付時間 9:00~17:30"),
        text_sizes=TextSizes(label="文字サイズ", standard="標準", large="大きく"),
    )


@hookimpl
def menu_items() -> list[MenuSection]:
    """ACTV-28."""
    return [
        MenuSection(
            (
                Entry("ご契約内容参照", "contract", "doc", "コースやオプションの確認"),
                Entry("ご請求明細", "bills", "bill", "毎月の内訳を見る"),
                Entry("インボイス（適格請求書）", "invoices", "tag", "印刷・保存する"),
                Entry("クレジットカード変更", "card", "card", "お支払いのカードを変える"),
                Entry("ID・パスワード変更", "credentials", "key", "ログイン情報を変える"),
            )
        )
    ]


@hookimpl
def public_page_items() -> list[PublicPage]:
    """ACTV-25."""
    return [
        PublicPage(slug="", title="トップページ"),
        PublicPage(slug="faq", title="よくある質問と回答", blocks=pages.FAQ),
        PublicPage(slug="terms", title="注意事項・ご利用規約", blocks=pages.TERMS),
        PublicPage(slug="important", title="重要事項説明書", blocks=pages.IMPORTANT),
    ]


@hookimpl
def login_page_policy() -> LoginPageText:
    """ACTV-02, ACTV-04, ACTV-53."""
    return LoginPageText(
        title="ACT MyPage",
        lead="マイページでは、ご契約内容、ご請求明細の確認ができます。",
        caution_title="<ご注意>",
        caution=(
            "マイページをご利用いただく際には、マイページアカウント（ログインID・パスワード）の作成が必要です。",
            "作成していない方は、「新規アカウント作成」より、マイページアカウントの作成を行って下さい。",
        ),
        activated="アカウントを認証しました。",
    )


@hookimpl
def login_scheme_items() -> list[LoginScheme]:
    """ACTV-03, ACTV-05, ACTV-06."""
    return [
        LoginScheme(
            name=SCHEME,
            title="マイページログイン",
            row_heading="マイページ アカウント",
            parts=(TextPart("login", "ログインID"),),
            secret="パスワード",
            clear="クリア",
            submit="ログイン",
        )
    ]


@hookimpl
def login_id_policy(scheme: str) -> IdentifierPolicy:
    """ACTV-14, ACTV-16."""
    return IdentifierPolicy(length=(4, 20), alphabet=ASCII_LETTERS + DIGITS)


@hookimpl
def password_policy(scheme: str) -> PasswordPolicy:
    """ACTV-15."""
    return PasswordPolicy(length=(6, 50), alphabet=ASCII_LETTERS + DIGITS)


@hookimpl
def registration_items() -> list[Registration]:
    """ACTV-31 to ACTV-55."""
    return [registration.form(SCHEME)]


@hookimpl
def recovery_items() -> list[Recovery]:
    """ACTV-07, ACTV-08, ACTV-67 to ACTV-70."""
    return [
        Recovery(
            kind="login-id",
            scheme=SCHEME,
            entry="ログインIDを忘れた場合{こちら}。",
            title="ログインIDを忘れた場合",
            lead=(
                "「マイページ認証コード通知書」に記載のお客様番号と認証コードを入力してください。"
                "ご登録のメールアドレスに、ログインIDをお送りします。"
            ),
            number_label="お客様番号",
            code_label="認証コード",
            code_parts=3,
        ),
        Recovery(
            kind="password",
            scheme=SCHEME,
            entry="パスワードを忘れた場合",
            title="パスワードを忘れた場合",
            lead="ログインIDを入力してください。ご登録のメールアドレスに、新しいパスワードを設定するご案内をお送りします。",
            login_label="ログインID",
            link_life=hours(1),
        ),
    ]


@hookimpl
def credential_change_items() -> list[CredentialChange]:
    """ACTV-64 to ACTV-66."""
    return [
        CredentialChange(
            scheme=SCHEME,
            title="ID・パスワード変更",
            login=True,
            password=True,
            login_label="ログインID",
            password_label="パスワード",
            password_again_label="パスワード(確認)",
        )
    ]


@hookimpl
def contract_view_policy() -> ContractView:
    """ACTV-59."""
    return ContractView(title="ご契約内容参照")


@hookimpl
def billing_view_policy() -> BillingView:
    """ACTV-59 to ACTV-61."""
    return BillingView(bills_title="ご請求明細", invoices_title="インボイス（適格請求書）", months=24)


@hookimpl
def card_change_policy() -> CardChange:
    """ACTV-62, ACTV-63. The manual has no words for the card form, so these are ours."""
    return CardChange(
        title="クレジットカード変更",
        labels=CardLabels(
            title="クレジットカード変更",
            brand="カードの種類",
            number="カード番号",
            expiry="有効期限",
            security_code="セキュリティコード",
            holder="カード名義",
            submit="次へ",
            cancel="戻る",
        ),
        confirm="登録",
        back="入力画面へ戻る",
    )


@hookimpl
def notice_view_policy() -> NoticeView:
    """ACTV-29, ACTV-57, ACTV-81."""
    return NoticeView(
        title="お知らせ",
        lead="お知らせ情報をご覧になれます。",
        empty="青森ケーブルテレビからのお知らせはありません。",
    )


@hookimpl
def mail_text_items() -> list[MailText]:
    """ACTV-52: text of the activation mail; in the lists of all mails the company's name comes first."""
    return [
        MailText(
            name="activation",
            subject="【青森ケーブルテレビ】マイページアカウントの登録を完了してください",
            opening=("マイページアカウントの作成をお申し込みいただき、ありがとうございます。",),
        ),
        MailText(name="password_reset", subject="【青森ケーブルテレビ】パスワード再設定のご案内"),
        MailText(name="login_id_notice", subject="【青森ケーブルテレビ】ログインIDのお知らせ"),
        MailText(name="credentials_changed", subject="【青森ケーブルテレビ】ログインID・パスワード変更のお知らせ"),
        MailText(name="card_changed", subject="【青森ケーブルテレビ】クレジットカード変更のお知らせ"),
        MailText(name="login_locked", subject="【青森ケーブルテレビ】ログインできなかったことのお知らせ"),
    ]
