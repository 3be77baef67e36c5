"""Adding an authenticator app or a passkey: what is secret waits in a sealed draft until it is confirmed."""

from __future__ import annotations

from mypage.auth import login
from mypage.auth.devices import device_name
from mypage.auth.errors import FactorsFull
from mypage.auth.factors import passkeys, service, totp
from mypage.auth.factors.forms import name_form, new_app_form
from mypage.auth.factors.pages import FactorAppPage, FactorPasskeyPage
from mypage.auth.factors.routes import keep_codes
from mypage.auth.factors.routes_base import elsewhere, holder_of, keys_of, manageable, name_of, site_of, take_draft
from mypage.db.keys import Vault
from mypage.forms.drafts import load_draft, save_draft
from mypage.forms.form import PortalForm
from mypage.hooks.permissions import SIGNED_IN
from mypage.lib.errors import NotFound
from mypage.web.replies import Go, Reply, Show
from mypage.web.request import PortalRequest
from mypage.web.routing import get, post

APP, PASSKEY = "factor-app", "factor-passkey"


@post("/factors/app/start", name="factors-app-start", permission=SIGNED_IN, reauth=True)
def app_start(rq: PortalRequest) -> Reply:
    """Make the secret of a new app."""
    return _start(rq, APP, totp.new_secret().encode(), "factors-app")


@get("/factors/app", name="factors-app", permission=SIGNED_IN, reauth=True)
def app_page(rq: PortalRequest) -> Reply:
    """The secret as a picture and as text, for the time of a few minutes."""
    manageable(rq)
    secret = _waiting(rq, APP)
    return _app(rq, secret.decode(), new_app_form(None, t=rq.t), 200) if secret else _over(rq)


@post("/factors/app", name="factors-app", permission=SIGNED_IN, reauth=True)
def app_confirm(rq: PortalRequest) -> Reply:
    """Add the app when it shows the right code."""
    manageable(rq)
    secret = _waiting(rq, APP)
    if secret is None:
        return _over(rq)
    form = new_app_form(rq.form, t=rq.t)
    if not form.validate():
        return _app(rq, secret.decode(), form, 422)
    step = totp.step_of(secret.decode(), totp.fold_code(form.text("code")) or "", rq.clock.now())
    if step is None:
        text = "The code is not right. Enter the one that the app shows now; check that the device's clock is right"
        form.add_error("code", rq.t(text))
        return _app(rq, secret.decode(), form, 422)
    if not take_draft(rq.tx, rq.owner, APP):
        return Go("factors")
    name, holder = form.text("name"), holder_of(rq)
    try:
        codes = service.add_app(rq.tx, keys_of(rq), holder, secret=secret.decode(), name=name, step=step)
    except FactorsFull:
        return _full(rq)
    return _added(rq, codes)


@post("/factors/passkey/start", name="factors-passkey-start", permission=SIGNED_IN, reauth=True)
def passkey_start(rq: PortalRequest) -> Reply:
    """Make the challenge of a new passkey."""
    return _start(rq, PASSKEY, passkeys.new_challenge(), "factors-passkey")


@get("/factors/passkey", name="factors-passkey", permission=SIGNED_IN, reauth=True)
def passkey_page(rq: PortalRequest) -> Reply:
    """What the browser's dialog is given."""
    manageable(rq)
    challenge = _waiting(rq, PASSKEY)
    form = name_form(None, t=rq.t, name=device_name(rq.headers.get("user-agent", "")) or rq.t("Passkey"))
    return _passkey(rq, challenge, form, 200) if challenge else _over(rq)


@post("/factors/passkey", name="factors-passkey", permission=SIGNED_IN, reauth=True)
def passkey_confirm(rq: PortalRequest) -> Reply:
    """Add the passkey that the browser has made."""
    manageable(rq)
    challenge = _waiting(rq, PASSKEY)
    if challenge is None:
        return _over(rq)
    form = name_form(rq.form, t=rq.t)
    if not form.validate():
        return _passkey(rq, challenge, form, 422)
    made = passkeys.read_creation(site_of(rq), challenge, rq.form.get("answer", ""))
    if made is None:
        text = rq.t("No passkey was made. This browser or device may not have them; an app works everywhere.")
        return _passkey(rq, challenge, form, 422, text)
    if not take_draft(rq.tx, rq.owner, PASSKEY):
        return Go("factors")
    try:
        codes = service.add_passkey(rq.tx, keys_of(rq), holder_of(rq), made, name=form.text("name"))
    except FactorsFull:
        return _full(rq)
    if codes is None:
        rq.flash("warn", rq.t("This passkey is known already. Nothing was added."))
        return Go("factors")
    return _added(rq, codes)


def _start(rq: PortalRequest, wizard: str, secret: bytes, page: str) -> Reply:
    manageable(rq)
    if len(service.factors_of(rq.tx, rq.principal.account_id)) >= service.MOST:
        return _full(rq)
    save_draft(rq.tx, rq.ports.get(Vault), owner=rq.owner, wizard=wizard, data={}, secret=secret)
    return Go(page)


def _waiting(rq: PortalRequest, wizard: str) -> bytes | None:
    draft = load_draft(rq.tx, rq.ports.get(Vault), owner=rq.owner, wizard=wizard)
    return draft.secret if draft is not None else None


def _full(rq: PortalRequest) -> Reply:
    rq.flash("warn", rq.t("You have as many as are possible. Please remove one first."))
    return Go("factors")


def _over(rq: PortalRequest) -> Reply:
    rq.flash("warn", rq.t("For your safety this step has ended. Please start again."))
    return Go("factors")


def _added(rq: PortalRequest, codes: tuple[str, ...]) -> Reply:
    if codes:
        keep_codes(rq, codes, first=True)
        return Go("factors-codes")
    rq.flash("ok", rq.t("It is added. From the next login on you can use it."))
    return Go("factors")


def _login_id(rq: PortalRequest) -> str:
    credential = login.credential_of(rq.tx, rq.principal.account_id, rq.principal.scheme)
    if credential is None:
        raise NotFound
    return credential.login_id


def _app(rq: PortalRequest, secret: str, form: PortalForm, status: int) -> Reply:
    portal, login_id = name_of(rq), _login_id(rq)
    page = FactorAppPage(
        form=form,
        picture=totp.picture(totp.address(secret, portal=portal, login_id=login_id)),
        key=totp.grouped(secret),
        listed_as=f"{portal} ({login_id})",
        action_url=rq.href("factors-app"),
        back_url=rq.href("factors"),
    )
    return Show(page, status)


def _passkey(rq: PortalRequest, challenge: bytes, form: PortalForm, status: int, failed: str = "") -> Reply:
    account_id = rq.principal.account_id
    options = passkeys.creation_options(
        site_of(rq),
        challenge,
        user=account_id.bytes,
        login_id=_login_id(rq),
        known=service.passkey_ids(rq.tx, account_id),
    )
    page = FactorPasskeyPage(
        form=form,
        options=options,
        action_url=rq.href("factors-passkey"),
        back_url=rq.href("factors"),
        failed=failed,
        wrong_address=elsewhere(rq, "factors"),
    )
    return Show(page, status)
