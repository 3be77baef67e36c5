"""T3: nothing is remembered, asked, run or opened without its tenant unless it stands here with its reason."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from gatekit import CORE, bare_sql, called, memories, sources, units_of_work

from mypage.jobs.tasks import Job
from mypage.server import metrics
from mypage.server import worker as worker_module

ROOT = Path(__file__).parents[2]

MEMORIES: Mapping[str, str] = {
    # Kept as long as the process, filled by requests or jobs.
    "auth/turns.py:_lines": "key: tenant name and network",
    "db/places.py:_readers": "key: tenant name and account",
    "billing/tenant_gateways.py:_made": "key: tenant name, adapter and its settings",
    "orders/provisioning_adapters.py:_adapters": "key: tenant name, adapter and its settings",
    "slots/reserving.py:_made": "key: tenant name, adapter and its settings",
    "server/app.py:_remembered.known": "key: tenant name; each signing key is derived for it",
    "web/framing.py:Framer._frames": "one per operator; key: theme, prefix, language, route, permissions; no person's data",
    "web/framing.py:Framer._menus": "one per operator; key: prefix, language, route, permissions; no person's data",
    "web/remembering.py:parts": "one per operator and language; key: place in the template and the frame's shape",
    "web/rendering.py:_date": "a day in words, the same for everybody",
    "web/rendering.py:day_text": "a day in words, the same for everybody",
    "web/rendering.py:month_text": "a month in words, the same for everybody",
    "web/rendering.py:_found": "one per operator and language; key: names of templates",
    "db/wire.py:Prepared.names": "one per connection; statements' texts and types, no values",
    "db/session.py:_left_behind": "tasks under way, never looked anything up in",
    "work/due.py:_holiday": "public holidays of Japan, the same for everybody",
    "staff/oidc/provider.py:_known": "key: the issuer's address; its public keys and endpoints, no person's data",
    # Made once, the same for all tenants.
    "auth/blocklist.py:_words": "the list of common passwords",
    "auth/captcha.py:_voices": "spoken digits",
    "db/reads.py:_compiled": "a statement's text without values",
    "db/reads.py:places": "a statement's own constants",
    "db/reads.py:make_row": "a statement's columns",
    "db/reads.py:sql": "a statement's text without values",
    "lib/postal.py:_data": "where the package with the postal codes lies",
    "i18n/catalogue.py:Catalogue.messages": "an operator's texts in one language",
    "i18n/catalogue.py:Catalogue.plurals": "an operator's texts in one language",
    "server/app.py:kernels": "one per operator, made at the start",
    "jobs/worker.py:_workers": "one per lane, made at the start",
    "auth/conditions.py:Held.withheld": "of one session; permissions and sentences of the plugin",
    "web/request.py:SignedIn.withheld": "of one session; permissions and sentences of the plugin",
    "contracts/status.py:Status.details": "of one customer, for one page",
    "auth/pages.py:LoginBlock.parts": "of one page; captions that a plugin declares",
    "hooks/desk.py:DeskPolicy.kinds": "declared by a plugin, frozen",
    "hooks/slot_pages.py:SlotPage.options": "declared by a plugin, frozen",
    "imports/records.py:Slot.options": "of one line of a feed",
    "orders/provisioning.py:Concerns.details": "of one job",
    "slots/drafts.py:SlotDraft.agreed": "of one draft",
    "slots/prices.py:Usage.options": "of one contract, for one answer",
    "hooks/portal.py:Entry.params": "declared by a plugin, frozen",
    "hooks/products.py:Quota.base_by_plan": "declared by a plugin, frozen",
    "hooks/products.py:Product.adds": "declared by a plugin, frozen",
    "hooks/products.py:Sentence.params": "declared by a plugin, frozen",
    "hooks/subaccounts.py:SubAccounts.role_texts": "declared by a plugin, frozen",
    "hooks/provisioning.py:ProvisioningTask.details": "one task of one tenant",
    "forms/base.py:PortalField.attributes": "HTML attributes of a kind of field, never changed",
    # Of one unit of work, one request or one answer: they end with it.
    "db/session.py:_Opening.rows": "one unit of work",
    "db/session.py:_waiting": "one unit of work",
    "db/streaming.py:_blocks": "one answer",
    "jobs/tasks.py:Job.arguments": "one job",
    "staff/acts/acting.py:Look.fields": "one answer",
    "staff/acts/acting.py:Look.values": "one answer",
    "web/formdata.py:_values": "one request",
    "web/replies.py:Go.params": "one answer",
    "web/replies.py:Show.headers": "one answer",
    "web/request.py:Outgoing.cookies": "one answer",
    "web/request.py:Outgoing.flashes": "one answer",
    # Of one run of a command, which is for one tenant.
    "audit/verifying.py:Verified.findings": "one tenant's verification",
    "billing/run_compare.py:Comparison.shown": "one tenant's dry run",
    "billing/run_reckoning.py:_kept": "answers of pure functions, of one tenant's run",
    "billing/run_rows.py:Due.held": "one contract of one tenant's run",
    "billing/run_rows.py:Due.holders": "one contract of one tenant's run",
    "billing/run_rows.py:Due.posted": "one contract of one tenant's run",
    "billing/run_rows.py:Due.sources": "one contract of one tenant's run",
    "imports/cards.py:_Work.added": "one portion of one tenant's file",
    "imports/cards.py:_Work.work": "one chunk of one tenant",
    "imports/cards.py:_Work.cards": "one portion of one tenant's file",
    "imports/cards.py:_Work.waiting": "one portion of one tenant's file",
    "imports/chunk.py:Chunk.hashes": "one portion of one tenant's file",
    "imports/chunk.py:Chunk.problems": "one portion of one tenant's file",
    "imports/cleaning.py:_remembered": "answers of pure functions about a text",
    "imports/reading.py:Batch.items": "one portion of one tenant's file",
    "imports/reading.py:Batch.problems": "one portion of one tenant's file",
    "imports/records.py:Contract.details": "one line of one tenant's file",
    "imports/records.py:Contract.features": "one line of one tenant's file",
    "imports/records.py:Contract.services": "one line of one tenant's file",
    "imports/records.py:Service.progress": "one line of one tenant's file",
    "contracts/service.py:ServiceItem.progress": "one row of one request",
    "imports/report.py:Report.problems": "one tenant's import",
    "imports/resources.py:held": "one portion of one tenant's file",
    "imports/resources.py:owners": "one portion of one tenant's file",
    "imports/resources.py:rows": "one portion of one tenant's file",
    "operators/applying.py:TenantDeclaration.extensions": "one tenant's declaration",
    "operators/applying.py:TenantDeclaration.settings": "one tenant's declaration",
    "operators/applying.py:_Entry.extensions": "one tenant's declaration",
    "operators/applying.py:_Entry.settings": "one tenant's declaration",
    "operators/applying.py:_File.tenant": "one file of declarations",
}
"""Everything that is filled after it was made: what its key is, or why it needs none (security rule 27)."""

BARE_SQL: Mapping[str, str] = {
    "billing/service.py": "an interval of one month inside a mapped select",
    "billing/table.py": "the table of lines, made by the database; its statement names the tenant and is tested for it",
    "db/keys.py": "a column's default",
    "db/reads.py": "compiled mapped selects, heard by the guard of the tests",
    "db/schema.py": "roles, the database and its revision: no tenant rows",
    "db/wire.py": "sends what reads.py and session.py give it",
    "db/session.py": "a unit becomes read-only: names no table",
    "db/staging.py": "COPY out of a query and into a scratch table of one unit",
    "jobs/connector.py": "the queue's own connection",
    "db/streaming.py": "COPY of a compiled select, heard by the guard of the tests",
    "jobs/queue.py": "a function of the queue; the payload names the tenant",
    "jobs/rescue.py": "jobs of dead workers, of all tenants: ids alone",
    "operators/applying.py": "a lock while tenants are applied",
    "server/app.py": "SELECT 1: is the database there",
    "staff/search/service.py": "conditions as the partial indexes have them, inside mapped selects of the tenant",
    "staff/trail/export.py": "the trail as a file, made by the database; its statement names the tenant and is tested for it",
}
"""Modules with statements as text, or past the session (security rule 6)."""

UNIT_TENANTS = {
    "self.tenant.name",
    "rq.tenant.name",
    "tenant.name",
    "job.tenant",
    "self.desk.tenant.name",
    "rq.desk.tenant.name",
}
"""Whose a unit of work may be: the request's tenant, found by host, that of a staff member's seat, or the job's."""
HANDED_ON = {"db/streaming.py", "server/sealing.py", "server/worker.py"}
"""They take the tenant as an argument named `tenant` from those above."""

