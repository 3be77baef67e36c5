"""The demo's feeds: valid by the published schema, loaded without a bad line, and as the script makes them."""

from __future__ import annotations

import json
import re
import runpy
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from sqlalchemy import Engine

from mypage.auth.hashing import PasswordHasher
from mypage.auth.proof import proof_matches
from mypage.db.session import Actor, Scope
from mypage.imports.chunk import Means
from mypage.imports.loader import import_file
from mypage.imports.report import Report
from mypage.imports.schema import feed_schema
from mypage.lib.clock import FixedClock
from mypage.lib.crypto import Keyring

ROOT = Path(__file__).parents[2]
DEMO = ROOT / "demo"
FEEDS = sorted(DEMO.glob("feeds/*/*.jsonl"))
Rows = Callable[..., list[Any]]


@pytest.fixture
def load(engine: Engine, clock: FixedClock, tenant_name: str, means: Means) -> Callable[[Path], Report]:
    return lambda path: import_file(engine, Scope(tenant_name, clock, Actor("system", "demo")), path, means)


@pytest.fixture(scope="module")
def schema() -> Draft202012Validator:
    described = feed_schema()
    Draft202012Validator.check_schema(described)
    return Draft202012Validator(described)


def test_all_lines_are_valid_by_the_schema(schema: Draft202012Validator) -> None:
    kinds = set()
    for path in FEEDS:
        for line in path.read_text(encoding="utf-8").splitlines():
            record = json.loads(line)
            schema.validate(record)
            kinds.add(record["type"])
    assert kinds == {
        "customer", "account", "contract", "invoice", "card", "notice", "subscription", "resource", "line_secret",
        "slot",
    }  # fmt: skip


def test_the_schema_refuses_and_describes(schema: Draft202012Validator, each: list[dict[str, Any]]) -> None:
    for record in each:
        assert schema.is_valid(record)
        assert not schema.is_valid(record | {"nmae": "x"})
        assert not schema.is_valid({key: value for key, value in record.items() if key != "type"})
    assert all(kind.get("description") for kind in feed_schema()["$defs"].values())


@pytest.mark.parametrize("tenant", ["actv", "actv-plain"])
def test_the_feeds_load_in_the_order_of_their_names_and_a_second_time_change_nothing(
    load: Callable[[Path], Report], tenant: str
) -> None:
    files = [path for path in FEEDS if path.parent.name == tenant]
    for path in files:
        report = load(path)
        assert report.problems == []
        assert report.tally.total("new") == report.lines > 0
    assert [path.name for path in files if load(path).tally.total("unchanged") == 0] == []


def test_the_sample_logins_and_papers_are_those_of_the_feeds(
    load: Callable[[Path], Report], rows: Rows, hasher: PasswordHasher, keyring: Keyring, tenant_name: str
) -> None:
    for path in FEEDS:
        if path.parent.name == "actv":
            load(path)
    tried = tomllib.loads((DEMO / "logins.toml").read_text(encoding="utf-8"))
    stored = dict(rows("SELECT login_id, password_hash FROM credential WHERE tenant_id = :t"))
    logins = [login for login in tried["login"] if login["tenant"] == "actv"]
    assert {login["login"] for login in logins} == set(stored)
    for login in logins:
        assert hasher.verify(stored[login["login"]], login["password"])
        assert re.fullmatch(r"[A-Za-z0-9]{4,20}", login["login"])
        assert re.fullmatch(r"[A-Za-z0-9]{6,50}", login["password"])
    proofs = dict(rows("SELECT number_key, proof_hash FROM customer WHERE tenant_id = :t"))
    papers = [paper for paper in tried["registration"] if paper["tenant"] == "actv"]
    assert len(papers) == 3
    for paper in papers:
        number, parts = paper["number"], paper["code"].split("-")
        assert proof_matches(keyring, tenant_name, number, parts, proofs[number])
    with_account = "SELECT c.number FROM customer c JOIN account a ON a.tenant_id = c.tenant_id"
    assert not {paper["number"] for paper in papers} & set(
        rows(f"{with_account} AND a.customer_id = c.id WHERE c.tenant_id = :t")
    )


def test_the_script_makes_these_very_files(tmp_path: Path) -> None:
    script = runpy.run_path(str(ROOT / "scripts" / "make_demo_feeds.py"))
    script["write_everything"].__globals__["DEMO"] = tmp_path
    script["write_everything"]()
    made = {path.relative_to(tmp_path): path.read_bytes() for path in tmp_path.rglob("*.*")}
    kept = (*FEEDS, DEMO / "logins.toml")
    assert made == {path.relative_to(DEMO): path.read_bytes() for path in kept}
