"""Pages on which products are bought and ended: choose, check, done."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from mypage.db.keys import Vault
from mypage.forms.drafts import DraftContent, drop_draft, named_draft, save_draft
from mypage.forms.form import PortalForm
from mypage.forms.wizard import once, recall
from mypage.hooks.permissions import OPTION_READ
from mypage.hooks.products import Product, ProductPage
from mypage.lib.errors import NotFound, StaleForm
from mypage.orders.buying import Action, Wish, check, fulfil, situation
from mypage.orders.consents import Wording, wording
from mypage.orders.errors import AlreadyHeld, CannotBuy, NoConsent, NotHeld, PriceChanged
from mypage.orders.offers import Offer, offer_of, reach_page
from mypage.orders.order_views import confirm_page, done_page
from mypage.orders.seeing import Seen, see
from mypage.orders.views import choose_page, consent_form, mode_of
from mypage.web.replies import Go, Reply, Show
from mypage.web.request import PortalRequest
from mypage.web.routing import get, post

WIZARD = "option"
_NOT_NOW = {
    AlreadyHeld: "This has been bought already.",
    NotHeld: "This has ended already.",
    CannotBuy: "This is not possible any more. Please look at the page again.",
    NoConsent: "The terms have changed. Please read them again.",
}
"""What is said where things changed between two steps."""


@get("/options/{slug:str}", name="option", permission=OPTION_READ, capability="products")
def option(rq: PortalRequest) -> Reply:
    """The products of a page with what is held of each (UCOM-95, UCOM-102, UCOM-132)."""
    seen = see(rq, rq.query.get("account", ""))
    return Show(choose_page(rq, seen.words, seen.offers, seen.holders, seen.account))


@post("/options/{slug:str}", name="option", permission=OPTION_READ, capability="products")
def option_chosen(rq: PortalRequest) -> Reply:
    """Check the choice and its tick, and go on to the confirm page (UCOM-96)."""
    seen = see(rq, rq.form.get("account", ""))
    offer = offer_of(seen.offers, rq.form.get("product", ""))
    ending = rq.form.get("action", "") == "end"
    form = consent_form(rq, offer.product, rq.form)
    if not ending and not offer.refusal and not form.validate():
        return _choose_again(rq, seen, offer, form)
    wish = Wish(
        page=seen.words,
        product=offer.product.code,
        action="end" if ending else "buy",
        account_id=seen.account.id if seen.account else None,
        consented=rq.form.get("terms", "")[:64] if offer.product.consent else "",
        language=rq.locale,
    )
    try:
        check(wish, offer, _wording(rq, offer.product, wish))
    except NoConsent:
        form.add_error("consent", rq.t(_NOT_NOW[NoConsent]))
        return _choose_again(rq, seen, offer, form)
    except (AlreadyHeld, CannotBuy, NotHeld) as error:
        return _back(rq, wish, error)
    return Go("option-confirm", {"slug": seen.words.slug, "draft": _keep(rq, wish)})


@get("/options/{slug:str}/confirm", name="option-confirm", permission=OPTION_READ, capability="products")
def option_confirm(rq: PortalRequest) -> Reply:
    """What would be ordered, and the bills that follow (UCOM-97, UCOM-104, UCOM-133, UCOM-138)."""
    words = reach_page(rq.operator, rq.principal, str(rq.params["slug"]))
    text = rq.query.get("draft", "")
    draft = _draft(rq, text)
    wish = _wish(rq, words, draft)
    if draft is None or wish is None:
        return _after_the_end(rq, words, text)
    now = situation(rq.tx, rq.operator, rq.principal, wish)
    try:
        check(wish, now.offer, _wording(rq, now.offer.product, wish))
    except (AlreadyHeld, CannotBuy, NotHeld, NoConsent) as error:
        return _back(rq, wish, error)
    return Show(confirm_page(rq, wish, now, draft.id))


@post("/options/{slug:str}/confirm", name="option-confirm", permission=OPTION_READ, capability="products")
def option_commit(rq: PortalRequest) -> Reply:
    """Place the order once. There is no way back from here (UCOM-107, UCOM-156)."""
    words = reach_page(rq.operator, rq.principal, str(rq.params["slug"]))
    text = rq.form.get("operation", "")
    draft = _draft(rq, text)
    wish = _wish(rq, words, draft)
    if draft is None or wish is None:
        return _after_the_end(rq, words, text)
    try:
        once(rq.tx, str(draft.id), owner=rq.owner, wizard=WIZARD, effect=lambda: _fulfil(rq, wish))
    except (AlreadyHeld, CannotBuy, NotHeld, NoConsent) as error:
        return _back(rq, wish, error)
    except PriceChanged:
        rq.flash("warn", rq.t("What this costs has changed. Please check the bills below once more."))
        return Go("option-confirm", {"slug": words.slug, "draft": draft.id})
    return Go("option-done", {"slug": words.slug, "operation": draft.id})


@get("/options/{slug:str}/done", name="option-done", permission=OPTION_READ, capability="products")
def option_done(rq: PortalRequest) -> Reply:
    """What was ordered (UCOM-98, UCOM-105, UCOM-106)."""
    words = reach_page(rq.operator, rq.principal, str(rq.params["slug"]))
    done = recall(rq.tx, rq.query.get("operation", ""), owner=rq.owner, wizard=WIZARD)
    if not done or done["slug"] != words.slug:
        return Go("option", {"slug": words.slug})
    product = rq.operator.products.get(done["product"])
    if product is None:
        raise NotFound
    return Show(done_page(rq, words, product, done))


def _keep(rq: PortalRequest, wish: Wish) -> uuid.UUID:
    return save_draft(
        rq.tx,
        rq.ports.get(Vault),
        owner=rq.owner,
        wizard=WIZARD,
        data={
            "slug": wish.page.slug,
            "product": wish.product,
            "action": wish.action,
            "account": str(wish.account_id) if wish.account_id else "",
            "consented": wish.consented,
            "language": wish.language,
        },
        life=rq.operator.sessions.idle,
    )


def _draft(rq: PortalRequest, text: str) -> DraftContent | None:
    return named_draft(rq.tx, rq.ports.get(Vault), owner=rq.owner, wizard=WIZARD, text=text)


def _wish(rq: PortalRequest, words: ProductPage, draft: DraftContent | None) -> Wish | None:
    if draft is None or draft.data["slug"] != words.slug:
        return None
    data: Mapping[str, Any] = draft.data
    action: Action = "end" if data["action"] == "end" else "buy"
    return Wish(
        page=words,
        product=data["product"],
        action=action,
        account_id=uuid.UUID(data["account"]) if data["account"] else None,
        bills=rq.form.get("bills", ""),
        consented=data["consented"],
        language=data["language"],
    )


def _wording(rq: PortalRequest, product: Product, wish: Wish) -> Wording | None:
    """What was read before the tick, also when the page is read in another language now."""
    t = rq.t if wish.language == rq.locale else rq.operator.catalogues[wish.language]
    return wording(product, t, wish.language)


def _fulfil(rq: PortalRequest, wish: Wish) -> Mapping[str, Any]:
    product = rq.operator.products.get(wish.product)
    if product is None:
        raise NotFound
    shown = _wording(rq, product, wish)
    result = fulfil(
        rq.tx, rq.ports.get(Vault), rq.operator, rq.principal, wish, shown, mode=mode_of(rq), language=rq.locale
    )
    drop_draft(rq.tx, owner=rq.owner, wizard=WIZARD)
    return result


def _choose_again(rq: PortalRequest, seen: Seen, offer: Offer, form: PortalForm) -> Reply:
    page = choose_page(
        rq, seen.words, seen.offers, seen.holders, seen.account, wrong=form, wrong_code=offer.product.code
    )
    return Show(page, 422)


def _back(rq: PortalRequest, wish: Wish, error: Exception) -> Reply:
    rq.flash("warn", rq.t(_NOT_NOW[type(error)]))
    return Go("option", {"slug": wish.page.slug, "account": wish.account_id})


def _after_the_end(rq: PortalRequest, words: ProductPage, text: str) -> Reply:
    if not text:
        return Go("option", {"slug": words.slug})
    if recall(rq.tx, text, owner=rq.owner, wizard=WIZARD):
        return Go("option-done", {"slug": words.slug, "operation": text})
    raise StaleForm
