"""What must never slip in: an operator's name in the core, a broken arrow, a shadowed module, a default secret."""

from __future__ import annotations

import ast
import platform
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import mypage.plugin
from mypage.hooks.portal import Portal
from mypage.i18n import load_catalogue, read_po_folder
from mypage.operators.compiling import make_hooks
from mypage.operators.loading import installed_operators, load_operator, plugin_folder
from mypage.server.settings import SettingsError, read_settings

ROOT = Path(__file__).parents[2]
CORE = Path(mypage.plugin.__file__).parents[1]
TEXT = {".py", ".html", ".txt", ".po", ".css", ".js", ".toml", ".sql", ".typ", ".json", ".mako"}
PLUGINS = sorted(p.parent for p in ROOT.glob("plugins/*/pyproject.toml"))
REQUIREMENT = re.compile(r"\b[A-Z]{3,}-\d+\b")
SECRET = re.compile(
    r"(?i)\b\w*(secret|passw(or)?d|token|api_?key|private_?key)\w*\s*[:=]\s*[rb]?[\"'][A-Za-z0-9+/=_-]{16,}[\"']"
    r"|BEGIN [A-Z ]*PRIVATE KEY|\bsk_(live|test)_\w+|\bAKIA[0-9A-Z]{16}\b"
)


def sources(folder: Path) -> Iterator[tuple[Path, str]]:
    for path in sorted(folder.rglob("*")):
        if path.suffix in TEXT and path.is_file() and "__pycache__" not in path.parts:
            yield path, path.read_text(encoding="utf-8")


def names_of(operator: str) -> set[str]:
    """What an operator is called, in both languages, and its telephone."""
    plugin = load_operator(operator)
    portal = make_hooks(operator, plugin, {}).policy("portal_policy", Portal)
    folder = plugin_folder(plugin, "locale")
    english = load_catalogue("en", read_po_folder(folder / "en") if folder else [])
    names = {operator, f"mypage_{operator}", portal.company, english(portal.company)}
    return {n.lower() for n in names | ({portal.contact.phone} if portal.contact else set())}


@pytest.mark.parametrize("operator", installed_operators())
def test_the_core_names_no_operator(operator: str) -> None:
    words = re.compile("|".join(rf"(?<![a-z0-9]){re.escape(n)}(?![a-z0-9])" for n in sorted(names_of(operator))))
    found = []
    for path, text in sources(CORE):
        for number, line in enumerate(text.splitlines(), 1):
            if words.search(REQUIREMENT.sub("", line).lower()):
                found.append(f"{path.relative_to(CORE)}:{number}: {line.strip()}")
    assert found == []


def test_the_search_would_find_a_name() -> None:
    assert "青森ケーブルテレビ" in names_of("actv")
    assert REQUIREMENT.sub("", "as ACTV-15 asks") == "as  asks"


def test_platform_is_still_the_standard_library() -> None:
    assert platform.python_version()
    assert not (ROOT / "platform" / "__init__.py").exists()
    code = "import platform; print(platform.python_version())"
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == platform.python_version()


def test_no_tests_below_platform() -> None:
    assert [p for p in (ROOT / "platform").rglob("*.py") if p.name.startswith("test_") or p.name == "conftest.py"] == []


def test_the_import_arrows_hold() -> None:
    code = "from importlinter.cli import lint_imports; raise SystemExit(lint_imports(no_cache=True))"
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout[-4000:] + ran.stderr[-2000:]


@pytest.mark.parametrize(
    "folder",
    [*PLUGINS, ROOT / "tests" / "sample_operator", ROOT / "scripts" / "plugin_template"],
    ids=lambda p: p.name,
)
def test_a_plugin_imports_the_one_door_alone(folder: Path) -> None:
    allowed = {"mypage.plugin"}
    for path in folder.rglob("*.py"):
        if "tests" in path.relative_to(folder).parts:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert all(n in allowed for n in names if n == "mypage" or n.startswith("mypage.")), (path, names)


@pytest.mark.parametrize("folder", PLUGINS, ids=lambda p: p.name)
def test_a_plugin_brings_its_papers(folder: Path) -> None:
    assert (folder / "README.md").is_file()
    assert (folder / "REQUIREMENTS.md").is_file()
    assert any((folder / "tests").glob("test_*.py"))


def test_no_secret_is_written_down() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for folder in ("platform", "plugins", "themes", "scripts")
        for path, text in sources(ROOT / folder)
        for match in SECRET.finditer(text)
    ]
    assert found == []


def test_there_is_no_default_secret() -> None:
    with pytest.raises(SettingsError, match="no master secret; set MYPAGE_SECRET_KEY_FILE"):
        read_settings({"MYPAGE_DATABASE_URL": "postgresql+psycopg:///d"})
    with pytest.raises(SettingsError, match="MYPAGE_DATABASE_URL is not set"):
        read_settings({})
    weak = "A" * 43 + "="
    with pytest.raises(SettingsError, match="the master secret is a default or not random"):
        read_settings({"MYPAGE_DATABASE_URL": "postgresql+psycopg:///d", "MYPAGE_SECRET_KEY": weak})
