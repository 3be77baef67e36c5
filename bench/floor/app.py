"""Floor a: the home page by hand. Bare ASGI, asyncpg, plain Jinja with its own gettext; no framework, no row security.

The same five statements and the same HTML as the product's page, for the benches alone.
"""

from __future__ import annotations

import base64
import gettext
import hashlib
import hmac
import os
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from jinja2 import Environment, FileSystemLoader

HERE = Path(__file__).parent
LOCALE = HERE.parents[1] / "platform" / "mypage" / "i18n" / "locale" / "ja"
TOKYO = ZoneInfo("Asia/Tokyo")
WEEKDAYS = "月火水木金土日"

SESSION = """SELECT s.public_id, s.seen_at, s.expires_at, a.id AS account_id, a.customer_id, a.role, a.status,
 c.name, c.number FROM login_session s
 JOIN account a ON a.tenant_id = $1 AND a.id = s.account_id
 JOIN customer c ON c.tenant_id = $1 AND c.id = a.customer_id
 LEFT JOIN credential k ON k.tenant_id = $1 AND k.account_id = s.account_id AND k.scheme = s.scheme
 WHERE s.tenant_id = $1 AND s.token_hash = $2"""
NOTICES = """SELECT * FROM (SELECT n.id, n.title, n.importance, n.starts_at, r.read_at IS NULL AS unread,
 row_number() OVER (ORDER BY n.starts_at DESC, n.id) AS place FROM notice n
 LEFT JOIN notice_read r ON r.tenant_id = n.tenant_id AND r.account_id = $3 AND r.notice_id = n.id
 WHERE n.tenant_id = $1 AND (n.customer_id IS NULL OR n.customer_id = $2) AND n.starts_at <= $4
 AND (n.ends_at IS NULL OR n.ends_at > $4)) t
 WHERE place <= 5 OR importance <> 'normal' AND unread ORDER BY place LIMIT 50"""
SERVICES = """SELECT s.category, s.name FROM service s
 JOIN contract c ON s.tenant_id = c.tenant_id AND s.contract_id = c.id
 WHERE c.tenant_id = $1 AND c.customer_id = $2 AND c.status <> 'terminated' AND s.status <> 'terminated'
 ORDER BY c.status = 'terminated', c.number_key, c.id, s.position"""
BILLS = """SELECT * FROM (SELECT id, number, month, issued_on, due_on, status, payment_method, total,
 row_number() OVER (ORDER BY month DESC, issued_on DESC, number DESC) AS place FROM invoice
 WHERE tenant_id = $1 AND customer_id = $2 AND month >= $3) t
 WHERE place = 1 OR status IN ('unpaid', 'failed') ORDER BY place LIMIT 20"""
CARD = """SELECT brand, last4, exp_month, exp_year, created_at FROM payment_method
 WHERE tenant_id = $1 AND customer_id = $2 AND current"""

MENU = (
    ("/contract", "doc", "ご契約内容参照", "コースやオプションの確認"),
    ("/bills", "bill", "ご請求明細", "毎月の内訳を見る"),
    ("/invoices", "tag", "インボイス（適格請求書）", "印刷・保存する"),
    ("/card", "card", "クレジットカード変更", "お支払いのカードを変える"),
    ("/credentials", "key", "ID・パスワード変更", "ログイン情報を変える"),
)
PUBLIC = (
    ("/", "トップページ"),
    ("/pages/faq", "よくある質問と回答"),
    ("/pages/terms", "注意事項・ご利用規約"),
    ("/pages/important", "重要事項説明書"),
)


def compiled_texts() -> bytes:
    """The product's Japanese texts as gettext reads them."""
    merged = None
    for path in sorted(LOCALE.glob("*.po")):
        catalogue = read_po(BytesIO(path.read_bytes()), locale="ja")
        if merged is None:
            merged = catalogue
        else:
            for message in catalogue:
                merged[message.id] = message
    compiled = BytesIO()
    write_mo(compiled, merged)
    return compiled.getvalue()


def environment() -> Environment:
    """Plain Jinja as its manual sets it up."""
    made = Environment(loader=FileSystemLoader(HERE / "templates"), autoescape=True, extensions=["jinja2.ext.i18n"])
    found = gettext.GNUTranslations(BytesIO(compiled_texts()))
    made.install_gettext_callables(found.gettext, found.ngettext, newstyle=True)
    made.filters.update(
        day=lambda d: f"{d.year}年{d.month}月{d.day}日",
        month=lambda d: f"{d.year}年{d.month}月",
        yen=lambda n: f"{n:,}",
        near=lambda d: f"{d.month}月{d.day}日（{WEEKDAYS[d.weekday()]}）",
    )
    return made


class App:
    """One page, one connection pool."""

    def __init__(self) -> None:
        self.page = environment().get_template("home.html")
        self.pool: Any = None
        self.key = hashlib.sha256(b"key").digest()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """ASGI."""
        if scope["type"] == "lifespan":
            await self.lifespan(receive, send)
            return
        if scope["path"] != "/home":
            status, body = 404, b"not found"
        else:
            status, body = 200, (await self.home(scope)).encode()
        headers = [(b"content-type", b"text/html; charset=utf-8"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def lifespan(self, receive: Any, send: Any) -> None:
        """Open and close the pool."""
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                self.pool = await asyncpg.create_pool(os.environ["BENCH_DATABASE"], min_size=10, max_size=15)
                await send({"type": "lifespan.startup.complete"})
            else:
                await self.pool.close()
                await send({"type": "lifespan.shutdown.complete"})
                return

    async def home(self, scope: Any) -> str:
        """The page of whoever the cookie belongs to."""
        headers = dict(scope["headers"])
        tenant = headers[b"host"].decode().partition(".")[0]
        token = headers[b"cookie"].decode().partition(";")[0].partition("=")[2]
        now = datetime.now(UTC)
        today = now.astimezone(TOKYO).date()
        async with self.pool.acquire() as connection:
            who = await connection.fetchrow(SESSION, tenant, hashlib.sha256(token.encode()).digest())
            idle = now - who["seen_at"] >= timedelta(minutes=30)
            if who is None or idle or who["expires_at"] <= now or who["status"] != "active":
                return "signed out"
            customer = who["customer_id"]
            notices = await connection.fetch(NOTICES, tenant, customer, who["account_id"], now)
            services = await connection.fetch(SERVICES, tenant, customer)
            since = date(today.year - 1, today.month, 1)
            bills = await connection.fetch(BILLS, tenant, customer, since)
            card = await connection.fetchrow(CARD, tenant, customer)
        signature = hmac.digest(self.key, f"{tenant}{token}".encode(), "sha256")
        return self.page.render(
            who=who,
            notices=notices,
            services=services,
            bills=bills,
            card=card,
            tokyo=TOKYO,
            menu=MENU,
            public=PUBLIC,
            path="/home",
            csrf=base64.urlsafe_b64encode(signature).decode().rstrip("="),
            site={"company": "青森ケーブルテレビ", "portal": "MyPage", "phone": "0120-442-208"},
        )


app = App()
