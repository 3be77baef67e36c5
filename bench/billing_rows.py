"""Contracts with purchases for the billing bench, and the floor: the same bills by set-based SQL."""

from __future__ import annotations

import psycopg

from mypage.billing.run_values import Priced
from mypage.hooks.prices import ChargedMonths, UnitPrice

TENANT = "billed"
_FEES: dict[str, tuple[str, UnitPrice]] = {
    "basic": ("光コース 基本料", UnitPrice(monthly=4800, months=ChargedMonths(first=True))),
    "security": ("セキュリティ", UnitPrice(monthly=500)),
    "support": ("リモートサポート", UnitPrice(monthly=980, once=800, again=3000)),
    "paper": ("地域新聞", UnitPrice(monthly=1389, rate_bp=800)),
}
PRICED = {
    code: Priced(name=name, price=price, once_label="登録料", again_label="再申し込み手数料")
    for code, (name, price) in _FEES.items()
}
_N = "generate_series(1, %(last)s) n"


def _id(kind: str) -> str:
    """Ids in the order of the rows, as an import makes them: customers and contracts come by no other way."""
    head = "lpad(to_hex(1764547200000 + n / 4096), 12, '0') || '7' || lpad(to_hex(n % 4096), 3, '0')"
    return f"({head} || 'a' || left(md5('{kind}' || n), 15))::uuid".replace("%", "%%")


