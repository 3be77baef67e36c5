"""Pages for changing one's own login ID and password: input, confirm, done (ACTV-64 to ACTV-66)."""

from __future__ import annotations

import json
from typing import Any

from mypage.auth import credentials, login, names
from mypage.auth.account_pages import Change as Row
from mypage.auth.account_pages import CredentialsConfirmPage, CredentialsDonePage, CredentialsPage
from mypage.auth.credentials import Change, Earlier
from mypage.auth.errors import LoginNameTaken
from mypage.auth.factors.service import factors_of
from mypage.auth.forms import add_broken, check_new_login, check_new_password, credentials_form
from mypage.auth.login import Attempt
from mypage.auth.passwords import MASK, history_result, present_result
from mypage.auth.routes_base import any_matches, devices_of, guessable_at, hashed, matches, rules_of, rules_url
from mypage.auth.sessions import rotate_session
from mypage.db.keys import Vault
from mypage.db.session import Tx
from mypage.forms.drafts import DraftContent, drop_draft, named_draft, save_draft
from mypage.forms.form import PortalForm
from mypage.forms.wizard import once, recall
from mypage.hooks.auth import CredentialChange
from mypage.hooks.permissions import CREDENTIAL_CHANGE
from mypage.lib.errors import NotFound, ReauthNeeded, SignInNeeded, StaleForm
from mypage.web.replies import Go, Reply, Show
from mypage.web.request import PortalRequest
from mypage.web.routing import get, post


@get("/credentials", name="credentials", permission=CREDENTIAL_CHANGE, gated=False)
def credentials_page(rq: PortalRequest) -> Reply:
    """The form; with `edit`, the new login ID that was entered before the confirm page."""
    before = _provable(rq, rq.tx)
    draft = _draft(rq, rq.query.get("edit", ""))
    values = {"login": draft.data["login_id"] or ""} if draft else None
    return _input(rq, before, _form(rq, before, None, values), 200)


@post("/credentials", name="credentials", permission=CREDENTIAL_CHANGE, gated=False)
async def credentials_input(rq: PortalRequest) -> Reply:
    """Check the current password, then the new values, and go on to the confirm page."""
    before = await rq.run(lambda tx: _provable(rq, tx))
    form = _form(rq, before, rq.form)
    if not _well_formed(rq, before, form) or not await _is_owner(rq, before, form):
        return _input(rq, before, form, 422)
    password = form.text("password") if "password" in form else ""
    if password and not await _is_new(rq, before, form, password):
        return _input(rq, before, form, 422)
    secret = await hashed(rq, password) if password else ""
    draft_id = await rq.run(lambda tx: _keep(rq, tx, before, form, secret))
    if draft_id is None:
        return _input(rq, before, form, 422)
    return Go("credentials-confirm", {"draft": draft_id})


@get("/credentials/confirm", name="credentials-confirm", permission=CREDENTIAL_CHANGE, gated=False)
def credentials_confirm(rq: PortalRequest) -> Reply:
    """Before and after, passwords masked."""
    rules, before = _rules(rq), _before(rq, rq.tx)
    draft = _draft(rq, rq.query.get("draft", ""))
    if draft is None:
        return _after_the_end(rq, rq.query.get("draft", ""))
    changes = []
    if rules.login:
        changes.append(Row(rules.login_label or "Login ID", before.login_id, draft.data["login_id"] or ""))
    if rules.password:
        secret, echo = _secret(draft)
        changes.append(Row(rules.password_label or _scheme(rq).secret, MASK, echo + MASK if secret else ""))
    kept = ((rules.id_label or "Login ID", before.login_id),) if not rules.login else ()
    page = CredentialsConfirmPage(
        title=rules.title,
        changes=tuple(changes),
        action_url=rq.href("credentials-confirm"),
        back_url=rq.href("credentials", edit=draft.id),
        hidden=(("operation", str(draft.id)), ("_back", rq.href("credentials-confirm", draft=draft.id))),
        heading=rules.confirm_title,
        lead=rules.confirm_lead,
        commit=rules.commit,
        back=rules.back,
        plain=(*kept, *((row.label, row.after) for row in changes if row.after)) if rules.plain else (),
    )
    return Show(page)


