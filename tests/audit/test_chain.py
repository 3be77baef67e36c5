"""Whoever changes the trail behind our back is found: changed, deleted, inserted, put in another order, cut off."""

from __future__ import annotations

import random
import secrets
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

import psycopg
import pytest
from sqlalchemy import Engine, func, select, text
from sqlalchemy.exc import ProgrammingError

from mypage.audit import verifying
from mypage.audit.chain import ENTRY, LATE, SETTLE, Head, Sealed, head_of, seal
from mypage.audit.models import AuditEntry, AuditLink
from mypage.audit.trail import record
from mypage.audit.verifying import KeyMissing, Verified, verify
from mypage.db.keys import Vault
from mypage.db.session import Actor, Scope, Tx, unit
from mypage.lib.clock import FixedClock
from mypage.lib.crypto import Keyring
from mypage.testing.database import TestDatabase
from mypage.testing.portal import NOON

T = TypeVar("T")
FIRST, SECOND = b"1" * 32, b"2" * 32


@dataclass
class Book:
    """The trail of a tenant, with the doors of the application and of the owner of the tables."""

    engine: Engine
    owner_url: str
    tenant: str
    clock: FixedClock
    vault: Vault

    def run(self, work: Callable[[Tx], T]) -> T:
        with unit(self.engine, Scope(self.tenant, self.clock, Actor("account", "somebody"), "r")) as tx:
            return work(tx)

    def write(self, entries: int, *, apart: timedelta = timedelta(seconds=1)) -> None:
        """Entries, one after the other; then the time in which they settle passes."""

        def work(tx: Tx) -> None:
            for number in range(entries):
                record(tx, "x.done", "thing", number, before={"a": number}, after={"名": "値", "n": None})
                self.clock.at += apart

        self.run(work)
        self.clock.at += SETTLE

    def seal(self, **options: Any) -> Sealed:
        return self.run(lambda tx: seal(tx, self.vault, **options))

    def verify(self, **options: Any) -> Verified:
        return verify(self.run, self.vault, **options)

    def kinds(self, **options: Any) -> list[str]:
        return [finding.kind for finding in self.verify(**options).findings]

    def tamper(self, sql: str, *values: Any) -> int:
        """As the owner of the tables, whom no right stops."""
        url = self.owner_url.replace("postgresql+psycopg:", "postgresql:")
        with psycopg.connect(url) as connection:
            connection.execute("SELECT enter_tenant(%s)", (self.tenant,))
            return connection.execute(sql, values or None).rowcount

    def entry(self, seq: int) -> uuid.UUID:
        """The id of the entry of a link."""
        wanted = select(AuditLink.entry_id).where(AuditLink.tenant_id == self.tenant, AuditLink.seq == seq)
        return self.run(lambda tx: tx.scalars(wanted).one())


@pytest.fixture
def book(engine: Engine, test_database: TestDatabase) -> Book:
    tenant = f"t{secrets.token_hex(6)}"
    return Book(engine, test_database.owner, tenant, FixedClock(NOON), Vault(Keyring({"m1": FIRST}, "m1")))


@pytest.fixture
def sealed(book: Book) -> Book:
    """Twenty entries with their seals."""
    book.write(20)
    assert book.seal().entries == 20
    return book


def test_what_is_sealed_verifies(sealed: Book) -> None:
    verified = sealed.verify()
    assert (verified.entries, verified.findings, verified.head.seq) == (20, [], 20)
    assert sealed.seal().entries == 0
    sealed.write(5)
    assert sealed.seal().head.seq == 25
    assert sealed.kinds() == []


def test_nothing_verifies_as_nothing(book: Book) -> None:
    assert book.seal() == Sealed(0, Head(0, bytes(32), None))
    assert book.verify().findings == []


def test_young_entries_wait_for_older_ones(book: Book) -> None:
    book.write(3)
    book.clock.at -= timedelta(seconds=1)
    book.run(lambda tx: record(tx, "x.young", "thing", 1))
    assert book.seal().entries == 3
    book.clock.at += SETTLE
    assert book.seal().entries == 1


