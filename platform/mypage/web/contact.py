"""Whom to ask about what: what the page and the dialog show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from mypage.hooks.summary import ContactPoints
from mypage.i18n import Translator
from mypage.web.frame import Ask, AskTopic
from mypage.web.page import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactPage(Page):
    """Whom to ask about what, as a page of its own."""

    template: ClassVar[str] = "public/contact.html"

    title: str
    ask: Ask
    back: str
    back_url: str


def contact_of(points: ContactPoints, t: Translator, *, url: str, number: str) -> Ask:
    """The topics in the reader's language, with the customer number where the operator names it."""
    return Ask(
        title=t(points.title),
        url=url,
        lead=t(points.lead) if points.lead else "",
        number_note=t(points.number_note, number=number) if points.number_note else "",
        topics=tuple(
            AskTopic(
                label=t(topic.label),
                phone=topic.phone,
                tel_url="tel:" + topic.phone.replace("-", ""),
                url=topic.url,
                link=t(topic.link) if topic.link else "",
                note=t(topic.note) if topic.note else "",
            )
            for topic in points.topics
        ),
    )
