"""Screenshots of every page at both widths into build/gallery/, with an index.html; `--home` also for the README.

`make gallery`. Needs Chromium; the database, mails and cards are thrown away afterwards.
"""

from __future__ import annotations

import argparse
import logging
import shutil
import sys
import tempfile
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

REPOSITORY = Path(__file__).parents[1]
sys.path.insert(0, str(REPOSITORY / "tests" / "browser"))

import structlog  # noqa: E402
from finding_browser import running_browser  # noqa: E402
from journeys import start_card  # noqa: E402
from portal_stack import SITES, Site, Stack, running_stack, set_payment_key  # noqa: E402
from sample_people import People  # noqa: E402
from scenes import ROLES, Walk, walk_through  # noqa: E402
from surfing import DESK, HEIGHT, PHONE, Surfers  # noqa: E402

from mypage.testing.database import drop_database, make_database, test_server  # noqa: E402

if TYPE_CHECKING:
    from playwright.sync_api import Page

WIDTHS = (PHONE, DESK)
IMAGES = REPOSITORY / "docs" / "images"


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="make gallery", description="Screenshots of every page.")
    parser.add_argument("--portal", choices=SITES, action="append", help="only this portal, operator and theme")
    parser.add_argument("--language", choices=["ja", "en"], action="append", help="only this language")
    parser.add_argument("--role", choices=ROLES, action="append", help="only as this visitor")
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
                shots: list[Shot] = []
                for site in stack.sites:
                    if options.portal and site.key not in options.portal:
                        continue
                    for role in options.role or ROLES:
                        walk = walk_through(stack, people, surfers, site, role)
                        shots += _walk(walk, options.language or ["ja", "en"], folder)
                if not options.role:
                    shots += _others(stack, people, surfers, folder)
                if options.home:
                    _home(people, surfers, stack.actv)
                for surfer in surfers.opened:
                    surfer.context.close()
        finally:
            drop_database(database)
    (folder / "index.html").write_text(_index(shots), encoding="utf-8")
    print(f"{len(shots)} pictures: {folder / 'index.html'}")
    return 0


@dataclass(frozen=True, slots=True)
class Shot:
    """A picture: of which page, in which look, and how wide."""

    page: str
    look: str
    width: int
    file: str


def _walk(walk: Walk, languages: list[str], folder: Path) -> list[Shot]:
    """Take the pictures of one role."""
    shots = []
    for lang in languages:
        walk.surfer.go(f"/display?language={lang}")
        for scene in walk.all():
            walk.surfer.go(scene.path)
            shots += _take(walk.surfer.page, f"{walk.role} {scene.name}", f"{walk.surfer.site.key} {lang}", folder)
    walk.surfer.go("/display?language=ja")
    return shots


def _others(stack: Stack, people: People, surfers: Surfers, folder: Path) -> list[Shot]:
    """Pages around the portals, and those of trouble."""
    surfer = surfers.open(stack.actv)
    surfer.log_in(people.settled(stack.actv))
    shots: list[Shot] = []

    def take(name: str, address: str = "") -> None:
        if address:
            surfer.go(address)
        shots.extend(_take(surfer.page, f"around {name}", "actv-actv ja", folder))

    start_card(stack, surfer)
    take("payment")
    surfer.page.locator("form.card button.btn--primary").click()
    surfer.page.locator(".error-summary").wait_for()
    take("payment-refused")
    take("not-found", "/nowhere")
    take("method", "/logout")
    take("front-door", f"{stack.front_url}/")
    take("no-portal", f"http://nobody.localhost:{stack.actv.port}/")
    take("mailbox", f"{stack.mailbox_url}/")
    surfer.page.locator("main a").first.click()
    take("mailbox-mail")
    return shots


def _take(page: Page, name: str, look: str, folder: Path) -> list[Shot]:
    stem = "".join(char if char.isalnum() or char in "-_" else "_" for char in f"{name} {look}")
    shots = [Shot(name, look, width, _shoot(page, folder / f"{stem}-{width}.png", width)) for width in WIDTHS]
    print(f"  {stem}", flush=True)
    return shots


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


_STYLE = """
body { font: 14px sans-serif; margin: 0 16px }
h2 { position: sticky; top: 0; margin: 0; padding: 8px 0; background: #fff }
nav { columns: 6 12em; font-size: 13px } .row { display: flex; flex-wrap: wrap; gap: 12px; align-items: start }
figure { margin: 0 } figcaption { font-size: 12px } img { border: 1px solid #999; height: 480px }
"""


def _index(shots: list[Shot]) -> str:
    """All looks of a page side by side, one page after another."""
    pages: dict[str, list[Shot]] = {}
    for shot in shots:
        pages.setdefault(shot.page, []).append(shot)
    links = "".join(f'<a href="#{place}">{escape(name)}</a><br>' for place, name in enumerate(pages))
    parts = [
        f'<section><h2 id="{place}">{escape(name)}</h2><div class="row">{"".join(map(_figure, found))}</div></section>'
        for place, (name, found) in enumerate(pages.items())
    ]
    head = f'<head><meta charset="utf-8"><title>Gallery</title><style>{_STYLE}</style></head>'
    title = f"<h1>{len(shots)} pictures of {len(pages)} pages</h1>"
    return f'<!DOCTYPE html><html lang="en">{head}<body>{title}<nav>{links}</nav>{"".join(parts)}</body></html>'


def _figure(shot: Shot) -> str:
    words = escape(f"{shot.look}, {shot.width} px")
    image = f'<img loading="lazy" src="{shot.file}" alt="{escape(shot.page)}: {words}">'
    return f'<figure><a href="{shot.file}">{image}</a><figcaption>{words}</figcaption></figure>'


if __name__ == "__main__":
    sys.exit(main())
