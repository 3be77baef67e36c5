"""The form in which customers correct what is known about them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from mypage.hooks.markers import hookspec

ProfileKind = Literal["name", "kana", "birth-date", "choice", "count", "phone", "fax", "mobile", "email"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileField:
    """One field, in the order shown. `locked`: shown only, because it changes on paper (`help` says so).

    `name`, `kana`, `phone` and `email` are columns of the customer, so there is one of each at most; the others stand
    in the customer's profile under `name`. Names and birth dates are always locked. A `choice` is kept as its label. An
    optional field that is left blank loses what was stored; `unit` stands behind a count.
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
    """The fields and the words of the three steps: `titles` and `leads` are those of input, check and completion.

    `notes` stand above the inputs. `mailed` is the sentence of the completion page when a notice went out; `{address}`
    in it is where to. `locked_why` says how the locked fields are changed.
    """

    title: str
    titles: tuple[str, str, str]
    fields: tuple[ProfileField, ...]
    leads: tuple[str, str, str] = ("", "", "")
    notes: tuple[str, ...] = ()
    locked_why: str = ""
    next: str = "Continue"
    commit: str = "Register"
    back: str = "Back to the input"
    mailed: str = "A notice was sent to {address}."


class ProfileSpec:
    """The hook about the customer's own data."""

    @hookspec
    def profile_form_items(self) -> list[ProfileForm]:
        """The form of the customer's data; at most one."""
