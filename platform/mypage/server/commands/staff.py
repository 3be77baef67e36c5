"""`mypage staff`: who may work in the staff console, from the installation's own command line."""

from __future__ import annotations

import getpass
import json
from collections.abc import Callable
from typing import Any, TypeVar

import rich_click as click
from sqlalchemy import Engine

from mypage.audit.trail import record
from mypage.auth.login import key_of
from mypage.db.keys import Vault
from mypage.db.schema import check_schema
from mypage.db.session import Actor, Scope, Tx, platform_unit, sync_engine, unit
from mypage.lib.clock import TOKYO, SystemClock
from mypage.operators.naming import portal_called
from mypage.operators.operator import OFFICE, Operator
from mypage.operators.store import read_registry
from mypage.operators.tenants import Registry, Tenant
from mypage.server.app import compile_all, make_keyring
from mypage.server.routes import routes_for
from mypage.server.settings import Settings, read_settings
from mypage.staff import invites
from mypage.staff.errors import NotInvitable
from mypage.staff.invites import Invitation, Means
from mypage.staff.members import Member, account_of, members_of, note_member, roles_of
from mypage.staff.office import SCHEME
from mypage.staff.permissions import ROLE_NAMES
from mypage.web.urls import UrlTable

T = TypeVar("T")

_OFFICE = click.option("--office", default="", help="The console's tenant; not needed where there is one alone.")
_BY = click.option("--by", default="", help="Who does this; without it, the user of this machine.")
_TOLD = {
    "invited": "invited as {role} of {tenant}; a mail with a link is on its way, good for 72 hours",
    "added": "has an account already: works as {role} of {tenant} from now on, and is told by mail",
    "changed": "works as {role} of {tenant} from now on, and is told by mail",
    "unchanged": "is {role} of {tenant} already; nothing was changed",
}


@click.group()
def staff() -> None:
    """Who works in the staff console, for which portals."""


@staff.command("invite")
@click.argument("email")
@click.option("--tenant", required=True, help="The portal to work for.")
@click.option("--role", required=True, type=click.Choice(ROLE_NAMES), help="What they may do there.")
@click.option("--name", required=True, help="Their name; it stands beside all that they do.")
@_OFFICE
@_BY
def invite(email: str, tenant: str, role: str, name: str, office: str, by: str) -> None:
    """Let EMAIL work for a portal: a mail link for who is new, the role alone for who has an account.

    Again for who has not joined yet: the earlier link ends, and a new one is mailed.
    """
    desk = _Desk(office, by, "invite")
    worked = desk.portal(tenant)

    def work(tx: Tx) -> tuple[Member, str]:
        wanted = Invitation(email=email, name=name, worked=worked.name, role=role, portal=desk.called(worked))
        account_id, outcome = invites.invite(tx, desk.means, wanted, by=desk.by)
        found = next(each for each in members_of(tx, worked.name) if each.account_id == account_id)
        return found, outcome

    try:
        member, outcome = desk.run(desk.office.name, work)
    except NotInvitable as error:
        raise click.ClickException(f"office {desk.office.name}: {error}") from None
    if outcome != "unchanged":
        desk.run(worked.name, lambda tx: _noted(tx, member, "staff.role_granted", active=True))
    told = _TOLD[outcome].format(role=role, tenant=worked.name)
    click.echo(f"office {desk.office.name}: {member.email} {told}")