@post("/credentials/confirm", name="credentials-confirm", permission=CREDENTIAL_CHANGE, gated=False)
def credentials_commit(rq: PortalRequest) -> Reply:
    """Make the change once; this session goes on under a new token, all others end (ACTV-66)."""
    operation = rq.form.get("operation", "")
    draft = _draft(rq, operation)
    if draft is None:
        return _after_the_end(rq, operation)
    try:
        once(rq.tx, str(draft.id), owner=rq.owner, wizard=credentials.WIZARD, effect=lambda: _commit(rq, draft))
    except LoginNameTaken:
        before = _before(rq, rq.tx)
        form = _form(rq, before, None, {"login": draft.data["login_id"]})
        _say_taken(rq, form)
        return _input(rq, before, form, 422)
    token = rotate_session(rq.tx, rq.principal.session_id, reauthenticated=False)
    if token is None:
        raise SignInNeeded
    rq.out.new_session = token
    return Go("credentials-done", {"operation": draft.id})


@get("/credentials/done", name="credentials-done", permission=CREDENTIAL_CHANGE, gated=False)
def credentials_done(rq: PortalRequest) -> Reply:
    """The change is made."""
    done = recall(rq.tx, rq.query.get("operation", ""), owner=rq.owner, wizard=credentials.WIZARD)
    if not done:
        return Go("credentials")
    page = CredentialsDonePage(
        title=_rules(rq).title,
        login_id=done["login_id"],
        home_url=rq.href("home"),
        email=done["email"],
        heading=_rules(rq).done_title,
        id_label=_rules(rq).id_label,
    )
    return Show(page)


def _rules(rq: PortalRequest) -> CredentialChange:
    rules = rq.operator.credential_changes.get(rq.principal.scheme)
    if rules is None:
        raise NotFound
    return rules


def _scheme(rq: PortalRequest) -> Any:
    return rq.operator.schemes[rq.principal.scheme]


def _before(rq: PortalRequest, tx: Tx) -> Earlier:
    principal = rq.principal
    credential = login.credential_of(tx, principal.account_id, principal.scheme)
    if credential is None:
        raise NotFound
    policy = rq.operator.password_policies[principal.scheme]
    return credentials.earlier(tx, policy, credential, principal.customer_number)


def _provable(rq: PortalRequest, tx: Tx) -> Earlier:
    """What there is to change. Raises ReauthNeeded when the account has a second factor that was not shown of late.

    The form asks for the password alone.
    """
    signed_in = rq.signed_in
    assert signed_in is not None
    shown = rq.tenant.second_factor == "off" or signed_in.reauth_fresh
    if not shown and factors_of(tx, rq.principal.account_id):
        raise ReauthNeeded
    return _before(rq, tx)


def _form(rq: PortalRequest, before: Earlier, data: Any, values: dict[str, Any] | None = None) -> PortalForm:
    policy = rq.operator.password_policies[rq.principal.scheme]
    return credentials_form(
        _rules(rq), _scheme(rq), data, t=rq.t, must_change=before.must_change, policy=policy, values=values
    )


def _well_formed(rq: PortalRequest, before: Earlier, form: PortalForm) -> bool:
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


def _good_password(rq: PortalRequest, before: Earlier, form: PortalForm, login_id: str) -> bool:
    policy = rq.operator.password_policies[rq.principal.scheme]
    guessable = guessable_at(rq, before.customer_number)
    good = check_new_password(form, "password", policy, login_ids=(before.login_id, login_id), guessable=guessable)
    if form["password"].data != form["password_again"].data:
        form.add_error("password_again", rq.t("The password and its repetition differ. Please enter both again"))
        good = False
    wait = policy.cool_down
    if wait is not None and not before.must_change and rq.clock.now() - before.changed_at < wait:
        form.add_error("password", rq.t("The password was changed a short while ago. Please try again later"))
        good = False
    return good


async def _is_owner(rq: PortalRequest, before: Earlier, form: PortalForm) -> bool:
    if not _rules(rq).present:
        return True  # The route has demanded the password shortly before.
    attempt = await rq.run(
        lambda tx: login.begin(
            tx, rq.operator.throttle, rq.principal.scheme, before.login_key, rq.network, devices_of(rq)
        )
    )
    matched = await matches(rq, attempt.encoded, str(form["current"].data))
    if await rq.run(lambda tx: login.settle(tx, rq.operator.throttle, attempt, matched and _own(rq, attempt))):
        return True
    form.add_error("current", wrong_password(rq))
    return False


