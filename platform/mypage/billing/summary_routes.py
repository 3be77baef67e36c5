"""The one page of a small portal (USEN-32 to USEN-41)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from mypage.billing.cards import Card, current_card
from mypage.billing.summary_pages import OutLine, PayLine, ProgressStep, ServiceLine, SummaryPage
from mypage.billing.views import card_can_change, card_fact
from mypage.contracts.pages import Fact
from mypage.contracts.service import ContractItem, Progress, ServiceItem, list_contracts
from mypage.hooks.permissions import SUMMARY_READ
from mypage.hooks.summary import CardLine, LinkLine, Summary
from mypage.lib.errors import NotFound
from mypage.lib.tokens import new_token
from mypage.web.replies import Reply, Show
from mypage.web.request import PortalRequest
from mypage.web.routing import get


@get("/summary", name="summary", permission=SUMMARY_READ, capability="summary")
def summary(rq: PortalRequest) -> Reply:
    """Who, the services with their progress or their facts, how one pays, and the ways out."""
    words = rq.operator.summary
    if words is None:
        raise NotFound
    contracts, card = list_contracts(rq.tx, rq.principal).contracts, current_card(rq.tx, rq.principal)
    honorific = rq.t(rq.operator.portal.honorific) if rq.locale == "ja" else ""
    return Show(
        SummaryPage(
            title=words.title,
            over=words.over,
            name=f"{rq.principal.name} {honorific}".strip(),
            number_label=rq.operator.portal.customer_number_label,
            number=rq.principal.customer_number,
            number_note=words.number_note,
            services_title=words.services_title,
            empty_text=words.none,
            before=words.before,
            after=words.after,
            progress_label=words.progress_label,
            no_progress=words.no_progress,
            started_label=words.started_label,
            bundle_label=words.bundle_label,
            lines=tuple(line for item in contracts for line in _lines(words, item, rq.today)),
            rows_title=words.rows_title,
            rows=tuple(_row(rq, row, card) for row in words.rows),
            ways=words.links,
        )
    )


def _lines(words: Summary, item: ContractItem, today: date) -> list[ServiceLine]:
    """The services of a contract that have not ended. What is said of the contract stands at the first of them."""
    living = [each for each in item.services if each.state != "terminated"] if item.state != "terminated" else []
    return [_line(words, item, service, today, first=place == 0) for place, service in enumerate(living)]


def _line(words: Summary, item: ContractItem, service: ServiceItem, today: date, *, first: bool) -> ServiceLine:
    started = service.started(today)
    known = [(words.number_label, item.number), (words.place_label, item.place), *(item.details if first else ())]
    return ServiceLine(
        name=service.name,
        started=started,
        since=service.started_on,
        progress=() if started else _progress(words, service.progress),
        facts=tuple(Fact(label, value) for label, value in known if label and value) if started else (),
        bundles=tuple(each.name for each in words.bundles if first and item.plan in each.plans),
    )


def _progress(words: Summary, stated: Mapping[str, Progress]) -> tuple[ProgressStep, ...]:
    """All steps in the operator's order: the first that is not done is going on. None where nothing is stated."""
    if not stated:
        return ()
    nothing = Progress(None, None, "")
    known = [stated.get(step.code, nothing) for step in words.steps]
    now = next((place for place, each in enumerate(known) if each.done_on is None), len(known))
    return tuple(
        ProgressStep(
            step.label,
            "done" if each.done_on else "now" if place == now else "todo",
            each.done_on,
            None if each.done_on else each.planned_on,
            each.note,
        )
        for place, (step, each) in enumerate(zip(words.steps, known, strict=True))
    )


def _row(rq: PortalRequest, row: CardLine | LinkLine, card: Card | None) -> PayLine | OutLine:
    if isinstance(row, CardLine):
        return PayLine(
            label=row.label,
            value=row.value,
            card=card_fact(rq, card),
            button=row.button if card_can_change(rq) else "",
            start_url=rq.href("card-start"),
            back_url=rq.href("summary"),
            operation_id=new_token(),
        )
    guide, guide_url = row.guide or ("", "")
    return OutLine(
        label=row.label, value=row.value, link=row.link, url=row.url, note=row.note, guide=guide, guide_url=guide_url
    )
