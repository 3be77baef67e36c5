"""What customers apply for: places with their options, requests that are asked back, the end of a contract."""

from __future__ import annotations

import uuid

import pytest
from playwright.sync_api import Locator, expect
from portal_stack import Stack, some_id
from sample_people import People
from sqlalchemy import select
from surfing import Surfer, Surfers, Way

from mypage.db.keys import Vault
from mypage.db.session import Actor, Scope, unit
from mypage.lib.clock import SystemClock
from mypage.requests.service import asked
from mypage.work.models import WorkItem
from mypage.work.service import ask_back

both_ways = pytest.mark.parametrize("way", ["keyboard", "no-script"])
BERTHS = "/slots/berths"
QUESTION, ANSWER = "北の港ですか。", "はい、北の港です。"


def named(surfer: Surfer, name: str) -> Locator:
    return surfer.main.locator(f"[name='{name}']")


def pick(surfer: Surfer, name: str, value: str) -> None:
    """Pick one of some radio buttons: Tab leads to the chosen or else the first one, arrows to the others."""
    group = named(surfer, name)
    wanted = group.and_(surfer.main.locator(f"[value='{value}']"))
    if surfer.way != "keyboard":
        wanted.check()
        return
    chosen = group.and_(surfer.main.locator(":checked"))
    surfer.tick(chosen if chosen.count() else group.first)
    for _ in range(group.count()):
        if not wanted.is_checked():
            surfer.page.keyboard.press("ArrowDown")
    expect(wanted).to_be_checked()


def next_option(surfer: Surfer, pulldown: Locator) -> None:
    """Choose the first option that says something."""
    if surfer.way == "keyboard":
        surfer.reach(pulldown)
        surfer.page.keyboard.press("ArrowDown")
    else:
        pulldown.select_option(index=1)
    expect(pulldown).not_to_have_value("")


def go_on(surfer: Surfer, path: str) -> None:
    surfer.use(surfer.main.locator("form .btn--primary"))
    surfer.at(path)


@both_ways
def test_a_place_is_added_with_an_option_another_given_back_and_one_called_off(
    stack: Stack, people: People, surfers: Surfers, way: Way
) -> None:
    person = people.rich(stack.nagi)
    people.places(person, "berths")
    surfer = surfers.open(person.site, way)
    surfer.log_in(person)
    surfer.go(BERTHS)
    surfer.use(surfer.main.locator(f"a[href$='{BERTHS}/3']"))
    name = f"nami{some_id(6)}"
    for field, value in (("pnew-name", name), ("pnew-secret", "umi2kaze"), ("pnew-again", "umi2kaze")):
        surfer.put(named(surfer, field), value)
    pick(surfer, "pnew-option-buoy", "use")
    pick(surfer, "pnew-option-lamp", "not")
    go_on(surfer, f"{BERTHS}/terms")
    surfer.heading("浮きの約束")
    go_on(surfer, f"{BERTHS}/confirm")
    surfer.says(name)
    go_on(surfer, f"{BERTHS}/done")
    surfer.go(BERTHS)
    surfer.use(surfer.main.locator(f"a[href$='{BERTHS}/1/remove']"))
    surfer.press("たのむ")
    surfer.at(f"{BERTHS}/done")
    surfer.go(BERTHS)
    second = surfer.main.locator("tbody tr").nth(1)
    surfer.use(second.locator("a[href*='/cancel/']"))
    surfer.press("とりけす")
    surfer.at(BERTHS)
    expect(second).to_contain_text("あいています")


@both_ways
def test_a_request_is_asked_back_and_answered_and_another_taken_back(
    stack: Stack, people: People, surfers: Surfers, way: Way
) -> None:
    person = people.rich(stack.nagi)
    surfer = surfers.open(person.site, way)
    surfer.log_in(person)
    _ask(stack, _filed(surfer, person.email))
    surfer.page.reload()
    surfer.says(QUESTION)
    surfer.put(named(surfer, "answer"), ANSWER)
    surfer.use(surfer.main.locator("form .btn--primary"))
    surfer.says(ANSWER)
    expect(named(surfer, "answer")).to_have_count(0)
    request = _filed(surfer, person.email)
    surfer.use(surfer.main.locator("a.btn--danger-line"))
    surfer.at(f"/requests/filed/{request}/withdraw")
    surfer.use(surfer.main.locator("form .btn--danger"))
    surfer.at(f"/requests/filed/{request}")
    expect(surfer.main.locator("a.btn--danger-line")).to_have_count(0)


def _filed(surfer: Surfer, mail: str) -> uuid.UUID:
    """A request goes out; its page is open."""
    surfer.go("/requests")
    surfer.use(surfer.main.locator("#forms").get_by_role("link", name="けいたいメールのとどけ"))
    for field in ("#f-mail", "#f-mail_again"):
        surfer.put(surfer.main.locator(field), mail)
    go_on(surfer, "/requests/new/slip-mail/confirm")
    surfer.says(mail)
    go_on(surfer, "/requests/new/slip-mail/done")
    surfer.use(surfer.main.locator("a.btn--primary"))
    surfer.heading("けいたいメールのとどけ")
    return uuid.UUID(surfer.page.url.rpartition("/")[2])


def _ask(stack: Stack, request: uuid.UUID) -> None:
    """Somebody of the staff asks the customer."""
    operator, vault = stack.server.compiled.operators[stack.nagi.operator], Vault(stack.server.keyring)
    staff = uuid.uuid4()
    with unit(stack.engine, Scope(stack.nagi.tenant, SystemClock(), Actor("system", "people"), "people")) as tx:
        wanted = select(WorkItem).where(WorkItem.tenant_id == tx.tenant, WorkItem.subject_id == request)
        item = tx.scalars(wanted).one()
        ask_back(tx, item.id, version=item.version, by=staff, question=QUESTION, answer_days=5)
        asked(tx, vault, operator, request, by=str(staff), question=QUESTION)


@both_ways
def test_a_contract_is_ended(stack: Stack, people: People, surfers: Surfers, way: Way) -> None:
    person = people.empty(stack.nagi)
    people.contract(person)
    surfer = surfers.open(person.site, way)
    surfer.log_in(person)
    surfer.go("/termination")
    surfer.heading("お別れのお手続き")
    pulldowns = surfer.main.locator("form select")
    next_option(surfer, pulldowns.nth(0))
    next_option(surfer, pulldowns.nth(1))
    if way == "no-script":
        surfer.use(surfer.main.locator("button[name=reload]"))
    expect(surfer.main.locator("#details option", has_text="内陸へ")).to_have_count(1)
    next_option(surfer, surfer.main.locator("#details select"))
    for place in (0, 1):
        surfer.put(surfer.main.locator("input[type=email]").nth(place), person.email)
    go_on(surfer, "/termination/confirm")
    surfer.says("内陸へ")
    surfer.use(surfer.main.locator("form .btn--danger"))
    surfer.at("/termination/done")
    surfer.heading("お別れをうけたまわりました")


@both_ways
def test_a_first_login_is_confirmed_once(stack: Stack, people: People, surfers: Surfers, way: Way) -> None:
    person = people.empty(stack.nagi)
    surfer = surfers.open(person.site, way)
    surfer.log_in(person)
    surfer.go("/first-login")
    surfer.heading("ようこそ、みなとへ")
    surfer.says(person.login)
    surfer.press("うけとりました")
    surfer.at("/home")
    surfer.go("/first-login")
    surfer.at("/home")