def wrong_password(rq: PortalRequest) -> str:
    """The message at a field that asks for the present password."""
    return rq.t("The password is not right. After several tries that fail you have to wait for a while.")


def _own(rq: PortalRequest, attempt: Attempt) -> bool:
    return attempt.found is not None and attempt.found.account_id == rq.principal.account_id


async def _is_new(rq: PortalRequest, before: Earlier, form: PortalForm, password: str) -> bool:
    if password == form["current"].data if "current" in form else await any_matches(rq, before.hashes[:1], password):
        add_broken(form, "password", present_result(True, rq.t))
        return False
    if await any_matches(rq, before.hashes[1:], password):
        policy = rq.operator.password_policies[rq.principal.scheme]
        add_broken(form, "password", history_result(policy, True, rq.t))
        return False
    return True


def _keep(rq: PortalRequest, tx: Tx, before: Earlier, form: PortalForm, secret: str) -> Any:
    """Keep the draft; None, with the message in the form, when the login ID is not free."""
    scheme = rq.principal.scheme
    login_id = form.text("login") if "login" in form else ""
    login_key = login.key_of(rq.operator.login_id_policies[scheme], login_id)
    if login_id and not names.is_free(tx, scheme, login_key, account_id=rq.principal.account_id):
        _say_taken(rq, form)
        return None
    echo = rq.operator.password_policies[scheme].echo
    return save_draft(
        tx,
        rq.ports.get(Vault),
        owner=rq.owner,
        wizard=credentials.WIZARD,
        data={
            "credential": str(before.credential_id),
            "login_id": login_id or None,
            "login_key": login_key if login_id else None,
        },
        secret=json.dumps([secret, form.text("password")[:echo]]).encode() if secret else None,
    )


def _say_taken(rq: PortalRequest, form: PortalForm) -> None:
    text = rq.t("The login ID %(login_id)s is in use. Please choose another one", login_id=form.text("login"))
    form.add_error("login", text)


def _commit(rq: PortalRequest, draft: DraftContent) -> Any:
    principal = rq.principal
    wanted = Change(
        credential_id=_before(rq, rq.tx).credential_id,
        login_id=draft.data["login_id"],
        login_key=draft.data["login_key"],
        password_hash=_secret(draft)[0] or None,
    )
    policy = rq.operator.password_policies[principal.scheme]
    result = credentials.change(
        rq.tx, rq.ports.get(Vault), policy, wanted, keep=principal.session_id, language=rq.locale
    )
    drop_draft(rq.tx, owner=rq.owner, wizard=credentials.WIZARD)
    return result


def _secret(draft: DraftContent) -> tuple[str, str]:
    """The hash of the new password and its first characters, both sealed; "" for none."""
    if draft.secret is None:
        return "", ""
    password_hash, echo = json.loads(draft.secret)
    return password_hash, echo


def _draft(rq: PortalRequest, text: str) -> DraftContent | None:
    return named_draft(rq.tx, rq.ports.get(Vault), owner=rq.owner, wizard=credentials.WIZARD, text=text)


def _after_the_end(rq: PortalRequest, operation: str) -> Reply:
    if not operation:
        return Go("credentials")
    if recall(rq.tx, operation, owner=rq.owner, wizard=credentials.WIZARD):
        return Go("credentials-done", {"operation": operation})
    raise StaleForm


def _input(rq: PortalRequest, before: Earlier, form: PortalForm, status: int) -> Reply:
    rules, scheme = _rules(rq), rq.principal.scheme
    gated = rq.signed_in is not None and rq.signed_in.gate is not None
    page = CredentialsPage(
        title=rules.title,
        form=form,
        login_id=before.login_id,
        current="current" if rules.present else "",
        new_login=("login",) if rules.login else (),
        new_password=("password", "password_again") if rules.password else (),
        action_url=rq.href("credentials"),
        back_url="" if gated else rq.href("home"),
        rules=rules_of(rq, scheme) if rules.password else (),
        rules_url=rules_url(rq, scheme),
        factors_url="" if gated or rq.tenant.second_factor == "off" else rq.href("factors"),
        lead=rules.lead,
        id_label=rules.id_label,
        next=rules.next,
        must_change=before.must_change,
    )
    return Show(page, status)
