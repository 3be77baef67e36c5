"""The page between the right password and the portal: a code, a passkey or a recovery code."""

from __future__ import annotations

from dataclasses import dataclass

from mypage.audit.trail import record
from mypage.auth import login
from mypage.auth.factors import challenge, passkeys
from mypage.auth.factors.challenge import Answer, Means, Proof
from mypage.auth.factors.forms import app_code_form, recovery_form
from mypage.auth.factors.pages import SecondStepPage
from mypage.auth.factors.pending import Pending, Purpose, waiting
from mypage.auth.factors.recovery_codes import codes_left
from mypage.auth.factors.routes_base import draft_owner, elsewhere, keys_of, offered, site_of
from mypage.auth.factors.service import factors_of, passkey_ids
from mypage.auth.routes_base import devices_of, remember_device
from mypage.auth.sessions import rotate_session
from mypage.db.keys import Vault
from mypage.db.session import Tx
from mypage.forms.form import PortalForm
from mypage.hooks.permissions import PUBLIC, SIGNED_IN
from mypage.web.replies import Go, GoPath, Reply, Show
from mypage.web.request import PortalRequest
from mypage.web.routing import get, post
from mypage.web.urls import safe_path


@dataclass(frozen=True, slots=True)
class Door:
    """One of the two places that ask for a second step: its route, its drafts, and where one turns back to."""

    purpose: Purpose
    route: str
    back: str


LOGIN = Door("second-login", "login-second", "login")
REAUTH = Door("second-reauth", "reauth-second", "home")


@dataclass(frozen=True, slots=True)
class Tried:
    """A form that comes back, or why a passkey did not work."""

    way: str
    form: PortalForm | None = None
    failed: str = ""


@get("/login/second", name="login-second", permission=PUBLIC, gated=False)
def second_page(rq: PortalRequest) -> Reply:
    """Asks for the second factor after the password of a login."""
    return _shown(rq, rq.tx, LOGIN) or _gone(rq, LOGIN)


@post("/login/second", name="login-second", permission=PUBLIC, gated=False)
async def second_post(rq: PortalRequest) -> Reply:
    """Sign in when the proof holds."""
    return await _answered(rq, LOGIN)


@get("/reauth/second", name="reauth-second", permission=SIGNED_IN, gated=False)
def reauth_second_page(rq: PortalRequest) -> Reply:
    """Asks for the second factor after the password was given once more."""
    return _shown(rq, rq.tx, REAUTH) or _gone(rq, REAUTH)


@post("/reauth/second", name="reauth-second", permission=SIGNED_IN, gated=False)
async def reauth_second_post(rq: PortalRequest) -> Reply:
    """The session gets a new token when the proof holds."""
    return await _answered(rq, REAUTH)


async def _answered(rq: PortalRequest, door: Door) -> Reply:
    owner, policy, (answer, tried) = draft_owner(rq, door.purpose), rq.operator.throttle, _read(rq)
    pending = await rq.run(lambda tx: _waiting(rq, tx, door))
    if pending is None:
        return _gone(rq, door)
    if answer is None:
        return await rq.run(lambda tx: _shown(rq, tx, door, tried)) or _gone(rq, door)
    attempt = await rq.run(lambda tx: challenge.begin(tx, policy, pending, answer, rq.network, devices_of(rq)))
    means = Means(keys=keys_of(rq), site=site_of(rq), policy=policy, language=rq.tenant.locale)

    def settle(tx: Tx) -> tuple[Proof, str | None]:
        proof = challenge.settle(tx, means, door.purpose, owner, attempt)
        return proof, _let_in(rq, tx, door, proof) if proof.outcome == "proved" else None

    proof, token = await rq.run(settle)
    if proof.outcome == "wrong":
        return await rq.run(lambda tx: _shown(rq, tx, door, _refused(rq, tried))) or _gone(rq, door)
    if token is None or proof.pending is None:
        return _gone(rq, door)
    rq.out.new_session = token
    remember_device(rq, proof.pending.credential_id, proof.pending.changed_at)
    if proof.method == "recovery":
        rq.flash("warn", _codes_left(rq, proof.left))
    path = safe_path(rq.query.get("next", ""), rq.prefix)
    return GoPath(path) if path else Go("top" if rq.operator.landings else "home")


def _let_in(rq: PortalRequest, tx: Tx, door: Door, proof: Proof) -> str | None:
    """The token of the session that is open now; None when the one to go on with has ended."""
    pending = proof.pending
    assert pending is not None
    if door is REAUTH:
        after = {"method": proof.method}
        record(tx, "reauth.succeeded", "account", pending.account_id, customer_id=pending.customer_id, after=after)
        return rotate_session(tx, rq.principal.session_id, factor=True)
    return login.enter(
        tx,
        rq.operator,
        login.Who(account_id=pending.account_id, customer_id=pending.customer_id, scheme=pending.scheme),
        device=pending.device,
        replaces=rq.signed_in.token if rq.signed_in else "",
        method=proof.method or "",
    )


