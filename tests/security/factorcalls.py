"""The second factors of two twins, and the services around them as they are called for one of the two."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

import pyotp
from attackkit import Oracle
from sqlalchemy import select, text
from twins import Twins

from mypage.auth import sessions
from mypage.auth.credentials import WIZARD
from mypage.auth.factors import challenge, recovery_codes, routes_base, service
from mypage.auth.factors import pending as halfway
from mypage.auth.factors.passkeys import Site
from mypage.auth.factors.pending import Pending
from mypage.auth.former import find_leaving
from mypage.auth.models import Credential
from mypage.db.keys import Vault
from mypage.db.session import Tx
from mypage.forms import drafts
from mypage.lib.crypto import Keyring
from mypage.server.commands import accounts
from mypage.testing.guard import ON_PURPOSE
from mypage.testing.portal import NOON, Portal
from softkey import Device, b64

if TYPE_CHECKING:
    from mutantcalls import Things

SECRETS = ("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
"""Of the twins' apps."""
PAPER = "7KQM2XRT9HVB"
"""A recovery code that is good for both."""
PASSKEY = uuid.UUID(int=2**128 - 1)
SITE = Site("portal.example", "https://portal.example", "p")
CHALLENGE = bytes(32)


@cache
def device() -> Device:
    """The passkey that both twins know."""
    return Device(SITE.origin, SITE.rp_id)


def keys_of(portal: Portal) -> service.Keys:
    """The keys of a portal's server."""
    return service.Keys(portal.server.ports.get(Vault), portal.server.ports.get(Keyring))


def plant_factors(twins: Twins, oracle: Oracle) -> None:
    """An app of its own for each twin under the same id; a passkey and two recovery codes that are the same.

    The token of their session is its former one as well.
    """
    account = twins.victim.person.account_id
    papers = [recovery_codes._hash(_master(portal), account, PAPER) for portal in twins.portals]
    for portal, secret in zip(twins.portals, SECRETS, strict=True):
        keys, name = keys_of(portal), portal.name
        row = oracle.fetch("SELECT id FROM second_factor WHERE tenant_id = %s", name)[0][0]

        def sealed(tx: Tx, secret: str = secret, row: Any = row, keys: service.Keys = keys) -> bytes:
            return keys.vault.seal(tx, secret.encode(), table=service.TABLE, column=service.COLUMN, row=str(row))

        oracle.change("UPDATE login_session SET former_hash = token_hash, factor_at = NULL WHERE tenant_id = %s", name)
        oracle.change("UPDATE second_factor SET sealed = %s WHERE tenant_id = %s", portal.run(sealed), name)
        oracle.change(
            "INSERT INTO second_factor (tenant_id, id, account_id, kind, name, credential_id, public_key, created_at) "
            "VALUES (%s, %s, %s, 'passkey', %s, %s, %s, %s)",
            name, PASSKEY, account, f"passkey of {name}", device().id, device().public_key, NOON,
        )  # fmt: skip
        for paper in papers:
            oracle.change(
                "INSERT INTO recovery_code (tenant_id, account_id, code_hash, created_at) VALUES (%s, %s, %s, %s)",
                name, account, paper, NOON,
            )  # fmt: skip


def locked(tx: Tx, table: str) -> list[str]:
    """Whose rows of a table this unit has locked; nothing may have changed them in it before."""
    mine = f"SELECT tenant_id FROM {table} WHERE xmax::text = pg_current_xact_id()::xid::text ORDER BY 1 {ON_PURPOSE}"
    return list(tx.scalars(text(mine)))


def _master(portal: Portal) -> bytes:
    return keys_of(portal).keyring.derive(recovery_codes._PURPOSE, portal.name)


def _keys(t: Things) -> service.Keys:
    return keys_of(t.twins.portals[1])


def _holder(t: Things) -> service.Holder:
    return service.Holder(account_id=t.principal.account_id, session_id=None, language="ja")


