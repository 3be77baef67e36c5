"""USEN NETWORKS: マイページ. Everything is data; requirement ids are those of REQUIREMENTS.md."""

from mypage.plugin import (
    CardChange,
    ContactPoints,
    FirstLogin,
    Gate,
    Landing,
    LoginPageText,
    LoginScheme,
    PermissionMatrix,
    Portal,
    PublicPage,
    Summary,
    hookimpl,
)
from mypage_usen import card, gates, pages


@hookimpl
def portal_policy() -> Portal:
    """USEN-17, USEN-31, USEN-72, USEN-83, USEN-84."""
    return pages.PORTAL


@hookimpl
def login_scheme_items() -> list[LoginScheme]:
    """USEN-03, USEN-04, USEN-20."""
    return [pages.LOGIN]


@hookimpl
def login_page_policy() -> LoginPageText:
    """USEN-03."""
    return pages.LOGIN_PAGE


@hookimpl
def permission_policy() -> PermissionMatrix:
    """USEN-75, USEN-76, USEN-83."""
    return pages.PERMISSIONS


@hookimpl
def gate_items() -> list[Gate]:
    """USEN-07, USEN-13 to USEN-16."""
    return list(gates.GATES)


@hookimpl
def first_login_items() -> list[FirstLogin]:
    """USEN-08 to USEN-12."""
    return [gates.FIRST_LOGIN]


@hookimpl
def landing_items() -> list[Landing]:
    """USEN-33."""
    return [Landing(route="summary")]


@hookimpl
def summary_items() -> list[Summary]:
    """USEN-24 to USEN-29, USEN-32 to USEN-41, USEN-60 to USEN-63, USEN-67."""
    return [pages.SUMMARY]


@hookimpl
def contact_items() -> list[ContactPoints]:
    """USEN-64 to USEN-66."""
    return [pages.CONTACT]


@hookimpl
def public_page_items() -> list[PublicPage]:
    """USEN-67, USEN-68."""
    return [pages.SITE]


@hookimpl
def card_change_policy() -> CardChange:
    """USEN-42 to USEN-59."""
    return card.CARD
