"""The box of the search."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from mypage.forms.base import PortalField
from mypage.forms.form import PortalForm
from mypage.i18n import Translator
from mypage.staff.search.probes import LONGEST


class SearchField(PortalField):
    """Whatever a caller says: line ends and control characters of what was pasted are no fault of who pastes it."""

    input_type = "search"
    attributes: ClassVar[Mapping[str, str]] = {"autocomplete": "off", "spellcheck": "false", "enterkeyhint": "search"}

    def read(self, values: Sequence[Any]) -> str:
        """One line of what was typed."""
        typed = next((v for v in values if isinstance(v, str)), "")
        return " ".join("".join(char if char.isprintable() else " " for char in typed).split())


def search_form(data: Any, *, t: Translator, typed: str = "") -> PortalForm:
    """The form with what was posted (`data`), or with an earlier search."""
    label = "Number, name, telephone or mail address"
    return PortalForm({"q": SearchField(label, max_length=LONGEST, size="l")}, data, t=t, values={"q": typed})
