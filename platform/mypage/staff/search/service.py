"""Finding customers: each guess is one range of one index, all of them sent together, the best 50 shown."""

from __future__ import annotations

import hmac
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Select, Text, and_, bindparam, func, literal_column, select, text
from sqlalchemy.orm import InstrumentedAttribute

from mypage.audit.models import AuditEntry
from mypage.audit.trail import record
from mypage.auth.models import NAMED, NAMES, Account, Credential, Customer
from mypage.contracts.models import Contract, Resource
from mypage.db import search_keys as keys
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
    rows = tx.execute(
        select(Customer.id, Customer.number, Customer.name, Customer.kana, Customer.address).where(
            Customer.tenant_id == tx.tenant, Customer.id.in_([hit.customer_id for hit in hits])
        )
    )
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


def _by(expression: str, customer: Column, value: Any, *more: Any) -> Select[Any]:
    key = literal_column(expression, Text).label("key")
    wanted = select(customer.label("customer_id"), value.label("value"), key)
    # Of the expression itself and not of the column's name: what is compared must be what is in the index.
    bare = literal_column(expression, Text)
    of_tenant = customer.class_.tenant_id == _TENANT
    return wanted.where(of_tenant, bare >= _LOW, bare <= _HIGH, *more).order_by(bare).limit(PAGE + 1)


def _of_customer(expression: str, value: Column) -> Read:
    return Read(_by(expression, Customer.id, value))


def _of_account(expression: str, value: Any, *more: Any) -> Read:
    return Read(_by(expression, Account.customer_id, value, *more))


def _of_login() -> Read:
    joined = and_(Account.tenant_id == _TENANT, Account.id == Credential.account_id)
    expression = keys.number_sql("credential.login_key")
    bare = literal_column(expression, Text)
    return Read(
        select(Account.customer_id, Credential.login_id.label("value"), bare.label("key"))
        .select_from(Credential)
        .join(Account, joined)
        .where(Credential.tenant_id == _TENANT, bare >= _LOW, bare <= _HIGH)
        .order_by(bare)
        .limit(PAGE + 1)
    )


def _of_mailbox() -> Read:
    return Read(
        select(Resource.customer_id, Resource.value.label("value"), Resource.value_key.label("key"))
        .where(Resource.tenant_id == _TENANT, Resource.kind == "mail", Resource.value_key == _LOW)
        .limit(PAGE + 1)
    )


def _named(column: str, shown: Any) -> Read:
    return _of_account(keys.name_sql(NAMES[column]), shown, text(f"account.{NAMED}"))


_NAME = Account.family_name + " " + Account.given_name
_KANA = Account.family_kana + " " + Account.given_kana
_READS: Mapping[Kind, Read] = {
    "number": _of_customer(keys.number_sql("customer.number_key"), Customer.number),
    "contract": Read(_by(keys.number_sql("contract.number_key"), Contract.customer_id, Contract.number)),
    "login": _of_login(),
    "mail": _of_customer(keys.mail_sql("customer.email"), Customer.email),
    "account-mail": _of_account(keys.mail_sql("account.email"), Account.email),
    "mailbox": _of_mailbox(),
    "phone": _of_customer(keys.phone_sql("customer.phone"), Customer.phone),
    "name": _of_customer(keys.name_sql("customer.name"), Customer.name),
    "kana": _of_customer(keys.name_sql("customer.kana"), Customer.kana),
    "rest": _of_customer(keys.rest_sql("customer.name"), Customer.name),
    "kana-rest": _of_customer(keys.rest_sql("customer.kana"), Customer.kana),
    "account-name": _named("name", _NAME),
    "account-kana": _named("kana", _KANA),
    "account-given": _named("given", _NAME),
    "account-given-kana": _named("given_kana", _KANA),
}
