"""The form of a page: built per request, filled from any kind of post, its messages in the reader's language."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Any

from wtforms.form import BaseForm

from mypage.i18n import Translator
from mypage.web.formdata import FormData


def readable(value: str) -> bool:
    """Whether a value can be stored and shown: no NUL or other control character but line ends, no half surrogate."""
    return not any(unicodedata.category(c) in ("Cc", "Cs") and c not in "\t\r\n" for c in value)


class PortalForm(BaseForm):
    """A form built per request: `PortalForm({"login_id": LoginIdField("ログインID")}, data, t=t)`.

    `data` is what was posted (a request's form, FormData or a mapping of lists), None before the first post.
    `values` are initial values. `prefix` keeps ids and names apart when a page has two forms.
    """

    def __init__(
        self,
        fields: Mapping[str, Any],
        data: Any = None,
        *,
        t: Translator,
        values: Mapping[str, Any] | None = None,
        prefix: str = "",
    ) -> None:
        """Bind and fill the fields; nothing is checked yet."""
        super().__init__(dict(fields), prefix=prefix)
        self.t = t
        if data is not None and not hasattr(data, "getlist") and not hasattr(data, "getall"):
            data = FormData([(name, value) for name, values_ in data.items() for value in values_])
        self.process(data, data=dict(values or {}))

    def text(self, name: str) -> str:
        """The cleaned text of one field."""
        return str(self[name].data or "")

    def add_error(self, name: str | None, message: str) -> None:
        """Add a message found outside the form to a field, or to the form as a whole (None). Call after `validate`."""
        if name is None:
            self.form_errors = [*self.form_errors, message]
        else:
            self[name].errors = [*self[name].errors, message]

    def errors_for_summary(self) -> list[tuple[str, str]]:
        """(id of the control, message) in the order of the page; messages of the whole form come first, without id."""
        whole = [("", str(message)) for message in self.form_errors]
        return whole + [(getattr(field, "focus_id", field.id), str(field.errors[0])) for field in self if field.errors]
