"""The way in and out: top page, login, logout, pictures of digits, the password checklist."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from mypage.audit.trail import record
from mypage.auth import captcha, login
from mypage.auth.devices import device_name
from mypage.auth.factors.routes_base import second_step
from mypage.auth.forms import checklist, joined_login_id, login_form
from mypage.auth.hashing import PasswordHasher
from mypage.auth.landing import landing
from mypage.auth.login import Entry
from mypage.auth.pages import (
    Caution,
    Link,
    LinkSentence,
    LoginBlock,
    LoginPage,
    PartWords,
    Printed,
    RulesFragment,
)
from mypage.auth.routes_base import (
    compared,
    devices_of,
    guessable_at,
    hashed,
    lingers,
    remember_device,
    scheme_of,
)
from mypage.auth.sessions import log_out
from mypage.auth.turns import Turns
from mypage.forms.drafts import drop_all
from mypage.forms.form import PortalForm
from mypage.hooks.auth import ChoicePart, LoginScheme, TextPart
from mypage.hooks.permissions import PUBLIC
from mypage.lib.crypto import Keyring
from mypage.lib.errors import NotFound
from mypage.lib.tokens import token_hash
from mypage.web.replies import Download, Go, GoPath, Reply, Show
from mypage.web.request import PortalRequest
from mypage.web.routing import get, post
from mypage.web.urls import safe_path

CONTACT = "contact"
"""The id of the telephone block at the foot of every page."""


@get("/", name="top", permission=PUBLIC, gated=False)
def top(rq: PortalRequest) -> Reply:
    """Where a login leads when somebody is signed in, else the login page. A viewer begins with what can be read."""
    if rq.viewed:
        return Go(rq.operator.home_of(rq.principal.role))
    return Go(landing(rq.tx, rq.operator, rq.principal)) if rq.signed_in else _page(rq)


@get("/login", name="login", permission=PUBLIC, gated=False)
def login_page(rq: PortalRequest) -> Reply:
    """The login forms of all schemes (ACTV-02 to ACTV-09)."""
    if rq.signed_in:
        return _onward(rq)
    return _page(rq)


@post("/login", name="login", permission=PUBLIC, gated=False)
async def login_post(rq: PortalRequest) -> Reply:
    """Sign in (ACTV-11 to ACTV-13)."""
    scheme = _scheme(rq)
    form = login_form(scheme, rq.form, t=rq.t, prefix=_prefix(rq, scheme))
    if not form.validate():
        return _page(rq, Tried(scheme.name, form))
    async with rq.ports.get(Turns).take(rq.tenant.name, rq.network):
        entry = await _sign_in(rq, scheme, form)
    if entry is None:
        text = "%(login)s or password is not right. After several tries that fail you have to wait for a while."
        form.add_error(None, rq.t(text, login=rq.t(scheme.legend or scheme.parts[0].label)))
        return _page(rq, Tried(scheme.name, form))
    if entry.second:
        return Go("login-second", {"next": safe_path(rq.query.get("next", ""), rq.prefix)})
    rq.out.new_session = entry.token
    return _onward(rq)


@post("/logout", name="logout", permission=PUBLIC, gated=False)
def logout(rq: PortalRequest) -> Reply:
    """End the session and wipe its drafts (ACTV-73, ACTV-74)."""
    drop_all(rq.tx, rq.owner, token_hash(rq.visitor))
    if rq.signed_in:
        log_out(rq.tx, rq.principal.session_id)
        record(rq.tx, "logout", "account", rq.principal.account_id, customer_id=rq.principal.customer_id)
        rq.flash("ok", rq.t("You have logged out."))
    rq.out.end_session = True
    return Go("login")


@get("/captcha/{name:str}", name="captcha", permission=PUBLIC, gated=False)
async def captcha_file(rq: PortalRequest) -> Reply:
    """A challenge as a picture or spoken (ACTV-42, ACTV-45)."""
    challenge, _, kind = str(rq.params["name"]).rpartition(".")
    try:
        digits = captcha.digits(captcha_key(rq), challenge)
    except captcha.InvalidChallengeError as error:
        raise NotFound from error
    if kind == "png":
        return Download(await asyncio.to_thread(captcha.image_png, digits), "image/png")
    if kind == "wav":
        return Download(await asyncio.to_thread(captcha.audio_wav, digits), "audio/wav")
    raise NotFound


@post("/password-rules", name="password-rules", permission=PUBLIC, gated=False)
def password_rules(rq: PortalRequest) -> Reply:
    """The checklist for what is typed in a form's `password`, as a fragment. Nothing of it is kept."""
    policy = rq.operator.password_policies[scheme_of(rq, rq.query.get("scheme", "")).name]
    number = rq.signed_in.principal.customer_number if rq.signed_in else rq.form.get("customer_number", "")
    results = checklist(
        policy,
        rq.form.get("password", ""),
        login_ids=(rq.form.get("login", "")[:300],),
        guessable=guessable_at(rq, number[:300]),
        t=rq.t,
    )
    return Show(RulesFragment(results=results))


