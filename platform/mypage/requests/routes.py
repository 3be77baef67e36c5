"""The catalogue, and the requests that were filed: lists, one request, answering, taking back, files (BIZ-58 to 66)."""

from __future__ import annotations

from mypage.db.keys import Vault
from mypage.hooks.permissions import REQUEST_FILE, REQUEST_READ
from mypage.hooks.requests import RequestCatalogue
from mypage.lib.errors import NotFound
from mypage.requests import service
from mypage.requests.errors import Overtaken
from mypage.requests.files import own_file, read_file
from mypage.requests.pages import RequestListPage, WithdrawPage
from mypage.requests.reading import find_request, list_requests
from mypage.requests.views import answer_form, catalogue_page, line_of, request_page
from mypage.web.paging import page_wanted, pager_of
from mypage.web.replies import Download, Go, Reply, Show
from mypage.web.request import PortalRequest
from mypage.web.routing import get, post

REQUESTS = "requests"


def words_of(rq: PortalRequest) -> RequestCatalogue:
    """The operator's catalogue. Raises NotFound."""
    if rq.operator.requests is None:
        raise NotFound
    return rq.operator.requests


@get("/requests", name="requests", permission=REQUEST_READ, capability=REQUESTS)
def catalogue(rq: PortalRequest) -> Reply:
    """Every form by section, and the newest requests."""
    return Show(catalogue_page(rq, rq.tx, words_of(rq)))


@get("/requests/filed", name="requests-filed", permission=REQUEST_READ, capability=REQUESTS)
def filed(rq: PortalRequest) -> Reply:
    """What was filed, the newest first."""
    words = words_of(rq)
    found = list_requests(rq.tx, rq.principal, page=page_wanted(rq))
    return Show(
        RequestListPage(
            words=words,
            rows=tuple(line_of(rq, words, each) for each in found.requests),
            catalogue_url=rq.href("requests"),
            pager=pager_of(rq, page=found.page, pages=found.pages),
        )
    )


@get("/requests/filed/{request_id:uuid}", name="request", permission=REQUEST_READ, capability=REQUESTS)
def request(rq: PortalRequest) -> Reply:
    """One request with every step."""
    found = find_request(rq.tx, rq.principal, rq.uuid_param("request_id"))
    return Show(request_page(rq, words_of(rq), found, None))


@post("/requests/filed/{request_id:uuid}/answer", name="request-answer", permission=REQUEST_FILE, capability=REQUESTS)
def answer(rq: PortalRequest) -> Reply:
    """Answer the question that stands on the page."""
    words, request_id = words_of(rq), rq.uuid_param("request_id")
    found = find_request(rq.tx, rq.principal, request_id)
    form = answer_form(rq, posted=True)
    if found.question is not None and not form.validate():
        return Show(request_page(rq, words, found, form), 422)
    try:
        service.answer(
            rq.tx,
            rq.ports.get(Vault),
            rq.operator,
            rq.principal,
            request_id,
            question=rq.form.get("question", ""),
            text=form.text("answer"),
        )
    except Overtaken:
        rq.flash("warn", rq.t("This request is not as it was any more. Please look at it again."))
    else:
        rq.flash("ok", rq.t("Your answer was sent."))
    return Go("request", {"request_id": request_id})


@get(
    "/requests/filed/{request_id:uuid}/withdraw", name="request-withdraw", permission=REQUEST_FILE, capability=REQUESTS
)
def withdraw_page(rq: PortalRequest) -> Reply:
    """What taking it back means."""
    found = find_request(rq.tx, rq.principal, rq.uuid_param("request_id"))
    page = request_page(rq, words_of(rq), found, None)
    if not page.withdraw_url:
        return _late(rq)
    return Show(
        WithdrawPage(
            words=words_of(rq),
            title=found.title,
            number=found.number,
            action_url=page.withdraw_url,
            back_url=rq.href("request", request_id=found.id),
        )
    )


@post(
    "/requests/filed/{request_id:uuid}/withdraw", name="request-withdraw", permission=REQUEST_FILE, capability=REQUESTS
)
def withdraw(rq: PortalRequest) -> Reply:
    """Take it back; again is harmless."""
    words_of(rq)
    try:
        service.withdraw(rq.tx, rq.ports.get(Vault), rq.operator, rq.principal, rq.uuid_param("request_id"))
    except Overtaken:
        return _late(rq)
    rq.flash("ok", rq.t("You have taken the request back."))
    return Go("request", {"request_id": rq.uuid_param("request_id")})


@get("/requests/files/{file_id:uuid}", name="request-file", permission=REQUEST_READ, capability=REQUESTS)
def file(rq: PortalRequest) -> Reply:
    """A file that came with a request, always as a download."""
    facts = own_file(rq.tx, rq.principal, rq.uuid_param("file_id"))
    content = b"".join(read_file(rq.tx, rq.ports.get(Vault), facts.id))
    return Download(content, facts.media_type, filename=facts.name)


def _late(rq: PortalRequest) -> Reply:
    rq.flash("warn", rq.t("This request cannot be taken back any more."))
    return Go("request", {"request_id": rq.uuid_param("request_id")})
