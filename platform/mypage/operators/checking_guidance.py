"""What an operator's guidance pages and landings say of its menu, its roles and the core's routes."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import get_args, get_type_hints

from mypage.hooks.portal import Guidance, Landing
from mypage.operators.checking_base import Wrong
from mypage.operators.operator import Operator

_SLUG = re.compile(r"[a-z0-9-]+")
_CONDITIONS = get_args(get_type_hints(Landing)["condition"])


def check_guidance(operator: Operator, wrong: Wrong) -> None:
    """Raises OperatorError with one line that names operator, hook and value."""
    for page in operator.guidance.values():
        if not _SLUG.fullmatch(page.slug):
            raise wrong("guidance_items", f"slug {page.slug!r} may hold small letters, digits and hyphens only")
        for url in _addresses(page):
            if not url.startswith("https://"):
                raise wrong("guidance_items", f"{page.title!r} leads to {url!r}; give an https:// address")
    for section in operator.menu:
        for entry in section.links:
            slug = entry.params.get("slug", "")
            if entry.route == "guidance" and slug not in operator.guidance:
                raise wrong("menu_items", f"{entry.label!r} names guidance {slug!r}, which does not exist")


def check_landings(operator: Operator, routes: Mapping[str, str], linked: Collection[str], wrong: Wrong) -> None:
    """Raises OperatorError with one line that names operator, hook and value."""
    for landing in operator.landings:
        if landing.route not in routes or landing.route not in linked:
            raise wrong("landing_items", f"route {landing.route!r} does not exist, or no login can lead to it")
        if landing.condition not in _CONDITIONS:
            known = ", ".join(repr(condition) for condition in _CONDITIONS)
            raise wrong("landing_items", f"condition {landing.condition!r} is unknown (known: {known})")
        if landing.condition == "no-sub-accounts" and operator.sub_accounts is None:
            raise wrong("landing_items", "no-sub-accounts needs accounts that are handed out; see sub_account_items")
        for role in sorted(landing.roles):
            if role not in operator.permissions.roles:
                raise wrong("landing_items", f"role {role!r} has no permissions; see permission_policy")


def _addresses(page: Guidance) -> tuple[str, ...]:
    leads_to = (page.leads_to[1],) if page.leads_to else ()
    return (*leads_to, *(url for _, url in page.documents))
