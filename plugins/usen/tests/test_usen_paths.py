"""Two portals by path on one host: nothing of one is good for anything in the other, or on the host without a path."""

from __future__ import annotations

from dataclasses import replace

import httpx
import pytest
from usenkit import HOST, PASSWORD, Line, log_in, site, subscriber

from mypage.testing.portal import Answer, MakePortal, Portal, PortalClient
from mypage.web.cookies import CookieJar

pytest_plugins = ["mypage.testing.plugin"]
LOGIN = "20000005-login"


@pytest.fixture
def here(make_portal: MakePortal) -> Portal:
    return site(make_portal, "u0020")


@pytest.fixture
def there(make_portal: MakePortal, here: Portal) -> Portal:
    """The neighbour: another look, and somebody else under the same login ID, number and password."""
    portal = site(make_portal, "u0021", theme="plain")
    subscriber(portal, Line(plan="v6", name="USEN光01（v6）"), name="隣 めぐみ", login_id=LOGIN, confirmed=False)
    return portal


@pytest.fixture
def browser(here: Portal, there: Portal) -> PortalClient:
    return subscriber(here, login_id=LOGIN).client()


def bare(browser: PortalClient, method: str, path: str, **more: object) -> Answer:
    """A request at a path of the host, with all cookies of the browser whatever their path: as an attacker sends it."""
    cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in browser.cookies.jar)
    transport = httpx.ASGITransport(app=browser.portal.server, client=("198.51.100.7", 4711))
    client = httpx.AsyncClient(transport=transport, base_url=browser.portal.origin)
    return Answer(browser.portal.wait(client.request(method, path, headers={"cookie": cookies}, **more)))  # type: ignore[arg-type]


@pytest.mark.req("USEN-01", "USEN-02")
def test_every_cookie_is_limited_to_the_path_of_its_portal(browser: PortalClient) -> None:
    jar = list(browser.cookies.jar)
    assert {cookie.name.rpartition("-")[2] for cookie in jar} >= {"session", "visitor", "device"}
    for cookie in jar:
        assert cookie.path == "/u0020", cookie.name
        assert cookie.secure
        assert not cookie.domain_specified
        assert cookie.name.startswith(f"__Secure-mp-{browser.portal.name}-")


@pytest.mark.req("USEN-02")
def test_a_session_of_one_portal_is_none_in_the_other(browser: PortalClient, there: Portal) -> None:
    assert bare(browser, "GET", "/u0020/summary").status == 200
    refused = bare(browser, "GET", "/u0021/summary")
    assert (refused.status, refused.raw.headers["location"]) == (303, "/u0021/login?next=%2Fu0021%2Fsummary")
    assert "山田" not in bare(browser, "GET", "/u0021/login").raw.text
    # Even under the neighbour's own names of cookies the values open nothing.
    token = browser.cookies[CookieJar(browser.portal.name, "/u0020", secure=True).name("session")]
    forged = replace(there, clients=[]).client()
    forged.cookies.set(CookieJar(there.name, "/u0021", secure=True).name("session"), token, domain=HOST, path="/u0021")
    assert forged.get("/summary").location.startswith("/u0021/login")


@pytest.mark.req("USEN-02")
def test_a_form_of_one_portal_is_stale_in_the_other(browser: PortalClient, there: Portal) -> None:
    token = browser.get("/summary").all("//input[@name='_csrf']/@value")[0]
    for path in ("/u0021/first-login", "/u0021/card/start", "/u0021/logout"):
        answer = bare(browser, "POST", path, data={"_csrf": token, "operation": "x" * 30})
        assert answer.status in (303, 409), path
        assert answer.raw.headers.get("location", "/u0021/login").startswith("/u0021/login")
    assert browser.get("/summary").status == 200
    neighbour = there.client()
    neighbour.get("/login")
    stale = neighbour.post("/login", {"login": LOGIN, "password": PASSWORD}, csrf=token)
    assert stale.status == 409
    assert "session" not in " ".join(cookie.name for cookie in neighbour.cookies.jar)


@pytest.mark.req("USEN-02", "USEN-06")
@pytest.mark.parametrize(
    "onward", ["/u0021/summary", "//usen.example/u0021", "https://usen.example/u0021/", "/u0020/../u0021/", "/u00201"]
)
def test_no_way_back_leads_over_to_the_other_portal(here: Portal, there: Portal, onward: str) -> None:
    subscriber(here, login_id=LOGIN)
    browser = here.client()
    browser.get("/login?next=" + onward)
    answer = browser.submit({"login": LOGIN, "password": PASSWORD})
    assert answer.location.startswith("/u0020/")
    assert not answer.location.startswith("/u0020/..")
    moved = browser.get("/display?language=en&back=" + onward)
    assert moved.location.startswith("/u0020/")


@pytest.mark.req("USEN-02")
def test_the_same_login_is_somebody_else_next_door(browser: PortalClient, there: Portal) -> None:
    neighbour = there.client()
    assert log_in(neighbour, LOGIN).status == 303
    page = neighbour.get("/", follow=True)
    assert page.raw.url.path == "/u0021/first-login"
    assert all(url.startswith("/u0021/_static/") for url in page.all("//link/@href"))
    assert browser.get("/summary").texts("//h1") == ["山田 太郎 様"]
    # Logging out of one leaves the other signed in.
    neighbour.submit({}, form="//header//form[@method='post']")
    assert browser.get("/summary").status == 200


@pytest.mark.req("USEN-02")
@pytest.mark.parametrize(
    "path", ["/", "/summary", "/login", "/u00201/login", "/u002/login", "/U0020/login", "/_static/css/portal.css"]
)
def test_on_the_host_without_its_path_there_is_nothing(browser: PortalClient, path: str) -> None:
    answer = bare(browser, "GET", path)
    assert answer.status in (404, 421)
    assert "USEN" not in answer.raw.text
    assert "set-cookie" not in answer.raw.headers


@pytest.mark.req("USEN-02")
def test_addresses_that_leave_the_installation_name_the_path(browser: PortalClient, here: Portal) -> None:
    """What mails and the payment company are given comes from the registry."""
    assert here.server.settings.public_origin(here.host).endswith(HOST)
    page = browser.get("/summary")
    inside = [url for url in page.all("//@href | //@action | //@src") if url.startswith("/")]
    assert inside
    assert all(url.startswith("/u0020/") for url in inside)
