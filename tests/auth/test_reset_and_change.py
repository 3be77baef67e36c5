"""A reset by mail and a change by the signed-in holder at the same moment wait for each other."""

from __future__ import annotations

import threading
import time
from datetime import timedelta

from authkit import Kit
from sqlalchemy import select

from mypage.auth import credentials, recovery
from mypage.auth.credentials import Change
from mypage.auth.errors import DeadLink
from mypage.auth.links import issue_link
from mypage.auth.models import Credential
from mypage.db.keys import Vault
from mypage.db.session import Tx
from mypage.testing.portal import HANG


def test_a_reset_during_a_change_finds_its_link_dead(kit: Kit) -> None:
    kit.member()
    server = kit.portal.server
    policy, vault = server.compiled.operators["actv"].password_policies["mypage"], Vault(server.keyring)
    own = kit.portal.run(lambda tx: tx.scalars(select(Credential.id).where(Credential.tenant_id == tx.tenant)).one())
    token, _ = kit.portal.run(lambda tx: issue_link(tx, "reset", own, "hanako@mail.example", timedelta(hours=1)))
    locked = threading.Event()
    outcomes: list[str] = []

    def change(tx: Tx) -> None:
        credentials.lock_credential(tx, own)
        locked.set()
        time.sleep(0.5)
        credentials.change(tx, vault, policy, Change(credential_id=own, password_hash="new"), keep=None, language="ja")

    def reset() -> None:
        locked.wait(HANG)
        wanted = Change(credential_id=own, password_hash="reset")
        try:
            kit.portal.run(lambda tx: recovery.reset_password(tx, vault, policy, token, wanted, language="ja"))
        except DeadLink:
            outcomes.append("dead link")

    waiting = threading.Thread(target=reset)
    waiting.start()
    kit.portal.run(change)
    waiting.join(HANG)
    assert outcomes == ["dead link"]
    stored = select(Credential.password_hash).where(Credential.tenant_id == kit.portal.name, Credential.id == own)
    assert kit.portal.run(lambda tx: tx.scalars(stored).one()) == "new"
