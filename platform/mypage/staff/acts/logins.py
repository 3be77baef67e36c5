"""Acts about a customer's logins: unlocking, a link for a new password, ending sessions, removing the second step."""

from __future__ import annotations

from collections.abc import Iterable

from mypage.auth import helping
from mypage.auth.factors.service import Keys, factors_of
from mypage.auth.locks import Lock, Login, locks_of, logins_of, unlock
from mypage.auth.sessions import count_sessions
from mypage.forms.choices import ChoiceField
from mypage.lib.crypto import Keyring
from mypage.lib.masks import mask_mail
from mypage.staff.acts.acting import Act, Case, Look, Plan, Refused, Values
from mypage.staff.acts.pages import Line, Standing
from mypage.staff.links import PortalLinks

LOGIN = "login"


def _look(case: Case, logins: Iterable[Login], standing: tuple[Standing, ...], nothing: str) -> Look:
    """A choice among logins. `nothing` is said when there is none."""
    options = [(str(each.credential_id), each.login_id, _kind_of(case, each)) for each in logins]
    values = {LOGIN: options[0][0]} if len(options) == 1 else {}
    fields = {
        "login": ChoiceField("Login", options=options, cards=True),
    }
    return Look(standing=standing, fields=fields, values=values, nothing="" if options else nothing)


def _logins(case: Case) -> tuple[Login, ...]:
    return logins_of(case.tx, case.customer.id)


def _active(case: Case) -> tuple[Login, ...]:
    return tuple(each for each in _logins(case) if each.status == "active")


def _chosen(case: Case, values: Values, logins: Iterable[Login]) -> Login:
    """The chosen one. Raises Refused for one that is not among these any more."""
    found = next((each for each in logins if str(each.credential_id) == values[LOGIN]), None)
    if found is None:
        raise Refused(case.t("This login is not there any more, or this cannot be done with it now"), LOGIN)
    return found


def _kind_of(case: Case, login: Login) -> str:
    scheme = case.operator.schemes.get(login.scheme)
    return case.theirs(scheme.title) if scheme is not None else login.scheme


def _no_login(case: Case) -> str:
    return case.t("This customer has no login that is in use.")


# Unlocking


def _look_unlock(case: Case) -> Look:
    logins = _active(case)
    standing = tuple(Standing(each.login_id, *_locked(case, each)) for each in logins)
    return _look(case, logins, standing, _no_login(case))


def _locked(case: Case, login: Login) -> tuple[tuple[Line, ...], str]:
    locks = locks_of(case.tx, case.operator.throttle, login)
    if not locks:
        return (), case.t("Nothing is locked.")
    return tuple(Line(_what(case, lock), _since(case, lock)) for lock in locks), ""


def _what(case: Case, lock: Lock) -> str:
    match lock.what:
        case "password":
            return case.t("Password")
        case "device":
            return case.t("Password, in a browser of the customer's own")
        case "second":
            return case.t("Second step of the login")
        case "mail":
            return case.t("Links by mail")
    return case.t("Code on paper")


def _since(case: Case, lock: Lock) -> str:
    return case.t(
        "Locked since %(since)s until %(until)s, after %(count)s failures",
        since=case.time(lock.since),
        until=case.time(lock.until),
        count=lock.failures,
    )


def _plan_unlock(case: Case, values: Values) -> Plan:
    login = _chosen(case, values, _active(case))
    locks = locks_of(case.tx, case.operator.throttle, login)
    said = case.t("The login %(login)s of %(who)s can be tried again at once.", login=login.login_id, who=case.who)
    return Plan(
        sentences=(said, case.t("All failures that were counted for it are forgotten. Its password stays as it is.")),
        lines=tuple(Line(_what(case, lock), _since(case, lock)) for lock in locks),
        warnings=()
        if locks
        else (
            case.t("Nothing of this login is locked. Somebody who cannot log in may need a link for a new password."),
        ),
    )


