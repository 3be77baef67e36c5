"""`tenants.toml`: the deployed portals as data, checked as a whole, compared with the registry, then applied.

Only `mypage tenants apply` uses this, as the owner role; every process then sees the new registry.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

import msgspec
from msgspec import Meta
from sqlalchemy import Connection, delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from mypage.hooks.portal import TenantSettings
from mypage.i18n import LOCALES
from mypage.lib.money import Rounding
from mypage.operators.models import TenantAddress, TenantRecord
from mypage.operators.operator import OFFICE
from mypage.operators.sharing import hosts_of, wrong_sharing
from mypage.operators.staff_login import PORT as STAFF_LOGIN
from mypage.operators.staff_login import wrong_staff_login
from mypage.operators.store import TenantError, check_settings
from mypage.operators.tenants import Address, SecondFactor, normalise_host

NAME = r"[a-z][a-z0-9-]{0,31}"
"""What a tenant may be called; the name is in every row of its data and never changes."""
_PREFIX = re.compile(r"/[a-z0-9-]+")
_TAKEN_PREFIXES = frozenset({"/healthz", "/readyz"})
_REGISTRATION_NUMBER = re.compile(r"T[1-9][0-9]{12}")
_SECRET = re.compile(r"(^|_)(key|secret|password|token)$")

Values = dict[str, Any]


class TenantsFileError(TenantError):
    """The file cannot be applied; `errors` are all reasons, one line each. Nothing was changed."""

    def __init__(self, errors: Sequence[str]) -> None:
        super().__init__("\n".join(errors))
        self.errors = tuple(errors)


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantDeclaration:
    """One tenant as the file declares it, with values from the environment filled in; the first address is its main."""

    name: str
    operator: str
    theme: str
    locale: str
    addresses: tuple[Address, ...]
    second_factor: str = "off"
    settings: Values = field(default_factory=dict)
    extensions: dict[str, Values] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between file and registry. `str()` is what a person reads before it is applied."""

    action: Literal["add", "change", "disable"]
    tenant: str
    details: tuple[str, ...]
    declaration: TenantDeclaration | None

    def __str__(self) -> str:
        return "\n  ".join((f"{self.action} tenant {self.tenant}", *self.details))


class _Entry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: str
    operator: str
    addresses: Annotated[list[str], Meta(min_length=1)]
    theme: str = "plain"
    locale: str = "ja"
    second_factor: str | msgspec.UnsetType = msgspec.UNSET
    settings: Values = {}
    extensions: dict[str, dict[str, str]] = {}


class _File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    tenant: list[Values] = []


def read_tenants(
    path: Path,
    environment: Mapping[str, str],
    *,
    settings_types: Mapping[str, type[TenantSettings]],
    themes: Collection[str],
    suppliers: Mapping[str, str] | None = None,
) -> list[TenantDeclaration]:
    """Read and check the file against the installed operators (by name, with their type of settings) and themes.

    A text value that begins with `$` is taken from the environment now. Values named `*_env` stay: they are names of
    variables that processes read when they serve, so that no secret is in the file or the database. Raises
    TenantsFileError with every mistake: file, tenant, field and how to mend it. `suppliers` maps themes to the tenants
    that supply their files: such a theme is refused on a host that portals share.
    """
    try:
        entries = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), _File).tenant
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise TenantsFileError([f"{path}: {_one_line(error)}; see demo/tenants.toml"]) from None
    errors: list[str] = []
    declared: list[TenantDeclaration] = []
    for number, values in enumerate(entries, 1):
        where = f"{path}: tenant {values.get('name', f'number {number}')}"
        declaration = _declaration(where, values, environment, errors.append)
        if declaration is not None:
            _check(where, declaration, settings_types, themes, errors.append)
            declared.append(declaration)
    _check_unique(path, declared, errors.append)
    _check_sharing(path, declared, suppliers or {}, errors.append)
    if errors:
        raise TenantsFileError(errors)
    return declared


def plan(connection: Connection, declared: Sequence[TenantDeclaration]) -> list[Change]:
    """What would have to change, tenant by tenant; empty when the registry is as declared.

    Tenants that the file does not name are disabled: their portals are gone, their data stay.
    """
    addresses: dict[str, list[tuple[bool, Address]]] = {}
    for row in connection.execute(select(TenantAddress.__table__).order_by(TenantAddress.host, TenantAddress.prefix)):
        addresses.setdefault(row.tenant, []).append((row.main, Address(row.host, row.prefix)))
    stored = {row.name: row for row in connection.execute(select(TenantRecord.__table__))}
    changes = []
    for declaration in declared:
        known = stored.get(declaration.name)
        if known is None:
            changes.append(Change("add", declaration.name, tuple(_described(declaration)), declaration))
        elif details := tuple(_differences(known, addresses.get(known.name, []), declaration)):
            changes.append(Change("change", declaration.name, details, declaration))
    named = {declaration.name for declaration in declared}
    why = ("the file does not name it; its addresses become free, its data stay",)
    gone = sorted(name for name, row in stored.items() if row.enabled and name not in named)
    return [*changes, *(Change("disable", name, why, None) for name in gone)]


