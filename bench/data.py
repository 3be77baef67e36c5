"""The rows that all benches of pages read: customers in tenants, each with contract, bills, card, notices and session.

They are made inside PostgreSQL, once, and kept in a server below `build/bench`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from sqlalchemy.engine import make_url

from mypage.auth.hashing import PasswordHasher
from mypage.db.embedded import EmbeddedPostgres
from mypage.db.schema import APP, OWNER, prepare_database, upgrade
from mypage.lib.crypto import derive
from mypage.web.cookies import CookieJar, new_visitor

VERSION = 1
"""Another number makes the rows anew."""
SECRET = hashlib.sha256(b"bench").digest()
PASSWORD = "correct horse 48 battery"
SESSIONS = 2000
TENANTS = 50
SCHEME = "mypage"


@dataclass(frozen=True, slots=True)
class Store:
    """One database: its SQLAlchemy URLs as the app and as a superuser, and how many tenants and customers it has."""

    app: str
    admin: str
    tenants: int
    customers: int

    @property
    def libpq(self) -> str:
        """The superuser's URL for other drivers."""
        return self.admin.replace("postgresql+psycopg://", "postgresql://")

    def names(self) -> list[str]:
        """The tenants."""
        return [f"t{n:04}" for n in range(1, self.tenants + 1)]

    def browsers(self) -> list[tuple[str, str, str]]:
        """Host, session cookie and login ID of those who are signed in, the tenants in turns."""
        each = max(1, SESSIONS // self.tenants)
        found = []
        for n in range(1, each + 1):
            for name in self.names():
                jar, key = CookieJar(name, "", True), derive(SECRET, "signing", name)
                cookie = f"{jar.name('session')}=bench-{name}-{n}; {jar.name('visitor')}={new_visitor(key, name)}"
                found.append((f"{name}.bench.example", cookie, f"bench{n:06}"))
        return found

    def freshen(self) -> None:
        """Every session was seen just now, as those of people who read one page after the other."""
        with psycopg.connect(self.libpq, autocommit=True) as connection:
            connection.execute("UPDATE login_session SET seen_at = now(), expires_at = now() + interval '8 hours'")


@contextmanager
def server(folder: Path) -> Iterator[EmbeddedPostgres]:
    """The PostgreSQL that keeps the data of the benches."""
    folder.mkdir(parents=True, exist_ok=True)
    with EmbeddedPostgres(folder / "pg", durable=False) as running:
        yield running


def store(running: EmbeddedPostgres, *, customers: int, tenants: int = TENANTS, themes: tuple[str, ...] = ()) -> Store:
    """The database of this size, made when it is not there. `themes` are given to the last tenants, one to each."""
    admin = running.url("postgres", "postgres")
    name = f"bench_{VERSION}_{customers}_{tenants}_{len(themes)}"
    prepare_database(admin, name)
    url = make_url(admin).set(database=name)
    upgrade(url.set(username=OWNER).render_as_string(hide_password=False))
    kept = Store(
        url.set(username=APP).render_as_string(hide_password=False),
        url.render_as_string(hide_password=False),
        tenants,
        customers,
    )
    with psycopg.connect(kept.libpq, autocommit=True) as connection:
        done = connection.execute("SELECT count(*) FROM platform_tenant").fetchone()
        if done is None or done[0] < tenants:
            print(f"making {customers:,} customers in {tenants} tenants (once)", flush=True)
            _fill(connection, kept, themes)
    return kept


def _fill(connection: psycopg.Connection, kept: Store, themes: tuple[str, ...]) -> None:
    hasher = PasswordHasher(derive(SECRET, "pepper", "platform"))
    password = hasher.hash(PASSWORD)
    hasher.close()
    each = kept.customers // kept.tenants
    looks = dict(zip(reversed(kept.names()), themes, strict=False))
    for name in kept.names():
        values = {"tenant": name, "last": each, "signed_in": max(1, SESSIONS // kept.tenants), "password": password}
        with connection.transaction():
            for statement in _TENANT_ROWS:
                connection.execute(statement, values | {"theme": looks.get(name, "plain"), "scheme": SCHEME})
    connection.execute("VACUUM ANALYZE")


def _id(kind: str) -> str:
    return f"md5('{kind}' || %(tenant)s || n)::uuid"


_N = "generate_series(1, %(last)s) n"
_MONTHS = "generate_series(0, 5) m, (SELECT date_trunc('month', now())::date AS now_month) c"
_TENANT_ROWS = (
    """INSERT INTO platform_tenant (name, operator, theme, locale, extensions, settings)
    VALUES (%(tenant)s, 'actv', %(theme)s, 'ja', '{}', '{"mail_from": "mypage@bench.example",
     "mail_domain": "bench.example", "issuer_name": "見本通信", "registration_number": "T1234567890123"}')
    ON CONFLICT DO NOTHING""",
    """INSERT INTO platform_address (host, prefix, tenant, main)
    VALUES (%(tenant)s || '.bench.example', '', %(tenant)s, true)""",
    f"""INSERT INTO customer (tenant_id, id, number, number_key, name)
    SELECT %(tenant)s, {_id("customer")}, to_char(n, 'FM00000000'), to_char(n, 'FM00000000'), '見本 ' || n || '郎'
    FROM {_N}""",
    f"""INSERT INTO account (tenant_id, id, customer_id, email, email_verified_at)
    SELECT %(tenant)s, {_id("account")}, {_id("customer")}, 'k' || n || '@bench.example', now() FROM {_N}""",
    f"""INSERT INTO credential (tenant_id, id, account_id, scheme, login_id, login_key, password_hash)
    SELECT %(tenant)s, {_id("credential")}, {_id("account")}, %(scheme)s, 'bench' || to_char(n, 'FM000000'),
           'bench' || to_char(n, 'FM000000'), %(password)s FROM {_N}""",
    f"""INSERT INTO contract (tenant_id, id, customer_id, number, number_key, name, started_on)
    SELECT %(tenant)s, {_id("contract")}, {_id("customer")}, 'K' || n, 'k' || n, 'コース', '2024-04-01' FROM {_N}""",
    f"""INSERT INTO service (tenant_id, id, contract_id, position, category, name, started_on)
    SELECT %(tenant)s, md5('service' || %(tenant)s || n || p)::uuid, {_id("contract")}, p,
           (ARRAY['インターネット', 'ケーブルテレビ', '電話'])[p],
           (ARRAY['100Mコース', 'デジタル標準コース', 'ケーブルプラス電話'])[p], '2024-04-01'
    FROM {_N}, generate_series(1, 3) p""",
    f"""INSERT INTO invoice (tenant_id, id, customer_id, number, month, issued_on, due_on, status, payment_method,
        net, tax, total, addressee, issuer, registration_number)
    SELECT %(tenant)s, md5('invoice' || %(tenant)s || n || m)::uuid, {_id("customer")}, m || '-' || n,
           now_month - (m || ' months')::interval, now_month - (m || ' months')::interval + interval '9 days',
           now_month - (m || ' months')::interval + interval '26 days',
           CASE WHEN m = 0 THEN 'scheduled' WHEN m = 1 AND n %% 20 = 0 THEN 'unpaid' ELSE 'paid' END,
           'クレジットカード', 6000 + n %% 3000, (6000 + n %% 3000) / 10, 6000 + n %% 3000 + (6000 + n %% 3000) / 10,
           '見本 ' || n || '郎', '見本通信', 'T1234567890123'
    FROM {_N}, {_MONTHS}""",
    f"""INSERT INTO payment_method (tenant_id, id, customer_id, gateway, token_sealed, brand, last4, exp_month,
        exp_year, created_at)
    SELECT %(tenant)s, {_id("card")}, {_id("customer")}, 'hosted-page', 'x', 'visa', '4242', 7, 2099,
           now() - interval '1 year' FROM {_N}""",
    """INSERT INTO notice (tenant_id, id, key, title, body, importance, starts_at)
    SELECT %(tenant)s, md5('notice' || %(tenant)s || k)::uuid, 'n' || k, '設備の保守作業のお知らせ（その' || k || '）',
           '本文です。', CASE WHEN k = 2 THEN 'important' ELSE 'normal' END, now() - k * interval '5 days'
    FROM generate_series(1, 8) k""",
    """INSERT INTO notice_read (tenant_id, account_id, notice_id, read_at)
    SELECT %(tenant)s, md5('account' || %(tenant)s || n)::uuid, md5('notice' || %(tenant)s || k)::uuid, now()
    FROM generate_series(1, least(%(signed_in)s, %(last)s)) n, generate_series(4, 8) k""",
    """INSERT INTO login_session (tenant_id, token_hash, public_id, account_id, scheme, created_at, seen_at, expires_at,
        reauth_at)
    SELECT %(tenant)s, sha256(convert_to('bench-' || %(tenant)s || '-' || n, 'UTF8')), gen_random_uuid(),
           md5('account' || %(tenant)s || n)::uuid, %(scheme)s, now(), now(), now() + interval '8 hours', now()
    FROM generate_series(1, least(%(signed_in)s, %(last)s)) n""",
)
