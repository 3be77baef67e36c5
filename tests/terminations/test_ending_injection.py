"""Hostile texts in what was entered for the end of a contract, on the pages of customers and of staff (T22)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest
from sqlalchemy import select
from test_terminations import browser_of, leaver, press

import sample_operator.plugin as nagi
from mypage.db.session import Tx
from mypage.terminations.models import EndingRow
from mypage.testing.portal import MakePortal
from mypage.work.models import WorkItem
from security.injection_judge import foreign_parts
from security.injection_kit import ENDINGS, MARK, PAYLOADS
from slots.slotkit import Home, all_of, deploy
from staff_rows import add_staff, make_office, sit_down

ANSWERS = ("why", "more", "tel", "mail")
PLACES = (*(column for column in ENDINGS["termination"] if column != "answers"), *ANSWERS)
PORTION = 32


@pytest.fixture
def home(make_portal: MakePortal) -> Home:
    return leaver(deploy(make_portal))


def portions() -> Iterator[Sequence[str]]:
    """The texts that the database can hold, in portions as wide as there are places."""
    texts = [text for text in PAYLOADS if "\0" not in text and text.encode("utf-8", "ignore").decode() == text]
    assert len(texts) > 100
    for start in range(0, len(texts), PORTION):
        yield (texts + texts)[start : start + PORTION]


def infect(home: Home, texts: Sequence[str]) -> None:
    """The first texts stand in a place each; what ends are all of them."""
    values = dict(zip(PLACES, texts, strict=False))

    def work(tx: Tx) -> None:
        row = tx.scalars(select(EndingRow).where(EndingRow.tenant_id == tx.tenant)).one()
        row.number, row.email, row.placed_login = values["number"], values["email"], values["placed_login"]
        row.answers = {**row.answers, **{name: values[name] for name in ANSWERS}}
        row.ends = [[values["ends"], "", 1], *([text, text, 2] for text in texts)]

    home.portal.run(work)


def test_texts_of_an_end_stay_texts(make_portal: MakePortal, home: Home) -> None:
    press(home)
    office = make_office(make_portal, plugins={"nagi": nagi})
    desk = sit_down(office, add_staff(office, {home.portal.name: "agent"}), home.portal)
    (item,) = all_of(home.portal, WorkItem)
    pages = [(browser_of(home), "/termination/done"), (desk, f"/queue/{item.id}")]
    marks = [f"{MARK}{number}z" for number in range(len(PLACES))]
    infect(home, marks)
    shown = "".join(client.get(path).raw.text for client, path in pages)
    assert [place for place, mark in zip(PLACES, marks, strict=True) if mark not in shown] == []
    views = 0
    for texts in portions():
        infect(home, texts)
        for client, path in pages:
            answer = client.get(path)
            assert answer.status == 200, (path, texts)
            assert not foreign_parts(answer.raw.content), (path, foreign_parts(answer.raw.content))
            views += 1
    print(f"T22 injection in ends: {len(PAYLOADS)} payloads, {len(PLACES)} places, {views} page views, 0 taken")