def test_portions_make_the_same_chain(book: Book) -> None:
    book.write(30)
    assert [book.seal(limit=8).entries for _ in range(5)] == [8, 8, 8, 6, 0]
    assert book.kinds() == []


def test_a_late_commit_is_sealed_behind_younger_entries(sealed: Book) -> None:
    at = sealed.clock.at
    sealed.clock.at = NOON + timedelta(seconds=3)
    sealed.run(lambda tx: record(tx, "x.late", "thing", 99))
    sealed.clock.at = at
    assert sealed.seal().entries == 1
    assert sealed.kinds() == []


def test_two_that_seal_at_once_make_one_chain(book: Book) -> None:
    book.write(200)

    def work(_: int) -> int:
        done = 0
        while entries := book.seal(limit=20).entries:
            done += entries
        return done

    with ThreadPoolExecutor(4) as pool:
        counts = list(pool.map(work, range(4)))
    assert sum(counts) == 200
    assert book.verify().entries == 200 and book.kinds() == []
    print(f"200 entries sealed by 4 at once: {counts}")


@pytest.mark.parametrize(
    "change",
    [
        "at = at + interval '1 microsecond'",
        "actor_kind = 'system'",
        "actor = 'nobody'",
        "as_whom = 'x'",
        "customer_id = gen_random_uuid()",
        "action = 'y.done'",
        "object_type = 'other'",
        "object_id = '77'",
        "before = NULL",
        "before = 'null'",
        "after = after || '{\"n\": 1}'",
        "request_id = ''",
    ],
)
def test_a_change_of_any_column_is_found(sealed: Book, change: str) -> None:
    entry = sealed.entry(7)
    assert sealed.tamper(f"UPDATE audit_entry SET {change} WHERE id = %s", entry) == 1
    (finding,) = sealed.verify().findings
    assert (finding.kind, finding.seq, finding.entry_id) == ("changed", 7, entry)
    assert "link 7" in str(finding) and str(entry) in str(finding)


def test_every_column_of_an_entry_is_sealed() -> None:
    told = {column.name for column in AuditEntry.__table__.columns} - {"tenant_id"}
    assert {column.name for column in ENTRY} == told


def test_words_do_not_slide_from_one_column_to_the_next(sealed: Book) -> None:
    sealed.tamper(
        "UPDATE audit_entry SET object_type = 'thin', object_id = 'g' || object_id WHERE id = %s", sealed.entry(4)
    )
    assert sealed.kinds() == ["changed"]


def test_a_deleted_entry_is_found(sealed: Book) -> None:
    entry = sealed.entry(9)
    sealed.tamper("DELETE FROM audit_entry WHERE id = %s", entry)
    (finding,) = sealed.verify().findings
    assert (finding.kind, finding.seq, finding.entry_id) == ("deleted", 9, entry)


def test_an_entry_that_goes_with_its_link_leaves_a_gap(sealed: Book) -> None:
    sealed.tamper("DELETE FROM audit_entry WHERE id = %s", sealed.entry(9))
    sealed.tamper("DELETE FROM audit_link WHERE seq = 9")
    (finding,) = sealed.verify().findings
    assert (finding.kind, finding.seq, finding.upto) == ("gap", 9, 9)


def test_closing_the_gap_is_found_too(sealed: Book) -> None:
    sealed.tamper("DELETE FROM audit_entry WHERE id = %s", sealed.entry(9))
    sealed.tamper("DELETE FROM audit_link WHERE seq = 9")
    for seq in range(10, 21):
        sealed.tamper("UPDATE audit_link SET seq = seq - 1 WHERE seq = %s", seq)
    findings = sealed.verify().findings
    assert [(f.kind, f.seq, f.upto) for f in findings] == [("reordered", 9, 19)]


def test_a_missing_beginning_is_found(sealed: Book) -> None:
    sealed.tamper("DELETE FROM audit_link WHERE seq <= 3")
    assert [(f.kind, f.seq, f.upto) for f in sealed.verify().findings][0] == ("gap", 1, 3)


