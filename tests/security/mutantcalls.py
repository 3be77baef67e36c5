"""Services as they are called for one of two twins: what each answers and does must come from its own tenant alone."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from attackkit import Oracle, session_of
from factorcalls import FACTOR_CALLS, plant_factors
from sqlalchemy import select, text
from twins import Twins

from mypage.auth import (
    activation,
    cleanup,
    credentials,
    links,
    login,
    names,
    password_changes,
    recovery,
    sessions,
    throttle,
)
from mypage.auth.models import Credential
from mypage.billing import card, card_entry, cards
from mypage.billing import service as bills
from mypage.contracts import service as contracts
from mypage.contracts.models import Resource
from mypage.db.keys import Vault
from mypage.db.session import Actor, Scope, Tx, unit
from mypage.forms import drafts, wizard
from mypage.hooks.context import Principal
from mypage.mail import service as mails
from mypage.notices import service as notices
from mypage.subaccounts import mailboxes
from mypage.testing.guard import ON_PURPOSE
from portal_rows import operator_of
from rlskit import TENANT_TABLES


class _Undo(Exception):
    """Takes a unit back."""


@dataclass(frozen=True)
class Things:
    """What the twins have in common, and the tools to reach it."""

    twins: Twins
    one: Mapping[str, uuid.UUID]
    """An id of each table."""
    scheme: str
    login_key: str
    owner: bytes
    session: uuid.UUID
    foreign: str
    """The token of a session that only the first twin has."""

    @property
    def principal(self) -> Principal:
        """The customer of either twin."""
        person = self.twins.victim.person
        return Principal(
            account_id=person.account_id, customer_id=person.customer_id, session_id=self.session, scheme=self.scheme,
            role="holder", name="", customer_number="", email="", permissions=frozenset(),
        )  # fmt: skip

    @property
    def vault(self) -> Vault:
        """Of the server."""
        return self.twins.portals[1].server.ports.get(Vault)

    @property
    def operator(self) -> Any:
        """Of both."""
        return operator_of(self.twins.portals[1])


MAIL_OF_THE_OTHER = "only-there@mail.example"


def things_of(twins: Twins, oracle: Oracle) -> Things:
    """Look the common ids up, and make what look-ups by name need equal in both."""
    here = twins.portals[1].name
    for portal in twins.portals:
        for table in ("credential", "login_name"):
            oracle.change(f"UPDATE {table} SET login_key = 'k' WHERE tenant_id = %s", portal.name)
        # A sealed copy opens in no other tenant.
        oracle.change("UPDATE draft SET sealed = NULL WHERE tenant_id = %s", portal.name)
    plant_factors(twins, oracle)
    # An own address is the first twin's alone.
    oracle.change(
        "UPDATE resource SET own = true, value_key = %s WHERE tenant_id = %s", MAIL_OF_THE_OTHER, twins.portals[0].name
    )
    # The gate stands for the first twin alone.
    oracle.change("UPDATE credential SET must_change = true WHERE tenant_id = %s", twins.portals[0].name)
    one: dict[str, uuid.UUID] = {}
    for table in TENANT_TABLES:
        if oracle.fetch("SELECT 1 FROM information_schema.columns WHERE table_name = %s AND column_name = 'id'", table):
            found = oracle.fetch(f'SELECT id FROM "{table}" WHERE tenant_id = %s ORDER BY id', here)
            if found:
                one[table] = uuid.UUID(str(found[0][0]))
    session = oracle.fetch("SELECT public_id FROM login_session WHERE tenant_id = %s", here)[0][0]
    owner = oracle.fetch("SELECT owner FROM draft WHERE tenant_id = %s", here)[0][0]
    foreign = session_of(twins.portals[0], twins.victim.person)
    return Things(twins, one, twins.victim.person.scheme, "k", bytes(owner), uuid.UUID(str(session)), foreign)


Call = Callable[[Things, Tx], Any]
_DAY = timedelta(days=400)


def _credential(t: Things, tx: Tx) -> Credential:
    found = login.credential_of(tx, t.twins.victim.person.account_id, t.scheme)
    assert found is not None
    return found


def _account_with_mail(tx: Tx) -> uuid.UUID:
    """Whose address both twins have, under other texts."""
    found = tx.execute(select(Resource.account_id).where(Resource.tenant_id == tx.tenant, Resource.kind == "mail"))
    return found.scalar_one()


CALLS: Mapping[str, Call] = {
    "find_session": lambda t, tx: _shown(sessions.find_session(tx, t.operator, t.twins.token)),
    "find_session of the twin": lambda t, tx: _shown(sessions.find_session(tx, t.operator, t.foreign)),
    "find_session late": lambda t, tx: _shown(sessions.find_session(_late(tx, 120), t.operator, t.twins.token)),
    "end_session": lambda t, tx: sessions.end_session(tx, t.twins.token),
    "end_other_sessions": lambda t, tx: sessions.end_other_sessions(tx, t.principal.account_id, None),
    "rotate_session": lambda t, tx: bool(sessions.rotate_session(tx, t.session)),
    "end_session_of": lambda t, tx: sessions.end_session_of(tx, t.principal.account_id, t.session),
    "list_sessions": lambda t, tx: sessions.list_sessions(tx, t.principal, idle=timedelta(days=1)),
    "begin": lambda t, tx: login.begin(tx, t.operator.throttle, t.scheme, t.login_key, "n").found,
    "credential_of": lambda t, tx: _credential(t, tx).login_id,
    "use_link": lambda t, tx: links.use_link(tx, "reset", t.twins.victim.tokens[2]),
    "peek_link": lambda t, tx: links.peek_link(tx, "reset", t.twins.victim.tokens[2]),
    "end_links": lambda t, tx: links.end_links(tx, "reset", _credential(t, tx).id),
    "is_free": lambda t, tx: names.is_free(tx, t.scheme, t.login_key),
    "retire": lambda t, tx: names.retire(tx, t.scheme, t.login_key),
    "list_bills": lambda t, tx: bills.list_bills(tx, t.principal, months=24, page=1),
    "find_bill": lambda t, tx: bills.find_bill(tx, t.principal, t.one["invoice"], months=24),
    "is_company": lambda t, tx: bills.is_company(tx, t.principal),
    "current_card": lambda t, tx: cards.current_card(tx, t.principal),
    "find_entry": lambda t, tx: card_entry.find_entry(tx, t.principal, t.one["card_setup"]),
    "find_returned": lambda t, tx: card_entry.find_returned(tx, t.principal, t.twins.victim.tokens[0]),
    "entry_to_go_on_with": lambda t, tx: card_entry.entry_to_go_on_with(tx, t.principal, t.one["card_setup"]),
    "note_unknown": lambda t, tx: card._change(tx, t.one["card_setup"], state="unknown"),
    "list_contracts": lambda t, tx: contracts.list_contracts(tx, t.principal, page=1),
    "services_in_use": lambda t, tx: _now(contracts.services_in_use(tx, t.principal)),
    "list_notices": lambda t, tx: notices.list_notices(tx, t.principal, locale="ja"),
    "find_notice": lambda t, tx: notices.find_notice(tx, t.principal, t.one["notice"], locale="ja"),
    "load_draft": lambda t, tx: drafts.load_draft(tx, t.vault, owner=t.owner, wizard=credentials.WIZARD),
    "drop_draft": lambda t, tx: drafts.drop_draft(tx, owner=t.owner, wizard=credentials.WIZARD),
    "drop_all": lambda t, tx: drafts.drop_all(tx, t.owner),
    "resources_of": lambda t, tx: mailboxes.resources_of(tx, _account_with_mail(tx)),
    "taken": lambda t, tx: mailboxes.taken(tx, MAIL_OF_THE_OTHER, uuid.uuid4()),
    "recall": lambda t, tx: wizard.recall(tx, t.twins.victim.ids[-1], owner=t.owner, wizard=credentials.WIZARD),
    "seal": lambda t, tx: len(t.vault.seal(tx, b"x", table="a", column="b", row="c")),
    "mark_sent": lambda t, tx: mails.mark_sent(tx, t.one["mail_message"]),
    "mark_failed": lambda t, tx: mails.mark_failed(tx, t.one["mail_message"], "x"),
    "forgive": lambda t, tx: throttle.forgive(
        tx, t.operator.throttle, throttle.Target((throttle.Key("customer", b"k"),), ())
    ),
    "again_at": lambda t, tx: password_changes.again_at(tx, operator_policy(t, cool_down=_DAY), t.one["credential"]),
    "former_hash": lambda t, tx: password_changes.former_hash(tx, t.one["credential"]),
    "wipe_former": lambda t, tx: password_changes.wipe_former(_late(tx, _DAY.total_seconds()), 500),
    "reopen": lambda t, tx: password_changes.reopen(tx, t.one["credential"]),
    "cleanup": lambda t, tx: cleanup.cleanup(_late(tx, _DAY.total_seconds()), 500),
    "forget_old": lambda t, tx: mails.forget_old(_sent(t, _late(tx, _DAY.total_seconds())), 500),
    "waiting_registration": lambda t, tx: getattr(
        activation.waiting_registration(tx, t.twins.victim.tokens[3]), "login_id", None
    ),
    "lock_credential": lambda t, tx: credentials.lock_credential(tx, t.one["credential"])[1].email,
    "reset_target": lambda t, tx: recovery.reset_target(
        _readdressed(t, tx), lambda _: t.operator.password_policies[t.scheme], t.twins.victim.tokens[2]
    ),
    "earlier": lambda t, tx: credentials.earlier(tx, operator_policy(t, history="all"), _credential(t, tx), "1").hashes,
    **FACTOR_CALLS,
}


def operator_policy(t: Things, **changed: Any) -> Any:
    """The operator's rules for passwords with something changed."""
    from dataclasses import replace

    return replace(t.operator.password_policies[t.scheme], **changed)


