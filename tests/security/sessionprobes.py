"""Short tests of what a session has proved, and of the token that it had before; all that they change is taken back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from attackkit import run_all
from factorprobes import add_app, undone
from policykit import signed_in

from mypage.auth import sessions
from mypage.lib.tokens import token_hash
from portal_rows import Person

if TYPE_CHECKING:
    from mutantprobes import World


def half_proved(w: World) -> None:
    """Whoever has a factor and gave the password alone has proved nothing where factors count."""
    mine, other = w.pair
    with undone(w.here) as tx:
        add_app(tx, w.here, mine)

        def fresh(token: str, second_factor: str) -> bool:
            found = sessions.find_session(tx, w.operator, token, second_factor=second_factor)  # type: ignore[arg-type]
            assert found
            return found.reauth_fresh

        def opened(account: Person, *, factor: bool) -> str:
            return sessions.open_session(tx, w.operator, account.account_id, account.scheme, device="t", factor=factor)

        half, whole, none = opened(mine, factor=False), opened(mine, factor=True), opened(other, factor=False)
        told = [[fresh(token, setting) for token in (half, whole, none)] for setting in ("off", "offered", "required")]
        assert told == [[True, True, True], [False, True, True], [False, True, True]]
        found = sessions.find_session(tx, w.operator, whole)
        assert found
        for factor in (False, True):
            token = sessions.rotate_session(tx, found.principal.session_id, factor=factor)
            assert token
            assert fresh(token, "offered") is factor


def former_tokens(w: World) -> None:
    """The token before the present one logs out, and does nothing else."""
    person = w.members[0].holder
    mine = signed_in(w.here, person)
    [former] = [value for name, value in mine.cookies.items() if "session" in name]
    found = w.here.run(lambda tx: sessions.find_session(tx, w.operator, former))
    assert found
    token = w.here.run(lambda tx: sessions.rotate_session(tx, found.principal.session_id))
    assert token
    ends, out = run_all(w.here, [lambda p=p: mine.send("POST", p) for p in ("/sessions/end", "/logout")], at_once=1)
    assert ends.header("location").startswith("/login")
    assert out.header("location") == "/login"
    assert w.oracle.fetch("SELECT 1 FROM login_session WHERE token_hash = %s", token_hash(token)) == []


SESSION_PROBES: Mapping[str, Callable[[World], None]] = {"half proved": half_proved, "former tokens": former_tokens}