def test_an_entry_of_long_ago_is_found(sealed: Book) -> None:
    sealed.write(1, apart=LATE)
    sealed.seal()
    sealed.write(1)
    sealed.seal()
    forged = uuid.uuid4()
    sealed.tamper(
        "INSERT INTO audit_entry (tenant_id, id, at, actor_kind, actor, action, object_type, object_id, request_id)"
        " VALUES (%s, %s, %s, 'staff', 'x', 'y', 'z', '1', '')",
        sealed.tenant, forged, NOON + timedelta(seconds=4, microseconds=5),
    )  # fmt: skip
    assert sealed.seal().entries == 0
    (finding,) = sealed.verify().findings
    assert (finding.kind, finding.entry_id) == ("inserted", forged)
    # After a person has looked at it, it may be taken in.
    assert sealed.seal(however_late=True).entries == 1
    assert sealed.kinds() == []


def test_a_forged_link_is_found(sealed: Book) -> None:
    """The application's own role may insert links, but not make their seals."""
    entry = sealed.entry(3)
    sealed.tamper("DELETE FROM audit_link WHERE seq = 3")
    forged = {"seq": 21, "entry_id": entry, "high": NOON, "sealed_at": NOON, "key_id": "k1", "digest": bytes(32)}
    sealed.run(lambda tx: tx.add(AuditLink(tenant_id=tx.tenant, link=bytes(32), **forged)))
    assert sealed.kinds() == ["gap", "changed", "reordered"]
    sealed.write(3)
    sealed.seal()
    assert sealed.kinds() == ["gap", "changed", "reordered"]


def test_two_that_changed_places_are_found(sealed: Book) -> None:
    sealed.tamper("UPDATE audit_link SET seq = 1000 WHERE seq = 5")
    sealed.tamper("UPDATE audit_link SET seq = 5 WHERE seq = 6")
    sealed.tamper("UPDATE audit_link SET seq = 6 WHERE seq = 1000")
    (finding,) = sealed.verify().findings
    assert (finding.kind, finding.seq, finding.upto) == ("reordered", 5, 7)


def test_contents_that_changed_places_are_found(sealed: Book) -> None:
    five, six = sealed.entry(5), sealed.entry(6)
    sealed.tamper(
        "UPDATE audit_entry a SET object_id = b.object_id FROM audit_entry b"
        " WHERE a.id IN (%s, %s) AND b.id IN (%s, %s) AND a.id <> b.id",
        five, six, five, six,
    )  # fmt: skip
    assert sealed.kinds() == ["changed", "changed"]


@pytest.mark.parametrize("column", ["high", "sealed_at", "entry_id", "key_id", "digest", "link"])
def test_a_changed_link_is_found(sealed: Book, column: str) -> None:
    values = {
        "high": "high + interval '1 day'",
        "sealed_at": "sealed_at - interval '1 day'",
        "entry_id": "gen_random_uuid()",
        "key_id": "'k2'",
        "digest": "'\\x00'",
        "link": "'\\x00'",
    }
    sealed.tamper(f"UPDATE audit_link SET {column} = {values[column]} WHERE seq = 8")
    if column == "key_id":
        with pytest.raises(KeyMissing, match="the key 'k2' of the trail of"):
            sealed.verify()
    else:
        assert "reordered" in sealed.kinds()


def test_a_tail_that_was_cut_off_shows_by_the_head(sealed: Book) -> None:
    head = sealed.run(head_of)
    kept = (head.seq, head.link)
    assert sealed.kinds(given=kept) == []
    for seq in range(15, 21):
        sealed.tamper("DELETE FROM audit_entry WHERE id = %s", sealed.entry(seq))
        sealed.tamper("DELETE FROM audit_link WHERE seq = %s", seq)
    assert sealed.kinds() == []
    assert sealed.kinds(given=kept) == ["head"]


def test_a_chain_that_was_made_anew_shows_by_the_head(sealed: Book) -> None:
    head = sealed.run(head_of)
    sealed.tamper("UPDATE audit_entry SET actor = 'nobody' WHERE id = %s", sealed.entry(20))
    sealed.tamper("DELETE FROM audit_link")
    assert sealed.seal().entries == 20
    assert sealed.kinds() == []
    assert sealed.kinds(given=(head.seq, head.link)) == ["head"]