def _read(rq: PortalRequest) -> tuple[Answer | None, Tried]:
    """What was sent; no answer when it is none, which counts as no attempt."""
    match rq.form.get("way", ""):
        case "passkey":
            sent = rq.form.get("answer", "")
            unusable = rq.t("No passkey arrived. Please press the button again, or use another way")
            return (Answer("passkey", sent) if sent else None), Tried("passkey", failed=unusable)
        case "recovery":
            form = recovery_form(rq.form, t=rq.t)
            return (Answer("recovery", form.text("code")) if form.validate() else None), Tried("recovery", form)
        case _:
            form = app_code_form(rq.form, t=rq.t)
            return (Answer("app", form.text("code")) if form.validate() else None), Tried("app", form)


def _refused(rq: PortalRequest, tried: Tried) -> Tried:
    if tried.form is None:
        text = rq.t("The passkey could not be confirmed. After several tries that fail you have to wait for a while.")
        return Tried(tried.way, failed=text)
    text = rq.t(
        "The code is not right, or it was used before. After several tries that fail you have to wait for a while."
    )
    tried.form.add_error("code", text)
    return tried


def _codes_left(rq: PortalRequest, left: int) -> str:
    if left:
        return rq.t("You used a recovery code; strike it out. Codes left: %(left)s.", left=left)
    return rq.t("You used your last recovery code. Please make new ones under two-step login.")


def _gone(rq: PortalRequest, door: Door) -> Reply:
    """The draft's time is over, or it was used: everything starts with the password again."""
    onward = safe_path(rq.query.get("next", ""), rq.prefix)
    if door is LOGIN and rq.signed_in:
        return GoPath(onward) if onward else Go("home")
    rq.flash("warn", rq.t("For your safety this step has ended. Please start again with your password."))
    return Go("login" if door is LOGIN else "reauth", {"next": onward})


def _waiting(rq: PortalRequest, tx: Tx, door: Door) -> Pending | None:
    """Who waits here. Raises NotFound where the tenant has no second factors, unless somebody waits from before."""
    pending = waiting(tx, rq.ports.get(Vault), door.purpose, draft_owner(rq, door.purpose))
    if pending is not None and rq.tenant.second_factor == "off":
        return None
    offered(rq)
    return pending


def _shown(rq: PortalRequest, tx: Tx, door: Door, tried: Tried | None = None) -> Show | None:
    """The page for who waits in this browser; None when nobody does."""
    pending = _waiting(rq, tx, door)
    kinds = {factor.kind for factor in factors_of(tx, pending.account_id)} if pending else set()
    # Without any factor, as the help desk leaves it, there is nothing to ask for: the password alone opens.
    return Show(_page(rq, tx, door, pending, kinds, tried), 422 if tried else 200) if pending and kinds else None


def _page(
    rq: PortalRequest, tx: Tx, door: Door, pending: Pending, kinds: set[str], tried: Tried | None
) -> SecondStepPage:
    usual = "app" if "totp" in kinds else "passkey"
    wanted = tried.way if tried else rq.query.get("way", "")
    way = "recovery" if wanted == "recovery" else usual
    onward = safe_path(rq.query.get("next", ""), rq.prefix)
    away = elsewhere(rq, door.back) if "passkey" in kinds else ""
    spare = way == "recovery" or codes_left(tx, pending.account_id) > 0
    known = passkey_ids(tx, pending.account_id) if "passkey" in kinds and not away else ()
    return SecondStepPage(
        way="recovery" if way == "recovery" else "app" if usual == "app" else "passkey",
        form=_form(rq, way, tried),
        action_url=rq.href(door.route, next=onward),
        back_url=rq.href(door.back),
        other_url=rq.href(door.route, way=None if way == "recovery" else "recovery", next=onward) if spare else "",
        options=passkeys.request_options(site_of(rq), pending.challenge, known=known) if known else "",
        failed=tried.failed if tried else "",
        wrong_address=away,
        again=door is REAUTH,
    )


def _form(rq: PortalRequest, way: str, tried: Tried | None) -> PortalForm | None:
    if tried is not None and tried.form is not None and tried.way == way:
        return tried.form
    if way == "passkey":
        return None
    return recovery_form(None, t=rq.t) if way == "recovery" else app_code_form(None, t=rq.t)
