"""A customer of the tests' own operator with berths, and applications about them as the pages file them."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from threading import Barrier
from typing import Any, TypeVar

from sqlalchemy import select

import sample_operator.plugin as nagi
from mypage.auth.models import Customer
from mypage.contracts.models import Contract, PaperApplication, Subscription
from mypage.contracts.reaching import ContractRef
from mypage.db.keys import Vault
from mypage.db.session import Tx
from mypage.hooks.context import Principal
from mypage.hooks.permissions import SLOT_CHANGE
from mypage.hooks.slots import SlotAction, Slots
from mypage.operators.operator import Operator
from mypage.orders.models import ProvisioningJob
from mypage.orders.outcomes import Outcomes
from mypage.orders.provisioning import NULL
from mypage.server.outcomes import outcome_handlers
from mypage.slots.models import Slot, SlotApplication, SlotName
from mypage.slots.reading import overview
from mypage.slots.service import check_wish, file_application
from mypage.slots.values import ApplicationRow, Reserved, SlotRow, SlotWish
from mypage.testing.portal import MakePortal, Portal
from portal_rows import add_person, operator_of

T = TypeVar("T")
EAST, WEST = "east.nagi.example", "west.nagi.example"
PASSWORD = "nami77"
DESK = {"provisioning": {"adapter": "desk"}}
HOOKED = {"provisioning": {"adapter": "webhook", "base_url": "http://127.0.0.1:9", "key_env": "NOT_USED_HERE"}}


def deploy(make_portal: MakePortal, adapter: str = "desk", **more: Mapping[str, str]) -> Portal:
    extensions = {"desk": DESK, "webhook": HOOKED, NULL: {}}[adapter] | more
    return make_portal("nagi", plugins={"nagi": nagi}, settings={"harbour": "みなと"}, extensions=extensions)


@dataclass(frozen=True)
class Home:
    """One customer with one contract."""

    portal: Portal
    principal: Principal
    ref: ContractRef

    @property
    def operator(self) -> Operator:
        found: Operator = operator_of(self.portal)
        return found

    @property
    def slots(self) -> Slots:
        return self.operator.slots["berths"]

    @property
    def vault(self) -> Vault:
        return self.portal.server.ports.get(Vault)

    @property
    def outcomes(self) -> Outcomes:
        return outcome_handlers().of(self.operator, self.vault)

    def wish(self, number: int, action: SlotAction = "add", local: str | None = None, **more: Any) -> SlotWish:
        """What a customer applies for, at the prices that a page shows now."""
        options = frozenset(more.pop("options", ()))
        secret = more.pop("secret", PASSWORD if local is not None else None)
        bare = SlotWish(
            slots=self.slots, number=number, action=action, local=local, secret=secret, options=options, **more
        )
        shown = self.portal.run(lambda tx: check_wish(tx, self.operator, self.ref, bare)).prices.mark
        return SlotWish(
            slots=self.slots, number=number, action=action, local=local, secret=secret, options=options, shown=shown,
            **more,
        )  # fmt: skip

    def post(self, tx: Tx, wish: SlotWish, operation: uuid.UUID | None = None, host: str = EAST) -> ApplicationRow:
        """The end of the wizard, in somebody's unit."""
        id_ = operation or uuid.uuid4()
        reserved = Reserved(id=id_, local=wish.local, host=host) if wish.local is not None else None
        return file_application(
            tx, self.vault, self.operator, self.principal, wish, reserved, operation_id=id_, language="ja"
        )

    def apply(self, *args: Any, host: str = EAST, **more: Any) -> ApplicationRow:
        """Looked at, and posted."""
        wish = self.wish(*args, **more)
        return self.portal.run(lambda tx: self.post(tx, wish, host=host))

    def rows(self) -> tuple[SlotRow, ...]:
        return self.portal.run(lambda tx: overview(tx, self.operator, self.ref, self.slots))

    def seen(self) -> list[tuple[str, str | None, tuple[str, ...]]]:
        """Every place as a page shows it: state, address, options."""
        return [(row.state, row.address, tuple(sorted(row.options))) for row in self.rows()]

    def have(self, *locals_: str, options: Mapping[int, Iterable[str]] | None = None) -> None:
        """Places in use, with what is charged for them, as an older system knew them."""
        options = options or {}

        def work(tx: Tx) -> None:
            for number, local in enumerate(locals_, 1):
                chosen = sorted(options.get(number, ()))
                whose = {"tenant_id": tx.tenant, "customer_id": self.ref.customer_id, "contract_id": self.ref.id}
                tx.add(Slot(id=uuid.uuid4(), code="berths", number=number, local=local, host=EAST, options=chosen,
                            started_at=tx.now(), **whose))  # fmt: skip
                tx.add(SlotName(local_key=local, host=EAST, since=tx.now(), used_at=tx.now(), **whose))
                for product in ("berth", *chosen):
                    tx.add(Subscription(id=uuid.uuid4(), holder_id=self.ref.id, product=product, piece=number,
                                        bought_at=tx.now(), **whose))  # fmt: skip

        self.portal.run(work)

    def paper(self, kind: str) -> None:
        """An application on paper about the contract."""
        self.portal.run(
            lambda tx: tx.add(
                PaperApplication(
                    tenant_id=tx.tenant, id=uuid.uuid4(), customer_id=self.ref.customer_id, contract_id=self.ref.id,
                    kind=kind, since=tx.today(), recorded_by=uuid.uuid4(), recorded_at=tx.now(),
                )
            )
        )  # fmt: skip

    def held(self) -> list[tuple[str, int, bool]]:
        """What is charged: product, place, whether it runs."""
        found = select(Subscription).where(
            Subscription.tenant_id == self.portal.name, Subscription.contract_id == self.ref.id
        )
        rows = self.portal.run(lambda tx: list(tx.scalars(found)))
        return sorted((row.product, row.piece, row.ended_at is None) for row in rows)


