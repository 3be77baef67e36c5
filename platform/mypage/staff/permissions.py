"""What staff may do, by the role that they hold at the tenant they work for."""

from __future__ import annotations

from mypage.hooks.permissions import NO, YES, FunctionRow, PermissionMatrix, PermissionTable

DESK = "desk"
"""The console's first page, the search, and what is known of a customer."""
QUEUE_READ = "desk.queue"
QUEUE_WORK = "desk.work"
"""Taking, handing over, asking back, deciding and completing work."""
HELP = "desk.help"
"""Acts for a customer: unlocking, a reset link, ending sessions, contact data, paper applications, mails again."""
SECRETS_SHOWN = "desk.secrets"
"""Line passwords, one at a time, after a proof of who one is and with a reason."""
VIEW_AS = "desk.view-as"
"""Seeing the portal as a customer does, without changing anything."""
NOTICE_WRITE = "desk.notice"
FIGURES = "desk.figures"
EXPORT = "desk.export"
"""Lists of the queue as a file."""
PROPOSE = "desk.propose"
"""Asking for what cannot be undone: money, terminations, mass mails, roles."""
APPROVE = "desk.approve"
"""Confirming what somebody else has proposed."""
TRAIL_READ = "desk.trail"
ROLES = "desk.roles"
"""Who works for the tenant, and in which role."""

READER, AGENT, MANAGER = "reader", "agent", "manager"
ROLE_NAMES = (READER, AGENT, MANAGER)
ROLE_WORDS = {READER: "Reader", AGENT: "Agent", MANAGER: "Manager"}
"""What people call the roles; msgids."""

STAFF_TABLE = PermissionTable(
    roles=ROLE_NAMES,
    rows=(
        FunctionRow("Search and customers", (DESK,), (YES, YES, YES)),
        FunctionRow("Work queue", (QUEUE_READ,), (YES, YES, YES)),
        FunctionRow("Figures", (FIGURES,), (YES, YES, YES)),
        FunctionRow("Taking and deciding work", (QUEUE_WORK,), (NO, YES, YES)),
        FunctionRow("Lists as files", (EXPORT,), (NO, YES, YES)),
        FunctionRow("Acts for a customer", (HELP,), (NO, YES, YES)),
        FunctionRow("Line passwords", (SECRETS_SHOWN,), (NO, YES, YES)),
        FunctionRow("Viewing as a customer", (VIEW_AS,), (NO, YES, YES)),
        FunctionRow("Notices", (NOTICE_WRITE,), (NO, YES, YES)),
        FunctionRow("Proposing what cannot be undone", (PROPOSE,), (NO, YES, YES)),
        FunctionRow("Confirming what cannot be undone", (APPROVE,), (NO, NO, YES)),
        FunctionRow("Audit trail", (TRAIL_READ,), (NO, NO, YES)),
        FunctionRow("Roles of staff", (ROLES,), (NO, NO, YES)),
    ),
)
"""One for all tenants: who may see personal data and move money is no matter of an operator's taste."""

DESK_ROLES = PermissionMatrix.derived(STAFF_TABLE, {})
