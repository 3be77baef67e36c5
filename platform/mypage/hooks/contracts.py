"""What a customer may do depends on how their contracts stand and what the line has (OCN-32, OCN-35, OCN-168)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from mypage.hooks.markers import hookspec

Standing = Literal["preparing", "active", "suspended", "paper", "accepted", "terminated"]
"""Where a contract stands. "paper": an application on paper that stops changes runs about it. "accepted": its end was
asked for online and is certain, but not done yet."""
STANDINGS: tuple[Standing, ...] = ("preparing", "active", "suspended", "paper", "accepted", "terminated")


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractCondition:
    """`permissions` are held only while a contract stands in one of `states` (None: any) and has `feature` ("": none).

    `feature` is a word that the feed gives contracts of that kind: small letters, digits and hyphens. Without the
    permission menu entries are gone and addresses are refused with `refusal`, a sentence for the customer.
    """

    permissions: frozenset[str]
    states: frozenset[Standing] | None = None
    feature: str = ""
    refusal: str

    def met_by(self, standing: str, features: Collection[str]) -> bool:
        """Whether a contract that stands so and has these features meets it."""
        stands = self.states is None or standing in self.states
        return stands and (not self.feature or self.feature in features)


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractPolicy:
    """The conditions on permissions; one contract has to meet all those that name a permission.

    `signs_in`: only customers with a contract in one of these states sign in; the others get the message of a wrong
    password, and their sessions end (OCN-151). None: however the contracts stand.
    """

    conditions: tuple[ContractCondition, ...] = ()
    signs_in: frozenset[Standing] | None = None

    @property
    def looks(self) -> bool:
        """Whether contracts have to be looked at for knowing who may do what."""
        return bool(self.conditions) or self.signs_in is not None


class ContractsSpec:
    """Hooks about what contracts permit."""

    @hookspec(firstresult=True)
    def contract_policy(self) -> ContractPolicy:
        """Which permissions depend on the contract. By default none does, and nothing is looked up."""