_ROWS = (
    f"""INSERT INTO customer (tenant_id, id, number, number_key, name)
    SELECT '{TENANT}', {_id("customer")}, n::text, n::text, '見本 ' || n || '郎' FROM {_N}""",
    f"""INSERT INTO account (tenant_id, id, customer_id)
    SELECT '{TENANT}', {_id("account")}, {_id("customer")} FROM {_N} WHERE n %% 2 = 0""",
    f"""INSERT INTO credential (tenant_id, id, account_id, scheme, login_id, login_key)
    SELECT '{TENANT}', {_id("credential")}, {_id("account")}, 'id', 'bench' || n, 'bench' || n
    FROM {_N} WHERE n %% 2 = 0""",
    f"""INSERT INTO payment_method (tenant_id, id, customer_id, gateway, token_sealed, brand, last4, exp_month,
        exp_year, created_at)
    SELECT '{TENANT}', {_id("card")}, {_id("customer")}, 'g', 'x', 'visa', '4242', 7, 2099, now() FROM {_N}""",
    f"""INSERT INTO contract (tenant_id, id, customer_id, number, number_key, name, started_on)
    SELECT '{TENANT}', {_id("contract")}, {_id("customer")}, 'K' || n, 'k' || n, 'コース', '2024-04-01' FROM {_N}""",
    f"""INSERT INTO subscription (tenant_id, id, customer_id, contract_id, account_id, holder_id, product, piece, again,
        bought_at, ended_at)
    SELECT '{TENANT}', md5('purchase' || n || p)::uuid, {_id("customer")}, {_id("contract")},
        CASE WHEN p = 2 THEN {_id("account")} END, CASE WHEN p = 2 THEN {_id("account")} ELSE {_id("contract")} END,
        (ARRAY['basic', 'security', 'support', 'paper'])[p], 1, p = 3 AND n %% 7 = 0,
        -- Most came long ago; some in the month, and some of those end in it.
        CASE WHEN (n + p) %% 10 = 0 AND p > 1 THEN '2026-11-01' ELSE '2025-04-01' END::timestamptz
            + n %% 20 * interval '1 day',
        CASE WHEN (n + p) %% 20 = 0 AND p > 1 THEN '2026-11-25 00:00+09'::timestamptz
            WHEN (n + p) %% 9 = 0 AND p > 2 THEN '2027-01-01 00:00+09' END
    FROM {_N}, generate_series(1, 4) p WHERE p <> 2 OR n %% 2 = 0 ORDER BY n, p""",
)
FLOOR = (
    "DROP TABLE IF EXISTS line, bill, tax",
    f"""CREATE TEMP TABLE line AS
WITH price (product, place, name, monthly, once_fee, again_fee, first, rate_bp) AS (
    VALUES ('basic', 1, '光コース 基本料', 4800, 0, 0, true, 1000),
        ('security', 2, 'セキュリティ', 500, 0, 0, false, 1000),
        ('support', 3, 'リモートサポート', 980, 800, 3000, false, 1000),
        ('paper', 4, '地域新聞', 1389, 0, 0, false, 800)
), held AS (
    SELECT s.id, s.contract_id, s.holder_id, s.again, p.*, s.bought_at,
        CASE WHEN s.account_id IS NULL THEN '' ELSE '（' || d.login_id || '）' END AS who,
        s.bought_at >= '2026-11-01 00:00+09' AS bought_now,
        coalesce(s.ended_at < '2026-12-01 00:00+09', false) AS ended_now
    FROM subscription s JOIN price p ON p.product = s.product
    LEFT JOIN credential d ON d.tenant_id = s.tenant_id AND d.account_id = s.account_id
    WHERE s.tenant_id = '{TENANT}' AND s.contract_id > %(after)s AND s.contract_id <= %(until)s
    AND s.bought_at < '2026-12-01 00:00+09' AND (s.ended_at IS NULL OR s.ended_at >= '2026-11-01 00:00+09')
), charge AS (
    SELECT contract_id, id, place, holder_id, bought_at, 3 AS rank, 'monthly' AS charge, name || who AS description,
        monthly AS amount, rate_bp
    FROM held WHERE first OR ended_now OR NOT bought_now
    UNION ALL
    SELECT contract_id, id, place, holder_id, bought_at, 1, 'once', name || ' 登録料' || who, once_fee, rate_bp
    FROM held WHERE bought_now AND once_fee > 0
    UNION ALL
    SELECT contract_id, id, place, holder_id, bought_at, 2, 'again', name || ' 再申し込み手数料' || who, again_fee,
        rate_bp
    FROM held WHERE bought_now AND again AND again_fee > 0
)
SELECT *, row_number() OVER (PARTITION BY contract_id ORDER BY place, holder_id, bought_at, id, rank) AS position
FROM charge""",
    """CREATE TEMP TABLE tax AS
    SELECT contract_id, rate_bp, sum(amount) AS net, sum(amount) * rate_bp / 10000 AS tax FROM line GROUP BY 1, 2""",
    """CREATE TEMP TABLE bill AS
    SELECT gen_random_uuid() AS id, contract_id, sum(net) AS net, sum(tax) AS tax,
        row_number() OVER (ORDER BY contract_id) - 1 + %(first)s AS number
    FROM tax GROUP BY contract_id""",
    "ANALYZE line, tax, bill",
    f"""INSERT INTO invoice (tenant_id, id, customer_id, contract_id, addressee, payment_method, number, net, tax,
        total, run_id, month, issued_on, due_on, status, issuer, registration_number, tax_mode, created_at)
    SELECT '{TENANT}', s.id, c.customer_id, c.id, u.name,
        CASE WHEN m.brand = 'visa' THEN 'クレジットカード（VISA）' ELSE '' END,
        '2026-11-' || to_char(s.number, 'FM000000'), s.net, s.tax, s.net + s.tax, md5('run')::uuid, '2026-11-01',
        '2026-12-01', NULL, 'scheduled', '見本通信', 'T1234567890123', 'down', now()
    FROM bill s JOIN contract c ON c.tenant_id = '{TENANT}' AND c.id = s.contract_id
    JOIN customer u ON u.tenant_id = c.tenant_id AND u.id = c.customer_id
    LEFT JOIN payment_method m ON m.tenant_id = c.tenant_id AND m.customer_id = c.customer_id AND m.current""",
    f"""INSERT INTO invoice_line (tenant_id, id, invoice_id, position, description, period_from, period_to, period_text,
        rate_bp, reduced, amount, charge, sources)
    SELECT '{TENANT}', gen_random_uuid(), i.id, l.position, l.description,
        CASE WHEN l.charge = 'monthly' THEN '2026-11-01'::date END,
        CASE WHEN l.charge = 'monthly' THEN '2026-11-30'::date END,
        '', l.rate_bp, false, l.amount, l.charge, ARRAY[l.id]
    FROM line l JOIN bill i ON i.contract_id = l.contract_id""",
    f"""INSERT INTO invoice_tax (tenant_id, id, invoice_id, rate_bp, reduced, net, tax)
    SELECT '{TENANT}', gen_random_uuid(), i.id, t.rate_bp, false, t.net, t.tax FROM tax t
    JOIN bill i ON i.contract_id = t.contract_id""",
)
"""One chunk in one transaction: the contracts behind `after` up to `until`, numbered from `first` on.

Scratch tables with figures about them rather than one statement: PostgreSQL's plan for that one takes hours.
"""
COUNT = "SELECT count(*) FROM bill"


def make_rows(connection: psycopg.Connection, contracts: int) -> None:
    """Fill an empty database; one that is full stays as it is."""
    done = connection.execute("SELECT count(*) FROM contract").fetchone()
    if done is not None and done[0] == contracts:
        return
    print(f"making {contracts:,} contracts (once)", flush=True)
    with connection.transaction():
        # The rows are ours and right; checking their keys would take most of the time.
        connection.execute("SET LOCAL session_replication_role = replica")
        for statement in _ROWS:
            connection.execute(statement, {"last": contracts})
    connection.execute("VACUUM ANALYZE")
