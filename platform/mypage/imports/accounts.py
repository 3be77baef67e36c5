"""Loading accounts: who signs in for a customer, with a first password or a hash of an older system."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mypage.auth.finding import ACCOUNT, account_keys
from mypage.auth.hashing import LegacyKind, PasswordHasher
from mypage.db.session import Tx
from mypage.db.staging import Cursor, Target, copy_row
from mypage.imports import cleaning
from mypage.imports.chunk import Chunk, CustomerRef, Hashes, Item, Means, OutOfStep, login_text, unknown_customer
from mypage.imports.records import Account, PasswordHash
from mypage.imports.report import BadLine

NAME = "account"

_NAMED = ("family_name", "given_name", "family_kana", "given_kana", "user_name")
_CHANGES = ("role", "status", "email", "language", *_NAMED, "email_verified_at")
_ACCOUNTS = Target(
    "account",
    ("id", "customer_id", "created_at", *_CHANGES, *ACCOUNT, "confirmed_at"),
    found_by=("id",),
    updates=(*_CHANGES, *ACCOUNT),
)
_CREDENTIALS = Target(
    "credential",
    ("id", "account_id", "scheme", "login_id", "login_key", "password_hash", "must_change", "changed_at"),
)
_NAMES = Target("login_name", ("scheme", "login_key", "state", "owner_id"), found_by=("scheme", "login_key"))
_STORED = (
    "SELECT n.scheme, n.login_key, n.state, n.held_until, a.id, a.customer_id, a.created_at, a.role, a.status,"
    " a.email, a.language, a.family_name, a.given_name, a.family_kana, a.given_kana, a.user_name, a.email_verified_at,"
    " a.closed_at"
    " FROM login_name n LEFT JOIN account a ON a.tenant_id = n.tenant_id AND a.id = n.owner_id"
    " WHERE n.tenant_id = %s AND n.scheme = ANY(%s) AND n.login_key = ANY(%s)"
)
_TAKEN = (
    "SELECT scheme, login_key, state FROM login_name WHERE tenant_id = %s AND scheme = ANY(%s) AND login_key = ANY(%s)"
)
_CUSTOMERS = "SELECT number_key FROM customer WHERE tenant_id = %s AND number_key = ANY(%s)"
_AND_LOCK = " FOR UPDATE OF n"
_RELEASE = (
    "DELETE FROM login_name WHERE tenant_id = %s AND scheme = ANY(%s) AND login_key = ANY(%s)"
    " AND state = 'held' AND held_until <= %s"
)
_OWN_HASH = re.compile(r"v1\$p[0-9a-f]{8}\$argon2id\$[!-~]+")
_Found = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Prepared:
    """An account as its line states it; None is left as it is."""

    customer: str
    customer_key: str
    scheme: str
    login_id: str
    login_key: str
    password: str | None
    password_hash: PasswordHash | None
    role: str | None
    status: str | None
    email: str | None
    language: str | None
    names: tuple[str | None, ...]
    must_change: bool
    confirmed_at: datetime | None


def prepare(record: Account, means: Means) -> Prepared:
    """Check texts, scheme, role and the form of the hash. Raises BadLine."""
    if means.schemes is not None and record.scheme not in means.schemes:
        raise BadLine("scheme", f"{record.scheme!r} is no login scheme here; there is {_listed(means.schemes)}")
    if means.roles is not None and record.role is not None and record.role not in means.roles:
        raise BadLine("role", f"{record.role!r} is no role here; there is {_listed(means.roles)}")
    if record.password is not None and record.password_hash is not None:
        raise BadLine("password_hash", "stands beside a password; give one of the two")
    if record.password_hash is not None:
        _check_hash(record.password_hash, means.hasher)
    return Prepared(
        customer=cleaning.one_line("customer", record.customer),
        customer_key=cleaning.key_of("customer", record.customer),
        scheme=cleaning.required("scheme", record.scheme),
        login_id=cleaning.one_line("login_id", record.login_id),
        login_key=means.login_key(record.scheme, record.login_id),
        password=record.password,
        password_hash=record.password_hash,
        role=cleaning.required("role", record.role) if record.role is not None else None,
        status=record.status,
        email=cleaning.mail_address("email", record.email) if record.email is not None else None,
        language=record.language,
        names=tuple(
            cleaning.one_line(field, value) if (value := getattr(record, field)) is not None else None
            for field in _NAMED
        ),
        must_change=record.must_change,
        confirmed_at=cleaning.instant("confirmed_at", record.confirmed_at),
    )


def natural_key(value: Prepared) -> tuple[str, str, str]:
    """Scheme and folded login ID."""
    return login_text(value.scheme, value.login_key), "login_id", f"login ID {value.login_id}"


def load(chunk: Chunk, items: list[Item[Prepared]]) -> None:
    """Insert new accounts with their credentials; update what the line states of those that exist."""
    customers = chunk.customers(item.value.customer_key for item in items)
    schemes = sorted({item.value.scheme for item in items})
    keys = [item.value.login_key for item in items]
    query = _STORED if chunk.dry_run else _STORED + _AND_LOCK
    names = {(row[0], row[1]): row[2:] for row in chunk.select(query, schemes, keys)}
    new: list[tuple[Prepared, CustomerRef]] = []
    changed: list[str] = []
    for item in items:
        value = item.value
        customer = customers.get(value.customer_key)
        found = names.get((value.scheme, value.login_key))
        try:
            if customer is None:
                raise unknown_customer(value.customer)
            if _is_free(chunk, found):
                new.append((value, customer))
                chunk.count(NAME, "new")
            elif row := _update(chunk, value, customer, found or ()):
                changed.append(row)
                chunk.count(NAME, "updated")
            else:
                chunk.count(NAME, "unchanged")
        except BadLine as error:
            chunk.refuse(NAME, item.line, error)
    if chunk.dry_run:
        chunk.scratch.note(NAME, (login_text(value.scheme, value.login_key) for value, _ in new))
    else:
        chunk.cursor.execute(_RELEASE, (chunk.tenant, schemes, keys, chunk.now))
        _write(chunk, new, changed)


def _write(chunk: Chunk, new: list[tuple[Prepared, CustomerRef]], changed: list[str]) -> None:
    accounts, credentials, names = list(changed), [], []
    for value, customer in new:
        row_id, now, email = next(chunk.ids), chunk.now, value.email or ""
        names_of = (name or "" for name in value.names)
        stated = (
            value.role or chunk.means.role_of(value.scheme),
            value.status or "active",
            email,
            value.language or "",
            *names_of,
        )
        verified = now if email else None
        row = (row_id, customer.id, now, *stated, verified, *_keys(stated), value.confirmed_at)
        accounts.append(copy_row(row))
        login = (value.scheme, value.login_id, value.login_key, _hash_of(value, chunk.hashes), value.must_change)
        credentials.append(copy_row((next(chunk.ids), row_id, *login, now)))
        names.append(copy_row((value.scheme, value.login_key, "used", row_id)))
    if chunk.write(_NAMES, names) != len(names):
        # Whoever took the name since we looked keeps it; the chunk starts again and sees that.
        raise OutOfStep("a login ID was taken meanwhile")
    chunk.write(_ACCOUNTS, accounts)
    chunk.write(_CREDENTIALS, credentials)


def needs_hashing(value: Prepared) -> bool:
    """Whether a new account costs the time of a password hash."""
    return value.password is not None or (value.password_hash is not None and value.password_hash.kind != "mypage")


def to_hash(tx: Tx, cursor: Cursor, items: list[Item[Prepared]], coming: Collection[str]) -> list[Prepared]:
    """The accounts whose passwords will have to be hashed: those that are new and have a customer.

    `coming` are keys of customers of the same chunk. Hashing takes a core some 20 ms each: too long for a transaction
    that others wait for.
    """
    wanted = [item.value for item in items if needs_hashing(item.value)]
    if not wanted:
        return []
    keys = [value.login_key for value in wanted]
    found = cursor.execute(_TAKEN, (tx.tenant, sorted({value.scheme for value in wanted}), keys)).fetchall()
    taken = {(scheme, key) for scheme, key, state in found if state != "held"}
    there = {row[0] for row in cursor.execute(_CUSTOMERS, (tx.tenant, [value.customer_key for value in wanted]))}
    return [
        value
        for value in wanted
        if (value.scheme, value.login_key) not in taken
        and (value.customer_key in there or value.customer_key in coming)
    ]


def hash_all(hasher: PasswordHasher, values: Sequence[Prepared]) -> Hashes:
    """The stored forms of the passwords, made on all cores."""
    if not values:
        return {}
    with ThreadPoolExecutor(os.cpu_count() or 1, thread_name_prefix="import-password") as pool:
        made = pool.map(lambda value: _hashed(hasher, value), values)
        return {(value.scheme, value.login_key): form for value, form in zip(values, made, strict=True)}


def _hashed(hasher: PasswordHasher, value: Prepared) -> str:
    if value.password is not None:
        return hasher.hash(value.password)
    old = value.password_hash
    assert old is not None
    return hasher.wrap_legacy(LegacyKind(old.kind), old.value, salt=old.salt.encode())


def _hash_of(value: Prepared, hashes: Hashes) -> str | None:
    if not needs_hashing(value):
        return value.password_hash.value if value.password_hash is not None else None
    try:
        return hashes[value.scheme, value.login_key]
    except KeyError:
        # It was somebody's when the passwords were hashed; the chunk starts again with it.
        raise OutOfStep("a login ID became free meanwhile") from None


def _is_free(chunk: Chunk, found: _Found | None) -> bool:
    """Whether nobody has the login ID; a reservation that ran out does not count."""
    return found is None or (found[0] == "held" and found[1] is not None and found[1] <= chunk.now)


def _update(chunk: Chunk, value: Prepared, customer: CustomerRef, found: _Found) -> str | None:
    """The row that brings an account up to date, or None when it is. Raises BadLine for a name that is another's."""
    state, _, row_id, customer_id, created, *before, verified, closed_at = found
    if state == "held":
        raise BadLine("login_id", f"{value.login_id} is reserved by a registration just now; load the line again later")
    if customer_id != customer.id:
        # A holder who chose another login ID online keeps it: the old one stays theirs and means the same account.
        why = "was given up and is never given out again" if state == "retired" else "belongs to another customer"
        raise BadLine("login_id", f"{value.login_id} {why}")
    if closed_at is not None and value.status not in (None, "closed"):
        raise BadLine("status", f"{value.login_id} was deleted and stays closed")
    stated = (value.role, value.status, value.email, value.language, *value.names)
    after = [old if new is None else new for new, old in zip(stated, before, strict=True)]
    if after == before:
        return None
    new_email = after[2]
    moved = chunk.now if new_email else None
    confirmed = verified if new_email == before[2] else moved
    return copy_row((row_id, customer_id, created, *after, confirmed, *_keys(after), None))


def _keys(stated: Sequence[str]) -> Iterable[str]:
    """What staff find the account by, from its columns in the order of `_CHANGES`."""
    return account_keys(**dict(zip(_CHANGES, stated, strict=False))).values()


def _check_hash(old: PasswordHash, hasher: PasswordHasher) -> None:
    if old.kind == "mypage":
        if not _OWN_HASH.fullmatch(old.value) or hasher.needs_rehash(old.value):
            raise BadLine("password_hash.value", "is no hash that this installation made, with its pepper and costs")
        if old.salt:
            raise BadLine("password_hash.salt", "has no meaning for this kind; leave it out")
        return
    size = 32 if old.kind == "md5" else 64
    if not re.fullmatch(rf"[0-9A-Fa-f]{{{size}}}", old.value):
        raise BadLine("password_hash.value", f"is no {old.kind} digest; it has {size} hexadecimal digits")
    if bool(old.salt) != old.kind.startswith("sha256-salt"):
        raise BadLine("password_hash.salt", f"{'has no meaning' if old.salt else 'is missing'} for the kind {old.kind}")


def _listed(names: Any) -> str:
    return ", ".join(sorted(names)) or "none"
