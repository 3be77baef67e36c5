"""Screenshots of every page at both widths into build/gallery/, with an index.html; `--home` also for the README.

`make gallery`. Needs Chromium; the database, mails and cards are thrown away afterwards.
"""

from __future__ import annotations

import argparse
import logging
import shutil
import sys
import tempfile
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

REPOSITORY = Path(__file__).parents[1]
sys.path.insert(0, str(REPOSITORY / "tests" / "browser"))

import structlog  # noqa: E402
from finding_browser import running_browser  # noqa: E402
from journeys import start_card  # noqa: E402
from portal_stack import Site, Stack, running_stack, set_payment_key  # noqa: E402
from sample_people import People  # noqa: E402
from scenes import ROLES, Scene, Walk, walk_through  # noqa: E402
from surfing import DESK, HEIGHT, PHONE, Surfers  # noqa: E402

from mypage.testing.database import drop_database, make_database, test_server  # noqa: E402

if TYPE_CHECKING:
    from playwright.sync_api import Page

WIDTHS = (PHONE, DESK)
IMAGES = REPOSITORY / "docs" / "images"


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="make gallery", description="Screenshots of every page.")
    parser.add_argument("--theme", choices=["actv", "plain"], action="append", help="only this theme")
    parser.add_argument("--language", choices=["ja", "en"], action="append", help="only this language")
    parser.add_argument("--home", action="store_true", help="also write the home page to docs/images")
    options = parser.parse_args()
    logging.getLogger().setLevel(logging.WARNING)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    folder = REPOSITORY / "build" / "gallery"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    set_payment_key()
    with tempfile.TemporaryDirectory() as scratch, test_server() as admin, running_browser(REPOSITORY) as browser:
        database = make_database(admin)
        try:
            with running_stack(database, Path(scratch)) as stack:
                people, surfers = People(stack), Surfers(browser)
                rows = []
                for site in stack.sites:
                    if options.theme and site.theme not in options.theme:
                        continue
                    for role in ROLES:
                        walk = walk_through(stack, people, surfers, site, role)
                        rows += _walk(walk, options.language or ["ja", "en"], folder)
                rows += _others(stack, people, surfers, folder)
                if options.home:
                    _home(people, surfers, stack.actv)
                for surfer in surfers.opened:
                    surfer.context.close()
        finally:
            drop_database(database)
    (folder / "index.html").write_text(_index(rows), encoding="utf-8")
    print(f"{len(rows)} pages: {folder / 'index.html'}")
    return 0


def _walk(walk: Walk, languages: list[str], folder: Path) -> list[tuple[str, list[str]]]:
    """Take the pictures of one role; returns (title, files)."""
    rows = []
    for lang in languages:
        walk.surfer.go(f"/display?language={lang}")
        for scene in walk.all():
            walk.surfer.go(scene.path)
            name = f"{walk.surfer.site.theme}-{lang}-{walk.role}-{_file(scene)}"
            files = [_shoot(walk.surfer.page, folder / f"{name}-{width}.png", width) for width in WIDTHS]
            rows.append((f"{name}: {scene.path[:60]}", files))
            print(f"  {name}", flush=True)
    walk.surfer.go("/display?language=ja")
    return rows


def _others(stack: Stack, people: People, surfers: Surfers, folder: Path) -> list[tuple[str, list[str]]]:
    """Pages around the portals, and those of trouble."""
    surfer = surfers.open(stack.actv)
    surfer.log_in(people.settled(stack.actv))
    rows = []

    def shoot(name: str, address: str) -> None:
        surfer.go(address)
        take(name)

    def take(name: str) -> None:
        rows.append((name, [_shoot(surfer.page, folder / f"{name}-{width}.png", width) for width in WIDTHS]))
        print(f"  {name}", flush=True)

    start_card(stack, surfer)
    take("payment-card")
    surfer.page.locator("form.card button.btn--primary").click()
    surfer.page.locator(".error-summary").wait_for()
    take("payment-card-refused")
    shoot("not-found", "/nowhere")
    shoot("front-door", f"{stack.front_url}/")
    shoot("no-portal", f"http://nobody.localhost:{stack.actv.port}/")
    shoot("mailbox", f"{stack.mailbox_url}/")
    surfer.page.locator("main a").first.click()
    take("mailbox-mail")
    return rows


def _shoot(page: Page, path: Path, width: int) -> str:
    page.set_viewport_size({"width": width, "height": HEIGHT})
    page.screenshot(path=path, full_page=True)
    return path.name


def _home(people: People, surfers: Surfers, site: Site) -> None:
    """The home page of a customer with nothing to worry about, small enough for the README."""
    surfer = surfers.open(site)
    surfer.log_in(people.settled(site))
    IMAGES.mkdir(parents=True, exist_ok=True)
    for name, width in (("home-phone", PHONE), ("home-desktop", DESK)):
        path = IMAGES / f"{name}.png"
        _shoot(surfer.page, path, width)
        _shrink(path)
        print(f"  {path.relative_to(REPOSITORY)}: {path.stat().st_size // 1024} kB")


def _shrink(path: Path) -> None:
    from PIL import Image

    with Image.open(path) as picture:
        picture.convert("RGB").quantize(128).save(path, optimize=True)


def _file(scene: Scene) -> str:
    return "".join(char if char.isalnum() or char in "-_" else "_" for char in scene.name)


def _index(rows: list[tuple[str, list[str]]]) -> str:
    parts = [
        f"<section><h2>{escape(title)}</h2>"
        + "".join(f'<a href="{file}"><img loading="lazy" src="{file}" alt=""></a>' for file in files)
        + "</section>"
        for title, files in rows
    ]
    style = "body{font:14px sans-serif}img{height:420px;border:1px solid #999;margin:4px;vertical-align:top}"
    return f"<!DOCTYPE html><meta charset=utf-8><title>Gallery</title><style>{style}</style>{''.join(parts)}"


if __name__ == "__main__":
    sys.exit(main())
