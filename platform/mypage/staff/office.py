"""The console as an operator of its own: how staff sign in, and what stands on its menu. Texts are msgids."""

from __future__ import annotations

from datetime import timedelta

from mypage.hooks.auth import CredentialChange, LoginPageText, LoginScheme, Recovery, SessionPolicy, TextPart
from mypage.hooks.markers import hookimpl
from mypage.hooks.passwords import ASCII_LETTERS, DIGITS, IdentifierPolicy, symbols
from mypage.hooks.permissions import CREDENTIAL_CHANGE, PermissionMatrix
from mypage.hooks.portal import Entry, MenuSection, Portal, TenantSettings

SCHEME = "staff"
ROLE = "staff"
"""The role of every account of the console; what one may do at a tenant is `desk_role`."""


@hookimpl
def portal_policy() -> Portal:
    """Names and words of every page."""
    return Portal(
        company="mypage",
        portal_name="Staff console",
        customer_number_label="",
        top_label="Work at a glance",
        logout_label="Sign out",
        honorific="",
    )


@hookimpl
def login_scheme_items() -> list[LoginScheme]:
    """One kind of login: the mail address."""
    part = TextPart("email", "Mail address")
    return [LoginScheme(name=SCHEME, parts=(part,), secret="Password", submit="Sign in", title="Sign in", role=ROLE)]  # noqa: S106 - a label


@hookimpl
def login_page_policy() -> LoginPageText:
    """A plain title."""
    return LoginPageText(title="Sign in to the staff console", activated="Your account is active. Please sign in.")


@hookimpl
def login_id_policy() -> IdentifierPolicy:
    """What a mail address may be made of."""
    return IdentifierPolicy(length=(6, 254), alphabet=ASCII_LETTERS + DIGITS + symbols("@._-+"))


@hookimpl
def session_policy() -> SessionPolicy:
    """Half an hour without use; secrets ask again after five minutes."""
    return SessionPolicy(idle=timedelta(minutes=30), reauth=timedelta(minutes=5))


@hookimpl
def recovery_items() -> list[Recovery]:
    """A new password by mail; the second factor is asked for after that all the same."""
    return [
        Recovery(
            kind="password",
            scheme=SCHEME,
            entry="I have forgotten the password",
            title="Set a new password",
            lead="Type your mail address. If there is an account, a link comes by mail.",
            login_label="Mail address",
        )
    ]


@hookimpl
def credential_change_items() -> list[CredentialChange]:
    """The password; the login ID is the mail address, which somebody else vouches for."""
    return [CredentialChange(scheme=SCHEME, title="Change the password", login=False, password=True)]


@hookimpl
def permission_policy() -> PermissionMatrix:
    """Only what is everybody's own; the rest comes with a seat at a tenant."""
    return PermissionMatrix({ROLE: frozenset({CREDENTIAL_CHANGE})})


class OfficeSettings(TenantSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The console issues no invoices: it needs to know where its mails come from, and nothing else."""

    issuer_name: str = ""
    registration_number: str = ""


@hookimpl
def settings_policy() -> type[TenantSettings]:
    """Where mails come from."""
    return OfficeSettings


@hookimpl
def menu_items() -> list[MenuSection]:
    """The topics of the console, shown to whose role permits them."""
    return [
        MenuSection(
            heading="Reception",
            entries=(
                Entry("Work queue", "queue", icon="inbox"),
                Entry("Requests", "queue-requests", icon="doc"),
                Entry("Names on cards", "queue-cards", icon="card"),
                Entry("Stuck and failed", "queue-failures", icon="alert"),
            ),
        ),
        MenuSection(heading="Customers", entries=(Entry("Find a customer", "search", icon="search"),)),
        MenuSection(
            heading="Operation",
            entries=(
                Entry("Notices", "notices", icon="bell"),
                Entry("Approvals", "approvals", icon="check"),
                Entry("Trail", "trail", icon="doc"),
                Entry("Figures", "figures", icon="calendar"),
                Entry("Staff and roles", "roles", icon="user"),
            ),
        ),
        MenuSection(
            heading="Your account",
            entries=(
                Entry("Change the portal", "seat", icon="building"),
                Entry("Change the password", "credentials", icon="key"),
                Entry("Two-step login", "factors", icon="lock"),
                Entry("Where you are logged in", "sessions", icon="device"),
            ),
        ),
    ]
