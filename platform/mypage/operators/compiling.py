"""Plugin → Operator: collect every answer once, check what they say of each other, freeze it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
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
from mypage.hooks.pages import ContractView, MailText, NoticeView
from mypage.hooks.passwords import IdentifierPolicy, PasswordPolicy
from mypage.hooks.permissions import PermissionMatrix
from mypage.hooks.portal import MenuSection, Portal, PublicPage, TenantSettings
from mypage.i18n import LOCALES, load_catalogue, read_po_folder
from mypage.operators.calls import Hooks
from mypage.operators.defaults import CoreDefaults
from mypage.operators.loading import plugin_folder
from mypage.operators.operator import Operator, OperatorError

T = TypeVar("T")
Wrong = Callable[[str, str], OperatorError]

CORE_LOCALE = Path(__file__).parent.parent / "i18n" / "locale"


def make_hooks(name: str, plugin: Any, extensions: Mapping[str, Any]) -> Hooks:
    """One plugin manager for one operator. Raises OperatorError."""
    return Hooks(name, [CoreDefaults()], dict(extensions), plugin)


def compile_operator(hooks: Hooks, plugin: Any, routes: Mapping[str, str]) -> Operator:
    """Collect, cross-check and freeze. `routes` maps every route name to the permission it demands.

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
        notice_view=hooks.policy("notice_view_policy", NoticeView),
        mail_texts=_unique(hooks, "mail_text_items", hooks.items("mail_text_items", MailText), lambda m: m.name),
        catalogues={locale: _catalogue(plugin, locale) for locale in LOCALES},
        template_folder=plugin_folder(plugin, "templates"),
    )
    _check(operator, routes)
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


def _by_scheme(hooks: Hooks, hook: str, kind: type[T], schemes: Mapping[str, LoginScheme]) -> dict[str, T]:
    found = _unique(hooks, hook, hooks.items(hook, kind), lambda item: str(getattr(item, "scheme", "")))
    for scheme in found:
        if scheme not in schemes:
            known = ", ".join(schemes)
            raise OperatorError(f"operator {hooks.name}: {hook}: there is no login scheme {scheme!r} (known: {known})")
    return found


def _check(operator: Operator, routes: Mapping[str, str]) -> None:
    def wrong(hook: str, what: str) -> OperatorError:
        return OperatorError(f"operator {operator.name}: {hook}: {what}")

    _check_menu(operator, routes, wrong)
    _check_schemes(operator, wrong)
    for gate in operator.gates:
        for route in (gate.route, *sorted(gate.allowed)):
            if route not in routes:
                raise wrong("gate_items", f"{gate.name!r} names route {route!r}, which does not exist")
    unknown = operator.permissions.known() - frozenset(routes.values())
    if unknown:
        raise wrong("permission_policy", f"no route demands {', '.join(sorted(unknown))}; remove or correct it")
    for registration in operator.registrations.values():
        _check_registration(registration, wrong)
    for recovery in operator.recoveries.values():
        if recovery.scheme not in operator.schemes:
            raise wrong("recovery_items", f"there is no login scheme {recovery.scheme!r}")


def _check_menu(operator: Operator, routes: Mapping[str, str], wrong: Wrong) -> None:
    for section in operator.menu:
        for entry in section.entries:
            if entry.route not in routes:
                raise wrong("menu_items", f"{entry.label!r} names route {entry.route!r}, which does not exist")
            if not entry.label:
                raise wrong("menu_items", f"the entry of route {entry.route!r} has no label")


def _check_schemes(operator: Operator, wrong: Wrong) -> None:
    if not operator.schemes:
        raise wrong("login_scheme_items", "there is no login scheme; return at least one")
    for scheme in operator.schemes.values():
        if scheme.role not in operator.permissions.roles:
            raise wrong("permission_policy", f"no permissions for role {scheme.role!r} of scheme {scheme.name!r}")
        if not (scheme.secret and scheme.submit and scheme.parts and scheme.title):
            lacks = "a title, a part, a secret label or a submit label"
            raise wrong("login_scheme_items", f"{scheme.name!r} lacks {lacks}")


def _check_registration(registration: Registration, wrong: Wrong) -> None:
    kinds = [field.kind for group in registration.groups for field in group.fields]
    for needed in ("login", "password", "password-again", "email", "customer-number", "proof-code", "captcha"):
        if kinds.count(needed) != 1:
            raise wrong("registration_items", f"{registration.title!r} must have one field of kind {needed!r}")
    for group in registration.groups:
        for field in group.fields:
            if not field.label:
                raise wrong("registration_items", f"the field of kind {field.kind!r} has no label")
