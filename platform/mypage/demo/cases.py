"""Callers for the desk of the demo: a login that is locked just now, and a mail that did not arrive.

`python -m mypage.demo.cases FILE` brings those of `demo/cases.toml` about, in a demo alone, as often as it is called.
"""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

import msgspec
from sqlalchemy import Engine, select
from sqlalchemy.dialects.postgresql import insert

from mypage.auth.login import key_of
from mypage.auth.models import Account, Credential, LoginCounter
from mypage.auth.throttle import login_target
from mypage.db.keys import Vault
from mypage.db.session import Actor, Scope, Tx, sync_engine, unit
from mypage.lib.clock import SystemClock
from mypage.mail.models import MailMessage
from mypage.mail.service import mark_failed, send_mail
from mypage.operators.operator import Operator
from mypage.server.app import compile_all, make_keyring
from mypage.server.settings import Settings, SettingsError, read_settings

MORE_FAILURES = 7
"""Beyond those that are free: with each the wait doubles, up to the operator's longest."""
MAIL = "profile_changed"
ANSWER = "550 5.1.1 mailbox unavailable"


class CaseFor(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One login, and what its customer calls about: it is `locked`, or the mail about a change (`missed`) failed."""

    tenant: str
    operator: str
    scheme: str
    login: str
    locked: bool = False
    missed: str = ""
    """What the mail says was changed; "" for no mail."""


class Cases(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The file."""

    case: list[CaseFor]


def bring_about(tx: Tx, vault: Vault, operator: Operator, case: CaseFor) -> bool:
    """Make one case true now; False when there is no such login."""
    key = key_of(operator.login_id_policies[case.scheme], case.login)
    account = tx.scalars(
        select(Account)
        .join(Credential, (Credential.tenant_id == tx.tenant) & (Credential.account_id == Account.id))
        .where(Account.tenant_id == tx.tenant, Credential.scheme == case.scheme, Credential.login_key == key)
    ).one_or_none()
    if account is None:
        return False
    if case.locked:
        _lock(tx, operator, case.scheme, key)
    if case.missed:
        _miss(tx, vault, account, case.missed)
    return True


def _lock(tx: Tx, operator: Operator, scheme: str, key: str) -> None:
    policy = operator.throttle
    (counter,) = login_target(scheme, key, "").own
    failed = {
        "failures": policy.free + MORE_FAILURES,
        "last_at": tx.now(),
        "blocked_until": tx.now() + policy.longest_wait,
    }
    tx.execute(
        insert(LoginCounter)
        .values(tenant_id=tx.tenant, kind=counter.kind, key=counter.key, **failed)
        .on_conflict_do_update(index_elements=["tenant_id", "kind", "key"], set_=failed)
    )


def _miss(tx: Tx, vault: Vault, account: Account, changed: str) -> None:
    there = select(MailMessage.id).where(
        MailMessage.tenant_id == tx.tenant, MailMessage.subject_id == account.id, MailMessage.template == MAIL
    )
    if tx.scalars(there.limit(1)).one_or_none() is not None:
        return
    mail_id = send_mail(
        tx,
        vault,
        template=MAIL,
        recipient=account.email,
        language=account.language or "ja",
        values={"changed": changed, "changed_at": tx.now()},
        subject_id=account.id,
    )
    mark_failed(tx, mail_id, ANSWER)


def read_cases(path: Path) -> Cases:
    """The cases of a file. Raises ValueError with one line."""
    try:
        return msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), Cases)
    except (OSError, ValueError) as error:
        raise ValueError(f"{path}: {' '.join(str(error).split())}") from error


def bring_all_about(settings: Settings, cases: Cases, engine: Engine) -> int:
    """Make every case true now; how many are. Raises SettingsError outside of a demo."""
    if not settings.demo:
        raise SettingsError("locked logins and failed mails are made up for a demo alone")
    operators, vault = compile_all(settings.theme_folders).operators, Vault(make_keyring(settings))
    made = 0
    for case in cases.case:
        with unit(engine, Scope(case.tenant, SystemClock(), Actor("system", "mypage.demo.cases"), "demo")) as tx:
            made += bring_about(tx, vault, operators[case.operator], case)
    return made


def main(argv: list[str] | None = None) -> int:
    """The command."""
    words = sys.argv[1:] if argv is None else argv
    if len(words) != 1:
        print("give the file of the demo's cases: python -m mypage.demo.cases demo/cases.toml", file=sys.stderr)
        return 2
    try:
        settings = read_settings()
        cases = read_cases(Path(words[0]))
        engine = sync_engine(settings.database_url)
        try:
            made = bring_all_about(settings, cases, engine)
        finally:
            engine.dispose()
    except (SettingsError, ValueError) as error:
        print(f"mypage.demo.cases: {error}", file=sys.stderr)
        return 1
    print(f"{made} cases")
    return 0


if __name__ == "__main__":
    sys.exit(main())
