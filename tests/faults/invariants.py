"""What has to hold after every fault, once everything runs again: read as the superuser, past row security."""

from __future__ import annotations

import contextlib
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import psycopg
from installation import TENANTS, Installation, until
from visitors import KEYRING

from mypage.db.keys import Vault
from mypage.db.schema import metadata
from mypage.db.session import Actor, Scope, sync_engine, unit
from mypage.lib.clock import SystemClock

_EMPTY = {
    "an account without a login ID": "SELECT a.id FROM account a WHERE NOT EXISTS (SELECT FROM credential c"
    " WHERE c.tenant_id = a.tenant_id AND c.account_id = a.id)",
    "a customer with two accounts": "SELECT customer_id FROM account GROUP BY tenant_id, customer_id HAVING count(*) > 1",
    "a login ID without its name": "SELECT c.id FROM credential c WHERE NOT EXISTS (SELECT FROM login_name n"
    " WHERE n.tenant_id = c.tenant_id AND n.login_key = c.login_key AND n.state = 'used' AND n.owner_id = c.account_id)",
    "a used name without its login ID": "SELECT n.login_key FROM login_name n WHERE n.state = 'used' AND NOT EXISTS"
    " (SELECT FROM credential c WHERE c.tenant_id = n.tenant_id AND c.account_id = n.owner_id AND c.login_key = n.login_key)",
    "a name held for nobody": "SELECT n.login_key FROM login_name n WHERE n.state = 'held' AND NOT EXISTS"
    " (SELECT FROM registration r WHERE r.tenant_id = n.tenant_id AND r.id = n.owner_id AND r.state = 'waiting')",
    "a waiting registration whose name is not held": "SELECT r.id FROM registration r WHERE r.state = 'waiting' AND NOT EXISTS"
    " (SELECT FROM login_name n WHERE n.tenant_id = r.tenant_id AND n.owner_id = r.id AND n.state = 'held')",
    "an activated registration without account": "SELECT r.id FROM registration r WHERE r.state = 'activated' AND NOT EXISTS"
    " (SELECT FROM account a JOIN credential c ON c.tenant_id = a.tenant_id AND c.account_id = a.id"
    "  WHERE a.tenant_id = r.tenant_id AND a.customer_id = r.customer_id AND c.login_key = r.login_key)",
    "an activated registration whose link is not used": "SELECT r.id FROM registration r WHERE r.state = 'activated' AND"
    " NOT EXISTS (SELECT FROM mail_link l WHERE l.tenant_id = r.tenant_id AND l.subject_id = r.id AND l.used_at IS NOT NULL)",
    "a registration whose mails are not one": "SELECT r.id FROM registration r WHERE 1 <> (SELECT count(*) FROM mail_message m"
    " WHERE m.tenant_id = r.tenant_id AND m.subject_id = r.id)",
    "a registration whose trail is not one": "SELECT r.id FROM registration r WHERE 1 <> (SELECT count(*) FROM audit_entry e"
    " WHERE e.tenant_id = r.tenant_id AND e.action = 'registration.requested' AND e.object_id = r.id::text)",
    "an activation whose trail is not one": "SELECT r.id FROM registration r JOIN account a ON a.tenant_id = r.tenant_id"
    " AND a.customer_id = r.customer_id WHERE r.state = 'activated' AND 1 <> (SELECT count(*) FROM audit_entry e"
    " WHERE e.tenant_id = a.tenant_id AND e.action = 'account.activated' AND e.object_id = a.id::text)",
    "a customer who registered twice": "SELECT customer_id FROM registration GROUP BY tenant_id, customer_id HAVING count(*) > 1",
    "a customer whose one card change had two effects": "SELECT customer_id FROM payment_method"
    " GROUP BY tenant_id, customer_id HAVING count(*) > 1",
    "a card that is not in use": "SELECT id FROM payment_method WHERE NOT current",
    "a card whose trail is not one": "SELECT p.id FROM payment_method p WHERE 1 <> (SELECT count(*) FROM audit_entry e"
    " WHERE e.tenant_id = p.tenant_id AND e.action = 'card.changed' AND e.object_id = p.id::text)",
    "an entry whose registered cards are not one": "SELECT s.id FROM card_setup s WHERE (s.state = 'registered')::int <>"
    " (SELECT count(*) FROM audit_entry e WHERE e.tenant_id = s.tenant_id AND e.action = 'card.changed'"
    "  AND e.after ->> 'setup' = s.id::text)",
    "mails about cards that are not as many as cards": "SELECT p.tenant_id FROM payment_method p GROUP BY 1 HAVING count(*) <>"
    " (SELECT count(*) FROM mail_message m WHERE m.tenant_id = p.tenant_id AND m.template LIKE 'card%')",
    "an entry whose outcome is unknown": "SELECT id FROM card_setup WHERE registering OR state IN ('created', 'unknown')",
    "a mail that is not sent": "SELECT id, state, last_error FROM mail_message WHERE state <> 'sent' OR sealed IS NOT NULL",
    "a mail to another tenant's customer": "SELECT id FROM mail_message WHERE recipient NOT LIKE '%@' || tenant_id || '.example'",
    "a trail of another tenant's customer": "SELECT e.id FROM audit_entry e WHERE e.customer_id IS NOT NULL AND NOT EXISTS"
    " (SELECT FROM customer c WHERE c.tenant_id = e.tenant_id AND c.id = e.customer_id)",
    # The trail is sealed every minute, whatever else happens.
    "a job at work or failed": "SELECT id, task_name, status FROM procrastinate_jobs WHERE status = 'failed'"
    " OR (status = 'doing' AND task_name NOT LIKE 'trail.seal%')",
    "a lock that nobody gave back": "SELECT locktype FROM pg_locks WHERE locktype = 'advisory' AND pid NOT IN"
    " (SELECT pid FROM pg_stat_activity WHERE xact_start > now() - interval '5 s')",
    "a transaction that nobody ended": "SELECT pid, query FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'"
    " AND state_change < now() - interval '5 s'",
    "a prepared transaction": "SELECT gid FROM pg_prepared_xacts",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sums:
    """What there is in the end."""

    accounts: int
    cards: int
    mails: int
    repeats: int


def settle(here: Installation, mend: Callable[[], None] = lambda: None) -> float:
    """Wait until nothing is left to do, with plain processes only; the seconds that it took."""
    began = time.monotonic()

    def quiet() -> bool:
        mend()
        with contextlib.suppress(psycopg.Error):
            here.pass_a_minute()
            # Whose entry waits for the customer is asked about for as long as it does.
            waiting = here.rows(
                "SELECT j.id FROM procrastinate_jobs j LEFT JOIN card_setup s ON s.id::text = j.args ->> 'entry'"
                " WHERE j.status IN ('todo', 'doing')"
                " AND NOT coalesce(j.status = 'todo' AND s.state IN ('sent', 'entered') AND NOT s.registering, false)"
            )
            return not waiting and not here.rows(_EMPTY["an entry whose outcome is unknown"])
        return False

    until(quiet, "nothing left to do", tell=lambda: f"{_left(here)}\n{here.log('worker')}")
    return time.monotonic() - began


def _left(here: Installation) -> list[object]:
    with contextlib.suppress(psycopg.Error):
        return here.rows("SELECT task_name, status, attempts FROM procrastinate_jobs")
    return []


def check(here: Installation) -> Sums:
    """Fail unless everything holds."""
    wrong = {name: found[:3] for name, query in _EMPTY.items() if (found := here.rows(query))}
    assert not wrong, wrong
    _check_tenants(here)
    _check_sequences(here)
    _check_company(here)
    repeats = _check_letters(here)
    return Sums(
        accounts=here.count("SELECT count(*) FROM registration WHERE state = 'activated'"),
        cards=here.count("SELECT count(*) FROM payment_method"),
        mails=here.count("SELECT count(*) FROM mail_message"),
        repeats=repeats,
    )


def _check_tenants(here: Installation) -> None:
    tables = sorted(table.name for table in metadata().tables.values() if "tenant_id" in table.columns)
    every = " UNION ".join(f'SELECT tenant_id FROM "{name}"' for name in tables)
    assert {row[0] for row in here.rows(every)} <= set(TENANTS)


def _check_sequences(here: Installation) -> None:
    found = here.rows(
        "SELECT c.relname, a.attname, pg_get_serial_sequence(c.relname, a.attname) FROM pg_class c"
        " JOIN pg_attribute a ON a.attrelid = c.oid JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname = 'public' AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped"
        " AND pg_get_serial_sequence(c.relname, a.attname) IS NOT NULL"
    )
    assert found
    for table, column, sequence in found:
        query = f'SELECT coalesce(max("{column}"), 0), (SELECT last_value FROM {sequence}) FROM "{table}"'
        ((highest, last),) = here.rows(query)
        assert highest <= last, (table, column, highest, last)


def _check_letters(here: Installation) -> int:
    """Every mail went out under one Message-ID; returns how many letters are repeats."""
    with here.sink.lock:
        letters = list(here.sink.taken)
    sent = Counter(letter.message_id for letter in letters)
    stored = {row[0]: row[1] for row in here.rows("SELECT message_id, recipient FROM mail_message")}
    assert set(sent) == set(stored), (set(stored) - set(sent), set(sent) - set(stored))
    assert all(stored[letter.message_id] == letter.to for letter in letters)
    return len(letters) - len(sent)


def _check_company(here: Installation) -> None:
    """The card on file is the one that the company holds, each was registered once, and it holds none that we do not know."""
    with here.company.company.store.work() as db:
        held = {
            row["reference"]: (row["token"], row["idempotency_key"])
            for row in db.execute("SELECT * FROM setups WHERE state = 'registered'").fetchall()
        }
    known = dict(here.rows("SELECT reference, id::text FROM card_setup WHERE state = 'registered'"))
    assert set(held) == set(known), "the company and we do not know the same registered cards"
    assert all(held[reference][1] == entry for reference, entry in known.items())
    done = Counter(
        entry.reference
        for entry in here.company.company.store.log()
        if entry.event == "register" and entry.outcome == "registered"
    )
    assert set(done.values()) <= {1}, done.most_common(3)
    assert set(held) <= set(done)
    assert _tokens(here) == sorted(token for token, _ in held.values())


def _tokens(here: Installation) -> list[str]:
    vault, tokens = Vault(KEYRING), []
    engine = sync_engine(here.database.app)
    for tenant in TENANTS:
        with unit(engine, Scope(tenant, SystemClock(), Actor("system", "test"), "test")) as tx:
            for row, sealed in here.rows("SELECT id, token_sealed FROM payment_method WHERE tenant_id = %s", tenant):
                opened = vault.open(tx, bytes(sealed), table="payment_method", column="token_sealed", row=str(row))
                tokens.append(opened.decode())
    engine.dispose()
    return sorted(tokens)
