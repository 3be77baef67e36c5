"""Looking for a customer. What is typed goes in the body of a post and never stands in an address (ASVS 14.2.1)."""

from __future__ import annotations

import uuid
from datetime import timedelta

from mypage.db.keys import Vault
from mypage.db.session import Tx
from mypage.forms.drafts import draft_id_of, load_draft, save_draft
from mypage.forms.form import PortalForm
from mypage.staff.permissions import DESK
from mypage.staff.search.errors import TooManySearches
from mypage.staff.search.forms import search_form
from mypage.staff.search.pages import SearchPage, match_row
from mypage.staff.search.probes import guess
from mypage.staff.search.service import Found, admit_search, find_customers, note_refusal, note_search
from mypage.web.replies import Go, Reply, Show
from mypage.web.request import PortalRequest
from mypage.web.routing import desk_get, desk_post

LIFE = timedelta(minutes=30)
"""How long the address of a search shows it again: Back and reloading work, without another line in the trail."""


@desk_get("/search", name="search", permission=DESK)
def search(rq: PortalRequest) -> Reply:
    """The empty box, or what a search found."""
    search_id = rq.query.get("s", "")
    if not search_id:
        return Show(_page(rq, search_form(None, t=rq.t)))
    typed = _typed(rq, rq.tx, search_id)
    if typed is None:
        return Show(_page(rq, search_form(None, t=rq.t), over=True))
    return Show(_page(rq, search_form(None, t=rq.t, typed=typed), find_customers(rq.tx, typed)))


@desk_post("/search", name="search", permission=DESK)
def search_post(rq: PortalRequest) -> Reply:
    """Look for it, keep in the trail that it was done, and show it at an address that says nothing about anybody."""
    form = search_form(rq.form, t=rq.t)
    if not form.validate():
        return Show(_page(rq, form), status=422)
    typed = form.text("q")
    if not guess(typed):
        form.add_error("q", rq.t("Please type a number, a name, a telephone number or a mail address."))
        return Show(_page(rq, form), status=422)
    try:
        admit_search(rq.tx)
    except TooManySearches as error:
        if not error.noted:
            note_refusal(rq.tx)
        form.add_error("q", rq.t("You have searched very often in this hour. Please go on later, or ask a manager."))
        return Show(_page(rq, form), status=429)
    note_search(rq.tx, typed, find_customers(rq.tx, typed), key=rq.key)
    return Go("search", {"s": _keep(rq, rq.tx, typed)})


def _keep(rq: PortalRequest, tx: Tx, typed: str) -> uuid.UUID:
    """A wizard of its own for each, so that Back still finds the search before."""
    search_id = uuid.uuid4()
    save_draft(
        tx,
        rq.ports.get(Vault),
        owner=rq.owner,
        wizard=_wizard(search_id),
        data={},
        secret=typed.encode(),
        life=LIFE,
        draft_id=search_id,
    )
    return search_id


def _typed(rq: PortalRequest, tx: Tx, text: str) -> str | None:
    search_id = draft_id_of(text)
    if search_id is None:
        return None
    kept = load_draft(tx, rq.ports.get(Vault), owner=rq.owner, wizard=_wizard(search_id), draft_id=search_id)
    return kept.secret.decode() if kept is not None and kept.secret is not None else None


def _wizard(search_id: uuid.UUID) -> str:
    return f"search {search_id}"


def _page(rq: PortalRequest, form: PortalForm, found: Found | None = None, *, over: bool = False) -> SearchPage:
    label = rq.desk.operator.portal.customer_number_label
    return SearchPage(
        form=form,
        number_label=rq.desk.operator.catalogues[rq.locale](label),
        rows=tuple(match_row(rq, each) for each in found.matches) if found is not None else None,
        more=found is not None and found.more,
        over=over,
    )
