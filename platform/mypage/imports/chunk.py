"""What the loading of one chunk works with: its transaction, the parts of the deployment it needs, its findings."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, LiteralString, Protocol, Self, TypeVar

from mypage.auth import login
from mypage.auth.hashing import PasswordHasher
from mypage.db.keys import Vault
from mypage.db.session import Tx
from mypage.db.staging import Cursor, Target, new_ids_in_order, write_rows
from mypage.hooks.desk import USUAL, DeskPolicy
from mypage.hooks.passwords import IdentifierPolicy
from mypage.hooks.portal import TenantSettings
from mypage.hooks.products import Product
from mypage.hooks.slots import Slots
from mypage.imports import cleaning
from mypage.imports.report import BadLine, Outcome, Problem, Tally
from mypage.imports.scratch import Scratch
from mypage.operators.operator import Operator

R_contra = TypeVar("R_contra", contravariant=True)
P = TypeVar("P")
Hashes = Mapping[tuple[str, str], str]
"""Stored forms of new passwords by scheme and key of the login ID."""


class OutOfStep(RuntimeError):
    """Somebody else changed the same rows meanwhile; the chunk is done again and sees what they did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What an import needs of the deployment.

    `settings` are the tenant's. `schemes` maps the operator's login schemes to the rules of their login IDs,
    `roles` are those of its permissions, `products` what it sells by code, `slots` its kinds of numbered places,
    `mail_domain` what follows the @ of its own mail addresses, `card_reviews` whether its staff compare names on
    cards; None: not checked, and login IDs are compared without case. `new_roles` maps schemes to the role of new
    accounts, `steps` are those of an application for a service, `desk` says what holds for the work of staff.
    """

    vault: Vault
    hasher: PasswordHasher
    settings: TenantSettings
    schemes: Mapping[str, IdentifierPolicy] | None = None
    roles: frozenset[str] | None = None
    products: Mapping[str, Product] | None = None
    slots: Mapping[str, Slots] | None = None
    mail_domain: str | None = None
    card_reviews: bool | None = None
    new_roles: Mapping[str, str] | None = None
    steps: frozenset[str] | None = None
    desk: DeskPolicy = USUAL

    @classmethod
    def of(cls, operator: Operator, settings: TenantSettings, *, vault: Vault, hasher: PasswordHasher) -> Self:
        """What an import into a tenant of the operator checks."""
        return cls(
            vault=vault,
            hasher=hasher,
            settings=settings,
            schemes={scheme: operator.login_id_policies[scheme] for scheme in operator.schemes},
            roles=frozenset(operator.permissions.roles),
            products=operator.products,
            slots=operator.slots,
            mail_domain=operator.mailboxes.domain if operator.mailboxes is not None else None,
            card_reviews=operator.card_change.review,
            new_roles={name: scheme.role for name, scheme in operator.schemes.items()},
            steps=frozenset(step.code for step in operator.summary.steps) if operator.summary else frozenset(),
            desk=operator.desk,
        )

    def role_of(self, scheme: str) -> str:
        """The role of a new account whose line states none."""
        return (self.new_roles or {}).get(scheme, "holder")

    def login_key(self, scheme: str, login_id: str) -> str:
        """The key that a login with this ID asks for. Raises BadLine when nothing is left of it."""
        policy = (self.schemes or {}).get(scheme)
        if policy is None:
            return cleaning.key_of("login_id", login_id)
        key = login.key_of(policy, cleaning.required("login_id", login_id))
        if not key:
            raise BadLine("login_id", "is blank; give a value")
        return key


@dataclass(frozen=True, slots=True)
class Item(Generic[P]):
    """A line that was read and checked, ready for the database."""

    line: int
    value: P


@dataclass(frozen=True, slots=True)
class CustomerRef:
    """A customer that a line refers to."""

    id: uuid.UUID
    name: str


@dataclass(frozen=True, slots=True)
class OwnedRef:
    """A contract or account that a line refers to, and whose it is."""

    id: uuid.UUID
    customer_id: uuid.UUID


_NOBODY = uuid.UUID(int=0)
"""Stands for what a dry run would have loaded."""


@dataclass(slots=True)
class Chunk:
    """One transaction of an import. Kinds read by `select`, write by `write`, and say what became of their lines."""

    tx: Tx
    cursor: Cursor
    tenant: str
    now: datetime
    means: Means
    scratch: Scratch
    dry_run: bool
    hashes: Hashes = field(default_factory=dict)
    tally: Tally = field(default_factory=Tally)
    problems: list[Problem] = field(default_factory=list)
    ids: Iterator[str] = field(init=False)
    """New ids for rows, in the form of `copy_row` and in their order, so that what is loaded together lies together."""

    def __post_init__(self) -> None:
        self.ids = new_ids_in_order(self.now)

    def refuse(self, kind: str, line: int, error: BadLine) -> None:
        """The line is left out; the rest of the chunk goes on."""
        self.problems.append(Problem(line, error.field, error.reason))
        self.tally.add(kind, "refused")

    def count(self, kind: str, outcome: Outcome, number: int = 1) -> None:
        """Say what became of lines."""
        self.tally.add(kind, outcome, number)

    def select(self, query: LiteralString, *values: Any) -> list[Any]:
        """Rows of a query whose first parameter is the tenant."""
        return self.cursor.execute(query, (self.tenant, *values)).fetchall()

    def write(self, target: Target, rows: Sequence[str]) -> int:
        """Write rows made by `copy_row`, unless this is a dry run; the number written."""
        return 0 if self.dry_run else write_rows(self.cursor, self.tenant, target, rows)

    def customers(self, keys: Iterable[str]) -> dict[str, CustomerRef]:
        """The customers of the tenant that have these keys; unknown ones are absent."""
        wanted = set(keys)
        found = {
            key: CustomerRef(row_id, name)
            for key, row_id, name in self.select(
                "SELECT number_key, id, name FROM customer WHERE tenant_id = %s AND number_key = ANY(%s)",
                list(wanted),
            )
        }
        found.update((key, CustomerRef(_NOBODY, "")) for key in self._coming("customer", wanted - found.keys()))
        return found

    def contracts(self, keys: Iterable[str]) -> dict[str, OwnedRef]:
        """The contracts of the tenant that have these keys; unknown ones are absent."""
        wanted = set(keys)
        query: LiteralString = (
            "SELECT number_key, id, customer_id FROM contract WHERE tenant_id = %s AND number_key = ANY(%s)"
        )
        found = {key: OwnedRef(*row) for key, *row in self.select(query, list(wanted))}
        found.update((key, OwnedRef(_NOBODY, _NOBODY)) for key in self._coming("contract", wanted - found.keys()))
        return found

    def logins(self, keys: Iterable[tuple[str, str]]) -> dict[tuple[str, str], OwnedRef]:
        """The accounts that have or had these login IDs, by scheme and key."""
        wanted = set(keys)
        query: LiteralString = (
            "SELECT n.scheme, n.login_key, a.id, a.customer_id FROM login_name n JOIN account a"
            " ON a.tenant_id = n.tenant_id AND a.id = n.owner_id WHERE n.tenant_id = %s AND n.state <> 'held'"
            " AND (n.scheme, n.login_key) IN (SELECT * FROM unnest(%s::text[], %s::text[]))"
        )
        rows = self.select(query, [scheme for scheme, _ in wanted], [key for _, key in wanted]) if wanted else ()
        found = {(scheme, key): OwnedRef(*row) for scheme, key, *row in rows}
        missing = {login_text(*key): key for key in wanted - found.keys()}
        found.update((missing[key], OwnedRef(_NOBODY, _NOBODY)) for key in self._coming("account", missing.keys()))
        return found

    def _coming(self, kind: str, missing: Iterable[str]) -> Iterator[str]:
        """Those of the missing keys that this dry run would have loaded."""
        return (key for key in missing if self.scratch.knows(kind, key)) if self.dry_run else iter(())


class Kind(Protocol[R_contra, P]):
    """How one kind of line is checked, found again and loaded. Modules of this package are such."""

    @property
    def NAME(self) -> str:  # noqa: N802
        """The kind as feeds and reports call it."""
        ...

    def prepare(self, record: R_contra, means: Means, /) -> P:
        """Everything that can be checked and reckoned without the database. Raises BadLine."""
        ...

    def natural_key(self, value: P, /) -> tuple[str, str, str]:
        """What the line is found again by: its key, the name of the field, and how people call it."""
        ...

    def load(self, chunk: Chunk, items: list[Item[P]], /) -> None:
        """Compare with what is stored, and write what is new or different."""
        ...


def unknown_customer(number: str) -> BadLine:
    """The refusal of a line whose customer is not there; another tenant's customer is not there either."""
    return BadLine("customer", f"there is no customer {number}; load the customers first")


def login_text(scheme: str, login_key: str) -> str:
    """Scheme and key of a login ID as one key."""
    return f"{scheme}\n{login_key}"
