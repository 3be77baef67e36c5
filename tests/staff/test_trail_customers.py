"""Lines of the trail about an account's customer name the customer: the timeline finds them by it."""

from __future__ import annotations

import uuid

from mypage.audit.models import AuditEntry
from mypage.auth.factors.models import SecondFactor
from mypage.auth.factors.service import rename
from mypage.auth.models import LoginSession
from mypage.auth.sessions import end_other_sessions, end_session_of, open_session
from mypage.db.session import Tx
from mypage.testing.portal import MakePortal
from portal_rows import add_person, operator_of


def test_ended_sessions_and_renamed_factors_are_the_customers(make_portal: MakePortal) -> None:
    portal = make_portal("actv")
    person = add_person(portal)
    factor_id = uuid.uuid4()

    def work(tx: Tx) -> list[uuid.UUID | None]:
        for device in ("a", "b"):
            open_session(tx, operator_of(portal), person.account_id, person.scheme, device=device)
        tx.flush()
        values = {"account_id": person.account_id, "kind": "totp", "name": "app", "created_at": tx.now()}
        tx.add(SecondFactor(tenant_id=tx.tenant, id=factor_id, **values))
        tx.flush()
        rename(tx, person.account_id, factor_id, "電話")
        session = tx.query(LoginSession.public_id).filter(LoginSession.tenant_id == tx.tenant).limit(1).scalar()
        assert end_session_of(tx, person.account_id, session)
        assert end_other_sessions(tx, person.account_id, None) == 1
        found = tx.query(AuditEntry).filter(AuditEntry.tenant_id == tx.tenant).order_by(AuditEntry.action)
        return [entry.customer_id for entry in found]

    assert portal.run(work) == [person.customer_id] * 3
