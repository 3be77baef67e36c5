"""Writes the demo's feeds and its table of logins below demo/. All people, companies, places and numbers are invented.

    .venv/bin/python scripts/make_demo_feeds.py

The same run always gives the same files; today is 21 November 2026.
"""

from __future__ import annotations

import json
import sys
from calendar import monthrange
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import demo_desk_lines
import demo_households
import demo_lines

from mypage.billing.tax import TaxableLine, totals

DEMO = Path(__file__).parent.parent / "demo"
SCHEME = "mypage"
GATEWAY = "hosted-page"
NEWEST = date(2026, 11, 1)
PLACE = "青森県青森市見本町"
CREDIT_CARD = "クレジットカード"
BANK = "口座振替"

Line = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Person:
    """A customer of the demo with everything that the feeds say of them."""

    number: str
    name: str
    kana: str
    shows: str
    contracts: tuple[Line, ...]
    invoices: tuple[Line, ...] = ()
    login: str = ""
    password: str = ""
    must_change: bool = False
    code: tuple[str, str, str] | None = None
    card: Line | None = None
    more: Line = field(default_factory=dict)

    def customer(self) -> Line:
        """Its line of customers."""
        address = {
            "phone": "000-0000-0000",
            "postal_code": "030-0000",
            "address": f"{PLACE}{int(self.number) % 9 + 1}-2",
        }
        email = {"email": f"{self.login or 'k' + self.number}@example.jp"}
        code = {"proof_code": list(self.code)} if self.code else {}
        stated = {"type": "customer", "number": self.number, "name": self.name, "kana": self.kana}
        return stated | email | address | self.more | code

    def account(self) -> Line:
        """Its line of accounts."""
        login = {"scheme": SCHEME, "login_id": self.login, "password": self.password, "must_change": self.must_change}
        return {"type": "account", "customer": self.number, **login, "email": f"{self.login}@example.jp"}


