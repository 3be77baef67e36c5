"""Mails to staff: the console's own name and address, in both languages, and what the role is called."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from mypage.mail.composing import compose
from mypage.mail.service import Outgoing
from mypage.operators.operator import OFFICE
from mypage.testing.portal import MakePortal, Portal
from mypage.web.rendering import Templates
from staff_rows import make_office

NOW = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)


@pytest.fixture
def office(make_portal: MakePortal) -> Portal:
    return make_office(make_portal)


def written(office: Portal, template: str, language: str, **values: Any) -> tuple[str, str, str]:
    operator = office.server.compiled.operators[OFFICE]
    tenant = office.server.registry.current.get(office.name)
    assert tenant is not None
    message = compose(
        Outgoing(
            id=None,  # type: ignore[arg-type]
            template=template,
            recipient="mari@isp.example",
            language=language,
            message_id="<x@isp.example>",
            values=values,
            created_at=NOW,
            tries=1,
        ),
        tenant=tenant,
        operator=operator,
        templates=Templates(operator.catalogues, operator.template_folder, {}),
        origin=office.origin,
        login_url=f"{office.origin}/login",
        now=NOW,
    )
    body = message.get_body(("plain",))
    assert body is not None
    return str(message["Subject"]), str(message["From"]), body.get_content()


@pytest.mark.parametrize(
    ("language", "subject", "words"),
    [
        (
            "ja",
            "mypage 受付管理への招待",
            ("権限: 担当者", "マイページ: 青森 (actv)", "森 真理　様", "2026年11月24日 12:00"),
        ),
        ("en", "mypage Invitation to the staff console", ("Role: Agent", "Portal: 青森 (actv)", "once only")),
    ],
)
def test_an_invitation(office: Portal, language: str, subject: str, words: tuple[str, ...]) -> None:
    link = f"{office.origin}/invited/abc"
    values = {"name": "森 真理", "role": "Agent", "portal": "青森 (actv)", "link": link}
    ends = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
    title, sender, text = written(office, "staff_invite", language, **values, expires_at=ends)
    assert title == subject
    assert sender == "mypage <mypage@isp.example>"
    assert link in text
    for word in words:
        assert word in text


@pytest.mark.parametrize(
    ("change", "said"),
    [("added", "新しい権限が付きました"), ("changed", "変わりました"), ("withdrawn", "なくなりました")],
)
def test_a_role(office: Portal, change: str, said: str) -> None:
    values = {"change": change, "role": "Manager", "portal": "青森 (actv)", "link": f"{office.origin}/login"}
    _, _, text = written(office, "staff_role", "ja", **values, changed_at=NOW)
    assert said in text
    assert "管理者" in text


@pytest.mark.parametrize("language", ["ja", "en"])
def test_nobody_is_told_to_telephone(office: Portal, language: str) -> None:
    changed = written(
        office, "credentials_changed", language, changed="password", login_id="m@x.example", changed_at=NOW
    )
    factor = written(office, "second_factor_changed", language, change="app-added", factor_name="app", changed_at=NOW)
    for _, _, text in (changed, factor):
        assert "電話" not in text
        assert "call us" not in text
