"""T4: the tenant filter is taken out of every statement, and row security alone keeps two tenants apart.

The tenants are twins: the same ids, keys, hashes and sessions, other texts. Whatever looks a thing up without its tenant
finds it twice.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from attackkit import Oracle
from attackkit import differences as rows_changed
from ring_victims import CANARY
from twins import Twins, make_twins

import rlskit
from mypage.auth.cleanup import cleanup
from mypage.auth.links import end_links
from mypage.auth.names import release
from mypage.auth.sessions import end_other_sessions
from mypage.billing.card import note_ended
from mypage.db.keys import Vault
from mypage.db.session import Tx
from mypage.mail.service import fail_stuck, forget_old, mark_failed
from mypage.server.routes import all_routes
from mypage.testing.database import TestDatabase
from mypage.testing.portal import Portal

ROUTES = all_routes()
LAST = ("logout", "sessions-end", "sessions-end-one")
"""They end the session that the others need."""


@pytest.fixture
def twins(place: Callable[..., Portal], oracle: Oracle, test_database: TestDatabase) -> Twins:
    return make_twins(place, oracle, test_database.admin)


def test_without_filters_row_security_alone_keeps_twins_apart(
    twins: Twins, oracle: Oracle, figure: Callable[[str], None]
) -> None:
    asked, statements, own = 0, 0, 0
    for which, portal in enumerate(twins.portals):
        other = twins.portals[1 - which]
        before = oracle.rows(other.name)
        with rlskit.filters_off(portal.server.database.engine.sync_engine) as stripped:
            for routes in ([r for r in ROUTES if r.name not in LAST], [r for r in ROUTES if r.name in LAST]):
                answers = twins.ask(portal, routes)
                asked += len(answers)
                assert twins.foreign(which, answers) == set()
                bad = [(r.name, a.status) for r, a in zip(routes, answers, strict=True) if a.status >= 500]
                assert [each for each in bad if not each[0].startswith("card")] == []
                own += sum(bool(set(CANARY.findall(a.everything.lower())) & twins.canaries[which]) for a in answers)
        statements += len(stripped)
        assert rows_changed(before, oracle.rows(other.name)) == {}
    figure(f"T4 row security alone: {asked} requests, {statements} statements without their filter, 0 foreign rows")
    assert own > 20
    assert statements > 150


def test_without_filters_the_jobs_of_one_twin_leave_the_other_alone(
    twins: Twins, oracle: Oracle, figure: Callable[[str], None]
) -> None:
    here, other = twins.portals[1], twins.portals[0]
    vault = here.server.ports.get(Vault)
    mails = [
        uuid.UUID(str(row[0])) for row in oracle.fetch("SELECT id FROM mail_message WHERE tenant_id = %s", here.name)
    ]
    entries = [uuid.UUID(str(r[0])) for r in oracle.fetch("SELECT id FROM card_setup WHERE tenant_id = %s", here.name)]
    works: list[Callable[[Tx], object]] = [
        *(lambda tx, i=i: note_ended(tx, i, "cancelled", "x") for i in entries),
        *(lambda tx, i=i: mark_failed(tx, i, "x") for i in mails),
        lambda tx: end_other_sessions(tx, twins.victim.person.account_id, None),
        lambda tx: end_links(tx, "reset", credential),
        lambda tx: release(tx, registration),
        lambda tx: cleanup(tx, 500),
        lambda tx: fail_stuck(tx, 500),
        lambda tx: forget_old(tx, 500),
        vault.rewrap,
    ]
    credential = oracle.fetch("SELECT id FROM credential WHERE tenant_id = %s", here.name)[0][0]
    registration = oracle.fetch("SELECT id FROM registration WHERE tenant_id = %s", here.name)[0][0]
    before = {portal.name: oracle.rows(portal.name) for portal in twins.portals}
    here.clock.at += timedelta(days=400)
    try:
        with rlskit.filters_off(here.engine) as stripped:
            for work in works:
                here.run(work)
    finally:
        here.clock.at -= timedelta(days=400)
    gone = len(rows_changed(before[here.name], oracle.rows(here.name)))
    assert gone > 8
    assert rows_changed(before[other.name], oracle.rows(other.name)) == {}
    figure(
        f"T4 row security alone: {len(works)} jobs changed {gone} own rows by {len(stripped)} statements, 0 foreign ones"
    )


def test_without_row_security_the_same_requests_mix_twins_up(twins: Twins, test_database: TestDatabase) -> None:
    """Otherwise the test above would prove nothing."""
    portal = twins.portals[1]
    routes = [
        r for r in ROUTES if r.method == "GET" and r.name in ("home", "bills", "bills-one", "contract", "notices")
    ]
    with (
        rlskit.rls_off(test_database.owner, "invoice", "contract", "service", "notice", "payment_method"),
        rlskit.filters_off(portal.server.database.engine.sync_engine),
    ):
        assert twins.foreign(1, twins.ask(portal, routes))


def test_without_row_security_the_filters_alone_keep_twins_apart(
    twins: Twins, oracle: Oracle, test_database: TestDatabase, figure: Callable[[str], None]
) -> None:
    """The other wall alone."""
    asked = 0
    with rlskit.rls_off(test_database.owner):
        for which, portal in enumerate(twins.portals):
            before = oracle.rows(twins.portals[1 - which].name)
            for routes in ([r for r in ROUTES if r.name not in LAST], [r for r in ROUTES if r.name in LAST]):
                answers = twins.ask(portal, routes)
                asked += len(answers)
                assert twins.foreign(which, answers) == set()
                assert [a.status for a in answers if a.status == 500] == []
            assert rows_changed(before, oracle.rows(twins.portals[1 - which].name)) == {}
    figure(f"T4 filters alone: {asked} requests with row security off, 0 foreign rows")
