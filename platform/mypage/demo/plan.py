"""What the demo consists of: its ports, the files in the repository's `demo/` folder, and what was imported of them."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import secrets
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mypage.demo.progress import DemoError

_DEFAULT_PORT = 8000
_LOGIN_FIELDS = ("tenant", "url", "label", "login", "password", "note")


@dataclass(frozen=True, slots=True)
class Ports:
    """Five ports in a row, from that of the portals on."""

    web: int

    @property
    def mailbox(self) -> int:
        """The mailbox's page."""
        return self.web + 1

    @property
    def payment(self) -> int:
        """The payment page."""
        return self.web + 2

    @property
    def payment_url(self) -> str:
        """Where portals and browsers find the payment company: one origin, which the portals' pages lead to.

        A bare address: not every system resolves names below `localhost`, which browsers do by themselves.
        """
        return f"http://127.0.0.1:{self.payment}"

    @property
    def smtp(self) -> int:
        """The mailbox's SMTP."""
        return self.web + 3

    @property
    def metrics(self) -> int:
        """The figures of the web process."""
        return self.web + 4

    def by_purpose(self) -> list[tuple[str, int]]:
        """All ports with what they are for."""
        return [
            ("portals", self.web),
            ("mailbox", self.mailbox),
            ("payment page", self.payment),
            ("mail server", self.smtp),
            ("metrics", self.metrics),
        ]


@dataclass(frozen=True, slots=True)
class DemoFiles:
    """`tenants.toml`, `feeds/<tenant>/*.jsonl`, `staff.toml` and `logins.toml` in the repository's `demo/`."""

    root: Path

    @property
    def folder(self) -> Path:
        """Where they are."""
        return self.root / "demo"

    @property
    def tenants(self) -> Path:
        """The tenants of the demo."""
        return self.folder / "tenants.toml"

    @property
    def staff(self) -> Path:
        """The people at the desk of the demo."""
        return self.folder / "staff.toml"

    @property
    def cases(self) -> Path:
        """Whom the people at the desk can help."""
        return self.folder / "cases.toml"

    @property
    def desk(self) -> Path:
        """What the people at the desk have begun."""
        return self.folder / "desk.toml"

    def check(self) -> None:
        """Raises DemoError when the demo's files are not there."""
        if not self.tenants.is_file():
            raise DemoError(f"{self.tenants} is missing: run this in the root of the repository.")

    def feeds(self) -> list[tuple[str, Path]]:
        """(tenant, file) of all feeds, in the order of import: by tenant, then by name."""
        return [(path.parent.name, path) for path in sorted((self.folder / "feeds").glob("*/*.jsonl"))]

    def logins(self, port: int) -> list[dict[str, str]]:
        """The sample logins, their addresses with the port of this run."""
        path = self.folder / "logins.toml"
        if not path.is_file():
            return []
        try:
            entries = tomllib.loads(path.read_text(encoding="utf-8")).get("login", []) + self._desk()
            logins = [{name: str(entry.get(name, "")) for name in _LOGIN_FIELDS} for entry in entries]
        except (ValueError, AttributeError, TypeError, KeyError) as error:
            raise DemoError(f"{path} cannot be read: {error}") from error
        for login in logins:
            for name in ("url", "note"):
                login[name] = login[name].replace("{port}", str(port)).replace(f":{_DEFAULT_PORT}", f":{port}")
        return logins

    def _desk(self) -> list[dict[str, str]]:
        """The staff's logins; the code that is asked for after the password stands on the front page."""
        if not self.staff.is_file():
            return []
        data = tomllib.loads(self.staff.read_text(encoding="utf-8"))
        place = {"tenant": data["office"], "url": data["url"], "label": data["label"]}
        more = "。確認コードは http://localhost:{port}/ にあります"
        return [place | {**row, "login": row["email"], "note": row["note"] + more} for row in data.get("staff", [])]


class Imported:
    """Which feeds the database has, by their content, so that a second run does not load them again."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._hashes: dict[str, str] = dict(json.loads(path.read_text()))
        except (OSError, ValueError, TypeError):
            self._hashes = {}

    def has(self, tenant: str, feed: Path) -> bool:
        """Whether this very content was imported."""
        return self._hashes.get(f"{tenant}/{feed.name}") == _hash(feed)

    def note(self, tenant: str, feed: Path) -> None:
        """Remember that the feed was imported."""
        self._hashes[f"{tenant}/{feed.name}"] = _hash(feed)
        self._path.write_text(json.dumps(self._hashes, indent=1))


def logins_table(logins: Sequence[Mapping[str, str]]) -> tuple[list[str], list[list[str]]]:
    """Columns and rows of the sample logins; a column that is empty throughout is left out."""
    columns = [name for name in ("label", "login", "password", "note") if any(login[name] for login in logins)]
    return columns, [[login[name] for name in columns] for login in logins]


def secret_key_file(folder: Path) -> Path:
    """The file with this installation's random key, made at the first run."""
    path = folder / "secret.key"
    if not path.exists():
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(base64.b64encode(secrets.token_bytes(32)).decode() + "\n")
    return path


def _hash(feed: Path) -> str:
    return hashlib.sha256(feed.read_bytes()).hexdigest()
