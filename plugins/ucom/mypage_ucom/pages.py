"""What stands around the functions: menu, login page, pages that everybody may read (UCOM-41 to UCOM-46, UCOM-188)."""

from mypage.plugin import (
    ACCOUNT_READ,
    FOR_ALL,
    ContactBlock,
    Entry,
    Landing,
    LoginPageText,
    MenuSection,
    Paragraphs,
    Portal,
    PublicPage,
)
from mypage_ucom.guidance import HOURS, PHONE
from mypage_ucom.names import HOLDER, MAIL_OPTIONS, REMOTE_SUPPORT
from mypage_ucom.options import MAIL_PAGE, SUPPORT_PAGE

PORTAL = Portal(
    company="UCOM光 レジデンス",
    portal_name="会員専用ツール マイページ",
    customer_number_label="お客様番号",
    contract_label="ご契約タイプ",
    top_label="",
    logout_label="ログアウト",
    contact=ContactBlock(title="お問い合わせ窓口", phone=PHONE, hours=HOURS),
    logo_text="UCOM光",
    page_top="▲ページTOPへ",
)

LOGIN = LoginPageText(
    title="会員専用ツール マイページ",
    lead="ご契約内容の確認、お支払い方法の変更、オプションのお申し込みができます。",
    lost=(
        "パスワードがわからない方：お客様番号パスワードは{お問い合わせ窓口}へ、"
        "アカウントIDパスワードはご契約者さまへお尋ねください。"
    ),
)


def _guided(label: str, slug: str) -> Entry:
    return Entry(label, "guidance", icon="", params={"slug": slug})


MENU: tuple[MenuSection, ...] = (
    MenuSection(
        (Entry("ご契約情報一覧", "overview", icon="", permission=ACCOUNT_READ + FOR_ALL),),
        heading="ご契約情報",
    ),
    MenuSection(
        (
            Entry("お客様情報変更", "profile", icon=""),
            Entry("お客様番号パスワード変更", "credentials", icon=""),
            Entry("お支払い方法変更", "card", icon=""),
            _guided("ご契約内容変更申請", "contract-change"),
            _guided("ご利用ガイド・規約ご請求", "guides"),
            _guided("ご解約", "cancel"),
        ),
        heading="各種お手続き",
    ),
    MenuSection(
        (
            _guided("月額請求明細照会", "bills"),
            _guided("GATE CALL050通話明細照会", "gatecall050"),
            _guided("UCOM光電話通話明細照会", "telephone"),
        ),
        heading="料金明細照会",
    ),
    MenuSection(
        (
            Entry("メールサービス", "option", icon="", params={"slug": MAIL_PAGE}, permission=MAIL_OPTIONS),
            Entry(
                "UCOM光 リモートサポート", "option", icon="", params={"slug": SUPPORT_PAGE}, permission=REMOTE_SUPPORT
            ),
        ),
        heading="オプションサービス",
    ),
    MenuSection((_guided("ギガシネマ with U-NEXT", "cinema"), _guided("UCOM光 クラブオフ", "club-off"))),
    MenuSection(
        (
            Entry("アカウントID管理", "accounts", icon=""),
            Entry("アカウントIDオプション変更", "overview", icon="", anchor="accounts"),
        ),
        heading="アカウントIDオプション",
    ),
    MenuSection(
        (
            _guided("障害情報", "trouble"),
            _guided("メンテナンス情報", "maintenance"),
            _guided("マニュアル・利用規約", "manuals"),
        )
    ),
    MenuSection((_guided("一般的なお問い合わせ", "contact"),), heading="お問い合わせ窓口"),
)
"""UCOM-41, UCOM-42, UCOM-46: who may not use a function does not see its entry."""

LANDINGS: tuple[Landing, ...] = (
    Landing(route="accounts-new", roles=frozenset({HOLDER}), condition="no-sub-accounts"),
    Landing(route="overview"),
)
"""UCOM-09 to UCOM-12."""

PUBLIC_PAGES: tuple[PublicPage, ...] = (
    PublicPage(
        slug="privacy",
        title="個人情報保護方針",
        at_foot=True,
        blocks=(
            Paragraphs(
                (
                    "お客様の個人情報は、サービスのご提供、料金のご請求、お問い合わせへの回答に利用します。",
                    "法令に基づく場合を除き、お客様の同意なく第三者に提供することはありません。",
                )
            ),
        ),
    ),
)
