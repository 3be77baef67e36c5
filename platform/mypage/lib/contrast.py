"""Contrast of colours after WCAG 2.2, and custom properties read from a style sheet."""

from __future__ import annotations

import re
from collections.abc import Mapping

_PROPERTY = re.compile(r"(--[a-z0-9-]+)\s*:\s*([^;}]+)")
_VARIABLE = re.compile(r"var\((--[a-z0-9-]+)\)")
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_HEX = re.compile(r"#([0-9a-fA-F]{3}|[0-9a-fA-F]{6})")


def custom_properties(css: str) -> dict[str, str]:
    """The custom properties that a sheet declares; the last one wins."""
    return {name: value.strip() for name, value in _PROPERTY.findall(_COMMENT.sub("", css))}


def resolve(name: str, properties: Mapping[str, str]) -> str:
    """The value of a property with its `var()` references followed. Raises ValueError for an unknown or looping one."""
    seen = [name]
    value = properties.get(name, "")
    while match := _VARIABLE.fullmatch(value):
        if match[1] in seen:
            raise ValueError(f"{name} refers to itself")
        seen.append(match[1])
        value = properties.get(match[1], "")
    if not value:
        raise ValueError(f"{seen[-1]} is not defined")
    return value


def luminance(colour: str) -> float:
    """Relative luminance of a hexadecimal colour. Raises ValueError for other notations."""
    match = _HEX.fullmatch(colour)
    if match is None:
        raise ValueError(f"{colour!r} is not a colour such as #1f6b3a")
    digits = match[1] if len(match[1]) == 6 else "".join(c * 2 for c in match[1])
    channels = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def ratio(one: str, other: str) -> float:
    """Contrast ratio of two colours, 1 to 21."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)