FORBIDDEN = {
    r"\brequest\.base_url\b|\burl_for\(|\.base_url\b(?=.*request)": "addresses come from the registry (rule 31)",
    r"\bpickle\b|\bmarshal\b|\bshelve\b|yaml\.load\(": "reads code out of data",
    r"(?<![\w.])(?:eval|exec|compile|__import__)\(": "runs data",
    r"shell\s*=\s*True|os\.system\(|os\.popen\(": "hands data to a shell",
    r"\bLiteral\(\s*['\"]literal_column|\bliteral_column\(": "SQL out of text",
    r"ResponseCacheConfig|cache\s*=\s*True|cache_key_builder": "the framework's cache has no tenant in its keys",
    r"\brandom\.(?:random|choice|randint)\(": "guessable",
}
MARKUP = {"web/compiling.py", "web/remembering.py", "web/rendering.py"}
"""The reviewed modules that may call a text HTML: they hold what a template has just escaped."""


def test_whatever_is_remembered_says_what_keeps_tenants_apart() -> None:
    found = {each for name, tree in sources() for each in memories(name, tree)}
    new = [
        f"{each}: say in MEMORIES of {Path(__file__).name} what keeps tenants apart in it"
        for each in found - set(MEMORIES)
    ]
    gone = [f"{each}: is not there any more; remove it from MEMORIES" for each in set(MEMORIES) - found]
    assert sorted(new + gone) == []


