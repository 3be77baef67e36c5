"""A bill that the run issued is a bill like any other: on its pages, as PDF, as CSV; and the command that issues it."""

from __future__ import annotations

import base64
import csv
import io
import re
import uuid
from collections.abc import Callable
from datetime import date, datetime

import pypdf
import pytest
from click.testing import CliRunner, Result
from runkit import plan_of, product
from sqlalchemy import Engine, insert

from mypage.billing.models import Posting
from mypage.billing.run import run_month
from mypage.billing.run_values import RunPlan, RunRefused
from mypage.contracts.models import Subscription
from mypage.db.session import Actor, Scope, Tx
from mypage.hooks.prices import ChargedMonths, UnitPrice
from mypage.lib.clock import TOKYO, SystemClock
from mypage.server.cli import cli
from mypage.testing.database import TestDatabase
from mypage.testing.portal import Portal
from portal_rows import Person, add_card, add_contract, add_person, sign_in

OCTOBER = date(2026, 10, 1)
BASIC = product("basic", UnitPrice(monthly=4800, months=ChargedMonths(first=True)), name="光コース 基本料")
SUPPORT = product(
    "support",
    UnitPrice(monthly=980, again=3000),
    name="リモートサポート",
    again_label="再申し込み手数料",
    holder="account",
)


@pytest.fixture
def person(portal: Portal) -> Person:
    person = add_person(portal)
    add_card(portal, person)
    contract = add_contract(portal, person, "K1")
    account = {"account_id": person.account_id, "holder_id": person.account_id}

    def work(tx: Tx) -> None:
        same = {"tenant_id": tx.tenant, "customer_id": person.customer_id, "contract_id": contract}
        bought = datetime(2026, 9, 5, tzinfo=TOKYO)
        again = {"product": "support", "bought_at": bought.replace(month=10), "again": True} | account
        rows = [
            {"product": "basic", "bought_at": bought, "again": False, "account_id": None, "holder_id": contract},
            again,
        ]
        tx.execute(insert(Subscription), [same | each | {"id": uuid.uuid4()} for each in rows])
        posted = {
            "month": OCTOBER,
            "key": "1",
            "description": "地域新聞",
            "amount": 1389,
            "rate_bp": 800,
            "reduced": True,
        }
        tx.execute(insert(Posting).values(tenant_id=tx.tenant, contract_id=contract, **posted))

    portal.run(work)
    return person


def issue(portal: Portal, engine: Engine, plan: RunPlan) -> None:
    run_month(engine, Scope(portal.name, portal.server.database.clock, Actor("system", "test"), "test"), plan)


def test_an_issued_bill_is_shown_printed_and_exported(portal: Portal, engine: Engine, person: Person) -> None:
    issue(portal, engine, plan_of([BASIC, SUPPORT], OCTOBER))
    client = sign_in(portal, person)
    listed = client.get("/bills")
    assert listed.texts("//tbody/tr/th") == ["2026年10月"]
    [link] = listed.all("//tbody//a[starts-with(@href, '/bills/')]/@href")[:1]
    page = client.get(link)
    assert page.status == 200
    for words in ("光コース 基本料", "リモートサポート 再申し込み手数料（login1000001", "地域新聞", "VISA"):
        assert words in page.text, words
    # 7,800 and 1,389 yen without tax, 780 and 111 of tax.
    assert "10,080円" in page.text
    qualified = link.replace("/bills/", "/invoices/")
    assert "2026-10-000001" in client.get(qualified).text
    printed = client.get(f"{qualified}/pdf")
    assert printed.raw.headers["content-type"] == "application/pdf"
    text = "".join(each.extract_text() for each in pypdf.PdfReader(io.BytesIO(printed.raw.content)).pages)
    text = re.sub(r"\s", "", text)
    for words in ("光コース基本料", "再申し込み手数料", "2026-10-000001", "10,080"):
        assert words in text, words
    rows = list(csv.reader(io.StringIO(client.get("/bills/lines.csv").raw.content.decode("utf-8-sig"), newline="")))
    assert len([row for row in rows if any("2026" in cell for cell in row)]) >= 3
    assert any("光コース 基本料" in row for row in rows)


Command = Callable[..., Result]


@pytest.fixture
def command(test_database: TestDatabase, portal: Portal) -> Command:
    environment = {
        "MYPAGE_DATABASE_URL": test_database.app,
        "MYPAGE_SECRET_KEY": base64.b64encode(bytes(range(32))).decode(),
    }
    return lambda *words: CliRunner(env=environment).invoke(cli, ["billing", "run", portal.name, *words])


def test_the_command_issues_compares_and_says_what_it_did(portal: Portal, command: Command) -> None:
    """The operator sells nothing online; its contracts are billed what a feed posts."""
    contract = add_contract(portal, add_person(portal), "K1")
    posted = {"month": OCTOBER, "key": "1", "description": "利用料", "amount": 4800, "rate_bp": 1000}
    portal.run(lambda tx: tx.execute(insert(Posting).values(tenant_id=tx.tenant, contract_id=contract, **posted)))
    dry = command("2026-10", "--dry-run")
    assert "1 missing, 0 same, 0 different; nothing was changed" in dry.output
    assert "contract K1: missing, would be 5,280 yen" in dry.output
    done = command("2026-10", "--issued-on", "2026-11-10", "--due-on", "2026-11-27")
    assert done.exit_code == 0
    assert "2026-10: 1 contracts, 1 invoices, 5,280 yen" in done.stdout.splitlines()
    assert "0 missing, 1 same, 0 different" in command("2026-10", "--dry-run").output
    assert "2026-10 is billed already" in command("2026-10").output
    today = SystemClock().now().astimezone(TOKYO)
    early = command(f"{today:%Y-%m}")
    assert isinstance(early.exception, RunRefused)
    assert f"tenant {portal.name}: {today:%Y-%m} is not over yet" in str(early.exception)
    assert command(f"{today:%Y-%m}", "--early").exit_code == 0
    assert "is no month; write it as 2026-11" in command("2026-13").output


def test_what_the_operator_does_not_sell_is_refused_in_one_line(
    portal: Portal, command: Command, person: Person
) -> None:
    refused = command("2026-10")
    assert isinstance(refused.exception, RunRefused)
    assert str(refused.exception).startswith(f"tenant {portal.name}: contract K1: ")
    assert "has no price; declare it as a product of the operator" in str(refused.exception)
