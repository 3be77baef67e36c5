"""Permissions: what a route demands, and which role of an account holds it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

PUBLIC = "public"
"""Everybody, signed in or not."""
SIGNED_IN = "signed-in"
"""Any account: own sessions, logout, re-authentication."""
HOME = "home"
CONTRACT_READ = "contract.read"
BILL_READ = "bill.read"
INVOICE_READ = "invoice.read"
CARD_CHANGE = "card.change"
CREDENTIAL_CHANGE = "credential.change"
NOTICE_READ = "notice.read"

PROFILE_CHANGE = "profile.change"
"""The customer's own data: telephone, address for mails and so on."""
ACCOUNT_READ = "account.read"
"""The overview and the list of accounts: one's own, or all with `:all`."""
ACCOUNT_MANAGE = "account.manage"
"""Registering and deleting accounts of the customer."""
ACCOUNT_CHANGE = "account.change"
"""Names and passwords of accounts: one's own, or all with `:all`."""
MAILBOX_CHANGE = "mailbox.change"
"""Mail addresses of accounts: one's own, or all with `:all`."""
OPTION_READ = "option.read"
"""Pages of options, with what is held. Buying and ending demand what each product names besides."""
REQUEST_READ = "request.read"
"""The forms that staff work on: what was filed, and how far it is."""
REQUEST_FILE = "request.file"
"""Filing, answering and withdrawing such forms."""
TERMINATION = "termination"
"""Asking for the end of the contract, once and for all."""
TERMINATION_READ = "termination.read"
"""What was accepted when the end of the contract was asked for; it stays when nothing else can be changed."""
SLOT_READ = "slot.read"
"""The numbered places of a contract, such as mail accounts, and what was applied for about them."""
SLOT_CHANGE = "slot.change"
"""Applying for something about a place, and calling that off."""
GUIDANCE = "guidance"
"""Pages that say how something is done which cannot be done here."""

SUMMARY_READ = "summary.read"
"""The one page of a small portal: contracts, services and the card in use."""

CORE_PERMISSIONS = frozenset(
    {HOME, CONTRACT_READ, BILL_READ, INVOICE_READ, CARD_CHANGE, CREDENTIAL_CHANGE, NOTICE_READ}
)
"""What every portal offers. The others come with capabilities that an operator declares."""

FOR_ALL = ":all"
"""Behind a permission: it reaches every account of the customer, not only one's own."""

ALL, YES, NO, OFFLINE, NOTED = "◎", "○", "×", "不可", "※"


@dataclass(frozen=True, slots=True)
class FunctionRow:
    """One row of an operator's own table: the function, what it permits, and a cell for each role.

    Cells: ``◎`` for all accounts of the customer, ``○`` for oneself or for what is the customer's, ``×`` nothing,
    ``不可`` not online for anybody, with `offline` saying how else. A ``※`` behind ``○`` or ``×`` means a page of its
    own behind a login of its own: the link is shown with that note, and nothing of the session goes there.
    """

    name: str
    permissions: tuple[str, ...]
    cells: tuple[str, ...]
    offline: str = ""


@dataclass(frozen=True, slots=True)
class PermissionTable:
    """Functions × roles, as the operator prints it; menu, pages, routes, documentation and tests derive from it."""

    roles: tuple[str, ...]
    rows: tuple[FunctionRow, ...]

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row.cells) != len(self.roles):
                raise ValueError(f"{row.name!r} has {len(row.cells)} cells for {len(self.roles)} roles")
            known = {ALL, YES, NO, OFFLINE, YES + NOTED, NO + NOTED}
            if strange := set(row.cells) - known:
                raise ValueError(f"{row.name!r} has a cell {min(strange)!r} (known: {', '.join(sorted(known))})")
            if OFFLINE in row.cells and not row.offline:
                raise ValueError(f"{row.name!r} is not online, but does not say how else it is done")

    def of(self, role: str) -> frozenset[str]:
        """The permissions that the cells of a role give."""
        column = self.roles.index(role)
        held: set[str] = set()
        for row in self.rows:
            cell = row.cells[column]
            if cell in (ALL, YES) or cell.endswith(NOTED):
                held.update(row.permissions)
            if cell == ALL:
                held.update(permission + FOR_ALL for permission in row.permissions)
        return frozenset(held)


@dataclass(frozen=True, slots=True)
class PermissionMatrix:
    """Role → the permissions it holds. Roles that are not named hold none. `table` is what it was derived from."""

    roles: Mapping[str, frozenset[str]]
    table: PermissionTable | None = field(default=None, compare=False)

    @classmethod
    def derived(cls, table: PermissionTable, besides: Mapping[str, frozenset[str]]) -> PermissionMatrix:
        """The cells of a table, and `besides` what stands in no row of it."""
        return cls({role: table.of(role) | besides.get(role, frozenset()) for role in table.roles}, table)

    def of(self, role: str) -> frozenset[str]:
        """The permissions of a role."""
        return self.roles.get(role, frozenset())

    def known(self) -> frozenset[str]:
        """Every permission that some role holds."""
        return frozenset(p.removesuffix(FOR_ALL) for held in self.roles.values() for p in held)
