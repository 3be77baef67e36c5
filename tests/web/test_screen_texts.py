"""Templates of sign-in, errors and mails: every text has its Japanese, nothing inline, no secret in a mail."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from jinja2.ext import babel_extract

from mypage.i18n.catalogue import load_catalogue, read_po_folder
from mypage.web.frame import Contact
from mypage.web.pages import BareErrorPage
from mypage.web.rendering import CORE_TEMPLATES, Templates

JA = load_catalogue("ja", read_po_folder(CORE_TEMPLATES.parent / "i18n" / "locale" / "ja"))
TEMPLATES = Templates({"ja": JA, "en": load_catalogue("en", [])}, None, {})
AREAS = (
    "base*.html",
    "macros/*",
    "auth/*",
    "errors/*",
    "public/*",
    "platform/*",
    "forms/*",
    "email/**/*",
)
FILES = sorted(p for area in AREAS for p in CORE_TEMPLATES.glob(area) if p.is_file())
MAILS = sorted(p.name for p in (CORE_TEMPLATES / "email").iterdir() if p.is_dir())
NOW = datetime(2026, 11, 22, 1, 42, tzinfo=UTC)
LINK = "https://mypage.example.jp/a?x=1&y=2"


def mail(name: str, part: str, locale: str, **more: Any) -> str:
    colours = dict.fromkeys(
        ("brand", "action", "action_ink", "ink", "muted", "link", "ground", "line"),
        "#123456",
    )
    frame = SimpleNamespace(
        company="Tom & Sons",
        portal_name="MyPage",
        contact=Contact("Call us", "0120-000-000", "tel:0120000000", "9:00~17:30"),
        colours=colours,
        logo_url="",
        login_url="https://mypage.example.jp/login",
    )
    values = {
        "name": "<b>山田</b>", "link": LINK, "expires_at": NOW, "login_id": "hanako1958", "changed": "ID",
        "card": "4242", "changed_at": NOW, "happened_at": NOW, "until": NOW, "change": "app-added", "factor_name": "電話",
        "decided_at": NOW, "pays": True, "account": "family-001", "product": "Shield", "number": "20261121-A", "at": NOW,
        "address": "ringo@example.jp", "registered_at": NOW, "waiting": False, "title": "Works", "text": ("One", "", "Two"),
        "role": "Agent", "portal": "Kita", "label": "PPPoE", "contract": "K-1", "shown_at": NOW,
        "step": "returned", "form": "Berth move", "state": "returned", "number_label": "Receipt number",
        "lines": ("Please write the berth's number.",), "customer": "N1000001", "ordered": "Change",
        "labels": ("Address", "Check"), "befores": ("a@example.jp", "no"), "afters": ("b@example.jp", "yes"),
        "reason": "Please choose another name", "filed_at": NOW, "plan": "Fast line", "day": "2026/12/18 (Fri)",
        "ends": ("Fast line", "Mail accounts (3)"), "refused": "Nothing can be changed any more.",
    }  # fmt: skip
    if name == "staff_role":
        values["change"] = "added"
    return TEMPLATES.get(f"email/{name}/{part}", theme="plain", locale=locale).render(mail=frame, **values, **more)


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.relative_to(CORE_TEMPLATES).as_posix())
def test_every_text_has_its_japanese(path: Any) -> None:
    with path.open("rb") as file:
        found = list(babel_extract(file, ("_", "ngettext"), [], {"trim_blocks": "true"}))
    for _, function, message, _ in found:
        if function == "ngettext":
            assert (message[0], message[1]) in JA.plurals, message
        elif text := message if isinstance(message, str) else (message or ("",))[0]:
            assert text in JA.messages, text


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.relative_to(CORE_TEMPLATES).as_posix())
def test_nothing_inline_and_nothing_unescaped(path: Any) -> None:
    source = path.read_text(encoding="utf-8")
    assert not re.search(r"\sstyle=|\son[a-z]+=\"|<script(?! src=)|\|\s*safe|data:image", source)


@pytest.mark.parametrize("name", MAILS)
@pytest.mark.parametrize("locale", ["ja", "en"])
def test_mails_are_complete_in_both_shapes(name: str, locale: str) -> None:
    subject, text, html = (mail(name, part, locale) for part in ("subject.txt", "body.txt", "body.html"))
    assert "\n" not in subject
    assert "&amp;" not in text
    assert "Tom & Sons" in text
    assert "<b>山田</b>" in text
    assert "&lt;b&gt;山田" in html
    assert "0120-000-000" in text
    assert "0120-000-000" in html
    if LINK in text:
        assert LINK.replace("&", "&amp;") in html


def test_an_operators_own_opening_replaces_the_cores() -> None:
    own = {"opening": ("当社からのご案内です。",)}
    assert "当社からのご案内です。" in mail("activation", "body.txt", "ja", **own)
    assert "当社からのご案内です。" in mail("activation", "body.html", "ja", **own)
    assert "ありがとうございます" not in mail("activation", "body.html", "ja", **own)


@pytest.mark.parametrize("locale", ["ja", "en"])
def test_an_error_without_a_portal_names_none(locale: str) -> None:
    page = BareErrorPage(code=421, kind="unknown-host", lang=locale)
    html = TEMPLATES.render(page, theme="plain", locale=locale)
    assert f'lang="{locale}"' in html
    assert "421" in html
    assert 'href="/' not in html