def test_statements_as_text_stand_in_reviewed_modules() -> None:
    found = {each for name, tree in sources() for each in bare_sql(name, tree)}
    new = [f"{each}: use mapped statements, or give the reason in BARE_SQL" for each in found - set(BARE_SQL)]
    gone = [f"{each}: has none any more; remove it from BARE_SQL" for each in set(BARE_SQL) - found]
    assert sorted(new + gone) == []


def test_a_unit_of_work_is_of_the_tenant_of_the_request_or_of_the_job() -> None:
    found = [each for name, tree in sources() for each in units_of_work(name, tree)]
    wrong = [
        f"{place}: a unit of {tenant}"
        for place, tenant in found
        if tenant not in UNIT_TENANTS and not (tenant == "tenant" and place.partition(":")[0] in HANDED_ON)
    ]
    assert wrong == []
    assert len(found) >= 6


@pytest.mark.parametrize("pattern", FORBIDDEN, ids=FORBIDDEN.get)
def test_what_is_forbidden_stands_nowhere(pattern: str) -> None:
    found = []
    for name, _ in sources():
        for number, line in enumerate((CORE / name).read_text(encoding="utf-8").splitlines(), 1):
            if re.search(pattern, line.partition("  #")[0]) and "re.compile" not in line and ".compile(" not in line:
                found.append(f"{name}:{number}: {line.strip()}")
    assert found == []


def test_only_reviewed_modules_call_a_text_html() -> None:
    found = {
        name
        for name, tree in sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and called(node) in ("Markup", "mark_safe")
    }
    assert found <= MARKUP


def _tasks() -> tuple[list[str], list[str]]:
    """The tasks of the worker as they are written in its composition root, and its periodic work."""
    for node in ast.walk(ast.parse(inspect.getsource(worker_module))):
        if isinstance(node, ast.Call) and called(node) == "JobRunner":
            tasks, periodic = node.args[1], node.args[2]
            assert isinstance(tasks, ast.Dict) and isinstance(periodic, ast.Dict)
            return [ast.unparse(v) for v in tasks.values], [ast.unparse(v) for v in periodic.values]
    raise AssertionError("there is no JobRunner any more")


