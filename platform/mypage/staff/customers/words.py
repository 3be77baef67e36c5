"""What the timeline of a customer says of each action of the trail. Whoever records a new action adds its line.

`text` is a msgid that says what happened; `%(who)s` in it is who did it, and any `%(name)s` a value of the entry's
`after` or `before`. `shown` lists what of `before` and `after` is put below it, and how: all else stays in the trail.
A reason ("reason") needs no line: it is always shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Topic = Literal["application", "bill", "login", "mail", "staff", "other"]
"""What a filter of the timeline finds; entries that staff wrote are found under "staff" besides."""
How = Literal["plain", "mail", "hidden", "product", "role", "yen"]
"""`mail`: an address, masked; `hidden`: personal data, masked by what it looks like; `product`: a code, by its name."""


@dataclass(frozen=True, slots=True)
class Detail:
    """A value of an entry and its label (a msgid)."""

    key: str
    label: str
    how: How = "plain"


@dataclass(frozen=True, slots=True)
class Words:
    """The sentence of an action, the filter that finds it, and which of its values are shown."""

    text: str
    topic: Topic
    shown: tuple[Detail, ...] = ()
    fields: bool = False
    """Whether `before` and `after` hold the operator's profile fields by name: shown with their labels, masked."""


_ENDING = (
    Detail("contract", "Contract"),
    Detail("number", "Receipt number"),
    Detail("wanted_on", "Last day of the contract"),
)
_REQUEST = (Detail("number", "Request number"),)
_LOGIN_ID = Detail("login_id", "Login ID")
_BROWSER = Detail("device", "Browser")
_METHOD = Detail("method", "Second step")
_ORDER = Detail("order", "Order number")
_PRODUCT = Detail("product", "Product", "product")
_FOR = Detail("for", "For")
_MAIL = Detail("email", "Mail address", "mail")
_CARD = (Detail("brand", "Card"), Detail("last4", "Ending in"))
_ROLE = Detail("role", "Role", "role")
_NAMES = (
    Detail("family_name", "Family name", "hidden"),
    Detail("given_name", "Given name", "hidden"),
    Detail("family_kana", "Family name in kana", "hidden"),
    Detail("given_kana", "Given name in kana", "hidden"),
    Detail("user_name", "User name", "hidden"),
)
_FACTOR = (Detail("kind", "Kind"), Detail("name", "Name"))
_ADDRESS = Detail("address", "Mail address", "mail")
_PROBLEM = Detail("problem", "Problem")
_WHY = Detail("reason", "Reason")
_SLOT = (
    Detail("application", "Order number"),
    Detail("address_before", "Address now", "mail"),
    Detail("address", "Address afterwards", "mail"),
    Detail("options_before", "Options now"),
    Detail("options", "Options afterwards"),
)
_PROPOSAL = (Detail("summary", "What"), Detail("proposer", "Proposed by"), Detail("decider", "Decided by"))
_TITLE = Detail("title", "Title")
_WORK = (Detail("reference", "Number"),)

