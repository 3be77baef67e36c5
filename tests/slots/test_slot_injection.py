"""Hostile texts of older systems, registries and staff on the pages of places, of customers and of staff (T22)."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence

import pytest
from slotkit import Home, all_of, deploy, job_of, move_in
from sqlalchemy import select

import sample_operator.plugin as nagi
from mypage.db.session import Tx
from mypage.orders.by_hand import decline_by_hand
from mypage.slots.models import Slot, SlotApplication
from mypage.testing.portal import MakePortal, PortalClient
from mypage.work.models import WorkItem
from portal_rows import Person, sign_in
from security.injection_judge import foreign_parts
from security.injection_kit import MARK, PAYLOADS, PLACES
from staff_rows import add_staff, make_office, sit_down

FIELDS = [(table, column) for table, columns in PLACES.items() for column in columns]


@pytest.fixture
def home(make_portal: MakePortal) -> Home:
    return move_in(deploy(make_portal))


@pytest.fixture
def desk(make_portal: MakePortal, home: Home) -> PortalClient:
    office = make_office(make_portal, plugins={"nagi": nagi})
    return sit_down(office, add_staff(office, {home.portal.name: "agent"}), home.portal)


def portions() -> Iterator[Sequence[str]]:
    """The texts that the database can hold, one for each field."""
    texts = [text for text in PAYLOADS if "\0" not in text and text.encode("utf-8", "ignore").decode() == text]
    assert len(texts) > 100
    for start in range(0, len(texts), len(FIELDS)):
        yield (texts + texts)[start : start + len(FIELDS)]


def infect(home: Home, texts: Sequence[str]) -> None:
    """Every place and every application says these texts."""
    values = dict(zip(FIELDS, texts, strict=True))

    def work(tx: Tx) -> None:
        for model in (Slot, SlotApplication):
            for number, row in enumerate(tx.scalars(select(model).where(model.tenant_id == tx.tenant))):
                for (table, column), text in values.items():
                    if table == model.__tablename__:
                        # Numbers of applications are one application's each.
                        setattr(row, column, f"{text}{number}" if column == "number" else text)

    home.portal.run(work)


def test_texts_of_places_stay_texts(home: Home, desk: PortalClient) -> None:
    home.have("one", "two")
    returned = home.apply(2, "change", "dos", options=["lamp"])
    job = job_of(home.portal, returned)
    home.portal.run(lambda tx: decline(tx, home, job.id))
    home.apply(1, "change", "uno")
    mine = sign_in(home.portal, Person(home.principal.customer_id, home.principal.account_id, home.principal.scheme))
    items = all_of(home.portal, WorkItem)
    pages = [(mine, "/slots/berths"), (mine, "/slots/berths/2"), *((desk, f"/queue/{item.id}") for item in items)]
    infect(home, [f"{MARK}{number}z" for number in range(len(FIELDS))])
    shown = "".join(client.get(path).raw.text for client, path in pages)
    missing = [field for number, field in enumerate(FIELDS) if f"{MARK}{number}z" not in shown]
    assert missing == []
    views = 0
    for texts in portions():
        infect(home, texts)
        for client, path in pages:
            answer = client.get(path)
            assert answer.status == 200, (path, texts)
            assert not foreign_parts(answer.raw.content), (path, foreign_parts(answer.raw.content))
            views += 1
    print(f"T22 injection in places: {len(PAYLOADS)} payloads, {len(FIELDS)} fields, {views} page views, 0 taken")


def decline(tx: Tx, home: Home, job_id: uuid.UUID) -> None:
    decline_by_hand(tx, job_id, code="", reason="x", told="x", returned=True, outcomes=home.outcomes)
