"""What the answers of a plugin say of each other and of the core: a mistake is found at the start, not on a page."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import get_args, get_type_hints

from mypage.hooks.auth import ChoicePart, FieldKind, Gate, LoginScheme, Recovery, Registration
from mypage.hooks.payment import CardField
from mypage.hooks.portal import SubMenu
from mypage.i18n import Catalogue
from mypage.operators.checking_base import Wrong
from mypage.operators.checking_contracts import check_contracts
from mypage.operators.checking_credentials import check_credential_changes
from mypage.operators.checking_desk import check_desk
from mypage.operators.checking_ends import check_ends
from mypage.operators.checking_guidance import check_guidance, check_landings
from mypage.operators.checking_home import check_home
from mypage.operators.checking_overview import check_overview
from mypage.operators.checking_products import check_products
from mypage.operators.checking_profile import check_profile
from mypage.operators.checking_requests import check_requests
from mypage.operators.checking_slots import check_slots
from mypage.operators.checking_summary import check_summary
from mypage.operators.checking_terminations import check_termination
from mypage.operators.operator import Operator, OperatorError

MAILS = Path(__file__).parent.parent / "templates" / "email"
_SLUG = re.compile(r"[a-z0-9-]*")
_PLACE = re.compile(r"%\((\w+)\)s")
_CONDITIONS = get_args(get_type_hints(Gate)["condition"])
_RECOVERIES = get_args(get_type_hints(Recovery)["kind"])


def check_operator(operator: Operator, routes: Mapping[str, str], pages: Collection[str] | None = None) -> None:
    """Raises OperatorError with one line that names operator, hook and value."""

    def wrong(hook: str, what: str) -> OperatorError:
        return OperatorError(f"operator {operator.name}: {hook}: {what}")

    linked = routes if pages is None else pages
    _check_menu(operator, routes, linked, wrong)
    _check_public_pages(operator, wrong)
    _check_schemes(operator, wrong)
    check_credential_changes(operator, wrong)
    _check_gates(operator, routes, linked, wrong)
    _check_permissions(operator, routes, wrong)
    check_contracts(operator, wrong)
    check_home(operator, wrong)
    check_products(operator, linked, wrong)
    check_guidance(operator, wrong)
    check_profile(operator, wrong)
    check_landings(operator, routes, linked, wrong)
    check_overview(operator, linked, wrong)
    check_summary(operator, wrong)
    check_desk(operator, wrong)
    check_requests(operator, linked, wrong)
    check_slots(operator, wrong)
    check_termination(operator, wrong)
    check_ends(operator, wrong)
    for registration in operator.registrations.values():
        _check_registration(registration, wrong)
    _check_recoveries(operator, wrong)
    _check_words(operator, wrong)


def _check_menu(operator: Operator, routes: Mapping[str, str], linked: Collection[str], wrong: Wrong) -> None:
    for section in operator.menu:
        for each in section.entries:
            if isinstance(each, SubMenu) and not (each.label and each.entries):
                raise wrong("menu_items", f"the sub-menu {each.label!r} needs a label and entries")
        for entry in section.links:
            if not entry.label:
                raise wrong("menu_items", f"the entry of route {entry.route or entry.url!r} has no label")
            if entry.url and not entry.route:
                if not entry.url.startswith("https://"):
                    raise wrong("menu_items", f"{entry.label!r} leads to {entry.url!r}; give an https:// address")
                if not entry.permission:
                    raise wrong("menu_items", f"{entry.label!r} leads out and names no permission; give one")
                continue
            if entry.route not in routes:
                raise wrong("menu_items", f"{entry.label!r} names route {entry.route!r}, which does not exist")
            if entry.route not in linked and not entry.params:
                raise wrong("menu_items", f"{entry.label!r} names route {entry.route!r}, which no menu can lead to")


def _check_permissions(operator: Operator, routes: Mapping[str, str], wrong: Wrong) -> None:
    demanded = set(routes.values())
    demanded.update(entry.permission for section in operator.menu for entry in section.links)
    demanded.update(page.permission for page in operator.guidance.values())
    demanded.update(product.permission for product in operator.products.values())
    demanded.update(page.permission for page in operator.product_pages.values())
    forms = operator.requests.forms if operator.requests is not None else {}
    demanded.update(form.permission for form in forms.values())
    if unknown := operator.permissions.known() - demanded:
        raise wrong("permission_policy", f"no route demands {', '.join(sorted(unknown))}; remove or correct it")


def _check_public_pages(operator: Operator, wrong: Wrong) -> None:
    for page in operator.public_pages.values():
        if not _SLUG.fullmatch(page.slug):
            raise wrong("public_page_items", f"slug {page.slug!r} may hold small letters, digits and hyphens only")
        if page.url and not page.url.startswith("https://"):
            raise wrong("public_page_items", f"{page.title!r} leads to {page.url!r}; give an https:// address")


def _check_schemes(operator: Operator, wrong: Wrong) -> None:
    if not operator.schemes:
        raise wrong("login_scheme_items", "there is no login scheme; return at least one")
    for scheme in operator.schemes.values():
        if scheme.role not in operator.permissions.roles:
            raise wrong("permission_policy", f"no permissions for role {scheme.role!r} of scheme {scheme.name!r}")
        if not (scheme.secret and scheme.submit and scheme.parts and scheme.title):
            lacks = "a title, a part, a secret label or a submit label"
            raise wrong("login_scheme_items", f"{scheme.name!r} lacks {lacks}")
        _check_parts(scheme, wrong)
    if operator.login_page.lost and operator.portal.contact is None:
        raise wrong("login_page_policy", "lost leads to the telephone, and portal_policy has no contact; give one")


def _check_parts(scheme: LoginScheme, wrong: Wrong) -> None:
    names = [part.name for part in scheme.parts]
    if len(names) != len(set(names)):
        raise wrong("login_scheme_items", f"{scheme.name!r} has two parts of one name: {', '.join(names)}")
    marked = {name: f"<{name}>" for name in names}
    try:
        joined = scheme.join(marked)
    except (LookupError, ValueError):
        joined = ""
    if not all(mark in joined for mark in marked.values()):
        known = ", ".join("{" + name + "}" for name in names)
        raise wrong("login_scheme_items", f"{scheme.name!r} joins its parts by {scheme.joined!r}; use each of {known}")
    for part in scheme.parts:
        if isinstance(part, ChoicePart) and not part.values:
            raise wrong("login_scheme_items", f"part {part.name!r} of {scheme.name!r} offers nothing to choose from")


def _check_gates(operator: Operator, routes: Mapping[str, str], linked: Collection[str], wrong: Wrong) -> None:
    for gate in operator.gates:
        if gate.condition not in _CONDITIONS:
            known = ", ".join(_CONDITIONS)
            raise wrong("gate_items", f"{gate.name!r} has condition {gate.condition!r} (known: {known})")
        if gate.condition == "second-factor-missing" and gate.name != "second-factor":
            raise wrong(
                "gate_items", f"{gate.name!r}: the gate of second-factor-missing is the core's; remove this one"
            )
        for route in (gate.route, *sorted(gate.allowed)):
            if route not in routes:
                raise wrong("gate_items", f"{gate.name!r} names route {route!r}, which does not exist")
        if gate.route not in linked:
            raise wrong("gate_items", f"{gate.name!r} names route {gate.route!r}, which nobody can be led to")


def _check_registration(registration: Registration, wrong: Wrong) -> None:
    counts = Counter(field.kind for group in registration.groups for field in group.fields)
    for needed in get_args(FieldKind):
        if counts.pop(needed, 0) != 1:
            raise wrong("registration_items", f"{registration.title!r} must have one field of kind {needed!r}")
    if counts:
        raise wrong("registration_items", f"{registration.title!r} has a field of unknown kind {min(counts)!r}")
    for group in registration.groups:
        for field in group.fields:
            if not field.label:
                raise wrong("registration_items", f"the field of kind {field.kind!r} has no label")
            if field.parts < 1:
                raise wrong("registration_items", f"the field of kind {field.kind!r} has {field.parts} parts")


def _check_recoveries(operator: Operator, wrong: Wrong) -> None:
    for recovery in operator.recoveries.values():
        if recovery.scheme not in operator.schemes:
            raise wrong("recovery_items", f"there is no login scheme {recovery.scheme!r}")
        if recovery.kind not in _RECOVERIES:
            raise wrong("recovery_items", f"kind {recovery.kind!r} is unknown (known: {', '.join(_RECOVERIES)})")


def _check_words(operator: Operator, wrong: Wrong) -> None:
    mails = {folder.name for folder in MAILS.iterdir() if folder.is_dir()}
    for hook, names in (("mail_text_items", operator.mail_texts), ("portal_policy", operator.portal.mails or ())):
        for name in names:
            if name not in mails:
                raise wrong(hook, f"there is no mail {name!r} (known: {', '.join(sorted(mails))})")
    if operator.billing_view.months < 1:
        raise wrong("billing_view_policy", f"months is {operator.billing_view.months}; show at least one")
    order = operator.card_change.labels.order
    if sorted(order) != sorted(get_args(CardField)):
        raise wrong("card_change_policy", f"order {order} must name each of {', '.join(get_args(CardField))} once")
    for locale, catalogue in operator.catalogues.items():
        _check_catalogue(locale, catalogue, wrong)


def _check_catalogue(locale: str, catalogue: Catalogue, wrong: Wrong) -> None:
    """A translation that asks for a value which its text does not have would break the page it stands on."""
    for message, text in catalogue.messages.items():
        if strange := set(_PLACE.findall(text)) - set(_PLACE.findall(message)):
            raise wrong(f"locale/{locale}", f"{text!r} asks for %({min(strange)})s, which {message!r} does not have")
