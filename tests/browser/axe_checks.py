"""What axe finds against WCAG 2.2 A and AA; nothing is judged again that differs in nothing that axe judges by.

What words are hidden or labelled follows from the form of the document alone, and is judged once for all themes. Size and
overflow follow from the form, the style sheets and the width. Contrast, which takes three quarters of the time, follows
from what a text looks like: its letters, and what is painted behind it. A look is known once axe itself passed it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import axe_playwright_python
from playwright.sync_api import Page

RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
BY_STYLE = ("target-size", "link-in-text-block", "scrollable-region-focusable")
"""Rules besides contrast that judge by what the style sheets make of the document."""
FORM = """
() => {
  // All that axe judges by: elements, attributes, what is shown, style sheets, width. Of words only whether there are any.
  const wordy = new Set(["value", "aria-label", "title", "alt", "placeholder", "content", "href", "src", "action", "datetime"]);
  const passing = new Set(["lang", "hreflang", "nonce", "hx-nonce"]);
  const sheets = [];
  const kept = (name, value) => {
    if (name === "href" && value.includes(".css")) { sheets.push(value); return "css"; }
    if (name === "href" && value.startsWith("#")) return value;
    return wordy.has(name) || (name.startsWith("data-") && value.length > 16) ? String(Boolean(value.trim())) : value;
  };
  const form = (e) => {
    const attributes = [...e.attributes].filter((a) => !passing.has(a.name)).map((a) => `${a.name}=${kept(a.name, a.value)}`).sort();
    const inside = [...e.childNodes].flatMap((node) => {
      if (node.nodeType === Node.ELEMENT_NODE) return [form(node)];
      return node.nodeType === Node.TEXT_NODE && node.data.trim() ? ["text"] : [];
    });
    // The present language is the first here and the second there.
    if (e.matches(".languages, [role=group]")) inside.sort();
    const shown = e.checkVisibility({visibilityProperty: true});
    return `<${e.localName} ${attributes} ${shown} ${e === document.activeElement}>${inside.join("")}</>`;
  };
  const behind = new Map([[null, ""]]);
  const layers = (e) => {
    if (!behind.has(e)) {
      const style = getComputedStyle(e), clear = style.backgroundColor === "rgba(0, 0, 0, 0)" && style.backgroundImage === "none";
      const paint = clear ? "" : `${style.backgroundColor} ${style.backgroundImage}`;
      const mixed = style.opacity !== "1" || style.filter !== "none" || style.mixBlendMode !== "normal"
        ? `${style.opacity} ${style.filter} ${style.mixBlendMode}` : "";
      // What lies above other things may have anything behind it: no look, it is judged on every page.
      const lifted = ["absolute", "fixed"].includes(style.position) || style.transform !== "none" ? "!" : "";
      behind.set(e, layers(e.parentElement) + (paint || mixed || lifted ? `|${paint} ${mixed}${lifted}` : ""));
    }
    return behind.get(e);
  };
  const looks = new Map();
  const look = (e) => {
    const style = getComputedStyle(e);
    return `${style.color} ${style.fontSize} ${style.fontWeight} ${style.textShadow} ${style.webkitTextFillColor} ${layers(e)}`;
  };
  for (const e of document.body.querySelectorAll(":not(option)")) {
    const worded = e.matches("input, select, textarea")
      || [...e.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
    if (!worded || !e.checkVisibility({visibilityProperty: true})) continue;
    const key = look(e);
    if (!looks.has(key)) looks.set(key, []);
    if (key.includes("!") || !looks.get(key).length) looks.get(key).push(e);
  }
  window.__looks = {places: [...looks.values()], look};
  const structure = form(document.documentElement);
  return {structure, style: `${innerWidth} ${sheets}`, looks: [...looks.keys()]};
}
"""
_RUN_AXE = """
async ([chosen, unknown]) => {
  if (typeof axe === "undefined") return null;
  const told = ({violations}) => violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(" ")).slice(0, 3).join(", ")}`);
  const found = told(await axe.run(document, {...chosen, resultTypes: ["violations"], iframes: false}));
  const {places, look} = window.__looks, include = unknown.flatMap((place) => places[place]);
  if (!include.length) return [found, []];
  const contrast = await axe.run({include}, {
    runOnly: {type: "rule", values: ["color-contrast"]}, resultTypes: ["violations", "passes"], elementRef: true, iframes: false,
  });
  const passed = contrast.passes.flatMap((rule) => rule.nodes.map((node) => look(node.element)));
  return [[...found, ...told(contrast)], [...new Set(passed)].filter((key) => !key.includes("!"))];
}
"""
_ALL = {"runOnly": list(RULES), "rules": {"color-contrast": {"enabled": False}}}
_STYLED = {"runOnly": {"type": "rule", "values": list(BY_STYLE)}}


@dataclass
class _Known:
    """In what axe found nothing in this process: structures, forms with their style, looks of texts."""

    structures: set[str] = field(default_factory=set)
    forms: set[str] = field(default_factory=set)
    looks: set[str] = field(default_factory=set)


@cache
def _known() -> _Known:
    return _Known()


@cache
def _axe() -> str:
    return (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")


def barriers(page: Page) -> list[str]:
    """What axe finds on a page. One of which only the words differ from another is not judged again."""
    return barriers_of(page, page.evaluate(FORM))


def barriers_of(page: Page, seen: dict[str, Any]) -> list[str]:
    """The same, of what `FORM` says of the page as it stands."""
    known = _known()
    structure = hashlib.sha256(seen["structure"].encode()).hexdigest()
    form = f"{structure} {seen['style']}"
    if form in known.forms:
        return []
    unknown = [place for place, look in enumerate(seen["looks"]) if look not in known.looks]
    work = [_STYLED if structure in known.structures else _ALL, unknown]
    answer = page.evaluate(_RUN_AXE, work)
    if answer is None:
        page.evaluate(_axe())
        answer = page.evaluate(_RUN_AXE, work)
    found, passed = answer
    known.looks.update(passed)
    if not found:
        known.structures.add(structure)
        known.forms.add(form)
    return [f"axe {violation}" for violation in found]
