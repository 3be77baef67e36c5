"""Pages about what is done by telephone or on a page of its own (OCN-28, OCN-31, OCN-153, OCN-174).

The manual names the entries alone; telephone numbers, hours and addresses below are invented.
"""

from mypage.plugin import Guidance
from mypage_ocn.names import CHANGES

PHONE = "0120-000-000"
HOURS = "受付時間 9:00～17:00（土・日・祝日・年末年始を除く）"
SITE = "https://support.ocn.example/"

AGAIN = "専用ページが開きます。お客様番号をご用意ください。"


def _outside(slug: str, title: str, lead: str) -> Guidance:
    return Guidance(
        slug=slug,
        title=title,
        permission=CHANGES,
        lead=lead,
        leads_to=("専用ページへ進む", f"{SITE}{slug}/"),
        note=AGAIN,
    )


def _by_phone(slug: str, title: str, lead: str, *, phone: str = PHONE, hours: str = HOURS) -> Guidance:
    return Guidance(
        slug=slug,
        title=title,
        lead=lead,
        why="お客さまのご利用環境やご契約を伺ってご案内するため、お電話で承ります。",
        phone=phone,
        hours=hours,
    )


GUIDANCE: tuple[Guidance, ...] = (
    _outside("payment", "お支払い方法（クレジットカードへ）", "お支払い方法をクレジットカードに変更できます。"),
    _outside(
        "billing-address",
        "「請求書」および「口座振替のお知らせ」送付先住所",
        "「請求書」と「口座振替のお知らせ」をお送りする住所を変更できます。",
    ),
    _outside("billing-way", "「口座振替のお知らせ」の送付方法", "「口座振替のお知らせ」の送付方法を変更できます。"),
    _outside("contact-person", "担当者連絡先", "ご担当者さまのお名前と連絡先を変更できます。"),
    _by_phone("setup", "設定方法について", "ネットワーク機器やメールソフトの設定方法をお電話でご案内します。"),
    _by_phone(
        "trouble",
        "故障について",
        "つながらない、切れるなどの故障をお電話で受け付けます。",
        phone="0120-000-113",
        hours="24時間 年中無休",
    ),
    _by_phone("charges", "請求料金について", "ご請求の内容やお支払いについてお電話でご案内します。"),
    _by_phone(
        "procedures", "各種手続き・申し込み方法について", "お手続きとお申し込みの方法についてお電話でご案内します。"
    ),
)
