"""`mypage accounts`: the help desk lets somebody in again, and leaves a trail and a mail."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Callable

import pyotp
import pytest
from click.testing import CliRunner
from sqlalchemy import select

from mypage.audit.models import AuditEntry
from mypage.auth.factors.models import RecoveryCode, SecondFactor
from mypage.auth.factors.service import Holder, Keys, add_app
from mypage.auth.models import Credential, LoginSession
from mypage.auth.sessions import open_session
from mypage.db.keys import Vault
from mypage.db.session import Tx
from mypage.lib.crypto import Keyring
from mypage.mail.models import MailMessage
from mypage.server.cli import cli
from mypage.testing.database import TestDatabase
from mypage.testing.portal import MakePortal, Portal
from portal_rows import add_person, operator_of

Run = Callable[..., tuple[int, str]]
REASON = "スマートフォン紛失、登録番号に折り返し確認"


@pytest.fixture
def run(test_database: TestDatabase) -> Run:
    environment = {
        "MYPAGE_DATABASE_URL": test_database.app,
        "MYPAGE_SECRET_KEY": base64.b64encode(bytes(range(32))).decode(),
    }

    def call(*words: str, act: str = "remove-factors") -> tuple[int, str]:
        done = CliRunner(env=environment).invoke(cli, ["accounts", act, *words])
        # The frame around a message breaks its lines.
        return done.exit_code, " ".join(done.output.replace("│", " ").split())

    return call


@pytest.fixture
def locked_out(make_portal: MakePortal) -> tuple[Portal, uuid.UUID, str]:
    portal = make_portal("actv", second_factor="required")
    person = add_person(portal)
    keys = Keys(portal.server.ports.get(Vault), portal.server.ports.get(Keyring))

    def work(tx: Tx) -> str:
        holder = Holder(account_id=person.account_id, session_id=None, language="ja")
        add_app(tx, keys, holder, secret=pyotp.random_base32(), name="電話", step=0)
        open_session(tx, operator_of(portal), person.account_id, person.scheme, device="t")
        return tx.scalars(select(Credential.login_id).where(Credential.tenant_id == tx.tenant)).one()

    return portal, person.account_id, portal.run(work)


def _rows(portal: Portal, model: type) -> list:
    return portal.run(lambda tx: list(tx.scalars(select(model).where(model.tenant_id == tx.tenant))))


def test_the_help_desk_removes_everything_and_says_so(run: Run, locked_out: tuple[Portal, uuid.UUID, str]) -> None:
    portal, account_id, login = locked_out
    status, said = run(portal.name, login.upper(), "--reason", REASON)
    assert status == 0, said
    assert "1 second factors removed" in said
    assert [_rows(portal, model) for model in (SecondFactor, RecoveryCode, LoginSession)] == [[], [], []]
    entry = next(row for row in _rows(portal, AuditEntry) if row.action == "factor.removed_by_support")
    assert entry.after == {"factors": 1, "reason": REASON}
    assert (entry.actor_kind, entry.actor) == ("system", "mypage accounts remove-factors")
    assert entry.object_id == str(account_id)
    assert [mail.template for mail in _rows(portal, MailMessage)] == ["second_factor_changed"] * 2
    status, said = run(portal.name, login, "--reason", REASON)
    assert status == 1
    assert "has no second factor; nothing was changed" in said


def test_the_help_desk_ends_all_sessions(run: Run, locked_out: tuple[Portal, uuid.UUID, str]) -> None:
    portal, account_id, login = locked_out
    status, said = run(portal.name, login, "--reason", REASON, act="end-sessions")
    assert (status, _rows(portal, LoginSession)) == (0, []), said
    assert "1 sessions ended" in said
    entry = next(row for row in _rows(portal, AuditEntry) if row.action == "sessions.ended_by_support")
    assert (entry.after, entry.object_id) == ({"reason": REASON}, str(account_id))
    assert entry.actor == "mypage accounts end-sessions"
    assert len(_rows(portal, SecondFactor)) == 1
    status, said = run(portal.name, login, "--reason", REASON, act="end-sessions")
    assert status == 1
    assert "has no session; nothing was changed" in said


@pytest.mark.parametrize("act", ["remove-factors", "end-sessions"])
def test_mistakes_are_told_and_change_nothing(run: Run, locked_out: tuple[Portal, uuid.UUID, str], act: str) -> None:
    portal, _, login = locked_out
    for words, told in (
        ((portal.name, login), "--reason"),
        ((portal.name, login, "--reason", "kurz"), "too short"),
        ((portal.name, "nobody", "--reason", REASON), "has no active login"),
        ((portal.name, login, "--reason", REASON, "--scheme", "other"), "has no active login"),
        (("nowhere", login, "--reason", REASON), "there is no tenant"),
        (("No Where'", login, "--reason", REASON), "there is no tenant"),
    ):
        status, said = run(*words, act=act)
        assert status != 0
        assert told in said
        assert "Traceback" not in said
    assert len(_rows(portal, SecondFactor)) == 1
