"""A person with a browser at a portal: the ways of doing things that many tests share."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from page_watch import Watch
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Response, expect
from portal_stack import Site
from sample_people import Person

Way = Literal["mouse", "keyboard", "phone", "no-script"]
WAYS: tuple[Way, ...] = ("mouse", "keyboard", "phone", "no-script")
PHONE, DESK = 360, 1280
HEIGHT = 800
DEADLINE_MS = 90_000
MOST_STOPS = 80
_AHEAD = """
(wanted) => {
  // Notes every stop of the focus that does not show, and holds it at what is wanted, until _ARRIVED is asked.
  const tour = window.__tour ??= {wanted: null, hidden: [], stops: 0};
  if (!tour.listens) {
    tour.listens = true;
    document.addEventListener("focusin", ({target}) => {
      if (!tour.wanted || !target.matches(":focus")) return;
      tour.stops += 1;
      const style = getComputedStyle(target);
      const shows = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2 || style.boxShadow !== "none";
      if (!shows) tour.hidden.push(target.outerHTML.slice(0, 200));
    }, true);
    document.addEventListener("keydown", (event) => {
      if (event.key === "Tab" && tour.wanted && document.activeElement === tour.wanted) event.preventDefault();
    }, true);
  }
  if (document.activeElement === wanted) return 0;
  tour.wanted = wanted;
  const stops = [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex]")]
    .filter((e) => e === wanted || (e.tabIndex >= 0 && !e.disabled && e.checkVisibility({visibilityProperty: true})));
  return Math.max(1, stops.indexOf(wanted) - stops.indexOf(document.activeElement));
}
"""
_ARRIVED = """
(wanted) => {
  const tour = window.__tour, hidden = tour.hidden.splice(0), there = document.activeElement === wanted;
  if (there) tour.wanted = null;
  return [there, hidden];
}
"""


@dataclass(slots=True)
class Surfer:
    """One browser window at one portal. `keyboard` people never touch the mouse."""

    site: Site
    context: BrowserContext
    page: Page
    watch: Watch
    way: Way = "mouse"

    def go(self, path: str = "/") -> Response:
        """Open a path of the portal, or a full address."""
        response = self.page.goto(path if path.startswith("http") else self.site.url(path))
        assert response is not None
        return response

    def control(self, label: str) -> Locator:
        """The control with a label, whether or not the label also says that it must be filled in."""
        return self.page.get_by_label(exactly(label))

    def fill(self, values: Mapping[str, str]) -> None:
        """Fill in controls by their labels, in their order on the page."""
        for label, value in values.items():
            self.put(self.control(label), value)

    def put(self, control: Locator, value: str) -> None:
        """Replace what stands in a control."""
        if self.way == "keyboard":
            self.reach(control)
            self.page.keyboard.press("Control+A")
            self.page.keyboard.insert_text(value) if value else self.page.keyboard.press("Delete")
        else:
            control.fill(value)

    def choose(self, control: Locator, label: str) -> None:
        """Choose from a pulldown."""
        if self.way == "keyboard":
            self.reach(control)
            # A pulldown listens to keys, and 月 and 年 have none.
            self.page.keyboard.type(label.rstrip("月年"))
        else:
            control.select_option(label=label)

    def tick(self, box: Locator) -> None:
        """Tick a box."""
        if self.way == "keyboard":
            self.reach(box)
            self.page.keyboard.press("Space")
        else:
            box.check()

    def press(self, name: str) -> None:
        """Press the button of `main` that has a name."""
        self.use(self.main.get_by_role("button", name=name, exact=True))

    def follow(self, name: str | re.Pattern[str]) -> None:
        """Follow the first link of `main` that has a name."""
        exact = isinstance(name, str)
        self.use(self.main.get_by_role("link", name=name, exact=exact).first)

    def use(self, target: Locator) -> None:
        """Click, or reach it with Tab and press Enter."""
        if self.way == "keyboard":
            self.reach(target)
            self.page.keyboard.press("Enter")
        else:
            target.click()

    def reach(self, target: Locator) -> None:
        """Press Tab until a control has the focus. Every stop on the way must show that it has it."""
        expect(target).to_be_visible()
        ahead, pressed = target.evaluate(_AHEAD), 0
        while ahead and pressed < MOST_STOPS:
            for _ in range(ahead):
                self.page.keyboard.press("Tab")
            pressed += ahead
            there, hidden = target.evaluate(_ARRIVED)
            assert not hidden, f"no visible focus on {hidden}"
            ahead = 0 if there else 1
        assert not ahead, f"{target} cannot be reached with Tab"

    @property
    def main(self) -> Locator:
        """The main part of the page."""
        return self.page.locator("main")

    def heading(self, text: str | re.Pattern[str]) -> None:
        """Wait for a page with this heading."""
        expect(self.page.locator("h1")).to_have_text(text)

    def says(self, text: str | re.Pattern[str]) -> None:
        """Wait for a text in the main part."""
        expect(self.main).to_contain_text(text)

    def at(self, path: str) -> None:
        """Wait until the address is that of a path, whatever its query."""
        expect(self.page).to_have_url(re.compile(rf"^{re.escape(self.site.url(path))}(\?.*)?$"))

    def log_in(self, person: Person, *, login: str = "", password: str = "", lands: str = "") -> None:
        """Log in on the login page and wait for the home page, or for where this role's login leads."""
        self.go("/login")
        self.try_login(login or person.login, password or person.password)
        self.at(lands or self.site.facts.lands)
        expect(self.page.locator(".who")).to_contain_text(person.number)

    def try_login(self, login: str, password: str) -> None:
        """Fill in and send the form of the login page."""
        if self.site.operator == "nagi":
            local, _, domain = login.partition("@")
            self.fill({"メールアドレス（@の前）": local})
            self.choose(self.control("ドメイン"), domain)
            self.fill({"暗証": password})
            self.press("入る")
            return
        if self.site.operator == "ocn":
            local, _, domain = login.partition("@")
            self.put(self.main.locator("#local"), local)
            self.choose(self.main.locator("#domain"), domain)
            self.put(self.main.locator("#password"), password)
            self.use(self.main.locator("form button[type=submit]"))
            return
        if self.site.operator == "ucom":
            kind, name = ("customer-number", "number") if login.isdecimal() else ("account-id", "account")
            self.put(self.main.locator(f"#{kind}-{name}"), login)
            self.put(self.main.locator(f"#{kind}-password"), password)
            self.use(self.main.locator(f"form[action*='{kind}'] button[type=submit]"))
            return
        self.fill({"ログインID": login, "パスワード": password})
        self.press("ログイン")

    def log_out(self) -> None:
        """Press the button of the header, or of the menu on a phone."""
        if self.way == "phone":
            self.page.locator(".menu-button").click()
        self.use(self.page.get_by_role("button", name="ログアウト"))
        self.at("/login")


