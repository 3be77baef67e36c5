"""Words of the contract pages, the notices and the mails."""

from __future__ import annotations

from dataclasses import dataclass

from mypage.hooks.markers import hookspec


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractView:
    """The title of the contract page."""

    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeView:
    """The words of the notices: title, a sentence below it, and what stands there when there is none."""

    title: str
    lead: str = ""
    empty: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailText:
    """An operator's own words for a mail; what is empty stays the core's.

    `%(company)s` and `%(portal)s` are filled in.
    """

    name: str
    subject: str = ""
    opening: tuple[str, ...] = ()


class PagesSpec:
    """Hooks about contracts, notices and mails."""

    @hookspec(firstresult=True)
    def contract_view_policy(self) -> ContractView:
        """The words of the contract page."""

    @hookspec(firstresult=True)
    def notice_view_policy(self) -> NoticeView:
        """The words of the notices."""

    @hookspec
    def mail_text_items(self) -> list[MailText]:
        """Own words for mails of the core, by the mail's name."""
