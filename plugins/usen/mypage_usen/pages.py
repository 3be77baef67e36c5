"""The one page of the portal, what is around it, and whom to ask. Addresses and numbers are not in the manual."""

from mypage.plugin import (
    CARD_CHANGE,
    HOME,
    SUMMARY_READ,
    ApplicationStep,
    Bundle,
    CardLine,
    ContactPoints,
    ContactTopic,
    LinkLine,
    LoginPageText,
    LoginScheme,
    PermissionMatrix,
    Portal,
    PublicPage,
    Summary,
    TextPart,
)

SITE_URL = "https://www.usen-networks.example/"
BILLS_URL = "https://e-bill.usen-networks.example/"
GUIDE_URL = "https://e-bill.usen-networks.example/guide.pdf"
ASK_URL = "https://www.usen-networks.example/contact/"

NUMBER_NOTE = "※お問合せ時等に必要となる番号です。"

PORTAL = Portal(
    company="USEN NETWORKS",
    portal_name="マイページ",
    customer_number_label="お客様番号",
    top_label="",
    logout_label="ログアウト",
    only_permitted=True,
    mails=frozenset(),
)

LOGIN = LoginScheme(
    name="customer",
    title="ログイン",
    parts=(TextPart("login", "ログインID"),),
    secret="パスワード",
    submit="ログイン",
)
LOGIN_PAGE = LoginPageText(
    title="マイページ ログイン", lead="ログイン情報は【契約内容確認書】の『マイページ』の項目を確認してください。"
)

PERMISSIONS = PermissionMatrix({"holder": frozenset({HOME, SUMMARY_READ, CARD_CHANGE})})

SUMMARY = Summary(
    title="マイページ",
    over="ご契約者様",
    number_note=NUMBER_NOTE,
    services_title="商品情報",
    none="ご契約サービスはありません。",
    before="ご利用開始前",
    after="ご利用中",
    progress_label="申込の進捗",
    no_progress="進捗は、お申し込みの確認ができしだい表示されます。",
    steps=(
        ApplicationStep("accepted", "申込受付"),
        ApplicationStep("appointment", "工事日の調整"),
        ApplicationStep("construction", "工事待ち"),
        ApplicationStep("start", "ご利用開始"),
    ),
    started_label="ご利用開始日",
    place_label="ご利用場所",
    number_label="ご契約番号",
    bundle_label="併せてご利用",
    bundles=(
        Bundle(plans=frozenset({"v4"}), name="01NETv4バンドル（0円）"),
        Bundle(plans=frozenset({"v6"}), name="01NETv6バンドル（0円）"),
    ),
    rows_title="契約情報",
    rows=(
        CardLine(label="支払方法", value="クレジットカード", button="クレジットカード決済"),
        LinkLine(
            label="請求情報",
            value="Web明細 e-bill",
            link="請求情報一覧",
            url=BILLS_URL,
            note="別のページで開きます",
            guide=("Web明細 e-bill ご利用・ご活用方法のご案内", GUIDE_URL),
        ),
    ),
    links=(("サービスサイト", SITE_URL),),
)

SITE = PublicPage(slug="site", title="サービスサイト", url=SITE_URL, at_foot=True, new_tab=True)

CONTACT = ContactPoints(
    title="お問合わせ先",
    lead="電話もしくは、WEBサイトからお問い合わせください。",
    number_note="お客様番号 %(number)s をお手元にご用意ください。",
    topics=(
        ContactTopic(label="契約", phone="0120-000-001", note="平日 10:00〜18:00"),
        ContactTopic(label="解約", phone="0120-000-002", note="平日 10:00〜18:00"),
        ContactTopic(label="料金", url=ASK_URL, link="WEBサイトからお問い合わせ", note="3営業日以内にお返事します"),
        ContactTopic(label="不具合", phone="0120-000-003", note="24時間"),
    ),
    back="マイページへ戻る",
)
