"""Links to other hosts are verified TLS, or plain by a written decision; never plain by accident (ASVS 12.3.2)."""

from __future__ import annotations

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from mypage.lib.hosts import is_local

VERIFIED = frozenset({"verify-full", "verify-ca"})
PLAIN_ON_PURPOSE = "disable"


class UnprotectedLinkError(ValueError):
    """A link to another host that nobody decided about; the message says how to decide."""


def check_database_link(variable: str, url: str) -> None:
    """Demand that the URL of a database elsewhere says how the link is protected. Raises UnprotectedLinkError."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise UnprotectedLinkError(f"{variable} is not a URL; give postgresql+psycopg://role@host/database") from None
    # Who names an address as well goes there, whatever the host is called.
    places = (parsed.query.get("host", parsed.host or ""), parsed.query.get("hostaddr", ()))
    hosts = [host for given in places for host in ((given,) if isinstance(given, str) else given)]
    remote = [host for entry in hosts for host in entry.split(",") if not is_local(_without_port(host))]
    mode = parsed.query.get("sslmode", "")
    if remote and mode not in VERIFIED | {PLAIN_ON_PURPOSE}:
        raise UnprotectedLinkError(
            f"{variable}: sslmode of the link to {remote[0]} is {mode or 'not given'}; "
            "add sslmode=verify-full, or sslmode=disable where the network itself protects it"
        )


def _without_port(entry: str) -> str:
    return entry.partition(":")[0] if entry.count(":") == 1 else entry


def wants_mail_tls(host: str, given: str) -> bool:
    """What MYPAGE_SMTP_TLS means: 1, 0, or nothing for a mail server on this machine. Raises UnprotectedLinkError."""
    if given not in ("", "0", "1"):
        raise UnprotectedLinkError(f"MYPAGE_SMTP_TLS={given!r}: give 1 or 0")
    if not given and not is_local(host):
        raise UnprotectedLinkError(
            f"MYPAGE_SMTP_TLS is not set for {host}; set it to 1, or to 0 where the network itself protects the link"
        )
    return given == "1"
