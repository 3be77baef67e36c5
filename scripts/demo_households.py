"""The households of the second operator's demo, one for each state of accounts, options and payment. All invented."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Line = dict[str, Any]

TENANT = "ucom"
URL = "http://ucom.localhost:{port}/"
LABEL = "UCOM光 レジデンス"
BY_NUMBER, BY_ACCOUNT = "customer-number", "account-id"
DOMAIN = "s2.spaaqs.ne.jp"
LAN, FIBER = ("lan", "マンションLANタイプ"), ("fiber", "マンション光タイプ")
FAMILY, PASSWORD = "kazoku2026", "hikari2026"
"""The passwords of all アカウントID, and of all お客様番号: a demo has to be easy to try."""


@dataclass(frozen=True, kw_only=True)
class Member:
    """An アカウントID: who it is for, its mail address and what it bought, as (product, from[, until])."""

    login: str
    name: tuple[str, str]
    kana: tuple[str, str]
    shows: str = ""
    role: str = "user"
    mail: str = ""
    web: str = ""
    bought: tuple[tuple[str, ...], ...] = ()
    status: str = "active"


@dataclass(frozen=True, kw_only=True)
class Household:
    """One contract with everything that the feeds say of it."""

    number: str
    name: str
    kana: str
    shows: str
    plan: tuple[str, str] = LAN
    since: str = "2024-04-01"
    members: tuple[Member, ...] = ()
    bought: tuple[tuple[str, ...], ...] = ()
    card: Line | None = None
    email: str = ""
    profile: Mapping[str, str] = field(default_factory=dict)

    def customer(self) -> Line:
        """Its line of customers."""
        told = {"birth_date": "1985-06-12", "gender": "女性", "occupation": "会社員", "household": "3"}
        return {
            "type": "customer",
            "number": self.number,
            "name": self.name,
            "kana": self.kana,
            "email": self.email,
            "phone": "012-345-6789",
            "postal_code": "100-0000",
            "address": "東京都見本区一丁目2-3 見本マンション",
            "profile": told | dict(self.profile),
        }

    def contract(self) -> Line:
        """Its line of contracts."""
        return {
            "type": "contract",
            "customer": self.number,
            "number": self.number,
            "name": self.plan[1],
            "plan": self.plan[0],
            "place": "東京都見本区一丁目2-3 見本マンション",
            "started_on": self.since,
            "services": [{"category": "インターネット", "name": f"UCOM光 レジデンス {self.plan[1]}"}],
        }

    def accounts(self) -> Iterable[Line]:
        """The holder's login and those that were handed out."""
        shared = {"type": "account", "customer": self.number}
        yield {
            **shared,
            "scheme": BY_NUMBER,
            "login_id": self.number,
            "password": PASSWORD,
            "email": self.email,
            "role": "holder",
        }
        for member in self.members:
            yield {
                **shared,
                "scheme": BY_ACCOUNT,
                "login_id": member.login,
                "password": FAMILY,
                "role": member.role,
                "status": member.status,
                "family_name": member.name[0],
                "given_name": member.name[1],
                "family_kana": member.kana[0],
                "given_kana": member.kana[1],
                "user_name": member.name[1],
            }

    def subscriptions(self) -> Iterable[Line]:
        """Purchases of the contract and of its members."""
        for bought in self.bought:
            yield _purchase(self.number, bought)
        for member in self.members:
            for bought in member.bought:
                yield _purchase(self.number, bought, {"scheme": BY_ACCOUNT, "login_id": member.login})

    def resources(self) -> Iterable[Line]:
        """Mail addresses and web spaces."""
        for member in self.members:
            for kind, value in (("mail", member.mail), ("web", member.web)):
                if value:
                    yield {
                        "type": "resource",
                        "contract": self.number,
                        "scheme": BY_ACCOUNT,
                        "login_id": member.login,
                        "kind": kind,
                        "value": value,
                        "own": DOMAIN in value or kind == "web",
                        "started_at": "2026-05-01T10:00:00+09:00",
                    }


def _purchase(number: str, bought: Sequence[str], holder: Line | None = None) -> Line:
    product, since, *until = bought
    line = {"type": "subscription", "contract": number, "product": product, **(holder or {}), "bought_at": _at(since)}
    return line | ({"ended_at": _at(until[0])} if until else {})


def _at(day: str) -> str:
    return f"{day}T10:00:00+09:00"


def _card(brand: str, last4: str, month: int, year: int) -> Line:
    return {"brand": brand, "last4": last4, "exp_month": month, "exp_year": year}


