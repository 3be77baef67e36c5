"""From places, wishes and applications to what the pages show."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from mypage.auth.pages import LinkSentence
from mypage.hooks.permissions import SLOT_CHANGE
from mypage.hooks.products import Product, Sentence
from mypage.hooks.slot_pages import SlotPage, SlotPattern
from mypage.hooks.slots import SlotAction, Slots
from mypage.lib.errors import NotFound
from mypage.orders.consents import Wording, wording
from mypage.slots.drafts import SlotDraft
from mypage.slots.filing import Consent
from mypage.slots.forms import ADD, Present, SlotForm, Typed, option_words
from mypage.slots.pages import (
    DiffRow,
    OptionCell,
    RowState,
    SlotInputPage,
    SlotLine,
    SlotListPage,
    SlotTermsPage,
    Steps,
)
from mypage.slots.values import ApplicationRow, SlotRow
from mypage.web.request import PortalRequest


def reach_slots(rq: PortalRequest) -> tuple[Slots, SlotPage]:
    """The places that the path names, and their words. Raises NotFound."""
    slots = rq.operator.slots.get(str(rq.params["code"]))
    if slots is None:
        raise NotFound
    return slots, words_of(rq.operator.slot_pages, slots)


def words_of(pages: Mapping[str, SlotPage], slots: Slots) -> SlotPage:
    """The operator's words, or the core's."""
    return pages.get(slots.code) or SlotPage(code=slots.code)


def list_page(rq: PortalRequest, slots: Slots, words: SlotPage, rows: Iterable[SlotRow]) -> SlotListPage:
    """All places with what can be done about each (OCN-65 to OCN-72)."""
    found = tuple(rows)
    adds = sum(1 for r in found if r.application is not None and r.application.action == "add")
    removes = sum(1 for r in found if r.application is not None and r.application.action == "remove")
    used = sum(1 for r in found if r.address is not None)
    return SlotListPage(
        words=words,
        steps=steps_of(words, 0, 1),
        intro=tuple(
            _sentence(rq, each) for each in words.intro if not each.permission or rq.principal.may(each.permission)
        ),
        columns=tuple(option_words(words, o.code).column or option_words(words, o.code).label for o in slots.options),
        rows=tuple(_line(rq, slots, words, row) for row in found),
        pending=sum(1 for row in found if row.application is not None),
        blocked=any(row.blocked for row in found),
        tier_now=used,
        tier_then=used + adds - removes,
        back_url=rq.href(rq.operator.home_of(rq.principal.role)),
    )


def input_page(
    rq: PortalRequest, slots: Slots, words: SlotPage, row: SlotRow, form: SlotForm, *, terms: int = 0
) -> SlotInputPage:
    """The form of an addition or a change. `terms`: how many terms the way back comes from."""
    present = [(words.name_label, row.address)] if row.address is not None else []
    if present:
        for each in slots.options:
            said = option_words(words, each.code)
            present.append((said.present or said.label, said.use if each.code in row.options else said.use_not))
    return SlotInputPage(
        words=words,
        steps=steps_of(words, terms, 2),
        number=number_text(row.number),
        present=tuple((label, value or "") for label, value in present),
        form=form,
        action_url=rq.href("slots-one", code=slots.code, number=row.number),
        back_url=rq.href("slots", code=slots.code),
    )


def terms_page(rq: PortalRequest, slots: Slots, words: SlotPage, draft: SlotDraft, option: str) -> SlotTermsPage:
    """The terms of one option, which the button below agrees to (OCN-87, OCN-88)."""
    product = product_of(rq, slots, option)
    shown = wording(product, rq.t, rq.locale)
    assert shown is not None, "only terms that are agreed to have a page"
    wanted = terms_of(rq, slots, draft)
    return SlotTermsPage(
        words=words,
        steps=steps_of(words, len(wanted), 3 + wanted.index(option)),
        option=option_words(words, option),
        terms=(*(product.description.paragraphs if product.description else ()), *product.terms),
        agree=product.consent,
        mark=shown.mark,
        operation_id=str(draft.id),
        action_url=rq.href("slots-terms", code=slots.code),
    )


def terms_of(rq: PortalRequest, slots: Slots, draft: SlotDraft) -> tuple[str, ...]:
    """The options newly chosen whose products ask for consent, which is given on a page of its own (OCN-87, OCN-89)."""
    return tuple(
        each.code
        for each in slots.options
        if each.code in draft.typed.options - draft.had and product_of(rq, slots, each.code).consent
    )


def next_terms(rq: PortalRequest, slots: Slots, draft: SlotDraft) -> str:
    """The first option whose terms are not agreed to, or not as they read now; "" when all are."""
    for option in terms_of(rq, slots, draft):
        agreed = draft.agreed.get(option)
        if agreed is None or agreed.mark != agreed_wording(rq, slots, option, agreed.language).mark:
            return option
    return ""


def agreed_wording(rq: PortalRequest, slots: Slots, option: str, language: str) -> Wording:
    """The terms as they read now in the language in which they were read."""
    t = rq.t if language == rq.locale else rq.operator.catalogues[language]
    shown = wording(product_of(rq, slots, option), t, language)
    assert shown is not None, "only terms that are agreed to are asked for"
    return shown


def consent_of(rq: PortalRequest, slots: Slots, draft: SlotDraft, option: str) -> Consent:
    """What was agreed to on the way, in the wording that was read."""
    agreed = draft.agreed[option]
    return Consent(product_of(rq, slots, option), agreed_wording(rq, slots, option, agreed.language), agreed)


def product_of(rq: PortalRequest, slots: Slots, option: str) -> Product:
    """What an option is sold as."""
    found = slots.option(option)
    assert found is not None, "drafts hold options of the operator only"
    return rq.operator.products[found.product]


def steps_of(words: SlotPage, terms: int, now: int, *, entered: bool = True) -> Steps:
    """The step bar, longer by a step for each terms page (OCN-90, OCN-91). For a removal nothing is `entered`."""
    said = words.steps
    first = (said.list, said.input) if entered else (said.list,)
    return Steps((*first, *([said.terms] * terms), said.confirm, said.last), now if entered else now - 1, said.prefix)


def number_text(number: int) -> str:
    """01, 02, and so on (OCN-66)."""
    return f"{number:02d}"


def present_of(row: SlotRow) -> Present | None:
    """What a change starts from; None for an empty place."""
    return Present(row.local, row.options) if row.address is not None else None


def pattern_of(words: SlotPage, typed: Typed) -> SlotPattern:
    """The pattern that was chosen. Raises NotFound when the operator has dropped it meanwhile."""
    found = next((each for each in (ADD, *words.patterns) if each.code == typed.pattern), None)
    if found is None:
        raise NotFound
    return found


def heading_of(words: SlotPage, action: SlotAction, typed: Typed | None = None) -> str:
    """What a wish is called: of a change the pattern's heading (OCN-93, OCN-116)."""
    if action == "add":
        return words.add_heading
    if action == "remove":
        return words.remove_heading
    return pattern_of(words, typed).heading if typed is not None else words.states.changing


