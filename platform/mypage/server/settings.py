"""The deployment's settings, read from the environment once, when a process starts."""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mypage.server.links import UnprotectedLinkError, check_database_link, wants_mail_tls

MIN_SECRET_BYTES = 32


class SettingsError(ValueError):
    """A setting is missing or wrong; the message names the variable and the remedy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Where the database, the mail server and the files are, and the master secret."""

    database_url: str
    secret: bytes = field(repr=False)
    old_secrets: tuple[bytes, ...] = field(default=(), repr=False)
    owner_url: str = ""
    admin_url: str = ""
    demo: bool = False
    smtp_host: str = "127.0.0.1"
    smtp_port: int = 25
    smtp_tls: bool = False
    smtp_user: str = ""
    smtp_password: str = field(default="", repr=False)
    public_scheme: str = "https"
    public_port: int | None = None
    theme_folders: tuple[Path, ...] = ()
    trusted_proxies: tuple[str, ...] = ()
    demo_folder: Path | None = None
    breached_passwords: Path | None = None
    pool_size: int = 10
    prepared_statements: bool = True
    hash_time_cost: int = 2
    hash_memory_kib: int = 19_456

    def public_origin(self, host: str) -> str:
        """Scheme, host and port as a subscriber's browser sees them."""
        port = f":{self.public_port}" if self.public_port else ""
        return f"{self.public_scheme}://{host}{port}"

    @property
    def secure(self) -> bool:
        """Whether cookies demand TLS; only a demo does without."""
        return self.public_scheme == "https"


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Read `MYPAGE_*`. Raises SettingsError with one line."""
    env = os.environ if environment is None else environment
    demo = env.get("MYPAGE_DEMO", "") == "1"
    database_url = env.get("MYPAGE_DATABASE_URL", "")
    if not database_url:
        raise SettingsError("MYPAGE_DATABASE_URL is not set; give the app role's postgresql+psycopg:// URL")
    smtp_tls = _links(env, demo)
    return Settings(
        database_url=database_url,
        owner_url=env.get("MYPAGE_OWNER_URL", ""),
        admin_url=env.get("MYPAGE_ADMIN_URL", ""),
        secret=_secret(env, demo),
        old_secrets=tuple(_decode("MYPAGE_OLD_SECRET_KEYS", s) for s in env.get("MYPAGE_OLD_SECRET_KEYS", "").split()),
        demo=demo,
        smtp_host=env.get("MYPAGE_SMTP_HOST", "127.0.0.1"),
        smtp_port=_number(env, "MYPAGE_SMTP_PORT", 25),
        smtp_tls=smtp_tls,
        smtp_user=env.get("MYPAGE_SMTP_USER", ""),
        smtp_password=env.get("MYPAGE_SMTP_PASSWORD", ""),
        public_scheme="http" if demo else "https",
        public_port=_number(env, "MYPAGE_PUBLIC_PORT", 0) or None,
        theme_folders=theme_folders(env),
        trusted_proxies=tuple(env.get("MYPAGE_TRUSTED_PROXIES", "").split()),
        demo_folder=Path(env["MYPAGE_DEMO_DIR"]) if env.get("MYPAGE_DEMO_DIR") else None,
        breached_passwords=Path(env["MYPAGE_BREACHED_PASSWORDS"]) if env.get("MYPAGE_BREACHED_PASSWORDS") else None,
        pool_size=_number(env, "MYPAGE_POOL_SIZE", 10),
        prepared_statements=env.get("MYPAGE_PREPARED_STATEMENTS", "1") != "0",
    )


def _links(env: Mapping[str, str], demo: bool) -> bool:
    """Judge the links to other hosts; whether mails go by TLS. A demo stays on its machine and is not judged."""
    given = env.get("MYPAGE_SMTP_TLS", "")
    if demo:
        return given == "1"
    try:
        for variable in ("MYPAGE_DATABASE_URL", "MYPAGE_OWNER_URL", "MYPAGE_ADMIN_URL"):
            if env.get(variable):
                check_database_link(variable, env[variable])
        return wants_mail_tls(env.get("MYPAGE_SMTP_HOST", ""), given)
    except UnprotectedLinkError as error:
        raise SettingsError(str(error)) from error


def theme_folders(environment: Mapping[str, str] | None = None) -> tuple[Path, ...]:
    """Folders that hold themes: MYPAGE_THEMES, else `themes` of the checkout or of the working folder."""
    env = os.environ if environment is None else environment
    given = [Path(p) for p in env.get("MYPAGE_THEMES", "").split(os.pathsep) if p]
    if given:
        return tuple(given)
    beside = Path(__file__).parents[3] / "themes"
    return tuple([folder for folder in (beside, Path.cwd() / "themes") if folder.is_dir()][:1])


def _number(env: Mapping[str, str], name: str, default: int) -> int:
    value = env.get(name, "")
    if not value:
        return default
    if not value.isascii() or not value.isdigit():
        raise SettingsError(f"{name}={value!r} is not a number; give digits only")
    return int(value)


def _secret(env: Mapping[str, str], demo: bool) -> bytes:
    text = env.get("MYPAGE_SECRET_KEY", "")
    file = env.get("MYPAGE_SECRET_KEY_FILE", "")
    if not text and file:
        try:
            text = Path(file).read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(f"MYPAGE_SECRET_KEY_FILE={file}: {error}; make it with `mypage secret`") from error
    if not text:
        raise SettingsError("no master secret; set MYPAGE_SECRET_KEY_FILE to a file made with `mypage secret`")
    secret = _decode("MYPAGE_SECRET_KEY", text)
    if not demo and len(set(secret)) < 16:
        raise SettingsError("the master secret is a default or not random; make one with `mypage secret`")
    return secret


def _decode(name: str, text: str) -> bytes:
    try:
        secret = base64.b64decode(text, validate=True)
    except ValueError:
        raise SettingsError(f"{name} is not base64; make it with `mypage secret`") from None
    if len(secret) < MIN_SECRET_BYTES:
        raise SettingsError(f"{name} has {len(secret)} bytes; it needs at least {MIN_SECRET_BYTES}")
    return secret[:MIN_SECRET_BYTES]
