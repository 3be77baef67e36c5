"""What goes wrong in a browser without anybody seeing it: errors of scripts, refused loads, broken policies."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from playwright.sync_api import BrowserContext, ConsoleMessage, Request, Response, WebError

TELL_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) =>
  console.error(`CSP violation: ${event.violatedDirective} ${event.blockedURI}`));
"""
# The browser writes this about every answer from 400 on; answers are judged below, by status and kind.
_SAID_OTHERWISE = "Failed to load resource"


@dataclass
class Watch:
    """Collects the problems of all pages of one browser context. `expected` are statuses that a test provokes."""

    problems: list[str] = field(default_factory=list)
    expected: set[int] = field(default_factory=set)
    posts: list[str] = field(default_factory=list)
    """The addresses of all forms that were sent."""

    @classmethod
    def over(cls, context: BrowserContext) -> Watch:
        """Watch a context from now on."""
        watch = cls()
        context.add_init_script(TELL_VIOLATIONS)
        context.on("console", watch._said)
        context.on("weberror", watch._threw)
        context.on("requestfailed", watch._failed)
        context.on("request", watch._asked)
        context.on("response", watch._answered)
        return watch

    def take(self) -> list[str]:
        """The problems so far, which are then forgotten."""
        found, self.problems[:] = list(self.problems), []
        return found

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not message.text.startswith(_SAID_OTHERWISE):
            self.problems.append(f"console {message.type}: {message.text}")

    def _threw(self, error: WebError) -> None:
        self.problems.append(f"script error: {error.error}")

    def _asked(self, request: Request) -> None:
        if request.method == "POST":
            self.posts.append(request.url)

    def _failed(self, request: Request) -> None:
        # Leaving a page or starting a download aborts what was under way; nothing is broken then.
        if request.failure and "ERR_ABORTED" not in request.failure:
            self.problems.append(f"{request.method} {_short(request.url)} failed: {request.failure}")

    def _answered(self, response: Response) -> None:
        status, kind = response.status, response.request.resource_type
        wrong = status >= 500 if kind == "document" else status >= 400 and status != 422
        if wrong and status not in self.expected:
            self.problems.append(f"{status} for {response.request.method} {_short(response.url)} ({kind})")


def _short(url: str) -> str:
    return re.sub(r"^https?://[^/]+", "", url)[:120]
