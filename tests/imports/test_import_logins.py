"""Login IDs of a feed are found again as a login finds them, however the feed writes them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from mypage.auth.login import key_of
from mypage.hooks.passwords import ASCII_LETTERS, ASCII_LOWER, DIGITS, IdentifierPolicy, symbols
from mypage.imports.chunk import Means
from mypage.imports.report import Report

Feed = Callable[..., Report]
Rows = Callable[..., list[Any]]
Line = dict[str, Any]

POLICIES = {
    "number": IdentifierPolicy(length=(14, 14), alphabet=DIGITS, grouped=True),
    "exact": IdentifierPolicy(length=(3, 20), alphabet=ASCII_LETTERS + DIGITS, case_sensitive=True),
    "name": IdentifierPolicy(length=(3, 20), alphabet=ASCII_LOWER + DIGITS + symbols("-")),
}
GROUPED = (
    "9000-0000-0000-01",
    "90000000 000001",
    "９０００ー００００ー００００ー０１",
    "90000000000001",
    "9000–0000–000001",
)
CUSTOMER = {"type": "customer", "number": "1", "name": "見本"}
CONTRACT = {"type": "contract", "customer": "1", "number": "K-1", "name": "見本"}
BOUGHT = {"type": "subscription", "contract": "K-1", "product": "p", "bought_at": "2026-09-05T10:00:00+09:00"}
MAIL = {"type": "resource", "contract": "K-1", "kind": "mail", "value": "a@b.example", "started_at": "2026-09-05T10:00:00+09:00"}  # fmt: skip


def account(login_id: str, scheme: str = "number") -> Line:
    return {"type": "account", "customer": "1", "scheme": scheme, "login_id": login_id}


def named(line: Line, login_id: str, scheme: str = "number") -> Line:
    return line | {"scheme": scheme, "login_id": login_id}


@pytest.fixture
def strict(means: Means) -> Means:
    return replace(means, schemes=POLICIES)


@pytest.mark.req("UCOM-18")
@pytest.mark.parametrize("written", GROUPED)
def test_a_number_in_groups_is_stored_under_the_key_that_a_login_asks_for(
    feed: Feed, rows: Rows, strict: Means, written: str
) -> None:
    assert feed(CUSTOMER, account(written), means=strict).clean
    assert rows("SELECT login_id, login_key FROM credential WHERE tenant_id = :t") == [(written, "90000000000001")]
    assert rows("SELECT login_key FROM login_name WHERE tenant_id = :t") == ["90000000000001"]
    for typed in GROUPED:
        assert key_of(POLICIES["number"], typed) == "90000000000001"
        assert feed(account(typed), means=strict).tally.flat() == {"account unchanged": 1}
    again = feed(account(GROUPED[0]), account(GROUPED[1]), means=strict)
    assert [problem.field for problem in again.problems] == ["login_id"]


@pytest.mark.parametrize("dry_run", [False, True])
def test_purchases_and_addresses_name_the_account_in_any_of_its_forms(
    feed: Feed, rows: Rows, strict: Means, dry_run: bool
) -> None:
    lines = [CUSTOMER, account(GROUPED[0]), CONTRACT, named(BOUGHT, GROUPED[1]), named(MAIL, GROUPED[2])]
    assert feed(*lines, means=strict, dry_run=dry_run).problems == []
    if dry_run:
        return
    held = "JOIN credential c ON c.tenant_id = x.tenant_id AND c.account_id = x.account_id WHERE x.tenant_id = :t"
    for table in ("subscription", "resource"):
        assert rows(f"SELECT c.login_key FROM {table} x {held}") == ["90000000000001"]
    written = (named(BOUGHT, GROUPED[4]), named(MAIL, GROUPED[3]))
    assert feed(*written, means=strict).tally.flat() == {"subscription unchanged": 1, "resource unchanged": 1}


@pytest.mark.parametrize(("scheme", "written"), [("name", "Taro－01"), ("exact", "Ｔaro01"), ("number", "12-34")])
def test_every_scheme_folds_as_its_login_does(feed: Feed, rows: Rows, strict: Means, scheme: str, written: str) -> None:
    assert feed(CUSTOMER, account(written, scheme), means=strict).clean
    (key,) = rows("SELECT login_key FROM credential WHERE tenant_id = :t")
    assert key == key_of(POLICIES[scheme], written) == {"name": "taro-01", "exact": "Taro01", "number": "1234"}[scheme]


@pytest.mark.parametrize("scheme", ["number", "other"])
def test_a_login_id_of_which_nothing_is_left_is_refused(feed: Feed, means: Means, strict: Means, scheme: str) -> None:
    written, used = ("－ -", strict) if scheme == "number" else ("\u3000", means)
    lines = (account(written, scheme), named(MAIL, written, scheme))
    report = feed(CUSTOMER, CONTRACT, *lines, means=used)
    assert [str(problem) for problem in report.problems] == [
        f"line {line}, login_id: is blank; give a value" for line in (3, 4)
    ]
