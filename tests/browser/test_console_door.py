"""The page behind an invitation in a browser: at both widths and in both languages, and down to the first desk."""

from __future__ import annotations

import pytest
from desk_people import Office
from page_checks import at_both_widths
from page_views import Views
from playwright.sync_api import Browser, expect
from portal_stack import Stack, some_id
from second_steps import add_app
from surfing import Surfers

from mypage.db.keys import Vault
from mypage.db.session import Tx
from mypage.operators.operator import OFFICE
from mypage.staff import invites
from mypage.staff.invites import Invitation, Means

SECRET = "kyuuri to nasu 2026"


def invited(stack: Stack) -> tuple[str, str]:
    """Somebody who is invited: the address, and the path of the link."""
    email, links = f"{some_id(8)}@staff.example", list[str]()

    def link_of(token: str) -> str:
        links.append(f"/invited/{token}")
        return stack.office.url(links[-1])

    means = Means(
        vault=stack.server.ports.get(Vault),
        operator=stack.server.compiled.operators[OFFICE],
        language="ja",
        link_of=link_of,
        login_url=stack.office.url("/login"),
    )

    def work(tx: Tx) -> None:
        wanted = Invitation(email=email, name="森 真理", worked=stack.actv.tenant, role="agent", portal="青森")
        invites.invite(tx, means, wanted, by="test")

    Office(stack).run(stack.office, work)
    return email, links[0]


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_the_page_of_an_invitation_holds(browser: Browser, stack: Stack, views: Views, lang: str) -> None:
    surfer = Surfers(browser, networks=7400).open(stack.office)
    surfer.go(f"/display?language={lang}")
    surfer.watch.take()
    found = []
    for path, status in ((invited(stack)[1], 200), ("/invited/none", 404)):
        assert surfer.go(path).status == status
        found += at_both_widths(surfer.page, lang, views)
    surfer.context.close()
    assert found == []


def test_from_the_link_to_the_desk(browser: Browser, stack: Stack) -> None:
    email, path = invited(stack)
    surfer = Surfers(browser, networks=7410).open(stack.office)
    page = surfer.page
    surfer.go(path)
    page.fill("[name=password]", SECRET)
    expect(page.locator(".rule--ok").first).to_be_visible()
    page.fill("[name=password_again]", SECRET)
    page.get_by_role("button", name="参加する").click()
    page.fill("[name=email]", email)
    page.fill("[name=password]", SECRET)
    page.get_by_role("button", name="ログイン").click()
    surfer.at("/factors")
    add_app(surfer)
    surfer.go("/home")
    surfer.at("/seat")
    page.locator("button[name=tenant]").click()
    surfer.at("/home")
    expect(page.locator("header .who strong")).to_have_text("担当　森 真理")
    expect(page.locator("header .who a")).to_contain_text(stack.actv.tenant)
    surfer.context.close()
