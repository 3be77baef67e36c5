"""Reading the registry table into tenants, and noticing that it changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from sqlalchemy import Connection, func, select

from mypage.hooks.portal import TenantSettings
from mypage.operators.models import TenantAddress, TenantRecord
from mypage.operators.operator import OFFICE
from mypage.operators.sharing import hosts_of, wrong_sharing
from mypage.operators.tenants import Address, Registry, Tenant
from mypage.operators.themes import Theme


class TenantError(ValueError):
    """A tenant cannot be served; the message names it and says how to mend it."""


_RECORDS = select(TenantRecord.__table__).where(TenantRecord.enabled).order_by(TenantRecord.name)
_NAMES = select(TenantRecord.name).where(TenantRecord.enabled).order_by(TenantRecord.name)
_ADDRESSES = select(TenantAddress.__table__).order_by(TenantAddress.host, TenantAddress.prefix)
_VERSION = select(func.count(), func.max(TenantRecord.updated_at)).select_from(TenantRecord)


def registry_version(connection: Connection) -> tuple[Any, ...]:
    """A value that changes when the registry does."""
    return tuple(connection.execute(_VERSION).one())


def enabled_tenants(connection: Connection) -> list[str]:
    """The names of all tenants that are served."""
    return list(connection.execute(_NAMES).scalars())


def read_registry(
    connection: Connection, settings_types: Mapping[str, type[TenantSettings]], themes: Mapping[str, Theme]
) -> tuple[Registry, list[TenantError]]:
    """The registry, and what is wrong with tenants that were left out of it."""
    addresses: dict[str, list[tuple[bool, Address]]] = {}
    for row in connection.execute(_ADDRESSES):
        addresses.setdefault(row.tenant, []).append((row.main, Address(row.host, row.prefix)))
    tenants, errors = [], []
    for row in connection.execute(_RECORDS):
        try:
            tenants.append(_tenant(row, addresses.get(row.name, []), settings_types, themes))
        except TenantError as error:
            errors.append(error)
    hosts = hosts_of({tenant.name: tenant.addresses for tenant in tenants})
    served = []
    for tenant in tenants:
        wrong = wrong_sharing(tenant.name, tenant.theme.name, tenant.theme.tenant, tenant.addresses, hosts)
        if wrong:
            errors.append(TenantError(f"tenant {tenant.name}: {wrong}"))
        else:
            served.append(tenant)
    return Registry(served), errors


def check_settings(name: str, settings: Mapping[str, Any], kind: type[TenantSettings]) -> TenantSettings:
    """A tenant's settings as the operator's type. Raises TenantError naming the field."""
    try:
        return msgspec.convert(dict(settings), kind)
    except msgspec.ValidationError as error:
        raise TenantError(f"tenant {name}: settings: {error}; correct it in tenants.toml") from error


def _tenant(
    row: Any,
    found: list[tuple[bool, Address]],
    settings_types: Mapping[str, type[TenantSettings]],
    themes: Mapping[str, Theme],
) -> Tenant:
    if row.operator not in settings_types:
        raise TenantError(f"tenant {row.name}: operator {row.operator!r} is not installed; install its distribution")
    if row.theme not in themes:
        raise TenantError(f"tenant {row.name}: there is no theme {row.theme!r} (known: {', '.join(sorted(themes))})")
    if not found:
        raise TenantError(f"tenant {row.name}: it has no address; apply tenants.toml again")
    main = next((address for is_main, address in found if is_main), found[0][1])
    return Tenant(
        name=row.name,
        operator=row.operator,
        theme=themes[row.theme],
        locale=row.locale,
        # Whoever can see customers proves by two things who they are, whatever the file says.
        second_factor="required" if row.operator == OFFICE else row.second_factor,
        main=main,
        addresses=tuple(address for _, address in found),
        extensions={port: dict(values) for port, values in row.extensions.items()},
        settings=check_settings(row.name, row.settings, settings_types[row.operator]),
    )