WORDS: Mapping[str, Words] = {
    # Logging in
    "login.succeeded": Words("%(who)s logged in", "login", (_BROWSER, _METHOD)),
    "first_login.confirmed": Words(
        "%(who)s confirmed what the first login shows", "login", (Detail("shown", "What was shown"),)
    ),
    "login.failed": Words("A login failed: the password was wrong, or the login was locked", "login"),
    "login.former": Words("A login with the password from before a change; it was not counted", "login"),
    "login.second_failed": Words("A login failed at its second step", "login", (_METHOD,)),
    "logout": Words("%(who)s logged out", "login"),
    "reauth.succeeded": Words("%(who)s gave the password again", "login", (_METHOD,)),
    "sessions.ended": Words("%(who)s ended sessions in other browsers", "login", (Detail("ended", "Sessions"),)),
    "sessions.ended_by_support": Words("All sessions were ended by the help desk", "login"),
    "factor.added": Words("%(who)s added a second step of the login", "login", _FACTOR),
    "factor.removed": Words("%(who)s removed a second step of the login", "login", _FACTOR),
    "factor.renamed": Words("%(who)s renamed a second step of the login", "login", (Detail("name", "Name"),)),
    "factor.recovery_renewed": Words("%(who)s had new recovery codes made", "login"),
    "factor.removed_by_support": Words("The second step of the login was removed by the help desk", "login"),
    "factor.counter_regressed": Words("A passkey may have been copied: its counter ran backwards", "login"),
    "password.reset_requested": Words("%(who)s asked for a link to set a new password", "login"),
    "login_id.mailed": Words("%(who)s asked for the login ID by mail", "login"),
    "credentials.changed": Words("%(who)s changed login ID or password", "login", (_LOGIN_ID,)),
    "registration.requested": Words("%(who)s registered for the portal", "login", (_LOGIN_ID, _MAIL)),
    "account.activated": Words("%(who)s activated the account", "login", (_LOGIN_ID, _MAIL)),
    "proof.failed": Words("A code on paper was typed wrongly", "login"),
    # The customer's data and accounts
    "profile.changed": Words("%(who)s changed the contact data", "application", fields=True),
    "account.registered": Words("%(who)s registered an account", "application", (_LOGIN_ID, _ROLE)),
    "account.changed": Words("%(who)s changed an account", "application", (_LOGIN_ID, _ROLE, *_NAMES)),
    "account.deleted": Words("%(who)s deleted an account", "application", (_LOGIN_ID,)),
    "mailbox.registered": Words("%(who)s registered a mail address", "application", (_ADDRESS,)),
    "mailbox.changed": Words("%(who)s changed a mail address", "application", (_ADDRESS,)),
    "mailbox.ended": Words("A mail address ended", "application", (Detail("value", "Mail address", "mail"),)),
    "web_space.ended": Words("A web space ended", "application", (Detail("value", "Web address"),)),
    # Options
    "option.bought": Words("%(who)s bought an option", "application", (_PRODUCT, _FOR, _ORDER)),
    "option.ended": Words("%(who)s ended an option", "application", (_PRODUCT, _FOR, _ORDER)),
    "option.voided": Words("The start of an option was declined for good", "application", (_PRODUCT, _FOR, _ORDER)),
    "option.mail_impossible": Words(
        "No mail about an order could be sent: the address cannot be reached", "application"
    ),
    "licence.shown": Words("%(who)s looked at a licence", "application", (_PRODUCT,)),
    "provisioning.done": Words("An option was set up, changed or ended as ordered", "application", (_PRODUCT,)),
    "provisioning.failed": Words("Setting up an option did not work", "application", (_PRODUCT, _PROBLEM)),
    "provisioning.withdrawn": Words("Setting up an option was called off before it began", "application", (_PRODUCT,)),
    # Numbered places, such as mail accounts
    "slot.applied": Words("%(who)s applied for something about an address", "application", _SLOT),
    "slot.terms_agreed": Words(
        "%(who)s agreed to the terms of an option",
        "application",
        (_PRODUCT, Detail("version", "Version of the terms")),
    ),
    "slot.done": Words("What was applied for about an address is done", "application", _SLOT),
    "slot.failed": Words("An application about an address was turned down", "application", (*_SLOT, _WHY)),
    "slot.returned": Words("An application about an address was given back", "application", (*_SLOT, _WHY)),
    "slot.cancelled": Words("%(who)s called an application about an address off", "application", _SLOT),
    "slot.closed": Words("An application about an address was closed", "application", (*_SLOT, _WHY)),
    "slot.address_followed": Words("Mails go to the new address from now on", "application", (_ADDRESS,)),
    "slot.mail_impossible": Words(
        "No mail about an application could be sent: the address cannot be reached", "application"
    ),
    # Forms that staff work on
    "request.filed": Words("%(who)s sent a form", "application", _REQUEST),
    "request.done": Words("What a form asked for is done", "application", _REQUEST),
    "request.returned": Words("A form was returned to the customer", "application", _REQUEST),
    "request.withdrawn": Words("%(who)s took a form back", "application", _REQUEST),
    "request.file_read": Words("%(who)s opened a file of a form", "staff", (*_REQUEST, Detail("file", "File"))),
    "request.exported": Words("%(who)s downloaded what forms asked for", "staff", (Detail("rows", "Rows"),)),
    "request.mail_impossible": Words(
        "No mail about a form could be sent: the address cannot be reached", "application"
    ),
    # Bills and cards
    "card.consented": Words("%(who)s agreed to pay by card", "bill"),
    "card.changed": Words("The card was changed", "bill", _CARD),
    "card.mail_impossible": Words("No mail about the card could be sent: the address cannot be reached", "bill"),
    "card.review_opened": Words("%(who)s entered a card whose name has to be checked", "bill", _CARD),
    "card.review_replaced": Words("A card that waited for a check was replaced by a newer one", "bill"),
    "card.review_accepted": Words("A card was accepted after its name was checked", "bill", (Detail("by", "By"),)),
    "card.review_rejected": Words("A card was rejected after its name was checked", "bill", (Detail("by", "By"),)),
    "billing.run_started": Words("A billing run began", "bill", (Detail("month", "Month"),)),
    "billing.run_finished": Words("A billing run ended", "bill"),
    "billing.issued": Words("Bills were issued", "bill"),
    # Work that waits for staff
    "work.opened": Words("Work came for staff", "staff", _WORK),
    "work.taken": Words("%(who)s took work", "staff", _WORK),
    "work.released": Words("%(who)s gave work back", "staff", _WORK),
    "work.handed_over": Words("%(who)s handed work over", "staff", _WORK),
    "work.asked": Words("%(who)s asked the customer something", "staff", _WORK),
    "work.answered": Words("%(who)s wrote down what the customer answered", "staff", _WORK),
    "work.noted": Words("%(who)s wrote a note about work", "staff", _WORK),
    "work.done": Words("Work was completed", "staff", _WORK),
    "work.rejected": Words("Work was turned down", "staff", _WORK),
    "work.withdrawn": Words("Work was settled without staff", "staff", _WORK),
    "work.exported": Words("%(who)s took a list of work as a file", "staff", (Detail("rows", "Lines"),)),
    "work.mail_impossible": Words("No mail about work could be sent: the address cannot be reached", "mail"),
    "order.taken_up": Words("%(who)s had an order carried out again", "application", (_ORDER, _PRODUCT)),
    # What staff do for a customer
    "login.unlocked": Words("%(who)s unlocked a login", "login", (_LOGIN_ID,)),
    "password.reset_by_support": Words("%(who)s sent a link for a new password", "login", (_LOGIN_ID, _MAIL)),
    "registration.mailed_again": Words("%(who)s sent the link of a registration again", "login", (_LOGIN_ID, _MAIL)),
    "login_id.mailed_by_support": Words("%(who)s sent the login ID by mail", "login", (_MAIL,)),
    "profile.corrected": Words("%(who)s corrected the contact data", "application", fields=True),
    "paper.noted": Words(
        "%(who)s noted that an application on paper runs",
        "application",
        (Detail("kind", "Kind"), Detail("since", "Running since"), Detail("note", "Note")),
    ),
    "paper.settled": Words(
        "%(who)s noted that an application on paper is settled",
        "application",
        (Detail("kind", "Kind"), Detail("outcome", "Outcome")),
    ),
    "mail.sent_again": Words("%(who)s sent a mail again", "mail", (Detail("template", "Mail"), _MAIL)),
    "secret.shown": Words(
        "%(who)s was shown data of a line", "staff", (Detail("label", "What"), Detail("contract", "Contract"))
    ),
    # Seeing the portal as the customer does
    "view.granted": Words("%(who)s asked to see the pages as the customer does", "staff"),
    "view.began": Words("%(who)s began to look", "staff"),
    "view.page": Words("%(who)s opened a page", "staff", (Detail("path", "Page"),)),
    "view.ended": Words("A look at the customer's pages ended", "staff"),
    # The trail itself
    "trail.verified": Words("The trail was verified", "other", (Detail("wrong", "Wrong places"),)),
    "trail.late_sealed": Words("Entries that came late were sealed", "other", (Detail("entries", "Entries"),)),
    "trail.exported": Words(
        "%(who)s took the trail as a file", "staff", (Detail("since", "From"), Detail("until", "To"))
    ),
    # What needs a second person
    "approval.proposed": Words("%(who)s proposed what a second person has to confirm", "staff", _PROPOSAL),
    "approval.confirmed": Words("%(who)s confirmed a proposal", "staff", _PROPOSAL),
    "approval.refused": Words("%(who)s refused a proposal", "staff", _PROPOSAL),
    "approval.withdrawn": Words("%(who)s withdrew a proposal", "staff", _PROPOSAL),
    "approval.expired": Words("A proposal expired: nobody confirmed it in time", "staff", _PROPOSAL),
    "termination.accepted": Words("%(who)s asked for the end of the contract: it was accepted", "application", _ENDING),
    "termination.arranged": Words("The end of the contract is arranged", "application", _ENDING),
    "termination.done": Words("The contract that its holder ended is over", "application", _ENDING),
    "termination.mail_impossible": Words("The mail about the end of the contract cannot reach its address", "mail"),
    "contract.ending_set": Words(
        "The last day of a contract was set",
        "application",
        (Detail("contract", "Contract"), Detail("last_day", "Last day of the contract")),
    ),
    "contract.terminated": Words(
        "A contract ended with everything on it",
        "application",
        (
            Detail("contract", "Contract"),
            Detail("last_day", "Last day of the contract"),
            Detail("addresses", "Addresses that end"),
        ),
    ),
    "posting.added": Words(
        "An amount was put on a bill by hand",
        "bill",
        (Detail("text", "What"), Detail("amount", "Amount", "yen")),
    ),
    # Notices, and who works here
    "notice.written": Words("%(who)s wrote a notice", "staff", (_TITLE,)),
    "notice.changed": Words("%(who)s changed a notice", "staff", (_TITLE,)),
    "notice.published": Words("%(who)s published a notice", "staff", (_TITLE,)),
    "notice.withdrawn": Words("%(who)s withdrew a notice", "staff", (_TITLE,)),
    "notice.mailing_started": Words("Mails about a notice began to go out", "staff", (_TITLE,)),
    "notice.mailing_finished": Words("All mails about a notice went out", "staff", (_TITLE,)),
    "staff.invited": Words("%(who)s invited somebody to the console", "staff", (_MAIL,)),
    "staff.joined": Words("Somebody who was invited joined the console", "staff", (Detail("name", "Name"),)),
    "staff.identity_bound": Words("An account of the console was bound to the company's sign-in", "staff"),
    "staff.role_granted": Words("%(who)s granted a role", "staff", (Detail("role", "Role"),)),
    "staff.role_withdrawn": Words("%(who)s withdrew a role", "staff", (Detail("role", "Role"),)),
    # The system and the desk
    "mail.failed": Words("A mail could not be delivered", "mail", (Detail("tries", "Tries"),)),
    "import.loaded": Words("A feed was loaded", "other"),
    "keys.rewrapped": Words("Keys were wrapped anew", "other"),
    "desk.searched": Words("%(who)s looked for a customer", "staff", (Detail("hits", "Customers"),)),
    "desk.search_refused": Words("%(who)s was stopped: very many searches in an hour", "staff"),
    "desk.customer_seen": Words("%(who)s looked at this page", "staff"),
    "desk.seat_taken": Words("%(who)s chose a portal to work for", "staff"),
    "desk.began": Words("%(who)s began to work for this portal", "staff"),
}
"""Action → words. An action of the code that is missing here fails a test, and is shown by its bare name."""
