"""Customers of the demo's portals by path: variants of the first login and states of the gates, all invented."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Line = dict[str, Any]

CONFIRMED = "2026-04-01T10:00:00+09:00"
LABEL = "USEN NETWORKS"
PORTALS = {"usen": "u0020", "usen-u0021": "u0021"}
"""Tenant → the part of the path that it lives under."""
NAMES = {"v4": "USEN光01（v4）", "v6": "USEN光01（v6）", "": "USEN光01（ISPなし）"}
VISA = {"brand": "visa", "last4": "4242", "exp_month": 12, "exp_year": 2028}
STEPS = ("accepted", "appointment", "construction", "start")


@dataclass(frozen=True, kw_only=True)
class Fibre:
    """One line; without `started_on` its application is under way, `done` are the days of its steps."""

    plan: str
    place: str
    started_on: str = ""
    done: tuple[str, ...] = ()
    planned: str = ""
    besides: tuple[Line, ...] = ()

    def contract(self, customer: str, number: str) -> Line:
        """Its line of contracts."""
        steps = [{"step": step, "done_on": day} for step, day in zip(STEPS, self.done, strict=False)]
        if self.planned:
            steps.append({"step": STEPS[len(self.done)], "planned_on": self.planned, "note": "午前"})
        state = {"started_on": self.started_on} if self.started_on else {"status": "preparing"}
        progress = {"progress": steps} if steps else {}
        main = {"category": "光回線", "name": NAMES[self.plan], **state, **progress}
        named = {"type": "contract", "customer": customer, "number": number, "name": NAMES[self.plan]}
        return {**named, "plan": self.plan, "place": self.place, **state, "services": [main, *self.besides]}


@dataclass(frozen=True, kw_only=True)
class Subscriber:
    """A customer with a login; `card` is missing, paying, or not fixed."""

    number: str
    name: str
    kana: str
    shows: str
    lines: tuple[Fibre, ...]
    password: str
    confirmed: bool = True
    card: Line | None = None
    more: Line = field(default_factory=dict)

    def login_id(self, path: str) -> str:
        """As printed on paper."""
        return f"{path}-{self.number[-6:]}"


def usen() -> list[Subscriber]:
    """Everybody of the first portal."""
    home = Fibre(plan="v4", place="東京都見本区一丁目1-1（自宅）", started_on="2025-04-01")
    shop = Fibre(
        plan="v6", place="東京都見本区二丁目2-2（店舗）", done=("2026-11-04", "2026-11-12"), planned="2026-12-03"
    )
    bgm = {"category": "音楽", "name": "店舗BGMサービス", "started_on": "2026-10-01"}
    return [
        Subscriber(
            number="20000001", name="山田 太郎", kana="ヤマダ タロウ", password="hatsu-log1n-v4", confirmed=False,
            shows="初回ログイン（IPv4）。01 NET ID とパスワードを確認し、次にカードを登録します",
            lines=(home,),
        ),
        Subscriber(
            number="20000002", name="鈴木 花", kana="スズキ ハナ", password="hatsu-log1n-v6", confirmed=False,
            card=VISA,
            shows="初回ログイン（IPv6）。カードは登録済みで、確認のあとマイページが開きます",
            lines=(Fibre(plan="v6", place="東京都見本区三丁目3-3", started_on="2026-11-01"),),
        ),
        Subscriber(
            number="20000003", name="佐藤 健", kana="サトウ ケン", password="hatsu-isp-2026", confirmed=False,
            shows="初回ログイン（ISPなし）。接続情報は表示されません",
            lines=(Fibre(plan="", place="東京都見本区四丁目4-4", started_on="2026-11-10"),),
        ),
        Subscriber(
            number="20000004", name="高橋 実", kana="タカハシ ミノル", password="card-mada-nai4",
            shows="確認済み、カードは未登録。お問合わせ先とログアウトのほかは開きません",
            lines=(Fibre(plan="v4", place="東京都見本区五丁目5-5", started_on="2026-11-15"),),
        ),
        Subscriber(
            number="20000005", name="田中 翼", kana="タナカ ツバサ", password="futatsu-kaisen5", card=VISA,
            shows="ご利用中の回線と、ご利用開始前の回線（申込の進捗）",
            lines=(home, shop),
        ),
        Subscriber(
            number="20000006", name="伊藤 翠", kana="イトウ ミドリ", password="card-fushika6",
            card=VISA | {"brand": "jcb", "last4": "0505", "fixed": False},
            shows="カードが使えず、登録しなおすまでマイページは開きません",
            lines=(Fibre(plan="v6", place="東京都見本区六丁目6-6", started_on="2024-06-01"),),
        ),
        Subscriber(
            number="20000007", name="株式会社見本商店", kana="ミホンショウテン", password="mihon-shoten7", card=VISA,
            shows="法人。一つの契約に複数のサービス",
            lines=(Fibre(plan="", place="東京都見本区七丁目7-7", started_on="2023-02-01", besides=(bgm,)),),
            more={"kind": "company"},
        ),
        Subscriber(
            number="20000008", name="渡辺 望", kana="ワタナベ ノゾミ", password="moushikomi-ato8", card=VISA,
            shows="お申し込み直後。進捗はまだありません",
            lines=(Fibre(plan="v4", place="東京都見本区八丁目8-8"),),
        ),
    ]  # fmt: skip


def neighbour() -> list[Subscriber]:
    """The portal beside it, on the same host: the same customer number is somebody else there."""
    return [
        Subscriber(
            number="20000005", name="隣 めぐみ", kana="トナリ メグミ", password="tonari-mypage5", card=VISA,
            shows="同じホストの別のマイページ。お客様番号は同じでも別のお客様です",
            lines=(Fibre(plan="v6", place="大阪府見本市一丁目1-1", started_on="2025-01-01"),),
        ),
        Subscriber(
            number="20000001", name="隣 大", kana="トナリ ダイ", password="tonari-hatsu1", confirmed=False,
            shows="初回ログイン（IPv4）",
            lines=(Fibre(plan="v4", place="大阪府見本市二丁目2-2", started_on="2026-11-01"),),
        ),
    ]  # fmt: skip


def people_of(tenant: str) -> list[Subscriber]:
    """The customers of one of the portals."""
    return usen() if tenant == "usen" else neighbour()


def feeds(tenant: str) -> dict[str, list[Line]]:
    """One list per file, in the order of import."""
    path, people = PORTALS[tenant], people_of(tenant)
    numbered = [(each, f"{each.number}-{place}", line) for each in people for place, line in enumerate(each.lines, 1)]
    return {
        "1-customers": [
            {"type": "customer", "number": each.number, "name": each.name, "kana": each.kana, **each.more}
            for each in people
        ],
        "2-accounts": [_account(each, path) for each in people],
        "3-contracts": [line.contract(each.number, number) for each, number, line in numbered],
        "6-cards": [
            {
                "type": "card",
                "customer": p.number,
                "gateway": "hosted-page",
                "token": f"tok_{tenant}_{p.number}",
                **p.card,
            }
            for p in people
            if p.card
        ],
        "7-line-secrets": [
            {"type": "line_secret", "contract": number, "label": label, "value": value}
            for _, number, line in numbered
            if line.plan == "v4"
            for label, value in (
                ("01 NET ID", f"v4-{number.replace('-', '')}@01net.example.jp"),
                ("01 NET パスワード", f"Xk{number[-4:-2]}mP{number[-1]}qa"),
            )
        ],
    }


def _account(each: Subscriber, path: str) -> Line:
    named = {"type": "account", "customer": each.number, "scheme": "customer", "login_id": each.login_id(path)}
    confirmed = {"confirmed_at": CONFIRMED} if each.confirmed else {}
    return {**named, "password": each.password, "must_change": False, **confirmed}


def logins() -> list[dict[str, str]]:
    """What to try."""
    return [
        {
            "tenant": tenant,
            "url": f"http://usen.localhost:{{port}}/{path}/",
            "label": LABEL,
            "login": each.login_id(path),
            "password": each.password,
            "note": f"{each.name}: {each.shows}",
        }
        for tenant, path in PORTALS.items()
        for each in people_of(tenant)
    ]
