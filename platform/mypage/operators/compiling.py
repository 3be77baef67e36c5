"""Plugin → Operator: collect every answer once, check what they say of each other, freeze it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from mypage.hooks.auth import (
    CredentialChange,
    Gate,
    LoginPageText,
    LoginScheme,
    Recovery,
    Registration,
    SessionPolicy,
    ThrottlePolicy,
)
from mypage.hooks.billing import BillingView, CardChange
from mypage.hooks.contracts import ContractPolicy
from mypage.hooks.desk import DeskPolicy
from mypage.hooks.home import StatusHome
from mypage.hooks.mailboxes import Mailboxes
from mypage.hooks.overview import Overview
from mypage.hooks.pages import ContractView, MailText, NoticeView
from mypage.hooks.passwords import IdentifierPolicy, PasswordPolicy
from mypage.hooks.permissions import PermissionMatrix
from mypage.hooks.portal import Guidance, Landing, MenuSection, Portal, PublicPage, TenantSettings
from mypage.hooks.products import Product, ProductPage, Quota
from mypage.hooks.profile import ProfileForm
from mypage.hooks.requests import RequestCatalogue
from mypage.hooks.slot_pages import SlotPage
from mypage.hooks.slots import Slots
from mypage.hooks.subaccounts import SubAccounts
from mypage.hooks.summary import ContactPoints, FirstLogin, Summary
from mypage.hooks.terminations import Termination
from mypage.i18n import LOCALES, load_catalogue, read_po_folder
from mypage.operators.calls import Hooks
from mypage.operators.checking import check_operator
from mypage.operators.defaults import CoreDefaults
from mypage.operators.loading import plugin_folder
from mypage.operators.operator import Operator, OperatorError

T = TypeVar("T")

CORE_LOCALE = Path(__file__).parent.parent / "i18n" / "locale"


def make_hooks(name: str, plugin: Any, extensions: Mapping[str, Any]) -> Hooks:
    """One plugin manager for one operator. Raises OperatorError."""
    return Hooks(name, [CoreDefaults()], dict(extensions), plugin)


def compile_operator(
    hooks: Hooks,
    plugin: Any,
    routes: Mapping[str, str],
    pages: Collection[str] | None = None,
    capabilities: Mapping[str, str] | None = None,
) -> Operator:
    """Collect, cross-check and freeze. `routes` maps every route name to the permission it demands.

    `pages` are the names that a link can lead to without more being said; by default all of `routes`. `capabilities`
    maps route names to what an operator must declare for them to exist.
    Raises OperatorError with one line that names operator, hook and value.
    """
    schemes = _unique(hooks, "login_scheme_items", hooks.items("login_scheme_items", LoginScheme), lambda s: s.name)
    operator = Operator(
        name=hooks.name,
        portal=hooks.policy("portal_policy", Portal),
        menu=hooks.items("menu_items", MenuSection),
        public_pages=_unique(
            hooks, "public_page_items", hooks.items("public_page_items", PublicPage), lambda p: p.slug
        ),
        permissions=hooks.policy("permission_policy", PermissionMatrix),
        settings_type=hooks.subclass("settings_policy", TenantSettings),
        schemes=schemes,
        login_page=hooks.policy("login_page_policy", LoginPageText),
        password_policies={s: hooks.policy("password_policy", PasswordPolicy, scheme=s) for s in schemes},
        login_id_policies={s: hooks.policy("login_id_policy", IdentifierPolicy, scheme=s) for s in schemes},
        registrations=_by_scheme(hooks, "registration_items", Registration, schemes),
        recoveries=_unique(hooks, "recovery_items", hooks.items("recovery_items", Recovery), lambda r: r.kind),
        credential_changes=_by_scheme(hooks, "credential_change_items", CredentialChange, schemes),
        throttle=hooks.policy("throttle_policy", ThrottlePolicy),
        sessions=hooks.policy("session_policy", SessionPolicy),
        gates=tuple(
            _unique(hooks, "gate_items", hooks.items("gate_items", Gate), lambda g: g.name).values(),
        ),
        billing_view=hooks.policy("billing_view_policy", BillingView),
        card_change=hooks.policy("card_change_policy", CardChange),
        contract_view=hooks.policy("contract_view_policy", ContractView),
        contract_policy=hooks.policy("contract_policy", ContractPolicy),
        status_home=_at_most_one(hooks, "status_home_items", StatusHome),
        notice_view=hooks.policy("notice_view_policy", NoticeView),
        desk=hooks.policy("desk_policy", DeskPolicy),
        mail_texts=_unique(hooks, "mail_text_items", hooks.items("mail_text_items", MailText), lambda m: m.name),
        catalogues={locale: _catalogue(plugin, locale) for locale in LOCALES},
        template_folder=plugin_folder(plugin, "templates"),
        guidance=_unique(hooks, "guidance_items", hooks.items("guidance_items", Guidance), lambda g: g.slug),
        landings=hooks.items("landing_items", Landing),
        first_login=_at_most_one(hooks, "first_login_items", FirstLogin),
        summary=_at_most_one(hooks, "summary_items", Summary),
        contact_points=_at_most_one(hooks, "contact_items", ContactPoints),
        sub_accounts=_at_most_one(hooks, "sub_account_items", SubAccounts),
        mailboxes=_at_most_one(hooks, "mailbox_items", Mailboxes),
        overview=hooks.policy("overview_policy", Overview),
        profile_form=_at_most_one(hooks, "profile_form_items", ProfileForm),
        products=_unique(hooks, "product_items", hooks.items("product_items", Product), lambda p: p.code),
        product_pages=_unique(
            hooks, "product_page_items", hooks.items("product_page_items", ProductPage), lambda p: p.slug
        ),
        quotas=_unique(hooks, "quota_items", hooks.items("quota_items", Quota), lambda q: q.name),
        termination=_at_most_one(hooks, "termination_items", Termination),
        requests=_at_most_one(hooks, "request_catalogue_items", RequestCatalogue),
        slots=_unique(hooks, "slot_items", hooks.items("slot_items", Slots), lambda s: s.code),
        slot_pages=_unique(hooks, "slot_page_items", hooks.items("slot_page_items", SlotPage), lambda p: p.code),
    )
    there = {
        name: permission
        for name, permission in routes.items()
        if (capabilities or {}).get(name, "") in {"", *operator.capabilities} and operator.offers(permission)
    }
    if operator.portal.only_permitted:
        # The core's gate for passwords that were handed out leads nowhere where no password can be changed.
        operator = replace(operator, gates=tuple(gate for gate in operator.gates if gate.route in there))
    check_operator(operator, there, pages)
    return operator


def _catalogue(plugin: Any, locale: str) -> Any:
    files = read_po_folder(CORE_LOCALE / locale)
    own = plugin_folder(plugin, "locale")
    if own is not None:
        files += read_po_folder(own / locale)
    return load_catalogue(locale, files)


def _unique(hooks: Hooks, hook: str, items: Iterable[T], key: Callable[[T], str]) -> dict[str, T]:
    found: dict[str, T] = {}
    for item in items:
        name = key(item)
        if name in found:
            raise OperatorError(f"operator {hooks.name}: {hook}: {name!r} is declared twice; keep one")
        found[name] = item
    return found


def _at_most_one(hooks: Hooks, hook: str, kind: type[T]) -> T | None:
    found = hooks.items(hook, kind)
    if len(found) > 1:
        raise OperatorError(f"operator {hooks.name}: {hook}: {len(found)} {kind.__name__} are declared; keep one")
    return found[0] if found else None


def _by_scheme(hooks: Hooks, hook: str, kind: type[T], schemes: Mapping[str, LoginScheme]) -> dict[str, T]:
    found = _unique(hooks, hook, hooks.items(hook, kind), lambda item: str(getattr(item, "scheme", "")))
    for scheme in found:
        if scheme not in schemes:
            known = ", ".join(schemes)
            raise OperatorError(f"operator {hooks.name}: {hook}: there is no login scheme {scheme!r} (known: {known})")
    return found
