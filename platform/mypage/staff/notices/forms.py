"""The form of a notice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from wtforms.validators import StopValidation

from mypage.db.session import Tx
from mypage.forms.base import PortalField
from mypage.forms.choices import ChoiceField
from mypage.forms.fields import FoldedTextField, PortalForm, TextAreaField, TextField
from mypage.hooks.products import Product
from mypage.i18n import Catalogue, Translator
from mypage.lib.clock import TOKYO
from mypage.notices.models import Notice
from mypage.notices.writing import NoticeText
from mypage.staff.notices.audiences import WORDS, Aim, BadAudience, aim_at_area, aim_at_list, aim_at_plans
from mypage.web.formdata import FormData

BODY_LIMIT = 2 * 1024 * 1024
"""Bytes of the form: a list of customers is pasted into it."""
FILE = "customers_file"
LONGEST_TITLE, LONGEST_BODY = 100, 5_000
_FORMATS = ("%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d", "%Y/%m/%d")
IMPORTANCE: Mapping[str, str] = {"normal": "Normal", "important": "Important", "urgent": "Urgent"}


class MomentField(FoldedTextField):
    """A day and time in Japan; `data` is as browsers write it, such as 2026-11-21T09:00."""

    input_type = "datetime-local"
    attributes: ClassVar[Mapping[str, str]] = {
        "autocomplete": "off",
        "min": "2000-01-01T00:00",
        "max": "2199-12-31T23:59",
    }

    def check(self, t: Translator, label: str) -> None:
        """Raises StopValidation."""
        moment = _moment(self.data)
        if moment is None or not 2000 <= moment.year < 2200:
            raise StopValidation(t("Enter %(label)s as a day and time, such as 2026-12-01 09:00", label=label))
        self.data = moment.strftime(_FORMATS[0])


class ListField(PortalField):
    """Many short lines, such as customer numbers; all of it is put back into the page."""

    kind, one_line = "textarea", False

    @property
    def shown(self) -> str:
        """All that was typed."""
        return str(self.data or "")


def notice_form(
    t: Catalogue,
    words: Catalogue,
    products: Mapping[str, Product],
    data: Any = None,
    values: Mapping[str, Any] | None = None,
) -> PortalForm:
    """The form; `words` are the operator's, for the names of what customers hold."""
    held = [(code, words(product.name)) for code, product in products.items()]
    audiences = [(key, t(text)) for key, text in WORDS.items() if key != "product" or held]
    fields: dict[str, PortalField] = {
        "title": TextField("Title (Japanese)", max_length=LONGEST_TITLE, size=""),
        "body": TextAreaField(
            "Text (Japanese)",
            description="An empty line begins a new paragraph. Addresses that begin with https:// become links.",
            max_length=LONGEST_BODY,
            render_kw={"rows": "8"},
        ),
        "title_en": TextField("Title (English)", required=False, max_length=LONGEST_TITLE, size=""),
        "body_en": TextAreaField(
            "Text (English)", required=False, max_length=LONGEST_BODY, render_kw={"rows": "6"},
            description="Without it English readers see the Japanese text.",
        ),
        "importance": ChoiceField("Importance", options=[(key, t(text)) for key, text in IMPORTANCE.items()], size="s"),
        "starts": MomentField("Shown from", description="The time in Japan", size="s"),
        "ends": MomentField("Shown until", required=False, description="Without it there is no end", size="s"),
        "audience": ChoiceField("For whom", options=audiences, cards=True),
        "plans": ListField(
            "Plans", required=False, description="Codes of plans, one a line", max_length=5_000, render_kw={"rows": "3"}
        ),
        "area": ListField(
            "Area", required=False, max_length=5_000, render_kw={"rows": "3"},
            description="One a line: the first digits of a postal code (0300), or the beginning of an address",
        ),
        "customers": ListField(
            "List of customer numbers", required=False, max_length=BODY_LIMIT, render_kw={"rows": "6"},
            description="One a line, up to 50,000. Lines of a CSV file are fine: the first column counts.",
        ),
    }  # fmt: skip
    if held:
        fields["product"] = ChoiceField("Option", required=False, options=[("", "–"), *held], size="l")
    return PortalForm(fields, data, t=t, values=values)


def with_file(data: FormData) -> FormData:
    """What was posted, with the text of a file of customer numbers in the place of the typed ones."""
    text = data.get(FILE, "")
    if not text.strip():
        return data
    rest = [(name, value) for name in data for value in data.getlist(name) if name not in (FILE, "customers")]
    return FormData([*rest, ("customers", text)])


def values_of(notice: Notice, listed: Sequence[str]) -> dict[str, str]:
    """What the form of a notice that is there is filled with; `listed` are the customer numbers of its list."""
    lines = "\n".join(notice.aimed)
    return {
        "title": notice.title,
        "body": notice.body,
        "title_en": notice.title_en,
        "body_en": notice.body_en,
        "importance": notice.importance,
        "starts": notice.starts_at.astimezone(TOKYO).strftime(_FORMATS[0]),
        "ends": notice.ends_at.astimezone(TOKYO).strftime(_FORMATS[0]) if notice.ends_at else "",
        "audience": notice.audience,
        "plans": lines if notice.audience == "plan" else "",
        "area": lines if notice.audience == "area" else "",
        "product": notice.aimed[0] if notice.audience == "product" else "",
        "customers": "\n".join(listed),
    }


def read_notice(tx: Tx, t: Catalogue, form: PortalForm) -> NoticeText | None:
    """What the form says; None when something in it is wrong, which it says then."""
    if not form.validate():
        return None
    starts, ends = _moment(form.text("starts")), _moment(form.text("ends"))
    if starts is not None and ends is not None and ends <= starts:
        form.add_error("ends", t("The end has to lie after the beginning"))
    if bool(form.text("title_en")) != bool(form.text("body_en")):
        missing = "body_en" if form.text("title_en") else "title_en"
        form.add_error(missing, t("Give title and text in English, or neither"))
    aim = _aim(tx, t, form)
    if form.errors or aim is None or starts is None:
        return None
    return NoticeText(
        title=form.text("title"),
        body=form.text("body"),
        title_en=form.text("title_en"),
        body_en=form.text("body_en"),
        importance=form.text("importance"),
        starts_at=starts,
        ends_at=ends,
        audience=form.text("audience"),
        aimed=aim.aimed,
        customers=aim.customers,
    )


def _aim(tx: Tx, t: Catalogue, form: PortalForm) -> Aim | None:
    field = {"plan": "plans", "product": "product", "area": "area", "list": "customers"}.get(form.text("audience"), "")
    try:
        match form.text("audience"):
            case "plan":
                return aim_at_plans(tx, t, form.text("plans"))
            case "area":
                return aim_at_area(t, form.text("area"))
            case "list":
                return aim_at_list(tx, t, form.text("customers"))
            case "product" if form.text("product"):
                return Aim((form.text("product"),))
            case "product":
                raise BadAudience(t("Say which customers this is for"))
    except BadAudience as error:
        form.add_error(field, str(error))
        return None
    return Aim()


def _moment(text: str) -> datetime | None:
    for each in _FORMATS:
        try:
            return datetime.strptime(text.strip(), each).replace(tzinfo=TOKYO)
        except ValueError:
            continue
    return None
