"""Pages for a forgotten login ID or password, and for setting a new password by a mailed link (ACTV-67 to ACTV-70)."""

from __future__ import annotations

import asyncio
from datetime import datetime

from mypage.auth import recovery
from mypage.auth.credentials import Change, Earlier
from mypage.auth.errors import DeadLink
from mypage.auth.forms import add_broken, check_new_password, recovery_form, reset_form
from mypage.auth.login import key_of
from mypage.auth.pages import Link, RecoverPage, RecoverSentPage, ResetPasswordPage
from mypage.auth.passwords import history_result
from mypage.auth.routes_base import any_matches, guessable_at, hashed, matches, remember_device, rules_of, rules_url
from mypage.auth.throttle import admit, forgive, link_target
from mypage.db.keys import Vault
from mypage.db.session import Tx
from mypage.forms.form import PortalForm
from mypage.hooks.auth import Recovery
from mypage.hooks.permissions import PUBLIC
from mypage.lib.crypto import Keyring
from mypage.lib.errors import NotFound
from mypage.lib.text import fold_identifier
from mypage.web.replies import Go, Reply, Show
from mypage.web.request import PortalRequest
from mypage.web.routing import get, post

SLOWEST = 0.25
"""Seconds that every answer takes, so that its time does not say whether a mail was written."""


@get("/recover/{kind:str}", name="recover", permission=PUBLIC)
def recover_page(rq: PortalRequest) -> Reply:
    """Asks for what the operator wants to know."""
    rules = _rules(rq)
    return _recover(rq, rules, recovery_form(rules, None, t=rq.t), 200)


@post("/recover/{kind:str}", name="recover", permission=PUBLIC)
async def recover_post(rq: PortalRequest) -> Reply:
    """Mail something or nothing; the answer is the same, and takes the same time."""
    rules = _rules(rq)
    form = recovery_form(rules, rq.form, t=rq.t)
    if not form.validate():
        return _recover(rq, rules, form, 422)
    loop = asyncio.get_running_loop()
    ready = loop.time() + SLOWEST
    await rq.run(lambda tx: _mail(rq, tx, rules, form))
    await asyncio.sleep(max(0.0, ready - loop.time()))
    return Go("recover-sent", {"kind": rules.kind})


@get("/recover/{kind:str}/sent", name="recover-sent", permission=PUBLIC)
def recover_sent(rq: PortalRequest) -> Reply:
    """The same for everybody."""
    rules = _rules(rq)
    return Show(RecoverSentPage(title=rules.title, kind=rules.kind, login_url=rq.href("login")))


@get("/reset/{token:str}", name="reset", permission=PUBLIC, gated=False)
def reset_page(rq: PortalRequest) -> Reply:
    """A form for the new password; opening it changes nothing."""
    token = str(rq.params["token"])
    found = recovery.reset_target(rq.tx, rq.operator.password_policies.__getitem__, token)
    if found is None:
        return _dead_link(rq)
    return _reset(rq, token, found[0], _reset_form(rq, found[0], None), 200)


@post("/reset/{token:str}", name="reset", permission=PUBLIC, gated=False)
async def reset_post(rq: PortalRequest) -> Reply:
    """Set the password and end every session; the login page says so. Nobody is signed in by it."""
    token, policies = str(rq.params["token"]), rq.operator.password_policies
    found = await rq.run(lambda tx: _counted_target(rq, tx, token))
    if found is None:
        return await _repeated(rq, token)
    scheme, before = found
    form = _reset_form(rq, scheme, rq.form)
    password = str(form["password"].data)
    guessable = guessable_at(rq, before.customer_number)
    if not form.validate() or not check_new_password(
        form, "password", policies[scheme], login_ids=(before.login_id,), guessable=guessable
    ):
        return _reset(rq, token, scheme, form, 422)
    if policies[scheme].history and await any_matches(rq, before.hashes, password):
        add_broken(form, "password", history_result(policies[scheme], True, rq.t))
        return _reset(rq, token, scheme, form, 422)
    secret = await hashed(rq, password)
    try:
        set_at = await rq.run(lambda tx: _set_password(rq, tx, token, scheme, before, secret))
    except DeadLink:
        return await _repeated(rq, token)
    # Strangers may be keeping the account waiting: who has its mail gets in on this browser (decision 0009).
    remember_device(rq, before.credential_id, set_at)
    return _done(rq)