def test_every_task_takes_a_job_and_so_a_tenant() -> None:
    from mypage.billing.card_jobs import CardReconciler
    from mypage.billing.review_jobs import CardDiscarder
    from mypage.mail.delivery import Delivery
    from mypage.notices.mailing import NoticeMailer
    from mypage.orders.provisioning_jobs import Provisioner
    from mypage.server.sealing import Sealer
    from mypage.server.worker import Cleaner
    from mypage.slots.release_jobs import NameReleaser

    known = {
        "delivery": Delivery.__call__, "reconciler": CardReconciler.__call__, "cleaner.tenant": Cleaner.tenant,
        "discarder": CardDiscarder.__call__, "provisioner": Provisioner.__call__, "sealer.tenant": Sealer.tenant,
        "mailer": NoticeMailer.__call__, "releaser": NameReleaser.__call__,
    }  # fmt: skip
    tasks, periodic = _tasks()
    assert set(tasks) == set(known), "a new task: add it here; it takes a Job and works in units of job.tenant"
    for name, task in known.items():
        parameters = list(inspect.signature(task, eval_str=True).parameters.values())
        assert [p.annotation for p in parameters[1:]] == [Job], name
    fanning = {"cleaner.fan_out": Cleaner, "sealer.fan_out": Sealer}
    assert len(periodic) == len(fanning), "periodic work only asks for jobs of tenants"
    for (name, kind), line in zip(fanning.items(), periodic, strict=True):
        assert name in line, "periodic work only asks for jobs of tenants"
        methods = ast.walk(ast.parse(inspect.getsource(kind)))
        fan_out = next(node for node in methods if isinstance(node, ast.AsyncFunctionDef) and node.name == "fan_out")
        calls = {called(node) for node in ast.walk(fan_out) if isinstance(node, ast.Call)}
        assert calls <= {"refresh", "uuid4", "_unit", "enqueue"}, "periodic work only asks for jobs of tenants"


def test_every_figure_and_every_log_line_says_its_tenant() -> None:
    for metric in vars(metrics).values():
        names = getattr(metric, "_labelnames", None)
        if names is not None:
            assert names[0] == "tenant", metric
    bound = [
        node
        for _, tree in sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and called(node) == "bound_contextvars"
    ]
    assert len(bound) == 2
    assert all("tenant" in {k.arg for k in node.keywords} for node in bound)


def test_every_operator_has_a_policy_file_that_is_tried() -> None:
    folders = {p.parent.name for p in ROOT.glob("plugins/*/pyproject.toml")}
    assert {p.parent.name for p in ROOT.glob("plugins/*/policy.toml")} == folders
    tried = (ROOT / "tests/security/policykit.py").read_text(encoding="utf-8")
    missing = [name for name in folders if f'"plugins/{name}/policy.toml"' not in tried]
    assert missing == [], "add the operator to FILES in tests/security/policykit.py"


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("@lru_cache\ndef f(x): return x", {"m.py:f"}),
        ("class A:\n    def __init__(self):\n        self._known: dict[str, str] = {}", {"m.py:_known"}),
        ("class A:\n    x: list[int] = field(default_factory=list)", {"m.py:A.x"}),
        ("_KNOWN: dict[str, str] = {}", {"m.py:_KNOWN"}),
        ("def f():\n    known = {}\n    def g(x): return known[x]\n    return g", {"m.py:f.known"}),
        ("def f():\n    seen = {}\n    return seen", set()),
        ("WORDS = {'a': 1}", set()),
    ],
)
def test_the_search_finds_memories(source: str, found: set[str]) -> None:
    assert set(memories("m.py", ast.parse(source))) == found


def test_the_search_finds_bare_sql_and_units() -> None:
    tree = ast.parse("def f(tx, db):\n    tx.execute(text('SELECT 1'))\n    db.database.run(form['tenant'], work)")
    assert list(bare_sql("m.py", tree)) == ["m.py"]
    assert [tenant for _, tenant in units_of_work("m.py", tree)] == ["form['tenant']"]
