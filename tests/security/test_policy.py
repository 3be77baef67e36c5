"""The policy files: they say what the code does, and every cell of them is a request (T3, ASVS 8.1.1, 8.1.2, 8.2.1)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import policykit
import pytest
from attackkit import Oracle, columns_changed, run_all
from attackkit import differences as rows_changed
from policykit import ANONYMOUS, FILES, FORM, OTHER, Cast, Cell, cells_of, plant_fields, policy_of, signed_in

from mypage.db.schema import metadata
from mypage.hooks.permissions import BILL_READ
from mypage.operators.operator import Operator
from mypage.server.routes import all_routes
from mypage.testing.policy import EVERYBODY, check_policy, differences, line_of, read_policy
from mypage.testing.portal import Portal
from portal_rows import add_account, operator_of

OPERATORS = tuple(FILES)
each_operator = pytest.mark.parametrize("operator", OPERATORS)

UNPLANTED = {
    "kind", "role", "status", "state", "language", "scheme", "purpose", "currency", "tax_mode", "gateway", "brand",
    "importance", "tenant_id", "registration_number", "key", "key_id", "number_key", "login_key", "kana_key",
    "permission", "audience", "find_name", "find_rest", "find_kana", "find_kana_rest", "find_phone", "find_mail",
    "find_given", "find_given_kana", "progress",
}  # fmt: skip
"""Columns that hold words of ours, or the look-up form of a column beside them; steps of an application have a form."""
ABOUT_CUSTOMERS = (
    "account", "contract", "credential", "customer", "invoice", "invoice_line", "invoice_tax", "notice",
    "payment_method", "service",
)  # fmt: skip
"""Tables whose fields people see or change; the others are the portal's own book-keeping."""
FIELDS = [
    (table, column.name, str(column.type))
    for table in ABOUT_CUSTOMERS
    for column in metadata().tables[table].columns
    if str(column.type) in ("TEXT", "JSONB") and column.name not in UNPLANTED
]


@pytest.fixture
def cast(place: Callable[..., Portal]) -> Callable[[str], Cast]:
    return lambda operator: Cast(place(operator), policy_of(operator).roles)


@each_operator
def test_the_file_says_what_the_code_does(operator: str, place: Callable[..., Portal]) -> None:
    path = FILES[operator]
    found = differences(read_policy(path), operator_of(place(operator)))
    assert not found, "\n".join(f"{path.relative_to(policykit.ROOT)}: {each}" for each in found)


@each_operator
def test_every_cell_is_answered_as_the_file_says(
    operator: str, cast: Callable[[str], Cast], figure: Callable[[str], None]
) -> None:
    cells = cells_of(policy_of(operator))
    there = cast(operator)
    answers = there.answers(cells)
    wrong = [policykit.wrong_answer(there.portal, c, seen) for c, seen in zip(cells, answers, strict=True)]
    allowed = sum(cell.allowed for cell in cells)
    figure(f"T3 policy of {operator}: {len(cells)} cells, {allowed} allowed, {len(cells) - allowed} forbidden")
    assert [line for line in wrong if line] == []
    assert {c.role for c in cells} == {ANONYMOUS, OTHER, *operator_of(there.portal).permissions.roles}
    assert min(allowed, len(cells) - allowed) > 40


@each_operator
def test_what_needs_the_password_again_asks_for_it(operator: str, cast: Callable[[str], Cast]) -> None:
    there = cast(operator)
    role = there.roles[0]
    cells = [c for c in cells_of(policy_of(operator)) if c.role == role and c.line["who"] != EVERYBODY and c.allowed]
    clock, sessions = there.portal.clock, operator_of(there.portal).sessions
    browsers = [there.browser(role, own_account=True) for _ in cells]
    try:
        clock.at += sessions.reauth + timedelta(seconds=1)
        assert sessions.reauth < sessions.idle
        answers = run_all(
            there.portal,
            [
                lambda c=c, b=b: b.send(c.method, there.path(c.path), form=FORM if c.method == "POST" else None)
                for c, b in zip(cells, browsers, strict=True)
            ],
        )
    finally:
        clock.at -= sessions.reauth + timedelta(seconds=1)
    asked = {
        str(c) for c, seen in zip(cells, answers, strict=True) if policykit.verdict(there.portal, seen) == "reauth"
    }
    assert asked == {str(c) for c in cells if c.line.get("again")}
    assert asked


