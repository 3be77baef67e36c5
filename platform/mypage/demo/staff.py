"""The desk of the demo: accounts of the staff console with passwords and second factors that all may know.

`python -m mypage.demo.staff FILE` makes those of `demo/staff.toml` that are not there yet, in a demo alone.
"""

from __future__ import annotations

import sys
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import msgspec
from sqlalchemy import Engine

from mypage.auth.factors.models import SecondFactor
from mypage.auth.factors.service import COLUMN, TABLE
from mypage.auth.hashing import PasswordHasher
from mypage.auth.login import key_of
from mypage.db.keys import Vault
from mypage.db.session import Actor, Scope, Tx, unit
from mypage.demo.making import read_file, run
from mypage.lib.clock import SystemClock
from mypage.operators.operator import OFFICE, Operator
from mypage.server.app import compile_all, make_hasher, make_keyring
from mypage.server.settings import Settings, SettingsError
from mypage.staff import invites
from mypage.staff.members import account_of, grant, note_member
from mypage.staff.office import SCHEME

T = TypeVar("T")

BY = "demo"


class Sample(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One person; `totp` is the secret of their authenticator app in base 32, `roles` are by tenant."""

    name: str
    email: str
    password: str
    totp: str
    roles: dict[str, str]
    note: str = ""


class Samples(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The file: the console's tenant, its people, and what the launcher prints: `url` with `{port}`, and `label`."""

    office: str
    url: str = ""
    label: str = ""
    staff: list[Sample] = []


@dataclass(frozen=True, slots=True, kw_only=True)
class Maker:
    """What making accounts takes."""

    engine: Engine
    office: str
    operator: Operator
    vault: Vault
    hasher: PasswordHasher
    clock: SystemClock = field(default_factory=SystemClock)

    def make(self, sample: Sample) -> bool:
        """Make one person with roles and second factor; False when they are there already, and stay as they are."""
        key = key_of(self.operator.login_id_policies[SCHEME], sample.email)
        encoded = self.hasher.hash(sample.password)

        def work(tx: Tx) -> uuid.UUID | None:
            if account_of(tx, key) is not None:
                return None
            account = invites.new_account(tx, key, sample.email, sample.name)
            invites.activate(tx, account.id, name=sample.name, password_hash=encoded, language="")
            self._add_app(tx, account.id, sample.totp)
            for worked, role in sample.roles.items():
                grant(tx, account.id, worked, role, by=BY)
            return account.id

        account_id = self._run(self.office, work)
        if account_id is None:
            return False
        for worked, role in sample.roles.items():
            told = {"name": sample.name, "email": sample.email, "role": role}
            self._run(worked, lambda tx, told=told: note_member(tx, account_id, **told))  # type: ignore[misc]
        return True

    def _add_app(self, tx: Tx, account_id: uuid.UUID, secret: str) -> None:
        """Without the mails and recovery codes that somebody's own app brings: everybody knows this one."""
        row = uuid.uuid4()
        sealed = self.vault.seal(tx, secret.encode(), table=TABLE, column=COLUMN, row=str(row))
        names = {"tenant_id": tx.tenant, "id": row, "account_id": account_id, "kind": "totp", "name": "demo"}
        tx.add(SecondFactor(**names, sealed=sealed, last_step=0, created_at=tx.now()))
        tx.flush()

    def _run(self, tenant: str, work: Callable[[Tx], T]) -> T:
        with unit(self.engine, Scope(tenant, self.clock, Actor("system", "mypage.demo.staff"), "demo")) as tx:
            return work(tx)


def read_samples(path: Path) -> Samples:
    """The people of a file. Raises ValueError with one line."""
    return read_file(path, Samples)


def make_all(settings: Settings, samples: Samples, engine: Engine) -> int:
    """Make everybody who is not there yet; returns how many. Raises SettingsError outside of a demo."""
    if not settings.demo:
        raise SettingsError("staff whose passwords everybody knows are for a demo alone; use mypage staff invite")
    maker = Maker(
        engine=engine,
        office=samples.office,
        operator=compile_all(settings.theme_folders).operators[OFFICE],
        vault=Vault(make_keyring(settings)),
        hasher=make_hasher(settings),
    )
    return sum(maker.make(sample) for sample in samples.staff)


def main(argv: list[str] | None = None) -> int:
    """The command."""
    return run(
        argv,
        name="mypage.demo.staff",
        usage="give the file of the demo's staff: python -m mypage.demo.staff demo/staff.toml",
        make=lambda settings, path, engine: make_all(settings, read_samples(path), engine),
        made="people made",
    )


if __name__ == "__main__":
    sys.exit(main())