def _do_unlock(case: Case, values: Values, reason: str) -> tuple[str, ...]:
    login = _chosen(case, values, _active(case))
    unlock(case.tx, case.operator.throttle, login, case.customer.id, reason=reason)
    return (case.t("The login %(login)s of %(who)s is unlocked.", login=login.login_id, who=case.who),)


# A link for a new password


def _look_link(case: Case) -> Look:
    logins = _logins(case)
    rules = case.operator.recoveries.get("password")
    standing = []
    able = []
    for each in logins:
        why = helping.no_reset_link(case.tx, rules, each)
        to = Line(case.t("Registered address"), mask_mail(helping.address_of(case.tx, each).email))
        lines = (to, Line(case.t("Link"), no_link(case, why))) if why else (to,)
        standing.append(Standing(each.login_id, lines))
        if why is None:
            able.append(each)
    nothing = case.t("No link can be sent.") if logins else _no_login(case)
    return _look(case, able, tuple(standing), nothing)


def no_link(case: Case, why: helping.NoLink) -> str:
    """Why no link can go out, for staff."""
    match why:
        case "not-online":
            return case.t("This kind of login has no page for a new password. A new one comes by letter, as ever.")
        case "not-active":
            return case.t("The account is not active.")
        case "no-address":
            return case.t("No mail address is registered that a mail could reach. Correct the contact data first.")
    return case.t("There were several links within the last hour. Wait an hour, or look for the last one together.")


