"""What an operator says about changing login IDs and passwords must fit the other ways to set one."""

from __future__ import annotations

from mypage.hooks.auth import CredentialChange
from mypage.operators.checking_base import Wrong
from mypage.operators.operator import Operator

HOOK = "credential_change_items"


def check_credential_changes(operator: Operator, wrong: Wrong) -> None:
    """Raises OperatorError."""
    for change in operator.credential_changes.values():
        if not (change.login or change.password):
            raise wrong(HOOK, f"{change.title!r} changes nothing; allow the login ID or the password")
        if change.unseen and operator.password_policies[change.scheme].echo:
            raise wrong(HOOK, f"{change.title!r} shows nothing, and the password policy shows first characters")
        if change.line:
            _check_line(operator, change, wrong)


def _check_line(operator: Operator, change: CredentialChange, wrong: Wrong) -> None:
    """A line has to be told of every new password, and only the page of the change does that."""
    if not change.password:
        raise wrong(HOOK, f"{change.title!r} names line {change.line!r}, and no password is changed there")
    others = {
        "registration_items": change.scheme in operator.registrations,
        "recovery_items": any(r.kind == "password" and r.scheme == change.scheme for r in operator.recoveries.values()),
        "sub_account_items": operator.sub_accounts is not None and operator.sub_accounts.scheme == change.scheme,
    }
    for hook, sets in others.items():
        if sets:
            raise wrong(HOOK, f"line {change.line!r} would not hear of passwords that are set by {hook}; drop one")
