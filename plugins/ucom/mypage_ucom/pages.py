"""What stands around the functions: menu, login page, pages that everybody may read (UCOM-41 to UCOM-46, UCOM-188)."""

from mypage.plugin import ContactBlock, Entry, LoginPageText, MenuSection, Paragraphs, Portal, PublicPage

PORTAL = Portal(
    company="UCOM光 レジデンス",
    portal_name="会員専用ツール マイページ",
    customer_number_label="お客様番号",
    top_label="ご契約情報一覧",
    logout_label="ログアウト",
    contact=ContactBlock(title="お問い合わせ窓口", phone="0120-000-000", hours="受付時間 9:00~18:00"),
)

LOGIN = LoginPageText(
    title="会員専用ツール マイページ",
    lead="ご契約内容の確認、お支払い方法の変更、オプションのお申し込みができます。",
    lost=(
        "パスワードがわからない方：お客様番号パスワードは{お問い合わせ窓口}へ、"
        "アカウントIDパスワードはご契約者さまへお尋ねください。"
    ),
)

MENU: tuple[MenuSection, ...] = (
    MenuSection(
        (
            Entry("お客様番号パスワード変更", "credentials", "key"),
            Entry("お支払い方法変更", "card", "card"),
        ),
        heading="各種お手続き",
    ),
)

PUBLIC_PAGES: tuple[PublicPage, ...] = (
    PublicPage(
        slug="privacy",
        title="個人情報保護方針",
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
