"""docs/security.md: 116 lines are counted, the tests it names exist, and its figures are those of the code."""

from __future__ import annotations

import ast
import re
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

import mypage.plugin
from mypage.auth.factors import pending as halfway
from mypage.auth.factors import service as factors
from mypage.auth.throttle import NETWORK_LONGEST, NETWORK_WAIT, TENANT_WAIT
from mypage.billing.gateways import MAX_ANSWER
from mypage.forms.drafts import SECRET_LIFE
from mypage.forms.wizard import OPERATION_LIFE
from mypage.hooks.auth import SessionPolicy, ThrottlePolicy
from mypage.server.app import PATIENCE
from mypage.server.settings import Settings
from mypage.testing.portal import Portal
from mypage.web.formdata import MAX_FIELDS
from mypage.web.routing import FORM_LIMIT

ROOT = Path(__file__).parents[2]
CORE = Path(mypage.plugin.__file__).parents[1]
PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
LINE = re.compile(r"^\| (\d{1,2}\.\d{1,2}\.\d{1,2}) \| ([12]) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)
CHAPTERS = {"1": 14, "2": 11, "3": 15, "4": 3, "5": 7, "6": 25, "7": 12, "8": 6, "11": 8, "12": 2, "13": 4}
"""Lines counted per chapter of ASVS 5.0; the rest of the 116 is in chapters 14 to 16."""
CRYPTOGRAPHY = ("hashlib", "hmac", "cryptography", "argon2", "pyotp", "webauthn")


def test_116_lines_are_counted_once_each() -> None:
    found = LINE.findall(PAGE)
    assert len(found) == len({number for number, *_ in found}) == 116
    per_chapter = Counter(number.partition(".")[0] for number, *_ in found)
    assert {chapter: per_chapter[chapter] for chapter in CHAPTERS} == CHAPTERS
    states = Counter(state for _, _, _, state, _ in found)
    assert set(states) <= {"met", "not met", "conflict"}
    told = f"**{states['met']} met, {states['not met']} not met, {states['conflict']} in conflict"
    assert told in PAGE


@pytest.mark.parametrize("line", LINE.findall(PAGE), ids=lambda line: line[0])
def test_what_shows_a_line_exists(line: tuple[str, ...]) -> None:
    _, _, _, state, shown = line
    if state == "conflict":
        key = re.search(r"\[(K\d)\]", shown)
        assert key
        assert f"- **{key[1]}: " in PAGE
        assert line[0] in PAGE.partition(f"- **{key[1]}: ")[2].partition("\n- ")[0]
        return
    named = re.findall(r"`([^`]+)`", shown)
    assert named
    for each in named:
        path, _, test = each.partition("::")
        tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
        names = {n.name for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)}
        assert test in names, each


def _told(what: str) -> str:
    found = re.search(rf"^\| {re.escape(what)} \| ([^|]+) \|$", PAGE, re.MULTILINE)
    assert found, what
    return found[1]


def _span(span: timedelta) -> str:
    seconds = int(span.total_seconds())
    for size, unit in ((3600, "h"), (60, "min"), (1, "s")):
        if seconds % size == 0:
            return f"{seconds // size} {unit}"
    raise AssertionError(span)


def test_limits_are_those_of_the_code() -> None:
    throttle, sessions = ThrottlePolicy(), SessionPolicy()
    assert _told("failures of one account, customer number or device before a wait") == str(throttle.free)
    assert _told("first wait, doubled with each further failure") == _span(throttle.first_wait)
    assert _told("longest wait") == _span(throttle.longest_wait)
    network = f"({_span(NETWORK_WAIT)}, doubled up to {_span(NETWORK_LONGEST)})"
    assert _told(f"failures of one network before it waits {network}") == str(throttle.network_free)
    assert _told(f"failures over the tenant before each attempt waits {_span(TENANT_WAIT)}") == str(
        throttle.tenant_free
    )
    assert _told("a failure is forgotten, `free` of them in") == _span(throttle.forget_after)
    assert _told("a session without use") == _span(sessions.idle)
    assert _told("a session in all") == _span(sessions.absolute)
    assert _told("a re-authentication holds") == _span(sessions.reauth)
    assert SECRET_LIFE == halfway.LIFE
    assert _told("drafts that hold a secret, and the step after the password *") == _span(SECRET_LIFE)
    assert _told("results of finished wizards, shown again to a second click *") == _span(OPERATION_LIFE)
    assert _told("factors of one account *") == str(factors.MOST)
    assert _told("body of a request *") == f"{FORM_LIMIT // 1024} KiB"
    assert _told("fields of a form *") == str(MAX_FIELDS)
    assert _told("an answer of the payment company *") == f"{MAX_ANSWER // 1024} KiB"
    assert _told("a request waits for the database *") == f"{PATIENCE:.0f} s"
    costs = Settings(database_url="", secret=b"")
    assert (
        _told("cost of a password hash (Argon2id) *") == f"{costs.hash_memory_kib} KiB, {costs.hash_time_cost} passes"
    )


def test_algorithms_are_those_of_the_code() -> None:
    """Every module that touches cryptography is in the inventory, and the inventory names no other."""
    found = set()
    for path in CORE.rglob("*.py"):
        name = path.relative_to(CORE).as_posix()
        if name.startswith(("demo/", "testing/")):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            modules = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            modules += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            if any(module.split(".")[0] in CRYPTOGRAPHY for module in modules):
                found.add(name)
    inventory = PAGE.partition("## Keys and algorithms")[2].partition("\n## ")[0]
    told = set(re.findall(r"`([\w/]+\.py)`", inventory))
    outside = {"server/app.py", "imports/scratch.py", "db/embedded_files.py"}
    """Names of keys, of temporary tables and of folders are hashes too; nothing depends on their secrecy."""
    assert found - outside == told - {"db/keys.py"}


def test_headers_of_a_page(portal: Portal) -> None:
    for path in ("/", "/login", "/nowhere", "/bills"):
        headers = portal.client().get(path).raw.headers
        assert headers["cache-control"] == "no-store"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert headers["strict-transport-security"] == "max-age=31536000; includeSubDomains"
        policy = dict(part.strip().partition(" ")[::2] for part in headers["content-security-policy"].split(";"))
        assert policy["default-src"] == policy["object-src"] == policy["base-uri"] == "'none'"
        assert policy["script-src"] == policy["style-src"] == "'self'"
        assert policy["frame-ancestors"] == "'none'"
        if "location" not in headers:
            assert headers["content-type"] == "text/html; charset=utf-8"


INTERNAL = (
    "/schema /schema/openapi.json /docs /openapi.json /metrics /debug /admin /.env /.git/config /_static/../app.py"
)


@pytest.mark.parametrize("path", INTERNAL.split())
def test_nothing_internal_is_served(portal: Portal, path: str) -> None:
    assert portal.client().get(path).status == 404


def test_passwords_can_be_pasted_and_kept_by_managers(portal: Portal) -> None:
    """Fields say to password managers what they are; no script of ours looks at what is pasted."""
    login = portal.client().get("/login").html.xpath("//input[@type='password']")
    new = portal.client().get("/register/mypage").html.xpath("//input[@type='password']")
    assert {field.get("autocomplete") for field in login} == {"current-password"}
    assert {field.get("autocomplete") for field in new} == {"new-password"}
    assert not [field for field in (*login, *new) if field.get("readonly") or field.get("maxlength")]
    scripts = [p for p in (CORE / "static").rglob("*.js") if "htmx" not in p.name]
    assert scripts
    assert not [p.name for p in scripts if "paste" in p.read_text(encoding="utf-8")]
