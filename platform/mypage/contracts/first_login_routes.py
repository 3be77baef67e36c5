"""The page between the first login and the portal."""

from __future__ import annotations

from mypage.contracts.first_login import Line, confirm, is_confirmed, lines_of, login_id_of, reveal
from mypage.contracts.first_login_pages import FirstLoginBlock, FirstLoginPage
from mypage.contracts.pages import Fact
from mypage.db.keys import Vault
from mypage.hooks.permissions import HOME
from mypage.hooks.summary import FirstLogin
from mypage.lib.errors import NotFound
from mypage.web.replies import Go, Reply, Show
from mypage.web.request import PortalRequest
from mypage.web.routing import get, post
from mypage.web.steps import gate_steps


@get("/first-login", name="first-login", permission=HOME, capability="first-login")
def first_login(rq: PortalRequest) -> Reply:
    """What is confirmed before the portal opens; never again afterwards (USEN-13). Staff who view see no secret."""
    words = _words(rq)
    if is_confirmed(rq.tx, rq.principal):
        return Go(rq.operator.home_of(rq.principal.role))
    lines = lines_of(rq.tx, rq.principal, words)
    secrets = {} if rq.viewed else reveal(rq.tx, rq.ports.get(Vault), rq.principal, lines)

    def block(line: Line) -> FirstLoginBlock:
        shown = tuple(Fact(label, secrets.get((line.contract_id, label), "")) for label in line.variant.secrets)
        return FirstLoginBlock(
            line.variant.name, line.variant.title, line.place, shown, line.variant.note, hidden=rq.viewed
        )

    return Show(
        FirstLoginPage(
            title=words.title,
            over=words.over,
            leads=tuple(dict.fromkeys(lead for lead in (*(line.variant.lead for line in lines), words.lead) if lead)),
            blocks=tuple(block(line) for line in lines),
            login_title=words.login_title,
            login_label=words.login_label,
            login_id=login_id_of(rq.tx, rq.principal),
            number_label=rq.operator.portal.customer_number_label,
            number=rq.principal.customer_number,
            number_note=words.number_note,
            missing=words.missing,
            submit=words.submit,
            action_url=rq.href("first-login"),
            steps=gate_steps(rq.operator, "first-login"),
        )
    )


@post("/first-login", name="first-login", permission=HOME, capability="first-login")
def first_login_confirm(rq: PortalRequest) -> Reply:
    """Confirm, once; whoever presses again goes on as well."""
    lines = lines_of(rq.tx, rq.principal, _words(rq))
    confirm(rq.tx, rq.principal, [line.variant.name for line in lines])
    return Go(rq.operator.home_of(rq.principal.role))


def _words(rq: PortalRequest) -> FirstLogin:
    # The secrets of a line are the customer's, not those of accounts that were handed out.
    if rq.operator.first_login is None or rq.operator.hands_out(rq.principal.role):
        raise NotFound
    return rq.operator.first_login
