"""Two portals with the same rows under the same ids, but for their texts: what forgets its tenant finds a thing twice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from attackkit import Browser, Oracle, Seen, jar_of, run_all, session_of
from ring_recipes import path_of
from ring_victims import CANARY, Victim, plant, victim_of
from sqlalchemy import delete, select

import rlskit
from mypage.db.keys import Vault
from mypage.db.session import Tx
from mypage.requests.models import RequestFilePiece
from mypage.testing.portal import Portal
from mypage.web.csrf import csrf_token
from mypage.web.routing import Route


@dataclass(frozen=True)
class Twins:
    """Two portals with the same rows but for their texts, and a session that exists in both."""

    victim: Victim
    portals: tuple[Portal, Portal]
    canaries: tuple[frozenset[str], frozenset[str]]
    token: str

    def browser(self, portal: Portal) -> Browser:
        """Signed in at one of them."""
        key = portal.server.kernels["actv"].signing_key(portal.name)
        cookies = {jar_of(portal).name("session"): self.token}
        return Browser(
            portal.server, portal.host, "", cookies, csrf_token(key, portal.name, self.token), keep_cookies=False
        )

    def ask(self, portal: Portal, routes: Sequence[Route]) -> list[Seen]:
        """Every route with the victim's things."""
        mine = self.browser(portal)
        paths = [path_of(route, self.victim) for route in routes]
        form = {"operation": self.victim.ids[-1], "current": "x", "password": "Abc12345", "login": "someone1"}
        return run_all(
            portal,
            [
                lambda r=r, p=p: mine.send(r.method, p, form=form if r.method == "POST" else None)
                for r, p in zip(routes, paths, strict=True)
            ],
            at_once=1,
        )

    def foreign(self, which: int, answers: Sequence[Seen]) -> set[str]:
        """What the other twin's texts are that came back."""
        return {c for a in answers for c in CANARY.findall(a.everything.lower())} & self.canaries[1 - which]


def make_twins(place: Callable[..., Portal], oracle: Oracle, admin_url: str) -> Twins:
    """A victim with a row in every table, and its twin in another portal of the same operator."""
    one, two = place(), place()
    victim = victim_of(one, oracle, "2000001")
    token = session_of(one, victim.person)
    assert rlskit.make_twin(admin_url, one.name, two.name) > 25
    two.run(lambda tx: _seal_anew(two.server.ports.get(Vault), tx))
    plant(oracle, two.name)
    found = [frozenset(CANARY.findall("\n".join(oracle.rows(p.name).values()))) for p in (one, two)]
    return Twins(victim, (one, two), (found[0] - found[1], found[1] - found[0]), token)


def _seal_anew(vault: Vault, tx: Tx) -> None:
    """Files under a key of the twin's own: with the copied one they would open in no other tenant."""
    rows = RequestFilePiece.tenant_id == tx.tenant
    pieces = tx.execute(select(RequestFilePiece.file_id, RequestFilePiece.position).where(rows)).all()
    assert pieces
    tx.execute(delete(RequestFilePiece).where(rows))
    for file_id, position in pieces:
        sealed = vault.seal(tx, b"%PDF", table="request_file_piece", column="sealed", row=f"{file_id}:{position}")
        tx.add(RequestFilePiece(tenant_id=tx.tenant, file_id=file_id, position=position, sealed=sealed))