def added_rows(slots: Slots, words: SlotPage, name: str, options: frozenset[str]) -> tuple[tuple[str, str], ...]:
    """An addition in rows (OCN-116)."""
    said = ((option_words(words, o.code), o.code in options) for o in slots.options)
    return ((words.name_label, name), *((each.label, each.use if used else each.use_not) for each, used in said))


def diff_rows(
    slots: Slots, words: SlotPage, action: SlotAction, before: SlotRow, name: str, options: frozenset[str]
) -> tuple[DiffRow, ...]:
    """Name and options before and after (OCN-94, OCN-95, OCN-119). `name` is "" where it stays."""
    gone = action == "remove"
    rows = [DiffRow(words.name_label, before.address or "", words.ends if gone else name, not gone and not name, True)]
    for each in slots.options:
        said, had = option_words(words, each.code), each.code in before.options
        has = each.code in options and not gone
        after = words.ends if gone and had else said.use if has else said.use_not
        rows.append(DiffRow(said.label, said.use if had else said.use_not, after, had == has and not (gone and had)))
    return tuple(rows)


def applied_rows(slots: Slots, words: SlotPage, row: ApplicationRow) -> tuple[tuple[str, str], ...]:
    """An application in rows, for its completion and its cancellation: whole addresses (OCN-107)."""
    if row.action == "add":
        return added_rows(slots, words, row.address, row.options)
    if row.action == "remove":
        return added_rows(slots, words, row.address_before, row.options_before)
    rows = [(words.before_label, row.address_before), (words.after_label, row.address or words.same)]
    for each in slots.options:
        said, had, has = option_words(words, each.code), each.code in row.options_before, each.code in row.options
        rows.append((said.label, words.same if had == has else said.use if has else said.use_not))
    return tuple(rows)


def _line(rq: PortalRequest, slots: Slots, words: SlotPage, row: SlotRow) -> SlotLine:
    waits = row.application
    free = row.address is None
    state: RowState = waits.action if waits is not None else "blocked" if row.blocked else "free" if free else "used"
    address = row.address or (waits.address if waits is not None else "")
    options = waits.options if waits is not None and waits.action == "add" else row.options
    after = waits.options if waits is not None and waits.action == "change" else options
    may = rq.principal.may(SLOT_CHANGE) and waits is None and not row.blocked
    one = rq.href("slots-one", code=slots.code, number=row.number)

    def offered(action: SlotAction, url: str) -> str:
        return url if may and action in slots.actions and free == (action == "add") else ""

    return SlotLine(
        number=number_text(row.number),
        name=address,
        state=state,
        options=tuple(_cell(words, each.code, options, after) for each in slots.options),
        refused=row.last is not None,
        reason=row.last.reason if row.last is not None else "",
        becomes=waits.address if waits is not None and waits.action == "change" else "",
        change_url=offered("change", one),
        remove_url=offered("remove", rq.href("slots-remove", code=slots.code, number=row.number)),
        add_url=offered("add", one),
        cancel_url=rq.href("slots-cancel", code=slots.code, application_id=waits.id)
        if waits is not None and waits.cancellable and rq.principal.may(SLOT_CHANGE)
        else "",
    )


def _cell(words: SlotPage, option: str, has: frozenset[str], after: frozenset[str]) -> OptionCell:
    said, used, will = option_words(words, option), option in has, option in after
    becomes = "" if used == will else said.use if will else said.use_not
    return OptionCell(said.column or said.label, said.use if used else words.none, becomes)


def _sentence(rq: PortalRequest, sentence: Sentence) -> LinkSentence:
    text = rq.t(sentence.text)
    if not sentence.route:
        return LinkSentence(text, "", "", "")
    return LinkSentence.of(text, rq.href(sentence.route, **sentence.params))
