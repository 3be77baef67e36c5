"""`mypage reviews`: cards whose name is not clearly the customer's wait here until somebody decides."""

from __future__ import annotations

import getpass
import json
import uuid
from collections.abc import Callable, Mapping
from typing import TypeVar

import rich_click as click
from sqlalchemy import select

from mypage.billing.brands import brand_name
from mypage.billing.errors import AlreadyDecided
from mypage.billing.review import Waiting, accept, list_waiting, reject
from mypage.db.keys import Vault
from mypage.db.schema import check_schema
from mypage.db.session import TENANT, Actor, Scope, Tx, sync_engine, unit
from mypage.i18n import Catalogue
from mypage.lib.clock import TOKYO, SystemClock
from mypage.lib.errors import NotFound
from mypage.operators.models import TenantRecord
from mypage.server.app import compile_all, make_keyring
from mypage.server.commands.common import no_tenant
from mypage.server.settings import Settings, read_settings

T = TypeVar("T")

Words = Mapping[str, Catalogue]

_BY = click.option("--by", default="", help="Who decides; without it, the user of this machine.")
_ID = click.argument("review_id", metavar="ID")


@click.group(invoke_without_command=True)
@click.argument("tenant")
@click.pass_context
def reviews(context: click.Context, tenant: str) -> None:
    """Cards of TENANT that wait for a decision: without a command, list them."""
    context.obj = tenant
    if context.invoked_subcommand is None:
        context.invoke(list_)


@reviews.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.pass_obj
def list_(tenant: str, *, as_json: bool = False) -> None:
    """Print the cards that wait, the one that waits longest first."""
    found = _Desk(tenant).run(list_waiting)
    for waiting in found:
        click.echo(_json(waiting) if as_json else _line(waiting))
    if not found and not as_json:
        click.echo(f"tenant {tenant}: no card waits for a decision")


@reviews.command("accept")
@_ID
@_BY
@click.pass_obj
def accept_(tenant: str, review_id: str, by: str) -> None:
    """Let the card with this ID pay from now on, and tell the customer."""
    desk = _Desk(tenant, by)
    desk.decide(review_id, lambda tx, words, found: accept(tx, desk.vault, words, found, by=desk.by))
    click.echo(f"tenant {tenant}: {review_id} accepted; the card is in use, and the customer is told")


@reviews.command("reject")
@_ID
@click.option("--reason", required=True, help="Why. It stands in the audit trail; the customer does not see it.")
@_BY
@click.pass_obj
def reject_(tenant: str, review_id: str, reason: str, by: str) -> None:
    """Drop the card with this ID, here and at the payment company, and tell the customer that it was not registered."""
    if not reason.strip():
        raise click.ClickException("--reason is empty; write why the card cannot be accepted")
    desk = _Desk(tenant, by)
    desk.decide(
        review_id, lambda tx, words, found: reject(tx, desk.vault, words, found, by=desk.by, reason=reason.strip())
    )
    click.echo(f"tenant {tenant}: {review_id} rejected; the card is dropped, and the customer is told")


class _Desk:
    """Somebody who decides for one tenant. Raises ClickException with one line for what a person can mend."""

    def __init__(self, tenant: str, by: str = "") -> None:
        if not TENANT.fullmatch(tenant):
            raise click.ClickException(no_tenant(tenant))
        self.by = by.strip() or getpass.getuser()
        self._settings: Settings = read_settings()
        self.vault = Vault(make_keyring(self._settings))
        self._scope = Scope(tenant, SystemClock(), Actor("staff", self.by), "reviews")

    def run(self, work: Callable[[Tx], T]) -> T:
        """Run in a unit of work of a tenant that there is."""

        def known(tx: Tx) -> T:
            self._operator(tx)
            return work(tx)

        engine = sync_engine(self._settings.database_url)
        try:
            check_schema(engine)
            with unit(engine, self._scope) as tx:
                return known(tx)
        finally:
            engine.dispose()

    def decide(self, review_id: str, act: Callable[[Tx, Words, uuid.UUID], None]) -> None:
        """Run a decision about one card."""
        try:
            found = uuid.UUID(review_id)
        except ValueError:
            raise click.ClickException(f"{review_id!r} is no ID; take one from `mypage reviews TENANT`") from None
        operators = compile_all(self._settings.theme_folders).operators
        try:
            self.run(lambda tx: act(tx, operators[self._operator(tx)].catalogues, found))
        except NotFound:
            raise click.ClickException(
                f"tenant {self._scope.tenant} has no card {review_id} in review; see `mypage reviews TENANT`"
            ) from None
        except AlreadyDecided as error:
            who = f" by {error.by}" if error.by else " by a newer card"
            raise click.ClickException(f"{review_id} was {error.state}{who} already; nothing was changed") from None

    def _operator(self, tx: Tx) -> str:
        operator = tx.scalar(select(TenantRecord.operator).where(TenantRecord.name == tx.tenant))
        if operator is None:
            raise click.ClickException(no_tenant(tx.tenant))
        return operator


def _line(waiting: Waiting) -> str:
    since = f"{waiting.since.astimezone(TOKYO):%Y-%m-%d %H:%M}"
    card = f"{brand_name(waiting.brand)} **** {waiting.last4}"
    holder = f"{waiting.customer_number} {waiting.customer_name} ({waiting.customer_kana})"
    return f"{waiting.id}  {since}  {holder}  card: {waiting.card_name}, {card}"


def _json(waiting: Waiting) -> str:
    told = {
        "id": str(waiting.id),
        "since": waiting.since.isoformat(),
        "customer": waiting.customer_number,
        "name": waiting.customer_name,
        "kana": waiting.customer_kana,
        "card_name": waiting.card_name,
        "brand": waiting.brand,
        "last4": waiting.last4,
        "expires": f"{waiting.expires:%Y-%m}",
    }
    return json.dumps(told, ensure_ascii=False)
