"""Pages of self-registration: input, confirm, mail sent (ACTV-31 to ACTV-52)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from mypage.auth import registration
from mypage.auth.captcha import new_challenge
from mypage.auth.errors import AlreadyRegistered, LoginNameTaken
from mypage.auth.forms import captcha_of, check_new_login, check_new_password, registration_form, registration_groups
from mypage.auth.login import key_of
from mypage.auth.pages import (
    Captcha,
    Link,
    Paper,
    RegisterConfirmPage,
    RegisterInputPage,
    RegisterSentPage,
)
from mypage.auth.registration import Application, Problem, Verdict
from mypage.auth.routes import captcha_key
from mypage.auth.routes_base import guessable_at, hashed, rules_of, rules_url
from mypage.db.keys import Vault
from mypage.db.session import Tx
from mypage.forms.drafts import DraftContent, drop_draft, named_draft, save_draft
from mypage.forms.form import PortalForm
from mypage.forms.wizard import once, recall
from mypage.hooks.auth import Registration
from mypage.hooks.permissions import PUBLIC
from mypage.lib.crypto import Keyring
from mypage.lib.errors import NotFound, StaleForm
from mypage.web.replies import Go, Reply, Show
from mypage.web.request import PortalRequest
from mypage.web.routing import get, post


@get("/register/{scheme:str}", name="register", permission=PUBLIC)
def register_page(rq: PortalRequest) -> Reply:
    """An empty form; with `edit`, what was entered before the confirm page, without secrets."""
    rules = _rules(rq)
    draft = _draft(rq, rq.tx, rq.query.get("edit", ""))
    return _input(rq, rules, _form(rq, rules, None, draft), 200)


@post("/register/{scheme:str}", name="register", permission=PUBLIC)
async def register_input(rq: PortalRequest) -> Reply:
    """Check what was entered, in the order of ACTV-44 to ACTV-48, and go on to the confirm page."""
    rules = _rules(rq)
    form = _form(rq, rules, rq.form)
    if captcha_of(form).wants_new:
        return _input(rq, rules, form, 200)
    if not _well_formed(rq, rules, form):
        return _input(rq, rules, form, 422)
    entry = _application(rq, rules, form)
    keyring, throttle = rq.ports.get(Keyring), rq.operator.throttle
    verdict = await rq.run(lambda tx: registration.judge(tx, keyring, throttle, rules, entry, rq.owner))
    if verdict.problem is not None:
        _say(rq, rules, form, verdict.problem)
        return _input(rq, rules, form, 422)
    secret = await hashed(rq, str(form["password"].data))
    await rq.run(lambda tx: _keep(rq, tx, entry, verdict, secret))
    return Go("register-confirm", {"scheme": rules.scheme, "draft": verdict.draft_id})


@get("/register/{scheme:str}/confirm", name="register-confirm", permission=PUBLIC)
def register_confirm(rq: PortalRequest) -> Reply:
    """What will be registered, without secrets (ACTV-51)."""
    rules = _rules(rq)
    draft = _draft(rq, rq.tx, rq.query.get("draft", ""))
    if draft is None:
        return _after_the_end(rq, rules, rq.query.get("draft", ""))
    labels = {field.kind: field.label for group in rules.groups for field in group.fields}
    page = RegisterConfirmPage(
        title=rules.title,
        steps=rules.steps,
        rows=(
            (labels["login"], draft.data["login_id"]),
            (labels["email"], draft.data["email"]),
            (labels["customer-number"], draft.data["number"]),
        ),
        action_url=rq.href("register-confirm", scheme=rules.scheme),
        back=Link(rules.back, rq.href("register", scheme=rules.scheme, edit=draft.id)),
        submit="Send the mail",
        hidden=(("operation", str(draft.id)),),
    )
    return Show(page)


@post("/register/{scheme:str}/confirm", name="register-confirm", permission=PUBLIC)
def register_commit(rq: PortalRequest) -> Reply:
    """Register and mail the link, once for however many presses (ACTV-50, ACTV-52)."""
    rules, operation = _rules(rq), rq.form.get("operation", "")
    draft = _draft(rq, rq.tx, operation)
    if draft is None:
        return _after_the_end(rq, rules, operation)
    try:
        once(
            rq.tx,
            str(draft.id),
            owner=rq.owner,
            wizard=registration.WIZARD,
            effect=lambda: _commit(rq, rules, draft),
        )
    except (LoginNameTaken, AlreadyRegistered) as error:
        form = _form(rq, rules, None, draft)
        _say(rq, rules, form, Problem.TAKEN if isinstance(error, LoginNameTaken) else Problem.REGISTERED)
        return _input(rq, rules, form, 422)
    return Go("register-sent", {"scheme": rules.scheme, "operation": draft.id})


@get("/register/{scheme:str}/sent", name="register-sent", permission=PUBLIC)
def register_sent(rq: PortalRequest) -> Reply:
    """A mail is on its way (ACTV-50)."""
    rules = _rules(rq)
    done = recall(rq.tx, rq.query.get("operation", ""), owner=rq.owner, wizard=registration.WIZARD)
    if not done:
        return Go("login")
    page = RegisterSentPage(
        title=rules.title,
        steps=rules.steps,
        email=done["email"],
        expires_at=datetime.fromisoformat(done["expires_at"]),
        login_url=rq.href("login"),
        mail_domain=rq.tenant.settings.mail_domain,
    )
    return Show(page)


def _rules(rq: PortalRequest) -> Registration:
    rules = rq.operator.registrations.get(str(rq.params["scheme"]))
    if rules is None:
        raise NotFound
    return rules


def _form(rq: PortalRequest, rules: Registration, data: Any, draft: DraftContent | None = None) -> PortalForm:
    values = None
    if draft is not None:
        values = {
            "login": draft.data["login_id"],
            "email": draft.data["email"],
            "customer_number": draft.data["number"],
        }
    return registration_form(rules, data, t=rq.t, mail_domain=rq.tenant.settings.mail_domain, values=values)


def _well_formed(rq: PortalRequest, rules: Registration, form: PortalForm) -> bool:
    good = form.validate()
    if not form["login"].errors:
        good &= check_new_login(form, "login", rq.operator.login_id_policies[rules.scheme])
    if not form["password"].errors:
        good &= check_new_password(
            form,
            "password",
            rq.operator.password_policies[rules.scheme],
            login_ids=(form.text("login"),),
            guessable=guessable_at(rq, form.text("customer_number")),
        )
    return good


def _application(rq: PortalRequest, rules: Registration, form: PortalForm) -> Application:
    login_id = form.text("login")
    return Application(
        scheme=rules.scheme,
        login_id=login_id,
        login_key=key_of(rq.operator.login_id_policies[rules.scheme], login_id),
        email=form.text("email"),
        number=form.text("customer_number"),
        parts=tuple(form["proof_code"].data),
        challenge=captcha_of(form).token,
        answer=form.text("captcha"),
        network=rq.network,
    )


def _keep(rq: PortalRequest, tx: Tx, entry: Application, verdict: Verdict, secret: str) -> None:
    save_draft(
        tx,
        rq.ports.get(Vault),
        owner=rq.owner,
        wizard=registration.WIZARD,
        data={
            "customer": str(verdict.customer_id),
            "login_id": entry.login_id,
            "login_key": entry.login_key,
            "email": entry.email,
            "number": entry.number,
        },
        secret=secret.encode(),
        draft_id=verdict.draft_id,
    )


def _commit(rq: PortalRequest, rules: Registration, draft: DraftContent) -> dict[str, Any]:
    email, ends = registration.register(
        rq.tx,
        rq.ports.get(Vault),
        rules,
        draft=draft.data,
        password_hash=(draft.secret or b"").decode(),
        language=rq.locale,
        link_of=lambda token: rq.absolute("activate", token=token),
    )
    drop_draft(rq.tx, owner=rq.owner, wizard=registration.WIZARD)
    return {"email": email, "expires_at": ends.isoformat()}


def _draft(rq: PortalRequest, tx: Tx, text: str) -> DraftContent | None:
    return named_draft(tx, rq.ports.get(Vault), owner=rq.owner, wizard=registration.WIZARD, text=text)


def _after_the_end(rq: PortalRequest, rules: Registration, operation: str) -> Reply:
    """The result page when the operation was carried out; otherwise its time is over."""
    if not operation:
        return Go("register", {"scheme": rules.scheme})
    if recall(rq.tx, operation, owner=rq.owner, wizard=registration.WIZARD):
        return Go("register-sent", {"scheme": rules.scheme, "operation": operation})
    raise StaleForm


def _say(rq: PortalRequest, rules: Registration, form: PortalForm, problem: Problem) -> None:
    labels = {field.kind: rq.t(field.label) for group in rules.groups for field in group.fields}
    match problem:
        case Problem.CAPTCHA:
            form.add_error("captcha", rq.t("The digits are not those of the picture. Please enter the new ones"))
        case Problem.CAPTCHA_OLD:
            form.add_error("captcha", rq.t("The picture was too old. Please enter the digits of the new one"))
        case Problem.PROOF:
            text = rq.t(
                "%(number)s or %(code)s is not right. Please compare them with the letter. After several tries that "
                "fail you have to wait for a while.",
                number=labels["customer-number"],
                code=labels["proof-code"],
            )
            form.add_error(None, text)
        case Problem.REGISTERED:
            form.add_error(None, _registered(rq))
        case Problem.TAKEN:
            text = rq.t("The login ID %(login_id)s is in use. Please choose another one", login_id=form.text("login"))
            form.add_error("login", text)


def _registered(rq: PortalRequest) -> str:
    text = rq.t(
        "There is an account for this customer number already. If you forgot the login ID or the password, please use "
        "the links on the login page."
    )
    contact = rq.operator.portal.contact
    return text if contact is None else text + rq.t("You can also call us: %(phone)s", phone=contact.phone)


def _input(rq: PortalRequest, rules: Registration, form: PortalForm, status: int) -> Reply:
    contact = rq.operator.portal.contact
    phone = contact.phone if contact else ""
    paper = None
    if rules.paper_title or rules.paper_lines or rules.paper_picture:
        tel = "tel:" + phone.replace("-", "")
        paper = Paper(rules.paper_title, rules.paper_picture, rules.paper_lines, phone, tel)
    challenge = new_challenge(captcha_key(rq), rq.clock.now(), rules.captcha_digits)
    page = RegisterInputPage(
        title=rules.title,
        steps=rules.steps,
        lead=rules.lead,
        groups=registration_groups(rules),
        form=form,
        action_url=rq.href("register", scheme=rules.scheme),
        back=Link(rules.back, rq.href("login")),
        next_label=rules.next,
        captcha=Captcha(
            rq.href("captcha", name=f"{challenge}.png"), rq.href("captcha", name=f"{challenge}.wav"), challenge
        ),
        paper=paper,
        help_phone=phone,
        rules=rules_of(rq, rules.scheme),
        rules_url=rules_url(rq, rules.scheme),
    )
    return Show(page, status)
