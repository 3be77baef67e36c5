"""What can be wrong with a mail."""

from __future__ import annotations


class BadMail(ValueError):
    """The mail as it stands can never be sent: a header with a line break, a foreign link, a value of a wrong kind."""
