"""The tenants of a running process, read again when the table changed."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import structlog

from mypage.db.session import Database
from mypage.operators.operator import Operator
from mypage.operators.store import read_registry, registry_version
from mypage.operators.tenants import Registry, Tenant
from mypage.operators.themes import Theme

log = structlog.get_logger("mypage.registry")

REGISTRY_POLL_SECONDS = 3.0


class LiveRegistry:
    """The tenants as the table says now, read again when it changed."""

    def __init__(self, database: Database, operators: Mapping[str, Operator], themes: Mapping[str, Theme]) -> None:
        """Empty until the first `refresh`."""
        self._database, self._themes = database, themes
        self._types = {name: operator.settings_type for name, operator in operators.items()}
        self._version: tuple[Any, ...] = ()
        self.current = Registry([])

    async def refresh(self) -> None:
        """Read the table when its version is another."""

        def read(connection: Any) -> None:
            version = registry_version(connection)
            if version == self._version:
                return
            registry, errors = read_registry(connection, self._types, self._themes)
            for error in errors:
                log.error("tenant left out", reason=str(error))
            self.current, self._version = registry, version

        await self._database.platform(read)

    async def find(self, name: str) -> Tenant | None:
        """A tenant by name; a new one is looked for at once."""
        if self.current.get(name) is None:
            await self.refresh()
        return self.current.get(name)

    async def watch(self) -> None:
        """Refresh for ever; an outage of the database is waited out."""
        while True:
            await asyncio.sleep(REGISTRY_POLL_SECONDS)
            try:
                await self.refresh()
            except Exception as error:  # noqa: BLE001 - the registry read last still serves
                log.warning("registry not read", error=type(error).__name__)
