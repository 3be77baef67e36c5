"""What is typed to change one's own login ID or password, and what is wrong with it: messages at the fields."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from mypage.auth import login
from mypage.auth.credentials import Earlier
from mypage.auth.forms import add_broken, check_new_login, check_new_password, credentials_form
from mypage.auth.login import Attempt
from mypage.auth.passwords import history_result, present_result
from mypage.auth.routes_base import any_matches, compared, devices_of, guessable_at, lingers
from mypage.forms.form import PortalForm
from mypage.hooks.auth import CredentialChange
from mypage.lib.errors import NotFound
from mypage.web.rendering import time_text
from mypage.web.request import PortalRequest

_MINUTE = timedelta(minutes=1)


def rules_of_change(rq: PortalRequest) -> CredentialChange:
    """What holders of the session's kind of login may change. Raises NotFound."""
    rules = rq.operator.credential_changes.get(rq.principal.scheme)
    if rules is None:
        raise NotFound
    return rules


def change_form(rq: PortalRequest, before: Earlier, data: Any, values: dict[str, Any] | None = None) -> PortalForm:
    """The form of the first page."""
    scheme = rq.operator.schemes[rq.principal.scheme]
    policy = rq.operator.password_policies[scheme.name]
    return credentials_form(
        rules_of_change(rq), scheme, data, t=rq.t, must_change=before.must_change, policy=policy, values=values
    )


def well_formed(rq: PortalRequest, before: Earlier, form: PortalForm) -> bool:
    """Whether all that is typed keeps the rules that need no comparison with a stored password."""
    good = form.validate()
    login_id = form.text("login") if "login" in form else ""
    password = str(form["password"].data) if "password" in form else ""
    if login_id and not form["login"].errors:
        good &= check_new_login(form, "login", rq.operator.login_id_policies[rq.principal.scheme])
        if login_id == before.login_id:
            form.add_error("login", rq.t("This is your login ID now. Leave the field empty to keep it"))
            good = False
    if password and not form["password"].errors:
        good &= _good_password(rq, before, form, login_id)
    elif "password" in form and form["password_again"].data and not form["password"].errors:
        form.add_error("password", rq.t("Enter %(label)s", label=rq.t(form["password"].label.text)))
        good = False
    if good and not login_id and not password:
        form.add_error(None, rq.t("Nothing would change. Enter what you want to change"))
        good = False
    return good


async def is_owner(rq: PortalRequest, form: PortalForm, before: Earlier) -> bool:
    """Whether the present password is right, counted like a login. True where the route has asked for it before."""
    if not rules_of_change(rq).present:
        return True
    scheme = rq.principal.scheme
    attempt = await rq.run(
        lambda tx: login.begin(
            tx,
            rq.operator.throttle,
            scheme,
            before.login_key,
            rq.network,
            devices_of(rq),
            lingers=lingers(rq, scheme),
        )
    )
    given = await compared(rq, attempt, str(form["current"].data))
    own = _own(rq, attempt)
    if await rq.run(
        lambda tx: login.settle(tx, rq.operator.throttle, attempt, own and given.matched, former=own and given.former)
    ):
        return True
    form.add_error("current", wrong_password(rq))
    return False


async def is_new(rq: PortalRequest, before: Earlier, form: PortalForm, password: str) -> bool:
    """Whether a password is neither the present one nor one of those that may not be used again."""
    if password == form["current"].data if "current" in form else await any_matches(rq, before.hashes[:1], password):
        add_broken(form, "password", present_result(True, rq.t))
        return False
    if await any_matches(rq, before.hashes[1:], password):
        policy = rq.operator.password_policies[rq.principal.scheme]
        add_broken(form, "password", history_result(policy, True, rq.t))
        return False
    return True


def wrong_password(rq: PortalRequest) -> str:
    """The message at a field that asks for the present password."""
    return rq.t("The password is not right. After several tries that fail you have to wait for a while.")


def too_soon(rq: PortalRequest, at: datetime) -> str:
    """Says from when on the password can be changed, in whole minutes that are not too early (OCN-57)."""
    whole = at.replace(second=0, microsecond=0)
    text = time_text(rq.locale, whole if whole == at else whole + _MINUTE)
    return rq.t("The password was changed a short while ago. It can be changed again from %(time)s on", time=text)


def _good_password(rq: PortalRequest, before: Earlier, form: PortalForm, login_id: str) -> bool:
    policy = rq.operator.password_policies[rq.principal.scheme]
    guessable = guessable_at(rq, before.customer_number)
    good = check_new_password(form, "password", policy, login_ids=(before.login_id, login_id), guessable=guessable)
    if form["password"].data != form["password_again"].data:
        form.add_error("password_again", rq.t("The password and its repetition differ. Please enter both again"))
        good = False
    if before.again_at is not None:
        form.add_error("password", too_soon(rq, before.again_at))
        good = False
    return good


def _own(rq: PortalRequest, attempt: Attempt) -> bool:
    return attempt.found is not None and attempt.found.account_id == rq.principal.account_id
