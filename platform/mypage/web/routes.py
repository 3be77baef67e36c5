"""Routes that belong to no area: display preferences, the operator's public pages and its guidance."""

from __future__ import annotations

from mypage.hooks.permissions import GUIDANCE, PUBLIC
from mypage.i18n import LOCALES
from mypage.lib.errors import NotAllowed, NotFound
from mypage.web.cookies import CookieJar
from mypage.web.pages import GuidancePage, PublicTextPage
from mypage.web.replies import Go, GoPath, Reply, Show
from mypage.web.request import PortalRequest
from mypage.web.routing import get
from mypage.web.urls import safe_path

YEAR = 365 * 86_400


@get("/display", name="display", permission=PUBLIC, gated=False)
def display(rq: PortalRequest) -> Reply:
    """Set text size or language in a cookie and come back (ACTV-72). Nothing is written on the server."""
    jar = CookieJar(rq.tenant.name, rq.prefix, rq.origin.startswith("https"))
    if rq.query.get("size") in ("standard", "large"):
        rq.out.cookies.append(jar.set("text", rq.query["size"], max_age=YEAR))
    if rq.query.get("language") in LOCALES:
        rq.out.cookies.append(jar.set("language", rq.query["language"], max_age=YEAR))
    back = safe_path(rq.query.get("back", ""), rq.prefix)
    return GoPath(back) if back else Go("top")


@get("/pages/{slug:str}", name="public-page", permission=PUBLIC, gated=False)
def public_page(rq: PortalRequest) -> Reply:
    """A page of the operator that everybody may read (ACTV-25)."""
    slug = str(rq.params["slug"])
    page = rq.operator.public_pages.get(slug)
    if page is None or not slug or page.url:
        raise NotFound
    return Show(PublicTextPage(title=rq.t(page.title), lead=rq.t(page.lead) if page.lead else "", blocks=page.blocks))


@get("/guidance/{slug:str}", name="guidance", permission=GUIDANCE, capability="guidance")
def guidance(rq: PortalRequest) -> Reply:
    """How something is done that cannot be done here (UCOM-16, UCOM-175, UCOM-178 to UCOM-186).

    A page that the account has no permission for is unknown to it, but for one that only its contract closes.
    """
    page = rq.operator.guidance.get(str(rq.params["slug"]))
    if page is not None and rq.signed_in and page.permission in rq.signed_in.withheld:
        raise NotAllowed(page.permission)
    if page is None or not rq.principal.may(page.permission):
        raise NotFound
    return Show(
        GuidancePage(
            title=page.title,
            lead=page.lead,
            why=page.why,
            blocks=page.blocks,
            phone=page.phone,
            tel_url="tel:" + page.phone.replace("-", ""),
            hours=page.hours,
            documents=page.documents,
            leads_to=page.leads_to,
            note=page.note,
        )
    )
