"""What all checks of an operator share."""

from __future__ import annotations

from collections.abc import Callable

from mypage.operators.operator import OperatorError

Wrong = Callable[[str, str], OperatorError]
"""Makes the error of a hook from its name and what is wrong."""


def check_places(hook: str, text: str, known: tuple[str, ...], wrong: Wrong) -> None:
    """Raises OperatorError when a text has a place to fill in that is not known, or a lone percent sign."""
    try:
        text % dict.fromkeys(known, "")
    except (KeyError, ValueError, TypeError) as error:
        places = ", ".join(f"%({name})s" for name in known)
        raise wrong(hook, f"{text!r} cannot be filled in; it may hold {places}, and a percent sign as %%") from error