def _rules(rq: PortalRequest) -> Recovery:
    rules = rq.operator.recoveries.get(str(rq.params["kind"]))
    if rules is None:
        raise NotFound
    return rules


def _mail(rq: PortalRequest, tx: Tx, rules: Recovery, form: PortalForm) -> None:
    means = recovery.Means(
        vault=rq.ports.get(Vault),
        keyring=rq.ports.get(Keyring),
        throttle=rq.operator.throttle,
        network=rq.network,
        language=rq.locale,
    )
    if rules.kind == "login-id":
        number_key = fold_identifier(form.text("customer_number"))
        recovery.mail_login_id(tx, means, rules.scheme, number_key, tuple(form["proof_code"].data))
        return
    login_key = key_of(rq.operator.login_id_policies[rules.scheme], form.text("login"))
    recovery.mail_reset_link(
        tx,
        means,
        rules.scheme,
        login_key,
        life=rules.link_life,
        link_of=lambda token: rq.absolute("reset", token=token),
    )


def _counted_target(rq: PortalRequest, tx: Tx, token: str) -> tuple[str, Earlier] | None:
    target, throttle = link_target(rq.network), rq.operator.throttle
    if not admit(tx, throttle, target):
        return None
    found = recovery.reset_target(tx, rq.operator.password_policies.__getitem__, token)
    if found is not None:
        forgive(tx, throttle, target)
    return found


def _set_password(rq: PortalRequest, tx: Tx, token: str, scheme: str, before: Earlier, secret: str) -> datetime:
    wanted = Change(credential_id=before.credential_id, password_hash=secret)
    policy = rq.operator.password_policies[scheme]
    return recovery.reset_password(tx, rq.ports.get(Vault), policy, token, wanted, language=rq.locale)


async def _repeated(rq: PortalRequest, token: str) -> Reply:
    """A double click gets the first answer: the link was used moments ago, for this very password."""
    policies = rq.operator.password_policies.__getitem__
    found = await rq.run(lambda tx: recovery.reset_before(tx, policies, token))
    if found is None or not found[1].hashes:
        return _dead_link(rq)
    form = _reset_form(rq, found[0], rq.form)
    same = form.validate() and await matches(rq, found[1].hashes[0], str(form["password"].data))
    return _done(rq) if same else _dead_link(rq)


def _done(rq: PortalRequest) -> Reply:
    rq.flash("ok", rq.t("Your password is changed. Please log in with the new one."))
    if rq.signed_in:
        rq.out.end_session = True
    return Go("login")


def _recover(rq: PortalRequest, rules: Recovery, form: PortalForm, status: int) -> Reply:
    page = RecoverPage(
        title=rules.title,
        lead=rules.lead,
        form=form,
        names=tuple(field.name for field in form),
        action_url=rq.href("recover", kind=rules.kind),
        back_url=rq.href("login"),
    )
    return Show(page, status)


def _reset_form(rq: PortalRequest, scheme: str, data: object) -> PortalForm:
    return reset_form(rq.operator.schemes[scheme], rq.operator.credential_changes.get(scheme), data, t=rq.t)


def _reset(rq: PortalRequest, token: str, scheme: str, form: PortalForm, status: int) -> Reply:
    page = ResetPasswordPage(
        title=_title(rq),
        state="ready",
        login_url=rq.href("login"),
        form=form,
        names=("password", "password_again"),
        action_url=rq.href("reset", token=token),
        rules=rules_of(rq, scheme),
        rules_url=rules_url(rq, scheme),
    )
    return Show(page, status)


def _title(rq: PortalRequest) -> str:
    rules = rq.operator.recoveries.get("password")
    return rules.title if rules else rq.operator.login_page.title


def _dead_link(rq: PortalRequest) -> Reply:
    rules = rq.operator.recoveries.get("password")
    page = ResetPasswordPage(
        title=_title(rq),
        state="invalid",
        login_url=rq.href("login"),
        start_again=Link(rules.title, rq.href("recover", kind="password")) if rules else None,
    )
    return Show(page, 404)
