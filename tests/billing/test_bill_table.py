"""The table of lines: made by SQL, the same bytes as Python's own writer; streamed, and ended with its reader."""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest
from sqlalchemy import insert, select

from mypage.billing.models import Invoice, InvoiceLine
from mypage.billing.service import first_month
from mypage.billing.tax import rate_text
from mypage.db.places import Places
from mypage.db.session import Actor, DatabaseDown, Tx
from mypage.db.streaming import BLOCK_BYTES, BLOCKS_AHEAD, Sink, Stream, copy_out, stream
from mypage.i18n import Catalogue
from mypage.lib.errors import Busy, TooManyAtOnce
from mypage.lib.tabular import FORMULA_STARTS, Cell, CsvEncoding, CsvStream
from mypage.testing import guard
from mypage.testing.portal import HANG, MakePortal, Portal, PortalClient
from portal_rows import Person, add_bill, add_person, operator_of, sign_in

SEED = int(os.environ.get("MYPAGE_TABLE_SEED", "20261121"))
PIECES = [
    *FORMULA_STARTS, ",", '"', "\n", "\r", "\r\n", "'", "\\", "\\N", "\\.", ";", " ", "\t", "%", "%s", "{}", "$1", "\x01",
    "-", "-5", "12", "0", "か\u3099", "か", "\u3099", "は\u309a", "\ufe0f", "葛\U000e0100", "〜", "—", "‖", "¢", "£", "¬", "¥",
    "😀", "𠮟", "髙﨑①", "ﾊﾟ", "é", "\u00a0", "\u3000", "\u200b", "\ufeff", "インターネット", "yes", "Bill", "Ⅳ",
]  # fmt: skip


@pytest.fixture
def portal(make_portal: MakePortal) -> Portal:
    return make_portal("actv")


@pytest.fixture
def person(portal: Portal) -> Person:
    return add_person(portal)


@pytest.fixture
def client(portal: Portal, person: Person) -> PortalClient:
    return sign_in(portal, person)


def reference(portal: Portal, person: Person, t: Catalogue, encoding: CsvEncoding) -> bytes:
    """The table by Python's writer, row by row."""

    months = operator_of(portal).billing_view.months

    def rows(tx: Tx) -> Iterator[tuple[Cell, ...]]:
        invoice, line = Invoice, InvoiceLine
        own = (invoice.tenant_id == tx.tenant, invoice.customer_id == person.customer_id)
        shown = (*own, line.tenant_id == tx.tenant, invoice.month >= first_month(tx.today(), months))
        for bill, one in tx.execute(
            select(invoice, line)
            .join(line, line.invoice_id == invoice.id)
            .where(*shown)
            .order_by(invoice.month.desc(), invoice.issued_on.desc(), invoice.number.desc(), line.position)
        ):
            yield (
                f"{bill.month:%Y-%m}",
                bill.number,
                t(one.description),
                one.period_from,
                one.period_to,
                t(one.period_text) if one.period_text else "",
                rate_text(one.rate_bp),
                t("yes") if one.reduced else "",
                one.amount,
            )

    header = ("Month", "Invoice number", "Service", "Used from", "Used until", "Period of use", "Tax rate")
    names = [t(name) for name in (*header, "Reduced tax rate", "Amount (before tax)")]
    return portal.run(lambda tx: b"".join(CsvStream(names, list(rows(tx)), encoding=encoding)))


def nasty_bills(portal: Portal, person: Person, texts: Callable[[], str], bills: int, lines: int) -> None:
    """Bills over 30 months, not all of which are shown, with texts that break a careless writer."""
    chance = random.Random(SEED + 1)
    for number in range(bills):
        month = first_month(date(2026, 11, 1), 1 + number % 30)
        bill = add_bill(portal, person, month, [("x", 1)], number=f"{texts()}{number}")

        def more(tx: Tx, bill: Any = bill) -> None:
            tx.execute(
                insert(InvoiceLine),
                [
                    {
                        "tenant_id": tx.tenant,
                        "invoice_id": bill,
                        "position": position,
                        "description": texts(),
                        "period_text": texts() if chance.random() < 0.5 else "",
                        "period_from": chance.choice([None, date(2026, 1, 31), date(1900, 1, 1)]),
                        "period_to": chance.choice([None, date(2026, 2, 28), date(2199, 12, 31)]),
                        "rate_bp": chance.choice([0, 1, 10, 625, 650, 800, 1000, 1005, 10000]),
                        "reduced": chance.random() < 0.3,
                        "amount": chance.choice([0, -1, 5, -(10**12), 10**12]),
                    }
                    for position in range(2, lines + 2)
                ],
            )

        portal.run(more)


