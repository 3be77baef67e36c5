"""What stands around the functions: menu, permissions, pages that everybody may read (OCN-26 to OCN-41, OCN-182)."""

from mypage.plugin import (
    CREDENTIAL_CHANGE,
    GUIDANCE,
    HOME,
    SLOT_CHANGE,
    SLOT_READ,
    TERMINATION,
    TERMINATION_READ,
    ContactBlock,
    Entry,
    MenuSection,
    Paragraphs,
    PermissionMatrix,
    Portal,
    PublicPage,
    SubMenu,
)
from mypage_ocn.guidance import HOURS, PHONE
from mypage_ocn.names import CHANGES, HOLDER
from mypage_ocn.slots import MAIL

PORTAL = Portal(
    company="OCN for business",
    portal_name="カスタマーサポートデスク",
    customer_number_label="お客様番号",
    top_label="",
    logout_label="ログアウト",
    logout_first=True,
    contact=ContactBlock(title="お電話での問い合わせ", phone=PHONE, hours=HOURS),
)

PERMISSIONS = PermissionMatrix(
    {
        HOLDER: frozenset(
            {HOME, CREDENTIAL_CHANGE, GUIDANCE, CHANGES, SLOT_READ, SLOT_CHANGE, TERMINATION, TERMINATION_READ}
        )
    }
)
"""OCN-167."""


def _guided(label: str, slug: str) -> Entry:
    return Entry(label, "guidance", icon="", params={"slug": slug})


MENU: tuple[MenuSection, ...] = (
    MenuSection((Entry("ご利用状況の確認", "home", icon=""),), heading="ご利用状況"),
    MenuSection(
        (
            SubMenu(
                "ご請求関連",
                (
                    _guided("お支払い方法（クレジットカードへ）", "payment"),
                    _guided("「請求書」および「口座振替のお知らせ」送付先住所", "billing-address"),
                    _guided("「口座振替のお知らせ」の送付方法", "billing-way"),
                ),
            ),
            _guided("担当者連絡先", "contact-person"),
            Entry("メールアカウントおよびウイルスチェック", "slots", icon="", params={"code": MAIL}),
        ),
        heading="各種変更のお申込み",
    ),
    MenuSection((Entry("認証パスワード変更", "credentials", icon=""),), heading="パスワード変更"),
    MenuSection((Entry("廃止申込", "termination", icon=""),), heading="廃止のお申込み"),
    MenuSection(
        (
            _guided("設定方法について", "setup"),
            _guided("故障について", "trouble"),
            _guided("請求料金について", "charges"),
            _guided("各種手続き・申し込み方法について", "procedures"),
        ),
        heading="お電話での問い合わせ",
    ),
)
"""OCN-26 to OCN-31."""

PUBLIC_PAGES: tuple[PublicPage, ...] = (
    PublicPage(
        slug="privacy",
        title="個人情報の取り扱い",
        at_foot=True,
        blocks=(
            Paragraphs(
                (
                    "お客さまの個人情報は、サービスのご提供、料金のご請求、お問い合わせへの回答に利用します。",
                    "プライバシーポリシーにご同意いただけない場合は、サービスをご提供できないことがあります。",
                )
            ),
        ),
    ),
    PublicPage(
        slug="environment",
        title="ご利用環境",
        at_foot=True,
        blocks=(
            Paragraphs(
                (
                    "ブラウザーはMicrosoft Edgeのご利用を推奨しています。",
                    "ご利用にはTLS1.2以上の通信が必要です。",
                )
            ),
        ),
    ),
)
"""OCN-175, OCN-183."""
