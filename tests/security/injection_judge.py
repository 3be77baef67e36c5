"""What stands in a document although none of our templates makes it."""

from __future__ import annotations

import re

import lxml.html
from injection_kit import MARK

ADDRESSES = (
    "href",
    "src",
    "action",
    "formaction",
    "data",
    "poster",
    "hx-get",
    "hx-post",
    "data-hx-get",
    "data-hx-post",
    "content",
)


def foreign_parts(body: bytes) -> list[str]:
    """Elements, attributes and addresses that our templates never make."""
    found: list[str] = []
    if not body:
        return found
    for element in lxml.html.fromstring(body).iter():
        if not isinstance(element.tag, str):
            if MARK in str(element.text):
                found.append(f"comment {element.text}")
            continue
        if MARK in element.tag:
            found.append(f"<{element.tag}>")
        if element.tag in ("script", "style", "base", "iframe", "object", "embed") and (
            MARK in (element.text or "") or element.tag != "script"
        ):
            found.append(f"<{element.tag}> {element.text}")
        for name, value in element.attrib.items():
            if MARK in name or name.startswith(("on", "hx-on", "data-hx-on")) or name in ("style", "srcdoc"):
                found.append(f"{element.tag} {name}")
            bare = re.sub(r"[\x00-\x20\u202e\u2066]", "", value).lower()
            if name in ADDRESSES and bare.startswith(("javascript:", "data:", "vbscript:", "//")):
                found.append(f"{element.tag} {name}={value}")
    return found
