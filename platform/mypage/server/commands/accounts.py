"""`mypage accounts`: what the help desk does for a customer who cannot get in."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import rich_click as click
from sqlalchemy import select

from mypage.audit.trail import record
from mypage.auth.factors import service
from mypage.auth.models import Account, Credential
from mypage.auth.owners import customer_of
from mypage.auth.sessions import end_other_sessions
from mypage.db.keys import Vault
from mypage.db.schema import check_schema
from mypage.db.session import TENANT, Actor, Scope, Tx, sync_engine, unit
from mypage.lib.clock import SystemClock
from mypage.lib.text import fold_identifier
from mypage.operators.models import TenantRecord
from mypage.server.app import make_keyring
from mypage.server.commands.common import no_tenant
from mypage.server.settings import read_settings

T = TypeVar("T")

SHORTEST_REASON = 10


def _for_one_login(act: Callable[[str, str, str, str | None], None]) -> Callable[[str, str, str, str | None], None]:
    """What every act of the help desk is told: tenant, login, reason, scheme."""
    for told in (
        click.option("--scheme", help="The kind of login, where the operator has several."),
        click.option(
            "--reason", required=True, help="Why, and how you made sure who asks. It stands in the audit trail."
        ),
        click.argument("login"),
        click.argument("tenant"),
    ):
        act = told(act)
    return act


@click.group()
def accounts() -> None:
    """Help a customer who cannot get in."""


@accounts.command("remove-factors")
@_for_one_login
def remove_factors(tenant: str, login: str, reason: str, scheme: str | None) -> None:
    """Remove the two-step login of LOGIN at TENANT: apps, passkeys, recovery codes and all sessions end.

    The customer then logs in with the password alone, and gets a mail that says so.
    """
    desk = _Desk(tenant, reason, "remove-factors")
    removed = desk.help(
        lambda tx: service.remove_all(tx, desk.keys, _holder(tx, login, scheme), reason=desk.reason),
    )
    if not removed:
        raise click.ClickException(f"tenant {tenant}: {login} has no second factor; nothing was changed")
    click.echo(f"tenant {tenant}: {login}: {removed} second factors removed, all sessions ended")


@accounts.command("end-sessions")
@_for_one_login
def end_sessions(tenant: str, login: str, reason: str, scheme: str | None) -> None:
    """End all sessions of LOGIN at TENANT, for instance of somebody whose smartphone was stolen (ASVS 7.4.5)."""
    desk = _Desk(tenant, reason, "end-sessions")

    def work(tx: Tx) -> int:
        account_id = _holder(tx, login, scheme).account_id
        ended = end_other_sessions(tx, account_id, None)
        if ended:
            customer_id, after = customer_of(tx, account_id), {"reason": desk.reason}
            record(tx, "sessions.ended_by_support", "account", account_id, customer_id=customer_id, after=after)
        return ended

    ended = desk.help(work)
    if not ended:
        raise click.ClickException(f"tenant {tenant}: {login} has no session; nothing was changed")
    click.echo(f"tenant {tenant}: {login}: {ended} sessions ended")


class _Desk:
    """One act of the help desk in one tenant. Raises ClickException with one line for what a person can mend."""

    def __init__(self, tenant: str, reason: str, act: str) -> None:
        self.reason = reason.strip()[:500]
        if len(self.reason) < SHORTEST_REASON:
            raise click.ClickException("--reason is too short; write why, and how you made sure who asks")
        if not TENANT.fullmatch(tenant):
            raise click.ClickException(no_tenant(tenant))
        self._settings = read_settings()
        keyring = make_keyring(self._settings)
        self.keys = service.Keys(Vault(keyring), keyring)
        self._scope = Scope(tenant, SystemClock(), Actor("system", f"mypage accounts {act}"), "accounts")

    def help(self, work: Callable[[Tx], T]) -> T:
        """Run the act in a unit of work."""
        engine = sync_engine(self._settings.database_url)
        try:
            check_schema(engine)
            with unit(engine, self._scope) as tx:
                return work(tx)
        finally:
            engine.dispose()


def _holder(tx: Tx, login: str, scheme: str | None) -> service.Holder:
    """The one account of a login ID. Raises ClickException with what to do."""
    language = tx.scalar(select(TenantRecord.locale).where(TenantRecord.name == tx.tenant))
    if language is None:
        raise click.ClickException(no_tenant(tx.tenant))
    found = tx.execute(
        select(Credential.account_id, Credential.scheme)
        .join(Account, (Account.tenant_id == tx.tenant) & (Account.id == Credential.account_id))
        .where(
            Credential.tenant_id == tx.tenant,
            Credential.login_key.in_([fold_identifier(login), fold_identifier(login, case_sensitive=True)]),
            Account.status == "active",
        )
    ).all()
    mine = [row for row in found if scheme in (None, row.scheme)]
    if not mine:
        raise click.ClickException(f"tenant {tx.tenant} has no active login {login!r}; check it with the customer")
    if len(mine) > 1:
        known = ", ".join(sorted(row.scheme for row in mine))
        raise click.ClickException(f"login {login!r} exists more than once; choose by --scheme ({known})")
    return service.Holder(account_id=mine[0].account_id, session_id=None, language=language)