def move_in(portal: Portal, number: str = "1000001", email: str = "taro@example.jp") -> Home:
    """A customer with a contract."""
    person, contract_id = add_person(portal, number, email=email), uuid.uuid4()

    def work(tx: Tx) -> None:
        customer = tx.get_one(Customer, (tx.tenant, person.customer_id))
        customer.email = email
        tx.add(
            Contract(
                tenant_id=tx.tenant, id=contract_id, customer_id=person.customer_id, number=f"C{number}",
                number_key=f"c{number}", name="みなと", started_on=date(2024, 4, 1),
            )
        )  # fmt: skip

    portal.run(work)
    principal = Principal(
        account_id=person.account_id, customer_id=person.customer_id, session_id=uuid.uuid4(), scheme=person.scheme,
        role="holder", name="青森 太郎", customer_number=number, email=email, permissions=frozenset({SLOT_CHANGE}),
    )  # fmt: skip
    ref = ContractRef(contract_id, f"C{number}", "", "みなと", "active", person.customer_id)
    return Home(portal, principal, ref)


def all_of(portal: Portal, model: type[T]) -> list[T]:
    found = select(model).where(model.tenant_id == portal.name)  # type: ignore[attr-defined]
    return portal.run(lambda tx: list(tx.scalars(found)))


def job_of(portal: Portal, row: ApplicationRow) -> ProvisioningJob:
    (job,) = [each for each in all_of(portal, ProvisioningJob) if each.concerns_id == row.id]
    return job


def states(portal: Portal) -> list[str]:
    return sorted(row.state for row in all_of(portal, SlotApplication))


def at_once(portal: Portal, *works: Callable[[Tx], Any]) -> list[Any]:
    """All of it in parallel transactions, each begun before any goes on: results, or what was raised."""
    ready = Barrier(len(works))

    def one(work: Callable[[Tx], Any]) -> Any:
        def inside(tx: Tx) -> Any:
            ready.wait(60)
            return work(tx)

        try:
            return portal.run(inside)
        except Exception as error:
            return error

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(one, works))
