"""The guards that are taken away one by one (T2). Each `old` stands exactly once in its target, or the test says so."""

from __future__ import annotations

from mutantkit import Mutant

_BOUND = '== bindparam("tenant")'


def _filter(target: str, old: str, call: str, new: str = "") -> Mutant:
    """A statement that forgets its tenant. `old` is the comparison as it stands in the source."""
    module, _, name = target.partition(":")
    return Mutant(
        f"{module}.{name} without {old.split(maxsplit=1)[0].strip('(')}", "tenant", target, old, new, f"call {call}"
    )


FILTERS: tuple[Mutant, ...] = (
    _filter("auth.sessions:_FIND", f"LoginSession.tenant_id {_BOUND}, ", "find_session of the twin"),
    _filter("auth.sessions:_FIND", f"(Account.tenant_id {_BOUND}) & ", "find_session"),
    _filter("auth.sessions:_FIND", f"(Customer.tenant_id {_BOUND}) & ", "find_session"),
    _filter("auth.sessions:_FIND", f"(Credential.tenant_id {_BOUND})\n        & ", "find_session"),
    _filter("auth.sessions:_TOUCH", f"LoginSession.tenant_id {_BOUND}, ", "find_session late"),
    _filter("auth.sessions:end_session", "LoginSession.tenant_id == tx.tenant, ", "end_session"),
    _filter("auth.sessions:end_other_sessions", "LoginSession.tenant_id == tx.tenant, ", "end_other_sessions"),
    _filter("auth.sessions:rotate_session", "LoginSession.tenant_id == tx.tenant, ", "rotate_session"),
    _filter("auth.sessions:end_session_of", "LoginSession.tenant_id == tx.tenant,\n", "end_session_of", "\n"),
    _filter("auth.sessions:list_sessions", "LoginSession.tenant_id == tx.tenant,\n", "list_sessions", "\n"),
    _filter("auth.login:_FIND", f"Credential.tenant_id {_BOUND},\n", "begin", "\n"),
    _filter("auth.login:_FIND", f"(Account.tenant_id {_BOUND}) & ", "begin"),
    _filter("auth.login:credential_of", "Credential.tenant_id == tx.tenant, ", "credential_of"),
    _filter("auth.links:use_link", "MailLink.tenant_id == tx.tenant,\n", "use_link", "\n"),
    _filter("auth.links:_find", "MailLink.tenant_id == tx.tenant, ", "peek_link"),
    _filter("auth.links:end_links", "MailLink.tenant_id == tx.tenant,\n", "end_links", "\n"),
    _filter("auth.names:is_free", "LoginName.tenant_id == tx.tenant, ", "is_free"),
    _filter("auth.names:retire", "LoginName.tenant_id == tx.tenant, ", "retire"),
    _filter("auth.activation:_registration", "Registration.tenant_id == tx.tenant, ", "waiting_registration"),
    _filter("auth.credentials:lock_credential", "Credential.tenant_id == tx.tenant, ", "lock_credential"),
    _filter("auth.credentials:lock_credential", "(Account.tenant_id == tx.tenant) & ", "lock_credential"),
    _filter("auth.credentials:earlier", "PasswordHistory.tenant_id == tx.tenant, ", "earlier"),
    _filter("auth.recovery:_target", "(Customer.tenant_id == tx.tenant) & ", "reset_target"),
    _filter("auth.throttle:_of_key", 'LoginCounter.tenant_id == bindparam("t"),\n', "forgive", "\n"),
    _filter("auth.cleanup:_portion", "delete(model).where(model.tenant_id == tx.tenant, ", "cleanup", "delete(model).where("),
    _filter("billing.service:_OWN", f"Invoice.tenant_id {_BOUND},\n", "list_bills", "\n"),
    _filter("billing.service:_LINES", f"InvoiceLine.tenant_id {_BOUND}, ", "find_bill"),
    _filter("billing.service:_TAXES", f"InvoiceTax.tenant_id {_BOUND}, ", "find_bill"),
    _filter("billing.service:_KIND", f"Customer.tenant_id {_BOUND}, ", "is_company"),
    _filter("billing.cards:_CARD", f"PaymentMethod.tenant_id {_BOUND},\n", "current_card", "\n"),
    _filter("billing.card_entry:_BY_ID", f"CardSetup.tenant_id {_BOUND}, ", "find_entry"),
    _filter("billing.card_entry:_RETURNED", f"CardSetup.tenant_id {_BOUND},\n", "find_returned", "\n"),
    _filter("billing.card_entry:_OPEN", f"CardSetup.tenant_id {_BOUND},\n", "entry_to_go_on_with", "\n"),
    _filter("billing.card:_change", "CardSetup.tenant_id == tx.tenant, ", "note_unknown"),
    _filter("contracts.service:_CONTRACTS", f"Contract.tenant_id {_BOUND}, ", "list_contracts"),
    _filter("contracts.service:_OWN_SERVICE", "(Service.tenant_id == Contract.tenant_id) & ", "list_contracts"),
    _filter("contracts.service:_SUMMARY", f"Contract.tenant_id {_BOUND},\n", "services_in_use", "\n"),
    _filter("notices.service:_visible", f"Notice.tenant_id {_BOUND},\n", "list_notices", "\n"),
    _filter("notices.service:_READ", "(NoticeRead.tenant_id == Notice.tenant_id)\n    & ", "find_notice"),
    _filter("forms.drafts:load_draft", "Draft.tenant_id == tx.tenant,\n", "load_draft", "\n"),
    _filter("forms.drafts:drop_draft", "Draft.tenant_id == tx.tenant, ", "drop_draft"),
    _filter("forms.drafts:drop_all", "model.tenant_id == tx.tenant, ", "drop_all"),
    _filter("forms.wizard:recall", "Operation.tenant_id == tx.tenant,\n", "recall", "\n"),
    _filter("db.keys:_NEWEST", f"TenantKey.tenant_id {_BOUND}", "seal", "TenantKey.key_id == TenantKey.key_id"),
    _filter("mail.service:_LOCKED", f"MailMessage.tenant_id {_BOUND}, ", "mark_failed"),
    _filter("mail.service:mark_sent", "MailMessage.tenant_id == tx.tenant, ", "mark_sent"),
    _filter("mail.service:forget_old", "delete(MailMessage).where(MailMessage.tenant_id == tx.tenant, ", "forget_old",
            "delete(MailMessage).where("),
)  # fmt: skip
"""First wall: statements that name their tenant."""
