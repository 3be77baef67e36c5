"""The feed format as JSON Schema, for `mypage import --schema` and for those who write feeds."""

from __future__ import annotations

from typing import Any

import msgspec

from mypage.imports.records import KINDS

DRAFT = "https://json-schema.org/draft/2020-12/schema"


def feed_schema() -> dict[str, Any]:
    """One schema for a line of a feed: one of the kinds, each described by what it means.

    Every line that an import accepts is valid; texts, days and sums are checked further when a line is read.
    """
    references, components = msgspec.json.schema_components(KINDS)
    return {
        "$schema": DRAFT,
        "title": "A line of a mypage feed",
        "description": "JSON Lines in UTF-8: one object per line, its kind in `type`. Unknown fields are refused.",
        "oneOf": list(references),
        "$defs": {name: _described(schema) for name, schema in sorted(components.items())},
    }


def _described(schema: dict[str, Any]) -> dict[str, Any]:
    text = schema.get("description", "")
    return {**schema, "description": " ".join(text.split())} if text else schema
