"""Headers and addresses that a browser of ours never sends, and some that it does send for other sites."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from mypage.testing.portal import Portal
from mypage.web.cookies import read_cookies
from portal_rows import add_person, sign_in


@pytest.mark.parametrize("origin", ["http://[", "http://[::1", "https://]", "null", "//", "\x7f"])
def test_an_origin_that_is_no_address_is_refused(portal: Portal, origin: str) -> None:
    client = portal.client()
    client.get("/login")
    assert client.post("/login", {"password": "x"}, headers={"origin": origin}).status == 409


@pytest.mark.parametrize("back", ["/あ", "/contract?x=あ", "/é", "/%E3%81%82", "/pages/\U0001f600"])
def test_a_way_back_beyond_ascii_is_a_redirect(portal: Portal, back: str) -> None:
    answer = portal.client().get(f"/display?size=large&back={quote(back)}")
    assert answer.status == 303
    assert answer.location.isascii()
    assert answer.location == quote(back, safe="/?=%")


def test_signing_in_leads_back_to_an_address_beyond_ascii(portal: Portal) -> None:
    person = add_person(portal)
    client = sign_in(portal, person)
    assert client.get("/" + quote("ページ")).status == 404


@pytest.mark.parametrize(
    "header",
    [
        "mp=1; foo; ours=2",
        "prefs[a]=1; ours=2",
        'consent={"a": "b, c"}; ours=2',
        "path=/; ours=2",
        "; ;ours=2; expires",
        "名前=値; ours=2",
    ],
)
def test_cookies_of_other_sites_of_the_domain_do_not_hide_ours(header: str) -> None:
    assert read_cookies(header)["ours"] == "2"


def test_somebody_elses_cookie_does_not_log_out(portal: Portal) -> None:
    client = sign_in(portal, add_person(portal))
    client.cookies.set("prefs[a]", "1", domain=portal.host)
    assert client.get("/home").status == 200