def _plan_link(case: Case, values: Values) -> Plan:
    login = _chosen(case, values, _logins(case))
    rules = case.operator.recoveries.get("password")
    if (why := helping.no_reset_link(case.tx, rules, login)) is not None or rules is None:
        raise Refused(no_link(case, why or "not-online"), LOGIN)
    to = mask_mail(helping.address_of(case.tx, login).email)
    return Plan(
        sentences=(
            case.t(
                "A link with which %(who)s can set a new password for the login %(login)s goes to %(address)s.",
                who=case.who,
                login=login.login_id,
                address=to,
            ),
            case.t("Earlier links end. You do not see the link, and nobody asks for the password."),
        ),
        lines=(
            Line(case.t("Good for"), case.t("%(count)s minutes", count=int(rules.link_life.total_seconds() // 60))),
        ),
    )


def _do_link(case: Case, values: Values, reason: str) -> tuple[str, ...]:
    login = _chosen(case, values, _logins(case))
    return (send_link(case, login, reason),)


def send_link(case: Case, login: Login, reason: str) -> str:
    """Mail a link for a new password; what to say of it. Raises Refused."""
    rules = case.operator.recoveries.get("password")
    why = helping.no_reset_link(case.tx, rules, login)
    if why is not None or rules is None:
        raise Refused(no_link(case, why or "not-online"), LOGIN)
    links, tenant = case.rq.ports.get(PortalLinks), case.rq.desk.tenant
    address = helping.mail_reset_link(
        case.tx,
        case.vault,
        login,
        rules=rules,
        language=tenant.locale,
        link_of=lambda token: links.absolute(tenant, "reset", token=token),
        reason=reason,
    )
    return case.t("A link for a new password was sent to %(address)s.", address=mask_mail(address))


# Sessions


def _look_sessions(case: Case) -> Look:
    logins = _logins(case)
    open_ones = {each: _open(case, each) for each in logins}
    standing = tuple(
        Standing(
            each.login_id, text=case.rq.t.plural("%(count)s session is open.", "%(count)s sessions are open.", count)
        )
        for each, count in open_ones.items()
    )
    return _look(case, [each for each, count in open_ones.items() if count], standing, case.t("No session is open."))


def _open(case: Case, login: Login) -> int:
    return count_sessions(case.tx, login.account_id, idle=case.operator.sessions.idle)


def _plan_sessions(case: Case, values: Values) -> Plan:
    login = _chosen(case, values, _logins(case))
    if not _open(case, login):
        raise Refused(case.t("No session of this login is open any more"), LOGIN)
    said = case.t(
        "%(who)s is logged out everywhere, in every browser that uses the login %(login)s.",
        who=case.who,
        login=login.login_id,
    )
    return Plan(sentences=(said, case.t("What was typed there and not sent is lost. The password stays as it is.")))


def _do_sessions(case: Case, values: Values, reason: str) -> tuple[str, ...]:
    login = _chosen(case, values, _logins(case))
    ended = helping.end_sessions(case.tx, login, case.customer.id, reason=reason)
    if not ended:
        raise Refused(case.t("No session of this login is open any more"), LOGIN)
    return (case.t("The login %(login)s of %(who)s is logged out everywhere.", login=login.login_id, who=case.who),)


# The second step


def _look_factors(case: Case) -> Look:
    found = {each: factors_of(case.tx, each.account_id) for each in _active(case)}
    standing = tuple(
        Standing(
            login.login_id,
            tuple(Line(_factor(case, each.kind), each.name) for each in factors),
            "" if factors else case.t("There is no second step."),
        )
        for login, factors in found.items()
    )
    nothing = case.t("No login of this customer has a second step.")
    return _look(case, [login for login, factors in found.items() if factors], standing, nothing)


def _factor(case: Case, kind: str) -> str:
    return case.t("Passkey") if kind == "passkey" else case.t("Authenticator app")


def _plan_factors(case: Case, values: Values) -> Plan:
    login = _chosen(case, values, _active(case))
    factors = factors_of(case.tx, login.account_id)
    if not factors:
        raise Refused(case.t("This login has no second step any more"), LOGIN)
    said = case.t(
        "Every second step of the login %(login)s of %(who)s is removed, with its recovery codes.",
        login=login.login_id,
        who=case.who,
    )
    after = (
        case.t("All sessions end. With the password alone one can log in then, and has to set up a new second step.")
        if case.rq.desk.tenant.second_factor == "required"
        else case.t("All sessions end. With the password alone one can log in then.")
    )
    to = mask_mail(helping.address_of(case.tx, login).email)
    told = (
        case.t("A mail to %(address)s says so.", address=to)
        if to
        else case.t("No mail can say so: there is no address.")
    )
    return Plan(
        sentences=(said, after, told),
        lines=tuple(Line(_factor(case, each.kind), each.name) for each in factors),
        warnings=(case.t("Do this only if you are sure who asks: whoever knows the password gets in afterwards."),),
    )


def _do_factors(case: Case, values: Values, reason: str) -> tuple[str, ...]:
    login = _chosen(case, values, _active(case))
    ports = case.rq.ports
    keys = Keys(case.vault, ports.get(Keyring))
    removed = helping.remove_factors(case.tx, keys, login, language=case.rq.desk.tenant.locale, reason=reason)
    if not removed:
        raise Refused(case.t("This login has no second step any more"), LOGIN)
    return (
        case.t("The second step of the login %(login)s of %(who)s is removed.", login=login.login_id, who=case.who),
    )


UNLOCK = Act(
    route="customer-unlock",
    title="Unlock a login",
    lead="After wrong passwords a login waits. Here it can be tried again at once.",
    commit="Unlock",
    look=_look_unlock,
    plan=_plan_unlock,
    carry_out=_do_unlock,
)
LINK = Act(
    route="customer-link",
    title="Send a link for a new password",
    lead="It goes to the registered address alone. Nobody here sets or sees a password.",
    commit="Send the link",
    look=_look_link,
    plan=_plan_link,
    carry_out=_do_link,
)
SESSIONS = Act(
    route="customer-sessions",
    title="End all sessions",
    lead="For somebody whose device is lost or in strange hands.",
    commit="End the sessions",
    look=_look_sessions,
    plan=_plan_sessions,
    carry_out=_do_sessions,
    danger=True,
)
FACTORS = Act(
    route="customer-factors",
    title="Remove the second step of a login",
    lead="For somebody who has lost the phone and the recovery codes.",
    commit="Remove the second step",
    look=_look_factors,
    plan=_plan_factors,
    carry_out=_do_factors,
    danger=True,
)
