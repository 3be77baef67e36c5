"""Nothing private is kept by a cache, and what may be kept is the same for everybody (T5; ASVS 14.2.2, 14.3.2)."""

from __future__ import annotations

import re
from collections.abc import Callable

from attackkit import Browser, Seen, browser, run_all
from belongings import NOBODYS, fill, things

from mypage.server.routes import all_routes
from mypage.testing.portal import Portal
from portal_rows import add_person

ASSET = re.compile(r'(?:src|href)="([^"]*/_static/[^"]+)"')
HX = ({}, {"hx-request": "true"}, {"hx-request": "true", "hx-boosted": "true"})
CONDITIONS = (
    {"if-none-match": "*"},
    {"if-none-match": '"x", W/"y"'},
    {"if-modified-since": "Fri, 20 Nov 2027 00:00:00 GMT"},
    {"range": "bytes=0-10"},
)


def not_stored(seen: Seen) -> bool:
    """Whether every cache must forget the answer, and would know what it depends on."""
    vary = {name.strip().lower() for name in seen.header("vary").split(",")}
    return seen.header("cache-control") == "no-store" and not seen.header("etag") and {"cookie", "hx-request"} <= vary


def test_no_answer_of_a_route_is_stored(place: Callable[..., Portal], figure: Callable[[str], None]) -> None:
    """Pages, downloads, redirects, refusals and errors of every route, at two operators, for whoever asks."""
    asked, routes = 0, all_routes()
    for operator in ("actv", "nagi"):
        here = place(operator)
        person = add_person(here)
        ids = things(here, person)
        crowd = (browser(here, person), browser(here, add_person(here, "1000002")), browser(here))
        for who in crowd:
            who.keep_cookies = False
        gone = dict.fromkeys(ids, NOBODYS)
        paths = {(route.name, path) for route in routes for path in (fill(route, ids), fill(route, gone))}
        paths |= {("none", "/nowhere"), ("none", "/home/"), ("none", "/pages/none")}
        # Everybody opens every path; the kinds of requests take turns, so that each path meets all of them.
        plans = []
        for number, (name, path) in enumerate(sorted(paths)):
            for turn, who in enumerate(crowd, number):
                plans += [
                    (who, "GET", name, path, HX[turn % len(HX)]),
                    (who, ("HEAD", "DELETE")[turn % 2], name, path, {}),
                ]
            plans.append((crowd[0], "GET", name, path, CONDITIONS[number % len(CONDITIONS)]))
        enders = ("sessions-end", "logout")
        plans += [(who, "POST", r.name, fill(r, ids), {}) for who in crowd[1:] for r in routes if r.name not in enders]
        answers = run_all(here, [lambda w=w, m=m, p=p, h=h: w.send(m, p, headers=h) for w, m, _, p, h in plans])
        for (_, method, name, path, headers), seen in zip(plans, answers, strict=True):
            assert not_stored(seen), (method, name, path, headers, seen.status, seen.headers)
            assert seen.status != 304
        asked += len(plans)
    figure(f"T5 no-store: {asked:,} answers, {len(routes)} routes, 2 operators, signed in and out, htmx or not, 100 %")


def test_what_may_be_kept_is_the_same_for_everybody(
    place: Callable[..., Portal], figure: Callable[[str], None]
) -> None:
    """Each static file as one customer, another one, another portal's and nobody; its version asked for again."""
    shared = f"cache{place().name}.example"
    portals = [
        place(theme="actv"),
        place(),
        place("nagi"),
        place(prefix="/a", host=shared),
        place(prefix="/b", host=shared),
    ]
    crowd = [browser(here, add_person(here)) for here in portals] + [browser(here) for here in portals]
    for who in crowd:
        who.keep_cookies = False
    assets: set[str] = set()
    for who in crowd:
        for path in ("/home", "/login", "/recover/password"):
            page = portals[0].wait(who.send("GET", path))
            assets |= {address.partition("/_static/")[2] for address in ASSET.findall(page.text)}
    assets |= {re.sub(r"\.[0-9a-f]{12}\.", ".", asset) for asset in assets}
    assert len(assets) > 8
    asked = mixes = kept = 0
    for asset in sorted(assets):
        first: dict[str, Seen] = {}
        for who in crowd:
            seen = fetched(portals[0], who, asset)
            asked += len(HX) + 1
            if seen.status != 200:
                continue
            # Another portal's version is another file, or it is the very same one.
            known = first.setdefault(seen.header("etag"), seen)
            mixes += known.body != seen.body
            for tag, other in first.items():
                again = portals[0].wait(who.send("GET", f"/_static/{asset}", headers={"if-none-match": tag}))
                asked, kept = asked + 1, kept + (again.status == 304)
                mixes += (again.status == 304) != (other.body == seen.body)
                assert again.status in (200, 304)
                assert again.status == 200 or again.body == b""
    figure(f"T5 static files: {asked:,} answers, {len(assets)} addresses, 5 portals, {kept} x 304, {mixes} mixes")
    assert mixes == 0
    assert kept > len(assets)


def fetched(here: Portal, who: Browser, asset: str) -> Seen:
    """The file, the same with and without htmx and cookies, and with nothing in it about who asked."""
    plain = Browser(who.server, who.host, who.prefix, keep_cookies=False)
    answers = [here.wait(who.send("GET", f"/_static/{asset}", headers=headers)) for headers in HX]
    answers.append(here.wait(plain.send("GET", f"/_static/{asset}")))
    assert len({(seen.status, seen.headers, seen.body) for seen in answers}) == 1, asset
    assert not answers[0].header("set-cookie")
    if answers[0].status == 200:
        assert answers[0].header("etag")
        assert "max-age" in answers[0].header("cache-control")
    return answers[0]


def test_the_same_address_shows_each_their_own(place: Callable[..., Portal]) -> None:
    """One after the other and back again, whole pages and fragments: nobody gets what was made for another."""
    here = place()
    people = {name: add_person(here, f"10000{i}", name=name) for i, name in enumerate(("一郎", "二郎"))}
    doors = {name: browser(here, person) for name, person in people.items()}
    paths = [route.path for route in all_routes() if route.method == "GET" and "{" not in route.path]
    seen_own = 0
    for path in paths:
        for headers in HX:
            for name in ("一郎", "二郎", "一郎"):
                other = "二郎" if name == "一郎" else "一郎"
                text = here.wait(doors[name].send("GET", path, headers=headers)).text
                assert other not in text, (path, headers)
                seen_own += name in text
    assert seen_own > len(paths)
