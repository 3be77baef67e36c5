"""Every kind arrives as it was stated, the same file twice is nothing, and a changed line changes its rows."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select, update

from mypage.audit.models import AuditEntry
from mypage.auth.hashing import PasswordHasher
from mypage.auth.models import Credential, Customer, LoginName
from mypage.auth.proof import proof_hash, proof_matches
from mypage.billing.models import PaymentMethod
from mypage.contracts.line_secrets import PLACE
from mypage.contracts.models import LineSecret
from mypage.db.keys import Vault
from mypage.db.session import Tx
from mypage.imports.report import Report
from mypage.imports.scratch import Scratch
from mypage.lib.clock import FixedClock
from mypage.lib.crypto import Keyring

Feed = Callable[..., Report]
Rows = Callable[..., list[Any]]
InUnit = Callable[[Callable[[Tx], Any]], Any]
Objects = list[dict[str, Any]]
KINDS = (
    "customer", "account", "contract", "subscription", "resource", "slot", "line_secret", "posting", "invoice", "card", "notice"
)  # fmt: skip
SECRET = -1
"""The place of the secret of a line among `each`."""
ISSUER = ("見本ケーブル株式会社", "T1234567890123")


def outcomes(report: Report) -> dict[str, int]:
    return {outcome: report.tally.total(outcome) for outcome in ("new", "updated", "unchanged", "refused")}


def test_every_kind_is_stored_as_stated(feed: Feed, each: Objects, rows: Rows) -> None:
    report = feed(*each)
    assert list(report.printable())[1:] == [f"  {kind}: 1 new, 0 updated, 0 unchanged, 0 refused" for kind in KINDS]
    assert rows("SELECT number, number_key, name, kana_key, language FROM customer WHERE tenant_id = :t") == [
        ("00-1", "00-1", "見本 太郎", "ミホンタロウ", "ja")
    ]
    assert rows("SELECT number, place, started_on, details FROM contract WHERE tenant_id = :t") == [
        ("K-1", "見本市1-2", date(2024, 4, 1), [["回線", "光"]])
    ]
    assert rows("SELECT position, name, status FROM service WHERE tenant_id = :t ORDER BY position") == [
        (1, "100Mコース", "active"),
        (2, "多チャンネル", "terminated"),
    ]
    assert rows("SELECT body, importance, starts_at, customer_id IS NULL FROM notice WHERE tenant_id = :t") == [
        ("一行目\n二行目", "important", datetime(2026, 11, 1, tzinfo=UTC), False)
    ]


@pytest.mark.req("ACTV-61")
def test_an_invoice_has_its_lines_and_one_rounded_tax_per_rate(feed: Feed, each: Objects, rows: Rows) -> None:
    feed(*each)
    assert rows(
        "SELECT month, due_on, status, net, tax, total, addressee, issuer, registration_number, tax_mode"
        " FROM invoice WHERE tenant_id = :t"
    ) == [(date(2026, 11, 1), date(2026, 11, 27), "scheduled", 4798, 473, 5271, "見本 太郎", *ISSUER, "down")]
    assert rows(
        "SELECT position, description, rate_bp, reduced, amount, period_from, period_text"
        " FROM invoice_line WHERE tenant_id = :t ORDER BY position"
    ) == [
        (1, "100Mコース", 1000, False, 4801, None, "11月分"),
        (2, "番組ガイド", 800, True, 297, date(2026, 11, 1), ""),
        (3, "割引", 1000, False, -300, None, ""),
    ]
    assert rows("SELECT rate_bp, reduced, net, tax FROM invoice_tax WHERE tenant_id = :t ORDER BY rate_bp") == [
        (800, True, 297, 23),
        (1000, False, 4501, 450),
    ]


def test_the_password_signs_in_and_the_login_name_is_taken(
    feed: Feed, each: Objects, rows: Rows, hasher: PasswordHasher
) -> None:
    each[1]["must_change"] = True
    feed(*each)
    [(login_id, key, stored, must_change)] = rows(
        "SELECT login_id, login_key, password_hash, must_change FROM credential WHERE tenant_id = :t"
    )
    assert (login_id, key, must_change) == ("Taro01", "taro01", True)
    assert hasher.verify(stored, "himitsu2026")
    assert not hasher.verify(stored, "Himitsu2026")
    assert rows(
        "SELECT n.state, a.role, a.email_verified_at IS NOT NULL FROM login_name n"
        " JOIN account a ON a.tenant_id = n.tenant_id AND a.id = n.owner_id WHERE n.tenant_id = :t"
    ) == [("used", "holder", True)]


@pytest.mark.parametrize(
    ("kind", "salt", "hashed"), [("md5", "", b"himitsu2026"), ("sha256-salt-first", "salt", b"salthimitsu2026")]
)
def test_a_legacy_hash_is_wrapped_and_never_stored_bare(
    feed: Feed, each: Objects, rows: Rows, hasher: PasswordHasher, kind: str, salt: str, hashed: bytes
) -> None:
    value = hashlib.new(kind.partition("-")[0], hashed).hexdigest()
    del each[1]["password"]
    each[1]["password_hash"] = {"kind": kind, "value": value.upper()} | ({"salt": salt} if salt else {})
    assert feed(*each).clean
    [stored] = rows("SELECT password_hash FROM credential WHERE tenant_id = :t")
    assert value not in stored
    assert hasher.verify(stored, "himitsu2026")
    assert not hasher.verify(stored, value)


def test_a_hash_of_this_installation_is_taken_as_it_is(
    feed: Feed, each: Objects, rows: Rows, hasher: PasswordHasher
) -> None:
    stored = hasher.hash("himitsu2026")
    del each[1]["password"]
    each[1]["password_hash"] = {"kind": "mypage", "value": stored}
    assert feed(*each).clean
    assert rows("SELECT password_hash FROM credential WHERE tenant_id = :t") == [stored]


def test_the_card_token_is_sealed_for_its_row(feed: Feed, each: Objects, in_unit: InUnit, keyring: Keyring) -> None:
    feed(*each)

    def look(tx: Tx) -> tuple[bytes, bytes, str]:
        card = tx.scalars(select(PaymentMethod).where(PaymentMethod.tenant_id == tx.tenant)).one()
        place = {"table": "payment_method", "column": "token_sealed", "row": str(card.id)}
        return card.token_sealed, Vault(keyring).open(tx, card.token_sealed, **place), card.last4

    sealed, token, last4 = in_unit(look)
    assert b"tok_1" not in sealed
    assert (token, last4) == (b"tok_1", "4242")


def test_the_secret_of_a_line_is_sealed_for_its_row(
    feed: Feed, each: Objects, in_unit: InUnit, rows: Rows, keyring: Keyring
) -> None:
    line = each[SECRET]
    feed(*each)
    query = "SELECT label, convert_from(sealed, 'LATIN1') FROM line_secret WHERE tenant_id = :t"
    [(label, sealed)] = rows(query)
    assert label == "認証パスワード"
    assert line["value"] not in sealed
    assert outcomes(feed(line))["unchanged"] == 1
    assert rows(query) == [(label, sealed)]
    assert outcomes(feed(line | {"value": "another"}))["updated"] == 1

    def look(tx: Tx) -> str:
        row = tx.scalars(select(LineSecret).where(LineSecret.tenant_id == tx.tenant)).one()
        return Vault(keyring).open(tx, row.sealed, row=str(row.id), **PLACE).decode()

    assert in_unit(look) == "another"


def test_a_secret_is_in_no_report(feed: Feed, each: Objects, rows: Rows) -> None:
    line = {"type": "line_secret", "contract": "K-9", "label": "認証パスワード", "value": "hush-hush"}
    wrong = [line, line | {"contract": "K-1", "value": "hush-hush\u0000"}, line | {"value": "hush-hush" * 90}]
    for broken in wrong:
        report = feed(*each, broken)
        assert [problem.field for problem in report.problems] in (["contract"], ["value"])
        assert "hush" not in repr(report) + "".join(report.printable())
    assert rows("SELECT label FROM line_secret WHERE tenant_id = :t") == ["認証パスワード"]


@pytest.mark.req("ACTV-20")
def test_the_proof_code_is_a_keyed_hash(
    feed: Feed, each: Objects, in_unit: InUnit, keyring: Keyring, tenant_name: str
) -> None:
    feed(*each)
    stored = in_unit(lambda tx: tx.scalars(select(Customer.proof_hash).where(Customer.tenant_id == tx.tenant)).one())
    assert stored == proof_hash(keyring, tenant_name, "00-1", [" aB3d", "7Kmp ", "Xy90"])
    later = Keyring({"m1": keyring.master_keys["m1"], "m2": b"n" * 32}, "m2")
    assert proof_matches(later, tenant_name, "00-1", ["aB3d", "7Kmp", "Xy90"], stored)
    for number, parts in (("00-1", ["ab3d", "7Kmp", "Xy90"]), ("00-2", ["aB3d", "7Kmp", "Xy90"]), ("00-1", ["\ud800"])):
        assert not proof_matches(later, tenant_name, number, parts, stored)
    assert not proof_matches(later, tenant_name, "00-1", ["aB3d", "7Kmp", "Xy90"], None)


def test_the_same_feed_again_changes_nothing(feed: Feed, each: Objects, rows: Rows, clock: FixedClock) -> None:
    def everything() -> list[list[Any]]:
        tables = ("customer", "account", "credential", "login_name", "contract", "service", "invoice", "invoice_line")
        return [
            rows(f"SELECT to_jsonb(x) FROM {table} x WHERE tenant_id = :t ORDER BY to_jsonb(x)::text")
            for table in (*tables, "invoice_tax", "payment_method", "notice", "subscription", "resource", "posting")
        ]

    feed(*each)
    before = everything()
    clock.at = datetime(2026, 12, 1, tzinfo=UTC)
    report = feed(*each)
    assert outcomes(report) == {"new": 0, "updated": 0, "unchanged": 11, "refused": 0}
    assert everything() == before


def test_changed_lines_update_their_rows(feed: Feed, each: Objects, rows: Rows, hasher: PasswordHasher) -> None:
    feed(*each)
    customer, account, contract, invoice, card, notice, *_ = each
    customer["name"] = "見本 次郎"
    del customer["proof_code"]
    account |= {"email": "jiro@example.jp", "status": "suspended", "password": "another2026", "must_change": True}
    contract |= {"status": "terminated", "ended_on": "2026-10-31", "services": contract["services"][:1]}
    invoice |= {"status": "paid", "due_on": "2026-11-28", "payment_method": "口座振替"}
    card |= {"exp_year": 2031}
    notice |= {"title": "工事の延期", "ends_at": "2026-12-01T00:00:00Z"}
    del notice["customer"]
    assert outcomes(feed(*each)) == {"new": 0, "updated": 6, "unchanged": 5, "refused": 0}
    assert rows("SELECT name, proof_hash IS NULL FROM customer WHERE tenant_id = :t") == [("見本 次郎", False)]
    assert rows("SELECT status, email FROM account WHERE tenant_id = :t") == [("suspended", "jiro@example.jp")]
    [(stored, must_change)] = rows("SELECT password_hash, must_change FROM credential WHERE tenant_id = :t")
    assert hasher.verify(stored, "himitsu2026"), "an import never resets a password"
    assert not must_change
    assert rows("SELECT status, ended_on FROM contract WHERE tenant_id = :t") == [("terminated", date(2026, 10, 31))]
    assert rows("SELECT name FROM service WHERE tenant_id = :t") == ["100Mコース"]
    assert rows("SELECT status, due_on, payment_method, total FROM invoice WHERE tenant_id = :t") == [
        ("paid", date(2026, 11, 28), "口座振替", 5271)
    ]
    assert rows("SELECT exp_year, current FROM payment_method WHERE tenant_id = :t") == [(2031, True)]
    assert rows("SELECT title, customer_id FROM notice WHERE tenant_id = :t") == [("工事の延期", None)]


def test_only_the_services_changed(feed: Feed, each: Objects, rows: Rows) -> None:
    feed(*each)
    each[2]["services"].append({"category": "電話", "name": "IP電話"})
    assert outcomes(feed(*each))["updated"] == 1
    assert rows("SELECT name FROM service WHERE tenant_id = :t ORDER BY position")[-1] == "IP電話"


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"lines": [{"description": "100Mコース", "amount": 9999}], "totals": None}, "other amounts"),
        ({"note": "別の注記"}, "another month, day of issue, tax_mode or note"),
        ({"addressee": "別の人"}, "another addressee"),
        ({"issued_on": "2026-11-11"}, "another month, day of issue, tax_mode or note"),
    ],
)
def test_an_issued_invoice_is_never_changed(
    feed: Feed, each: Objects, rows: Rows, change: dict[str, Any], what: str
) -> None:
    feed(*each)
    before = rows("SELECT to_jsonb(i) FROM invoice i WHERE tenant_id = :t")
    report = feed(each[3] | change | {"status": "paid"})
    said = f"invoice 2026-11-1 is already issued with {what}; only due_on, status, payment_method may change"
    assert [str(problem) for problem in report.problems] == [f"line 1, number: {said}"]
    assert rows("SELECT to_jsonb(i) FROM invoice i WHERE tenant_id = :t") == before
    lines = [dict(line) for line in each[3]["lines"]]
    lines[0]["description"] = "200Mコース"
    assert "other lines" in feed(each[3] | {"lines": lines}).problems[0].reason


def test_an_issued_invoice_does_not_move_to_another_customer(feed: Feed, each: Objects) -> None:
    feed(*each, {"type": "customer", "number": "2", "name": "他"})
    assert "another customer" in feed(each[3] | {"customer": "2"}).problems[0].reason


def test_a_card_that_its_holder_changed_stays(feed: Feed, each: Objects, rows: Rows) -> None:
    feed(*each)
    report = feed(each[4] | {"token": "tok_2", "last4": "1111"})
    assert report.problems[0].field == "token"
    assert rows("SELECT last4 FROM payment_method WHERE tenant_id = :t") == ["4242"]


def test_a_login_id_belongs_to_one_customer(feed: Feed, each: Objects, rows: Rows) -> None:
    feed(*each)
    other = {"type": "customer", "number": "2", "name": "他"}
    report = feed(other, {"type": "account", "customer": "2", "scheme": "id", "login_id": "TARO０１"})
    assert [str(p) for p in report.problems] == ["line 2, login_id: TARO０１ belongs to another customer"]
    assert rows("SELECT count(*) FROM account WHERE tenant_id = :t") == [1]


def test_reserved_and_retired_login_ids(
    feed: Feed, each: Objects, in_unit: InUnit, rows: Rows, clock: FixedClock
) -> None:
    def reserve(tx: Tx) -> None:
        for key, state, minutes in (("held", "held", 5), ("free", "held", -5), ("gone", "retired", None)):
            until = tx.now() + timedelta(minutes=minutes) if minutes is not None else None
            tx.add(
                LoginName(
                    tenant_id=tx.tenant, scheme="id", login_key=key, state=state, owner_id=uuid4(), held_until=until
                )
            )

    in_unit(reserve)
    report = feed(
        each[0],
        *({"type": "account", "customer": "00-1", "scheme": "id", "login_id": n} for n in ("held", "free", "gone")),
    )
    assert [(p.line, p.field) for p in report.problems] == [(2, "login_id"), (4, "login_id")]
    assert rows("SELECT login_key FROM login_name WHERE tenant_id = :t AND state = 'used' AND held_until IS NULL") == [
        "free"
    ]
    assert rows("SELECT login_key FROM credential WHERE tenant_id = :t") == ["free"]


def test_the_old_login_id_of_a_holder_who_chose_another_is_still_theirs(
    feed: Feed, each: Objects, in_unit: InUnit, rows: Rows
) -> None:
    feed(*each)

    def rename(tx: Tx) -> None:
        owner = tx.scalars(select(LoginName.owner_id).where(LoginName.tenant_id == tx.tenant)).one()
        tx.execute(update(LoginName).where(LoginName.tenant_id == tx.tenant).values(state="retired"))
        tx.add(LoginName(tenant_id=tx.tenant, scheme="id", login_key="taro02", state="used", owner_id=owner))
        tx.execute(
            update(Credential).where(Credential.tenant_id == tx.tenant).values(login_id="taro02", login_key="taro02")
        )

    in_unit(rename)
    assert outcomes(feed(each[1])) == {"new": 0, "updated": 0, "unchanged": 1, "refused": 0}
    assert rows("SELECT login_id FROM credential WHERE tenant_id = :t") == ["taro02"]


def test_each_chunk_leaves_an_audit_entry(feed: Feed, each: Objects, in_unit: InUnit) -> None:
    feed(*each, chunk=4)
    entries = in_unit(
        lambda tx: [
            (e.action, e.actor, e.object_id, e.after)
            for e in tx.scalars(select(AuditEntry).where(AuditEntry.tenant_id == tx.tenant))
        ]
    )
    assert sorted(entries, key=lambda e: int(e[3]["last line"])) == [
        (
            "import.loaded",
            "import",
            "feed.jsonl",
            {"last line": 4, "customer new": 1, "account new": 1} | {"contract new": 1, "invoice new": 1},
        ),
        (
            "import.loaded",
            "import",
            "feed.jsonl",
            {"last line": 8, "card new": 1, "notice new": 1, "subscription new": 1, "resource new": 1},
        ),
        # The trail masks whatever has "secret" in its name, a count too.
        (
            "import.loaded",
            "import",
            "feed.jsonl",
            {"last line": 11, "posting new": 1, "slot new": 1, "line_secret new": "*****"},
        ),
    ]
    assert "himitsu" not in json.dumps([e[3] for e in entries])


def test_a_dry_run_tells_the_same_and_writes_nothing(feed: Feed, each: Objects, rows: Rows) -> None:
    report = feed(*each, dry_run=True, chunk=1)
    assert outcomes(report) == {"new": 11, "updated": 0, "unchanged": 0, "refused": 0}
    assert "would be 1 new" in "\n".join(report.printable())
    tables = ("customer", "account", "credential", "login_name", "contract", "service", "invoice", "invoice_line")
    bought = ("subscription", "resource", "slot", "slot_name", "posting", "line_secret")
    for table in (*tables, *bought, "invoice_tax", "payment_method", "notice", "audit_entry", "tenant_key"):
        assert rows(f"SELECT count(*) FROM {table} WHERE tenant_id = :t") == [0], table
    assert feed(each[2], dry_run=True).problems[0].field == "customer"


def test_feeds_of_one_dry_run_know_each_others_customers(feed: Feed, each: Objects) -> None:
    with Scratch() as scratch:
        assert feed(each[0], dry_run=True, scratch=scratch).clean
        assert feed(*each[1:], dry_run=True, scratch=scratch).clean
        assert feed(each[0], dry_run=True, scratch=scratch).clean
