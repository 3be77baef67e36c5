"""Whose something is: the contract, and for some things the account, that a line of a feed names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from mypage.imports import cleaning
from mypage.imports.chunk import Chunk, Means, OwnedRef, login_text
from mypage.imports.report import BadLine


@dataclass(frozen=True, slots=True)
class Holder:
    """What a line says: number and key of the contract; scheme, key and text of the login ID, None without account."""

    contract: str
    contract_key: str
    login: tuple[str, str] | None = None
    login_id: str = ""

    @property
    def text(self) -> str:
        """Both as one key."""
        return "\n".join((self.contract_key, login_text(*self.login) if self.login else ""))

    @property
    def called(self) -> str:
        """How people call it."""
        return f"{self.login_id} of contract {self.contract}" if self.login else f"contract {self.contract}"


@dataclass(frozen=True, slots=True)
class HolderRef:
    """The rows: customer, contract, and the account if one is named."""

    customer_id: UUID
    contract_id: UUID
    account_id: UUID | None

    @property
    def id(self) -> UUID:
        """The account, or else the contract."""
        return self.account_id or self.contract_id


def holder(contract: str, scheme: str | None, login_id: str | None, means: Means) -> Holder:
    """Check what a line says. Raises BadLine."""
    number, key = cleaning.one_line("contract", contract), cleaning.key_of("contract", contract)
    if (scheme is None) != (login_id is None):
        missing, given = ("scheme", "login_id") if scheme is None else ("login_id", "scheme")
        raise BadLine(missing, f"is missing beside {given}")
    if scheme is None or login_id is None:
        return Holder(number, key)
    if means.schemes is not None and scheme not in means.schemes:
        known = ", ".join(sorted(means.schemes)) or "none"
        raise BadLine("scheme", f"{scheme!r} is no login scheme here; there is {known}")
    login = (cleaning.required("scheme", scheme), means.login_key(scheme, login_id))
    return Holder(number, key, login, cleaning.one_line("login_id", login_id))


class Holders:
    """The holders that the lines of one chunk name."""

    def __init__(self, chunk: Chunk, named: Sequence[Holder]) -> None:
        """Reads them, in two statements."""
        self._contracts = chunk.contracts(each.contract_key for each in named)
        self._accounts = chunk.logins(each.login for each in named if each.login is not None)
        self._dry_run = chunk.dry_run

    @property
    def customers(self) -> list[UUID]:
        """Whose contracts they are."""
        return list({contract.customer_id for contract in self._contracts.values()})

    def find(self, wanted: Holder) -> HolderRef:
        """The rows of one holder. Raises BadLine when there is none, or contract and account are of two customers."""
        contract = self._contracts.get(wanted.contract_key)
        if contract is None:
            raise BadLine("contract", f"there is no contract {wanted.contract}; load the contracts first")
        if wanted.login is None:
            return HolderRef(contract.customer_id, contract.id, None)
        account = self._accounts.get(wanted.login)
        if account is None:
            raise BadLine("login_id", f"there is no account {wanted.login_id}; load the accounts first")
        if account.customer_id != contract.customer_id and not self._is_guess(contract, account):
            raise BadLine("login_id", f"{wanted.login_id} is not of the customer of contract {wanted.contract}")
        return HolderRef(contract.customer_id, contract.id, account.id)

    def _is_guess(self, *found: OwnedRef) -> bool:
        """Whether one of them would only be loaded by this dry run, so that nobody knows whose it is."""
        return self._dry_run and any(not each.id.int for each in found)
