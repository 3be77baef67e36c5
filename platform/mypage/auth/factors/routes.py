"""The holder's second factors: the list, one of them, and recovery codes. All of it after the password was given."""

from __future__ import annotations

import json
from collections.abc import Sequence

from mypage.auth.factors import service
from mypage.auth.factors.forms import name_form
from mypage.auth.factors.pages import FactorCodesPage, FactorPage, FactorRow, FactorsPage
from mypage.auth.factors.recovery_codes import codes_left
from mypage.auth.factors.routes_base import holder_of, keys_of, manageable, name_of
from mypage.db.keys import Vault
from mypage.forms.drafts import DraftContent, drop_draft, load_draft, save_draft
from mypage.forms.form import PortalForm
from mypage.hooks.permissions import SIGNED_IN
from mypage.lib.clock import tokyo_day
from mypage.lib.errors import NotFound
from mypage.web.replies import Download, Go, Reply, Show
from mypage.web.request import PortalRequest
from mypage.web.routing import get, post

CODES = "factor-codes"


@get("/factors", name="factors", permission=SIGNED_IN, reauth=True)
def factors_page(rq: PortalRequest) -> Reply:
    """Every factor of the account, and what can be added."""
    manageable(rq)
    account = rq.principal.account_id
    found = service.factors_of(rq.tx, account)
    gated = rq.signed_in is not None and rq.signed_in.gate is not None
    page = FactorsPage(
        factors=tuple(
            FactorRow(
                kind=each.kind,
                name=each.name,
                added_at=each.created_at,
                used_at=each.used_at,
                url=rq.href("factors-one", factor_id=each.id),
            )
            for each in found
        ),
        codes_left=codes_left(rq.tx, account) if found else None,
        app_url=rq.href("factors-app-start"),
        passkey_url=rq.href("factors-passkey-start"),
        codes_url=rq.href("factors-codes-new"),
        back_url="" if gated else rq.href("sessions"),
        full=len(found) >= service.MOST,
        demanded=rq.tenant.second_factor == "required",
    )
    return Show(page)


@get("/factors/{factor_id:uuid}", name="factors-one", permission=SIGNED_IN, reauth=True)
def factor_page(rq: PortalRequest) -> Reply:
    """One factor: renaming and removing it."""
    return _one(rq, None)


@post("/factors/{factor_id:uuid}/rename", name="factors-rename", permission=SIGNED_IN, reauth=True)
def factor_rename(rq: PortalRequest) -> Reply:
    """Give a factor another name."""
    manageable(rq)
    form = name_form(rq.form, t=rq.t)
    if not form.validate():
        return _one(rq, form)
    service.rename(rq.tx, rq.principal.account_id, rq.uuid_param("factor_id"), form.text("name"))
    rq.flash("ok", rq.t("The name is changed."))
    return Go("factors")


@post("/factors/{factor_id:uuid}/remove", name="factors-remove", permission=SIGNED_IN, reauth=True)
def factor_remove(rq: PortalRequest) -> Reply:
    """Remove a factor; all other sessions end."""
    manageable(rq)
    keep = rq.tenant.second_factor == "required"
    if service.remove(rq.tx, keys_of(rq), holder_of(rq), rq.uuid_param("factor_id"), keep_one=keep):
        drop_draft(rq.tx, owner=rq.owner, wizard=CODES)
        rq.flash("ok", rq.t("It is removed and no longer used at login."))
    else:
        rq.flash("warn", rq.t("The last one cannot be removed here. Please add another one first."))
    return Go("factors")


@post("/factors/codes/new", name="factors-codes-new", permission=SIGNED_IN, reauth=True)
def codes_new(rq: PortalRequest) -> Reply:
    """New recovery codes; the earlier ones end at once."""
    manageable(rq)
    keep_codes(rq, service.renew_codes(rq.tx, keys_of(rq), holder_of(rq)), first=False)
    return Go("factors-codes")


@get("/factors/codes", name="factors-codes", permission=SIGNED_IN, reauth=True)
def codes_page(rq: PortalRequest) -> Reply:
    """The codes that were just made, until they are kept or ten minutes are over."""
    manageable(rq)
    draft = _codes(rq)
    if draft is None:
        return Go("factors")
    page = FactorCodesPage(
        codes=_read(draft),
        first=bool(draft.data["first"]),
        file_url=rq.href("factors-codes-file"),
        action_url=rq.href("factors-codes-kept"),
    )
    return Show(page)


@get("/factors/codes/file", name="factors-codes-file", permission=SIGNED_IN, reauth=True)
def codes_file(rq: PortalRequest) -> Reply:
    """The same codes as a text file."""
    manageable(rq)
    draft = _codes(rq)
    if draft is None:
        raise NotFound
    lines = (
        name_of(rq),
        rq.t("Recovery codes of %(day)s", day=tokyo_day(rq.clock.now()).isoformat()),
        rq.t("Each code is good for one login without your device. Keep them like a key."),
        "",
        *_read(draft),
    )
    # With the mark at its beginning every editor reads the file as UTF-8.
    content = ("\ufeff" + "\r\n".join(lines) + "\r\n").encode()
    return Download(content, "text/plain; charset=utf-8", rq.t("recovery-codes") + ".txt")


@post("/factors/codes/kept", name="factors-codes-kept", permission=SIGNED_IN, reauth=True)
def codes_kept(rq: PortalRequest) -> Reply:
    """The holder has the codes on paper: they are shown no more."""
    manageable(rq)
    drop_draft(rq.tx, owner=rq.owner, wizard=CODES)
    return Go("factors")


def keep_codes(rq: PortalRequest, codes: Sequence[str], *, first: bool) -> None:
    """Keep new codes, sealed, for the page that shows them."""
    secret = json.dumps(list(codes)).encode()
    save_draft(rq.tx, rq.ports.get(Vault), owner=rq.owner, wizard=CODES, data={"first": first}, secret=secret)


def _codes(rq: PortalRequest) -> DraftContent | None:
    return load_draft(rq.tx, rq.ports.get(Vault), owner=rq.owner, wizard=CODES)


def _read(draft: DraftContent) -> tuple[str, ...]:
    return tuple(json.loads(draft.secret or b"[]"))


def _one(rq: PortalRequest, form: PortalForm | None) -> Reply:
    manageable(rq)
    factor = service.factor_of(rq.tx, rq.principal.account_id, rq.uuid_param("factor_id"))
    last = len(service.factors_of(rq.tx, rq.principal.account_id)) == 1
    page = FactorPage(
        form=form if form is not None else name_form(None, t=rq.t, name=factor.name),
        kind=factor.kind,
        name=factor.name,
        added_at=factor.created_at,
        used_at=factor.used_at,
        last=last,
        kept=last and rq.tenant.second_factor == "required",
        rename_url=rq.href("factors-rename", factor_id=factor.id),
        remove_url=rq.href("factors-remove", factor_id=factor.id),
        back_url=rq.href("factors"),
    )
    return Show(page, 422 if form is not None else 200)
