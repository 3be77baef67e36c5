"""The icons as a tag, which Django renders quicker than an included template."""

from __future__ import annotations

from django import template
from django.utils.safestring import SafeString, mark_safe

register = template.Library()
PATHS = {
    "alert": "M12 4l9 16H3zM12 10v4M12 17v.1",
    "bell": "M6 17V11a6 6 0 0 1 12 0v6l2 2H4zM10 21h4",
    "bill": "M6 3h12v18l-3-2-3 2-3-2-3 2zM9 8h6M9 12h6",
    "card": "M3 6h18v12H3zM3 10h18M7 15h3",
    "chevron": "M9 5l7 7-7 7",
    "close": "M6 6l12 12M18 6L6 18",
    "doc": "M6 3h8l4 4v14H6zM14 3v5h4M9 13h6M9 17h6",
    "home": "M4 11l8-7 8 7v9H4zM10 20v-6h4v6",
    "key": "M8 11a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM11 12l8-8M16 7l3 3",
    "menu": "M4 7h16M4 12h16M4 17h16",
    "tag": "M4 12V4h8l8 8-8 8zM8 8v.1",
}
SIGNS = {
    name: mark_safe(
        f'<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false"><path d="{path}"></path></svg>'
    )
    for name, path in PATHS.items()
}


@register.simple_tag
def icon(name: str) -> SafeString:
    """A sign by its name."""
    return SIGNS[name]