def outcome(t: Things, name: str, which: int = 1) -> tuple[str, str]:
    """What a call answers, or raises, for one twin; and what the other one's rows are then. Nothing stays."""
    here, other = t.twins.portals[which], t.twins.portals[1 - which]
    answer, rows = "", ""
    try:
        with unit(here.engine, Scope(here.name, here.clock, Actor("system"), "r")) as tx:
            try:
                answer = repr(CALLS[name](t, tx))
                tx.flush()
                rows = repr(tx.execute(_FINGERPRINT, {"other": other.name}).all())
            except AssertionError as error:
                answer = f"{type(error).__name__} {error}"
            except Exception as error:
                answer = type(error).__name__
            raise _Undo
    except _Undo:
        return answer, rows


def outcomes(t: Things, name: str) -> tuple[tuple[str, str], ...]:
    """For both: of two rows the one that comes first is one of them's own."""
    return outcome(t, name, 0), outcome(t, name, 1)


_FINGERPRINT = text(
    " UNION ALL ".join(
        f"SELECT '{table}', count(*), md5(string_agg(t::text, '|' ORDER BY t::text)) FROM {table} t "
        "WHERE t.tenant_id = :other"
        for table in TENANT_TABLES
    )
    + f" {ON_PURPOSE}"
)


def _shown(signed_in: Any) -> Any:
    return (signed_in.principal, signed_in.gate) if signed_in else None


def _now(answer: Any) -> Any:
    """A service's answer that is fetched when it is needed."""
    return answer.get() if hasattr(answer, "get") else answer


def _late(tx: Tx, seconds: float) -> Tx:
    from dataclasses import replace

    from mypage.lib.clock import FixedClock

    tx.scope = replace(tx.scope, clock=FixedClock(tx.now() + timedelta(seconds=seconds)))
    return tx


def _sent(t: Things, tx: Tx) -> Tx:
    """The second twin's mail is sent, and so is the first one's."""
    tx.execute(text(f"UPDATE mail_message SET state = 'sent' {ON_PURPOSE}"))
    return tx


def _readdressed(t: Things, tx: Tx) -> Tx:
    """The reset link is for the address that the account has."""
    tx.execute(
        text(f"UPDATE mail_link l SET address = a.email FROM account a WHERE a.tenant_id = l.tenant_id {ON_PURPOSE}")
    )
    return tx