def months(first: date, last: date = NEWEST) -> Iterator[date]:
    """First days of months."""
    while first <= last:
        yield first
        first = date(first.year + first.month // 12, first.month % 12 + 1, 1)


def debit_day(month: date) -> date:
    """The 27th, or the Monday after a weekend."""
    day = month.replace(day=27)
    return day + timedelta(days={5: 2, 6: 1}.get(day.weekday(), 0))


def end_of(month: date) -> date:
    """The last day of a month."""
    return month.replace(day=monthrange(month.year, month.month)[1])


def item(month: date, description: str, amount: int, *, days: tuple[int, int] | None = None, **more: Any) -> Line:
    """A line for the whole month or for some days of it."""
    first, last = (month.replace(day=days[0]), month.replace(day=days[1])) if days else (month, end_of(month))
    period = {"period_from": first.isoformat(), "period_to": last.isoformat()}
    return {"description": description, "amount": amount, **period, **more}


def once(description: str, amount: int, text: str = "", **more: Any) -> Line:
    """A line without a period of days."""
    return {"description": description, "amount": amount, **({"period_text": text} if text else {}), **more}


def invoice(
    number: str, month: date, lines: list[Line], *, status: str = "", method: str = CREDIT_CARD, **more: Any
) -> Line:
    """A bill with the totals that its lines give."""
    sums = totals([TaxableLine(x["amount"], x.get("rate_percent", 10) * 100, x.get("reduced", False)) for x in lines])
    return {
        "type": "invoice",
        "customer": number,
        "number": f"{month:%Y-%m}-{number}",
        "month": f"{month:%Y-%m}",
        "issued_on": month.replace(day=10).isoformat(),
        "due_on": debit_day(month).isoformat(),
        "status": status or ("scheduled" if month == NEWEST else "paid"),
        "payment_method": method,
        **more,
        "lines": lines,
        "totals": {"net": sums.net, "tax": sums.tax, "total": sums.gross},
    }


def contract(number: str, part: int, name: str, services: Iterable[tuple[str, ...]], **more: Any) -> Line:
    """A contract whose services are (category, name[, status, ended_on])."""
    keys = ("category", "name", "status", "ended_on")
    listed = [dict(zip(keys, service, strict=False)) for service in services]
    return {
        "type": "contract",
        "customer": number,
        "number": f"{number}-{part:02d}",
        "name": name,
        "place": f"{PLACE}{int(number) % 9 + 1}-2",
        **more,
        "services": listed,
    }


def card(brand: str, last4: str, month: int, year: int) -> Line:
    """A card as the payment company's token."""
    return {"brand": brand, "last4": last4, "exp_month": month, "exp_year": year}


def hanako() -> Person:
    """Fourteen months; the faster course from 15 August 2026 on explains why the bill went up."""
    number = "0012345"
    bills = []
    for month in months(date(2025, 10, 1)):
        calls = 140 + month.month * 37 % 260
        if month == date(2026, 8, 1):
            course = [
                item(month, "インターネット 30Mコース（変更前）", 1716, days=(1, 14)),
                item(month, "インターネット 100Mコース（変更後）", 2632, days=(15, 31)),
                once("コース変更手数料", 2000, "8月15日 お手続き分"),
            ]
        elif month > date(2026, 8, 1):
            course = [item(month, "インターネット 100Mコース", 4800)]
        else:
            course = [item(month, "インターネット 30Mコース", 3800)]
        lines = [
            *course,
            item(month, "ケーブルテレビ スタンダード", 3300),
            item(month, "ケーブル電話 基本料金", 1330),
            once("ケーブル電話 通話料", calls, f"{(month - timedelta(days=1)).month}月ご利用分"),
        ]
        bills.append(invoice(number, month, lines, method=f"{CREDIT_CARD}（VISA）"))
    services = (
        ("インターネット", "インターネット 100Mコース"),
        ("インターネット", "インターネット 30Mコース", "terminated", "2026-08-14"),
        ("テレビ", "ケーブルテレビ スタンダード"),
        ("テレビ", "録画機能付きチューナー 1台"),
        ("電話", "ケーブル電話 000-000-0000"),
    )
    home = contract(
        number, 1, "ご自宅", services, started_on="2019-04-01", details={"建物": "戸建て", "回線": "光・同軸"}
    )
    return Person(
        number=number,
        name="青森 花子",
        kana="アオモリ ハナコ",
        shows="14か月分の請求、8月にコース変更、27日に引き落とし予定、登録カードはVISA",
        contracts=(home,),
        invoices=tuple(bills),
        login="hanako1958",
        password="ringo2026aomori",
        card=card("visa", "4242", 12, 2028),
    )


def newcomer(number: str, name: str, kana: str, code: tuple[str, str, str], **more: Any) -> Person:
    """A customer with the paper at hand and no account yet."""
    services = (("インターネット", "インターネット 100Mコース"), ("テレビ", "ケーブルテレビ ベーシック"))
    bills = [
        invoice(
            number,
            month,
            [item(month, "インターネット 100Mコース", 4800), item(month, "ケーブルテレビ ベーシック", 1800)],
            method=BANK,
        )
        for month in months(date(2026, 9, 1))
    ]
    contracts = (contract(number, 1, "ご自宅", services, started_on="2026-08-20"),)
    shows = "アカウント未作成。新規アカウント作成を試せます"
    return Person(
        number=number,
        name=name,
        kana=kana,
        shows=shows,
        contracts=contracts,
        invoices=tuple(bills),
        code=code,
        more=more,
    )


def simple(number: str, name: str, kana: str, login: str, password: str, shows: str, **more: Any) -> Person:
    """A customer with one internet contract and half a year of bills, paid unless `states` says otherwise."""
    states = more.pop("states", {})
    method = more.pop("method", CREDIT_CARD)
    bills = tuple(
        invoice(
            number,
            month,
            [item(month, "インターネット 100Mコース", 4800)],
            status=states.get(month.month, ""),
            method=method,
        )
        for month in months(date(2026, 6, 1))
    )
    home = contract(number, 1, "ご自宅", (("インターネット", "インターネット 100Mコース"),), started_on="2021-10-01")
    stated = {"contracts": (home,), "invoices": bills} | more
    return Person(number=number, name=name, kana=kana, login=login, password=password, shows=shows, **stated)


def company() -> Person:
    """Thirty contracts and a name that fills every line."""
    number = "0100200"
    towns = ("本社", "駅前", "港町", "空港", "北口", "南口", "東通り", "西通り", "市場前", "高台")
    offices = [f"{town}{kind}" for kind in ("営業所", "配送センター", "直売所") for town in towns]
    contracts = [
        contract(
            number,
            part,
            f"オフィス光 {office}",
            (("インターネット", "オフィス光 1Gコース"), ("電話", "オフィス電話 2回線")),
            place=f"{PLACE}9-{part} {office}",
            started_on=f"20{10 + part % 14:02d}-04-01",
            details={"ご担当": "総務部", "固定IPアドレス": "1個"},
        )
        for part, office in enumerate(offices, 1)
    ]
    contracts[6] |= {"status": "suspended"}
    bills = [
        invoice(number, month, [item(month, f"オフィス光 1Gコース {office}", 8800) for office in offices], method=BANK)
        for month in months(date(2026, 8, 1))
    ]
    return Person(
        number=number,
        name="株式会社見本りんごの里総合流通サービスアンド地域情報通信ネットワーク東北北海道統括本部",
        kana="ミホンリンゴノサトソウゴウリュウツウサービスアンドチイキジョウホウツウシンネットワーク",
        shows="法人、契約30件、とても長い名前",
        contracts=tuple(contracts),
        invoices=tuple(bills),
        login="mihonringo",
        password="kaisha2026soumu",
        more={"kind": "company"},
    )


def reader() -> Person:
    """Two tax rates and a credit on one invoice."""
    number = "0067890"
    bills = []
    for month in months(date(2026, 5, 1)):
        lines = [
            item(month, "インターネット 30Mコース", 3800),
            item(month, "地域新聞 定期購読料（週2回発行）", 1389, rate_percent=8, reduced=True),
        ]
        if month.month == 10:
            lines.append(once("障害によるご返金", -620, "9月12日から9月14日まで"))
        if month.month == 11:
            lines.append(once("りんごジュース 6本入り", 1843, "10月ご注文分", rate_percent=8, reduced=True))
        note = "10月分に、9月の障害によるご返金が含まれています。" if month.month == 10 else ""
        bills.append(invoice(number, month, lines, method=BANK, **({"note": note} if note else {})))
    services = (("インターネット", "インターネット 30Mコース"), ("ご購読", "地域新聞"))
    return Person(
        number=number,
        name="黒石 しおり",
        kana="クロイシ シオリ",
        shows="軽減税率8%の明細と返金のある請求",
        contracts=(contract(number, 1, "ご自宅", services, started_on="2018-06-01"),),
        invoices=tuple(bills),
        login="shiori2026",
        password="shinbun2026",
    )


def ended() -> Person:
    """A contract that ended in June."""
    number = "0045678"
    services = (("インターネット", "インターネット 30Mコース", "terminated", "2026-06-30"),)
    dates = {"status": "terminated", "started_on": "2015-04-01", "ended_on": "2026-06-30"}
    bills = [
        invoice(number, month, [item(month, "インターネット 30Mコース", 3800)], method=BANK)
        for month in months(date(2026, 2, 1), date(2026, 5, 1))
    ]
    last = date(2026, 6, 1)
    fee = once("機器撤去費用", 5000, "6月30日 作業分")
    bills.append(invoice(number, last, [item(last, "インターネット 30Mコース", 3800), fee], method=BANK))
    return Person(
        number=number,
        name="五所川原 健",
        kana="ゴショガワラ ケン",
        shows="解約済みの契約",
        contracts=(contract(number, 1, "ご自宅", services, **dates),),
        invoices=tuple(bills),
        login="ken2026",
        password="nebuta2026",
    )


def starting() -> Person:
    """A contract in preparation: no bills yet."""
    number = "0056789"
    services = (
        ("インターネット", "インターネット 1Gコース", "preparing"),
        ("テレビ", "ケーブルテレビ ベーシック", "preparing"),
    )
    details = {"開通予定日": "2026年12月8日（火）", "工事": "お立ち会いが必要です"}
    new = contract(number, 1, "ご自宅（新築）", services, status="preparing", details=details)
    return Person(
        number=number,
        name="むつ 葵",
        kana="ムツ アオイ",
        shows="開通準備中、請求はまだありません",
        contracts=(new,),
        login="aoi2026",
        password="shinchiku2026",
    )


def actv() -> list[Person]:
    """Everybody of the first portal, each showing one state."""
    emily = {"language": "en"}
    expired = card("mastercard", "4444", 5, 2026)
    paused = contract(
        "0089012",
        2,
        "別宅",
        (("インターネット", "インターネット 30Mコース", "suspended"),),
        status="suspended",
        started_on="2020-12-01",
        details={"休止のお申し出": "2026年4月から2027年3月まで"},
    )
    sachiko = simple(
        "0089012",
        "髙﨑 幸子",
        "タカサキ サチコ",
        "sachiko2026",
        "mizuumi2026",
        "休止中の契約、名前に髙と﨑。起動から1時間はログインのロック中（受付管理で解除できます）",
        method=BANK,
    )
    return [
        hanako(),
        newcomer("0023456", "津軽 太郎", "ツガル タロウ", ("aB3d", "7Kmp", "Xy90")),
        newcomer("0023457", "八戸 さくら", "ハチノヘ サクラ", ("Qr5T", "n2Wx", "8hJK")),
        newcomer("0023458", "Emily Carter", "エミリー カーター", ("Mn4p", "C7de", "2RsT"), **emily),
        simple(
            "0034567", "弘前 一郎", "ヒロサキ イチロウ", "ichiro2026", "sakura2026",
            "10月分が未払い、届かなかったメール",
            states={10: "unpaid"}, method="払込票",
        ),
        simple(
            "0034568", "十和田 みのり", "トワダ ミノリ", "minori2026", "okuirase2026",
            "10月分の引き落とし失敗、カードの有効期限切れ",
            states={10: "failed"}, method=f"{CREDIT_CARD}（MasterCard）", card=expired,
        ),
        ended(),
        starting(),
        reader(),
        simple(
            "0078901", "平川 修", "ヒラカワ オサム", "osamu2026", "shoki2026",
            "初期パスワード。ログイン後に変更します", must_change=True,
        ),
        Person(**{**vars(sachiko), "contracts": (*sachiko.contracts, paused)}),
        company(),
    ]  # fmt: skip


def plain() -> list[Person]:
    """Two people of the second portal, which has no notices."""
    first = simple("7000001", "見本 未来", "ミホン ミライ", "mirai2026", "hoshizora2026", "標準テーマ、お知らせなし")
    code = ("Tk6v", "9bHc", "L3mN")
    return [first, newcomer("7000002", "見本 大地", "ミホン ダイチ", code)]


def notices() -> list[Line]:
    """Every importance, one not started, one ended, one for a single customer."""

    def notice(key: str, title: str, body: str, title_en: str, body_en: str, starts: str, **more: Any) -> Line:
        texts = {"title": title, "body": body, "title_en": title_en, "body_en": body_en}
        return {"type": "notice", "key": key, **texts, "starts_at": f"{starts}:00+09:00", **more}

    return [
        notice(
            "2026-11-outage",
            "見本町の一部でインターネットがつながりにくくなっています",
            "11月21日 8時ごろから、青森市見本町の一部でインターネットがつながりにくくなっています。\n"
            "復旧作業を進めています。ご迷惑をおかけし、申し訳ございません。",
            "Internet trouble in part of Mihoncho",
            "Since about 8:00 on November 21 the internet has been unstable in part of Mihoncho, Aomori.\n"
            "We are working on it and apologize for the trouble.",
            "2026-11-21T08:40",
            importance="urgent",
        ),
        notice(
            "2026-11-maintenance",
            "メンテナンスのお知らせ（11月26日 深夜）",
            "11月26日（木）1時から5時まで、設備のメンテナンスを行います。\n"
            "この間、インターネットとケーブル電話が10分ほど使えなくなることがあります。",
            "Maintenance on the night of November 26",
            "We will service our equipment on Thursday, November 26, from 1:00 to 5:00.\n"
            "Internet and telephone may stop for about ten minutes during this time.",
            "2026-11-12T10:00",
            importance="important",
            ends_at="2026-11-26T05:00:00+09:00",
        ),
        notice(
            "2026-11-window",
            "窓口の受付時間について",
            "11月から、窓口でのご相談は予約もできるようになりました。\nお電話（0120-442-208）でお申し込みください。",
            "Appointments at our counter",
            "Since November you can make an appointment for our counter.\nPlease call 0120-442-208.",
            "2026-11-02T09:00",
        ),
        notice(
            "2026-12-holidays",
            "年末年始の営業について",
            "12月30日から1月3日まで、窓口とお電話の受付をお休みします。",
            "Our hours at the turn of the year",
            "Counter and telephone are closed from December 30 to January 3.",
            "2026-12-10T09:00",
        ),
        notice(
            "2026-09-outage",
            "9月12日の障害は復旧しました",
            "9月12日からの通信障害は、9月14日に復旧しました。ご返金は10月分の請求で行います。",
            "The trouble of September 12 is over",
            "The trouble that began on September 12 ended on September 14. Refunds come with the bill of October.",
            "2026-09-14T18:00",
            importance="important",
            ends_at="2026-10-31T23:59:00+09:00",
        ),
        notice(
            "2026-08-course-0012345",
            "コース変更のお手続きが完了しました",
            "8月15日から、インターネットは100Mコースになりました。\n8月分の請求は、変更前と変更後の日割りです。",
            "Your course has been changed",
            "Since August 15 your internet course is 100M.\nThe bill of August is split by day between both courses.",
            "2026-08-15T12:00",
            customer="0012345",
        ),
    ]


def write_feeds(tenant: str, people: list[Person], news: list[Line]) -> None:
    """One file per kind, in the order of import."""
    feeds: dict[str, list[Line]] = {
        "1-customers": [person.customer() for person in people],
        "2-accounts": [person.account() for person in people if person.login],
        "3-contracts": [line for person in people for line in person.contracts],
        "4-invoices": [line for person in people for line in person.invoices],
        "5-cards": [
            {"type": "card", "customer": p.number, "gateway": GATEWAY, "token": f"tok_demo_{p.number}", **p.card}
            for p in people
            if p.card
        ],
        "6-notices": news,
        "7-line-secrets": [
            line
            for person in people
            for held in person.contracts
            if held.get("status") != "terminated"
            for line in demo_households.line_secrets(held["number"])
        ],
    }
    write_files(tenant, feeds)


def write_files(tenant: str, feeds: dict[str, list[Line]]) -> None:
    """A feed per name, unless it is empty."""
    folder = DEMO / "feeds" / tenant
    folder.mkdir(parents=True, exist_ok=True)
    for name, lines in feeds.items():
        if lines:
            text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
            (folder / f"{name}.jsonl").write_text(text, encoding="utf-8")


def write_logins(portals: dict[str, tuple[str, str, list[Person]]], more: list[dict[str, str]]) -> None:
    """What to try, for those who run the demo; `more` are logins of other operators."""
    parts = [
        "# Sample logins of the demo, and papers for trying a registration. Written by scripts/make_demo_feeds.py.\n"
    ]
    for tenant, (url, label, people) in portals.items():
        shared = {"tenant": tenant, "url": url, "label": label}
        for person in people:
            if person.login:
                values = {**shared, "login": person.login, "password": person.password}
                parts.append(_table("login", values | {"note": f"{person.name[:12]}: {person.shows}"}))
            if person.code:
                values = {**shared, "number": person.number, "code": "-".join(person.code)}
                parts.append(_table("registration", values | {"note": f"{person.name}: {person.shows}"}))
    parts.extend(_table("login", values) for values in more)
    (DEMO / "logins.toml").write_text("\n".join(parts), encoding="utf-8")


def _table(name: str, values: dict[str, str]) -> str:
    lines = (f"{key} = {json.dumps(value, ensure_ascii=False)}\n" for key, value in values.items())
    return f"[[{name}]]\n{''.join(lines)}"


def write_everything() -> None:
    """All feeds and the table of logins."""
    write_feeds("actv", actv(), notices())
    write_feeds("actv-plain", plain(), [])
    write_files(demo_households.TENANT, demo_households.feeds())
    write_files(demo_desk_lines.TENANT, demo_desk_lines.feeds())
    for tenant in demo_lines.PORTALS:
        write_files(tenant, demo_lines.feeds(tenant))
    write_logins(
        {
            "actv": ("http://actv.localhost:{port}/", "青森ケーブルテレビ", actv()),
            "actv-plain": ("http://plain.localhost:{port}/aomori/", "標準テーマ", plain()),
        },
        [*demo_households.logins(), *demo_desk_lines.logins(), *demo_lines.logins()],
    )


if __name__ == "__main__":
    write_everything()
