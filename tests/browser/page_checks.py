"""What holds for every page: no barrier that a machine can find, no sideways scrolling, one title, one language."""

from __future__ import annotations

from typing import Any

from axe_checks import FORM, barriers_of
from page_views import Views
from playwright.sync_api import Page
from surfing import DESK, HEIGHT, PHONE, Surfer

NARROW = 320

_LOOK = """
() => {
  const ids = [...document.querySelectorAll("[id]")].map((e) => e.id);
  const wide = [...document.querySelectorAll("body *")].filter((e) => {
    const box = e.getBoundingClientRect();
    return box.width && box.right > document.documentElement.clientWidth + 1 && getComputedStyle(e).position !== "absolute";
  });
  const room = document.documentElement;
  const texts = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const parent = walker.currentNode.parentElement;
    // Keys and codes are of no language, and by chance some look like words.
    if (!parent.closest("[lang]:not(html), [translate=no], script, style")) texts.push(walker.currentNode.data.trim());
  }
  const targets = [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary")]
    .map((e) => [e, e.getBoundingClientRect()])
    .filter(([e, box]) => box.width > 1 && box.height > 1 && e.checkVisibility({visibilityProperty: true}));
  const near = (a, b) => Math.hypot(a.x + a.width / 2 - b.x - b.width / 2, a.y + a.height / 2 - b.y - b.height / 2) < 24;
  // A link within a sentence is as high as its line; a small target must be alone within 24 px (WCAG 2.5.8).
  const inSentence = (e) => getComputedStyle(e).display === "inline" && e.closest("p, li, dd, td, summary, label");
  const small = targets.filter(([e, box]) => (box.width < 24 || box.height < 24) && !inSentence(e)
    && targets.some(([other, place]) => other !== e && near(box, place)));
  const labels = [...document.querySelectorAll("h1, h2, h3, button, label, legend, caption, th[scope=col], nav a, .btn")];
  return {
    repeated: ids.filter((id, place) => ids.indexOf(id) !== place),
    title: document.title,
    heading: document.querySelector("h1")?.textContent.trim() ?? "",
    small: small.map(([e]) => e.outerHTML.slice(0, 80)),
    lang: document.documentElement.lang,
    headings: [...document.querySelectorAll("h1")].length,
    sideways: room.scrollWidth - room.clientWidth,
    wide: wide.slice(0, 3).map((e) => `${e.tagName}.${e.className}`),
    texts: texts.filter(Boolean),
    labels: labels.filter((e) => !e.closest("[lang]:not(html)")).map((e) => e.textContent.trim()).filter(Boolean),
  };
}
"""


_STOPS = """
() => {
  // The keyboard is in use from now on, so that a focus that is given by script shows as one that came by Tab.
  const all = [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary")];
  const wrong = [];
  let seen = 0;
  for (const e of all) {
    if (e.disabled || e.tabIndex < 0 || !e.checkVisibility({visibilityProperty: true})) continue;
    e.focus();
    if (document.activeElement !== e) continue;
    seen += 1;
    const style = getComputedStyle(e);
    if (!(style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2)) wrong.push(`no outline: ${e.outerHTML.slice(0, 80)}`);
    // Of a link that goes over two lines, the first.
    const box = e.getClientRects()[0] ?? e.getBoundingClientRect();
    const at = document.elementFromPoint(box.x + Math.min(box.width, 40) / 2, box.y + Math.min(box.height, 24) / 2);
    const label = e.labels?.[0];
    if (!at || !(e.contains(at) || at.contains(e) || label?.contains(at))) wrong.push(`covered: ${e.outerHTML.slice(0, 80)}`);
  }
  return [seen, wrong];
}
"""


def focus_faults(page: Page) -> tuple[int, list[str]]:
    """How many stops the focus makes, and those that it does not show at or that something covers (2.4.7, 2.4.11)."""
    page.keyboard.press("Tab")
    seen, wrong = page.evaluate(_STOPS)
    return int(seen), list(wrong)


_CLIPPED = """
() => [...document.querySelectorAll("main *, header *, footer *")].filter((e) => {
  const style = getComputedStyle(e);
  return e.textContent.trim() && e.checkVisibility({visibilityProperty: true}) && style.clipPath === "none"
    && ["hidden", "clip"].includes(style.overflowY) && e.clientHeight > 1 && e.scrollHeight > e.clientHeight + 2;
}).map((e) => e.outerHTML.slice(0, 80))
"""
_MOVING = """
() => [...document.querySelectorAll("*")].filter((e) => {
  const style = getComputedStyle(e);
  return style.animationName !== "none" || style.transitionDuration.split(", ").some((time) => parseFloat(time) > 0);
}).map((e) => e.outerHTML.slice(0, 80))
"""


