"""What staff call the mails that the platform sends, by the name of their template."""

from __future__ import annotations

from collections.abc import Mapping

MAILS: Mapping[str, str] = {
    "activation": "Mail to activate an account",
    "announcement": "Mail about a notice",
    "card_accepted": "Mail about an accepted card",
    "card_changed": "Mail about a changed card",
    "card_rejected": "Mail about a rejected card",
    "credentials_changed": "Mail about a changed login ID or password",
    "desk_message": "Message from the desk",
    "login_id_notice": "Mail with the login ID",
    "login_locked": "Mail about a locked login",
    "mailbox_registered": "Mail about a registered mail address",
    "option_bought": "Mail about an option that was bought",
    "option_ended": "Mail about an option that was ended",
    "password_reset": "Mail to set a new password",
    "profile_changed": "Mail about changed contact data",
    "request_step": "Mail about a request",
    "second_factor_changed": "Mail about the second step of the login",
    "secret_shown": "Mail about data of a line that staff looked at",
    "slot_application": "Mail about an application for an address",
    "slot_outcome": "Mail about the end of an application for an address",
    "staff_invite": "Invitation to the console",
    "staff_role": "Mail about a role at the console",
    "termination_accepted": "Mail about the accepted end of a contract",
}
"""Mails by their template; a test says when one is missing."""