@staff.command("list")
@click.option("--tenant", default="", help="Only who works for this portal.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@_OFFICE
def list_(tenant: str, office: str, *, as_json: bool = False) -> None:
    """Print everybody with an account of the console, a line for each role."""
    desk = _Desk(office, "", "list")
    found = desk.run(desk.office.name, lambda tx: members_of(tx, desk.portal(tenant).name if tenant else None))
    for member in found:
        click.echo(json.dumps(_facts(member), ensure_ascii=False) if as_json else _line(member))
    if not found and not as_json:
        click.echo(f"office {desk.office.name}: nobody works for {tenant or 'any portal'}; see mypage staff invite")


@staff.command("withdraw")
@click.argument("email")
@click.option("--tenant", default="", help="The portal that they work for no more.")
@click.option("--all", "everywhere", is_flag=True, help="All of their portals, for who leaves.")
@_OFFICE
@_BY
def withdraw(email: str, tenant: str, office: str, by: str, *, everywhere: bool = False) -> None:
    """End a role of EMAIL at once. Who holds none any more is signed out everywhere."""
    if bool(tenant) == everywhere:
        raise click.ClickException("say which role ends: --tenant NAME, or --all")
    desk = _Desk(office, by, "withdraw")
    # A portal that is served no more can still be named: roles there end as well.
    for worked, member in desk.roles(email, tenant):
        place = desk.registry.get(worked)
        name = desk.called(place) if place is not None else worked

        def end(tx: Tx, worked: str = worked, member: Member = member, name: str = name) -> str:
            return invites.dismiss(tx, desk.means, member.account_id, worked, name, by=desk.by)

        desk.run(desk.office.name, end)
        desk.run(worked, lambda tx, m=member: _noted(tx, m, "staff.role_withdrawn", active=False))  # type: ignore[misc]
        click.echo(f"office {desk.office.name}: {member.email} is no {member.role} of {worked} any more")


class _Desk:
    """One act at one office. Raises ClickException with one line for what a person can mend."""

    def __init__(self, office: str, by: str, act: str) -> None:
        self.by = by.strip()[:100] or getpass.getuser()
        self._act = act
        self._settings: Settings = read_settings()
        self._compiled = compile_all(self._settings.theme_folders)
        self.registry = self._read_registry()
        self.office = _office_of(self.registry, office)

    def _read_registry(self) -> Registry:
        types = {name: operator.settings_type for name, operator in self._compiled.operators.items()}
        engine = self._engine()
        try:
            with platform_unit(engine) as connection:
                return read_registry(connection, types, self._compiled.themes)[0]
        finally:
            engine.dispose()

    def portal(self, name: str) -> Tenant:
        """A portal that can be worked for."""
        found = self.registry.get(name)
        if found is None or found.operator == OFFICE:
            known = ", ".join(each.name for each in self.registry.tenants.values() if each.operator != OFFICE)
            raise click.ClickException(
                f"there is no portal {name!r} to work for; --tenant is one of: {known or 'none'}"
            )
        return found

    def called(self, tenant: Tenant) -> str:
        """What a portal is called in mails to staff."""
        return portal_called(tenant, self._compiled.operators[tenant.operator], self.office.locale)

    @property
    def means(self) -> Means:
        """What mails to staff need."""
        operator: Operator = self._compiled.operators[OFFICE]
        urls, main = UrlTable(routes_for(operator)), self.office.main
        origin = self._settings.public_origin(main.host)
        return Means(
            vault=Vault(make_keyring(self._settings)),
            operator=operator,
            language=self.office.locale,
            link_of=lambda token: origin + urls.href(main.prefix, "staff-invited", {"token": token}),
            login_url=origin + urls.href(main.prefix, "login", {}),
        )

    def roles(self, email: str, tenant: str) -> list[tuple[str, Member]]:
        """The roles to end: that at a tenant, or all."""

        def work(tx: Tx) -> list[tuple[str, Member]]:
            account = account_of(tx, key_of(self.means.operator.login_id_policies[SCHEME], email.strip()))
            if account is None:
                raise click.ClickException(f"office {tx.tenant}: nobody has the address {email}; see mypage staff list")
            held = roles_of(tx, account.id)
            if (tenant and tenant not in held) or not held:
                where = f"{tenant}; the roles are at: {', '.join(held) or 'none'}" if tenant else "any portal"
                raise click.ClickException(f"office {tx.tenant}: {email} holds no role at {where}")
            found = [each for each in members_of(tx) if each.account_id == account.id]
            return [(each.worked, each) for each in found if not tenant or each.worked == tenant]

        return self.run(self.office.name, work)

    def run(self, tenant: str, work: Callable[[Tx], T]) -> T:
        """Run in a unit of work of one tenant."""
        engine = self._engine()
        try:
            check_schema(engine)
            scope = Scope(tenant, SystemClock(), Actor("system", f"mypage staff {self._act} ({self.by})"), "staff")
            with unit(engine, scope) as tx:
                return work(tx)
        finally:
            engine.dispose()

    def _engine(self) -> Engine:
        return sync_engine(self._settings.database_url)


def _office_of(registry: Registry, named: str) -> Tenant:
    """The console's tenant: the one of this name, or the only one."""
    consoles = [each for each in registry.tenants.values() if each.operator == OFFICE]
    found = [each for each in consoles if each.name == named] if named else consoles
    if len(found) == 1:
        return found[0]
    known = ", ".join(each.name for each in consoles)
    if not known:
        why = f'no tenant has operator = "{OFFICE}"; declare one in tenants.toml, see docs/staff.md'
    elif named:
        why = f"{named!r} is no tenant of the staff console; --office is one of: {known}"
    else:
        why = f"there are several consoles; choose one by --office ({known})"
    raise click.ClickException(why)


def _noted(tx: Tx, member: Member, action: str, *, active: bool) -> None:
    """The copy of the name and the trail of the portal that is worked for, after the office has decided."""
    note_member(tx, member.account_id, name=member.name, email=member.email, role=member.role, active=active)
    record(tx, action, "staff", member.account_id, after={"name": member.name, "role": member.role})


def _facts(member: Member) -> dict[str, Any]:
    return {
        "email": member.email,
        "name": member.name,
        "state": _state(member),
        "tenant": member.worked,
        "role": member.role,
        "since": member.granted_at.isoformat() if member.granted_at else "",
        "by": member.granted_by,
    }


def _line(member: Member) -> str:
    since = f"{member.granted_at.astimezone(TOKYO):%Y-%m-%d}" if member.granted_at else ""
    role = f"{member.role} of {member.worked} since {since} by {member.granted_by}" if member.role else "no role"
    return f"{member.email}  {member.name}  {_state(member)}  {role}"


def _state(member: Member) -> str:
    if not member.joined:
        return "invited"
    return "active" if member.second_factor else "active, no second factor yet"
