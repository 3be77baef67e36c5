"""Those who are attacked: a customer with a row in every table, every text of it a canary."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from attackkit import Oracle, session_of
from ring_desk import OF_THE_OFFICE, at_the_desk
from ring_filling import fill, words_of
from ring_holdings import holding

from mypage.audit.trail import record
from mypage.auth.change_models import PasswordChange
from mypage.auth.credentials import WIZARD as CREDENTIALS
from mypage.auth.factors.models import RecoveryCode, SecondFactor
from mypage.auth.links import issue_link
from mypage.auth.models import Credential, LoginCounter, LoginName, PasswordHistory, Registration
from mypage.auth.viewing import grant_view
from mypage.billing.models import CardSetup
from mypage.db.keys import Vault
from mypage.db.schema import metadata
from mypage.db.session import Tx
from mypage.forms.drafts import save_draft
from mypage.forms.wizard import once
from mypage.lib.tokens import new_token, token_hash
from mypage.mail.service import send_mail
from mypage.notices.models import NoticeRead
from mypage.testing.portal import NOON, Portal
from portal_rows import Person, add_account, add_bill, add_card, add_contract, add_notice, add_person, operator_of

CANARY = re.compile(r"zq[0-9a-f]{10}z")
PLANT = "'zq' || substr(md5(random()::text || '{place}'), 1, 10) || 'z'"
CLOSED = {
    "kind", "role", "status", "state", "language", "scheme", "purpose", "password_hash", "key_id", "wizard", "template",
    "former_hash",
    "importance", "permission", "currency", "tax_mode", "cause", "gateway", "brand", "actor_kind", "action",
    "object_type", "registration_number", "audience",
}  # fmt: skip
"""Columns that hold words of ours or hashes, never a text about somebody."""
UNPLANTED = {("operation", "operation_id"), ("draft", "sealed"), ("work_note", "author"), ("approval", "payload")}
EMPTY = {"used_challenge", "audit_link"} | OF_THE_OFFICE
"""Tables that hold nothing of a customer."""


@dataclass(frozen=True)
class Victim:
    """Everything that a customer has, under canaries in every text."""

    portal: Portal
    person: Person
    ids: tuple[str, ...]
    """Of every object that is the victim's; the first is a bill's, the last that of an operation that was carried out."""
    tokens: tuple[str, ...]
    """Of links: two ways back from the payment company, a reset's, an activation's, one for staff to look."""
    texts: dict[str, str]
    canaries: frozenset[str]
    things: Mapping[str, str] = field(default_factory=dict)
    """Ids by the names that paths of the console give them."""


def victim_of(portal: Portal, oracle: Oracle, number: str, *, size: int = 1) -> Victim:
    """A customer with at least one row in every table of tenant data, more of some by `size`."""
    person = add_person(portal, number)
    bills = [
        add_bill(portal, person, date(2026, month, 1), [("月額", 5000), ("値引", -100)], note="x")
        for month in range(9, 9 + min(2 + size, 3))
    ]
    contracts = [add_contract(portal, person, f"{number}-{i}", [("a", "b", "active")]) for i in range(size)]
    notices = [add_notice(portal, "t", starts_at=NOON - timedelta(days=1), person=person) for _ in range(size)]
    card = add_card(portal, person)
    member = handed_out(portal, person)
    held = holding(portal, person, contracts[0], card, member[0] if member else person.account_id)
    desk = at_the_desk(portal, person, contracts[0], held[3])
    returned = [new_token(), new_token()]
    vault = portal.server.ports.get(Vault)
    made: dict[str, Any] = {}

    def work(tx: Tx) -> None:
        for token, state in zip(returned, ("entered", "registered"), strict=True):
            entry = CardSetup(
                tenant_id=tx.tenant, id=uuid.uuid4(), customer_id=person.customer_id, account_id=person.account_id,
                gateway="hosted-page", state=state, return_token_hash=token_hash(token), reference="r", url="u",
                brand="visa", last4="4242", exp_month=7, exp_year=2030, reason="x", created_at=tx.now(),
                updated_at=tx.now(),
            )  # fmt: skip
            tx.add(entry)
            made[state] = entry.id
        history = PasswordHistory(
            tenant_id=tx.tenant, credential_id=credential, password_hash="h", replaced_at=tx.now()
        )
        waiting = Registration(
            tenant_id=tx.tenant, id=uuid.uuid4(), customer_id=person.customer_id, scheme=person.scheme, login_id="r",
            login_key="r", password_hash="h", email="r", created_at=tx.now(), expires_at=tx.now() + timedelta(hours=1),
        )  # fmt: skip
        name = LoginName(
            tenant_id=tx.tenant, scheme=person.scheme, login_key="l", state="used", owner_id=person.account_id
        )
        counter = LoginCounter(tenant_id=tx.tenant, kind="customer", key=b"k", failures=1, last_at=tx.now())
        read = NoticeRead(tenant_id=tx.tenant, account_id=person.account_id, notice_id=notices[0], read_at=tx.now())
        code = RecoveryCode(tenant_id=tx.tenant, account_id=person.account_id, code_hash=b"c", created_at=tx.now())
        app = SecondFactor(
            tenant_id=tx.tenant, id=uuid.uuid4(), account_id=person.account_id, kind="totp", name="n", sealed=b"s",
            created_at=tx.now(),
        )  # fmt: skip
        change = PasswordChange(
            tenant_id=tx.tenant, credential_id=credential, former_hash="h",
            former_until=tx.now() + timedelta(hours=1), again_at=tx.now() + timedelta(hours=1),
        )  # fmt: skip
        for row in (history, change, waiting, name, counter, read, code, app):
            tx.add(row)
        tx.flush()
        made["registration"], made["factor"] = waiting.id, app.id
        made["reset"] = issue_link(tx, "reset", credential, "a", timedelta(hours=1))[0]
        made["activate"] = issue_link(tx, "activate", waiting.id, "a", timedelta(hours=1))[0]
        made["view"] = grant_view(
            tx, person.account_id, customer_id=person.customer_id, scheme=person.scheme, staff_id=uuid.uuid4(), name="x",
            reason="x",
        )  # fmt: skip
        owner = token_hash(f"session:{session}")
        made["draft"] = save_draft(tx, vault, owner=owner, wizard=CREDENTIALS, data={"login_id": "x"}, secret=b"s")
        made["operation"] = str(uuid.uuid4())
        once(tx, made["operation"], owner=owner, wizard=CREDENTIALS, effect=lambda: {"login_id": "x", "email": "x"})
        send_mail(
            tx, vault, template="credentials_changed", recipient="a@b.example", language="ja", values={},
            subject_id=person.account_id,
        )  # fmt: skip
        record(tx, "x", "x", person.account_id, customer_id=person.customer_id, before={"a": "b"}, after={"a": "c"})

    credential = uuid.UUID(
        str(oracle.fetch("SELECT id FROM credential WHERE account_id = %s", person.account_id)[0][0])
    )
    session_of(portal, person)
    session = oracle.fetch("SELECT public_id FROM login_session WHERE account_id = %s", person.account_id)[0][0]
    portal.run(work)
    desk |= {table: row for table, row in fill(oracle, portal.name, EMPTY).items() if row}
    plant(oracle, portal.name)
    texts = oracle.fetch(
        "SELECT c.number, k.login_id FROM customer c, credential k WHERE c.tenant_id = %s AND k.tenant_id = c.tenant_id",
        portal.name,
    )[0]
    ids = [*bills, *contracts, *notices, card, *(v for v in made.values() if isinstance(v, uuid.UUID)), session]
    ids += [person.customer_id, person.account_id, credential, *member, *held, *desk.values(), made["operation"]]
    entry = oracle.fetch("SELECT id FROM audit_entry WHERE tenant_id = %s ORDER BY id LIMIT 1", portal.name)[0][0]
    rows = "\n".join(oracle.rows(portal.name).values())
    return Victim(
        portal, person, tuple(str(each) for each in ids), (*returned, made["reset"], made["activate"], made["view"]),
        {"number": texts[0], "login_id": texts[1]}, frozenset(CANARY.findall(rows)),
        {name: str(each) for name, each in desk.items()} | {
            "customer": str(person.customer_id), "account": str(person.account_id), "notice": str(notices[0]),
            "contract": str(contracts[0]), "bill": str(bills[0]), "credential": str(credential), "order": str(held[1]),
            "request": str(held[5]), "file": str(held[6]),
            "entry": str(entry),
        },
    )  # fmt: skip


def handed_out(portal: Portal, person: Person) -> tuple[uuid.UUID, ...]:
    """An account that the customer handed out, where the operator lets it, and its credential."""
    accounts = operator_of(portal).sub_accounts
    if accounts is None:
        return ()
    member, made = add_account(portal, person, next(iter(accounts.roles))), uuid.uuid4()
    credential = Credential(
        tenant_id=portal.name, id=made, account_id=member.account_id, scheme=accounts.scheme, login_id="m",
        login_key="m",
    )  # fmt: skip
    portal.run(lambda tx: tx.add(credential))
    return member.account_id, made


_OBJECT = "jsonb_build_object('login_id', TOKEN, 'email', TOKEN, 'password', true, 'echo', TOKEN)"
_SHAPES = {
    ("contract", "details"): "jsonb_build_array(jsonb_build_array(TOKEN, TOKEN))",
    ("service", "progress"): "jsonb_build_array(jsonb_build_array(TOKEN, '2026-11-01', NULL, TOKEN))",
    ("termination", "ends"): "jsonb_build_array(jsonb_build_array(TOKEN, TOKEN, 2))",
    ("request", "content"): "jsonb_build_array(jsonb_build_object('name', TOKEN, 'kind', 'text', 'label', TOKEN, "
    "'value', TOKEN, 'chosen', jsonb_build_array(TOKEN), 'read', TOKEN))",
}
"""What pages read of a column that holds more than a text."""


def plant(oracle: Oracle, tenant: str) -> None:
    """Another canary into every text of every row of a tenant. Fails on a table without a row."""
    for table in metadata().sorted_tables:
        if "tenant_id" not in table.columns:
            continue
        filled = oracle.fetch(f'SELECT 1 FROM "{table.name}" WHERE tenant_id = %s', tenant)
        assert filled or table.name in EMPTY, f"victim_of gives the victim no row in {table.name}"
        for column in table.columns if filled else ():
            if column.name == "tenant_id" or column.name in CLOSED or column.name in words_of(table):
                continue
            token = PLANT.format(place=f"{table.name}.{column.name}")
            shape = _SHAPES.get((table.name, column.name), _OBJECT)
            value = {"TEXT": token, "JSONB": shape.replace("TOKEN", token)}.get(str(column.type))
            if value and (table.name, column.name) not in UNPLANTED:
                changed = oracle.change(
                    f'UPDATE "{table.name}" SET "{column.name}" = {value} WHERE tenant_id = %s', tenant
                )
                assert changed, (table.name, column.name)
