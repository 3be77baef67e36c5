"""Finding customers: each guess is one range of one index, all of them sent together, the best 50 shown."""

from __future__ import annotations

import hmac
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import ARRAY, Text, Uuid, and_, any_, bindparam, collate, func, select, text
from sqlalchemy.orm import InstrumentedAttribute

from mypage.audit.models import AuditEntry
from mypage.audit.trail import record
from mypage.auth.models import NAMED, Account, Credential, Customer
from mypage.contracts.models import Contract, Resource
from mypage.db.reads import Read
from mypage.db.session import Tx
from mypage.lib.search_text import tidy
from mypage.staff.search.errors import TooManySearches
from mypage.staff.search.probes import KINDS, Kind, Probe, guess

PAGE = 50
"""Customers that one search shows; whoever has more narrows it down."""
SEARCHES_AN_HOUR = 300
"""Searches of one member of staff at one tenant in an hour: several times what a day on the telephone needs."""
HOUR = timedelta(hours=1)
_SHOWN_DIGEST = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A customer that was found, and by what: `value` is the stored text that begins with what was typed."""

    customer_id: uuid.UUID
    number: str
    name: str
    kana: str
    address: str
    found_by: Kind
    value: str
    whole: bool
    """Whether it is what was typed, and not only begins so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a search gave: the best first, `more` when there are others. `kinds` is where was looked."""

    matches: tuple[Match, ...]
    more: bool
    kinds: tuple[Kind, ...]


@dataclass(frozen=True, slots=True)
class _Hit:
    customer_id: uuid.UUID
    value: str
    probe: Probe
    key: str

    @property
    def rank(self) -> tuple[bool, int, str]:
        return (not self.probe.is_whole(self.key), KINDS.index(self.probe.kind), self.key)


def find_customers(tx: Tx, typed: str) -> Found:
    """Customers of this tenant by whatever the text may be; what is typed in whole comes before what begins so."""
    probes = guess(typed)
    sent = [
        (each, tx.later(_READS[each.kind], list, tenant=tx.tenant, low=each.low, high=each.high)) for each in probes
    ]
    hits: list[_Hit] = []
    more = False
    for probe, answer in sent:
        rows = answer.get()
        more = more or len(rows) > PAGE
        hits.extend(_Hit(row.customer_id, row.value, probe, row.key) for row in rows)
    best: dict[uuid.UUID, _Hit] = {}
    for hit in sorted(hits, key=lambda each: (each.rank, each.customer_id)):
        best.setdefault(hit.customer_id, hit)
    shown = list(best.values())[:PAGE]
    matches = _matches(tx, shown)
    return Found(matches=matches, more=more or len(best) > PAGE, kinds=tuple(each.kind for each in probes))


def note_search(tx: Tx, typed: str, found: Found, *, key: bytes) -> None:
    """Keep in the trail that somebody searched: where, and how many were found, but not what was typed.

    What people type are names and telephones, and the trail is kept for years and read by many. A digest under `key`
    tells whether two searches were the same, and whether a text at hand is what was searched for.
    """
    digest = hmac.digest(key, f"search\n{tx.tenant}\n{tidy(typed)}".encode(), "sha256").hex()[:_SHOWN_DIGEST]
    after = {"kinds": " ".join(found.kinds), "hits": len(found.matches), "more": found.more}
    record(tx, "desk.searched", "search", digest, after=after)


def admit_search(tx: Tx) -> None:
    """Raises TooManySearches for who searched more in this hour than work can need; the trail has a line of it then."""
    said = dict(_said_of_late(tx))
    if said.get("desk.searched", 0) >= SEARCHES_AN_HOUR:
        raise TooManySearches(noted="desk.search_refused" in said)


def note_refusal(tx: Tx) -> None:
    """Keep in the trail that somebody was stopped; once an hour is enough."""
    record(tx, "desk.search_refused", "staff", tx.actor.ref, after={"hits": SEARCHES_AN_HOUR})


def _said_of_late(tx: Tx) -> Iterable[tuple[str, int]]:
    rows = tx.execute(
        select(AuditEntry.action, func.count())
        .where(
            AuditEntry.tenant_id == tx.tenant,
            text("audit_entry.actor_kind = 'staff'"),
            AuditEntry.actor == tx.actor.ref,
            AuditEntry.at > tx.now() - HOUR,
            AuditEntry.action.in_(("desk.searched", "desk.search_refused")),
        )
        .group_by(AuditEntry.action)
    )
    return [(row[0], row[1]) for row in rows]


def _matches(tx: Tx, hits: Sequence[_Hit]) -> tuple[Match, ...]:
    if not hits:
        return ()
    rows = tx.rows(_FACTS, tenant=tx.tenant, ids=[hit.customer_id for hit in hits])
    facts = {row.id: row for row in rows}
    return tuple(
        Match(
            customer_id=hit.customer_id,
            number=facts[hit.customer_id].number,
            name=facts[hit.customer_id].name,
            kana=facts[hit.customer_id].kana,
            address=facts[hit.customer_id].address,
            found_by=hit.probe.kind,
            value=hit.value,
            whole=hit.probe.is_whole(hit.key),
        )
        for hit in hits
    )


_TENANT = bindparam("tenant", type_=Text)
_LOW, _HIGH = bindparam("low", type_=Text), bindparam("high", type_=Text)
Column = InstrumentedAttribute[Any]
_FACTS = Read(
    select(Customer.id, Customer.number, Customer.name, Customer.kana, Customer.address).where(
        Customer.tenant_id == _TENANT, Customer.id == any_(bindparam("ids", type_=ARRAY(Uuid)))
    )
)


def _by(key: Any, customer: Column, value: Any, *more: Any) -> Read:
    of_tenant = customer.class_.tenant_id == _TENANT
    wanted = select(customer.label("customer_id"), value.label("value"), key.label("key"))
    return Read(wanted.where(of_tenant, key >= _LOW, key <= _HIGH, *more).order_by(key).limit(PAGE + 1))


def _by_login() -> Read:
    key = collate(Credential.login_key, "C")
    return Read(
        select(Account.customer_id, Credential.login_id.label("value"), key.label("key"))
        .select_from(Credential)
        .join(Account, and_(Account.tenant_id == _TENANT, Account.id == Credential.account_id))
        .where(Credential.tenant_id == _TENANT, key >= _LOW, key <= _HIGH)
        .order_by(key)
        .limit(PAGE + 1)
    )


def _by_mailbox() -> Read:
    return Read(
        select(Resource.customer_id, Resource.value.label("value"), Resource.value_key.label("key"))
        .where(Resource.tenant_id == _TENANT, Resource.kind == "mail", Resource.value_key == _LOW)
        .limit(PAGE + 1)
    )


def _named(key: Any, shown: Any) -> Read:
    # To the letter what the indexes are made with: a value would not tell which they are.
    return _by(key, Account.customer_id, shown, text(f"account.{NAMED}"))


_NAME = Account.family_name + " " + Account.given_name
_KANA = Account.family_kana + " " + Account.given_kana
_READS: Mapping[Kind, Read] = {
    "number": _by(collate(Customer.number_key, "C"), Customer.id, Customer.number),
    "contract": _by(collate(Contract.number_key, "C"), Contract.customer_id, Contract.number),
    "login": _by_login(),
    "mail": _by(Customer.find_mail, Customer.id, Customer.email),
    "account-mail": _by(Account.find_mail, Account.customer_id, Account.email),
    "mailbox": _by_mailbox(),
    "phone": _by(Customer.find_phone, Customer.id, Customer.phone),
    "name": _by(Customer.find_name, Customer.id, Customer.name),
    "kana": _by(Customer.find_kana, Customer.id, Customer.kana),
    "rest": _by(Customer.find_rest, Customer.id, Customer.name),
    "kana-rest": _by(Customer.find_kana_rest, Customer.id, Customer.kana),
    "account-name": _named(Account.find_name, _NAME),
    "account-kana": _named(Account.find_kana, _KANA),
    "account-given": _named(Account.find_given, _NAME),
    "account-given-kana": _named(Account.find_given_kana, _KANA),
}