def apply(connection: Connection, changes: Sequence[Change]) -> None:
    """Carry out a plan in the connection's transaction (`platform_unit` as the owner role)."""
    # Two of these at once could hide the earlier one from processes that watch the newest change.
    connection.exec_driver_sql("SELECT pg_advisory_xact_lock(hashtext('mypage tenants apply'))")
    touched = [change.tenant for change in changes]
    # All old addresses go first: one may move from one tenant to another within a plan.
    connection.execute(delete(TenantAddress).where(TenantAddress.tenant.in_(touched)))
    # The clock's time, not the transaction's, so that a later plan is always newer; asked for first, because an UPDATE
    # may only take bound values (scale rule 8).
    now = connection.scalar(select(func.clock_timestamp()))
    for change in changes:
        declared = change.declaration
        if declared is None:
            row = update(TenantRecord).where(TenantRecord.name == change.tenant)
            connection.execute(row.values(enabled=False, updated_at=now))
            continue
        values = _columns(declared) | {"enabled": True, "updated_at": now}
        statement = upsert(TenantRecord).values(name=declared.name, **values)
        connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_=values))
        rows = [
            {"host": address.host, "prefix": address.prefix, "tenant": declared.name, "main": place == 0}
            for place, address in enumerate(declared.addresses)
        ]
        connection.execute(insert(TenantAddress), rows)


def _declaration(
    where: str, values: Values, environment: Mapping[str, str], tell: Callable[[str], None]
) -> TenantDeclaration | None:
    try:
        entry = msgspec.convert(values, _Entry)
    except msgspec.ValidationError as error:
        tell(f"{where}: {_one_line(error)}; correct the entry")
        return None
    addresses = [_address(f"{where}: address {written!r}", written, tell) for written in entry.addresses]
    filled = {
        port: _filled(f"{where}: extensions.{port}", given, environment, tell)
        for port, given in entry.extensions.items()
    }
    return TenantDeclaration(
        name=entry.name,
        operator=entry.operator,
        theme=entry.theme,
        locale=entry.locale,
        second_factor=_second_factor(entry),
        addresses=tuple(address for address in addresses if address is not None),
        settings=_filled(f"{where}: settings", entry.settings, environment, tell),
        extensions=filled,
    )


def _second_factor(entry: _Entry) -> str:
    """Off unless the file says otherwise; in the staff console never."""
    if isinstance(entry.second_factor, msgspec.UnsetType):
        return "required" if entry.operator == OFFICE else "off"
    return entry.second_factor


def _filled(where: str, given: Values, environment: Mapping[str, str], tell: Callable[[str], None]) -> Values:
    """The values with `$NAME` replaced from the environment."""
    filled: Values = {}
    for name, value in given.items():
        if _SECRET.search(name):
            tell(f"{where}.{name}: a secret does not belong here; name its variable as {name}_env instead")
        elif isinstance(value, str) and value.startswith("$"):
            found = environment.get(value[1:], "")
            if not found:
                tell(f"{where}.{name}: the environment has no {value[1:]}; set it, or write the value here")
            filled[name] = found
        else:
            filled[name] = value
    return filled


def _address(where: str, written: str, tell: Callable[[str], None]) -> Address | None:
    host, slash, rest = written.partition("/")
    prefix = slash + rest
    if ":" in host or normalise_host(host) != host:
        tell(f"{where}: is no host in lower case without port; write it as portal.example or portal.example/name")
        return None
    if prefix and not _PREFIX.fullmatch(prefix):
        tell(f"{where}: the part behind the host is one of small letters, digits and hyphens, such as /u0020")
        return None
    if prefix in _TAKEN_PREFIXES:
        tell(f"{where}: {prefix} answers load balancers; choose another prefix")
        return None
    return Address(host, prefix)


def _check(
    where: str,
    declared: TenantDeclaration,
    settings_types: Mapping[str, type[TenantSettings]],
    themes: Collection[str],
    tell: Callable[[str], None],
) -> None:
    if not re.fullmatch(NAME, declared.name):
        tell(f"{where}: name: use a small letter, then up to 31 small letters, digits and hyphens")
    if declared.theme not in themes:
        tell(f"{where}: theme: there is no theme {declared.theme!r} (known: {_listed(themes)})")
    if declared.locale not in LOCALES:
        tell(f"{where}: locale: there is no language {declared.locale!r} (known: {_listed(LOCALES)})")
    if declared.second_factor not in get_args(SecondFactor):
        choice = _listed(get_args(SecondFactor))
        tell(f"{where}: second_factor: is {declared.second_factor!r}; write one of {choice}")
    if declared.operator not in settings_types:
        known = f"installed: {_listed(settings_types)}"
        tell(f"{where}: operator: {declared.operator!r} is not installed ({known}); install its distribution")
        return
    try:
        settings = check_settings(declared.name, declared.settings, settings_types[declared.operator])
    except TenantError as error:
        tell(f"{where}: {str(error).removeprefix(f'tenant {declared.name}: ')}")
        return
    if wrong := wrong_staff_login(declared.extensions):
        tell(f"{where}: extensions.{STAFF_LOGIN}.{wrong}")
    if declared.operator == OFFICE:
        _check_office(where, declared, tell)
    elif not is_registration_number(settings.registration_number):
        tell(f"{where}: settings.registration_number: is not T and 13 digits with a right check digit; copy it anew")
    if settings.tax_mode not in list(Rounding):
        tell(f"{where}: settings.tax_mode: is {settings.tax_mode!r}; write one of {_listed(list(Rounding))}")