@pytest.mark.parametrize("encoding", CsvEncoding)
@pytest.mark.parametrize("language", ["ja", "en"])
def test_sql_writes_the_bytes_that_python_writes(
    portal: Portal, person: Person, client: PortalClient, encoding: CsvEncoding, language: str
) -> None:
    chance = random.Random(SEED)
    known = [text for text in catalogue(portal, language).messages if len(text) < 40]
    picked = [*PIECES, *known[:20]]

    def text() -> str:
        return "".join(chance.choice(picked) for _ in range(chance.choice([0, 1, 1, 1, 2, 2, 3, 5])))

    nasty_bills(portal, person, text, 40, 60)
    client.get(f"/display?language={language}")
    content = client.get(f"/bills/lines.csv?encoding={encoding}").raw.content
    expected = reference(portal, person, catalogue(portal, language), encoding)
    print(f"seed {SEED}: {expected.count(bytes([13, 10]))} line ends, {len(expected)} bytes")
    assert len(expected) > 40_000
    if content != expected:
        place = next(n for n, (a, b) in enumerate(zip(content, expected, strict=False)) if a != b)
        pytest.fail(f"{content[place - 60 : place + 40]!r}\nshould be\n{expected[place - 60 : place + 40]!r}")


def catalogue(portal: Portal, language: str) -> Catalogue:
    catalogues: dict[str, Catalogue] = operator_of(portal).catalogues
    return catalogues[language]


def test_a_copy_that_does_not_name_its_tenant_is_refused(portal: Portal) -> None:
    def work(tx: Tx, sink: Sink) -> None:
        copy_out(tx, "SELECT description FROM invoice_line", {}, sink)

    with pytest.raises(guard.UnfilteredStatement):
        portal.wait(stream(portal.server.database, portal.name, work))
    assert idle(portal)


def test_without_its_own_filter_row_security_still_hides_others(portal: Portal, make_portal: MakePortal) -> None:
    other = make_portal("actv")
    add_bill(other, add_person(other), date(2026, 11, 1), [("foreign", 1)])

    def work(tx: Tx, sink: Sink) -> None:
        copy_out(tx, f"{guard.ON_PURPOSE} SELECT description FROM invoice_line", {}, sink)

    async def all_of(name: str) -> bytes:
        return b"".join([block async for block in await stream(portal.server.database, name, work)])

    assert portal.wait(all_of(portal.name)) == b""
    assert portal.wait(all_of(other.name)) == b"foreign"


def numbers(count: int) -> Callable[[Tx, Sink], None]:
    """About a kilobyte per row."""
    return lambda tx, sink: copy_out(tx, f"SELECT repeat('x', 1000) FROM generate_series(1, {count})", {}, sink)


def test_a_stream_is_made_no_faster_than_it_is_read_and_ends_with_its_reader(portal: Portal) -> None:
    database = portal.server.database
    made = 0

    def work(tx: Tx, sink: Sink) -> None:
        async def counted(block: bytes) -> None:
            nonlocal made
            await sink(block)
            made += len(block)

        copy_out(tx, "SELECT repeat('x', 1000) FROM generate_series(1, 100000)", {}, counted)

    async def read_some() -> tuple[int, int]:
        blocks = await stream(database, portal.name, work)
        read = len(await anext(blocks)) + len(await anext(blocks))
        held = database.engine.pool.checkedout()  # type: ignore[attr-defined]
        await blocks.aclose()
        return read, held

    read, held = portal.wait(read_some())
    print(f"read {read:,}, made {made:,} of 100,000,000 bytes")
    assert held == 1
    assert read <= made <= read + (BLOCKS_AHEAD + 1) * (BLOCK_BYTES + 1000)
    assert idle(portal)


def test_a_reader_who_takes_nothing_loses_the_stream(portal: Portal) -> None:
    async def wait_long() -> int:
        blocks = await stream(portal.server.database, portal.name, numbers(100_000), slowest_reader=0.05)
        unit = next(iter(portal.server.database._left_behind))
        await asyncio.wait({unit})
        return len([block async for block in blocks])

    with pytest.raises(TimeoutError):
        portal.wait(wait_long())
    assert idle(portal)


def test_no_more_streams_than_places(portal: Portal) -> None:
    database = portal.server.database
    places = database.streams._all._value

    async def one_too_many() -> None:
        open_ones = [await stream(database, portal.name, numbers(100_000)) for _ in range(places)]
        patience, database.patience = database.patience, 0.05
        try:
            with pytest.raises(Busy):
                await stream(database, portal.name, numbers(1))
        finally:
            database.patience = patience
            for blocks in open_ones:
                await blocks.aclose()

    portal.wait(one_too_many())
    assert places == 5
    assert database.streams._all._value == places
    assert idle(portal)


def test_an_error_before_the_first_block_is_told_and_one_after_it_breaks_the_stream(portal: Portal) -> None:
    def work(rows: int) -> Callable[[Tx, Sink], None]:
        query = f"SELECT repeat('x', 1000) || (1 / ({rows} - n)) FROM generate_series(0, {rows}) n"
        return lambda tx, sink: copy_out(tx, query, {}, sink)

    async def read(rows: int) -> int:
        size = 0
        blocks = await stream(portal.server.database, portal.name, work(rows))
        try:
            async for block in blocks:
                size += len(block)
        except DatabaseDown:
            return size
        return -1

    with pytest.raises(DatabaseDown):
        portal.wait(read(0))
    assert portal.wait(read(1000)) > BLOCK_BYTES
    assert idle(portal)


