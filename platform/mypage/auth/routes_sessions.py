"""Where one is signed in, ending the others, and giving the password once more."""

from __future__ import annotations

from mypage.audit.trail import record
from mypage.auth import login
from mypage.auth.account_pages import ReauthPage, SessionRow, SessionsPage
from mypage.auth.credential_entry import wrong_password
from mypage.auth.factors.routes_base import second_step
from mypage.auth.forms import reauth_form
from mypage.auth.login import Attempt, Entry
from mypage.auth.pages import Link
from mypage.auth.routes_base import Compared, compared, devices_of, lingers
from mypage.auth.sessions import FEDERATED, end_other_sessions, end_session_of, list_sessions, rotate_session
from mypage.db.session import Tx
from mypage.forms.form import PortalForm
from mypage.hooks.permissions import SIGNED_IN
from mypage.lib.errors import NotFound, SignInNeeded
from mypage.web.replies import Go, GoPath, Reply, Show
from mypage.web.request import PortalRequest
from mypage.web.routing import get, post
from mypage.web.urls import safe_path


@get("/sessions", name="sessions", permission=SIGNED_IN)
def sessions_page(rq: PortalRequest) -> Reply:
    """The account's sessions, this one first."""
    unknown = rq.t("Unknown device")
    rows = tuple(
        SessionRow(
            device=session.device or unknown,
            started_at=session.created_at,
            last_used_at=session.seen_at,
            current=session.current,
            end_url="" if session.current else rq.href("sessions-end-one", session_id=session.public_id),
        )
        for session in list_sessions(rq.tx, rq.principal, idle=rq.operator.sessions.idle)
    )
    rules = rq.operator.credential_changes.get(rq.principal.scheme)
    page = SessionsPage(
        sessions=rows,
        end_others_url=rq.href("sessions-end"),
        credentials=Link(rules.title, rq.href("credentials")) if rules else None,
        factors_url=rq.href("factors") if rq.tenant.second_factor != "off" and not _federated(rq) else "",
    )
    return Show(page)


@post("/sessions/end", name="sessions-end", permission=SIGNED_IN)
def sessions_end(rq: PortalRequest) -> Reply:
    """End all sessions but this one."""
    end_other_sessions(rq.tx, rq.principal.account_id, rq.principal.session_id)
    rq.flash("ok", rq.t("Everywhere else you have been logged out."))
    return Go("sessions")


@post("/sessions/{session_id:uuid}/end", name="sessions-end-one", permission=SIGNED_IN)
def sessions_end_one(rq: PortalRequest) -> Reply:
    """End one other session of the account."""
    session_id = rq.uuid_param("session_id")
    if session_id == rq.principal.session_id or not end_session_of(rq.tx, rq.principal.account_id, session_id):
        raise NotFound
    return Go("sessions")


@get("/reauth", name="reauth", permission=SIGNED_IN, gated=False)
def reauth_page(rq: PortalRequest) -> Reply:
    """Asks for the password before something that matters (ASVS 7.5.1)."""
    if _federated(rq):
        return Go("reauth-company", {"next": safe_path(rq.query.get("next", ""), rq.prefix)})
    return _page(rq, _form(rq, None), safe_path(rq.query.get("next", ""), rq.prefix), 200)


@post("/reauth", name="reauth", permission=SIGNED_IN, gated=False)
async def reauth_post(rq: PortalRequest) -> Reply:
    """Counted like a login; the session gets a new token and goes on where the reader was."""
    if _federated(rq):
        raise NotFound
    form = _form(rq, rq.form)
    onward = safe_path(rq.form.get("next", ""), rq.prefix)
    if not form.validate():
        return _page(rq, form, onward, 422)
    attempt = await rq.run(lambda tx: _begin(rq, tx))
    own = attempt.found is not None and attempt.found.account_id == rq.principal.account_id
    given = await compared(rq, attempt, str(form["password"].data))
    entry = await rq.run(lambda tx: _settle(rq, tx, attempt, own, given))
    if entry is None:
        form.add_error("password", wrong_password(rq))
        return _page(rq, form, onward, 422)
    if entry.second:
        return Go("reauth-second", {"next": onward})
    if not entry.token:
        raise SignInNeeded
    rq.out.new_session = entry.token
    return GoPath(onward) if onward else Go("home")


def _federated(rq: PortalRequest) -> bool:
    """Whether a company's provider vouches for who is signed in: there is no password of theirs in this session."""
    return rq.principal.scheme.startswith(FEDERATED)


def _begin(rq: PortalRequest, tx: Tx) -> Attempt:
    credential = login.credential_of(tx, rq.principal.account_id, rq.principal.scheme)
    if credential is None:
        raise NotFound
    scheme = rq.principal.scheme
    return login.begin(
        tx,
        rq.operator.throttle,
        scheme,
        credential.login_key,
        rq.network,
        devices_of(rq),
        lingers=lingers(rq, scheme),
    )


def _settle(rq: PortalRequest, tx: Tx, attempt: Attempt, own: bool, given: Compared) -> Entry | None:
    """None when the password does not hold; an entry without a token when the session has ended meanwhile."""
    former = own and given.former
    holds = login.settle(tx, rq.operator.throttle, attempt, own and given.matched, former=former)
    if not holds or attempt.found is None:
        return None
    if second_step(rq, tx, "second-reauth", attempt.found):
        return Entry(second=True)
    record(tx, "reauth.succeeded", "account", rq.principal.account_id, customer_id=rq.principal.customer_id)
    return Entry(token=rotate_session(tx, rq.principal.session_id) or "")


def _form(rq: PortalRequest, data: object) -> PortalForm:
    return reauth_form(rq.operator.schemes[rq.principal.scheme], data, t=rq.t)


def _page(rq: PortalRequest, form: PortalForm, onward: str | None, status: int) -> Reply:
    page = ReauthPage(
        form=form,
        name="password",
        action_url=rq.href("reauth"),
        back_url=rq.href("home"),
        hidden=(("next", onward),) if onward else (),
    )
    return Show(page, status)
