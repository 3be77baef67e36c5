"""Domain errors → what a browser sees. The one place where an error gets a status."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from mypage.lib.errors import (
    AccountClosed,
    Busy,
    DomainError,
    Missing,
    NotAllowed,
    NotFound,
    OnlyViewing,
    StaleForm,
    TooManyAtOnce,
    ViewOver,
)
from mypage.web.pages import ErrorKind, ErrorPage

KINDS: dict[int, ErrorKind] = {
    400: "bad-request",
    403: "forbidden",
    404: "not-found",
    405: "method",
    413: "too-large",
    419: "stale",
    429: "too-many",
    500: "broken",
    503: "maintenance",
}


_OPENS_AGAIN = ("stale", "busy", "at-once", "maintenance", "broken")


@dataclass(frozen=True, slots=True)
class ErrorReply:
    """A status, when to try again, and the page's kind when the status alone does not say it.

    `refusal` is the operator's own sentence about what it does not permit.
    """

    status: int
    retry_after: int = 0
    kind: ErrorKind | None = None
    refusal: str = ""

    def page(self, *, back_url: str = "", reference: str = "") -> ErrorPage:
        """The page to show; `reference` is the request's id, which support finds in the log."""
        kind = self.kind or KINDS.get(self.status, "broken" if self.status >= 500 else "bad-request")
        return ErrorPage(
            code=self.status,
            kind=kind,
            back_url=back_url if kind in _OPENS_AGAIN else "",
            reference=reference if self.status >= 500 else "",
            wait_minutes=ceil(self.retry_after / 60) if kind == "too-many" else 0,
            refusal=self.refusal,
        )


def error_reply(error: DomainError) -> ErrorReply:
    """The answer to a domain error. An unknown one is a mistake of ours: 500."""
    match error:
        case NotFound():
            return ErrorReply(404)
        case NotAllowed():
            return ErrorReply(403)
        case AccountClosed():
            return ErrorReply(403, kind="closed")
        case OnlyViewing():
            return ErrorReply(403, kind="viewing")
        case ViewOver():
            return ErrorReply(410, kind="view-over")
        case StaleForm():
            return ErrorReply(409, kind="stale")
        case TooManyAtOnce():
            return ErrorReply(429, error.retry_after, kind="at-once")
        case Busy():
            return ErrorReply(503, error.retry_after, kind="busy")
        case Missing():
            return ErrorReply(503, 60)
    return ErrorReply(500)
