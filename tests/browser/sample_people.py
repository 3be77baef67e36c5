"""Invented customers, loaded through the import: one with much to show, one with nothing yet."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from portal_stack import Site, Stack, some_id
from sqlalchemy import select

from mypage.contracts.models import Contract
from mypage.db.keys import Vault
from mypage.db.session import Actor, Scope, Tx, unit
from mypage.imports.chunk import Means
from mypage.imports.loader import import_feed
from mypage.lib.clock import SystemClock
from mypage.orders.models import ProvisioningJob
from mypage.orders.provisioning import DESK as BY_PEOPLE
from mypage.slots.models import SlotApplication

PASSWORD = "Ringo7No3Ki"
CODE = ("aB3d", "7Kmp", "Xy90")
MONTHS = 14

Line = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A customer; `login` is empty while there is no account."""

    site: Site
    number: str
    name: str
    email: str
    login: str = ""
    password: str = PASSWORD
    code: tuple[str, ...] = CODE


class People:
    """Makes customers, each with a number and login ID that nobody else has."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack

    def newcomer(self, site: Site) -> Person:
        """Has the letter with the codes and no account yet."""
        person = _person(site, login="", name="青森 次郎")
        self.load(site, [_customer(person)])
        return person

    def empty(self, site: Site) -> Person:
        """Can sign in and finds nothing: no contract, bill, card, notice."""
        person = _person(site, name="弘前 空")
        self.load(site, [_customer(person), _account(person)])
        return person

    def rich(self, site: Site) -> Person:
        """Has several services, many bills, one of them unpaid, a card that expires soon, notices of all kinds."""
        person = _person(site, name="青森 花子")
        lines = [_customer(person), _account(person), *_contracts(person), *_bills(person, "unpaid")]
        lines += [_family(person)] if site.facts.family else []
        self.load(site, [*lines, _card(person, _today(), "4242"), *_notices(person)])
        return person

    def settled(self, site: Site) -> Person:
        """Has a contract, paid bills and one to come, and a card in order: a quiet home page."""
        person = _person(site, name="青森 花子")
        lines = [_customer(person), _account(person), _contracts(person)[0], *_bills(person, "paid")]
        self.load(site, [*lines, _card(person, _today() + timedelta(days=900), "1111")])
        return person

    def reader(self, site: Site) -> Person:
        """Has a role that may read bills and not much else, where the operator has one."""
        person = _person(site, name="弘前 空")
        self.load(site, [_customer(person), {**_account(person), "role": "reader"}])
        return person

    def contract(self, person: Person) -> None:
        """Somebody who had none has a contract now."""
        self.load(person.site, [_contracts(person)[0]])

    def places(self, person: Person, code: str) -> None:
        """Has a first place in use, and waits for people to fill the second."""
        number, host = f"K{person.number[-6:]}-1", "east.nagi.example"
        since = "2024-04-01T00:00:00+09:00"
        place = {
            "contract": number,
            "kind": code,
            "number": 1,
            "address": f"umi{some_id(6)}@{host}",
            "started_at": since,
        }
        self.load(person.site, [{"type": "slot", **place}])

        def wait(tx: Tx) -> None:
            contract = tx.scalars(
                select(Contract).where(Contract.tenant_id == tx.tenant, Contract.number == number)
            ).one()
            whose, waiting, job = (
                {"tenant_id": tx.tenant, "customer_id": contract.customer_id},
                uuid.uuid4(),
                uuid.uuid4(),
            )
            tx.add(
                ProvisioningJob(
                    id=job, action="start", product="berth", subject="x", concerns="slot", concerns_id=waiting,
                    adapter=BY_PEOPLE, state="sent", attempts=0, created_at=tx.now(), **whose,
                )
            )  # fmt: skip
            tx.add(
                SlotApplication(
                    id=waiting, number=some_id(10), contract_id=contract.id, code=code, slot_number=2, action="add",
                    state="pending", local=f"sora{some_id(6)}", host=host, operation_id=uuid.uuid4(), job_id=job,
                    language="ja", filed_at=tx.now(), **whose,
                )
            )  # fmt: skip

        with unit(
            self._stack.engine, Scope(person.site.tenant, SystemClock(), Actor("system", "people"), "people")
        ) as tx:
            wait(tx)

    def load(self, site: Site, lines: Iterable[Line]) -> None:
        """Import lines as `mypage import` does. Fails when one is refused."""
        server = self._stack.server
        tenant = server.registry.current.get(site.tenant)
        assert tenant is not None, "the server has not read its tenants"
        operator = server.compiled.operators[site.operator]
        means = Means.of(operator, tenant.settings, vault=Vault(server.keyring), hasher=server.hasher)
        raw = [json.dumps(line, ensure_ascii=False).encode() + b"\n" for line in lines]
        scope = Scope(site.tenant, SystemClock(), Actor("system", "import"), "import")
        report = import_feed(self._stack.engine, scope, raw, means, source="people")
        assert not report.problems, [str(problem) for problem in report.problems]


def _person(site: Site, *, name: str, login: str | None = None) -> Person:
    key = some_id(8)
    return Person(
        site=site,
        number=f"00{int(key, 16):010d}",
        name=name,
        email=f"{key}@mail.example",
        login=f"user{key}{site.facts.login_suffix}" if login is None else login,
    )


def _customer(person: Person) -> Line:
    return {
        "type": "customer",
        "number": person.number,
        "name": person.name,
        "email": person.email,
        "address": "青森県青森市見本町1丁目2番3号 見本ハイツ 405号室",
        "proof_code": list(person.code),
    }


def _account(person: Person) -> Line:
    return {
        "type": "account",
        "customer": person.number,
        "scheme": person.site.facts.scheme,
        "login_id": person.login,
        "password": person.password,
        "email": person.email,
    }


def _family(person: Person) -> Line:
    """Somebody to whom the person has handed out an account."""
    names = {"family_name": "青森", "given_name": "海", "family_kana": "アオモリ", "given_kana": "ウミ"}
    login = f"umi{person.login}"
    return _account(person) | names | {"role": person.site.facts.family, "login_id": login}


def _contracts(person: Person) -> list[Line]:
    since = "2021-04-01"
    return [
        {
            "type": "contract",
            "customer": person.number,
            "number": f"K{person.number[-6:]}-1",
            "name": "戸建てトリプルプラン",
            "place": "青森県青森市見本町1丁目2番3号 見本ハイツ 405号室",
            "started_on": since,
            "details": {"お支払方法": "クレジットカード", "端末の設置場所": "居間"},
            "services": [
                {"category": "インターネット", "name": "光1Gコース", "started_on": since},
                {"category": "テレビ", "name": "スタンダード（多チャンネル・録画機能付き）", "started_on": since},
                {"category": "電話", "name": "ケーブル電話", "status": "suspended", "started_on": "2022-08-15"},
                {"category": "オプション", "name": "固定IPアドレス", "status": "preparing"},
            ],
        },
        {
            "type": "contract",
            "customer": person.number,
            "number": f"K{person.number[-6:]}-2",
            "name": "集合住宅インターネット",
            "status": "terminated",
            "started_on": "2018-02-01",
            "ended_on": "2021-03-31",
            "services": [
                {
                    "category": "インターネット",
                    "name": "100Mコース",
                    "status": "terminated",
                    "started_on": "2018-02-01",
                    "ended_on": "2021-03-31",
                }
            ],
        },
    ]


def _bills(person: Person, second: str) -> list[Line]:
    this = _today().replace(day=1)
    months = [_months_before(this, back) for back in range(MONTHS)]
    return [_bill(person, month, back, second) for back, month in enumerate(months)]


def _bill(person: Person, month: date, back: int, second: str) -> Line:
    due = _months_before(month, -1) - timedelta(days=3)
    status = (
        "scheduled" if back == 0 else second if back == 1 else "failed" if back == 7 and second == "unpaid" else "paid"
    )
    lines = [
        {"description": "光1Gコース 月額基本料", "amount": 5280, "period_text": f"{month.month}月分"},
        {"description": "テレビ スタンダード", "amount": 3300, "period_text": f"{month.month}月分"},
        {"description": "ケーブル電話 通話料", "amount": 73 * (back % 5), "period_text": f"{month.month}月分"},
        {"description": "番組ガイド誌", "amount": 297, "rate_percent": 8, "reduced": True},
        {"description": "おまとめ割引", "amount": -1100},
    ]
    return {
        "type": "invoice",
        "customer": person.number,
        "number": f"B{month:%Y%m}-{person.number[-7:]}",
        "month": f"{month:%Y-%m}",
        "issued_on": f"{month:%Y-%m}-10",
        "due_on": due.isoformat(),
        "status": status,
        "payment_method": "クレジットカード",
        "lines": lines,
    }


def _card(person: Person, until: date, last4: str) -> Line:
    return {
        "type": "card",
        "customer": person.number,
        "gateway": "hosted-page",
        "token": f"card_{some_id(16)}",
        "brand": "visa",
        "last4": last4,
        "exp_month": until.month,
        "exp_year": until.year,
    }


def _notices(person: Person) -> list[Line]:
    now = datetime.now(ZoneInfo("Asia/Tokyo")).replace(microsecond=0)
    texts = [
        ("年末年始の窓口の営業について", "いつもご利用いただき、ありがとうございます。\n\n窓口は12月30日から1月3日まで休みます。", "normal"),
        ("ネットワーク工事に伴う一時停止のお知らせ（青森市・弘前市・八戸市の一部地域）", "次の日時に工事を行います。\nくわしくは https://www.example.jp/maintenance をご覧ください。", "important"),
        ("台風による通信障害について", "復旧作業を進めております。", "urgent"),
        ("新番組のご案内", "新しい番組が始まります。", "normal"),
    ]  # fmt: skip
    return [
        {
            "type": "notice",
            "key": f"{person.number}-{place}",
            "title": title,
            "title_en": f"Notice {place + 1}",
            "body": body,
            "body_en": "Text of the notice.",
            "importance": importance,
            "starts_at": (now - timedelta(days=3 * place + 1)).isoformat(),
            **({"ends_at": (now + timedelta(days=20)).isoformat()} if place == 1 else {}),
            "customer": person.number,
        }
        for place, (title, body, importance) in enumerate(texts)
    ]


def _today() -> date:
    return datetime.now(ZoneInfo("Asia/Tokyo")).date()


def _months_before(month: date, back: int) -> date:
    count = month.year * 12 + month.month - 1 - back
    return date(count // 12, count % 12 + 1, 1)
