"""Nobody is led to another site: not by an address, not by a header, not by a link in a mail."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from itertools import product
from urllib.parse import quote, urljoin, urlsplit

import pytest
from attackkit import Browser, Oracle, browser, run_all

from auth.authkit import PASSWORD, Kit
from mypage.testing.portal import Portal
from portal_rows import add_person

EVIL = "evil.example"
STARTS = ("//", "///", "/\\", "\\\\", "\\/", "/\t/", "/\n/", "/\r\n/", "\t//", " //", "/%09/", "/%5c", "/%2f", "/./", "/.//", "/..//",
          "https://", "https:/", "https:", "HTTPS://", "http://", "hTTp:\\\\", "//user@", "https://portal@", "ftp://", "javascript://",
          "javascript:alert(1)//", "data:text/html,", "vbscript:", "/@", "//\u3002", "／／", "/／", "\x00//", "/\u2028/", "?//", "#//", ";//",
          "/;@", "//[::1]/", "/home//", "/home/..//", "home", "./", "../")  # fmt: skip
ENDS = (EVIL, f"{EVIL}/home", f"{EVIL}%2fhome", f"{EVIL}\\home")


def payloads() -> Iterator[str]:
    """Ways to say another site."""
    for start, end in product(STARTS, ENDS):
        yield start + end


def leads_away(location: str, host: str) -> bool:
    """Whether a browser would go to another site or run a script; browsers drop tabs and line ends, and turn backslashes."""
    seen = "".join(c for c in location if c not in "\t\r\n").strip("\x00 ").replace("\\", "/")
    target = urlsplit(urljoin(f"https://{host}/login", seen))
    return target.scheme not in ("http", "https") or target.netloc != host


def test_the_judge_is_sharp() -> None:
    assert leads_away("//evil.example", "a.example")
    assert leads_away("/\t/evil.example", "a.example")
    assert leads_away("/\\evil.example", "a.example")
    assert leads_away("javascript:1", "a.example")
    assert not leads_away("/home?next=//evil.example", "a.example")


@pytest.mark.parametrize("prefix", ["", "/one"])
def test_ways_back_stay_inside(place: Callable[..., Portal], prefix: str) -> None:
    here = place(prefix=prefix, host=f"r{abs(hash(prefix)) % 10**8}.example" if prefix else "")
    mine, nobody = browser(here, add_person(here)), browser(here)
    mine.keep_cookies = nobody.keep_cookies = False
    texts = list(payloads())
    assert len(texts) >= 150
    work = []
    for text in texts:
        for each in (text, prefix + text):
            value = quote(each, safe="")
            work += [
                (mine, f"/login?next={value}"),
                (mine, f"/display?size=large&back={value}"),
                (nobody, f"/display?language=en&back={value}"),
                (nobody, f"/login?next={value}"),
                (mine, f"/reauth?next={value}"),
            ]
    answers = run_all(here, [lambda w=w, p=p: w.send("GET", p) for w, p in work])
    redirects = 0
    for (_, path), seen in zip(work, answers, strict=True):
        location = seen.header("location")
        redirects += bool(location)
        assert seen.status in (200, 303), path
        assert location.isascii()
        assert not location or not leads_away(location, here.host), (path, location)
        assert not location or location.startswith((prefix + "/", prefix + "?")), (path, location)
        if not location:
            for address in seen.html.xpath("//main//@href | //main//@action | //main//@formaction"):
                assert not leads_away(address, here.host) or address.startswith("tel:"), (path, address)
    assert redirects > len(texts)


def test_signing_in_and_proving_it_again_stay_inside(place: Callable[..., Portal]) -> None:
    here = place()
    person = Kit(here).member("hanako1958")
    for text in (
        "//evil.example",
        "/\\evil.example",
        "https://evil.example",
        "/\t/evil.example",
        "javascript:alert(1)",
    ):
        door = browser(here)
        form = {"login": person.login, "password": PASSWORD, "_back": text, "next": text}
        seen = here.wait(door.send("POST", f"/login?next={quote(text, safe='')}", form=form))
        assert (seen.status, seen.header("location")) == (303, "/home")
        door.csrf = here.wait(door.send("GET", "/reauth")).html.xpath("//input[@name='_csrf']/@value")[0]
        seen = here.wait(door.send("POST", "/reauth", form=form))
        assert (seen.status, seen.header("location")) == (303, "/home")


def test_headers_name_no_host(place: Callable[..., Portal]) -> None:
    here = place()
    nobody = browser(here)
    forged = [
        {"x-forwarded-host": EVIL}, {"x-forwarded-proto": "http"}, {"forwarded": f"host={EVIL}"}, {"x-original-url": f"//{EVIL}/"},
        {"x-rewrite-url": f"//{EVIL}/"}, {"x-forwarded-prefix": f"//{EVIL}"}, {"x-host": EVIL}, {"referer": f"https://{EVIL}/"},
        {"x-forwarded-for": EVIL}, {"x-forwarded-server": EVIL}, {"x-http-host-override": EVIL}, {"x-forwarded-port": "99"},
    ]  # fmt: skip
    for headers in forged:
        for path in ("/", "/home", "/login", "/nowhere", "/register/mypage"):
            seen = here.wait(nobody.send("GET", path, headers=headers))
            assert EVIL not in seen.everything, (headers, path)
    for host in (EVIL, f"{here.host}.{EVIL}", f"{EVIL}:443", f"{here.host}@{EVIL}", f"{EVIL}#{here.host}"):
        seen = here.wait(nobody.send("GET", "/home", headers={"host": host}))
        assert seen.status == 421
        assert not seen.header("location")
        assert EVIL not in seen.everything
        assert here.name not in seen.text


def test_links_in_mails_lead_to_the_main_address(place: Callable[..., Portal], oracle: Oracle) -> None:
    """Also when the request came in at another address of the portal (OWASP: the Host header is the attacker's)."""
    here = place()
    other = f"second-{here.host}"
    oracle.change(
        "INSERT INTO platform_address (host, prefix, tenant, main) VALUES (%s, '', %s, false)", other, here.name
    )
    oracle.change("UPDATE platform_tenant SET updated_at = now() + interval '1 second' WHERE name = %s", here.name)
    asyncio.run_coroutine_threadsafe(here.server.registry.refresh(), here.loop).result(20)
    kit = Kit(here)
    person = kit.member("hanako1958")
    for host in (here.host, other, other.upper(), f"{other}:443", f"{here.host}."):
        door = Browser(here.server, host)
        here.wait(door.open())
        forged = {"x-forwarded-host": EVIL, "x-forwarded-proto": "http", "forwarded": f"host={EVIL}"}
        seen = here.wait(door.send("POST", "/recover/password", form={"login": person.login}, headers=forged))
        assert seen.status == 303
        oracle.change("DELETE FROM login_counter WHERE tenant_id = %s", here.name)
    links = [mail["link"] for mail in kit.mails("password_reset")]
    assert len(links) == 5
    assert {urlsplit(link)[:2] for link in links} == {("https", here.host)}


@pytest.mark.parametrize(
    "address",
    ["taro..yamada@docomo.example", "taro.@docomo.example", "花子@例え.example", "a@b.example\r\nBcc: x@evil.example", "none", "a b@c.example"],
)  # fmt: skip
def test_an_address_that_no_mail_reaches_tells_nothing(place: Callable[..., Portal], address: str) -> None:
    """It came with the customers; asking for help then looks as for everybody else."""
    here = place()
    kit = Kit(here)
    person = kit.member("hanako1958", email=address)
    seen = here.wait(browser(here).send("POST", "/recover/password", form={"login": person.login}))
    assert (seen.status, seen.header("location")) == (303, "/recover/password/sent")
    assert all("\n" not in mail["to"] and "evil" not in mail["to"] for mail in kit.mails())


def test_an_address_that_no_mail_reaches_hinders_no_change(place: Callable[..., Portal]) -> None:
    here = place()
    kit = Kit(here)
    kit.member("hanako1958", email="hanako..yama.@docomo.example")
    mine = kit.signed_in()
    mine.get("/credentials")
    new = {"current": PASSWORD, "login": "hanako2026", "password": "", "password_again": ""}
    page = mine.get(mine.post("/credentials", new).location)
    assert page.status == 200
    done = mine.submit({})
    assert (done.status, done.location.partition("?")[0]) == (303, "/credentials/done")
    assert mine.get(done.location).status == 200
    assert kit.mails() == []