@each_operator
def test_a_gate_stops_what_the_file_does_not_leave_open(operator: str, cast: Callable[[str], Cast]) -> None:
    there = cast(operator)
    role = there.roles[0]
    gates = operator_of(there.portal).gates
    gate = next(each for each in gates if each.condition in ("initial-password", "unconfirmed"))
    cells = [c for c in cells_of(policy_of(operator)) if c.role == role and c.line["who"] != EVERYBODY and c.allowed]
    browsers = []
    for _ in cells:
        person = add_account(there.portal, there.holder, role)
        stand = policykit.must_change if gate.condition == "initial-password" else policykit.must_confirm
        stand(there.portal, person)
        browsers.append(signed_in(there.portal, person))
    answers = run_all(
        there.portal,
        [
            lambda c=c, b=b: b.send(c.method, there.path(c.path), form=FORM if c.method == "POST" else None)
            for c, b in zip(cells, browsers, strict=True)
        ],
    )
    door = f"/{gate.route}"
    passed = {str(c) for c, s in zip(cells, answers, strict=True) if (s.status, s.header("location")) != (303, door)}
    never = not gate.alone
    open_ones = {
        str(c)
        for c in cells
        if (never and c.line.get("gated") is False) or c.line["name"] in gate.allowed | {gate.route}
    }
    # The last page of the wizard leads back to its first one when nothing was changed.
    assert passed <= open_ones
    assert {each for each in open_ones if "done" not in each and "confirm" not in each} <= passed
    assert len(cells) - len(open_ones) > 15


@each_operator
def test_each_role_sees_the_fields_of_the_file_and_no_others(
    operator: str, cast: Callable[[str], Cast], figure: Callable[[str], None], oracle: Oracle
) -> None:
    there, policy = cast(operator), policy_of(operator)
    policykit.give_password(there)
    home = operator_of(there.portal).status_home
    labels = [row.detail for row in home.rows if row.detail] if home else []
    planted = plant_fields(oracle, there.portal.name, FIELDS, labels=labels)
    pages = {
        role: [c for c in cells_of(policy) if c.role == role and c.method == "GET" and c.allowed]
        for role in (*there.roles, OTHER)
    }
    seen: dict[str, set[str]] = {f"{table}.{column}": set() for table, column, _ in FIELDS}
    for role, cells in pages.items():
        for answer in there.answers(cells) + there.answers(cells, language="en"):
            for text in set(policykit.PLANTED.findall(answer.everything)) & planted.keys():
                seen[planted[text]].add(role)
    wrong = []
    for field, roles in seen.items():
        told = policy.fields.get(field, {"see": [], "write": []})
        if roles != set(told["see"]):
            wrong.append("put into [fields]: " + line_of(field, {"see": sorted(roles), "write": told["write"]}))
    shown = sum(map(bool, seen.values()))
    figure(f"T3 fields of {operator}: {len(FIELDS)} texts planted, {shown} shown to some role")
    assert not wrong, "\n".join(f"{FILES[operator].relative_to(policykit.ROOT)}: {line}" for line in wrong)
    assert shown > 6


