"""BIZIMO: the portal as data. Requirement ids are those of REQUIREMENTS.md; the hooks are listed in docs/hooks.md."""

from mypage.plugin import (
    BillingView,
    ContactBlock,
    ContractView,
    CredentialChange,
    Entry,
    LoginPageText,
    LoginScheme,
    MenuSection,
    NoticeView,
    Portal,
    TextPart,
    hookimpl,
)

SCHEME = "customer"


@hookimpl
def portal_policy() -> Portal:
    """Names and words of every page."""
    return Portal(
        company="BIZIMO通信",
        portal_name="会員ページ",
        customer_number_label="お客様番号",
        top_label="トップ",
        logout_label="ログアウト",
        contact=ContactBlock(title="お問い合わせ", phone="0120-000-000", hours="平日 9:00~17:00"),
    )


@hookimpl
def login_page_policy() -> LoginPageText:
    """The words around the login form."""
    return LoginPageText(title="会員ページ ログイン")


@hookimpl
def login_scheme_items() -> list[LoginScheme]:
    """BIZIMO-01."""
    return [
        LoginScheme(
            name=SCHEME,
            title="ログイン",
            parts=(TextPart("login", "ログインID"),),
            secret="パスワード",
            submit="ログインする",
        )
    ]


@hookimpl
def credential_change_items() -> list[CredentialChange]:
    """The password may be changed, the login ID not."""
    return [
        CredentialChange(
            scheme=SCHEME,
            title="パスワードの変更",
            login=False,
            password=True,
            password_label="新しいパスワード",
            password_again_label="新しいパスワード（確認）",
        )
    ]


@hookimpl
def menu_items() -> list[MenuSection]:
    """BIZIMO-02."""
    return [
        MenuSection(
            (
                Entry("ご契約内容", "contract", "doc"),
                Entry("ご請求", "bills", "bill"),
                Entry("パスワードの変更", "credentials", "key"),
            )
        )
    ]


@hookimpl
def contract_view_policy() -> ContractView:
    """The title of the contract page."""
    return ContractView(title="ご契約内容")


@hookimpl
def billing_view_policy() -> BillingView:
    """Titles and reach of the bill pages."""
    return BillingView(bills_title="ご請求", invoices_title="適格請求書")


@hookimpl
def notice_view_policy() -> NoticeView:
    """The words of the notices."""
    return NoticeView(title="お知らせ", empty="お知らせはありません。")
