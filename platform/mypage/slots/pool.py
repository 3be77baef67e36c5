"""The extension `pool`: names on hosts of the portal's own. It keeps nothing; the portal's rows say whose a name is."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Final

from mypage.hooks.markers import hookimpl
from mypage.hooks.slots import NameRefused, NameReservation, NameWish, check_host

NAME: Final = "pool"


class PoolReservation:
    """Draws a host on which the name is nobody's, by the operation's id: the same one each time that asks."""

    def __init__(self, hosts: tuple[str, ...]) -> None:
        """Raises ValueError for what is no host, or no host at all."""
        for host in hosts:
            check_host(host)
        if not hosts:
            raise ValueError(f"{NAME} needs hosts, names such as mail.example with blanks between them")
        self._hosts = hosts

    async def reserve(self, wish: NameWish) -> str:
        free = [host for host in self._hosts if host not in wish.taken]
        if not free:
            raise NameRefused
        drawn = int.from_bytes(hashlib.sha256(wish.id.encode()).digest()[:8])
        return free[drawn % len(free)]

    async def release(self, wish: NameWish, host: str) -> None:
        return None


@hookimpl
def make_name_reservation(name: str, settings: Mapping[str, str]) -> NameReservation | None:
    """The pool of the setting `hosts`. Raises ValueError when one of them is none."""
    return PoolReservation(tuple(settings.get("hosts", "").split())) if name == NAME else None
