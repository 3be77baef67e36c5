"""Every page that there is, each with a way to get there, for the checks of all pages and for the gallery.

A route without a scene fails a test, so that no new page escapes the checks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from journeys import (
    CHALLENGED_CARD,
    REFUSED_CARD,
    SLOW_CARD,
    ask_for_reset,
    enter_card,
    enter_credentials,
    path_in,
    path_of,
    register,
    start_card,
    type_card,
)
from playwright.sync_api import expect
from portal_stack import Site, Stack, some_id
from sample_people import People, Person
from second_steps import add_app, start_login
from surfing import Surfer, Surfers

from mypage.web.routing import Route

Role = Literal["visitor", "empty", "rich"]
ROLES: tuple[Role, ...] = ("visitor", "empty", "rich")


@dataclass(frozen=True, slots=True)
class Scene:
    """A page in a state: a name for files and messages, the path, and the status it comes with."""

    name: str
    path: str
    status: int = 200


@dataclass(slots=True)
class Walk:
    """A browser of one role at one portal, and the scenes that it can open, by the name of their route."""

    surfer: Surfer
    role: Role
    scenes: dict[str, list[Scene]] = field(default_factory=dict)

    def add(self, route: str, path: str, note: str = "", status: int = 200) -> None:
        """A scene of a route."""
        name = f"{route}-{note}" if note else route
        self.scenes.setdefault(route, []).append(Scene(name, path, status))

    def here(self, route: str, note: str = "") -> None:
        """The page that is open now is a scene."""
        self.add(route, path_of(self.surfer), note)

    def all(self) -> list[Scene]:
        """All scenes."""
        return [scene for scenes in self.scenes.values() for scene in scenes]


FILES: Mapping[str, str] = {
    "captcha": "image/png",
    "bills-csv": "text/csv",
    "bills-pdf": "application/pdf",
    "invoices-pdf": "application/pdf",
    "factors-codes-file": "text/plain",
    "request-file": "application/pdf",
}
"""Routes that answer with a file, by the kind of file."""

PASSING: frozenset[str] = frozenset({"display", "card-return", "request-address"})
"""Routes that only lead on to another page, or are a part of one; tests of their own look at them."""

_PRIVATE = ("home", "contract", "notices", "bills", "invoices", "card", "credentials", "sessions", "reauth")


def pages_of(routes: tuple[Route, ...]) -> set[str]:
    """The names of all routes that show a page."""
    return {route.name for route in routes if route.method == "GET"} - set(FILES) - PASSING


def walk_through(stack: Stack, people: People, surfers: Surfers, site: Site, role: Role) -> Walk:
    """Go everywhere that a role can go at a portal."""
    walk = Walk(surfers.open(site), role)
    if role != "empty":
        _public(walk)
    if role == "visitor":
        if site.facts.registers:
            _registering(stack, people, walk)
        _recovering(stack, people, walk)
        _second_step(people, surfers, walk)
    else:
        person = people.rich(site) if role == "rich" else people.empty(site)
        walk.surfer.log_in(person)
        for name in _PRIVATE:
            walk.add(name, f"/{name}")
        if role == "rich":
            _reading(walk)
            if site.facts.family:
                _family(walk)
            if site.facts.sells:
                _options(walk, *site.facts.sells)
            for slug in site.facts.guidance:
                walk.add("guidance", f"/guidance/{slug}", slug)
            for name in site.facts.short:
                walk.add(name, f"/{name}")
            if site.facts.corrects:
                _correcting(walk)
            for code in site_slots(stack, site):
                people.places(person, code)
                _places(walk, code)
            if stack.server.compiled.operators[site.operator].requests is not None:
                _requests(walk)
            if site.facts.ends:
                _ending(walk)
            password = _changing_credentials(walk, person)
            if site.facts.changes_card:
                _changing_card(stack, walk)
            _two_steps(walk, password)
        else:
            walk.add("factors", "/factors", "none")
            if site.facts.ends:
                people.contract(person)
                _ending(walk, press=True)
        walk.surfer.watch.take()
    return walk


def _public(walk: Walk) -> None:
    facts = walk.surfer.site.facts
    walk.add("top", "/")
    walk.add("login", "/login")
    for slug in facts.pages:
        walk.add("public-page", f"/pages/{slug}", slug)
    if facts.registers:
        walk.add("register", f"/register/{facts.scheme}")
    for kind in facts.recoveries:
        walk.add("recover", f"/recover/{kind}", kind)
        walk.add("recover-sent", f"/recover/{kind}/sent", kind)


def _registering(stack: Stack, people: People, walk: Walk) -> None:
    surfer, site = walk.surfer, walk.surfer.site
    person = people.newcomer(site)
    _, link = register(stack, surfer, person)
    walk.here("register-sent")
    walk.add("activate", path_in(site, link), "ready")
    walk.add("activate", "/activate/unknown-token", "dead", 404)
    _register_to_confirm(stack, surfer, people.newcomer(site))
    walk.here("register-confirm")


def _register_to_confirm(stack: Stack, surfer: Surfer, person: Person) -> None:
    from journeys import fill_registration, open_registration

    open_registration(surfer)
    fill_registration(stack, surfer, person, f"new{some_id(8)}")
    surfer.press("次へ")
    surfer.at(f"/register/{surfer.site.facts.scheme}/confirm")


def _recovering(stack: Stack, people: People, walk: Walk) -> None:
    person = people.empty(walk.surfer.site)
    link = ask_for_reset(stack, walk.surfer, person)
    walk.add("reset", path_in(walk.surfer.site, link), "ready")
    walk.add("reset", "/reset/unknown-token", "dead", 404)
    walk.add("view", "/view/unknown-token", "dead", 404)


def _reading(walk: Walk) -> None:
    surfer = walk.surfer
    for route, path, link in (
        ("notices-one", "/notices", ".notice"),
        ("bills-one", "/bills", "main table .row-acts a"),
        ("invoices-one", "/invoices", "main table .row-acts a"),
    ):
        surfer.go(path)
        places = {"notices-one": (0, 1), "bills-one": (0, 1, 7)}.get(route, (0,))
        hrefs = [link.get_attribute("href") or "" for link in surfer.page.locator(link).all()]
        pages = [href for href in hrefs if not href.endswith("/pdf")]
        own = pages if route != "bills-one" else [href for href in pages if "/bills/" in href]
        for place in places:
            walk.add(route, own[place].removeprefix(surfer.site.prefix), str(place))


def _correcting(walk: Walk) -> None:
    """The form of the customer's own data."""
    walk.add("profile", "/profile")
    for last in ("complete", "confirm"):
        walk.surfer.go("/profile")
        _press_on(walk.surfer, "/profile/confirm")
        if last == "complete":
            _press_on(walk.surfer, "/profile/complete")
        walk.here(f"profile-{last}")


