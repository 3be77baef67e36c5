"""The page behind the link of an invitation: one chooses a password there, and signs in with it."""

from __future__ import annotations

from mypage.auth.errors import DeadLink
from mypage.auth.forms import check_new_password
from mypage.auth.routes_base import guessable_at, hashed, matches, rules_of, rules_url
from mypage.auth.throttle import admit, forgive, link_target
from mypage.db.session import Tx
from mypage.forms.fields import PasswordField, TextField, same_as
from mypage.forms.form import PortalForm
from mypage.hooks.permissions import PUBLIC
from mypage.staff import invites
from mypage.staff.invites import Invited
from mypage.staff.office import SCHEME
from mypage.staff.pages import InvitedPage
from mypage.staff.permissions import ROLE_WORDS
from mypage.staff.seats import DeskSeats, Post
from mypage.web.replies import Go, Reply, Show
from mypage.web.request import PortalRequest
from mypage.web.routing import get, post


@get("/invited/{token:str}", name="staff-invited", permission=PUBLIC, gated=False)
def invited_page(rq: PortalRequest) -> Reply:
    """Asks for name and password; opening it changes nothing, however often."""
    found = invites.invited(rq.tx, str(rq.params["token"]))
    return _page(rq, found, _form(rq, None, found.name), 200) if found else _dead_link(rq)


@post("/invited/{token:str}", name="staff-invited", permission=PUBLIC, gated=False)
async def invited_post(rq: PortalRequest) -> Reply:
    """Set the password. Nobody is signed in by it: the login page is next, and after it the second factor."""
    token = str(rq.params["token"])
    found = await rq.run(lambda tx: _counted(rq, tx, token))
    if found is None:
        return await _repeated(rq, token)
    form = _form(rq, rq.form, found.name)
    policy, guessable = rq.operator.password_policies[SCHEME], guessable_at(rq, found.email)
    good = form.validate()
    if not form["password"].errors:
        good &= check_new_password(form, "password", policy, login_ids=(found.email,), guessable=guessable)
    if not good:
        return _page(rq, found, form, 422)
    secret = await hashed(rq, str(form["password"].data))
    try:
        await rq.run(
            lambda tx: invites.join(tx, token, name=form.text("name"), password_hash=secret, language=rq.locale)
        )
    except DeadLink:
        return await _repeated(rq, token)
    return _done(rq)


def _counted(rq: PortalRequest, tx: Tx, token: str) -> Invited | None:
    target, throttle = link_target(rq.network), rq.operator.throttle
    if not admit(tx, throttle, target):
        return None
    found = invites.invited(tx, token)
    if found is not None:
        forgive(tx, throttle, target)
    return found


async def _repeated(rq: PortalRequest, token: str) -> Reply:
    """A double click gets the first answer: the link was used moments ago, for this very password."""
    found = await rq.run(lambda tx: invites.joined_before(tx, token))
    if found is None:
        return _dead_link(rq)
    form = _form(rq, rq.form, found[0].name)
    same = form.validate() and await matches(rq, found[1], str(form["password"].data))
    return _done(rq) if same else _dead_link(rq)


def _done(rq: PortalRequest) -> Reply:
    rq.flash("ok", rq.t("Your password is set. Please sign in with it; then you set up the second step."))
    if rq.signed_in:
        rq.out.end_session = True
    return Go("login")


def _form(rq: PortalRequest, data: object, name: str) -> PortalForm:
    fields = {
        "name": TextField("Name", max_length=invites.LONGEST_NAME, description="It stands beside all that you do."),
        "password": PasswordField("Password", new=True),
        "password_again": PasswordField("The same password again", new=True, checks=(same_as("password"),)),
    }
    return PortalForm(fields, data, t=rq.t, values={"name": name})


def _page(rq: PortalRequest, found: Invited, form: PortalForm, status: int) -> Reply:
    page = InvitedPage(
        state="ready",
        login_url=rq.href("login"),
        email=found.email,
        posts=tuple(_posts(rq, found)),
        form=form,
        action_url=rq.href("staff-invited", token=str(rq.params["token"])),
        rules=rules_of(rq, SCHEME),
        rules_url=rules_url(rq, SCHEME),
    )
    return Show(page, status)


def _posts(rq: PortalRequest, found: Invited) -> list[tuple[str, str]]:
    seats = rq.ports.get(DeskSeats)
    there = [(seats.at(Post(worked, role)), role) for worked, role in sorted(found.roles.items())]
    return [(seat.called(rq.locale), rq.t(ROLE_WORDS[role])) for seat, role in there if seat is not None]


def _dead_link(rq: PortalRequest) -> Reply:
    return Show(InvitedPage(state="invalid", login_url=rq.href("login")), 404)
