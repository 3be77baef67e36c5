"""A queued mail as the message that goes out: the tenant's look and words, its language, both text and HTML."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlsplit

from mypage.i18n import LOCALES
from mypage.i18n.catalogue import Catalogue
from mypage.lib.clock import TOKYO
from mypage.mail.errors import BadMail
from mypage.mail.service import Outgoing
from mypage.mail.values import MailValue, one_line
from mypage.operators.operator import Operator
from mypage.operators.tenants import Tenant
from mypage.web.frame import Contact
from mypage.web.rendering import Templates

_BLANK_LINES = re.compile(r"\n{3,}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Letterhead:
    """What every mail of a tenant shows; templates see it as `mail`. No picture: a remote one would tell who reads."""

    company: str
    portal_name: str
    contact: Contact | None
    colours: Mapping[str, str]
    login_url: str
    logo_url: str = ""


def compose(
    mail: Outgoing,
    *,
    tenant: Tenant,
    operator: Operator,
    templates: Templates,
    origin: str,
    login_url: str,
    now: datetime,
) -> EmailMessage:
    """The message. `origin` is that of the tenant's main host; `templates` are the operator's.

    Raises BadMail when a link leads elsewhere or a header would break; jinja2.TemplateError for a wrong template.
    """
    if tenant.operator != operator.name:
        raise ValueError(f"tenant {tenant.name} belongs to {tenant.operator}, not to {operator.name}")
    check_links(mail.values, origin + tenant.main.prefix)
    language = mail.language if mail.language in LOCALES else tenant.locale
    t = operator.catalogues[language]
    words = operator.mail_texts.get(mail.template)
    company, portal = t(operator.portal.company), t(operator.portal.portal_name)

    def own(text: str) -> str:
        return t(text).replace("%(company)s", company).replace("%(portal)s", portal)

    head = Letterhead(
        company=company,
        portal_name=portal,
        contact=_contact(operator, t),
        colours=tenant.theme.colours,
        login_url=login_url,
    )
    context: dict[str, Any] = {
        **mail.values,
        "mail": head,
        "opening": tuple(own(line) for line in words.opening) if words else (),
    }

    def render(name: str) -> str:
        template = templates.get(f"email/{mail.template}/{name}", theme=tenant.theme.name, locale=language)
        return template.render(context)

    subject = own(words.subject) if words and words.subject else render("subject.txt").strip()
    message = _headers(mail, tenant, company, now)
    message["Subject"] = one_line("subject", subject)
    message.set_content(_tidy(render("body.txt")), cte="base64")
    message.add_alternative(render("body.html"), subtype="html", cte="base64")
    # Last, because making parts moves every Content header of the whole into the first part.
    message["Content-Language"] = language
    return message


def check_links(values: Mapping[str, MailValue], portal_url: str) -> None:
    """Whatever looks like a URL must lead into the portal at its own main address. Raises BadMail."""
    own = urlsplit(portal_url)
    texts = ((key, text) for key, value in values.items() for text in (value if isinstance(value, tuple) else (value,)))
    for key, value in texts:
        if not isinstance(value, str) or "://" not in value:
            continue
        try:
            found = urlsplit(value)
        except ValueError as error:
            raise BadMail(f"{key}: not a URL") from error
        same = (found.scheme, found.netloc) == (own.scheme, own.netloc)
        if not same or not (found.path == own.path or found.path.startswith(own.path.rstrip("/") + "/")):
            raise BadMail(f"{key}: the link does not lead to {portal_url}")
        if " " in value or not value.isascii() or "\\" in value or ".." in found.path.split("/"):
            raise BadMail(f"{key}: the link is not a plain URL")


def _headers(mail: Outgoing, tenant: Tenant, company: str, now: datetime) -> EmailMessage:
    message = EmailMessage(policy=SMTP)
    try:
        sender = Address(display_name=one_line("company", company), addr_spec=tenant.settings.mail_from)
        recipient = Address(addr_spec=one_line("recipient", mail.recipient))
    except (ValueError, IndexError, MessageError) as error:
        raise BadMail("an address of this mail is not valid") from error
    message["From"] = sender
    message["To"] = recipient
    message["Date"] = format_datetime(now.astimezone(TOKYO))
    message["Message-ID"] = one_line("message id", mail.message_id)
    message["Auto-Submitted"] = "auto-generated"
    return message


def _contact(operator: Operator, t: Catalogue) -> Contact | None:
    contact = operator.portal.contact
    if contact is None:
        return None
    return Contact(t(contact.title), contact.phone, "tel:" + contact.phone.replace("-", ""), t(contact.hours))


def _tidy(text: str) -> str:
    lines = "\n".join(line.rstrip() for line in text.strip().splitlines())
    return _BLANK_LINES.sub("\n\n", lines) + "\n"
