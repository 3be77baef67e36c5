"""The queue refreshes itself: what somebody types and where the focus stands stay as they are."""

from __future__ import annotations

import pytest
from desk_people import Office
from desk_scenes import Scenery, set_up
from playwright.sync_api import Browser, expect
from portal_stack import Stack
from sample_people import People
from surfing import Surfers

from mypage.db.session import Tx
from mypage.work.models import WorkItem


@pytest.fixture(scope="module")
def scenery(stack: Stack, people: People) -> Scenery:
    return set_up(stack, people, Office(stack))


def test_a_refresh_keeps_focus_and_what_is_typed(browser: Browser, stack: Stack, scenery: Scenery) -> None:
    office, surfers = Office(stack), Surfers(browser, networks=7100)
    surfer = surfers.open(stack.office)
    office.sit_down(surfer, scenery.agent, stack.actv)
    page = surfer.page
    page.clock.install()
    surfer.go("/queue")
    item = scenery.things["item_id"]
    try:
        page.locator("#f-q").fill("青森")
        button = page.locator(f"#t-{item}")
        button.focus()

        def rename(tx: Tx) -> None:
            tx.get_one(WorkItem, (tx.tenant, item)).title = "JCB **** 0001"

        office.run(stack.actv, rename)
        with page.expect_response(lambda response: "refreshed=1" in response.url):
            page.clock.fast_forward(31_000)
        expect(page.locator(f"#w-{item}")).to_contain_text("JCB **** 0001")
        expect(page.locator("#f-q")).to_have_value("青森")
        expect(button).to_be_focused()
        assert "refreshed=2" in (page.locator("#work-list").get_attribute("data-hx-get") or "")
        button.press("Enter")
        page.wait_for_url(f"**/queue*#w-{item}")
        expect(page.locator(f"#w-{item}")).to_contain_text(scenery.agent.name)
    finally:
        surfer.context.close()
