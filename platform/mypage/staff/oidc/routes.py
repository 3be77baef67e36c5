"""To the provider and back. Nothing is written on the way out; coming back opens a session."""

from __future__ import annotations

from collections.abc import Mapping

import structlog

from mypage.auth.devices import device_name
from mypage.auth.sessions import FEDERATED
from mypage.hooks.permissions import PUBLIC, SIGNED_IN
from mypage.lib.errors import NotFound
from mypage.operators.staff_login import StaffLogin, staff_login_of
from mypage.staff.oidc.errors import NotWelcome, Unreachable
from mypage.staff.oidc.pages import CompanyPage, FailedPage, Why
from mypage.staff.oidc.provider import Providers, Vouched
from mypage.staff.oidc.service import prove_again, welcome
from mypage.staff.oidc.trip import LIFE, Trip, new_trip, pack_trip, unpack_trip
from mypage.staff.seats import DeskSeats
from mypage.web.cookies import CookieJar, read_cookies
from mypage.web.replies import Go, GoOut, GoPath, Reply, Show
from mypage.web.request import PortalRequest
from mypage.web.routing import get
from mypage.web.urls import safe_path

log = structlog.get_logger("mypage.staff")

COOKIE = "oidc"
_STATUS: Mapping[Why, int] = {"unreachable": 503, "not-welcome": 403, "refused": 400, "started-elsewhere": 400}


@get("/company", name="company", permission=PUBLIC, gated=False)
async def company(rq: PortalRequest) -> Reply:
    """Asks which portal one works for, and leads to its provider. Nothing is said of portals without one."""
    typed = rq.query.get("portal", "").strip().lower()[:64]
    if not typed:
        return Show(CompanyPage())
    login = _login_of(rq, typed)
    if login is None:
        return Show(CompanyPage(typed=typed, wrong=True), 422)
    onward = safe_path(rq.query.get("next", ""), rq.prefix) or ""
    return await _leave(rq, login, new_trip(typed, now=rq.clock.now(), onward=onward))


@get("/reauth/company", name="reauth-company", permission=SIGNED_IN, gated=False)
async def reauth_company(rq: PortalRequest) -> Reply:
    """Who came through a provider proves there, too, that it is still they."""
    worked = rq.principal.scheme.removeprefix(FEDERATED)
    login = _login_of(rq, worked) if rq.principal.scheme.startswith(FEDERATED) else None
    if login is None:
        raise NotFound
    onward = safe_path(rq.query.get("next", ""), rq.prefix) or ""
    trip = new_trip(worked, now=rq.clock.now(), onward=onward, again=str(rq.principal.session_id))
    return await _leave(rq, login, trip)


@get("/company/back", name="company-back", permission=PUBLIC, gated=False)
async def company_back(rq: PortalRequest) -> Reply:
    """The provider's answer, which counts only in the browser that asked and only once."""
    jar = CookieJar(rq.tenant.name, rq.prefix, rq.origin.startswith("https"))
    kept = read_cookies(rq.headers.get("cookie", "")).get(jar.name(COOKIE), "")
    trip = unpack_trip(rq.key, kept, state=rq.query.get("state", "")[:200], now=rq.clock.now())
    rq.out.cookies.append(jar.drop(COOKIE))
    login = _login_of(rq, trip.tenant) if trip else None
    if trip is None or login is None:
        return _failed(rq, "started-elsewhere")
    code = rq.query.get("code", "")[:4000]
    if not code:
        return _failed(rq, "refused", trip)
    try:
        vouched = await rq.ports.get(Providers).redeem(login, trip, code, back=_back(rq), now=rq.clock.now())
        rq.out.new_session = await _enter(rq, trip, vouched)
    except Unreachable as error:
        log.warning("provider of staff logins", tenant=trip.tenant, reason=str(error))
        return _failed(rq, "unreachable", trip)
    except NotWelcome as error:
        log.warning("staff login refused", tenant=trip.tenant, reason=str(error))
        return _failed(rq, "not-welcome", trip)
    return GoPath(trip.onward) if trip.onward else Go("home" if trip.again else "seat")


async def _leave(rq: PortalRequest, login: StaffLogin, trip: Trip) -> Reply:
    try:
        url = await rq.ports.get(Providers).authorization(login, trip, back=_back(rq), now=rq.clock.now())
    except Unreachable as error:
        log.warning("provider of staff logins", tenant=trip.tenant, reason=str(error))
        return _failed(rq, "unreachable", trip)
    jar = CookieJar(rq.tenant.name, rq.prefix, rq.origin.startswith("https"))
    rq.out.cookies.append(jar.set(COOKIE, pack_trip(rq.key, trip), max_age=int(LIFE.total_seconds())))
    return GoOut(url)


async def _enter(rq: PortalRequest, trip: Trip, vouched: Vouched) -> str:
    if trip.again:
        if rq.signed_in is None or str(rq.principal.session_id) != trip.again:
            raise NotWelcome("another session has come back")
        principal = rq.principal
        return await rq.run(lambda tx: prove_again(tx, principal, vouched))
    device = device_name(rq.headers.get("user-agent", ""))
    replaces = rq.signed_in.token if rq.signed_in else ""
    return await rq.run(lambda tx: welcome(tx, rq.operator, trip.tenant, vouched, device=device, replaces=replaces))


def _login_of(rq: PortalRequest, worked: str) -> StaffLogin | None:
    tenant = rq.ports.get(DeskSeats).tenant(worked)
    return staff_login_of(tenant.extensions) if tenant else None


def _back(rq: PortalRequest) -> str:
    return rq.absolute("company-back")


def _failed(rq: PortalRequest, why: Why, trip: Trip | None = None) -> Reply:
    again = (
        rq.href("reauth-company") if trip and trip.again else rq.href("company", portal=trip.tenant if trip else None)
    )
    return Show(FailedPage(why=why, again_url=again), _STATUS[why])
