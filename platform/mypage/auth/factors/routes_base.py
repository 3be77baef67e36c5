"""What the routes of second factors share: the tenant's setting, its site for passkeys, and whose factors they are."""

from __future__ import annotations

from sqlalchemy import delete

from mypage.auth.factors.passkeys import Site
from mypage.auth.factors.pending import Purpose, wait
from mypage.auth.factors.service import Holder, Keys, has_factor
from mypage.auth.login import Found
from mypage.auth.sessions import FEDERATED
from mypage.db.keys import Vault
from mypage.db.session import Tx
from mypage.forms.models import Draft
from mypage.lib.crypto import Keyring
from mypage.lib.errors import NotFound
from mypage.lib.tokens import token_hash
from mypage.operators.tenants import normalise_host
from mypage.web.request import PortalRequest


def offered(rq: PortalRequest) -> None:
    """Raises NotFound where the tenant has no second factors."""
    if rq.tenant.second_factor == "off":
        raise NotFound


def manageable(rq: PortalRequest) -> None:
    """Raises NotFound where the tenant has no second factors, and for who came through a company's provider.

    That provider vouches for its own tenant; with codes of this account it could sign in here and work for every other.
    """
    offered(rq)
    if rq.principal.scheme.startswith(FEDERATED):
        raise NotFound


def keys_of(rq: PortalRequest) -> Keys:
    """The keys of the process."""
    return Keys(rq.ports.get(Vault), rq.ports.get(Keyring))


def holder_of(rq: PortalRequest) -> Holder:
    """Who is signed in; this session stays when others end."""
    return Holder(account_id=rq.principal.account_id, session_id=rq.principal.session_id, language=rq.tenant.locale)


def site_of(rq: PortalRequest) -> Site:
    """The tenant's main host and origin, from the registry and never from the request."""
    return Site(rq.tenant.main.host, rq.origin, name_of(rq))


def name_of(rq: PortalRequest) -> str:
    """Under which name apps and devices list the portal: with the company, for many call theirs the same."""
    return f"{rq.t(rq.operator.portal.company)} {rq.t(rq.operator.portal.portal_name)}"


def elsewhere(rq: PortalRequest, route: str) -> str:
    """A route's URL at the tenant's main address when the browser is elsewhere, where no passkey works; else ""."""
    here = normalise_host(rq.headers.get("host", ""))
    return "" if here == rq.tenant.main.host else rq.absolute(route)


def take_draft(tx: Tx, owner: bytes, wizard: str) -> bool:
    """Use the owner's draft up: of several posts at the same moment one gets it."""
    taken = delete(Draft).where(Draft.tenant_id == tx.tenant, Draft.owner == owner, Draft.wizard == wizard)
    return bool(tx.execute(taken.returning(Draft.id)).all())


def second_step(rq: PortalRequest, tx: Tx, purpose: Purpose, found: Found, device: str = "") -> bool:
    """Whether a right password has to be followed by a second factor; its draft is kept then."""
    if rq.tenant.second_factor == "off" or not has_factor(tx, found.account_id):
        return False
    owner = draft_owner(rq, purpose)
    wait(tx, rq.ports.get(Vault), purpose, owner, credential_id=found.id, device=device)
    return True


def draft_owner(rq: PortalRequest, purpose: Purpose) -> bytes:
    """Whose drafts of second steps they are: the browser's before the login, the session's after it."""
    return token_hash(rq.visitor) if purpose == "second-login" else rq.owner
