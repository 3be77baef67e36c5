"""The contract between a handler and its template: one frozen dataclass per page or fragment."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Base of all contexts. Every field is a top-level variable of `template`; there are no others but the globals."""

    template: ClassVar[str]

    def variables(self) -> dict[str, Any]:
        """The fields as template variables, not copied."""
        return {f.name: getattr(self, f.name) for f in fields(self)}
