"""The search of the console: a customer among a million, by whatever a caller says, against the same query in bare SQL.

Both find the first page and read what it shows. Ours is `find_customers` in a unit of work: row security, the tenant
entered, the guesses of the text, what is found ranked. The floor is one prepared statement of the same ranges by a
superuser, its values reckoned beforehand, its rows only fetched. Compared is CPU time, of the process and of PostgreSQL
together, which hardly depends on what else runs.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from statistics import median
from typing import Any

import data
import psycopg
from bulk_billing import server_cpu
from options import Options
from report import Row, median_ratio, medians
from sqlalchemy.engine import make_url

from mypage.db.schema import APP, OWNER, prepare_database, upgrade
from mypage.db.search_keys import ACCOUNT_SQL, CUSTOMER_SQL
from mypage.db.session import Actor, Database
from mypage.staff.search import service
from mypage.staff.search.probes import guess

VERSION = 1
"""Another number makes the rows anew."""
TENANT = "big"
OTHERS = 50_000
"""Customers of a second tenant, in the same indexes."""
TIMES = 100
BOUND = 4.0
FAMILY = (
    "佐藤:サトウ 鈴木:スズキ 高橋:タカハシ 田中:タナカ 伊藤:イトウ 渡邊:ワタナベ 山本:ヤマモト "
    "中村:ナカムラ 小林:コバヤシ 加藤:カトウ 吉田:ヨシダ 山田:ヤマダ 佐々木:ササキ 山口:ヤマグチ "
    "松本:マツモト 井上:イノウエ 木村:キムラ 林:ハヤシ 斎藤:サイトウ 青森:アオモリ"
)
GIVEN = (
    "太郎:タロウ 花子:ハナコ 一郎:イチロウ 京子:キョウコ 健:ケン 美咲:ミサキ 大輔:ダイスケ "
    "陽子:ヨウコ 翔:ショウ 恵:メグミ 誠:マコト 由美:ユミ 直樹:ナオキ 愛:アイ 隆:タカシ 真由:マユ "
    "修:オサム 桜:サクラ 亮:リョウ 静香:シズカ"
)
TERMS = {
    "customer number": "{n:08}",
    "start of a number": "{head:05}",
    "contract number": "k{n}",
    "login ID": "Bench{n:07}",
    "mail address": "K{n}@Bench.Example",
    "telephone": "03－{a:04}－{b:04}",
    "last four digits": "{b:04}",
    "name": "{family} {given}{n}",
    "family name": "{family}",
    "given name": "{given}",
    "kana, hiragana": "さとう",
    "kana, two signs": "ﾀﾅ",
    "nobody": "どこにもいない",
}
"""What is typed; a number of its own in each try."""


def run(options: Options) -> Iterable[Row]:
    """Every kind of term, ours and bare in turns."""
    with data.server(options.folder / "search") as postgres, asyncio.Runner() as loop:
        url = _database(postgres.url("postgres", "postgres"), options.customers)
        postmaster = int((postgres.home / "cluster" / "postmaster.pid").read_text().splitlines()[0])
        product = Database(url.set(username=APP).render_as_string(hide_password=False), prepared=True)
        libpq = url.render_as_string(hide_password=False).replace("postgresql+psycopg:", "postgresql:")
        with psycopg.connect(libpq, autocommit=True) as bare:
            bare.prepare_threshold = 0
            for name, term in TERMS.items():
                typed = [_term(term, n) for n in _numbers(options.customers)]
                rounds = []
                for _ in range(options.rounds):
                    ours, waited = loop.run(_ours(product, typed, postmaster))
                    floor, fetched = _floor(bare, typed, postmaster)
                    rounds.append({"ours": ours, "floor": floor, "ours wall": waited, "floor wall": fetched})
                found = medians(rounds)
                yield Row(
                    goal="search", what=name, unit="CPU ms", ours=found["ours"], floor=found["floor"],
                    ratio=median_ratio(rounds, "ours", "floor"), reference="bare SQL", better="at most", bound=BOUND,
                    notes=(f"{name}: {found['ours wall']:.1f} ms by the clock, bare {found['floor wall']:.1f} ms",),
                )  # fmt: skip
        loop.run(product.close())


def _numbers(customers: int) -> list[int]:
    return [1 + customers * k // TIMES for k in range(TIMES)]


def _term(term: str, n: int) -> str:
    family, given = (each.split() for each in (FAMILY, GIVEN))
    return term.format(
        n=n,
        head=n // 1000,
        a=n // 10_000,
        b=n % 10_000,
        family=family[n % len(family)].partition(":")[0],
        given=given[n // len(family) % len(given)].partition(":")[0],
    )


async def _ours(product: Database, typed: list[str], postmaster: int) -> tuple[float, float]:
    """CPU milliseconds of one search, and by the clock the median of many."""
    actor = Actor("staff", "bench")
    await product.run(TENANT, lambda tx: service.find_customers(tx, typed[0]), actor=actor)
    cpu, taken = _cpu(postmaster), []
    for text in typed:
        began = time.perf_counter()
        await product.run(TENANT, lambda tx, text=text: service.find_customers(tx, text), actor=actor)
        taken.append(time.perf_counter() - began)
    return (_cpu(postmaster) - cpu) / len(typed) * 1000, median(taken) * 1000


def _floor(bare: psycopg.Connection[Any], typed: list[str], postmaster: int) -> tuple[float, float]:
    prepared = [_statement(text) for text in typed]
    bare.execute(*prepared[0]).fetchall()
    cpu, taken = _cpu(postmaster), []
    for sql, values in prepared:
        began = time.perf_counter()
        bare.execute(sql, values).fetchall()
        taken.append(time.perf_counter() - began)
    return (_cpu(postmaster) - cpu) / len(typed) * 1000, median(taken) * 1000


def _cpu(postmaster: int) -> float:
    return time.process_time() + server_cpu(postmaster)


def _statement(text: str) -> tuple[bytes, list[Any]]:
    """The guesses of a text in one statement: the first 50 customers with what the list shows of them."""
    parts, values = [], []
    for probe in guess(text):
        asked = service._READS[probe.kind].ask(tenant=TENANT, low=probe.low, high=probe.high).statement  # noqa: SLF001
        sql = asked.sql.decode()
        for number in range(len(asked.values), 0, -1):
            sql = sql.replace(f"${number}", f"\x00{number}\x00")
        pieces = sql.split("\x00")
        for at in range(1, len(pieces), 2):
            values.append(asked.values[int(pieces[at]) - 1])
            pieces[at] = "%s"
        parts.append(f"({''.join(pieces)})")
    found = " UNION ALL ".join(parts)
    return (
        f"SELECT c.id, c.number, c.name, c.kana, c.address FROM (SELECT DISTINCT customer_id FROM ({found}) f) g "
        "JOIN customer c ON c.tenant_id = %s AND c.id = g.customer_id LIMIT 50"
    ).encode(), [*values, TENANT]


def _database(admin: str, customers: int) -> Any:
    """The database of this size, made when it is not there."""
    name = f"search_{VERSION}_{customers}"
    prepare_database(admin, name)
    url = make_url(admin).set(database=name)
    upgrade(url.set(username=OWNER).render_as_string(hide_password=False))
    libpq = url.render_as_string(hide_password=False).replace("postgresql+psycopg:", "postgresql:")
    with psycopg.connect(libpq, autocommit=True) as connection:
        done = connection.execute("SELECT 1 FROM contract LIMIT 1").fetchone()
        if done is None:
            print(f"making {customers:,} customers (once)", flush=True)
            with connection.transaction(), _without_indexes(connection):
                for tenant, count in ((TENANT, customers), ("small", OTHERS)):
                    _fill(connection, tenant, count)
            connection.execute("VACUUM ANALYZE")
    return url


@contextmanager
def _without_indexes(connection: psycopg.Connection[Any]) -> Iterator[None]:
    """Several times quicker than keeping each index at each row."""
    found = connection.execute(
        "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' AND indexname LIKE '%find%'"
    ).fetchall()
    for index, _ in found:
        connection.execute(f"DROP INDEX {index}".encode())
    yield
    for _, made in found:
        connection.execute(made.encode())


def _fill(connection: psycopg.Connection[Any], tenant: str, count: int) -> None:
    names = {"family": [], "family_kana": [], "given": [], "given_kana": []}
    for pairs, which in ((FAMILY, "family"), (GIVEN, "given")):
        for pair in pairs.split():
            name, _, kana = pair.partition(":")
            names[which].append(name)
            names[f"{which}_kana"].append(kana)
    values = {"tenant": tenant, "last": count, **names}
    for statement in _ROWS:
        connection.execute(statement.encode(), values)


def _id(kind: str) -> str:
    return f"md5('{kind}' || %(tenant)s || n)::uuid"


_N = "generate_series(1, %(last)s) n"
_PICK = "[1 + n %% 20]", "[1 + n / 20 %% 20]"


def _with_keys(keys: dict[str, str], rows: str) -> str:
    columns, made = ", ".join(keys), ", ".join(each.replace("%", "%%") for each in keys.values())
    return rows.replace("KEYS", columns).replace("MADE", made)


_ROWS = (
    """INSERT INTO platform_tenant (name, operator, theme, locale, extensions, settings)
    VALUES (%(tenant)s, 'actv', 'plain', 'ja', '{}', '{}') ON CONFLICT DO NOTHING""",
    _with_keys(
        CUSTOMER_SQL,
        f"""INSERT INTO customer (tenant_id, id, number, number_key, name, kana, phone, email, address, KEYS)
    SELECT %(tenant)s, id, number, number, name, kana, phone, email, '東京都港区芝公園4-2-8', MADE FROM (
    SELECT {_id("customer")} AS id, to_char(n, 'FM00000000') AS number,
           (%(family)s::text[]){_PICK[0]} || ' ' || (%(given)s::text[]){_PICK[1]} ||
               CASE WHEN n %% 7 = 0 THEN n::text ELSE '' END AS name,
           (%(family_kana)s::text[]){_PICK[0]} || ' ' || (%(given_kana)s::text[]){_PICK[1]} AS kana,
           '03-' || to_char(n / 10000, 'FM0000') || '-' || to_char(n %% 10000, 'FM0000') AS phone,
           'k' || n || '@bench.example' AS email
    FROM {_N}) made""",
    ),
    _with_keys(
        ACCOUNT_SQL,
        f"""INSERT INTO account (tenant_id, id, customer_id, email,
           family_name, given_name, family_kana, given_kana, KEYS)
    SELECT %(tenant)s, id, customer_id, email, family_name, given_name, family_kana, given_kana, MADE FROM (
    SELECT {_id("account")} AS id, {_id("customer")} AS customer_id, 'k' || n || '@bench.example' AS email,
           CASE WHEN n %% 20 = 0 THEN (%(family)s::text[]){_PICK[1]} ELSE '' END AS family_name,
           CASE WHEN n %% 20 = 0 THEN (%(given)s::text[]){_PICK[1]} ELSE '' END AS given_name,
           CASE WHEN n %% 20 = 0 THEN (%(family_kana)s::text[]){_PICK[1]} ELSE '' END AS family_kana,
           CASE WHEN n %% 20 = 0 THEN (%(given_kana)s::text[]){_PICK[1]} ELSE '' END AS given_kana
    FROM {_N}) made""",
    ),
    f"""INSERT INTO credential (tenant_id, id, account_id, scheme, login_id, login_key)
    SELECT %(tenant)s, {_id("credential")}, {_id("account")}, 'mypage', 'bench' || to_char(n, 'FM0000000'),
           'bench' || to_char(n, 'FM0000000') FROM {_N}""",
    f"""INSERT INTO contract (tenant_id, id, customer_id, number, number_key, name, started_on)
    SELECT %(tenant)s, {_id("contract")}, {_id("customer")}, 'K' || n, 'k' || n, 'コース', '2024-04-01' FROM {_N}""",
)
