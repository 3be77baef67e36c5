"""What staff come for, all the way, by keyboard alone and without scripts: helping a caller, deciding work, four eyes."""

from __future__ import annotations

import re

import pytest
from desk_people import Office, commit, enter, sign_in, take_seat
from desk_scenes import set_up
from playwright.sync_api import expect
from portal_stack import Stack
from sample_people import People
from surfing import Surfers, Way

ways = pytest.mark.parametrize("way", ["keyboard", "no-script"])


@ways
def test_a_caller_is_found_and_helped(stack: Stack, people: People, surfers: Surfers, way: Way) -> None:
    """Sign in with a code, choose the portal, search by number, open the record, send a link for a new password."""
    office, site = Office(stack), stack.actv
    person = people.rich(site)
    clerk = office.clerk("鈴木 次郎", (site, "agent"), (stack.nagi, "reader"))
    surfer = surfers.open(stack.office, way)
    sign_in(surfer, clerk)
    take_seat(surfer, site)
    surfer.use(surfer.page.locator("nav a[href='/search']").first)
    surfer.at("/search")
    enter(surfer, {"q": person.number})
    commit(surfer, "/search")
    surfer.use(surfer.main.locator("th a", has_text=person.name).first)
    surfer.heading(person.name)
    surfer.use(surfer.main.locator("a[href$='/reset-link']"))
    expect(surfer.page).to_have_url(re.compile("/reset-link$"))
    enter(surfer, {"reason": "本人から電話、生年月日を確認"})
    if surfer.main.locator("input[type=radio]").count():
        surfer.tick(surfer.main.locator("input[type=radio]").first)
    commit(surfer)
    surfer.says(person.name)
    commit(surfer)
    surfer.says("送りました")
    assert re.search("パスワード", stack.mail_to(person.email).text)


@ways
def test_a_card_is_taken_from_the_queue_and_accepted(stack: Stack, people: People, surfers: Surfers, way: Way) -> None:
    office, site = Office(stack), stack.actv
    made = set_up(stack, people, office)
    surfer = surfers.open(stack.office, way)
    sign_in(surfer, made.agent)
    take_seat(surfer, site)
    surfer.use(surfer.page.locator("nav a[href='/queue']").first)
    surfer.use(surfer.main.locator(f"a[href='/queue/{made.things['item_id']}']").first)
    surfer.at(f"/queue/{made.things['item_id']}")
    commit(surfer, "/take")
    surfer.use(surfer.main.locator("a[href*='/decide/accept']").first)
    if surfer.main.locator("[name='body']").count():
        enter(surfer, {"body": "確認しました"})
    commit(surfer)
    surfer.says("HANAKO AOMORI")


@ways
def test_an_amount_is_proposed_by_one_and_confirmed_by_another(
    stack: Stack, people: People, surfers: Surfers, way: Way
) -> None:
    office, site = Office(stack), stack.actv
    made = set_up(stack, people, office)
    customer, contract = made.things["customer_id"], made.things["contract_id"]
    first = surfers.open(stack.office, way)
    sign_in(first, made.agent)
    take_seat(first, site)
    first.go(f"/customers/{customer}")
    first.use(first.main.locator(f"a[href='/customers/{customer}/amount']"))
    values = {"way": "charge", "contract": contract, "amount": "250", "rate": "10", "description": "お詫び"}
    enter(first, values | {"reason": "障害のお詫びのため"})
    commit(first)
    first.says("250")
    commit(first)
    first.says("青森 花子")
    assert not first.main.locator("form[action$='/confirm']").count(), "nobody confirms what is their own"
    where = re.sub(r"^https?://[^/]+", "", first.page.url).partition("?")[0]
    second = surfers.open(stack.office, way)
    sign_in(second, made.manager)
    take_seat(second, site)
    second.use(second.page.locator("nav a[href='/approvals']").first)
    second.use(second.main.locator(f"a[href='{where}']").first)
    second.says("250")
    commit(second, "/confirm")
    second.says("承認")
    assert not second.main.locator("form[action$='/confirm']").count(), "it is done once"
