"""The route table: every area's routes module. An area adds a route by declaring it; here only areas are listed."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module

from mypage.operators.operator import OFFICE, Operator
from mypage.web.routing import Route, check_routes, routes_of

ROUTE_MODULES = (
    "mypage.web.routes",
    "mypage.web.contact_routes",
    "mypage.auth.routes",
    "mypage.auth.routes_registration",
    "mypage.auth.routes_activation",
    "mypage.auth.routes_recovery",
    "mypage.auth.routes_credentials",
    "mypage.auth.routes_sessions",
    "mypage.auth.factors.routes_second",
    "mypage.auth.factors.routes_enrol",
    "mypage.auth.factors.routes",
    "mypage.auth.routes_viewing",
    "mypage.profile.routes",
    "mypage.contracts.routes",
    "mypage.contracts.first_login_routes",
    "mypage.notices.routes",
    "mypage.billing.routes",
    "mypage.billing.home_routes",
    "mypage.billing.card_routes",
    "mypage.billing.summary_routes",
    "mypage.orders.routes",
    "mypage.orders.licence_routes",
    "mypage.orders.provisioning_routes",
    "mypage.slots.routes",
    "mypage.slots.routes_confirm",
    "mypage.slots.routes_ending",
    "mypage.requests.routes",
    "mypage.requests.filing_routes",
    "mypage.subaccounts.account_routes",
    "mypage.subaccounts.account_change_routes",
    "mypage.subaccounts.account_delete_routes",
    "mypage.subaccounts.overview_routes",
    "mypage.subaccounts.mailbox_routes",
    "mypage.terminations.routes",
)

OFFICE_MODULES = (
    "mypage.web.routes",
    "mypage.auth.routes",
    "mypage.auth.routes_recovery",
    "mypage.auth.routes_credentials",
    "mypage.auth.routes_sessions",
    "mypage.auth.factors.routes_second",
    "mypage.auth.factors.routes_enrol",
    "mypage.auth.factors.routes",
    "mypage.staff.routes",
    "mypage.staff.oidc.routes",
    "mypage.staff.figures.routes",
    "mypage.staff.invite_routes",
    "mypage.staff.roles.routes",
    "mypage.staff.search.routes",
    "mypage.staff.customers.routes",
    "mypage.staff.acts.routes",
    "mypage.staff.secrets.routes",
    "mypage.staff.queue.routes",
    "mypage.staff.requests.routes",
    "mypage.staff.approvals.routes",
    "mypage.staff.money.routes",
    "mypage.staff.ending.routes",
    "mypage.staff.notices.routes",
    "mypage.staff.notices.mail_routes",
    "mypage.staff.viewing.routes",
    "mypage.staff.trail.routes",
)
"""The staff console has its own way in and out, and none of a portal's functions."""

_CREDENTIALS = frozenset({"credentials", "credentials-confirm"})


def all_routes() -> tuple[Route, ...]:
    """Every route of the core. Raises ValueError when two contradict each other."""
    routes = routes_of(*(import_module(name) for name in ROUTE_MODULES))
    check_routes(routes)
    return routes


def office_routes() -> tuple[Route, ...]:
    """Every route of the staff console. Raises ValueError when two contradict each other."""
    routes = routes_of(*(import_module(name) for name in OFFICE_MODULES))
    check_routes(routes)
    return tuple(route for route in routes if not route.capability)


def routes_for(operator: Operator) -> tuple[Route, ...]:
    """The routes of one operator's portals: those of capabilities that it does not declare do not exist there.

    Where no field asks for the present password before it changes, the password has to have been given shortly before.
    """
    if operator.name == OFFICE:
        return office_routes()
    asked = all(change.present for change in operator.credential_changes.values())
    there = (
        route
        for route in all_routes()
        if (not route.capability or route.capability in operator.capabilities) and operator.offers(route.permission)
    )
    return tuple(route if asked or route.name not in _CREDENTIALS else replace(route, reauth=True) for route in there)


def capabilities() -> dict[str, str]:
    """Route name → the capability that it belongs to, for routes that not every portal has."""
    return {route.name: route.capability for route in all_routes() if route.capability}
