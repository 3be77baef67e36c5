"""What a line may do in each of its states: menu, addresses, login, sessions. Every cell is a request (OCN-168)."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from ocnkit import Line, line, signed_in, try_login
from sqlalchemy import select, update

from mypage.auth.conditions import CONTRACTS
from mypage.auth.models import Account
from mypage.auth.sessions import find_session, open_session
from mypage.contracts.models import Contract, PaperApplication
from mypage.contracts.standing import contract_standing
from mypage.db.session import Tx
from mypage.testing.portal import MakePortal, Portal, PortalClient
from mypage_ocn.contract import CHANGES_ARE_OVER, NOT_FOR_THIS_LINE
from mypage_ocn.names import LINE, ONLINE_CHANGE
from portal_rows import operator_of

FULL = [ONLINE_CHANGE]
STATES = ("preparing", "active", "suspended", "paper", "accepted", "terminated")
OPEN = frozenset({"preparing", "active", "suspended", "paper"})


@dataclass(frozen=True)
class Place:
    """A page, the label that leads to it, in which states it opens, and what it says in those where it does not."""

    path: str
    label: str
    states: frozenset[str]
    refusal: str = ""


PLACES = (
    Place("/home", "ご利用状況の確認", OPEN | {"accepted"}),
    Place("/guidance/setup", "設定方法について", OPEN | {"accepted"}),
    Place("/guidance/payment", "お支払い方法（クレジットカードへ）", OPEN, CHANGES_ARE_OVER),
    Place("/guidance/contact-person", "担当者連絡先", OPEN, CHANGES_ARE_OVER),
    Place("/slots/mail", "メールアカウントおよびウイルスチェック", OPEN, CHANGES_ARE_OVER),
    Place("/credentials", "認証パスワード変更", OPEN, CHANGES_ARE_OVER),
    Place("/termination", "廃止申込", OPEN, CHANGES_ARE_OVER),
)


@pytest.fixture
def portal(make_portal: MakePortal) -> Portal:
    return make_portal("ocn", theme="ocn")


def bring(of: Line, state: str) -> None:
    """Put the line's contract into a state."""

    def work(tx: Tx) -> None:
        values: dict[str, Any] = {"status": "active" if state in ("paper", "accepted") else state}
        if state == "accepted":
            values["ending_accepted_at"] = tx.now()
        if state == "paper":
            tx.add(
                PaperApplication(
                    tenant_id=tx.tenant,
                    customer_id=of.customer_id,
                    contract_id=of.contract_id,
                    kind="cancel",
                    since=date(2026, 11, 20),
                    recorded_by=uuid.uuid4(),
                    recorded_at=tx.now(),
                )
            )
        tx.execute(
            update(Contract).where(Contract.tenant_id == tx.tenant, Contract.id == of.contract_id).values(**values)
        )

    of.portal.run(work)


def labels(browser: PortalClient) -> list[str]:
    """The entries of the menu."""
    return [text.partition("（専用")[0].strip("└ ") for text in browser.get("/home").texts("//nav[@id='menu']//li//a")]


@pytest.mark.req("OCN-32", "OCN-35", "OCN-126", "OCN-127", "OCN-150", "OCN-151", "OCN-166", "OCN-168", "OCN-171")
def test_every_cell_of_states_and_pages(portal: Portal) -> None:
    leaks: list[str] = []
    for number, state in enumerate(STATES):
        own = line(portal, f"line{number}", number=f"N{number:09}", contract={"features": FULL})
        browser = signed_in(portal, f"line{number}")
        bring(own, state)
        for place in PLACES:
            answer = browser.get(place.path)
            if state == "terminated":
                if answer.status != 303 or "/login" not in answer.location:
                    leaks.append(f"{state} {place.path}: {answer.status}")
                continue
            opens = state in place.states
            wrong = answer.status != (200 if opens else 403) or (not opens and place.refusal not in answer.text)
            shown = place.label in labels(browser)
            if wrong or shown is not opens:
                leaks.append(f"{state} {place.path}: {answer.status}, in the menu: {shown}")
        if state != "terminated":
            assert browser.post("/logout", dict(browser.get("/home").all("//form")[0].form_values())).status == 303
        again = try_login(portal.client(), f"line{number}")
        if (again.status == 303) is (state == "terminated"):
            leaks.append(f"{state}: the login answers {again.status}")
    assert leaks == [], f"of {len(STATES) * len(PLACES)} cells"


