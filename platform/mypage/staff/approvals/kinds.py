"""The kinds of what needs a second person. A kind is added here, by the area that carries it out."""

from __future__ import annotations

from collections.abc import Mapping

from mypage.staff.approvals.carrying import Carry
from mypage.staff.ending import termination
from mypage.staff.money import posting
from mypage.staff.notices import mails
from mypage.staff.roles import kind as role

KINDS: Mapping[str, Carry] = {
    posting.KIND: posting.POSTING,
    termination.KIND: termination.TERMINATION,
    mails.KIND: mails.MAIL,
    role.KIND: role.ROLE,
}
"""Name of the kind, as it stands in `approval.kind` → what it is."""
