"""What staff write for a customer to read: it has to fit into a mail, and must not lead anywhere."""

from __future__ import annotations

from typing import Any

from wtforms.validators import ValidationError

from mypage.forms.form import PortalForm
from mypage.lib.text import BadText, clean_text
from mypage.staff.queue.telling import MOST_LINES


def mailable(form: PortalForm, field: Any) -> None:
    """The check of such a text. Raises ValidationError."""
    lines = [line for line in str(field.data).splitlines() if line.strip()]
    if len(lines) > MOST_LINES:
        raise ValidationError(form.t("Please use at most %(count)s lines", count=MOST_LINES))
    if "://" in field.data:
        raise ValidationError(form.t("Please leave out web addresses: customers are told never to follow them"))
    try:
        clean_text(field.data, multiline=True)
    except BadText as error:
        raise ValidationError(form.t("It contains characters that cannot be used")) from error