def site_slots(stack: Stack, site: Site) -> list[str]:
    """The codes of the numbered places that a portal has."""
    return sorted(stack.server.compiled.operators[site.operator].slots)


def _places(walk: Walk, code: str) -> None:
    """Numbered places, of which the first is in use and something waits about the second: every step of a change."""
    surfer, path = walk.surfer, f"/slots/{code}"
    walk.add("slots", path)
    walk.add("slots-one", f"{path}/1", "change")
    walk.add("slots-one", f"{path}/3", "add")
    walk.add("slots-remove", f"{path}/1/remove")
    surfer.go(path)
    cancel = surfer.main.locator("a[href*='/cancel/']").get_attribute("href") or ""
    walk.add("slots-cancel", cancel.removeprefix(surfer.site.prefix))
    for last in ("done", "confirm"):
        surfer.go(f"{path}/1")
        surfer.main.locator("input[name=pattern][value=gear]").check()
        surfer.main.locator(f"input[name=pgear-option-buoy][value={'not' if last == 'done' else 'use'}]").check()
        surfer.main.locator("input[name=pgear-option-lamp][value=use]").check()
        _press_on(surfer, f"{path}/{'confirm' if last == 'done' else 'terms'}")
        if last == "done":
            _press_on(surfer, f"{path}/done")
        else:
            walk.here("slots-terms")
            _press_on(surfer, f"{path}/confirm")
        walk.here(f"slots-{last}")


