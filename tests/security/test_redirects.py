"""Nobody is led to another site: not by an address, not by a header, not by a link in a mail."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from itertools import product
from urllib.parse import quote, urljoin, urlsplit

import pytest
from attackkit import Browser, Oracle, Seen, browser, run_all

from auth.authkit import PASSWORD, Kit
from mypage.testing.portal import HANG, Portal
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
def test_ways_back_stay_inside(place: Callable[..., Portal], prefix: str, figure: Callable[[str], None]) -> None:
    here = place(prefix=prefix, host=f"r{abs(hash(prefix)) % 10**8}.example" if prefix else "")
    mine, nobody = browser(here, add_person(here)), browser(here)
    mine.keep_cookies = nobody.keep_cookies = False
    texts = list(payloads())
    assert len(texts) >= 150
    work = []
    for number, text in enumerate(texts):
        for each in (text, prefix + text):
            value = quote(each, safe="")
            work += [(mine, f"/login?next={value}"), (mine, f"/display?size=large&back={value}")]
            shown = [
                (nobody, f"/display?language=en&back={value}"),
                (nobody, f"/login?next={value}"),
                (mine, f"/reauth?next={value}"),
            ]
            # Each text is carried on by one of these, and each of them carries texts of every kind.
            work.append(shown[number % len(shown)])
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
    figure(
        f"T23 ways back{' below a prefix' * bool(prefix)}: {len(texts)} payloads, {len(work):,} requests, 0 foreign Location"
    )


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


FORWARDING = ("x-forwarded-host", "x-forwarded-proto", "x-forwarded-prefix", "x-forwarded-server", "x-forwarded-port",
              "x-forwarded-for", "x-forwarded-scheme", "x-original-host", "x-original-url", "x-rewrite-url", "x-host",
              "x-http-host-override", "x-forwarded-uri", "x-url-scheme", "forwarded", "referer", "via", "front-end-https")  # fmt: skip
FORGED = (EVIL, f"//{EVIL}/", f"https://{EVIL}", f"host={EVIL};proto=http", f"{EVIL}:99", f"{EVIL}, {EVIL}", f"@{EVIL}", f"[{EVIL}]",
          f"http://{EVIL}/\t", f"javascript:{EVIL}")  # fmt: skip


def hosts(known: str) -> Iterator[str]:
    """Host headers that are not the portal's, most of them with its name in them."""
    yield from (
        EVIL,
        EVIL.upper(),
        f"{EVIL}.",
        f"{EVIL}:443",
        f"{EVIL}:",
        "",
        ".",
        "..",
        "*",
        "localhost",
        "127.0.0.1",
        "[::1]",
        "0",
    )
    for sign in ("@", "#", "/", "\\", "?", "%00", "%0d%0a", " ", ", ", ";", "_", "&", "\t", "|", "'", '"', "<", "^", "`", "{", "=", "+", "~", "!"):  # fmt: skip
        yield from (f"{known}{sign}{EVIL}", f"{EVIL}{sign}{known}", f"{known}{sign}")
    for joint in (".", "-", "..", "x", "xn--"):
        yield from (f"{known}{joint}{EVIL}", f"{EVIL}{joint}{known}", f"{joint}{known}")
    for port in ("x", "443x", "-1", "443@" + EVIL, "443:443", "0x1bb", " 443", "４４３", "٤٤٣"):
        yield from (f"{known}:{port}", f"{EVIL}:{port}")
    yield from (
        f"user@{known}",
        f"user:pw@{known}",
        f"[{known}]",
        f"https://{known}",
        f"//{known}",
        f"{known}\x00",
        f"{known}..",
    )
    yield from (known[:-1], known[1:], known.replace(".", ","), known.replace(".", "。"), known.replace("e", "е", 1))


def no_way_out(seen: Seen, host: str, told: object) -> None:
    """Nothing in an answer names the other site or leads to it."""
    assert seen.status < 500, told
    assert not seen.header("location") or not leads_away(seen.header("location"), host), told
    assert EVIL not in "".join(f"{name}: {value}" for name, value in seen.headers).lower(), told
    if seen.header("content-type").startswith("text/html") and seen.body:
        for address in seen.html.xpath("//@href | //@action | //@formaction | //@src | //@content"):
            assert EVIL not in urlsplit(urljoin(f"https://{host}/", address)).netloc.lower(), (told, address)


