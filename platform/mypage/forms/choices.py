"""Fields that offer a choice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wtforms.validators import StopValidation

from mypage.forms.base import PortalField
from mypage.i18n import Translator


class ChoiceField(PortalField):
    """One of `options`, pairs or triples of value, label and explaining text. `cards` shows all of them at once."""

    def __init__(
        self,
        label: str,
        *,
        options: Sequence[tuple[str, ...]],
        cards: bool = False,
        **rest: Any,
    ) -> None:
        """Without `cards` it is a pulldown."""
        super().__init__(label, **rest)
        self.options = tuple(options)
        self._cards = cards

    @property
    def kind(self) -> str:  # type: ignore[override]
        """How it is drawn."""
        return "choices" if self._cards else "select"

    def missing(self, t: Translator, label: str) -> str:
        """Choosing is not entering."""
        return t("Choose %(label)s", label=label)

    def check(self, t: Translator, label: str) -> None:
        """Raises StopValidation."""
        if self.data not in {option[0] for option in self.options}:
            raise StopValidation(t("Choose %(label)s", label=label))


class TickField(PortalField):
    """A tick; `data` is a bool. A required tick is a consent."""

    kind = "tick"

    def process_data(self, value: Any) -> None:
        """Take an initial value."""
        self.data = bool(value)

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Posted at all means ticked."""
        self.data = bool(valuelist)

    def missing(self, t: Translator, label: str) -> str:
        """Names the tick."""
        return t('Tick "%(label)s" to go on', label=label)


class ChecksField(PortalField):
    """Any of `options`, pairs or triples of value, label and explaining text; `data` is a tuple of values."""

    kind = "checks"

    def __init__(self, label: str, *, options: Sequence[tuple[str, ...]], **rest: Any) -> None:
        """Shown as boxes to tick."""
        super().__init__(label, **rest)
        self.options = tuple(options)

    def process_data(self, value: Any) -> None:
        """Take initial values."""
        self.data = tuple(value or ())

    def process_formdata(self, valuelist: list[Any]) -> None:
        """In the order of the options, each once; what is not offered stays, so that the check refuses it."""
        posted = {value for value in valuelist if isinstance(value, str) and value}
        known = tuple(option[0] for option in self.options if option[0] in posted)
        self.data = known + tuple(posted - set(known))[:1]

    def missing(self, t: Translator, label: str) -> str:
        """Choosing is not entering."""
        return t("Choose %(label)s", label=label)

    def check(self, t: Translator, label: str) -> None:
        """Raises StopValidation."""
        if not set(self.data) <= {option[0] for option in self.options}:
            raise StopValidation(t("Choose %(label)s", label=label))
