"""Settings: each wrong one is named in one line, and no default secret serves outside of a demo."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from mypage.server.settings import SettingsError, read_settings

GOOD = base64.b64encode(bytes(range(40))).decode()
BASE = {"MYPAGE_DATABASE_URL": "postgresql+psycopg://app@/db", "MYPAGE_SECRET_KEY": GOOD}


def test_production_is_the_default() -> None:
    settings = read_settings(BASE)
    assert settings.secure
    assert settings.public_origin("a.example") == "https://a.example"
    assert GOOD not in repr(settings)
    assert "secret" not in repr(settings).replace("old_secrets", "")


def test_a_demo_speaks_http_on_its_port() -> None:
    settings = read_settings(BASE | {"MYPAGE_DEMO": "1", "MYPAGE_PUBLIC_PORT": "8000"})
    assert settings.public_origin("a.localhost") == "http://a.localhost:8000"
    assert not settings.secure


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"MYPAGE_DATABASE_URL": ""}, "MYPAGE_DATABASE_URL"),
        ({"MYPAGE_SECRET_KEY": ""}, "master secret"),
        ({"MYPAGE_SECRET_KEY": "not base64!"}, "MYPAGE_SECRET_KEY"),
        ({"MYPAGE_SECRET_KEY": base64.b64encode(b"short").decode()}, "at least 32"),
        ({"MYPAGE_SECRET_KEY": base64.b64encode(b"\0" * 32).decode()}, "not random"),
        ({"MYPAGE_SECRET_KEY": base64.b64encode(b"changeme" * 4).decode()}, "not random"),
        ({"MYPAGE_SMTP_PORT": "twentyfive"}, "MYPAGE_SMTP_PORT"),
        ({"MYPAGE_SECRET_KEY": "", "MYPAGE_SECRET_KEY_FILE": "/nowhere/key"}, "/nowhere/key"),
        ({"MYPAGE_DATABASE_URL": "postgresql+psycopg://app@db.example/db"}, "to db.example is not given; add sslmode"),
        ({"MYPAGE_OWNER_URL": "postgresql+psycopg://o@10.0.0.2/db?sslmode=prefer"}, "MYPAGE_OWNER_URL: .* is prefer"),
        ({"MYPAGE_ADMIN_URL": "postgresql+psycopg://o@/db?host=a.example&sslmode=require"}, "MYPAGE_ADMIN_URL"),
        ({"MYPAGE_DATABASE_URL": "postgresql+psycopg://app@/db?host=localhost,db2.example"}, "db2.example"),
        (
            {"MYPAGE_DATABASE_URL": "postgresql+psycopg://app@localhost/db?hostaddr=10.0.0.3"},
            "to 10.0.0.3 is not given",
        ),
        ({"MYPAGE_DATABASE_URL": "nonsense"}, "MYPAGE_DATABASE_URL is not a URL"),
        ({"MYPAGE_SMTP_HOST": "mail.example"}, "MYPAGE_SMTP_TLS is not set for mail.example"),
        ({"MYPAGE_SMTP_HOST": "mail.example", "MYPAGE_SMTP_TLS": "yes"}, "give 1 or 0"),
    ],
)
def test_a_wrong_setting_is_named_in_one_line(changed: dict[str, str], named: str) -> None:
    with pytest.raises(SettingsError, match=named) as caught:
        read_settings(BASE | changed)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "database",
    [
        "postgresql+psycopg://app@db.example/db?sslmode=verify-full",
        "postgresql+psycopg://app@[::1]/db",
        "postgresql+psycopg://app@127.0.0.1:5433/db",
        "postgresql+psycopg://app@/db?host=%2Frun%2Fpostgresql",
        "postgresql+psycopg://app@db.internal/db?sslmode=disable",
    ],
)
def test_links_that_are_verified_local_or_plain_on_purpose(database: str) -> None:
    mail = {"MYPAGE_SMTP_HOST": "mail.example", "MYPAGE_SMTP_TLS": "1"}
    assert read_settings(BASE | mail | {"MYPAGE_DATABASE_URL": database}).smtp_tls
    assert not read_settings(BASE | {"MYPAGE_SMTP_HOST": "mail.example", "MYPAGE_SMTP_TLS": "0"}).smtp_tls
    assert not read_settings(BASE).smtp_tls


def test_the_secret_comes_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(GOOD + "\n")
    assert read_settings({**BASE, "MYPAGE_SECRET_KEY": "", "MYPAGE_SECRET_KEY_FILE": str(file)}).secret == bytes(
        range(32)
    )
