"""Judging what was typed into the form of an account, and keeping it for the confirm page."""

from __future__ import annotations

import uuid
from typing import Any

from mypage.auth import login, names
from mypage.auth.credentials import earlier
from mypage.auth.forms import add_broken, check_login_id, check_new_password
from mypage.auth.passwords import history_result, present_result
from mypage.auth.routes_base import any_matches, guessable_at, hashed
from mypage.db.session import Tx
from mypage.forms.form import PortalForm
from mypage.hooks.auth import LoginScheme
from mypage.hooks.permissions import ACCOUNT_MANAGE
from mypage.hooks.subaccounts import SubAccounts
from mypage.subaccounts.account_drafts import keep
from mypage.subaccounts.account_forms import account_form, inputs_of, login_id_of, names_of
from mypage.subaccounts.accounts import SubAccount
from mypage.web.request import PortalRequest


def form_of(
    rq: PortalRequest, rules: SubAccounts, data: Any, account: SubAccount | None, values: dict[str, Any] | None = None
) -> PortalForm:
    """The form for a new account, or for the one to change; a role is asked from those who manage accounts only."""
    return account_form(
        rules,
        scheme_of(rq, rules),
        data,
        t=rq.t,
        new=account is None,
        roles=rq.principal.may(ACCOUNT_MANAGE),
        passwords=rq.operator.password_policies[rules.scheme],
        values=values,
    )


def scheme_of(rq: PortalRequest, rules: SubAccounts) -> LoginScheme:
    """How these accounts sign in."""
    return rq.operator.schemes[rules.scheme]


def login_key(rq: PortalRequest, rules: SubAccounts, login_id: str) -> str:
    """How a login ID is kept unique."""
    return login.key_of(rq.operator.login_id_policies[rules.scheme], login_id)


def say_taken(rq: PortalRequest, rules: SubAccounts, form: PortalForm) -> None:
    """It is not said whether an ID is in use or was deleted, nor whose it is (UCOM-23)."""
    scheme = scheme_of(rq, rules)
    text = rq.t("%(login_id)s cannot be used. Please choose another one", login_id=login_id_of(scheme, form))
    form.add_error(inputs_of("login", scheme)[0], text)


async def well_typed(rq: PortalRequest, rules: SubAccounts, form: PortalForm, account: SubAccount | None) -> bool:
    """Whether all fields are good; every wrong one has its message (UCOM-59)."""
    form.validate()
    scheme = scheme_of(rq, rules)
    login_id = account.login_id if account is not None else login_id_of(scheme, form)
    parts = inputs_of("login", scheme)
    if account is None and not any(form[name].errors for name in parts):
        good = check_login_id(form, parts[0], rq.operator.login_id_policies[rules.scheme], login_id)
        key = login_key(rq, rules, login_id)
        if good and not await rq.run(lambda tx: names.is_free(tx, rules.scheme, key)):
            say_taken(rq, rules, form)
    await _check_password(rq, rules, form, login_id, account)
    return not form.errors


async def keep_typed(
    rq: PortalRequest, rules: SubAccounts, form: PortalForm, wizard: str, account: SubAccount | None
) -> uuid.UUID:
    """Keep what was typed; the password as its hash."""
    password = str(form["password"].data)
    password_hash = await hashed(rq, password) if password else ""
    typed_names = names_of(form)
    scheme = scheme_of(rq, rules)
    parts = {name: form.text(name) for name in inputs_of("login", scheme)} if account is None else {}
    data = {
        **parts,
        "account_id": str(account.id) if account is not None else "",
        "login_id": account.login_id if account is not None else login_id_of(scheme, form),
        "role": form.text("role") if "role" in form else account.role if account is not None else "",
        **{name: getattr(typed_names, name) for name in typed_names.__dataclass_fields__},
    }
    echo = password[: rq.operator.password_policies[rules.scheme].echo]
    return await rq.run(lambda tx: keep(rq, tx, wizard, data, password_hash, echo))


async def _check_password(
    rq: PortalRequest, rules: SubAccounts, form: PortalForm, login_id: str, account: SubAccount | None
) -> None:
    password, again = str(form["password"].data), str(form["password_again"].data)
    if form["password"].errors or not (password or again):
        return
    if not password:
        form.add_error("password", rq.t("Enter %(label)s", label=rq.t(form["password"].label.text)))
        return
    policy = rq.operator.password_policies[rules.scheme]
    guessable = guessable_at(rq, rq.principal.customer_number)
    good = check_new_password(form, "password", policy, login_ids=(login_id,), guessable=guessable)
    if password != again and not form["password_again"].errors:
        form.add_error("password_again", rq.t("The password and its repetition differ. Please enter both again"))
        return
    if good and account is not None and await any_matches(rq, await _past(rq, rules, account), password):
        add_broken(
            form, "password", history_result(policy, True, rq.t) if policy.history else present_result(True, rq.t)
        )


async def _past(rq: PortalRequest, rules: SubAccounts, account: SubAccount) -> tuple[str, ...]:
    """The hashes that a new password must differ from: the present one first, then all that the policy remembers."""
    policy = rq.operator.password_policies[rules.scheme]

    def read(tx: Tx) -> tuple[str, ...]:
        credential = login.credential_of(tx, account.id, rules.scheme)
        return earlier(tx, policy, credential, "").hashes if credential is not None else ()

    return await rq.run(read)
