"""What portals of few pages say of themselves: gates that can be passed, ways out that are safe, words that fit."""

from __future__ import annotations

from collections.abc import Iterable

from mypage.hooks.summary import LinkLine
from mypage.operators.checking_base import Wrong, check_places
from mypage.operators.operator import Operator


def check_summary(operator: Operator, wrong: Wrong) -> None:
    """Raises OperatorError."""
    _check_first_login(operator, wrong)
    _check_page(operator, wrong)
    _check_contact(operator, wrong)


def _check_first_login(operator: Operator, wrong: Wrong) -> None:
    for gate in operator.gates:
        if gate.condition == "unconfirmed" and (operator.first_login is None or gate.route != "first-login"):
            why = "is passed on the page of first_login_items; declare one, and name the route 'first-login'"
            raise wrong("gate_items", f"{gate.name!r} {why}")
    if operator.first_login is None:
        return
    plans = [plan for variant in operator.first_login.variants for plan in variant.plans or ("",)]
    if twice := sorted({plan for plan in plans if plans.count(plan) > 1}):
        said = f"plan {twice[0]!r}" if twice[0] else "all other plans"
        raise wrong("first_login_items", f"two variants are for {said}; keep one")


def _check_page(operator: Operator, wrong: Wrong) -> None:
    page = operator.summary
    if page is None:
        return
    codes = [step.code for step in page.steps]
    if len(codes) != len(set(codes)):
        raise wrong("summary_items", f"two steps have one code: {', '.join(codes)}")
    outs = [row for row in page.rows if isinstance(row, LinkLine)]
    leads = [(row.label, row.url) for row in outs] + [row.guide for row in outs if row.guide] + list(page.links)
    _check_https("summary_items", leads, wrong)


def _check_contact(operator: Operator, wrong: Wrong) -> None:
    points = operator.contact_points
    if points is None:
        return
    for topic in points.topics:
        if not topic.phone and not topic.url:
            raise wrong("contact_items", f"{topic.label!r} names neither a telephone nor a page; give one")
        if topic.url and not topic.link:
            raise wrong("contact_items", f"{topic.label!r} leads to a page without a label; give its link")
    _check_https("contact_items", [(topic.label, topic.url) for topic in points.topics if topic.url], wrong)
    if points.number_note:
        check_places("contact_items", points.number_note, ("number",), wrong)


def _check_https(hook: str, leads: Iterable[tuple[str, str]], wrong: Wrong) -> None:
    for label, url in leads:
        if not url.startswith("https://"):
            raise wrong(hook, f"{label!r} leads to {url!r}; give an https:// address")
