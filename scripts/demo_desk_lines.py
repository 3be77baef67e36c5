"""Companies of the third operator's demo, one for each state of a line and of its mail accounts. All invented."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Line = dict[str, Any]

TENANT = "ocn"
URL = "http://ocn.localhost:{port}/"
LABEL = "OCN for business"
SCHEME = "line"
DOMAIN = "one.example.jp"
MENU = "OCN光フレッツ IP1 ファミリータイプ"
OWN_PASSWORD, VOICE = "auth-password", "voice"
ACCOUNT, CHECK = "mail-account", "virus-check"
SINCE = "2026-04-01T10:00:00+09:00"
INVOICE, DEBIT = "請求書によるお支払い", "口座振替によるお支払い"


@dataclass(frozen=True, kw_only=True)
class Desk:
    """One company with its line. `mail` are the addresses of its places in order, "+" behind one with the option."""

    number: str
    name: str
    kana: str
    shows: str
    local: str
    password: str
    mail: tuple[str, ...] = ()
    features: tuple[str, ...] = (OWN_PASSWORD,)
    department: str = "総務部"
    payment: str = INVOICE
    services: tuple[str, ...] = ()
    status: str = "active"
    postal_code: str = "100-0000"
    domain: str = DOMAIN

    @property
    def login(self) -> str:
        """The whole 認証ID."""
        return f"{self.local}@{self.domain}"

    def customer(self) -> Line:
        """Its line of customers."""
        return {
            "type": "customer",
            "number": self.number,
            "name": self.name,
            "kana": self.kana,
            "kind": "company",
            "email": f"{self.local}@company.example",
            "phone": "03-0000-0000",
            "postal_code": self.postal_code,
            "address": "東京都見本区一丁目2-3 見本ビル",
        }

    def account(self) -> Line:
        """Its line of accounts. The first password came on paper; changing it is advised, not demanded."""
        named = {"type": "account", "customer": self.number, "scheme": SCHEME, "login_id": self.login}
        return {**named, "password": self.password, "must_change": False, "email": f"{self.local}@company.example"}

    def contract(self) -> Line:
        """Its line of contracts."""
        told = {"部課名": self.department, "支払い方法": self.payment}
        ended = {"ended_on": "2026-10-31"} if self.status == "terminated" else {}
        return {
            "type": "contract",
            "customer": self.number,
            "number": self.number,
            "name": MENU,
            "plan": "family",
            "features": list(self.features),
            "status": self.status,
            "place": "東京都見本区一丁目2-3 見本ビル",
            "started_on": "2023-04-01",
            **ended,
            "details": {label: value for label, value in told.items() if value},
            "services": [
                {"category": "インターネット", "name": MENU, "status": self.status, **ended},
                *({"category": "オプション", "name": name} for name in self.services),
            ],
        }

    def places(self) -> list[Line]:
        """Its mail accounts."""
        return [
            {
                "type": "slot",
                "contract": self.number,
                "kind": "mail",
                "number": place,
                "address": address.rstrip("+"),
                "options": [CHECK] if address.endswith("+") else [],
                "started_at": SINCE,
            }
            for place, address in enumerate(self.mail, 1)
        ]

    def charged(self) -> list[Line]:
        """What is charged for them: each account, and each option of one."""
        return [
            {"type": "subscription", "contract": self.number, "product": product, "piece": place, "bought_at": SINCE}
            for place, address in enumerate(self.mail, 1)
            for product in (ACCOUNT, *((CHECK,) if address.endswith("+") else ()))
        ]

    def line_secrets(self) -> list[Line]:
        """認証ID and 認証パスワード, for staff who help on the telephone."""
        if self.status == "terminated":
            return []
        named = {"type": "line_secret", "contract": self.number}
        return [
            {**named, "label": "認証ID", "value": self.login},
            {**named, "label": "認証パスワード", "value": self.password},
        ]


def desks() -> list[Desk]:
    """Each shows one state."""
    return [
        Desk(
            number="N100000001", name="山並商事株式会社", kana="ヤマナミショウジ",
            local="yamanami01", password="yama48na",
            mail=("abcdefg@arrow.example.jp",),
            shows="メールアカウント1個。追加・変更・削除、認証パスワードの変更、廃止のお申込みを試せます",
        ),
        Desk(
            number="N100000002", name="見本印刷株式会社", kana="ミホンインサツ",
            local="insatsu02", password="insa26ts",
            mail=(
                "soumu@arrow.example.jp+", "eigyo@dune.example.jp+", "keiri@blue.example.jp+", "info@dune.example.jp+",
            ),
            shows="メールアカウント4個、すべてウイルスチェックあり（月額1,250円、税込1,375円）",
        ),
        Desk(
            number="N100000003", name="有限会社朝日見本堂", kana="アサヒミホンドウ",
            local="asahi03", password="asahi+26",
            mail=("asahido@blue.example.jp",),
            shows="追加のお申込みを処理中。キャンセル（取消し）できます",
        ),
        Desk(
            number="N100000004", name="見本運輸株式会社", kana="ミホンウンユ",
            local="unyu04", password="unyu-202",
            mail=("haisha@arrow.example.jp+",), department="",
            shows="書面でのお申込みを処理中のため、お申込みができません。部課名は未登録",
        ),
        Desk(
            number="N100000005", name="株式会社みほん食堂", kana="ミホンショクドウ",
            local="shokudo05", password="shoku_05", features=(), payment=DEBIT,
            mail=("shokudo@dune.example.jp",), domain="two.example.jp",
            shows="「認証パスワード変更」のないご契約",
        ),
        Desk(
            number="N100000006", name="見本不動産株式会社", kana="ミホンフドウサン",
            local="fudosan06", password="fudo2026",
            mail=("fudosan@arrow.example.jp", "tenpo@blue.example.jp+"), services=("OCNひかり電話",),
            shows="廃止を受付済み。ご利用状況とお電話での問い合わせだけが残ります",
        ),
        Desk(
            number="N100000007", name="株式会社旧見本商会", kana="キュウミホンショウカイ",
            local="kyumihon07", password="kyu2026m", status="terminated",
            shows="廃止済み。ログインできません",
        ),
        Desk(
            number="N100000008", name="合同会社しんみほん", kana="シンミホン",
            local="shin08", password="ab12cd34",
            mail=("shin@dune.example.jp",), postal_code="",
            shows="初期パスワードのまま。変更をおすすめしますが、そのままでもご利用になれます。郵便番号は未登録",
        ),
        Desk(
            number="N100000009", name="見本電機株式会社", kana="ミホンデンキ",
            local="denki09", password="denki=09", features=(OWN_PASSWORD, VOICE), services=("ArcstarIPVoice",),
            mail=("denki@arrow.example.jp",),
            shows="ArcstarIPVoice をご利用中。この画面では廃止できないオプションとして最初に表示されます",
        ),
        Desk(
            number="N100000010", name="株式会社三つ葉見本", kana="ミツバミホン",
            local="mitsuba10", password="mitsu(10",
            mail=("mitsuba@blue.example.jp", "hacchu@dune.example.jp+", "saiyo@arrow.example.jp"),
            shows="メールアカウント3個と、処理中の追加1個",
        ),
    ]  # fmt: skip


def feeds() -> dict[str, list[Line]]:
    """One list per file, in the order of import."""
    lines = desks()
    return {
        "1-customers": [each.customer() for each in lines],
        "2-accounts": [each.account() for each in lines],
        "3-contracts": [each.contract() for each in lines],
        "4-slots": [line for each in lines for line in each.places()],
        "5-subscriptions": [line for each in lines for line in each.charged()],
        "7-line-secrets": [line for each in lines for line in each.line_secrets()],
    }


def logins() -> list[dict[str, str]]:
    """What to try."""
    shared = {"tenant": TENANT, "url": URL, "label": LABEL}
    return [
        {**shared, "login": each.login, "password": each.password, "note": f"{each.name}: {each.shows}"}
        for each in desks()
    ]
