"""The command `mypage` as an operator of the installation types it, in processes of its own."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from forked_cli import ForkedCli, forked_cli
from lost_secrets import FORMER, tenant_of_a_former_secret
from mypage.testing.database import TestDatabase, drop_database, make_database

ROOT = Path(__file__).parents[2]
Run = Callable[..., subprocess.CompletedProcess[str]]

TENANTS = """
[[tenant]]
name = "first"
operator = "actv"
addresses = ["first.example"]
theme = "plain"
locale = "ja"
[tenant.settings]
mail_from = "mypage@isp.example"
mail_domain = "isp.example"
issuer_name = "テスト通信"
registration_number = "T1999999000123"
"""


@pytest.fixture(scope="module")
def own_database(admin_url: str) -> Iterator[TestDatabase]:
    database = make_database(admin_url)
    yield database
    drop_database(database)


@pytest.fixture(scope="module")
def cli() -> Iterator[ForkedCli]:
    with forked_cli() as program:
        yield program


@pytest.fixture
def run(own_database: TestDatabase, cli: ForkedCli) -> Run:
    environment = {
        "PATH": os.environ["PATH"],
        "MYPAGE_DATABASE_URL": own_database.app,
        "MYPAGE_OWNER_URL": own_database.owner,
        "MYPAGE_SECRET_KEY": base64.b64encode(bytes(range(40))).decode(),
    }

    def call(*words: str, **changed: str) -> subprocess.CompletedProcess[str]:
        return cli.call(words, environment | changed, ROOT)

    return call


def _failed_in_one_line(done: subprocess.CompletedProcess[str], *named: str) -> None:
    assert done.returncode == 1, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    for word in named:
        assert word in done.stderr


def test_a_secret_is_random_and_fits_the_settings(run: Run) -> None:
    typed = [sys.executable, "-m", "mypage.server.cli", "secret"]
    whole = subprocess.run(typed, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    first, second = whole.stdout.strip(), run("secret").stdout.strip()
    assert first != second
    assert len(base64.b64decode(first)) == 32


def test_upgrading_again_changes_nothing(run: Run) -> None:
    assert run("db", "upgrade").stdout.startswith("schema 0")


def test_operators_and_themes_are_checked_without_a_database(run: Run) -> None:
    done = run("check", MYPAGE_DATABASE_URL="")
    assert done.returncode == 0, done.stderr
    assert "operator actv" in done.stdout
    assert "theme plain: contrast holds" in done.stdout


def test_tenants_feeds_and_trail(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "tenants.toml"
    file.write_text(TENANTS, encoding="utf-8")
    dry = run("tenants", "apply", str(file), "--dry-run")
    assert "add tenant first" in dry.stdout
    assert "nothing was changed" in dry.stdout
    assert "add tenant first" in run("tenants", "apply", str(file)).stdout
    assert "nothing to change" in run("tenants", "apply", str(file)).stdout

    feed = tmp_path / "customers.jsonl"
    good = {"type": "customer", "number": "0001", "name": "青森 花子", "kana": "アオモリ ハナコ"}
    feed.write_text(
        json.dumps(good, ensure_ascii=False) + "\n" + '{"type": "customer", "number": 5}\n', encoding="utf-8"
    )
    would = run("import", "first", str(feed), "--dry-run")
    assert "would be 1 new" in would.stdout
    loaded = run("import", "first", str(feed))
    assert loaded.returncode == 2
    assert "1 new" in loaded.stdout
    assert "line 2" in loaded.stderr
    assert "1 unchanged" in run("import", "first", str(feed)).stdout

    trail = run("audit", "first", "--json")
    entries = [json.loads(line) for line in trail.stdout.splitlines()]
    assert {entry["action"] for entry in entries} == {"import.loaded"}
    assert "import.loaded" in run("audit", "first", "--action", "import").stdout
    assert run("audit", "first", "--customer", "9999").returncode != 0


def test_the_schema_of_feeds_is_json(run: Run) -> None:
    schema = json.loads(run("import", "--schema").stdout)
    assert "oneOf" in json.dumps(schema)


def test_mistakes_are_one_line(run: Run, own_database: TestDatabase, tmp_path: Path) -> None:
    feed = tmp_path / "feed.jsonl"
    feed.write_text("", encoding="utf-8")
    _failed_in_one_line(run("import", "nobody", str(feed)), "nobody", "there is no tenant")
    _failed_in_one_line(run("serve", MYPAGE_DATABASE_URL=""), "MYPAGE_DATABASE_URL")
    _failed_in_one_line(run("serve", MYPAGE_SECRET_KEY=""), "mypage secret")
    weak = base64.b64encode(b"0" * 32).decode()
    _failed_in_one_line(run("serve", MYPAGE_SECRET_KEY=weak), "not random")
    _failed_in_one_line(run("serve", MYPAGE_DATABASE_URL=own_database.admin), "bypasses row security")
    nowhere = make_url(own_database.app).set(database="no_such_database").render_as_string(hide_password=False)
    _failed_in_one_line(run("serve", MYPAGE_DATABASE_URL=nowhere), "cannot be reached")
    broken = tmp_path / "tenants.toml"
    broken.write_text(TENANTS.replace('"actv"', '"nope"'), encoding="utf-8")
    _failed_in_one_line(run("tenants", "apply", str(broken)), "first", "nope")


def test_the_server_refuses_a_database_of_another_schema(run: Run, own_database: TestDatabase) -> None:
    from sqlalchemy import create_engine, text

    engine = create_engine(own_database.owner)
    with engine.begin() as connection:
        present = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    try:
        _failed_in_one_line(run("serve"), "9999", "mypage db upgrade")
    finally:
        with engine.begin() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = :present"), {"present": present})
        engine.dispose()
    assert run("db", "upgrade").stdout.startswith(f"schema {present} ")


def test_nothing_starts_on_data_keys_whose_master_secret_is_gone(run: Run, own_database: TestDatabase) -> None:
    with tenant_of_a_former_secret(own_database) as (tenant, master):
        for words in (("serve",), ("worker",), ("keys", "check")):
            _failed_in_one_line(run(*words), master, f"data keys of {tenant};", "MYPAGE_OLD_SECRET_KEYS")
        found = run("keys", "check", MYPAGE_OLD_SECRET_KEYS=base64.b64encode(FORMER).decode())
        assert found.stdout == f"tenant {tenant}: {master} (earlier)\n"
    assert run("keys", "check").returncode == 0