def test_entries_that_nobody_seals_are_told(sealed: Book) -> None:
    sealed.write(2)
    assert sealed.kinds() == []
    sealed.clock.at += verifying.BEHIND
    assert sealed.kinds() == ["unsealed", "unsealed"]
    sealed.seal()
    assert sealed.kinds() == []


def test_since_reads_the_end_alone(sealed: Book) -> None:
    since = NOON + timedelta(seconds=12)
    verified = sealed.verify(since=since)
    assert (verified.entries, verified.findings) == (8, [])
    sealed.tamper("UPDATE audit_entry SET actor = 'x' WHERE id = %s", sealed.entry(3))
    assert sealed.kinds(since=since) == []
    sealed.tamper("UPDATE audit_entry SET actor = 'x' WHERE id = %s", sealed.entry(15))
    assert sealed.kinds(since=since) == ["changed"]
    assert sealed.verify(since=NOON + timedelta(days=1)).entries == 0


def test_many_findings_are_counted_and_some_shown(book: Book) -> None:
    book.write(150, apart=timedelta(milliseconds=10))
    book.seal()
    book.tamper("UPDATE audit_entry SET actor = 'x'")
    verified = book.verify()
    assert (verified.wrong, len(verified.findings)) == (150, verifying.MOST_FINDINGS)


@pytest.mark.parametrize("page", [1, 3, 7, 20, 21])
def test_portions_of_reading_miss_nothing(sealed: Book, monkeypatch: pytest.MonkeyPatch, page: int) -> None:
    monkeypatch.setattr(verifying, "PAGE", page)
    assert sealed.verify().entries == 20
    dice = random.Random(page)
    for seq in (1, dice.randint(2, 19), 20):
        sealed.tamper("UPDATE audit_entry SET actor = actor || 'x' WHERE id = %s", sealed.entry(seq))
        assert [f.seq for f in sealed.verify().findings if f.kind == "changed"][-1] >= 1
    assert len(sealed.kinds()) == 3


def test_the_chain_outlives_rotations_of_the_master_secret(sealed: Book) -> None:
    both = Vault(Keyring({"m1": FIRST, "m2": SECOND}, "m2"))
    sealed.vault = both
    sealed.write(3)
    assert sealed.seal().entries == 3
    assert sealed.kinds() == []
    sealed.run(both.rewrap)
    sealed.vault = Vault(Keyring({"m2": SECOND}, "m2"))
    sealed.write(3)
    sealed.seal()
    assert (sealed.verify().entries, sealed.kinds()) == (26, [])


def test_without_the_master_secret_nothing_can_be_said(sealed: Book) -> None:
    sealed.vault = Vault(Keyring({"m9": SECOND}, "m9"))
    with pytest.raises(KeyMissing, match="no master key 'm1'"):
        sealed.verify()


def test_another_tenants_key_makes_other_seals(sealed: Book, book: Book) -> None:
    keys = sealed.run(lambda tx: sealed.vault.derived(tx, "audit-chain"))
    other = Book(book.engine, book.owner_url, f"t{secrets.token_hex(6)}", book.clock, book.vault)
    assert other.run(lambda tx: other.vault.derived(tx, "audit-chain"))[1] != keys[1]
    assert sealed.run(lambda tx: sealed.vault.derived(tx, "other"))[1] != keys[1]


def test_the_application_can_only_add_links(sealed: Book) -> None:
    for sql in ("UPDATE audit_link SET seq = 99", "DELETE FROM audit_link", "TRUNCATE audit_link"):
        unfiltered = text(f"{sql} /* unfiltered on purpose */")
        with pytest.raises(ProgrammingError, match="permission denied"):
            sealed.run(lambda tx, unfiltered=unfiltered: tx.execute(unfiltered))
    assert sealed.run(lambda tx: tx.scalar(select(func.count()).where(AuditLink.tenant_id == tx.tenant))) == 20
