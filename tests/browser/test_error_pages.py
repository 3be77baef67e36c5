"""Pages of trouble: plain words, a way on, in order in every look; and nothing of ours in the answer."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator

import pytest
from litestar import Request
from litestar.enums import HttpMethod
from litestar.handlers import HTTPRouteHandler
from litestar.response import Response
from page_checks import holds
from page_views import Views
from playwright.sync_api import expect
from portal_stack import SITES, Site, Stack, served
from sample_people import People
from surfing import Surfers

from mypage.server.app import Server
from mypage.web.errors import KINDS
from mypage.web.kernel import Kernel

_NOBODY_WANTS_TO_READ = re.compile(r"Traceback|Exception|Error \d|litestar|postgres|undefined|None\b")


@pytest.fixture(scope="module")
def troubled(stack: Stack) -> Iterator[int]:
    """The port of a second web process that answers /trouble/<status> as it answers that trouble itself."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = Server(stack.server.settings, stack.server.compiled)
    for name, app in server.apps.items():
        app.litestar.register(_trouble(server.kernels[name]))
    with served(server, listener, lifespan="on"):
        yield listener.getsockname()[1]


def _trouble(kernel: Kernel) -> HTTPRouteHandler:
    async def answer(request: Request) -> Response:  # type: ignore[type-arg]
        return await kernel.fail(request, int(request.path_params["status"]))

    answer.__annotations__ = {"request": Request, "return": Response}
    return HTTPRouteHandler("/trouble/{status:str}", http_method=HttpMethod.GET)(answer)


@pytest.mark.parametrize("lang", ["ja", "en"])
@pytest.mark.parametrize("key", SITES)
def test_every_status_has_a_plain_page(
    stack: Stack, surfers: Surfers, troubled: int, key: str, lang: str, views: Views
) -> None:
    site = stack.site(key)
    surfer = surfers.open(Site(site.tenant, site.operator, site.theme, site.host, site.prefix, troubled))
    surfer.watch.expected |= set(KINDS)
    surfer.go(f"/display?language={lang}")
    headings = {}
    for status in KINDS:
        assert surfer.go(f"/trouble/{status}").status == status
        holds(surfer, lang, views)
        text = surfer.page.locator("body").inner_text()
        assert not _NOBODY_WANTS_TO_READ.search(text), text
        assert surfer.main.get_by_role("link").count() >= 1, f"{status} leads nowhere"
        headings[status] = surfer.page.locator("h1").inner_text()
    assert len(set(headings.values())) == len(KINDS), headings


def test_a_page_that_a_role_may_not_open(stack: Stack, people: People, surfers: Surfers, views: Views) -> None:
    for key in ("nagi-plain", "nagi-actv"):
        surfer = surfers.open(stack.site(key))
        surfer.watch.expected.add(403)
        surfer.log_in(people.reader(stack.site(key)), lands="/bills")
        assert surfer.go("/contract").status == 403
        holds(surfer, "ja", views)


@pytest.mark.parametrize("key", ["actv-actv", "actv-plain"])
def test_a_form_that_is_too_large(stack: Stack, surfers: Surfers, key: str, views: Views) -> None:
    surfer = surfers.open(stack.site(key))
    surfer.watch.expected.add(413)
    surfer.go("/login")
    surfer.page.locator("#login").evaluate("(e) => { e.removeAttribute('maxlength'); e.value = 'x'.repeat(70000); }")
    with surfer.page.expect_navigation() as answer:
        surfer.press("ログイン")
    assert answer.value.status == 413
    expect(surfer.page.locator("h1")).to_be_visible()
    holds(surfer, "ja", views)
