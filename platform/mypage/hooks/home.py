"""A first page after login that says how things stand: greeting, notices, what is registered (OCN-36 to OCN-41)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from mypage.hooks.markers import hookspec

HomeField = Literal["number", "name", "kana", "postal-code", "address", "phone", "email", "contract", "contract-number"]
"""What a row may show of customer and contract. "contract" is what the operator calls the contract."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeRow:
    """A row of the table: a `field`, or the `detail` of the contract that has this label in the feed.

    `honorific`: the portal's form of address stands behind the value. What is missing is shown as a dash.
    """

    label: str
    field: HomeField | None = None
    detail: str = ""
    honorific: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeNotice:
    """A fixed notice: its title and its lines."""

    title: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusHome:
    """The whole page. `greeting` stands below the customer's name with the portal's form of address.

    `name` says by which name the customer is greeted: that of the papers, or its reading (the name where the reading is
    missing). `heading` stands over the table, with `%(name)s` for that name; `table` is the table's own title.
    `ending` is said on top while the contract's end is certain and not done yet.
    """

    title: str
    greeting: tuple[str, ...]
    rows: tuple[HomeRow, ...]
    name: Literal["name", "kana"] = "name"
    notices: tuple[HomeNotice, ...] = ()
    heading: str = ""
    table: str = ""
    ending: str = ""


class HomeSpec:
    """Hooks about the first page."""

    @hookspec
    def status_home_items(self) -> list[StatusHome]:
        """A page of the customer's data in place of the core's home page; at most one."""