def _check_office(where: str, declared: TenantDeclaration, tell: Callable[[str], None]) -> None:
    """Whoever can see customers proves by two things who they are, at an address that no portal's pages can reach."""
    if declared.second_factor != "required":
        tell(f'{where}: second_factor: the staff console always demands one; leave the line out or write "required"')
    for address in declared.addresses:
        if address.prefix:
            tell(
                f"{where}: address {_written(address)}: the staff console needs a host of its own; write {address.host}"
            )


def _check_unique(path: Path, declared: Sequence[TenantDeclaration], tell: Callable[[str], None]) -> None:
    names: set[str] = set()
    owners: dict[Address, str] = {}
    desks = {a.host: each.name for each in declared if each.operator == OFFICE for a in each.addresses}
    for declaration in declared:
        if declaration.name in names:
            tell(f"{path}: tenant {declaration.name}: is declared twice; remove one")
        names.add(declaration.name)
        for address in declaration.addresses:
            owner = owners.setdefault(address, declaration.name)
            if owner != declaration.name or declaration.addresses.count(address) > 1:
                tell(
                    f"{path}: tenant {declaration.name}: address {_written(address)} is used by {owner} too; remove one"
                )
            elif (desk := desks.get(address.host, declaration.name)) != declaration.name:
                tell(
                    f"{path}: tenant {declaration.name}: address {_written(address)} is on the host of the staff "
                    f"console {desk}, which shares it with no portal; choose another host"
                )


def _check_sharing(
    path: Path, declared: Sequence[TenantDeclaration], suppliers: Mapping[str, str], tell: Callable[[str], None]
) -> None:
    hosts = hosts_of({each.name: each.addresses for each in declared})
    for each in declared:
        if wrong := wrong_sharing(each.name, each.theme, suppliers.get(each.theme, ""), each.addresses, hosts):
            tell(f"{path}: tenant {each.name}: {wrong}")


def is_registration_number(text: str) -> bool:
    """Whether this is a 適格請求書発行事業者 number: T and a corporate number, whose first digit checks the others."""
    if not _REGISTRATION_NUMBER.fullmatch(text):
        return False
    weighted = sum(int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(text[2:])))
    return int(text[1]) == 9 - weighted % 9


def _columns(declared: TenantDeclaration) -> Values:
    names = ("operator", "theme", "locale", "second_factor", "settings", "extensions")
    return {name: getattr(declared, name) for name in names}


def _described(declared: TenantDeclaration) -> list[str]:
    written = [f"address {_written(address)}" for address in declared.addresses]
    if declared.second_factor != "off":
        written.append(f"second factor {declared.second_factor}")
    return [f"operator {declared.operator}, theme {declared.theme}, language {declared.locale}", *written]


def _differences(row: Any, found: list[tuple[bool, Address]], declared: TenantDeclaration) -> list[str]:
    lines = [] if row.enabled else ["enable it again"]
    for name, value in _columns(declared).items():
        lines.extend(_compared(name, getattr(row, name), value))
    stored = {address for _, address in found}
    lines.extend(f"remove address {_written(a)}" for _, a in found if a not in declared.addresses)
    lines.extend(f"add address {_written(a)}" for a in declared.addresses if a not in stored)
    main = next((address for is_main, address in found if is_main), None)
    if stored == set(declared.addresses) and main != declared.addresses[0]:
        lines.append(f"make {_written(declared.addresses[0])} its main address")
    return lines


def _compared(path: str, old: Any, new: Any) -> list[str]:
    """One line for every value that differs."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        keys = sorted(old.keys() | new.keys())
        return [line for key in keys for line in _compared(f"{path}.{key}", old.get(key), new.get(key))]
    return [] if old == new else [f"{path}: {_shown(old)} -> {_shown(new)}"]


def _shown(value: Any) -> str:
    return "nothing" if value is None else repr(value)


def _written(address: Address) -> str:
    return f"{address.host}{address.prefix}"


def _listed(names: Collection[str]) -> str:
    return ", ".join(sorted(names)) or "none"


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
