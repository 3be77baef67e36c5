"""Contracts whose holders have asked online for their end: staff prepare it and say so; nobody can turn it down."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select

from mypage.contracts.models import Contract
from mypage.db.session import Tx
from mypage.lib.errors import NotFound
from mypage.staff.queue.means import Act, Deciding, Kind, Line, Means, Subject
from mypage.terminations.arranging import arrange
from mypage.terminations.days import day_text
from mypage.terminations.forms import label_of
from mypage.terminations.models import EndingRow
from mypage.terminations.telling import thing_text
from mypage.work.models import WorkItem


def _complete(tx: Tx, deciding: Deciding) -> None:
    means = deciding.means
    arrange(tx, means.operator, deciding.item.subject_id, by=str(means.by))


ARRANGED = Act(
    name="complete",
    label="All is arranged",
    sure="Everything for the end of “%(what)s” of %(customer)s is arranged. The contract ends by itself on its day.",
    said="Completed. The contract ends on its day.",
    carry=_complete,
)
ENDED = Act(
    name="complete",
    label="End the contract now",
    sure="The day is here: “%(what)s” of %(customer)s ends at once with all its options, and the login stops.",
    said="Completed. The contract has ended.",
    carry=_complete,
)


def _title(stored: str, means: Means) -> str:
    day, _, number = stored.partition(" ")
    return means.t("End of contract %(number)s on %(day)s", number=number, day=_day(day, means))


def _day(text: str, means: Means) -> str:
    try:
        return day_text(date.fromisoformat(text), means.t.locale)
    except ValueError:
        return text


def _subject(tx: Tx, item: WorkItem, means: Means) -> Subject:
    found = tx.execute(
        select(EndingRow, Contract.number, Contract.name)
        .join(Contract, (Contract.tenant_id == EndingRow.tenant_id) & (Contract.id == EndingRow.contract_id))
        .where(EndingRow.tenant_id == tx.tenant, EndingRow.id == item.subject_id)
    ).one_or_none()
    if found is None:
        raise NotFound
    row: EndingRow = found.EndingRow
    due = row.wanted_on <= tx.today()
    return Subject(
        what=_title(item.title, means),
        lines=(
            Line(label="Contract", value=f"{found.number} {means.words(found.name)}".strip()),
            Line(label="Day of the end", value=day_text(row.wanted_on, means.t.locale)),
            Line(label="What ends", value=", ".join(thing_text(means.words, *thing) for thing in row.ends) or "–"),
            *_entered(row, means),
            *((Line(label="Shown as charged (yen)", value=row.fee["total"]),) if "total" in row.fee else ()),
            Line(label="Asked for by", value=row.placed_login or "–"),
            Line(label="Accepted at", value=row.accepted_at),
        ),
        acts=() if row.state != "accepted" else (ENDED,) if due else (ARRANGED,),
        hint="The customer cannot take this back, and it cannot be declined.",
    )


def _entered(row: EndingRow, means: Means) -> tuple[Line, ...]:
    rules = means.operator.termination
    if rules is None:
        return ()
    return tuple(
        Line(label=means.words(field.label), value=text)
        for field in rules.fields
        if field.kind != "date" and (text := means.words(label_of(rules, field, row.answers, means.t.locale)))
    )


ENDINGS = Kind(label="End of a contract", title=_title, subject=_subject)