def _requests(walk: Walk) -> None:
    """The catalogue, a form with every kind of field, and one that is sent: its page, and taking it back."""
    surfer = walk.surfer
    walk.add("requests", "/requests")
    walk.add("requests", "/requests?q=zzzz", "none found")
    walk.add("request-new", "/requests/new/berth-move")
    walk.add("request-new", "/requests/new/storm-stop", "more fields")
    # The check page last: a form that is begun anew takes the place of the one before.
    for last in ("done", "confirm"):
        surfer.go("/requests/new/slip-mail")
        surfer.put(surfer.main.locator("#f-mail"), "hanako@mail.example")
        surfer.put(surfer.main.locator("#f-mail_again"), "hanako@mail.example")
        _press_on(surfer, "/requests/new/slip-mail/confirm")
        if last == "done":
            _press_on(surfer, "/requests/new/slip-mail/done")
            path = surfer.main.locator("a.btn--primary").get_attribute("href") or ""
            path = path.removeprefix(surfer.site.prefix)
            walk.add("request", path)
            walk.add("request-withdraw", f"{path}/withdraw")
            walk.add("requests-filed", "/requests/filed")
        walk.here(f"request-{last}")


def _ending(walk: Walk, *, press: bool = False) -> None:
    """Ending the contract: up to the check page, or with the press that nobody takes back."""
    surfer = walk.surfer
    surfer.go("/termination")
    for each in surfer.main.locator("select").all():
        each.select_option(index=1)
    surfer.put(surfer.main.locator("input[type=email]").nth(0), "hanako@mail.example")
    surfer.put(surfer.main.locator("input[type=email]").nth(1), "hanako@mail.example")
    _press_on(surfer, "/termination/confirm")
    if press:
        surfer.main.locator("form .btn--danger").click()
        surfer.at("/termination/done")
    else:
        walk.add("termination", "/termination")
    walk.here("termination-done" if press else "termination-confirm")


def _family(walk: Walk) -> None:
    """What is handed out to others, and where notes to them go."""
    surfer = walk.surfer
    walk.add("overview", "/overview")
    surfer.go("/overview")
    form = surfer.main.locator("a[href$='/mail']").first.get_attribute("href") or ""
    form = form.removeprefix(surfer.site.prefix)
    walk.add("accounts-mail", form)
    for last in ("done", "confirm"):
        surfer.go(form)
        surfer.put(surfer.main.locator("#address"), f"{some_id(8)}@mail.example")
        surfer.main.locator("form .btn--primary").click()
        surfer.at(f"{form}/confirm")
        if last == "done":
            surfer.main.locator("form .btn--primary").click()
            surfer.at(f"{form}/done")
        walk.here(f"accounts-mail-{last}")
    _handing_out(walk, form.removesuffix("/mail"))


def _options(walk: Walk, contracts: str, accounts: str) -> None:
    """Buying: once to the end for an account that has an address, once to the confirm page."""
    surfer = walk.surfer
    for page, last in ((accounts, "done"), (contracts, "confirm")):
        walk.add("option", f"/options/{page}", f"{page} free")
        surfer.go(f"/options/{page}")
        surfer.main.locator("section form .btn--primary").first.click()
        surfer.at(f"/options/{page}/confirm")
        if last == "done":
            surfer.main.locator("form .btn--primary").click()
            surfer.at(f"/options/{page}/done")
        walk.here(f"option-{last}")
    walk.add("option", f"/options/{accounts}", "held")
    walk.add("option-holdings", f"/options/{accounts}/holdings")
    walk.add("orders", "/orders")


def _handing_out(walk: Walk, member: str) -> None:
    """Registering, changing and deleting what is handed out; `member` is the page of one that stays."""
    surfer = walk.surfer
    walk.add("accounts", "/accounts")
    walk.add("accounts-new", "/accounts/new")
    _enter_account(surfer)
    _press_on(surfer, "/accounts/new/done")
    walk.here("accounts-new-done")
    surfer.go("/accounts")
    gone = surfer.main.locator("a[href$='/delete']").last.get_attribute("href") or ""
    surfer.go(gone.removeprefix(surfer.site.prefix))
    surfer.main.locator("form .btn--danger").click()
    surfer.at("/accounts/deleted")
    walk.here("accounts-deleted")
    _enter_account(surfer)
    walk.here("accounts-new-confirm")
    walk.add("accounts-one", member)
    walk.add("accounts-delete", f"{member}/delete")
    for last in ("done", "confirm"):
        surfer.go(member)
        _press_on(surfer, f"{member}/confirm")
        if last == "done":
            _press_on(surfer, f"{member}/done")
        walk.here(f"accounts-one-{last}")