def stretched_faults(page: Page) -> list[str]:
    """What gives way at 320 px (1.4.10) and when 1280 px are enlarged to 200 % (1.4.4), and what moves against one's wish."""
    before = page.viewport_size or {"width": DESK, "height": HEIGHT}
    found = [f"moves although less motion is wished: {element}" for element in page.evaluate(_MOVING)]
    for width in (NARROW, DESK // 2):
        page.set_viewport_size({"width": width, "height": HEIGHT // 2})
        seen = look(page)
        if seen["sideways"] > 0:
            found.append(f"scrolls sideways by {seen['sideways']} px at {width} px: {seen['wide']}")
        found += [f"cut off at {width} px: {element}" for element in page.evaluate(_CLIPPED)]
    page.set_viewport_size(before)
    return found


def at_both_widths(page: Page, lang: str, views: Views) -> list[str]:
    """What is wrong with a page in a language at either width, the present one first: changing it costs as much as looking."""
    present = page.viewport_size["width"] if page.viewport_size else 0
    found = []
    for width in (DESK, PHONE) if present == DESK else (PHONE, DESK):
        if width != present:
            page.set_viewport_size({"width": width, "height": HEIGHT})
        seen, form = page.evaluate(f"() => [({_LOOK})(), ({FORM})()]")
        found += [f"at {width}: {fault}" for fault in _faults_in(seen, lang) + barriers_of(page, form)]
        views.count += 1
    return found


def holds(surfer: Surfer, lang: str, views: Views) -> None:
    """The page that is open is in order at both widths."""
    # A click may have led here: what it leads to can be seen before its style sheets have come.
    surfer.page.wait_for_load_state("load")
    found = at_both_widths(surfer.page, lang, views)
    assert not found, f"{surfer.page.url}: {found}"


NAMES = (
    "認証アプリ",
    "ACT MyPage",
    "OCN for business",
    "USEN NETWORKS",
    "01 NET ID",
    "田中 翼",
    "USEN光01（v4）",
    "USEN光01（v6）",
    "ヤマナミショウジ",
    "Chrome / Linux",
    "American Express",
    "Diners Club",
    # Services, as feeds name them.
    "光1Gコース",
    "スタンダード（多チャンネル・録画機能付き）",
    "ケーブル電話",
    "固定IPアドレス",
    "青森 花子",
    "弘前 空",
    "青森 次郎",
    # Of the console: who works there, and what is told of a customer.
    "佐藤 花子",
    "鈴木 次郎",
    "高橋 三郎",
    "HANAKO AOMORI",
    "戸建てトリプルプラン",
    "集合住宅インターネット",
    "認証パスワード",
    "青森ケーブルテレビ",
    "工事のお知らせ",
    "system test",
    "日本語",
)
"""Names are the same in every language; people give them to their authenticator apps, too."""


def look(page: Page) -> dict[str, Any]:
    """Title, language, headings, repeated ids, and how far the page scrolls sideways."""
    found: dict[str, Any] = page.evaluate(_LOOK)
    return found


def faults(page: Page, lang: str) -> list[str]:
    """What is wrong with a page in a language at its present width."""
    return _faults_in(look(page), lang)


def _faults_in(seen: dict[str, Any], lang: str) -> list[str]:
    found = [f"repeated id {name}" for name in seen["repeated"]]
    if seen["sideways"] > 0:
        found.append(f"scrolls sideways by {seen['sideways']} px: {', '.join(seen['wide'])}")
    if seen["headings"] != 1:
        found.append(f"{seen['headings']} h1")
    if not seen["title"].split("|")[0].strip():
        found.append("no title")
    found += [f"target below 24 px: {target}" for target in seen["small"]]
    if seen["lang"] != lang:
        found.append(f"lang is {seen['lang']}")
    return found + foreign(seen, lang)


def foreign(seen: dict[str, Any], lang: str) -> list[str]:
    """Texts in the other language: sentences of English among Japanese, Japanese labels among English."""
    texts, strange = (seen["texts"], _english) if lang == "ja" else (seen["labels"], _japanese)
    return [f"not translated: {text!r}" for text in texts if strange(_without_names(text))]


def _without_names(text: str) -> str:
    for name in NAMES:
        text = text.replace(name, "")
    return text


def _english(text: str) -> bool:
    words = [word for word in text.split() if word.isascii() and word.strip(".,:;!?()").isalpha()]
    return len(words) >= 2 and len(words) * 2 > len(text.split())


def _japanese(text: str) -> bool:
    return any("\u3040" <= char <= "\u30ff" or "\u4e00" <= char <= "\u9fff" for char in text)
