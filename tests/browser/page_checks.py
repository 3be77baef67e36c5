"""What holds for every page: no barrier that a machine can find, no sideways scrolling, one title, one language."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import axe_playwright_python
from playwright.sync_api import Page

RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
_RUN_AXE = """
async (rules) => {
  const found = await axe.run(document, {runOnly: rules, resultTypes: ["violations"]});
  return found.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(" ")).slice(0, 3).join(", ")}`);
}
"""
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
    if (!parent.closest("[lang]:not(html), script, style")) texts.push(walker.currentNode.data.trim());
  }
  const labels = [...document.querySelectorAll("h1, h2, h3, button, label, legend, caption, th[scope=col], nav a, .btn")];
  return {
    repeated: ids.filter((id, place) => ids.indexOf(id) !== place),
    title: document.title,
    lang: document.documentElement.lang,
    headings: [...document.querySelectorAll("h1")].length,
    sideways: room.scrollWidth - room.clientWidth,
    wide: wide.slice(0, 3).map((e) => `${e.tagName}.${e.className}`),
    texts: texts.filter(Boolean),
    labels: labels.filter((e) => !e.closest("[lang]:not(html)")).map((e) => e.textContent.trim()).filter(Boolean),
  };
}
"""


NAMES = ("ACT MyPage", "Chrome / Linux", "American Express", "Diners Club", "青森 花子", "弘前 空", "青森 次郎")
"""Names are the same in every language."""


@cache
def _axe() -> str:
    return (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")


def barriers(page: Page) -> list[str]:
    """What axe finds against WCAG 2.2 A and AA."""
    page.evaluate(_axe())
    found: list[str] = page.evaluate(_RUN_AXE, list(RULES))
    return [f"axe {violation}" for violation in found]


def look(page: Page) -> dict[str, Any]:
    """Title, language, headings, repeated ids, and how far the page scrolls sideways."""
    found: dict[str, Any] = page.evaluate(_LOOK)
    return found


def faults(page: Page, lang: str) -> list[str]:
    """What is wrong with a page in a language at its present width."""
    seen = look(page)
    found = [f"repeated id {name}" for name in seen["repeated"]]
    if seen["sideways"] > 0:
        found.append(f"scrolls sideways by {seen['sideways']} px: {', '.join(seen['wide'])}")
    if seen["headings"] != 1:
        found.append(f"{seen['headings']} h1")
    if not seen["title"].split("|")[0].strip():
        found.append("no title")
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
