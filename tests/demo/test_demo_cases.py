"""Callers of the demo: a locked login and a failed mail, in a demo and nowhere else."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from sqlalchemy import select

from mypage.auth.locks import locks_of, logins_of
from mypage.auth.models import Credential
from mypage.db.keys import Vault
from mypage.db.session import Tx
from mypage.demo.cases import CaseFor, Cases, bring_about, bring_all_about, read_cases
from mypage.mail.again import MailState, mails_about
from mypage.server.settings import SettingsError
from mypage.testing.portal import MakePortal, Portal
from mypage.work.models import WorkItem
from portal_rows import add_person, operator_of

ROOT = Path(__file__).parents[2]
FILE = ROOT / "demo" / "cases.toml"


@pytest.fixture
def here(make_portal: MakePortal) -> Portal:
    return make_portal("actv")


def test_every_case_is_a_sample_login_of_the_demo() -> None:
    tenants = tomllib.loads((ROOT / "demo" / "tenants.toml").read_text(encoding="utf-8"))["tenant"]
    logins = tomllib.loads((ROOT / "demo" / "logins.toml").read_text(encoding="utf-8"))["login"]
    operators = {each["name"]: each["operator"] for each in tenants}
    known = {(each["tenant"], each["login"]): each["note"] for each in logins}
    cases = read_cases(FILE).case
    assert {case.tenant for case in cases} == {"actv", "ocn", "ucom"}
    for case in cases:
        assert operators[case.tenant] == case.operator
        assert ("ロック中" in known[case.tenant, case.login]) == case.locked
        assert case.locked or case.missed or case.by_hand or case.declined or case.paper or case.adds or case.ends


def test_it_is_refused_outside_of_a_demo(here: Portal) -> None:
    assert not here.server.settings.demo
    with pytest.raises(SettingsError, match="for a demo alone"):
        bring_all_about(here.server.settings, Cases(case=[]), here.engine)


def test_a_login_is_locked_and_a_mail_failed_once(here: Portal) -> None:
    person, operator, vault = add_person(here), operator_of(here), Vault(here.server.keyring)

    def work(tx: Tx) -> tuple[list[bool], int, tuple[MailState, ...]]:
        login = tx.scalars(select(Credential.login_id).where(Credential.tenant_id == tx.tenant)).one()
        case = CaseFor(
            tenant=tx.tenant, operator="actv", scheme=person.scheme, login=login, locked=True, missed="電話番号"
        )
        done = [bring_about(tx, vault, operator, case) for _ in range(2)]
        stranger = CaseFor(tenant=tx.tenant, operator="actv", scheme=person.scheme, login="nobody1", locked=True)
        done.append(bring_about(tx, vault, operator, stranger))
        (found,) = logins_of(tx, person.customer_id)
        (lock,) = locks_of(tx, operator.throttle, found)
        assert (lock.what, lock.since, lock.until - lock.since) == (
            "password",
            tx.now(),
            operator.throttle.longest_wait,
        )
        return done, lock.failures, mails_about(tx, [person.account_id])

    done, failures, mails = here.run(work)
    assert done == [True, True, False]
    assert failures == operator.throttle.free + 7
    assert [(mail.state, mail.kept, mail.last_error) for mail in mails] == [
        ("failed", True, "550 5.1.1 mailbox unavailable")
    ]


def test_work_of_some_age_waits_for_staff_once(here: Portal) -> None:
    person, operator, vault = add_person(here), operator_of(here), Vault(here.server.keyring)

    def work(tx: Tx) -> list[tuple[str, str, bool]]:
        login = tx.scalars(select(Credential.login_id).where(Credential.tenant_id == tx.tenant)).one()
        said = {"tenant": tx.tenant, "operator": "actv", "scheme": person.scheme, "login": login}
        for case in (
            CaseFor(**said, by_hand="mail", days_ago=9),
            CaseFor(**said, declined="web", days_ago=1),
            CaseFor(**said, missed="電話番号"),
        ):
            assert all(bring_about(tx, vault, operator, case) for _ in range(2))
        found = tx.scalars(select(WorkItem).where(WorkItem.tenant_id == tx.tenant).order_by(WorkItem.kind))
        return [(item.kind, item.title, item.due_on < tx.today()) for item in found]

    assert here.run(work) == [
        ("failure", "change web", False),
        ("mail", "profile_changed", False),
        ("order", "change mail", True),
    ]
