"""The list of the trail, one entry, and the trail as a file."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from mypage.audit.trail import record
from mypage.db.keys import Vault
from mypage.db.session import Tx
from mypage.db.streaming import Sink, stream
from mypage.forms.form import PortalForm
from mypage.lib.clock import tokyo_day
from mypage.staff.customers.events import Cursor
from mypage.staff.customers.telling import tell
from mypage.staff.permissions import TRAIL_READ
from mypage.staff.trail import export
from mypage.staff.trail.filters import NAMES, Filters, filter_form, filters_of
from mypage.staff.trail.pages import Change, Seals, TrailEntryPage, TrailPage, TrailRow
from mypage.staff.trail.service import Entry, find_entry, list_entries, state_of
from mypage.web.replies import Download, Reply, Show
from mypage.web.request import PortalRequest
from mypage.web.routing import desk_get, desk_post


@desk_get("/trail", name="trail", permission=TRAIL_READ)
def trail(rq: PortalRequest) -> Reply:
    """The entries that fit, newest first."""
    form = filter_form(rq.tx, rq.query, rq.today, rq.t)
    filters = filters_of(rq.tx, form)
    return _list(rq, rq.tx, form, filters)


@desk_get("/trail/{entry_id:uuid}", name="trail-entry", permission=TRAIL_READ)
def trail_entry(rq: PortalRequest) -> Reply:
    """One entry, and whether it still says what was sealed."""
    entry, proof = find_entry(rq.tx, rq.ports.get(Vault), rq.uuid_param("entry_id"))
    acted = entry.acted
    facts = (
        (rq.t("Action"), acted.action),
        (rq.t("Actor"), " ".join(part for part in (acted.actor_kind, acted.actor) if part)),
        (rq.t("Seen as"), acted.as_whom),
        (rq.t("Thing"), f"{acted.object_type} {acted.object_id}"),
        (rq.t("Request"), entry.request_id),
        (rq.t("Entry"), str(acted.place.id)),
    )
    page = TrailEntryPage(
        event=tell(rq, rq.tx, (acted,))[0],
        facts=tuple((label, value) for label, value in facts if value),
        changes=tuple(_changes(acted.before, acted.after)),
        seal=proof.state,
        seq=proof.seq,
        sealed_at=proof.sealed_at,
        back_url=rq.href("trail"),
        customer=_customer(entry),
        customer_url=_customer_url(rq, entry),
    )
    return Show(page)


@desk_post("/trail/export", name="trail-export", permission=TRAIL_READ)
async def trail_export(rq: PortalRequest) -> Reply:
    """What fits as a file, the oldest first. That it was taken stands in the trail itself."""
    kind: export.Format = "jsonl" if rq.form.get("format") == "jsonl" else "csv"
    query = {name: rq.form.get(name, "")[:200] for name in NAMES if name in rq.form}

    def begin(tx: Tx) -> Filters | Reply:
        form = filter_form(tx, query, rq.today, rq.t)
        filters = filters_of(tx, form)
        if filters is None:
            return _list(rq, tx, form, None)
        record(tx, "trail.exported", "trail", "trail.exported", after=query | {"format": kind})
        return filters

    filters = await rq.run_at_desk(begin)
    if not isinstance(filters, Filters):
        return filters

    def work(tx: Tx, sink: Sink) -> None:
        export.copy_trail(tx, filters, kind, sink)

    content = await stream(
        rq.database,
        rq.desk.tenant.name,
        work,
        head=export.head(rq.t, kind),
        actor=rq.actor,
        request_id=rq.request_id,
    )
    days = f"{tokyo_day(filters.since):%Y%m%d}-{tokyo_day(filters.until):%Y%m%d}"
    return Download(content, export.media_type(kind), f"{rq.t('Trail')}_{rq.desk.tenant.name}_{days}.{kind}")


def _list(rq: PortalRequest, tx: Tx, form: PortalForm, filters: Filters | None) -> Reply:
    typed = {name: rq.query.get(name) or None for name in NAMES}
    link = partial(rq.href, "trail", **typed)
    state = state_of(tx)
    before = Cursor.parse(rq.query.get("before", ""))
    found = list_entries(tx, filters, before=before) if filters is not None else None
    page = TrailPage(
        form=form,
        list_url=rq.href("trail"),
        rows=tuple(_rows(rq, tx, found.entries)) if found else None,
        seals=Seals(count=state.head.seq, upto=state.head.high, verified_at=state.verified_at, wrong=state.wrong),
        export_url=rq.href("trail-export"),
        sent=tuple((name, form.text(name)) for name in NAMES),
        first_url=link() if before is not None else "",
        older_url=link(before=str(found.older)) if found and found.older else "",
    )
    return Show(page, 200 if filters is not None else 422)


def _rows(rq: PortalRequest, tx: Tx, entries: tuple[Entry, ...]) -> Iterator[TrailRow]:
    for entry, event in zip(entries, tell(rq, tx, (entry.acted for entry in entries)), strict=True):
        yield TrailRow(
            event=event,
            action=entry.acted.action,
            url=rq.href("trail-entry", entry_id=entry.acted.place.id),
            customer=_customer(entry),
            customer_url=_customer_url(rq, entry),
        )


def _customer(entry: Entry) -> str:
    return f"{entry.name} {entry.number}".strip()


def _customer_url(rq: PortalRequest, entry: Entry) -> str:
    return rq.href("customer", customer_id=entry.customer_id) if entry.customer_id and entry.number else ""


def _changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    for key in (*before, *(key for key in after if key not in before)):
        yield Change(
            key=key,
            before=_value(before[key]) if key in before else None,
            after=_value(after[key]) if key in after else None,
        )


def _value(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
