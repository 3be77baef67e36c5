"""What cannot be done in マイページ, and the ways it is done instead (UCOM-16, UCOM-175, UCOM-178 to UCOM-186).

The manual names the entries; telephone numbers, hours and addresses below are invented.
"""

from mypage.plugin import PROFILE_CHANGE, Guidance, Paragraphs
from mypage_ucom.names import BILLS_OUTSIDE, CINEMA, CLUB

PHONE = "0120-000-000"
HOURS = "受付時間 9:00~18:00（年中無休）"
SITE = "https://www.ucom.example/"

AGAIN = (
    "(※)マイページからアクセスすると、それぞれの専用ページが表示されます。"
    "専用ページでは、お客様番号とお客様番号パスワードにて再度ログインを行ってください。"
)
"""UCOM-162: under the manual's table, to the character."""


def _outside(slug: str, title: str, path: str, permission: str, lead: str) -> Guidance:
    return Guidance(
        slug=slug,
        title=title,
        permission=permission,
        lead=lead,
        leads_to=("専用ページへ進む", SITE + path),
        note=AGAIN,
    )


GUIDANCE: tuple[Guidance, ...] = (
    Guidance(
        slug="contract-change",
        title="ご契約内容変更申請",
        permission=PROFILE_CHANGE,
        lead="書面でのお手続きとなる変更のご案内です。",
        why="ご本人様の確認が必要なため、マイページではお手続きいただけません。",
        blocks=(
            Paragraphs(
                ("次の変更は、申請書に必要事項をご記入のうえ、ご返送ください。",),
                heading="書面でお手続きいただくもの",
                bullets=(
                    "契約者氏名の変更",
                    "生年月日の変更",
                    "設置先住所の変更",
                    "契約者様以外のカードでのお支払い",
                    "GATE CALL050の申込/解約",
                ),
            ),
            Paragraphs(
                (
                    "お送りいただいた申請書を確認し、お手続きが完了しましたら書面でお知らせします。",
                    "未成年の契約者様は、登録されている保護者様のカードをご利用いただけます。通常よりお時間をいただきます。",
                ),
                heading="お手続きの流れ",
            ),
        ),
        documents=(
            ("ご契約内容変更申請書（PDF）", f"{SITE}documents/change.pdf"),
            ("GATE CALL050 申込書・解約申請書（PDF）", f"{SITE}documents/gatecall050.pdf"),
        ),
        phone=PHONE,
        hours=HOURS,
    ),
    Guidance(
        slug="guides",
        title="ご利用ガイド・規約ご請求",
        permission=PROFILE_CHANGE,
        lead="ご利用ガイドと規約の冊子をお送りします。",
        why="お届け先を確認するため、冊子のご請求はお電話で承ります。",
        documents=(
            ("ご利用ガイド（PDF）", f"{SITE}documents/guide.pdf"),
            ("UCOM光 レジデンス 利用規約（PDF）", f"{SITE}documents/terms.pdf"),
        ),
        phone=PHONE,
        hours=HOURS,
    ),
    Guidance(
        slug="cancel",
        title="ご解約",
        permission=PROFILE_CHANGE,
        lead="インターネット回線とUCOM光電話のご解約のご案内です。",
        why="ご解約日と機器のご返却を確認するため、インフォメーションセンターでの電話受付となります。",
        blocks=(
            Paragraphs(
                ("お電話の前に、お客様番号をご用意ください。",),
                heading="お電話で承るもの",
                bullets=("インターネット回線の解約", "UCOM光電話の申込/解約"),
            ),
            Paragraphs(
                ("GATE CALL050の申込/解約は書面受付です。「ご契約内容変更申請」をご覧ください。",),
                heading="書面で承るもの",
            ),
            Paragraphs(
                (
                    "メールパック、メール&Webスペース、メールアドレスは、単体での解約はできません。",
                    "お申し込み後の取り消し、アカウントIDの変更、削除したアカウントIDの再登録はできません。",
                ),
                heading="お手続きいただけないもの",
            ),
        ),
        phone=PHONE,
        hours=HOURS,
    ),
    _outside("bills", "月額請求明細照会", "bills/", BILLS_OUTSIDE, "毎月のご請求明細をご覧いただけます。"),
    _outside(
        "gatecall050",
        "GATE CALL050通話明細照会",
        "gatecall050/",
        BILLS_OUTSIDE,
        "GATE CALL050の通話明細をご覧いただけます。",
    ),
    _outside(
        "telephone", "UCOM光電話通話明細照会", "telephone/", BILLS_OUTSIDE, "UCOM光電話の通話明細をご覧いただけます。"
    ),
    _outside("cinema", "ギガシネマ with U-NEXT", "cinema/", CINEMA, "映像配信サービスのお申し込みとご解約ができます。"),
    _outside("club-off", "UCOM光 クラブオフ", "club/", CLUB, "会員優待サービスをご利用いただけます。"),
    Guidance(
        slug="web-space",
        title="Webスペースの登録",
        lead="Webスペースの登録と、ホームページアドレスのご案内です。",
        why="Webスペースは、ご利用になるアカウントIDを確認してご用意するため、お電話で承ります。",
        blocks=(
            Paragraphs(
                ("お電話の前に、お客様番号と、ご利用になるアカウントIDをご用意ください。",),
                heading="ご用意いただくもの",
            ),
        ),
        phone=PHONE,
        hours=HOURS,
    ),
    Guidance(
        slug="trouble",
        title="障害情報",
        lead="通信がつながりにくいときにご覧ください。",
        blocks=(
            Paragraphs(
                (
                    "現在の障害の状況は、障害情報のページでご案内しています。回線が使えないときは、お電話でお問い合わせください。",
                )
            ),
        ),
        documents=(("障害情報のページ", f"{SITE}trouble/"),),
        phone=PHONE,
        hours=HOURS,
    ),
    Guidance(
        slug="maintenance",
        title="メンテナンス情報",
        lead="工事とメンテナンスの予定です。",
        blocks=(Paragraphs(("今後の予定と終了したメンテナンスは、メンテナンス情報のページでご案内しています。",)),),
        documents=(("メンテナンス情報のページ", f"{SITE}maintenance/"),),
    ),
    Guidance(
        slug="manuals",
        title="マニュアル・利用規約",
        lead="マイページの操作マニュアルと、各サービスの利用規約です。",
        documents=(
            ("マイページ操作マニュアル（PDF）", f"{SITE}documents/mypage.pdf"),
            ("UCOM光 レジデンス 利用規約（PDF）", f"{SITE}documents/terms.pdf"),
        ),
    ),
    Guidance(
        slug="contact",
        title="一般的なお問い合わせ",
        lead="ご契約、料金、マイページのご利用についてのお問い合わせ窓口です。",
        blocks=(
            Paragraphs(
                (
                    "お客様番号パスワードがわからない方は、お電話でお問い合わせください。",
                    (
                        "アカウントIDパスワードがわからない方は、お客様番号または管理者権限のアカウントIDでログインし、"
                        "「アカウントID管理」で設定しなおしてください。"
                    ),
                ),
                heading="パスワードがわからない方",
            ),
        ),
        phone=PHONE,
        hours=HOURS,
    ),
)
