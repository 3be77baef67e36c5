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
    _filter("contracts.service:_PAGE", f"Contract.tenant_id {_BOUND}, ", "list_contracts"),
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


def _wall(name: str, target: str, old: str, new: str, probe: str) -> Mutant:
    return Mutant(name, "tenant", target, old, new, probe)


def _guard(name: str, target: str, old: str, new: str, probe: str) -> Mutant:
    return Mutant(name, "other", target, old, new, probe)


_POLICY = "(tenant_id = NULLIF(current_setting('app.tenant_id', true), ''))"
_ENTER = (
    "CREATE OR REPLACE FUNCTION enter_tenant(t text) RETURNS void LANGUAGE plpgsql AS "
    "$$ BEGIN EXECUTE format('SET {}app.tenant_id = %L', t); END $$"
)
WALLS: tuple[Mutant, ...] = (
    _wall("rows of every tenant are shown", "sql", f"ALTER POLICY tenant_only ON invoice USING {_POLICY}",
          "ALTER POLICY tenant_only ON invoice USING (true)", "row security"),
    _wall("rows may be written for another tenant", "sql",
          f"ALTER POLICY tenant_only ON customer WITH CHECK {_POLICY}",
          "ALTER POLICY tenant_only ON customer WITH CHECK (true)", "row security"),
    _wall("row security is not enabled", "sql", "ALTER TABLE notice ENABLE ROW LEVEL SECURITY",
          "ALTER TABLE notice DISABLE ROW LEVEL SECURITY", "row security"),
    _wall("the owner is exempt from row security", "sql", "ALTER TABLE contract FORCE ROW LEVEL SECURITY",
          "ALTER TABLE contract NO FORCE ROW LEVEL SECURITY", "catalogue"),
    _wall("a second policy opens a table", "sql", "DROP POLICY extra ON account",
          "CREATE POLICY extra ON account USING (true)", "row security"),
    _wall("a tenant stays entered on its connection", "sql", _ENTER.format("LOCAL "), _ENTER.format(""), "pool"),
    _wall("a transaction without a tenant begins", "db.session:_on_begin",
          'raise MissingTenant("a transaction was begun outside of a unit of work; use Database.run or platform_unit")',
          "tenant = NO_TENANT", "no tenant"),
    _wall("any text is a tenant's name", "db.session:_checked", "not TENANT.fullmatch(tenant)", "False", "no tenant"),
    _wall("a job without a tenant runs", "jobs.tasks:read_job",
          "not isinstance(tenant, str) or not TENANT.fullmatch(tenant)", "False", "job"),
    _wall("a job may name another tenant", "jobs.queue:enqueue", '**arguments, "tenant": tx.tenant,',
          '"tenant": tx.tenant, **arguments,', "job"),
    _wall("one signing key for all", "lib.crypto:derive", "tenant)", '"")', "keys"),
    _wall("a data key opens in any tenant", "lib.crypto:_wrapping", "tenant, key_id", "key_id", "keys"),
    _wall("one cookie name for all", "web.cookies:CookieJar.name", "{self.tenant}-", "", "keys"),
    _wall("one payment company's door for all", "billing.tenant_gateways:Gateways.of", "key = (tenant.name, name,",
          'key = ("", name,', "gateways"),
    _wall("a menu is kept without its portal", "web.framing:Framer.menu", "rq.prefix, ", "", "menus"),
    _wall("a frame is kept without its portal", "web.framing:Framer._shape", "rq.prefix,\n", "\n", "menus"),
    _wall("the first portal of a host answers for all", "operators.tenants:Registry.resolve",
          'for prefix in (segment, ""):', "for prefix in prefixes:", "hosts"),
    _wall("an unknown host is the first one", "operators.tenants:Registry.resolve", "self._hosts.get(host)",
          "self._hosts.get(host) or {p: t for each in self._hosts.values() for p, t in each.items()}", "hosts"),
)  # fmt: skip
"""The walls beside the filters: row security, names and keys of tenants, hosts."""