def _enter_account(surfer: Surfer) -> None:
    surfer.go("/accounts/new")
    name, word = some_id(8), "Kazenomachi2026"
    for each, value in (
        ("family_name", "青森"), ("given_name", "空"), ("login_local", f"sora{name}"), ("password", word),
        ("password_again", word),
    ):  # fmt: skip
        surfer.put(surfer.main.locator(f"#{each}"), value)
    surfer.main.locator("#login_domain").select_option("sea.nagi.example")
    _press_on(surfer, "/accounts/new/confirm")


def _press_on(surfer: Surfer, path: str) -> None:
    surfer.main.locator("form .btn--primary").click()
    surfer.at(path)


def _changing_credentials(walk: Walk, person: Person) -> str:
    """Returns the password that holds from now on."""
    surfer = walk.surfer
    password = f"{person.password}1x"
    enter_credentials(surfer, person, password=password)
    surfer.press("変更する")
    surfer.at("/credentials/done")
    walk.here("credentials-done")
    changed = Person(
        site=person.site,
        number=person.number,
        name=person.name,
        email=person.email,
        login=person.login,
        password=password,
    )
    if surfer.site.facts.changes_login:
        enter_credentials(surfer, changed, login=f"next{some_id(8)}")
    else:
        enter_credentials(surfer, changed, password=f"{password}2y")
    walk.here("credentials-confirm")
    return password


def _changing_card(stack: Stack, walk: Walk) -> None:
    surfer, word = walk.surfer, walk.surfer.site.facts.words.get
    start_card(stack, surfer)
    type_card(surfer, REFUSED_CARD)
    surfer.page.get_by_role("link", name="マイページへ戻る").or_(
        surfer.main.locator(".callout--danger")
    ).first.wait_for()
    back = surfer.page.get_by_role("link", name="マイページへ戻る")
    if back.count():
        back.click()
    surfer.heading("カードを登録できませんでした")
    walk.here("card-result", "refused")
    start_card(stack, surfer)
    surfer.press(word("戻る", "戻る"))
    surfer.heading("カードの入力を中止しました")
    walk.here("card-result", "cancelled")
    start_card(stack, surfer)
    type_card(surfer, CHALLENGED_CARD)
    expect(surfer.page.locator("#answer")).to_be_visible()
    surfer.put(surfer.page.locator("#answer"), "123456")
    surfer.press("認証する")
    surfer.heading(word("内容をご確認ください", "内容をご確認ください"))
    surfer.press("登録")
    surfer.heading(word("カードを登録しました", "カードを登録しました"))
    walk.here("card-complete")
    walk.add("card", "/card", "after")
    enter_card(stack, surfer, SLOW_CARD)
    walk.here("card-confirm")


def _second_step(people: People, surfers: Surfers, walk: Walk) -> None:
    """The page between password and portal, of a customer who set up an app in another browser."""
    person = people.empty(walk.surfer.site)
    other = surfers.open(person.site)
    other.log_in(person)
    add_app(other)
    start_login(walk.surfer, person.login, person.password)
    walk.here("login-second")
    walk.add("login-second", "/login/second?way=recovery", "recovery")


def _two_steps(walk: Walk, password: str) -> None:
    surfer = walk.surfer
    add_app(surfer)
    walk.here("factors-codes")
    surfer.go("/factors")
    walk.here("factors")
    link = surfer.main.locator(".factor-list a.link").get_attribute("href") or ""
    walk.add("factors-one", link.removeprefix(surfer.site.prefix))
    for button, route in (("認証アプリを設定する", "factors-app"), ("この端末を登録する", "factors-passkey")):
        surfer.go("/factors")
        surfer.press(button)
        surfer.at(f"/factors/{route.removeprefix('factors-')}")
        walk.here(route)
    surfer.go("/reauth")
    surfer.put(surfer.main.locator("input[type=password]"), password)
    surfer.press("次へ進む")
    surfer.at("/reauth/second")
    walk.here("reauth-second")
    walk.add("reauth-second", "/reauth/second?way=recovery", "recovery")