def captcha_key(rq: PortalRequest) -> bytes:
    """The key of the tenant's captchas."""
    return rq.ports.get(Keyring).derive("captcha", rq.tenant.name)


@dataclass(frozen=True, slots=True)
class Tried:
    """A login form that comes back."""

    scheme: str
    form: PortalForm


async def _sign_in(rq: PortalRequest, scheme: LoginScheme, form: PortalForm) -> Entry | None:
    operator, password = rq.operator, str(form["password"].data)
    login_key = login.key_of(operator.login_id_policies[scheme.name], joined_login_id(scheme, form))
    attempt = await rq.run(
        lambda tx: login.begin(
            tx,
            operator.throttle,
            scheme.name,
            login_key,
            rq.network,
            devices_of(rq),
            operator=operator,
            lingers=lingers(rq, scheme.name),
        )
    )
    given = await compared(rq, attempt, password)
    hasher = rq.ports.get(PasswordHasher)
    stale = given.matched and attempt.encoded is not None and hasher.needs_rehash(attempt.encoded)
    rehashed = await hashed(rq, password) if stale else None
    device = device_name(rq.headers.get("user-agent", ""))
    entry = await rq.run(
        lambda tx: login.sign_in(
            tx,
            operator,
            attempt,
            given.matched,
            former=given.former,
            rehashed=rehashed,
            device=device,
            replaces=rq.signed_in.token if rq.signed_in else "",
            waits=lambda tx, found: second_step(rq, tx, "second-login", found, device),
        )
    )
    if entry is not None and entry.token and attempt.found is not None:
        remember_device(rq, attempt.found.id, attempt.found.changed_at)
    return entry


def _onward(rq: PortalRequest) -> Reply:
    """Where the reader wanted to go, when that is inside the portal (ASVS 3.7.2), else where a login leads."""
    path = safe_path(rq.query.get("next", ""), rq.prefix)
    return GoPath(path) if path else Go("top" if rq.operator.landings else "home")


def _scheme(rq: PortalRequest) -> LoginScheme:
    name = rq.query.get("scheme", "") or next(iter(rq.operator.schemes))
    return scheme_of(rq, name)


def _prefix(rq: PortalRequest, scheme: LoginScheme) -> str:
    return f"{scheme.name}-" if len(rq.operator.schemes) > 1 else ""


def _page(rq: PortalRequest, tried: Tried | None = None) -> Reply:
    text = rq.operator.login_page
    registration = next(iter(rq.operator.registrations.values()), None)
    page = LoginPage(
        title=text.title,
        lead=text.lead,
        printed=tuple(Printed(each.label, each.place, each.note) for each in text.printed),
        caution=Caution(text.caution_title, text.caution) if text.caution else None,
        blocks=tuple(_block(rq, scheme, tried) for scheme in rq.operator.schemes.values()),
        register=Link(registration.entry, rq.href("register", scheme=registration.scheme)) if registration else None,
        lost=LinkSentence.of(rq.t(text.lost), f"#{CONTACT}") if text.lost else None,
    )
    return Show(page, 422 if tried else 200)


def _block(rq: PortalRequest, scheme: LoginScheme, tried: Tried | None) -> LoginBlock:
    mine = tried is not None and tried.scheme == scheme.name
    several = len(rq.operator.schemes) > 1
    onward = safe_path(rq.query.get("next", ""), rq.prefix)
    return LoginBlock(
        title=scheme.title,
        form=tried.form if tried and mine else login_form(scheme, None, t=rq.t, prefix=_prefix(rq, scheme)),
        action_url=rq.href("login", scheme=scheme.name if several else None, next=onward),
        submit=scheme.submit,
        row_heading=scheme.row_heading,
        clear=scheme.clear,
        help=scheme.help,
        legend=scheme.legend,
        parts={part.name: _words(part) for part in scheme.parts} if scheme.legend else {},
        forgotten_id=_recovery(rq, "login-id", scheme.name),
        forgotten_password=_recovery(rq, "password", scheme.name),
        anchor=f"login-{scheme.name}" if several else "login",
    )


def _words(part: TextPart | ChoicePart) -> PartWords:
    return PartWords(part.help or part.label, part.before if isinstance(part, ChoicePart) else "")


def _recovery(rq: PortalRequest, kind: str, scheme: str) -> LinkSentence | None:
    recovery = rq.operator.recoveries.get(kind)
    if recovery is None or recovery.scheme != scheme:
        return None
    return LinkSentence.of(rq.t(recovery.entry), rq.href("recover", kind=kind))