OTHERS: tuple[Mutant, ...] = (
    _guard("a permission is not asked for", "web.kernel:Kernel._guard", "raise NotAllowed", "pass", "roles"),
    _guard("nobody need sign in", "web.kernel:Kernel._guard", "raise SignInNeeded", "return", "unsigned"),
    _guard("every role holds every permission", "hooks.permissions:PermissionMatrix.of",
           "self.roles.get(role, frozenset())", "self.known()", "roles"),
    _guard("an account holds what it is asked for", "hooks.context:Principal.may", "permission in self.permissions",
           "True", "roles"),
    _guard("a menu is kept without its permissions", "web.framing:Framer.menu", "permissions)\n    if", "())\n    if", "menus"),
    _guard("a frame is kept without its permissions", "web.framing:Framer._shape",
           "signed_in.principal.permissions if signed_in else None", "None", "menus"),
    _guard("gates let pass", "web.kernel:Kernel._guard", "raise GateStands(gate.route)", "pass", "gate"),
    _guard("no gate stands", "auth.sessions:_standing_gate", "if conditions[gate.condition]", "if False", "gate"),
    _guard("the password is not asked for again", "web.kernel:Kernel._guard", "raise ReauthNeeded", "pass", "reauth"),
    _guard("a password given once is fresh for ever", "auth.sessions:find_session",
           "now - row.reauth_at < operator.sessions.reauth", "True", "reauth"),
    _guard("a form needs no token", "web.kernel:Kernel._find_session", "raise StaleForm", "pass", "forms"),
    _guard("any token holds", "web.csrf:token_holds", 'verify(key, token, "csrf", tenant, browser)', "True", "forms"),
    _guard("any signature holds", "lib.tokens:verify", "same(signature, sign(key, *parts))", "True", "forms"),
    _guard("a form may come from any origin", "web.csrf:same_origin",
           'origin.lower() == f"{scheme}://{host.lower()}"', "True", "forms"),
    _guard("a form may come from a sibling site", "web.csrf:same_origin", '("same-origin", "none")',
           '("same-origin", "none", "same-site", "cross-site")', "forms"),
    _guard("bills of any customer", "billing.service:_OWN", 'Invoice.customer_id == bindparam("customer"),\n', "\n", "owner"),
    _guard("contracts of any customer", "contracts.service:_PAGE", ', Contract.customer_id == bindparam("customer")',
           "", "owner"),
    _guard("services of any customer", "contracts.service:_SUMMARY", 'Contract.customer_id == bindparam("customer"),\n',
           "\n", "owner"),
    _guard("notices of any customer", "notices.service:_visible", 'Notice.customer_id == bindparam("customer")',
           "Notice.customer_id.is_not(None)", "owner"),
    _guard("cards of any customer", "billing.cards:_CARD", 'PaymentMethod.customer_id == bindparam("customer"),\n',
           "\n", "owner"),
    _guard("card entries of any customer", "billing.card_entry:_OWN",
           '.where(CardSetup.customer_id == bindparam("customer"))', "", "owner"),
    _guard("returns of any customer", "billing.card_entry:_RETURNED", 'CardSetup.customer_id == bindparam("customer"),\n',
           "\n", "owner"),
    _guard("sessions of any account end", "auth.sessions:end_session_of", "LoginSession.account_id == account_id,\n",
           "\n", "owner"),
    _guard("sessions of any account are listed", "auth.sessions:list_sessions",
           "LoginSession.account_id == principal.account_id,\n", "\n", "owner"),
    _guard("drafts of any browser", "forms.drafts:load_draft", "Draft.owner == owner,\n", "\n", "owner"),
    _guard("results of any browser", "forms.wizard:recall", "Operation.owner == owner,\n", "\n", "owner"),
    _guard("results of any wizard", "forms.wizard:recall", "Operation.wizard == wizard,\n", "\n", "owner"),
    _guard("an operation happens twice", "forms.wizard:once", "if _claim(tx, operation_id, owner, wizard):",
           "if _claim(tx, operation_id, owner, wizard) or True:", "once"),
    _guard("a link serves any purpose", "auth.links:_find", ", MailLink.purpose == purpose", "", "links"),
    _guard("a link is used for any purpose", "auth.links:use_link", "MailLink.purpose == purpose,\n", "\n", "links"),
    _guard("a link is used twice", "auth.links:use_link", "MailLink.used_at.is_(None),\n", "\n", "links"),
    _guard("a link lives for ever", "auth.links:use_link", "MailLink.expires_at > tx.now(),\n", "\n", "links"),
    _guard("a used link shows its form", "auth.links:peek_link", "link.used_at is None and ", "", "links"),
    _guard("an old link shows its form", "auth.links:peek_link", "tx.now() < link.expires_at", "True", "links"),
    _guard("a session never ends", "auth.sessions:find_session", "now >= row.expires_at", "False", "sessions"),
    _guard("an idle session stays", "auth.sessions:find_session", "now - row.seen_at >= operator.sessions.idle", "False",
           "sessions"),
    _guard("a closed account stays signed in", "auth.sessions:find_session", 'row.status != "active"', "False",
           "sessions"),
    _guard("logging out ends nothing", "auth.sessions:end_session", "tx.execute(\n", "(\n", "sessions"),
    _guard("a key never waits", "auth.throttle:_count_statement",
           "where=or_(known.blocked_until.is_(None), known.blocked_until <= _NOW),", "", "throttle"),
    _guard("an attempt that waits is admitted", "auth.throttle:admit", "return False", "continue", "throttle"),
    _guard("attempts are not counted", "auth.login:begin", "admitted = admit(tx, policy, target, at=now)",
           "admitted = True", "throttle"),
    _guard("who waits is compared all the same", "auth.login:Attempt.encoded", "self.admitted and ", "", "throttle"),
    _guard("a wrong password signs in", "auth.login:settle", "if matched and ", "if ", "login"),
    _guard("a changed password still signs in", "auth.login:_unchanged", "row.password_hash == found.password_hash",
           "True", "login"),
    _guard("a closed account signs in", "auth.login:_unchanged", 'row.status != "active"', "False", "login"),
    _guard("the present password need not be right", "auth.routes_credentials:_is_owner",
           "matched and _own(rq, attempt)", "True", "present password"),
    _guard("a login ID is taken from its owner", "auth.names:_insert", ", where=free", "", "login IDs"),
    _guard("no code proves anybody", "auth.proof:proof_matches", "found and stored is not None", "stored is not None", "proof"),
    _guard("without a code everybody is proven", "auth.proof:proof_matches", "found and stored is not None",
           "found or stored is None", "proof"),
    _guard("a picture's answer is anybody's", "auth.captcha:_open",
           " or not hmac.compare_digest(raw[_HEAD.size :], _mac(key, head))", "", "captcha"),
    _guard("a way back may lead to another host", "web.urls:safe_path", 'value.startswith("//") or ', "", "paths"),
    _guard("a way back may leave the portal", "web.urls:safe_path",
           'not prefix or value == prefix or value.startswith((prefix + "/", prefix + "?"))', "True", "paths"),
    _guard("a way back may climb", "web.urls:safe_path", "return None\n    inside", "pass\n    inside", "paths"),
    _guard("a way back may hold a backslash", "web.urls:safe_path", " or _UNSAFE.search(value)", "", "paths"),
    _guard("cells may be formulas", "lib.tabular:guarded", "if text[:1] in FORMULA_STARTS", "if False", "formulas"),
    _guard("pages do not escape", "web.rendering:_PortalEnvironment.__init__", "autoescape=True", "autoescape=False",
           "escaping"),
    _guard("the trail holds secrets", "audit.trail:masked", "any(word in key for word in SECRET_WORDS)", "False", "trail"),
    _guard("the trail may be wiped", "sql", "REVOKE DELETE ON audit_entry FROM mypage_app",
           "GRANT DELETE ON audit_entry TO mypage_app", "trail"),
    _guard("anybody forwards an address", "server.dispatch:Dispatcher._network", "forwarded and self._is_trusted(peer)",
           "forwarded", "network"),
    _guard("mail text may hold line breaks", "mail.values:one_line", "clean_text(text)", "text", "mail"),
    _guard("a mail may go to two addresses", "mail.service:checked_address", 'or " " in one.addr_spec', "or False", "mail"),
)  # fmt: skip
"""Guards between customers, roles, attackers and data."""

MUTANTS = (*FILTERS, *WALLS, *OTHERS)
