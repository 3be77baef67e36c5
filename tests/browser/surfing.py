"""A person with a browser at a portal: the ways of doing things that many tests share."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from page_watch import Watch
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Response, expect
from portal_stack import Site
from sample_people import Person

PHONE, DESK = 360, 1280
HEIGHT = 800
DEADLINE_MS = 8_000


@dataclass(slots=True)
class Surfer:
    """One browser window at one portal."""

    site: Site
    context: BrowserContext
    page: Page
    watch: Watch

    def go(self, path: str = "/") -> Response:
        """Open a path of the portal."""
        response = self.page.goto(self.site.url(path))
        assert response is not None
        return response

    def control(self, label: str) -> Locator:
        """The control with a label, whether or not the label also says that it must be filled in."""
        return self.page.get_by_label(exactly(label))

    def fill(self, values: Mapping[str, str]) -> None:
        """Fill in controls by their labels."""
        for label, value in values.items():
            self.control(label).fill(value)

    def press(self, name: str) -> None:
        """Press the button of `main` that has a name."""
        self.main.get_by_role("button", name=name, exact=True).click()

    def follow(self, name: str) -> None:
        """Follow the first link of `main` that has a name."""
        self.main.get_by_role("link", name=name, exact=True).first.click()

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

    def log_in(self, person: Person, *, login: str = "", password: str = "") -> None:
        """Log in on the login page and wait for the home page."""
        self.go("/login")
        self.try_login(login or person.login, password or person.password)
        self.heading(re.compile("マイページ"))
        expect(self.page.locator(".who")).to_contain_text(person.number)

    def try_login(self, login: str, password: str) -> None:
        """Fill in and send the form of the login page."""
        self.fill({"ログインID": login, "パスワード": password})
        self.press("ログイン")

    def log_out(self) -> None:
        """Press the header's button."""
        self.page.locator("header").get_by_role("button", name="ログアウト").click()
        self.at("/login")


@dataclass(slots=True)
class Surfers:
    """Opens browser windows, each a fresh browser without cookies at a network of its own."""

    browser: Browser
    opened: list[Surfer] = field(default_factory=list)
    networks: int = 0

    def open(self, site: Site, *, width: int = DESK, javascript: bool = True) -> Surfer:
        """A fresh browser."""
        context = self.context(width=width, javascript=javascript)
        surfer = Surfer(site, context, context.new_page(), Watch.over(context))
        self.opened.append(surfer)
        return surfer

    def another_tab(self, surfer: Surfer) -> Surfer:
        """A second tab of the same browser."""
        return Surfer(surfer.site, surfer.context, surfer.context.new_page(), surfer.watch)

    def context(self, *, width: int = DESK, javascript: bool = True) -> BrowserContext:
        """A context with a network address of its own, as a trusted proxy would tell it."""
        self.networks += 1
        first, second = divmod(self.networks, 250)
        context = self.browser.new_context(
            locale="ja-JP",
            viewport={"width": width, "height": HEIGHT},
            java_script_enabled=javascript,
            accept_downloads=True,
            has_touch=width == PHONE,
            extra_http_headers={"X-Forwarded-For": f"203.{first}.113.{second + 1}"},
        )
        context.set_default_timeout(DEADLINE_MS)
        return context


def exactly(label: str) -> re.Pattern[str]:
    """Matches a label with or without the mark of a control that must be filled in."""
    return re.compile(rf"^\s*{re.escape(label)}\s*(必須|Required)?\s*$")