def test_headers_name_no_host(place: Callable[..., Portal], figure: Callable[[str], None]) -> None:
    here = place()
    mine, nobody = browser(here, add_person(here)), browser(here)
    mine.keep_cookies = nobody.keep_cookies = False
    paths = ("/", "/home", "/login", "/nowhere", "/register/mypage")
    pairs = list(product(FORWARDING, FORGED))
    # Every header with every value at two pages; every header and every value at all of them.
    plans = [({n: v}, paths[(i // len(FORGED) + i + j) % len(paths)]) for i, (n, v) in enumerate(pairs) for j in (0, 2)]
    for who in (mine, nobody):
        answers = run_all(here, [lambda w=who, h=h, p=p: w.send("GET", p, headers=h) for h, p in plans])
        for (headers, path), seen in zip(plans, answers, strict=True):
            no_way_out(seen, here.host, (headers, path))
            assert EVIL not in seen.everything.lower(), (headers, path)
    forged, payloads = len(plans) * 2, len(FORWARDING) * len(FORGED)
    unknown = list(hosts(here.host))
    for host in unknown:
        for who in (mine, nobody):
            seen = here.wait(who.send("GET", "/home", headers={"host": host.encode().decode("latin-1")}))
            assert seen.status in (400, 421), (host, seen.status)
            assert not seen.header("location"), host
            assert EVIL not in seen.everything, host
            assert here.name not in seen.text.replace(here.host, ""), host
    for spelling in (here.host.upper(), f"{here.host}.", f"{here.host}:443", f"{here.host.title()}.:8443"):
        seen = here.wait(mine.send("GET", "/home", headers={"host": spelling}))
        no_way_out(seen, here.host, spelling)
        assert seen.status == 200
    assert len(unknown) >= 100
    assert payloads >= 150
    figure(
        f"T23 hosts: {len(unknown)} unknown hosts all 421 or 400, {payloads} forged headers in {forged:,} requests, 0 named"
    )


def test_an_absolute_target_names_no_host(place: Callable[..., Portal], figure: Callable[[str], None]) -> None:
    """What a proxy is sent; the web server hands the path on, some hand on all of it."""
    here = place()
    mine, nobody = browser(here, add_person(here)), browser(here)
    mine.keep_cookies = nobody.keep_cookies = False
    starts = ("http://", "https://", "HTTP://", "//", "///", "http:/", "http:\\\\", "ftp://", "http://user@", f"https://{here.host}@", "/%2f", "/\\", "/.//", ";//", "@", "")  # fmt: skip
    targets = [f"{start}{EVIL}{end}" for start in starts for end in ("", "/", "/home", "/login?next=/home", ":80/bills", "/../home", "#/home", "?/", "/%2e%2e/", "//")]  # fmt: skip
    assert len(targets) >= 150
    for who in (mine, nobody):
        plans = [(method, target) for target in targets for method in ("GET", "POST")]
        answers = run_all(here, [lambda w=who, m=m, t=t: w.send(m, t.encode()) for m, t in plans])
        for told, seen in zip(plans, answers, strict=True):
            no_way_out(seen, here.host, told)
            assert seen.status in (400, 404, 405, 409, 421), told
    figure(f"T23 absolute targets: {len(targets)} targets, {len(targets) * 4} requests, 0 foreign Location")


def test_links_in_mails_lead_to_the_main_address(
    place: Callable[..., Portal], oracle: Oracle, figure: Callable[[str], None]
) -> None:
    """Also when the request came in at another address of the portal (OWASP: the Host header is the attacker's)."""
    here = place()
    other = f"second-{here.host}"
    oracle.change(
        "INSERT INTO platform_address (host, prefix, tenant, main) VALUES (%s, '', %s, false)", other, here.name
    )
    oracle.change("UPDATE platform_tenant SET updated_at = now() + interval '1 second' WHERE name = %s", here.name)
    asyncio.run_coroutine_threadsafe(here.server.registry.refresh(), here.loop).result(HANG)
    kit = Kit(here)
    people = [kit.member(f"hanako{number}") for number in range(len(FORWARDING))]
    always, asked = {"x-forwarded-host": EVIL, "x-forwarded-proto": "http", "forwarded": f"host={EVIL}"}, 0
    for host in (here.host, other, other.upper(), f"{other}:443", f"{here.host}."):
        door = Browser(here.server, host)
        here.wait(door.open())
        forged = [always | {name: value} for name, value in zip(FORWARDING, FORGED * 2, strict=False)]
        # At once: each of them takes its time, so that nobody learns from it who is known.
        work = [
            lambda f=f, p=p, d=door: d.send("POST", "/recover/password", form={"login": p.login}, headers=f)
            for f, p in zip(forged, people, strict=True)
        ]
        assert {seen.status for seen in run_all(here, work)} == {303}
        asked += len(work)
        oracle.change("DELETE FROM login_counter WHERE tenant_id = %s", here.name)
    mails = kit.mails("password_reset")
    assert len(mails) == asked == 5 * len(FORWARDING)
    assert {urlsplit(mail["link"])[:2] for mail in mails} == {("https", here.host)}
    assert not [mail for mail in mails if EVIL in str(mail)]
    figure(f"T23 mails: {asked} mails asked for at 5 hosts with forged headers, 0 foreign links")


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
