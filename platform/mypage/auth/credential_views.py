"""The pages of changing one's own login ID and password, made of what there is and what the operator says."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mypage.auth.account_pages import Change, CredentialsConfirmPage, CredentialsDonePage, CredentialsPage
from mypage.auth.credential_entry import rules_of_change
from mypage.auth.credentials import Earlier
from mypage.auth.passwords import MASK
from mypage.auth.routes_base import rules_of, rules_url
from mypage.forms.drafts import DraftContent
from mypage.forms.form import PortalForm
from mypage.web.request import PortalRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSecret:
    """What a draft keeps sealed: the hash, the first characters to be shown, and for a line the password itself."""

    hash: str
    echo: str = ""
    plain: str = field(default="", repr=False)

    def pack(self) -> bytes:
        """For the draft, which seals it."""
        return json.dumps([self.hash, self.echo, self.plain]).encode()


def secret_of(draft: DraftContent) -> NewSecret | None:
    """The new password of a draft; None when only the login ID is to change."""
    if draft.secret is None:
        return None
    password_hash, echo, plain = json.loads(draft.secret)
    return NewSecret(hash=password_hash, echo=echo, plain=plain)


def input_page(rq: PortalRequest, before: Earlier, form: PortalForm, *, wait: str = "") -> CredentialsPage:
    """The first page; `wait` stands in place of the form while nothing can be changed."""
    rules, scheme = rules_of_change(rq), rq.principal.scheme
    gated = rq.signed_in is not None and rq.signed_in.gate is not None
    return CredentialsPage(
        words=rules,
        form=form,
        login_id=before.login_id,
        current="current" if rules.present else "",
        new_login=("login",) if rules.login else (),
        new_password=("password", "password_again") if rules.password else (),
        action_url=rq.href("credentials"),
        back_url="" if gated else rq.href("home"),
        rules=rules_of(rq, scheme) if rules.password else (),
        rules_url=rules_url(rq, scheme),
        factors_url="" if gated or rq.tenant.second_factor == "off" else rq.href("factors"),
        must_change=before.must_change,
        wait=wait,
    )


def confirm_page(rq: PortalRequest, before: Earlier, draft: DraftContent) -> CredentialsConfirmPage:
    """Before and after, the password masked or not shown at all."""
    rules = rules_of_change(rq)
    changes = []
    if rules.login:
        changes.append(Change(rules.login_label or "Login ID", before.login_id, draft.data["login_id"] or ""))
    if rules.password and not rules.unseen:
        label = rules.password_label or rq.operator.schemes[rq.principal.scheme].secret
        secret = secret_of(draft)
        changes.append(Change(label, MASK, secret.echo + MASK if secret else ""))
    kept = ((rules.id_label or "Login ID", before.login_id),) if not rules.login else ()
    return CredentialsConfirmPage(
        words=rules,
        changes=tuple(changes),
        action_url=rq.href("credentials-confirm"),
        back_url=rq.href("credentials", edit=draft.id),
        hidden=(("operation", str(draft.id)), ("_back", rq.href("credentials-confirm", draft=draft.id))),
        plain=(*kept, *((row.label, row.after) for row in changes if row.after)) if rules.plain else (),
    )


def done_page(rq: PortalRequest, done: Mapping[str, Any]) -> CredentialsDonePage:
    """The change is made; `done` is what the wizard remembers of it."""
    return CredentialsDonePage(
        words=rules_of_change(rq), login_id=done["login_id"], home_url=rq.href("home"), email=done["email"]
    )
