"""Reports of another system over HTTP: signed by the tenant's key, recent, once, about a job of this portal."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
from provisioning_rows import Ordered, order_something
from switching import KEY, signed
from test_provisioning import jobs, order_of, pin_of, start

from mypage.db.keys import Vault
from mypage.orders.provisioning import note_sent
from mypage.testing.portal import MakePortal, Portal

VARIABLE = "MYPAGE_TEST_REPORT_KEY"
HOOKED = {"provisioning": {"adapter": "webhook", "base_url": "http://127.0.0.1:9/tasks", "key_env": VARIABLE}}
PATH = "/hooks/provisioning"


@pytest.fixture
def place(make_portal: MakePortal, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv(VARIABLE, KEY)
    return lambda **options: make_portal("ucom", **({"extensions": HOOKED} | options))


@pytest.fixture
def portal(place: Any) -> Portal:
    return place()


def taken(portal: Portal, **options: Any) -> Ordered:
    """An order whose job the other system has taken."""

    def work(tx: Any) -> Ordered:
        ordered = order_something(tx)
        start(tx, ordered, **options)
        note_sent(tx, jobs(tx)[0].id)
        return ordered

    return portal.run(work)


def post(portal: Portal, body: bytes, headers: dict[str, str], path: str = PATH) -> tuple[int, dict[str, str]]:
    raw = portal.wait(portal.client().arequest("POST", path, content=body, headers=headers))
    assert raw.headers["content-type"] == "application/json"
    assert "set-cookie" not in raw.headers
    assert raw.headers["cache-control"] == "no-store"
    return raw.status_code, raw.json()


def report(portal: Portal, said: Any, *, key: str = KEY, late: float = 0) -> tuple[int, dict[str, str]]:
    body = said if isinstance(said, bytes) else json.dumps(said).encode()
    return post(portal, body, signed(body, at=portal.clock.now().timestamp() + late, key=key))


def state(portal: Portal, ordered: Ordered) -> tuple[str, str]:
    (job,) = portal.run(jobs)
    return job.state, portal.run(lambda tx: order_of(tx, ordered)).state


def done(portal: Portal, **more: Any) -> dict[str, Any]:
    return {"id": str(portal.run(jobs)[0].id), "state": "done", **more}


def test_a_report_completes_the_order_once(portal: Portal) -> None:
    ordered = taken(portal, wants_pin=True)
    said = done(portal, reference="sw-1", pin="AAAA-1111")
    assert report(portal, said) == (200, {"state": "taken"})
    assert state(portal, ordered) == ("done", "completed")
    vault = portal.server.ports.get(Vault)
    assert portal.run(lambda tx: pin_of(tx, vault, ordered)) == "AAAA-1111"
    assert report(portal, said) == (409, {"error": "the job has ended"})
    assert report(portal, said | {"state": "failed"})[0] == 409
    assert report(portal, said | {"pin": "BBBB-2222"})[0] == 409
    assert portal.run(lambda tx: pin_of(tx, vault, ordered)) == "AAAA-1111"
    assert state(portal, ordered) == ("done", "completed")


def test_a_reported_failure_fails_the_order_with_its_reason(portal: Portal) -> None:
    ordered = taken(portal)
    assert report(portal, done(portal) | {"state": "failed", "problem": "no free port"})[0] == 200
    assert state(portal, ordered) == ("failed", "failed")
    assert portal.run(jobs)[0].problem == "no free port"


def test_nobody_else_can_report(portal: Portal) -> None:
    ordered = taken(portal)
    body = json.dumps(done(portal)).encode()
    now = portal.clock.now().timestamp()
    good = signed(body, at=now)
    stamp, signature = good["Mypage-Timestamp"], good["Mypage-Signature"]
    forged: list[dict[str, str]] = [
        {},
        {"Mypage-Timestamp": stamp},
        {"Mypage-Signature": signature},
        signed(body, at=now, key="x" * 40),
        good | {"Mypage-Timestamp": str(int(stamp) + 1)},
        good | {"Mypage-Signature": signature[:-1] + ("0" if signature[-1] != "0" else "1")},
        good | {"Mypage-Signature": signature[3:]},
        good | {"Mypage-Signature": "v1="},
        good | {"Mypage-Timestamp": "now"},
        good | {"Mypage-Timestamp": "1" * 400},
        signed(body + b" ", at=now),
        signed(b"", at=now),
    ]
    for headers in forged:
        assert post(portal, body, headers) == (401, {"error": "signature"}), headers
    assert post(portal, body + b" ", good) == (401, {"error": "signature"})
    assert state(portal, ordered) == ("sent", "in_progress")


@pytest.mark.parametrize(("late", "status"), [(-301, 401), (301, 401), (-299, 200), (299, 200)])
def test_an_old_message_or_one_from_the_future_is_refused(portal: Portal, late: float, status: int) -> None:
    taken(portal)
    answer = report(portal, done(portal), late=late)
    assert answer[0] == status
    assert answer[1].get("error", "time") == "time"


@pytest.mark.parametrize(
    "said",
    [
        b"", b"[]", b"\xff\xfe", b"{", b'"done"', {}, {"state": "done"}, {"id": 7, "state": "done"},
        {"state": "sent"}, {"state": None}, {"pin": ["x"]}, {"reference": "x" * 201}, {"pin": "a\u0000b"},
        {"state": "failed", "problem": {}}, b"[" * 60_000,
    ],
)  # fmt: skip
def test_a_signed_body_that_means_nothing_changes_nothing(portal: Portal, said: Any) -> None:
    ordered = taken(portal)
    body = (
        done(portal) | said if isinstance(said, dict) and said and set(said) & {"pin", "reference", "problem"} else said
    )
    assert report(portal, body) == (400, {"error": "body"})
    assert state(portal, ordered) == ("sent", "in_progress")


def test_a_wanted_pin_must_be_reported(portal: Portal) -> None:
    ordered = taken(portal, wants_pin=True)
    assert report(portal, done(portal)) == (400, {"error": "body"})
    assert state(portal, ordered) == ("sent", "in_progress")
    assert report(portal, done(portal, pin="P"))[0] == 200


def test_there_is_no_such_job_here(portal: Portal, place: Any) -> None:
    ordered = taken(portal)
    neighbour = place()
    missing = (404, {"error": "no such job"})
    assert report(neighbour, done(portal)) == missing
    assert report(portal, {"id": str(uuid.uuid4()), "state": "done"}) == missing
    assert report(portal, {"id": "../1", "state": "failed", "problem": "x"}) == missing
    assert state(portal, ordered) == ("sent", "in_progress")


def test_a_portal_that_awaits_no_reports_takes_none(place: Any) -> None:
    for extensions in ({}, {"provisioning": {"adapter": "null"}}, {"provisioning": {"adapter": "unknown"}}):
        portal = place(extensions=extensions)
        assert report(portal, {"id": str(uuid.uuid4()), "state": "done"}) == (404, {"error": "not expected"})


def test_what_a_browser_of_another_site_posts_is_no_report(portal: Portal) -> None:
    ordered = taken(portal)
    body = b"id=1&state=done"
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Origin": "https://evil.example"}
    assert post(portal, body, headers) == (401, {"error": "signature"})
    too_long = portal.wait(portal.client().arequest("POST", PATH, content=b"x" * 70_000))
    assert too_long.status_code == 413
    assert portal.wait(portal.client().arequest("GET", PATH)).status_code in (404, 405)
    assert state(portal, ordered) == ("sent", "in_progress")