@pytest.mark.req("OCN-151")
def test_who_is_terminated_reads_what_a_wrong_password_brings(portal: Portal) -> None:
    own = line(portal)
    wrong = try_login(portal.client(), password="Wrong123")
    bring(own, "terminated")
    right = try_login(portal.client())
    assert (right.status, right.errors) == (wrong.status, wrong.errors)
    assert right.errors


@pytest.mark.req("OCN-32", "OCN-35")
def test_an_entry_that_a_contract_lacks_is_refused_by_address(portal: Portal) -> None:
    line(portal)
    browser = signed_in(portal)
    assert "認証パスワード変更" not in labels(browser)
    for path in ("/credentials", "/credentials/confirm"):
        answer = browser.get(path)
        assert answer.status == 403
        assert NOT_FOR_THIS_LINE in answer.text
        assert "認証パスワード変更" not in answer.text


@pytest.mark.req("OCN-150")
def test_forms_that_were_open_when_a_termination_was_accepted_change_nothing(portal: Portal) -> None:
    own = line(portal, contract={"features": FULL})
    browser = signed_in(portal)
    [form] = browser.get("/credentials").all("//main//form")
    bring(own, "accepted")
    answer = browser.post("/credentials", dict(form.form_values()) | {"password": "Neu48yka", "again": "Neu48yka"})
    assert answer.status == 403
    assert CHANGES_ARE_OVER in answer.text


@pytest.mark.req("OCN-151")
def test_a_line_that_goes_on_keeps_the_customer_in(portal: Portal) -> None:
    """Terminated everywhere means everywhere: a second line that lives is enough."""
    own = line(portal, contract={"features": FULL})
    browser = signed_in(portal)
    bring(own, "terminated")
    portal.run(
        lambda tx: tx.add(
            Contract(tenant_id=tx.tenant, customer_id=own.customer_id, number="N2", number_key="N2", name="OCN光")
        )
    )
    assert browser.get("/home").status == 200
    assert browser.get("/credentials").status == 403, "the line with the password is the one that ended"


@pytest.mark.req("OCN-168")
def test_the_session_reads_the_states_that_contracts_have(portal: Portal) -> None:
    """The statement beside the session says of each state what contracts/standing.py says."""
    operator = operator_of(portal)
    for number, state in enumerate(STATES):
        own = line(portal, f"line{number}", number=f"N{number:09}")
        bring(own, state)

        def both(tx: Tx, own: Line = own) -> tuple[str, str]:
            stopping = operator.desk.stopping()
            found = tx.execute(
                select(CONTRACTS)
                .select_from(Account)
                .where(Account.tenant_id == tx.tenant, Account.id == own.account_id),
                {"tenant": tx.tenant, "stopping": ",".join(sorted(stopping))},
            ).scalar_one()
            return found[0].strip(), contract_standing(tx, own.contract_id, stopping=stopping)

        assert portal.run(both) == (state, state)


def test_a_session_of_a_customer_without_contracts_is_none(portal: Portal) -> None:
    own = line(portal)

    def work(tx: Tx) -> None:
        token = open_session(tx, operator_of(portal), own.account_id, LINE, device="t")
        assert find_session(tx, operator_of(portal), token) is not None
        bare = update(Contract).where(Contract.tenant_id == tx.tenant, Contract.id == own.contract_id)
        tx.execute(bare.values(status="terminated"))
        assert find_session(tx, operator_of(portal), token) is None

    portal.run(work)
