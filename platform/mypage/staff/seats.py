"""Which tenant a session of the console works for, and what the role held there permits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sqlalchemy import bindparam, select
from sqlalchemy.dialects.postgresql import insert

from mypage.audit.trail import record
from mypage.auth.models import LoginSession
from mypage.auth.sessions import FEDERATED
from mypage.db.keys import Vault
from mypage.db.reads import Read
from mypage.db.session import Tx
from mypage.hooks.context import Principal
from mypage.lib.errors import NotFound
from mypage.operators.operator import OFFICE, Operator
from mypage.operators.staff_login import staff_login_of
from mypage.operators.tenants import Registry, Tenant
from mypage.staff.invites import Means
from mypage.staff.members import note_member
from mypage.staff.models import DeskRole, DeskSeat
from mypage.staff.permissions import DESK_ROLES
from mypage.web.request import PortalRequest, Seat

_SEAT = Read(
    select(DeskSeat.worked, DeskRole.role)
    .join(
        DeskRole,
        (DeskRole.tenant_id == bindparam("tenant"))
        & (DeskRole.worked == DeskSeat.worked)
        & (DeskRole.account_id == bindparam("account"))
        & DeskRole.withdrawn_at.is_(None),
    )
    .join(
        LoginSession,
        (LoginSession.tenant_id == bindparam("tenant"))
        & (LoginSession.public_id == DeskSeat.session_id)
        # Other guards see to it before; were one of them to fail, a password alone would still open no desk.
        & LoginSession.factor_at.is_not(None),
    )
    .where(DeskSeat.tenant_id == bindparam("tenant"), DeskSeat.session_id == bindparam("session"))
)
_POSTS = Read(
    select(DeskRole.worked, DeskRole.role)
    .where(
        DeskRole.tenant_id == bindparam("tenant"),
        DeskRole.account_id == bindparam("account"),
        DeskRole.withdrawn_at.is_(None),
    )
    .order_by(DeskRole.worked)
)


@dataclass(frozen=True, slots=True)
class Post:
    """A tenant that somebody may work for, and in which role."""

    tenant: str
    role: str


class DeskSeats:
    """Finds seats among the tenants of this process."""

    def __init__(self, registry: Callable[[], Registry], operators: Mapping[str, Operator]) -> None:
        """`operators` may still be filled when this is made."""
        self._registry, self._operators = registry, operators

    def __call__(self, tx: Tx, principal: Principal) -> Seat | None:
        """The seat of a session, in the console's own unit of work."""
        row = tx.row(_SEAT, tenant=tx.tenant, account=principal.account_id, session=principal.session_id)
        return self.of(principal, Post(row.worked, row.role)) if row is not None else None

    def tenant(self, name: str) -> Tenant | None:
        """A tenant that staff may work for; None when it is not served."""
        tenant = self._registry().get(name)
        return None if tenant is None or tenant.operator == OFFICE else tenant

    def of(self, principal: Principal, post: Post) -> Seat | None:
        """The seat of a post, if the principal signed in as its tenant wants it: at its own company, or here."""
        seat = self.at(post)
        offered = staff_login_of(seat.tenant.extensions) if seat else None
        if principal.scheme.startswith(FEDERATED):
            return seat if offered and principal.scheme == FEDERATED + post.tenant else None
        return None if offered and offered.demanded else seat

    def at(self, post: Post) -> Seat | None:
        """The seat of a post; None when its tenant is not served."""
        tenant = self.tenant(post.tenant)
        if tenant is None:
            return None
        operator = self._operators[tenant.operator]
        return Seat(tenant=tenant, operator=operator, role=post.role, permissions=DESK_ROLES.of(post.role))


def posts_of(tx: Tx, principal: Principal) -> tuple[Post, ...]:
    """The tenants that the principal may work for, by name; in the console's own unit of work."""
    rows = tx.rows(_POSTS, tenant=tx.tenant, account=principal.account_id)
    return tuple(Post(row.worked, row.role) for row in rows)


def take_seat(tx: Tx, principal: Principal, worked: str) -> Post:
    """Work for a tenant from now on, in this session alone. Raises NotFound for one without a role there."""
    post = next((each for each in posts_of(tx, principal) if each.tenant == worked), None)
    if post is None:
        raise NotFound
    values = {"worked": worked, "taken_at": tx.now()}
    tx.execute(
        insert(DeskSeat)
        .values(tenant_id=tx.tenant, session_id=principal.session_id, **values)
        .on_conflict_do_update(index_elements=["tenant_id", "session_id"], set_=values)
    )
    record(tx, "desk.seat_taken", "tenant", worked, after={"role": post.role})
    return post


def introduce(tx: Tx, principal: Principal, role: str) -> None:
    """Note in the worked tenant who it is that works there now; in that tenant's unit of work."""
    note_member(tx, principal.account_id, name=principal.name, email=principal.email, role=role)
    record(tx, "desk.began", "staff", principal.account_id, after={"name": principal.name, "role": role})


def office_means(rq: PortalRequest) -> Means:
    """What mails to staff need, of the console that answers this request."""
    return Means(
        vault=rq.ports.get(Vault),
        operator=rq.operator,
        language=rq.tenant.locale,
        link_of=lambda token: rq.absolute("staff-invited", token=token),
        login_url=rq.absolute("login"),
    )
