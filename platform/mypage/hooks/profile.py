"""The form in which customers correct what is known about them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from mypage.hooks.markers import hookspec

ProfileKind = Literal["name", "kana", "birth-date", "choice", "count", "phone", "fax", "mobile", "email"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileField:
    """One field, in the order shown. `locked`: shown only, because it changes on paper (`why` says how).

    `phone` and `email` are the customer's columns; the others stand in the customer's profile under `name`.
    """

    name: str
    kind: ProfileKind
    label: str
    required: bool = False
    locked: bool = False
    choices: tuple[str, ...] = ()
    unit: str = ""
    help: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileForm:
    """The fields and the words of the three steps."""

    titles: tuple[str, str, str]
    fields: tuple[ProfileField, ...]
    title: str
    lead: str = ""
    notes: tuple[str, ...] = ()
    next: str = "次へ進む"
    commit: str = "登録"
    back: str = "入力画面へ戻る"
    mailed: str = ""


class ProfileSpec:
    """The hook about the customer's own data."""

    @hookspec
    def profile_form_items(self) -> list[ProfileForm]:
        """The form of the customer's data; at most one."""
