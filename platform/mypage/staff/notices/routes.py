"""Notices to customers: the list, writing, a sample in the portal's look, publishing, taking back."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from mypage.forms.drafts import draft_id_of
from mypage.forms.form import PortalForm
from mypage.forms.wizard import once
from mypage.lib.clock import TOKYO
from mypage.lib.errors import NotFound
from mypage.notices.models import Notice
from mypage.notices.writing import (
    BeingMailed,
    ChangedMeanwhile,
    NotEditable,
    change,
    find_written,
    publish,
    take_back,
    write,
)
from mypage.staff.approvals.wizard import operation_of
from mypage.staff.looks import PortalLooks
from mypage.staff.notices.forms import BODY_LIMIT, notice_form, read_notice, values_of, with_file
from mypage.staff.notices.pages import NoticeFormPage
from mypage.staff.notices.views import listed_numbers, one_page, sample_of, written_page
from mypage.staff.permissions import NOTICE_WRITE
from mypage.web.replies import Download, Go, Reply, Show
from mypage.web.request import PortalRequest
from mypage.web.routing import desk_get, desk_post

WIZARD = "desk-notice"
_CHANGED = "Somebody else has changed this notice meanwhile. Nothing was saved; please open it anew."
_MAILED = (
    "This notice is being sent by mail. Nothing was saved; it can be changed again when all mails are on their way."
)


@desk_get("/notices", name="notices", permission=NOTICE_WRITE)
def notices(rq: PortalRequest) -> Reply:
    """The notices with their state and how many have read them."""
    return Show(written_page(rq))


@desk_get("/notices/new", name="notices-new", permission=NOTICE_WRITE)
def notice_new(rq: PortalRequest) -> Reply:
    """An empty form."""
    starts = rq.clock.now().astimezone(TOKYO).strftime("%Y-%m-%dT%H:%M")
    form = _form(rq, values={"starts": starts, "audience": "all", "importance": "normal"})
    return Show(_form_page(rq, form, None))


@desk_post("/notices/new", name="notices-new", permission=NOTICE_WRITE, limit=BODY_LIMIT, files=True)
def notice_new_post(rq: PortalRequest) -> Reply:
    """Keep it as a draft, once."""
    form = _form(rq, with_file(rq.form))
    text = read_notice(rq.tx, rq.t, form)
    if text is None:
        return Show(_form_page(rq, form, None), status=422)
    by = rq.principal.account_id

    def effect() -> Mapping[str, Any]:
        return {"notice": str(write(rq.tx, text, by=by).id)}

    done = once(rq.tx, operation_of(rq), owner=rq.owner, wizard=WIZARD, effect=effect)
    return Go("notices-one", {"notice_id": done.result["notice"]})


@desk_get("/notices/{notice_id:uuid}", name="notices-one", permission=NOTICE_WRITE)
def notice_one(rq: PortalRequest) -> Reply:
    """One notice and all that can be done with it."""
    return Show(one_page(rq, rq.tx, find_written(rq.tx, rq.uuid_param("notice_id"))))


@desk_get("/notices/{notice_id:uuid}/preview", name="notices-preview", permission=NOTICE_WRITE)
def notice_preview(rq: PortalRequest) -> Reply:
    """The notice in the look of the portal, in the language that the address asks for."""
    row = find_written(rq.tx, rq.uuid_param("notice_id"))
    locale = "en" if rq.query.get("language") == "en" else "ja"
    back = rq.href("notices-one", notice_id=row.id)
    page = sample_of(rq, row, locale, back)
    html = rq.ports.get(PortalLooks).render(
        rq,
        page,
        locale=locale,
        back=back,
        here=lambda code: rq.href("notices-preview", notice_id=row.id, language=code),
    )
    return Download(html.encode(), "text/html; charset=utf-8")


@desk_get("/look/{tenant:str}/{file:str}", name="look", permission=NOTICE_WRITE)
def look(rq: PortalRequest) -> Reply:
    """A file of the theme of the portal that is worked for, for samples; the browser may keep it for minutes."""
    tenant, looks = rq.desk.tenant, rq.ports.get(PortalLooks)
    # The address names the portal, so that no other one's file is taken from the browser's memory.
    found = looks.file(tenant, str(rq.params["file"])) if rq.params["tenant"] == tenant.name else None
    if found is None:
        raise NotFound
    return Download(found.content, found.media_type, cache_seconds=300)


@desk_get("/notices/{notice_id:uuid}/edit", name="notices-edit", permission=NOTICE_WRITE)
def notice_edit(rq: PortalRequest) -> Reply:
    """The form with what it says now."""
    row = find_written(rq.tx, rq.uuid_param("notice_id"))
    if row.written_by is None or row.state == "withdrawn":
        raise NotFound
    return Show(_form_page(rq, _form(rq, values=values_of(row, listed_numbers(rq.tx, row.id))), row))


@desk_post("/notices/{notice_id:uuid}/edit", name="notices-edit", permission=NOTICE_WRITE, limit=BODY_LIMIT, files=True)
def notice_edit_post(rq: PortalRequest) -> Reply:
    """Change it, unless somebody else has meanwhile."""
    row = find_written(rq.tx, rq.uuid_param("notice_id"))
    form = _form(rq, with_file(rq.form))
    text = read_notice(rq.tx, rq.t, form)
    if text is None:
        return Show(_form_page(rq, form, row), status=422)
    try:
        change(rq.tx, row.id, text, seen=_instant(rq.form.get("seen", "")))
    except ChangedMeanwhile:
        form.add_error(None, rq.t(_CHANGED))
        return Show(_form_page(rq, form, row), status=409)
    except BeingMailed:
        form.add_error(None, rq.t(_MAILED))
        return Show(_form_page(rq, form, row), status=409)
    except NotEditable as error:
        raise NotFound from error
    rq.flash("ok", rq.t("The notice was saved."))
    return Go("notices-one", {"notice_id": row.id})


@desk_post("/notices/{notice_id:uuid}/publish", name="notices-publish", permission=NOTICE_WRITE)
def notice_publish(rq: PortalRequest) -> Reply:
    """Show it to its customers from its day on."""
    try:
        row = publish(rq.tx, rq.uuid_param("notice_id"))
    except NotEditable as error:
        raise NotFound from error
    rq.flash("ok", rq.t("The notice is published."))
    return Go("notices-one", {"notice_id": row.id})


@desk_post("/notices/{notice_id:uuid}/withdraw", name="notices-withdraw", permission=NOTICE_WRITE)
def notice_withdraw(rq: PortalRequest) -> Reply:
    """Show it to nobody any more."""
    row = take_back(rq.tx, rq.uuid_param("notice_id"))
    rq.flash("ok", rq.t("The notice was taken back. Nobody sees it any more."))
    return Go("notices-one", {"notice_id": row.id})


def _form(rq: PortalRequest, data: Any = None, values: Mapping[str, Any] | None = None) -> PortalForm:
    operator = rq.desk.operator
    return notice_form(rq.t, operator.catalogues[rq.locale], operator.products, data, values)


def _form_page(rq: PortalRequest, form: PortalForm, row: Notice | None) -> NoticeFormPage:
    if row is None:
        action, back = rq.href("notices-new"), rq.href("notices")
    else:
        action, back = rq.href("notices-edit", notice_id=row.id), rq.href("notices-one", notice_id=row.id)
    seen = rq.form.get("seen") or (row.updated_at.isoformat() if row else "")
    return NoticeFormPage(
        new=row is None,
        live=row is not None and row.state == "published",
        form=form,
        operation=str(draft_id_of(rq.form.get("operation", "")) or uuid.uuid4()),
        seen=seen,
        action_url=action,
        back_url=back,
    )


def _instant(text: str) -> datetime:
    """The instant that a form carries; one that fits no notice when it is none."""
    try:
        found = datetime.fromisoformat(text[:40])
    except ValueError:
        return datetime(1900, 1, 1, tzinfo=TOKYO)
    return found if found.tzinfo else found.replace(tzinfo=TOKYO)
