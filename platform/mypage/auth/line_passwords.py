"""Handing a new password to the systems behind a line, when a credential is also that of one (OCN-58).

Those systems are an area above this one; the composition root says how they are reached.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field

from mypage.db.session import Tx
from mypage.operators.operator import Operator


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPassword:
    """A password in clear on its way to a line. `line` is what the operator calls that credential there."""

    customer_id: uuid.UUID
    credential_id: uuid.UUID
    login_id: str
    line: str
    password: str = field(repr=False)


class LinePasswords:
    """The way to the systems behind the lines. One per process."""

    def __init__(self, hand_over: Callable[[Tx, Operator, NewPassword], None]) -> None:
        """`hand_over` is called in the unit of the change: what it keeps is kept with the change, or not at all."""
        self.hand_over = hand_over
