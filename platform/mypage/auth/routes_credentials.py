"""Pages for changing one's own login ID and password: input, confirm, done (ACTV-64 to ACTV-66, OCN-42 to OCN-59)."""

from __future__ import annotations

from typing import Any

from mypage.auth import credentials, login, names
from mypage.auth.credential_entry import change_form, is_new, is_owner, rules_of_change, too_soon, well_formed
from mypage.auth.credential_views import NewSecret, confirm_page, done_page, input_page, secret_of
from mypage.auth.credentials import Change, Earlier
from mypage.auth.errors import LoginNameTaken, TooSoon
from mypage.auth.factors.service import factors_of
from mypage.auth.line_passwords import LinePasswords, NewPassword
from mypage.auth.routes_base import hashed
from mypage.auth.sessions import rotate_session
from mypage.db.keys import Vault
from mypage.db.session import Tx
from mypage.forms.drafts import DraftContent, drop_draft, named_draft, save_draft
from mypage.forms.form import PortalForm
from mypage.forms.wizard import once, recall
from mypage.hooks.permissions import CREDENTIAL_CHANGE
from mypage.lib.errors import NotFound, ReauthNeeded, SignInNeeded, StaleForm
from mypage.web.replies import Go, Reply, Show
from mypage.web.request import PortalRequest
from mypage.web.routing import get, post


@get("/credentials", name="credentials", permission=CREDENTIAL_CHANGE, gated=False)
def credentials_page(rq: PortalRequest) -> Reply:
    """The form; with `edit`, the new login ID that was entered before the confirm page."""
    before = _provable(rq, rq.tx)
    if _closed(rq, before):
        return _wait(rq, before, 200)
    draft = _draft(rq, rq.query.get("edit", ""))
    values = {"login": draft.data["login_id"] or ""} if draft else None
    return Show(input_page(rq, before, change_form(rq, before, None, values)))


@post("/credentials", name="credentials", permission=CREDENTIAL_CHANGE, gated=False)
async def credentials_input(rq: PortalRequest) -> Reply:
    """Check the current password, then the new values, and go on to the confirm page."""
    before = await rq.run(lambda tx: _provable(rq, tx))
    if _closed(rq, before):
        return _wait(rq, before, 422)
    form = change_form(rq, before, rq.form)
    if not well_formed(rq, before, form) or not await is_owner(rq, form, before):
        return Show(input_page(rq, before, form), 422)
    password = form.text("password") if "password" in form else ""
    if password and not await is_new(rq, before, form, password):
        return Show(input_page(rq, before, form), 422)
    secret = await _sealable(rq, password) if password else None
    draft_id = await rq.run(lambda tx: _keep(rq, tx, before, form, secret))
    if draft_id is None:
        return Show(input_page(rq, before, form), 422)
    return Go("credentials-confirm", {"draft": draft_id})


@get("/credentials/confirm", name="credentials-confirm", permission=CREDENTIAL_CHANGE, gated=False)
def credentials_confirm(rq: PortalRequest) -> Reply:
    """Before and after, passwords masked or not shown at all."""
    before = _before(rq, rq.tx)
    draft = _draft(rq, rq.query.get("draft", ""))
    if draft is None:
        return _after_the_end(rq, rq.query.get("draft", ""))
    return Show(confirm_page(rq, before, draft))


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
        form = change_form(rq, before, None, {"login": draft.data["login_id"]})
        _say_taken(rq, form)
        return Show(input_page(rq, before, form), 422)
    except TooSoon:
        drop_draft(rq.tx, owner=rq.owner, wizard=credentials.WIZARD)
        return _wait(rq, _before(rq, rq.tx), 422)
    token = rotate_session(rq.tx, rq.principal.session_id, reauthenticated=False)
    if token is None:
        raise SignInNeeded
    rq.out.new_session = token
    return Go("credentials-done", {"operation": draft.id})


@get("/credentials/done", name="credentials-done", permission=CREDENTIAL_CHANGE, gated=False)
def credentials_done(rq: PortalRequest) -> Reply:
    """The change is made."""
    done = recall(rq.tx, rq.query.get("operation", ""), owner=rq.owner, wizard=credentials.WIZARD)
    return Show(done_page(rq, done)) if done else Go("credentials")


def _before(rq: PortalRequest, tx: Tx) -> Earlier:
    principal = rq.principal
    rules_of_change(rq)
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


def _closed(rq: PortalRequest, before: Earlier) -> bool:
    """Whether nothing can be changed just now: the password was, and the login ID never can be (OCN-57)."""
    return before.again_at is not None and not rules_of_change(rq).login


def _wait(rq: PortalRequest, before: Earlier, status: int) -> Reply:
    wait = too_soon(rq, before.again_at or rq.clock.now())
    return Show(input_page(rq, before, change_form(rq, before, None), wait=wait), status)


async def _sealable(rq: PortalRequest, password: str) -> NewSecret:
    echo = rq.operator.password_policies[rq.principal.scheme].echo
    plain = password if rules_of_change(rq).line else ""
    return NewSecret(hash=await hashed(rq, password), echo=password[:echo], plain=plain)


def _keep(rq: PortalRequest, tx: Tx, before: Earlier, form: PortalForm, secret: NewSecret | None) -> Any:
    """Keep the draft; None, with the message in the form, when the login ID is not free."""
    scheme = rq.principal.scheme
    login_id = form.text("login") if "login" in form else ""
    login_key = login.key_of(rq.operator.login_id_policies[scheme], login_id)
    if login_id and not names.is_free(tx, scheme, login_key, account_id=rq.principal.account_id):
        _say_taken(rq, form)
        return None
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
        secret=secret.pack() if secret else None,
    )


def _say_taken(rq: PortalRequest, form: PortalForm) -> None:
    text = rq.t("The login ID %(login_id)s is in use. Please choose another one", login_id=form.text("login"))
    form.add_error("login", text)


def _commit(rq: PortalRequest, draft: DraftContent) -> Any:
    principal, secret = rq.principal, secret_of(draft)
    wanted = Change(
        credential_id=_before(rq, rq.tx).credential_id,
        login_id=draft.data["login_id"],
        login_key=draft.data["login_key"],
        password_hash=secret.hash if secret else None,
    )
    policy = rq.operator.password_policies[principal.scheme]
    result = credentials.change_own(
        rq.tx, rq.ports.get(Vault), policy, wanted, keep=principal.session_id, language=rq.locale
    )
    if secret and secret.plain:
        new = NewPassword(
            customer_id=principal.customer_id,
            credential_id=wanted.credential_id,
            login_id=result["login_id"],
            line=rules_of_change(rq).line,
            password=secret.plain,
        )
        rq.ports.get(LinePasswords).hand_over(rq.tx, rq.operator, new)
    drop_draft(rq.tx, owner=rq.owner, wizard=credentials.WIZARD)
    return result


def _draft(rq: PortalRequest, text: str) -> DraftContent | None:
    return named_draft(rq.tx, rq.ports.get(Vault), owner=rq.owner, wizard=credentials.WIZARD, text=text)


def _after_the_end(rq: PortalRequest, operation: str) -> Reply:
    if not operation:
        return Go("credentials")
    if recall(rq.tx, operation, owner=rq.owner, wizard=credentials.WIZARD):
        return Go("credentials-done", {"operation": operation})
    raise StaleForm
