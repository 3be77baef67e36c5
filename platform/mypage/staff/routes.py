"""Choosing the tenant to work for, and the console's first page."""

from __future__ import annotations

from mypage.db.session import Tx
from mypage.hooks.permissions import SIGNED_IN
from mypage.lib.errors import NotFound
from mypage.staff.overview import desk_page
from mypage.staff.pages import SeatChoice, SeatPage
from mypage.staff.permissions import DESK, ROLE_WORDS
from mypage.staff.seats import DeskSeats, Post, introduce, posts_of, take_seat
from mypage.web.replies import Go, Reply, Show
from mypage.web.request import PortalRequest
from mypage.web.routing import desk_get, get, post


@get("/seat", name="seat", permission=SIGNED_IN)
def seat(rq: PortalRequest) -> Reply:
    """The tenants that one may work for."""
    seats = rq.ports.get(DeskSeats)
    found = [(post, seats.of(rq.principal, post)) for post in posts_of(rq.tx, rq.principal)]
    choices = tuple(
        SeatChoice(
            tenant=post.tenant,
            portal=there.called(rq.locale),
            role=rq.t(ROLE_WORDS[post.role]),
            current=rq.seat is not None and rq.seat.tenant.name == post.tenant,
        )
        for post, there in found
        if there is not None
    )
    return Show(SeatPage(choices=choices))


@post("/seat", name="seat", permission=SIGNED_IN)
async def seat_post(rq: PortalRequest) -> Reply:
    """Work for a tenant from now on; windows that still show another one can change nothing any more."""
    principal, wanted, seats = rq.principal, rq.form.get("tenant", "")[:64], rq.ports.get(DeskSeats)

    def work(tx: Tx) -> Post:
        taken = take_seat(tx, principal, wanted)
        rq.seat = seats.of(principal, taken)
        if rq.seat is None:
            # Before it is committed: the seat before stays, and the trail tells of none that nobody took.
            raise NotFound
        return taken

    taken = await rq.run(work)
    await rq.run_at_desk(lambda tx: introduce(tx, principal, taken.role))
    return Go("home")


@desk_get("/home", name="home", permission=DESK)
def home(rq: PortalRequest) -> Reply:
    """How much there is to do, one's own work, and the search."""
    return Show(desk_page(rq, rq.tx))