@each_operator
def test_no_form_changes_a_field_that_the_file_does_not_name(
    operator: str, cast: Callable[[str], Cast], figure: Callable[[str], None], oracle: Oracle
) -> None:
    """Every form is sent with every column of every table beside its own fields (mass assignment, ASVS 8.2.3)."""
    there, policy = cast(operator), policy_of(operator)
    tables = [metadata().tables[name] for name in ABOUT_CUSTOMERS]
    extra = {c.name: "zq0123456789z" for table in tables for c in table.columns} | {
        "role": there.roles[0], "customer_id": str(there.holder.customer_id), "status": "active",
        "account_id": str(there.holder.account_id), "tenant_id": there.portal.name, "tenant": there.portal.name,
    }  # fmt: skip
    cells = [c for c in cells_of(policy) if c.method == "POST"]
    browsers = [there.browser(c.role, own_account=True) for c in cells]
    policykit.give_password(there, must_change=True)
    asked = policykit.before_first_login(there)
    before = oracle.rows(there.portal.name)
    run_all(
        there.portal,
        [
            lambda c=c, b=b: b.send("POST", there.path(c.path), form=extra | FORM)
            for c, b in zip(cells, browsers, strict=True)
        ],
    )
    policykit.change_credentials(there)
    policykit.change_profile(there)
    if asked:
        policykit.confirm_first_login(there)
    changed = {
        f"{table}.{column}"
        for (table, _), (old, new) in rows_changed(before, oracle.rows(there.portal.name)).items()
        if table in ABOUT_CUSTOMERS and old is not None
        for column in columns_changed(old, new)
        if not column.startswith("find_")
    }
    writable = {field for field, line in policy.fields.items() if line["write"]}
    figure(f"T3 fields of {operator}: {len(cells)} forms with {len(extra)} foreign fields each, none of these written")
    assert changed <= writable, f"add to [fields] or mend: {sorted(changed - writable)}"
    # The card is changed at the payment company, which tests/payment plays.
    assert {field for field in writable if not field.startswith("payment_method.")} <= changed


@each_operator
def test_the_file_names_fields_that_are_there(operator: str) -> None:
    policy = policy_of(operator)
    columns = {f"{t.name}.{c.name}" for t in metadata().tables.values() for c in t.columns}
    for field, line in policy.fields.items():
        assert field in columns, f"{operator}: [fields] names {field}, which is no column"
        assert set(line) == {"see", "write"}, field
        assert {*line["see"], *line["write"]} <= {*policy.roles, OTHER}, field


def test_a_line_too_few_or_too_many_is_named(place: Callable[..., Portal]) -> None:
    operator: Operator = operator_of(place("nagi"))
    good = read_policy(FILES["nagi"])
    key = "GET /bills"
    line = line_of(key, good.routes[key])
    without = {k: v for k, v in good.routes.items() if k != key}
    assert differences(replace(good, routes=without), operator) == [f"add to [routes]: {line}"]
    assert differences(good, operator, [r for r in all_routes() if r.name != "bills"]) == [
        f"remove from [routes]: {line}"
    ]
    wider = {**good.routes, key: good.routes[key] | {"who": ["holder"]}}
    assert differences(replace(good, routes=wider), operator) == [f"correct in [routes]: {line}"]
    fewer = {role: held for role, held in good.roles.items() if role != "reader"}
    assert differences(replace(good, roles=fewer), operator) == [
        f'add to [roles]: reader = ["{BILL_READ}", "guidance", "home"]'
    ]
    more = {**good.roles, "clerk": []}
    assert differences(replace(good, roles=more), operator) == ["remove from [roles]: clerk = []"]


def test_a_cell_that_lies_is_noticed(cast: Callable[[str], Cast]) -> None:
    there = cast("nagi")
    line = policy_of("nagi").routes["GET /contract"]
    lies = [
        Cell("GET", "/contract", line | {"who": ["reader"]}, "reader"),
        Cell("GET", "/contract", line | {"who": []}, "holder"),
        Cell("GET", "/contract", line | {"who": "everybody"}, ANONYMOUS),
        Cell("POST", "/card/start", line | {"who": []}, "holder"),
        Cell("GET", "/home", {"who": "everybody"}, ANONYMOUS),
    ]
    told = [policykit.wrong_answer(there.portal, c, s) for c, s in zip(lies, there.answers(lies), strict=True)]
    assert [bool(each) for each in told] == [True, True, True, True, False]


def test_a_missing_file_is_named(tmp_path: object) -> None:
    import sample_operator.plugin as nagi

    path = policykit.Path(str(tmp_path)) / "policy.toml"
    with pytest.raises(ValueError, match=r"policy\.toml is missing; every operator has a policy\.toml"):
        check_policy("nagi", nagi, path)
    path.write_text("[rights]\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"unknown table 'rights' \(known: routes, roles, fields\)"):
        check_policy("nagi", nagi, path)
