"""The guards around second factors, known devices, turns and places that are taken away one by one."""

from __future__ import annotations

from mutantkit import Mutant
from mutantkit import without_filter as _filter

_SERVICE, _CHALLENGE = "auth.factors.service", "auth.factors.challenge"
_CODES = "auth.factors.recovery_codes"
_DESK = "server.commands.accounts"

FACTOR_FILTERS: tuple[Mutant, ...] = (
    _filter(f"{_SERVICE}:has_factor", "Account.tenant_id == tx.tenant, ", "has_factor locks"),
    _filter(f"{_SERVICE}:has_factor", "SecondFactor.tenant_id == tx.tenant, ", "has_factor"),
    _filter(f"{_SERVICE}:factors_of", "SecondFactor.tenant_id == tx.tenant, ", "factors_of"),
    _filter(f"{_SERVICE}:passkey_ids", "SecondFactor.tenant_id == tx.tenant, ", "passkey_ids"),
    _filter(f"{_SERVICE}:rename", "SecondFactor.tenant_id == tx.tenant, ", "rename"),
    _filter(f"{_SERVICE}:remove", "SecondFactor.tenant_id == tx.tenant,\n", "remove", "\n"),
    _filter(f"{_SERVICE}:remove_all", "SecondFactor.tenant_id == tx.tenant, ", "remove_all"),
    _filter(f"{_SERVICE}:_count", "SecondFactor.tenant_id == tx.tenant, ", "count of factors"),
    _filter(f"{_SERVICE}:_lock", "Account.tenant_id == tx.tenant, ", "lock of factors"),
    _filter(f"{_CHALLENGE}:wait", "(Account.tenant_id == tx.tenant) & ", "wait"),
    _filter(f"{_CHALLENGE}:wait", "Credential.tenant_id == tx.tenant, ", "wait"),
    _filter(f"{_CHALLENGE}:_by_app", "SecondFactor.tenant_id == tx.tenant, ", "by app"),
    _filter(f"{_CHALLENGE}:_take_step", "SecondFactor.tenant_id == tx.tenant, ", "take step"),
    _filter(f"{_CHALLENGE}:_by_passkey", "SecondFactor.tenant_id == tx.tenant,\n", "by passkey", "\n"),
    _filter(f"{_CHALLENGE}:_take_count", "SecondFactor.tenant_id == tx.tenant, ", "take count"),
    _filter(f"{_CHALLENGE}:_still_there", "(Account.tenant_id == tx.tenant) & ", "still there"),
    _filter(f"{_CHALLENGE}:_still_there", "Credential.tenant_id == tx.tenant, ", "still there"),
    _filter(f"{_CHALLENGE}:_locked", "Draft.tenant_id == tx.tenant, ", "draft locked"),
    _filter(f"{_CODES}:use_code", "RecoveryCode.tenant_id == tx.tenant,\n", "use_code", "\n"),
    _filter(f"{_CODES}:codes_left", "RecoveryCode.tenant_id == tx.tenant, ", "codes_left"),
    _filter(f"{_CODES}:drop_codes", "RecoveryCode.tenant_id == tx.tenant, ", "drop_codes"),
    _filter("auth.factors.routes_base:take_draft", "Draft.tenant_id == tx.tenant, ", "take_draft"),
    _filter("forms.drafts:save_draft", "Draft.tenant_id == tx.tenant, ", "save_draft"),
    _filter("auth.sessions:_FIND_WITH_FACTOR", 'SecondFactor.tenant_id == bindparam("tenant"), ', "gate of factors"),
    _filter("auth.sessions:log_out", "LoginSession.tenant_id == tx.tenant, ", "log_out"),
    _filter(f"{_DESK}:_holder", "(Account.tenant_id == tx.tenant) & ", "help desk"),
    _filter(f"{_DESK}:_holder", "Credential.tenant_id == tx.tenant,\n", "help desk", "\n"),
)
"""Statements that forget their tenant."""

FACTOR_GUARDS: tuple[Mutant, ...] = ()
"""Guards between holders, thieves of passwords, and those who listen or try."""