def test_a_browser_that_leaves_ends_the_download(portal: Portal, person: Person, client: PortalClient) -> None:
    """The application itself, asked by hand: the first block is taken, then the connection is gone."""
    long = "明細" * 200
    for number in range(10):
        add_bill(portal, person, date(2026, 10, 1), [(long, 1)] * 1000, number=f"L{number}")
    cookie = "; ".join(f"{each.name}={each.value}" for each in client.cookies.jar)
    sent: list[bytes] = []

    async def leave() -> None:
        gone = asyncio.Event()
        asked = False

        async def receive() -> dict[str, Any]:
            nonlocal asked
            if not asked:
                asked = True
                return {"type": "http.request", "body": b"", "more_body": False}
            await gone.wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            if message["type"] == "http.response.body" and message.get("body"):
                sent.append(message["body"])
                if len(sent) == 2:
                    gone.set()
                    await asyncio.Event().wait()

        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "https",
            "path": "/bills/lines.csv", "raw_path": b"/bills/lines.csv", "query_string": b"", "root_path": "",
            "headers": [(b"host", portal.host.encode()), (b"cookie", cookie.encode())],
            "client": ("127.0.0.1", 1), "server": (portal.host, 443),
        }  # fmt: skip
        await portal.server(scope, receive, send)
        left = set(portal.server.database._left_behind)
        if left:
            await asyncio.wait(left, timeout=HANG)

    portal.wait(leave())
    size = sum(map(len, sent))
    print(f"{size:,} bytes were sent before the browser left")
    assert 0 < size < 5_000_000
    assert idle(portal)
    assert client.get("/bills").status == 200


def idle(portal: Portal) -> bool:
    """Whether no connection is lent and no unit goes on."""
    database = portal.server.database
    return database.engine.pool.checkedout() == 0 and not database._left_behind  # type: ignore[attr-defined]


def test_one_person_who_reads_slowly_leaves_places_to_others(portal: Portal) -> None:
    """All places would be one customer's otherwise, for as long as they take a block in half a minute."""
    database, places = portal.server.database, portal.server.database.streams._all._value
    me, other = Actor("account", "me"), Actor("account", "other")

    async def opened(actor: Actor, rows: int) -> Stream | None:
        try:
            return await stream(database, portal.name, numbers(rows), actor=actor)
        except Busy:
            return None

    async def greedy() -> tuple[int, bytes]:
        mine = [await opened(me, 100_000) for _ in range(places)]
        theirs = await opened(other, 1)
        assert theirs is not None
        content = b"".join([block async for block in theirs])
        for blocks in filter(None, mine):
            await blocks.aclose()
        again = await opened(me, 1)
        assert again is not None
        await again.aclose()
        return places - mine.count(None), content

    patience, database.patience = database.patience, 0.5
    try:
        held, content = portal.wait(greedy())
    finally:
        database.patience = patience
    print(f"{held} of {places} places are one person's")
    assert 0 < held <= places // 2
    assert content == b"x" * 1000
    assert not database.streams._readers
    assert database.streams._all._value == places
    assert idle(portal)


def test_a_second_download_is_served_and_one_too_many_is_told_what_to_do(
    portal: Portal, person: Person, client: PortalClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Too many of one person's own are no trouble of the service: 429, and others notice nothing."""
    database, me = portal.server.database, Actor("account", str(person.account_id))
    streams, other = database.streams, sign_in(portal, add_person(portal, "1000002"))

    async def opened() -> Stream:
        return await stream(database, portal.name, numbers(100_000), actor=me)

    first = portal.wait(opened())
    assert client.get("/bills/lines.csv").status == 200
    second = portal.wait(opened())
    with monkeypatch.context() as hurry:
        hurry.setattr(streams, "take", lambda reader, _: Places.take(streams, reader, 0.05))
        refused = client.get("/bills/lines.csv")
    page, theirs = client.get("/bills"), other.get("/bills/lines.csv")
    for blocks in (first, second):
        portal.wait(blocks.aclose())
    assert (refused.status, page.status, theirs.status) == (429, 200, 200)
    assert int(refused.raw.headers["retry-after"]) > 0
    assert "どれかが終わるのを待つか、取り消してから、もう一度お試しください" in refused.text
    assert refused.all("//main//a[@href='/bills/lines.csv']")
    assert client.get("/bills/lines.csv").status == 200
    assert idle(portal)


@pytest.mark.parametrize(("most", "own"), [(1, 1), (2, 1), (3, 2), (4, 2), (5, 2), (8, 4)])
def test_places_of_one_reader(most: int, own: int) -> None:
    """Two for a double click wherever that leaves one to others."""

    async def taken(places: Places) -> int:
        for count in range(most):
            try:
                await places.take("me", 0)
            except TooManyAtOnce:
                return count
        return most

    async def all_taken(places: Places) -> None:
        for _ in range(most):
            await places.take(None, 0)
        with pytest.raises(Busy) as caught:
            await places.take("me", 0)
        assert type(caught.value) is Busy

    assert asyncio.run(taken(Places(most))) == own
    asyncio.run(all_taken(Places(most)))
