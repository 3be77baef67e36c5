"""What is sent to each route. A route that has no recipe fails the ring: give it a line in `recipes`."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product

from attackkit import Browser, Seen
from ring_victims import Victim

from mypage.web.routing import Route

OWN_TENANT_BEARER = {"activate", "reset", "view"}
"""Links of mails, and tickets of staff: who holds one may use it at its own portal, so there only guessed ones are tried."""
AT_HOME_ANYBODY = {"POST recover", "POST login", "POST register"}
"""Asking for help, and failing to log in, with somebody's ID at the right portal is everybody's right."""
NO_TOKEN = "A" * 43
"""As long as a link's token, and nobody's."""
Fields = dict[str, str]


@dataclass(frozen=True)
class Attempt:
    """One path with what is sent to it; `subject` is the id or token in the path: that of others and none answer alike."""

    route: Route
    path: str
    fields: Mapping[str, str]
    subject: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)

    async def send(self, attacker: Browser, method: str) -> Seen:
        """Make the attempt as a form or as a query."""
        if method in ("GET", "HEAD"):
            query = "&".join(f"{k}={v}" for k, v in self.fields.items())
            return await attacker.send(method, self.path + (f"?{query}" if query else ""), headers=self.headers)
        if method == "POST":
            return await attacker.send(method, self.path, form=self.fields, headers=self.headers)
        return await attacker.send(method, self.path, headers=self.headers)


def recipes(victim: Victim, size: int) -> dict[str, list[Fields]]:
    """`METHOD name` of a route → the forms or queries that are sent to it; `{id}` is the id in the path."""
    ids, texts = victim.ids, victim.texts
    stolen = {"customer_id": str(victim.person.customer_id), "account_id": str(victim.person.account_id)}
    drafts = [{"draft": each, "edit": each, "operation": each} for each in ids]
    operations = [{"operation": each} | stolen for each in ids]
    nothing: list[Fields] = [{}]
    proof = {"proof_code_1": "a", "proof_code_2": "b", "proof_code_3": "c"}
    new_password = {"password": "Abc12345x", "password_again": "Abc12345x"}
    member = new_password | {
        "login_local": "attacker1", "login_domain": "nagi.example", "role": "reader", "family_name": "攻撃",
        "given_name": "者", "family_kana": "コウゲキ", "given_kana": "シャ", "user_name": "x",
    }  # fmt: skip
    newcomer = {"login": "attacker1", "password": "Abc12345", "password_again": "Abc12345", "email": "e@evil.example"}
    return {
        "GET display": [{"size": "large", "language": "en", "back": f"/bills/{ids[0]}"}],
        "GET public-page": nothing,
        "GET top": [{}, stolen],
        "GET login": [{"next": f"/bills/{ids[0]}"}],
        "POST login": [{"login": texts["login_id"], "password": "Wrong12345", "local": texts["login_id"]}],
        "POST logout": [stolen],
        "GET captcha": nothing,
        "POST password-rules": [{"password": "Abc12345", "login": texts["login_id"]} | stolen],
        "GET register": drafts,
        "POST register": [
            newcomer | proof | {"customer_number": texts["number"], "captcha": "0000", "captcha_token": "x"}
        ],
        "GET register-confirm": drafts,
        "POST register-confirm": operations,
        "GET register-sent": drafts,
        "GET activate": nothing,
        "POST activate": [{}, stolen],
        "GET view": nothing,
        "POST view": [{}, stolen],
        "POST view-end": [{}, stolen],
        "GET recover": [stolen],
        "POST recover": [{"login": texts["login_id"], "customer_number": texts["number"]} | proof],
        "GET recover-sent": [stolen],
        "GET reset": nothing,
        "POST reset": [new_password | stolen],
        "GET credentials": drafts,
        "POST credentials": [{"current": "x", "login": texts["login_id"]} | new_password | stolen],
        "GET credentials-confirm": drafts,
        "POST credentials-confirm": operations,
        "GET credentials-done": drafts,
        "GET sessions": [{}, stolen],
        "POST sessions-end": [stolen],
        "POST sessions-end-one": [{}, stolen],
        "GET reauth": [{"next": f"/bills/{ids[0]}"}],
        "POST reauth": [{"password": "x", "next": f"/bills/{ids[0]}"} | stolen],
        "GET login-second": [{}, {"way": "recovery"} | stolen],
        "POST login-second": [{"way": way, "code": "123456", "answer": "{}"} | stolen for way in ("app", "passkey")],
        "GET reauth-second": [{}, stolen],
        "POST reauth-second": [{"way": "recovery", "code": "AAAA-BBBB-CCCC"} | stolen],
        "GET factors": [{}, stolen],
        "POST factors-app-start": [stolen],
        "GET factors-app": [{}, stolen],
        "POST factors-app": [{"code": "123456", "name": "x"} | stolen],
        "POST factors-passkey-start": [stolen],
        "GET factors-passkey": [{}, stolen],
        "POST factors-passkey": [{"name": "x", "answer": "{}"} | stolen],
        "POST factors-codes-new": [stolen],
        "GET factors-codes": [{}, stolen],
        "GET factors-codes-file": [{}, stolen],
        "POST factors-codes-kept": [stolen],
        "GET factors-one": nothing,
        "POST factors-rename": [{"name": "x"} | stolen],
        "POST factors-remove": [{}, stolen],
        "GET contract": [{}, stolen, {"contract": ids[0]}],
        "GET guidance": nothing,
        "GET contact": [{}, stolen],
        "GET first-login": [{}, stolen],
        "POST first-login": [{}, stolen | {"operation": ids[0]}],
        "GET summary": [{}, stolen],
        "GET profile": drafts,
        "POST profile": [{"phone": "03-1234-5678", "mail": "a@evil.example", "email": "a@evil.example"} | stolen],
        "GET profile-confirm": drafts,
        "POST profile-confirm": operations,
        "GET profile-complete": drafts,
        "GET overview": [{}, stolen],
        "GET option": [{}] + [{"account": each} for each in ids[: 2 * size]],
        "POST option": [
            {"product": "security-360", "action": action, "account": each} | stolen
            for action in ("buy", "end")
            for each in ids[:size]
        ],
        "GET option-confirm": drafts[: 2 * size],
        "POST option-confirm": operations[: 2 * size],
        "GET option-done": drafts[: 2 * size],
        "GET option-holdings": [{}] + [{"account": each} for each in ids[: 2 * size]],
        "POST option-pin": [{"product": "security-360", "account": each} | stolen for each in ids[: 2 * size]],
        "GET orders": [{}, stolen, {"page": "2"}],
        "GET accounts": [{}, stolen],
        "GET accounts-new": drafts[: 2 * size],
        "POST accounts-new": [member | {"login": "attacker-1"} | stolen],
        "GET accounts-new-confirm": drafts[: 2 * size],
        "POST accounts-new-confirm": operations[: 2 * size],
        "GET accounts-new-done": drafts[: 2 * size],
        "GET accounts-one": drafts[: 2 * size],
        "POST accounts-one": [member | stolen],
        "GET accounts-one-confirm": drafts[: 2 * size],
        "POST accounts-one-confirm": operations[: 2 * size],
        "GET accounts-one-done": drafts[: 2 * size],
        "GET accounts-delete": nothing,
        "POST accounts-delete": [{"operation": str(uuid.UUID(int=9))} | stolen, *operations[:size]],
        "GET accounts-deleted": drafts[: 2 * size],
        "GET accounts-mail": drafts[: 2 * size],
        "POST accounts-mail": [
            {"use": "own", "local": "attacker1", "consent": "1"} | stolen,
            {"use": "other", "address": "e@evil.example", "consent": "1"} | stolen,
        ],
        "GET accounts-mail-confirm": drafts[: 2 * size],
        "POST accounts-mail-confirm": operations[: 2 * size],
        "GET accounts-mail-done": drafts[: 2 * size],
        "GET termination": drafts[: 2 * size],
        "POST termination": [{"reason": "move", "mail": "a@evil.example", "mail_again": "a@evil.example"} | stolen],
        "GET termination-confirm": drafts[: 2 * size],
        "POST termination-confirm": operations[: 2 * size],
        "GET termination-done": drafts[: 2 * size],
        "GET slots": [{}, stolen],
        "GET slots-one": drafts[: 2 * size],
        "POST slots-one": [
            {
                "action": "add",
                "pnew-name": "attacker1",
                "pnew-secret": "abc123",
                "pnew-again": "abc123",
                "pnew-option-buoy": "not",
                "pnew-option-lamp": "not",
            }
            | stolen,
            {"pattern": "gear", "pgear-option-buoy": "use", "pgear-option-lamp": "not"} | stolen,
        ],
        "GET slots-terms": drafts[: 2 * size],
        "POST slots-terms": [each | {"answer": "agree", "terms": "x"} for each in operations[: 2 * size]],
        "GET slots-confirm": drafts[: 2 * size],
        "POST slots-confirm": [each | {"price": "x", "tell": "e@evil.example"} for each in operations[: 2 * size]],
        "GET slots-done": drafts[: 2 * size],
        "GET slots-remove": [{}, stolen],
        "POST slots-remove": [each | {"price": "x", "tell": "e@evil.example"} for each in operations[: 2 * size]],
        "GET slots-cancel": nothing,
        "POST slots-cancel": [{"operation": str(uuid.UUID(int=9))} | stolen, *operations[:size]],
        "GET requests": [{}, {"q": ids[0]} | stolen],
        "GET requests-filed": [{}, stolen, {"page": "2"}],
        "GET request": nothing,
        "POST request-answer": [{"answer": "x", "question": each} | stolen for each in ids[:size]],
        "GET request-withdraw": nothing,
        "POST request-withdraw": [stolen],
        "GET request-file": nothing,
        "GET request-new": drafts[: 2 * size],
        "POST request-new": [{"draft": each, "f-mail": "a@evil.example"} | stolen for each in ids[: 2 * size]],
        "GET request-address": [{"f-postal": "1710022"} | stolen],
        "GET request-confirm": drafts[: 2 * size],
        "POST request-confirm": operations[: 2 * size],
        "GET request-done": drafts[: 2 * size],
        "GET notices": [{}, stolen, {"page": "2"}],
        "GET notices-one": nothing,
        "GET bills": [{}, stolen],
        "GET bills-csv": [{}, {"encoding": "cp932"} | stolen],
        "GET bills-one": nothing,
        "GET bills-pdf": nothing,
        "GET invoices": [{}, stolen],
        "GET invoices-one": nothing,
        "GET invoices-pdf": nothing,
        "GET home": [{}, stolen],
        "GET card": [{}, stolen],
        "POST card-start": [each | {"consent": "1"} for each in operations[: 2 * size]],
        "GET card-return": nothing,
        "GET card-result": [{}, {"onward": "1"}],
        "GET card-confirm": nothing,
        "POST card-confirm": [{"operation": "{id}"} | stolen],
        "GET card-complete": nothing,
        "POST provisioning-report": [{}] + [{"id": each, "state": "done"} | stolen for each in ids[: 2 * size]],
    }


def attempts(
    victim: Victim, route: Route, missing: tuple[str, ...], *, at_home: bool, size: int = 1
) -> Iterator[Attempt]:
    """Every path of a route with everything that is sent to it. Raises KeyError for a route without a recipe.

    `missing` are ids that do not exist; `at_home` says that the attempt is made at the victim's own portal.
    """
    holes = re.findall(r"\{([a-z_]+):([a-z]+)\}", route.path)
    sent = recipes(victim, size)[f"{route.method} {route.name}"]
    for values in product(*(_fillings(victim, route, name, kind, missing, at_home) for name, kind in holes)):
        path = route.path
        for (name, kind), value in zip(holes, values, strict=True):
            path = path.replace(f"{{{name}:{kind}}}", value)
        subject = values[0] if holes and (holes[0][1] == "uuid" or _is_token(values[0])) else ""
        for fields in sent:
            filled = {k: v.replace("{id}", values[0]) if values else v for k, v in fields.items()}
            yield Attempt(route, path, filled, subject)


def _is_token(text: str) -> bool:
    return len(text) == len(NO_TOKEN)


def _fillings(
    victim: Victim, route: Route, name: str, kind: str, missing: tuple[str, ...], at_home: bool
) -> tuple[str, ...]:
    if kind == "uuid":
        return (*victim.ids, *missing)
    if kind == "int":
        return ("1", "3", "99")
    guessed = (*victim.ids[:2], victim.texts["login_id"], NO_TOKEN)
    named = {
        "token": guessed if at_home and route.name in OWN_TENANT_BEARER else (*victim.tokens, *guessed),
        "scheme": ("mypage", "none"),
        "kind": ("login-id", "password", "none"),
        "name": ("x.png", f"{victim.tokens[0]}.wav"),
        "slug": ("faq", "guide", victim.ids[0]),
        "code": ("berths", "mail", victim.ids[0]),
        "form": ("slip-mail", "berth-move", victim.ids[0]),
        "field": ("postal",),
    }
    return named[name]


NAMES = ("id", "customer_id", "account_id", "customer", "account", "contract", "invoice_id", "setup_id", "session_id",
         "notice_id", "draft", "edit", "operation", "owner", "user", "tenant_id")  # fmt: skip
"""What a field or header might be called that says whose things are meant."""


def carried(victim: Victim, route: Route, each: str) -> Attempt:
    """A request of a route that carries an id wherever a request can: query or form, headers, a cookie, htmx values.

    The path names the victim's own things where it has placeholders for others than this id.
    """
    names: Fields = dict.fromkeys(NAMES, each) | {"tenant": victim.portal.name}
    headers = {
        "hx-request": "true", "hx-current-url": f"https://{victim.portal.host}/bills/{each}", "hx-target": each,
        "hx-vals": json.dumps({"customer_id": each, "id": each}), "x-customer-id": each, "x-account-id": each,
        "x-user": each, "x-tenant": victim.portal.name, "x-tenant-id": victim.portal.name, "x-original-url": f"/bills/{each}",
        "x-rewrite-url": f"/bills/{each}", "authorization": f"Bearer {each}", "x-http-method-override": "DELETE",
        "referer": f"https://{victim.portal.host}/bills/{each}",
    }  # fmt: skip
    return Attempt(route, path_of(route, victim), names, each if route.method == "GET" else "", headers)


def path_of(route: Route, victim: Victim) -> str:
    """The route's path with the victim's things in it."""
    known = {"uuid": victim.ids[0], "int": "1"}
    named = {"code": "berths", "form": "slip-mail", "field": "postal"}
    return re.sub(r"\{([a-z_]+):([a-z]+)\}", lambda m: named.get(m[1]) or known.get(m[2], victim.tokens[0]), route.path)
