"""Whose a name on a host is. The database lets one contract have it; who comes second finds it taken (OCN-106)."""

from __future__ import annotations

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from mypage.contracts.reaching import ContractRef
from mypage.db.session import Tx
from mypage.slots.errors import NameTaken
from mypage.slots.models import SlotName


def local_key(local: str) -> str:
    """How a name is compared."""
    return local.lower()


def hosts_taken(tx: Tx, local: str) -> frozenset[str]:
    """The hosts on which a name is, or was, somebody's."""
    found = select(SlotName.host).where(SlotName.tenant_id == tx.tenant, SlotName.local_key == local_key(local))
    return frozenset(tx.scalars(found))


def names_of(tx: Tx, ref: ContractRef) -> int:
    """How many names a contract has, had, and applied for."""
    mine = select(func.count()).where(SlotName.tenant_id == tx.tenant, SlotName.contract_id == ref.id)
    return tx.execute(mine).scalar_one()


def take_name(tx: Tx, ref: ContractRef, local: str, host: str) -> None:
    """Keep a name for a contract. Raises NameTaken: somebody has it, had it, or applied for it a moment ago.

    What the same contract had and gave up, it may have again.
    """
    mine = SlotName.contract_id == ref.id
    kept = tx.execute(
        insert(SlotName)
        .values(
            tenant_id=tx.tenant,
            local_key=local_key(local),
            host=host,
            customer_id=ref.customer_id,
            contract_id=ref.id,
            since=tx.now(),
        )
        .on_conflict_do_update(
            index_elements=["tenant_id", "local_key", "host"],
            set_={"since": tx.now(), "ended_at": None},
            where=mine & SlotName.ended_at.is_not(None),
        )
        .returning(SlotName.host)
    ).one_or_none()
    if kept is None:
        raise NameTaken(local)


def use_name(tx: Tx, local: str, host: str) -> None:
    """From now on mails go to it."""
    tx.execute(
        update(SlotName)
        .where(SlotName.tenant_id == tx.tenant, SlotName.local_key == local_key(local), SlotName.host == host)
        .values(used_at=tx.now())
        .execution_options(synchronize_session=False)
    )


def leave_name(tx: Tx, local: str, host: str) -> None:
    """It is in no place any more: nobody else gets it, and its contract may have it again."""
    tx.execute(
        update(SlotName)
        .where(SlotName.tenant_id == tx.tenant, SlotName.local_key == local_key(local), SlotName.host == host)
        .values(ended_at=tx.now())
        .execution_options(synchronize_session=False)
    )


def give_back(tx: Tx, local: str, host: str) -> None:
    """It was only kept for an application: anybody may have it, unless it was in use before."""
    here = (SlotName.tenant_id == tx.tenant, SlotName.local_key == local_key(local), SlotName.host == host)
    tx.execute(delete(SlotName).where(*here, SlotName.used_at.is_(None)).execution_options(synchronize_session=False))
    tx.execute(
        update(SlotName)
        .where(*here, SlotName.ended_at.is_(None))
        .values(ended_at=tx.now())
        .execution_options(synchronize_session=False)
    )
