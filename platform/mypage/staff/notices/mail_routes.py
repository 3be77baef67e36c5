"""Asking for a notice to go out by mail."""

from __future__ import annotations

import uuid

from mypage.db.session import Tx
from mypage.forms.drafts import draft_id_of
from mypage.forms.fields import PortalForm, TextAreaField
from mypage.forms.wizard import once
from mypage.lib.errors import NotFound
from mypage.notices.models import Notice
from mypage.notices.writing import find_written
from mypage.staff.approvals.errors import AlreadyWaiting, WorldChanged
from mypage.staff.approvals.service import LONGEST_REASON, propose
from mypage.staff.approvals.views import means_of
from mypage.staff.approvals.wizard import operation_of
from mypage.staff.notices.mails import KIND, describe, facts
from mypage.staff.notices.pages import MailCheckPage
from mypage.staff.permissions import PROPOSE
from mypage.web.replies import Go, Reply, Show
from mypage.web.request import PortalRequest
from mypage.web.routing import desk_get, desk_post

WIZARD = "desk-notice-mail"


@desk_get("/notices/{notice_id:uuid}/mail", name="notices-mail", permission=PROPOSE)
def notice_mail(rq: PortalRequest) -> Reply:
    """What would be sent to how many."""
    return Show(_page(rq, _sendable(rq, rq.tx), _form(rq)))


@desk_post("/notices/{notice_id:uuid}/mail", name="notices-mail", permission=PROPOSE)
def notice_mail_post(rq: PortalRequest) -> Reply:
    """Propose it; somebody else confirms."""
    row, form = find_written(rq.tx, rq.uuid_param("notice_id")), _form(rq, posted=True)
    if not form.validate():
        return Show(_page(rq, row, form), status=422)
    by, reason = rq.principal.account_id, form.text("reason")

    def effect() -> dict[str, str]:
        made = propose(
            rq.tx,
            kind=KIND,
            customer_id=None,
            payload={"notice_id": str(row.id)},
            summary=rq.t('Notice "%(title)s" by mail', title=row.title),
            reason=reason,
            by=by,
        )
        return {"approval": str(made.id)}

    try:
        done = once(rq.tx, operation_of(rq), owner=rq.owner, wizard=WIZARD, effect=effect)
    except AlreadyWaiting as waiting:
        return Show(_page(rq, row, form, waiting=waiting.approval_id), status=409)
    except WorldChanged:
        rq.flash("warn", rq.t("This notice cannot be sent by mail now."))
        return Go("notices-one", {"notice_id": row.id})
    rq.flash("ok", rq.t("Proposed. It is carried out when somebody else has confirmed it."))
    return Go("approval", {"approval_id": done.result["approval"]})


def _sendable(rq: PortalRequest, tx: Tx) -> Notice:
    row = find_written(tx, rq.uuid_param("notice_id"))
    try:
        facts(tx, {"notice_id": str(row.id)})
    except WorldChanged as error:
        raise NotFound from error
    return row


def _form(rq: PortalRequest, *, posted: bool = False) -> PortalForm:
    field = TextAreaField(
        "Reason",
        description="For who confirms it, and for the trail",
        max_length=LONGEST_REASON,
        render_kw={"rows": "3"},
    )
    return PortalForm({"reason": field}, rq.form if posted else None, t=rq.t)


def _page(rq: PortalRequest, row: Notice, form: PortalForm, waiting: uuid.UUID | None = None) -> MailCheckPage:
    return MailCheckPage(
        title=row.title,
        told=describe(rq.tx, means_of(rq), {"notice_id": str(row.id)}),
        form=form,
        operation=str(draft_id_of(rq.form.get("operation", "")) or uuid.uuid4()),
        waiting_url=rq.href("approval", approval_id=waiting) if waiting else "",
        action_url=rq.href("notices-mail", notice_id=row.id),
        back_url=rq.href("notices-one", notice_id=row.id),
    )
