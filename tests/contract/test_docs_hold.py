"""The documentation is true: links lead somewhere, code is cut from files, generated pages are up to date."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

from mypage.server.settings import read_settings

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    [ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), *(ROOT / "plugins").glob("*/README.md")],
    key=lambda p: p.as_posix(),
)
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
SNIPPET = re.compile(r"^<!-- from (\S+) -->\n```\w*\n(.*?)\n```$", re.MULTILINE | re.DOTALL)
GUIDE = ROOT / "docs" / "writing-a-plugin.md"


def script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, made as the hosting sites make them."""
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    headings = re.findall(r"^#+ +(.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", h.strip().lower()).replace(" ", "-") for h in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_every_link_leads_somewhere(page: Path) -> None:
    broken = []
    for link in LINK.findall(FENCE.sub("", page.read_text(encoding="utf-8"))):
        if re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert broken == []


def test_code_of_the_guide_is_cut_from_files() -> None:
    snippets = SNIPPET.findall(GUIDE.read_text(encoding="utf-8"))
    assert len(snippets) > 10
    for name, code in snippets:
        source = (ROOT / name).read_text(encoding="utf-8")
        assert f"\n{code}\n" in f"\n{source}", f"{GUIDE.name} shows another text than {name}:\n{code}"


def test_all_python_of_the_guide_is_cut_from_files() -> None:
    text = GUIDE.read_text(encoding="utf-8")
    assert text.count("```python") == len(re.findall(r"<!-- from \S+\.py -->\n```python", text))


@pytest.mark.parametrize("name", ["hooks.md", "contexts.md"])
def test_generated_pages_are_up_to_date(name: str) -> None:
    made = script("make_docs").PAGES[name]()
    assert (ROOT / "docs" / name).read_text(encoding="utf-8") == made, "run `make docs`"
    assert made == script("make_docs").PAGES[name]()


def test_every_page_of_docs_is_linked() -> None:
    linked = {
        (page.parent / link.partition("#")[0]).resolve()
        for page in PAGES
        for link in LINK.findall(page.read_text(encoding="utf-8"))
    }
    guides = set((ROOT / "docs").glob("*.md"))
    assert guides - linked == set()


def test_decisions_are_numbered_and_short() -> None:
    records = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    assert [int(r.name[:4]) for r in records] == list(range(1, len(records) + 1))
    for record in records:
        text = record.read_text(encoding="utf-8")
        assert text.startswith(f"# {record.name[:4]} ")
        assert len(text.splitlines()) <= 25
        assert all(word in text for word in ("**Context.**", "**Decision.**", "**Consequences.**"))


def test_every_setting_is_in_the_readme() -> None:
    import inspect

    from mypage.server import settings

    text = (ROOT / "README.md").read_text(encoding="utf-8")
    named = set(re.findall(r'"(MYPAGE_[A-Z_]+)"', inspect.getsource(settings)))
    assert len(named) > 10
    smtp = {n for n in named if n.startswith("MYPAGE_SMTP_")}
    assert all(f"`_{n.removeprefix('MYPAGE_SMTP_')}`" in text for n in smtp - {"MYPAGE_SMTP_HOST"})
    own = {"MYPAGE_DEMO", "MYPAGE_DEMO_DIR"}  # set by `make demo` alone
    assert [n for n in sorted(named - smtp - own) if n not in text] == []
    assert read_settings.__doc__


def test_tasks_of_the_guides_exist() -> None:
    tasks = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for page in PAGES:
        for task in re.findall(r"(?:^|`)make ([a-z-]+)\b", page.read_text(encoding="utf-8"), re.MULTILINE):
            assert task in tasks, (page.name, task)


def test_requirements_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    requirements = script("requirements")
    known = requirements.declared(ROOT / "plugins" / "actv")
    assert len(known) == 87
    assert known["ACTV-15"][0] == "manual"
    assert requirements.proven()["ACTV-28"] >= 1
    requirements.main()
    said = capsys.readouterr().out
    assert re.search(r"^actv: \d+ of 87 requirements have a test$", said, re.MULTILINE)