def households() -> list[Household]:
    """Each shows one state."""
    return [
        Household(
            number="90000000000000",
            name="有光 杏",
            kana="アリミツ アン",
            shows="アカウントID 2個、リモートサポート購入済。すべての画面を試せます",
            email="an@arteria.example",
            profile={"mobile": "090-1234-5678"},
            card=_card("visa", "0000", 1, 2030),
            bought=(("remote-support", "2026-06-02"),),
            members=(
                Member(
                    login="arteri-an-001",
                    name=("有光", "杏"),
                    kana=("アリミツ", "アン"),
                    role="manager",
                    mail="an@example.jp",
                    bought=(("security-360", "2026-09-10"), ("security-online", "2026-07-01", "2026-10-15")),
                    shows="管理者権限。セキュリティ360°購入済、セキュリティオンライン解約済",
                ),
                Member(
                    login="arteri-an-002",
                    name=("有光", "健"),
                    kana=("アリミツ", "ケン"),
                    shows="ユーザー権限。メールアドレス未登録のため、セキュリティオプションはまだ購入できません",
                ),
            ),
        ),
        Household(
            number="90000000000001",
            name="見本 はじめ",
            kana="ミホン ハジメ",
            shows="アカウントIDなし。ログインすると「アカウントID登録／変更」が開きます",
            since="2026-11-15",
            email="hajime@example.jp",
        ),
        Household(
            number="90000000000002",
            name="五人 家族",
            kana="ゴニン カゾク",
            shows="アカウントID 5個 / 5個。新規登録はできません",
            email="gonin@example.jp",
            card=_card("jcb", "1234", 8, 2029),
            members=tuple(
                Member(
                    login=f"gonin-{place:03}",
                    name=("五人", given),
                    kana=("ゴニン", kana),
                    role="manager" if place == 1 else "user",
                    mail=f"gonin{place}@example.jp" if place < 5 else "",
                )
                for place, (given, kana) in enumerate(
                    (("父", "チチ"), ("母", "ハハ"), ("長男", "チョウナン"), ("長女", "チョウジョ"), ("祖母", "ソボ")),
                    1,
                )
            ),
        ),
        Household(
            number="90000000000003",
            name="光 みのる",
            kana="ヒカリ ミノル",
            shows="メールパック購入済、UCOMメールアドレス2個。1個を他社に変えるとメールパックは自動解約",
            plan=FIBER,
            email="minoru@example.jp",
            card=_card("mastercard", "4444", 3, 2028),
            bought=(("mail-pack", "2026-04-20"),),
            members=(
                Member(
                    login="hikari-minoru",
                    name=("光", "みのる"),
                    kana=("ヒカリ", "ミノル"),
                    role="manager",
                    mail=f"hikari.minoru@{DOMAIN}",
                    shows="管理者権限。UCOMメールアドレスあり",
                ),
                Member(login="hikari-sora", name=("光", "そら"), kana=("ヒカリ", "ソラ"), mail=f"hikari.sora@{DOMAIN}"),
            ),
        ),
        Household(
            number="90000000000004",
            name="網野 結",
            kana="アミノ ユイ",
            shows="メール&Webスペース購入済、UCOMメールアドレス1個。アカウントIDを削除すると自動解約",
            email="yui@example.jp",
            card=_card("amex", "0005", 12, 2027),
            bought=(("mail-web", "2026-04-25"),),
            members=(
                Member(
                    login="amino-yui",
                    name=("網野", "結"),
                    kana=("アミノ", "ユイ"),
                    role="manager",
                    mail=f"amino.yui@{DOMAIN}",
                    bought=(("kids-filter", "2026-11-05"),),
                    shows="管理者権限。安心 Kidsフィルターは11月申込み（当月無料）。起動から1時間はログインのロック中"
                    "（受付管理で解除できます）",
                ),
            ),
        ),
        Household(
            number="90000000000005",
            name="加戸 未来",
            kana="カド ミライ",
            shows=(
                "カードの有効期限切れ。カード名義に TARO YAMADA と入力すると確認待ちになります。"
                "リモートサポート解約済（再申し込みには手数料）"
            ),
            email="mirai@example.jp",
            card=_card("diners", "3237", 5, 2026),
            bought=(("remote-support", "2026-02-03", "2026-08-20"),),
            members=(Member(login="kado-mirai", name=("加戸", "未来"), kana=("カド", "ミライ"), role="manager"),),
        ),
        Household(
            number="90000000000006",
            name="待田 望",
            kana="マチダ ノゾミ",
            shows=(
                "名義の異なるカード（ICHIRO MACHIDA）が確認待ち。支払いが必要なオプションはまだ購入できません。"
                "`mypage reviews ucom` で確認できます"
            ),
            email="nozomi@example.jp",
            card=_card("visa", "1881", 9, 2029) | {"holder": "ICHIRO MACHIDA", "review": True},
            members=(Member(login="machida-nozomi", name=("待田", "望"), kana=("マチダ", "ノゾミ"), role="manager"),),
        ),
    ]


def feeds() -> dict[str, list[Line]]:
    """One list per file, in the order of import."""
    homes = households()
    return {
        "1-customers": [home.customer() for home in homes],
        "2-accounts": [line for home in homes for line in home.accounts()],
        "3-contracts": [home.contract() for home in homes],
        "4-subscriptions": [line for home in homes for line in home.subscriptions()],
        "5-resources": [line for home in homes for line in home.resources()],
        "6-cards": [
            {"type": "card", "customer": h.number, "gateway": "hosted-page", "token": f"tok_demo_{h.number}", **h.card}
            for h in homes
            if h.card
        ],
        "7-line-secrets": [line for home in homes for line in line_secrets(home.number)],
    }


def line_secrets(contract: str) -> list[Line]:
    """認証ID and 認証パスワード of a line, made up of its number, so that every run writes the same."""
    digest = hashlib.sha256(f"line:{contract}".encode()).hexdigest()
    named = {"type": "line_secret", "contract": contract}
    return [
        {**named, "label": "認証ID", "value": f"line{digest[:8]}@ppp.example"},
        {**named, "label": "認証パスワード", "value": f"{digest[8:12]}-{digest[12:16]}-{digest[16:20]}"},
    ]


def logins() -> list[dict[str, str]]:
    """What to try."""
    shared = {"tenant": TENANT, "url": URL, "label": LABEL}
    tried = []
    for home in households():
        tried.append(
            {**shared, "login": home.number, "password": PASSWORD, "note": f"お客様番号 {home.name}: {home.shows}"}
        )
        tried.extend(
            {**shared, "login": m.login, "password": FAMILY, "note": f"アカウントID {' '.join(m.name)}: {m.shows}"}
            for m in home.members
            if m.shows
        )
    return tried