@dataclass(slots=True)
class Surfers:
    """Opens browser windows, each a fresh browser without cookies at a network of its own."""

    browser: Browser
    opened: list[Surfer] = field(default_factory=list)
    networks: int = 0

    def open(self, site: Site, way: Way = "mouse", *, width: int = 0) -> Surfer:
        """A fresh browser."""
        context = self.context(width=width or (PHONE if way == "phone" else DESK), javascript=way != "no-script")
        surfer = Surfer(site, context, context.new_page(), Watch.over(context), way)
        self.opened.append(surfer)
        return surfer

    def another_tab(self, surfer: Surfer) -> Surfer:
        """A second tab of the same browser."""
        return Surfer(surfer.site, surfer.context, surfer.context.new_page(), surfer.watch)

    def context(self, *, width: int = DESK, javascript: bool = True) -> BrowserContext:
        """A context with a network address of its own, as a trusted proxy would tell it."""
        self.networks += 1
        context = self.browser.new_context(
            locale="ja-JP",
            viewport={"width": width, "height": HEIGHT},
            java_script_enabled=javascript,
            accept_downloads=True,
            reduced_motion="reduce",
            extra_http_headers={"X-Forwarded-For": f"198.51.{self.networks // 250}.{self.networks % 250 + 1}"},
        )
        context.set_default_timeout(DEADLINE_MS)
        return context


def exactly(label: str) -> re.Pattern[str]:
    """Matches a label with or without the mark of a control that must be filled in."""
    return re.compile(rf"^\s*{re.escape(label)}\s*(必須|Required)?\s*$")
