"""Callers for the desk of the demo: a login that is locked just now, a mail that did not arrive, and work of some age.

`python -m mypage.demo.cases FILE` brings those of `demo/cases.toml` about, in a demo alone, as often as it is called.
"""

from __future__ import annotations

import sys
import uuid
from datetime import timedelta
from pathlib import Path

import msgspec
from sqlalchemy import Engine, select
from sqlalchemy.dialects.postgresql import insert

from mypage.auth.login import key_of
from mypage.auth.models import Account, Credential, LoginCounter
from mypage.auth.throttle import login_target
from mypage.db.keys import Vault
from mypage.db.session import Actor, Scope, Tx, unit
from mypage.demo.contract_cases import apply_for_place, ask_for_end, principal_of, run_paper
from mypage.demo.making import read_file, run
from mypage.lib.clock import SystemClock, tokyo_day
from mypage.mail.models import MailMessage
from mypage.mail.service import mark_failed, send_mail
from mypage.operators.operator import Operator
from mypage.orders.models import ProvisioningJob
from mypage.orders.provisioning import give_to_desk, note_failed
from mypage.server.app import compile_all, make_keyring
from mypage.server.settings import Settings, SettingsError
from mypage.work.due import business_day
from mypage.work.mails import open_for_mail
from mypage.work.models import WorkItem

MORE_FAILURES = 7
"""Beyond those that are free: with each the wait doubles, up to the operator's longest."""
MAIL = "profile_changed"
ANSWER = "550 5.1.1 mailbox unavailable"
ANSWER_OF_SWITCH = "line not found"


class CaseFor(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One login, and what its customer calls about: it is `locked`, or the mail about a change (`missed`) failed.

    `by_hand` and `declined` name products that somebody has to see to, since `days_ago`. `paper` is the kind of an
    application on paper that `noted_by` has noted, `adds` a name for the first free place with its first password
    `secret`, `ends` the answers of the form with which the contract's end was asked for.
    """

    tenant: str
    operator: str
    scheme: str
    login: str
    locked: bool = False
    missed: str = ""
    """What the mail says was changed; "" for no mail."""
    by_hand: str = ""
    declined: str = ""
    days_ago: int = 0
    paper: str = ""
    noted_by: str = ""
    adds: str = ""
    secret: str = ""
    ends: dict[str, str] = {}


class Cases(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The file."""

    case: list[CaseFor]


def bring_about(tx: Tx, vault: Vault, operator: Operator, case: CaseFor) -> bool:
    """Make one case true now; False when there is no such login."""
    key = key_of(operator.login_id_policies[case.scheme], case.login)
    account = tx.scalars(
        select(Account)
        .join(Credential, (Credential.tenant_id == tx.tenant) & (Credential.account_id == Account.id))
        .where(Account.tenant_id == tx.tenant, Credential.scheme == case.scheme, Credential.login_key == key)
    ).one_or_none()
    if account is None:
        return False
    if case.locked:
        _lock(tx, operator, case.scheme, key)
    if case.missed:
        _miss(tx, vault, operator, account, case.missed)
    if case.by_hand or case.declined:
        _ask_staff(tx, operator, account, case)
    principal = principal_of(tx, operator, account, case.scheme)
    if case.paper:
        run_paper(tx, principal, case.paper, case.noted_by)
    if case.adds:
        apply_for_place(tx, vault, operator, principal, case.adds, case.secret)
    if case.ends:
        ask_for_end(tx, vault, operator, principal, case.ends)
    return True


def _lock(tx: Tx, operator: Operator, scheme: str, key: str) -> None:
    policy = operator.throttle
    (counter,) = login_target(scheme, key, "").own
    failed = {
        "failures": policy.free + MORE_FAILURES,
        "last_at": tx.now(),
        "blocked_until": tx.now() + policy.longest_wait,
    }
    tx.execute(
        insert(LoginCounter)
        .values(tenant_id=tx.tenant, kind=counter.kind, key=counter.key, **failed)
        .on_conflict_do_update(index_elements=["tenant_id", "kind", "key"], set_=failed)
    )


def _miss(tx: Tx, vault: Vault, operator: Operator, account: Account, changed: str) -> None:
    there = select(MailMessage.id).where(
        MailMessage.tenant_id == tx.tenant, MailMessage.subject_id == account.id, MailMessage.template == MAIL
    )
    if tx.scalars(there.limit(1)).one_or_none() is not None:
        return
    mail_id = send_mail(
        tx,
        vault,
        template=MAIL,
        recipient=account.email,
        language=account.language or "ja",
        values={"changed": changed, "changed_at": tx.now()},
        subject_id=account.id,
    )
    mark_failed(tx, mail_id, ANSWER, given_up=lambda tx, mail: open_for_mail(tx, mail, operator.desk))


def _ask_staff(tx: Tx, operator: Operator, account: Account, case: CaseFor) -> None:
    """A change that somebody does by hand, or that another system declined; once."""
    product = case.by_hand or case.declined
    there = select(ProvisioningJob.id).where(
        ProvisioningJob.tenant_id == tx.tenant,
        ProvisioningJob.customer_id == account.customer_id,
        ProvisioningJob.product == product,
        ProvisioningJob.action == "change",
    )
    if tx.scalars(there.limit(1)).one_or_none() is not None:
        return
    job = ProvisioningJob(
        tenant_id=tx.tenant,
        id=uuid.uuid4(),
        customer_id=account.customer_id,
        action="change",
        product=product,
        subject=case.login,
        adapter="demo",
        state="waiting",
        created_at=tx.now(),
    )
    tx.add(job)
    tx.flush()
    if case.by_hand:
        give_to_desk(tx, job.id, operator.desk)
    else:
        note_failed(tx, job.id, ANSWER_OF_SWITCH, operator.desk)
    item = tx.scalars(select(WorkItem).where(WorkItem.tenant_id == tx.tenant, WorkItem.subject_id == job.id)).one()
    # Only the item is older than it is: what the trail says is true.
    item.created_at -= timedelta(days=case.days_ago)
    item.due_on = business_day(tokyo_day(item.created_at), operator.desk.rule(item.kind).days, operator.desk.closed)


def read_cases(path: Path) -> Cases:
    """The cases of a file. Raises ValueError with one line."""
    return read_file(path, Cases)


def bring_all_about(settings: Settings, cases: Cases, engine: Engine) -> int:
    """Make every case true now; how many are. Raises SettingsError outside of a demo."""
    if not settings.demo:
        raise SettingsError("locked logins and failed mails are made up for a demo alone")
    operators, vault = compile_all(settings.theme_folders).operators, Vault(make_keyring(settings))
    made = 0
    for case in cases.case:
        with unit(engine, Scope(case.tenant, SystemClock(), Actor("system", "mypage.demo.cases"), "demo")) as tx:
            made += bring_about(tx, vault, operators[case.operator], case)
    return made


def main(argv: list[str] | None = None) -> int:
    """The command."""
    return run(
        argv,
        name="mypage.demo.cases",
        usage="give the file of the demo's cases: python -m mypage.demo.cases demo/cases.toml",
        make=lambda settings, path, engine: bring_all_about(settings, read_cases(path), engine),
        made="cases",
    )


if __name__ == "__main__":
    sys.exit(main())
