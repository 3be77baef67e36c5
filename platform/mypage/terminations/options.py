"""Which of the operator's options a contract has: those that end with it, and those that cannot be ended here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from mypage.contracts.models import Contract
from mypage.contracts.reaching import ContractRef
from mypage.db.session import Tx
from mypage.hooks.terminations import EndOption, Termination
from mypage.terminations.closing import Ending


@dataclass(frozen=True, slots=True)
class OptionState:
    """An option and whether the contract has it."""

    option: EndOption
    held: bool


def option_states(tx: Tx, rules: Termination, ref: ContractRef, ending: Ending) -> tuple[OptionState, ...]:
    """Every option in the operator's order."""
    features = tx.execute(
        select(Contract.features).where(Contract.tenant_id == tx.tenant, Contract.id == ref.id)
    ).scalar_one()
    return tuple(OptionState(option, _held(option, ending, features)) for option in rules.options)


def staying(states: Sequence[OptionState]) -> tuple[EndOption, ...]:
    """What the contract has that cannot be ended here (OCN-124, OCN-152)."""
    return tuple(state.option for state in states if state.held and not state.option.ends)


def _held(option: EndOption, ending: Ending, features: Sequence[str]) -> bool:
    return (
        not ending.codes.isdisjoint(option.products)
        or not set(features).isdisjoint(option.features)
        or any(name.startswith(option.services) for name in ending.services if option.services)
    )