def _pending(t: Things, tx: Tx) -> Pending:
    changed = select(Credential.changed_at).where(
        Credential.tenant_id == tx.tenant, Credential.id == t.one["credential"]
    )
    return Pending(
        account_id=t.principal.account_id, customer_id=t.principal.customer_id, credential_id=t.one["credential"],
        changed_at=tx.scalars(changed).one(), scheme=t.scheme, device="", challenge=CHALLENGE, expires_at=NOON,
    )  # fmt: skip


def _bare(tx: Tx) -> Tx:
    """The unit's own tenant has no factor any more; its twin has."""
    tx.execute(text("DELETE FROM second_factor WHERE tenant_id = :t"), {"t": tx.tenant})
    return tx


def _gate(t: Things, tx: Tx) -> Any:
    found = sessions.find_session(_bare(tx), t.operator, t.twins.token, second_factor="required")
    return found and found.gate


def _app(t: Things, tx: Tx) -> bool:
    code = pyotp.TOTP(SECRETS[0]).at(int(tx.now().timestamp()))
    return challenge._by_app(tx, t.vault, t.principal.account_id, code)


def _passkey(t: Things, tx: Tx) -> bool:
    answer = device().get({"challenge": b64(CHALLENGE)})
    return challenge._by_passkey(tx, SITE, _pending(t, tx), answer)


FACTOR_CALLS: Mapping[str, Callable[[Things, Tx], Any]] = {
    "has_factor": lambda t, tx: service.has_factor(_bare(tx), t.principal.account_id),
    "has_factor locks": lambda t, tx: (service.has_factor(tx, t.principal.account_id), locked(tx, "account")),
    "factors_of": lambda t, tx: service.factors_of(tx, t.principal.account_id),
    "passkey_ids": lambda t, tx: service.passkey_ids(tx, t.principal.account_id),
    "rename": lambda t, tx: service.rename(tx, t.principal.account_id, t.one["second_factor"], "another"),
    "remove": lambda t, tx: service.remove(tx, _keys(t), _holder(t), t.one["second_factor"], keep_one=False),
    "remove_all": lambda t, tx: service.remove_all(tx, _keys(t), _holder(t), reason="r"),
    "count of factors": lambda t, tx: service._count(tx, t.principal.account_id),
    "lock of factors": lambda t, tx: service._lock(tx, t.principal.account_id).email,
    "wait": lambda t, tx: halfway.wait(tx, t.vault, "second-login", b"w", credential_id=t.one["credential"]),
    "by app": _app,
    "take step": lambda t, tx: challenge._take_step(tx, t.one["second_factor"], 1),
    "by passkey": _passkey,
    "take count": lambda t, tx: challenge._take_count(tx, _pending(t, tx), PASSKEY, 1000),
    "still there": lambda t, tx: getattr(halfway.still_there(tx, _pending(t, tx)), "email", None),
    "draft locked": lambda t, tx: (bool(halfway.lock_draft(tx, WIZARD, t.owner)), locked(tx, "draft")),  # type: ignore[arg-type]
    "use_code": lambda t, tx: recovery_codes.use_code(tx, _keys(t).keyring, t.principal.account_id, PAPER),
    "codes_left": lambda t, tx: recovery_codes.codes_left(tx, t.principal.account_id),
    "drop_codes": lambda t, tx: recovery_codes.drop_codes(tx, t.principal.account_id),
    "take_draft": lambda t, tx: routes_base.take_draft(tx, t.owner, WIZARD),
    "save_draft": lambda t, tx: bool(drafts.save_draft(tx, t.vault, owner=t.owner, wizard=WIZARD, data={})),
    "gate of factors": _gate,
    "find_leaving": lambda t, tx: bool(find_leaving(tx, t.twins.token)),
    "note_factor": lambda t, tx: sessions.note_factor(tx, t.session),
    "log_out": lambda t, tx: sessions.log_out(tx, t.session),
    "help desk": lambda t, tx: accounts._holder(tx, t.login_key, None),
}
"""Each in the form of `mutantcalls.CALLS`."""
