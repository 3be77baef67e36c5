"""Every bad line is named with its number, field and reason; the lines around it are loaded."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mypage.hooks.passwords import ASCII_LETTERS, IdentifierPolicy
from mypage.imports.chunk import Means
from mypage.imports.reading import LONGEST_LINE, batches, decode, feed_lines
from mypage.imports.report import BadLine, Report

Feed = Callable[..., Report]
Rows = Callable[..., list[Any]]
CUSTOMER = {"type": "customer", "number": "1", "name": "見本"}
CONTRACT = {"type": "contract", "customer": "1", "number": "K1", "name": "見本コース"}
LINE = {"description": "コース", "amount": 100}
INVOICE = {"type": "invoice", "customer": "1", "number": "R1", "month": "2026-11", "issued_on": "2026-11-10"} | {
    "status": "paid",
    "lines": [LINE],
}
ACCOUNT = {"type": "account", "customer": "1", "scheme": "id", "login_id": "taro"}
NOTICE = {"type": "notice", "key": "n", "title": "題", "body": "文", "starts_at": "2026-11-01T00:00:00+09:00"}
TOLD_APART = IdentifierPolicy(length=(1, 20), alphabet=ASCII_LETTERS, case_sensitive=True)
CARD = {"type": "card", "customer": "1", "gateway": "g", "token": "t", "brand": "visa", "last4": "4242"} | {
    "exp_month": 1,
    "exp_year": 2030,
}

BAD: list[tuple[dict[str, Any], str]] = [
    (CUSTOMER | {"name": 5}, "name: should be text, not a whole number"),
    (CUSTOMER | {"nmae": "x"}, "nmae: is not a field of this kind"),
    ({"type": "customer", "number": "1"}, "name: is missing"),
    (CUSTOMER | {"type": "client"}, "type: 'client' is not one of the known words"),
    ({"number": "1"}, "type: is missing"),
    (CUSTOMER | {"number": " 　"}, "number: is blank; give a value"),
    (CUSTOMER | {"number": "9" * 65}, "number: is too long (the limit is 64)"),
    (CUSTOMER | {"name": "見\u0000本"}, "name: holds a control character, such as NUL"),
    (CUSTOMER | {"name": "見本\u202e"}, "name: holds a mark that turns the reading direction"),
    (CUSTOMER | {"address": "一\n二"}, "address: holds a line break, which this field cannot have"),
    (CUSTOMER | {"email": "taro at example"}, "email: is not an e-mail address; write it as name@example.jp"),
    (CUSTOMER | {"kind": "robot"}, "kind: 'robot' is not one of the known words"),
    (CUSTOMER | {"proof_code": []}, "proof_code: is too short (the limit is 1)"),
    (CUSTOMER | {"proof_code": ["a", " "]}, "proof_code: is blank; give a value"),
    (CONTRACT | {"customer": "404"}, "customer: there is no customer 404; load the customers first"),
    (CONTRACT | {"started_on": "2026-02-30"}, "started_on: is not a day such as 2026-11-27"),
    (CONTRACT | {"started_on": "2026-02-01", "ended_on": "2026-01-31"}, "ended_on: lies before started_on"),
    (CONTRACT | {"started_on": "0202-04-01"}, "started_on: is in the year 202; days lie between 1900 and 2199"),
    (CONTRACT | {"details": {"a\u0000": "x"}}, "details: holds a control character, such as NUL"),
    (CONTRACT | {"details": {"回線": "\u0000"}}, "details.回線: holds a control character, such as NUL"),
    (CONTRACT | {"services": [{"category": "c"}]}, "services[0].name: is missing"),
    (CONTRACT | {"services": [{"category": "c", "name": " "}]}, "services[0].name: is blank; give a value"),
    (INVOICE | {"lines": []}, "lines: is too short (the limit is 1)"),
    (INVOICE | {"lines": [LINE | {"amount": 100.0}]}, "lines[0].amount: should be a whole number, not a number with decimals"),
    (INVOICE | {"lines": [LINE | {"amount": 10**13}]}, "lines[0].amount: is too large (the limit is 1000000000000)"),
    (INVOICE | {"month": "2026-13"}, "month: does not have the form that this field needs"),
    (INVOICE | {"month": "0000-01"}, "month: is in the year 0; give the month billed, such as 2026-11"),
    (
        INVOICE | {"totals": {"net": 100, "tax": 11, "total": 111}},
        "totals.tax: is 11 in the file, but the lines give 10 (tax once per rate, fractions down)",
    ),
    (INVOICE | {"customer": "404"}, "customer: there is no customer 404; load the customers first"),
    (ACCOUNT | {"password": "a", "password_hash": {"kind": "md5", "value": "0" * 32}}, "password_hash: stands beside a password; give one of the two"),
    (ACCOUNT | {"password_hash": {"kind": "md5", "value": "himitsu"}}, "password_hash.value: is no md5 digest; it has 32 hexadecimal digits"),
    (ACCOUNT | {"password_hash": {"kind": "md5", "value": "0" * 32, "salt": "x"}}, "password_hash.salt: has no meaning for the kind md5"),
    (ACCOUNT | {"password_hash": {"kind": "sha256-salt-last", "value": "0" * 64}}, "password_hash.salt: is missing for the kind sha256-salt-last"),
    (
        ACCOUNT | {"password_hash": {"kind": "mypage", "value": "v1$p00000000$argon2id$v=19$m=4194304,t=9,p=1$AAAA$AAAA"}},
        "password_hash.value: is no hash that this installation made, with its pepper and costs",
    ),
    (ACCOUNT | {"customer": "404"}, "customer: there is no customer 404; load the customers first"),
    (NOTICE | {"starts_at": "2026-11-01T00:00:00"}, "starts_at: has no offset; give an instant such as 2026-11-21T09:00:00+09:00"),
    (NOTICE | {"ends_at": "2026-10-01T00:00:00Z"}, "ends_at: does not lie after starts_at"),
    (NOTICE | {"body": " \n "}, "body: is blank; give a value"),
    (NOTICE | {"key": "desk x"}, "key: begins with 'desk ', as keys of the staff console do; give another one"),
    (NOTICE | {"customer": "404"}, "customer: there is no customer 404; load the customers first"),
    (CARD | {"last4": "42424"}, "last4: does not have the form that this field needs"),
    (CARD | {"token": "日本"}, "token: holds characters that no token has; give it as the payment company does"),
    (CARD | {"customer": "404"}, "customer: there is no customer 404; load the customers first"),
]  # fmt: skip


@pytest.mark.parametrize(("line", "said"), BAD, ids=[said.partition(";")[0][:60] for _, said in BAD])
def test_a_bad_line_is_refused_and_its_neighbours_are_loaded(
    feed: Feed, rows: Rows, line: dict[str, Any], said: str
) -> None:
    good = {"type": "customer", "number": "77", "name": "前"}, {"type": "customer", "number": "88", "name": "後"}
    report = feed({"type": "customer", "number": "1", "name": "見本"}, good[0], line, good[1])
    assert [str(problem) for problem in report.problems] == [f"line 3, {said}"]
    assert report.tally.total("refused") == 1
    assert rows("SELECT number FROM customer WHERE tenant_id = :t ORDER BY number") == ["1", "77", "88"]
    for table in ("contract", "invoice", "account", "login_name", "notice", "payment_method"):
        assert rows(f"SELECT count(*) FROM {table} WHERE tenant_id = :t") == [0]


RAW: list[tuple[bytes, str]] = [
    (b"hello\n", "line 2: is not a JSON object (invalid character (byte 0))"),
    (b'{"type":"customer"\n', "line 2: is not a JSON object (Input data was truncated)"),
    (b"[1]\n", "line 2: should be an object, not a list"),
    (b'{"type":"customer","number":"1","name":"\\ud800"}\n', "line 2: holds half of a character (a lone surrogate)"),
    (b'{"type":"customer","number":"1","name":"\x8e\xa9"}\n', "line 2: is not UTF-8"),
    (b'{"type":"customer","number":"1","name":"\x00"}\n', "line 2: is not a JSON object (invalid character (byte 40))"),
    (
        b'{"type":"customer","number":"1","name":"x"}{}\n',
        "line 2: is not a JSON object (trailing characters (byte 44))",
    ),
    (b'{"type":"contract","details":' + b'{"a":' * 50_000, "line 2, details[...]: should be text, not an object"),
    (b'{"x":' + b"[" * 50_000, "line 2: is nested too deeply"),
    (b'"' + b"x" * LONGEST_LINE + b'"\n', "line 2: is longer than 1,000,000 bytes"),
]


@pytest.mark.parametrize(("raw", "said"), RAW, ids=[said[:60] for _, said in RAW])
def test_what_is_no_record_at_all(feed: Feed, raw: bytes, said: str) -> None:
    report = feed(
        {"type": "customer", "number": "7", "name": "前"}, raw, {"type": "customer", "number": "8", "name": "後"}
    )
    assert [str(problem) for problem in report.problems] == [said]
    assert report.tally.total("new") == 2


def test_a_byte_order_mark_and_empty_lines_do_no_harm(feed: Feed) -> None:
    report = feed(b"\xef\xbb\xbf" + json.dumps(CUSTOMER).encode() + b"\r\n", b"\n", b"  \r\n", b"")
    assert (report.lines, report.problems, report.tally.total("new")) == (1, [], 1)


def test_a_key_stated_twice_counts_once(feed: Feed, rows: Rows) -> None:
    lines: list[dict[str, Any]] = [CUSTOMER, CONTRACT, INVOICE, ACCOUNT, NOTICE, CARD]
    again = [line | {key: value} for line, key, value in zip(
        lines, ("name", "name", "status", "email", "title", "exp_year"), ("別", "別", "failed", "", "別", 2031), strict=True
    )]  # fmt: skip
    again[0]["number"] = "１"
    report = feed(*lines, *again, chunk=5)
    assert [str(problem) for problem in report.problems] == [
        "line 7, number: customer １ was stated in line 1 already",
        "line 8, number: contract K1 was stated in line 2 already",
        "line 9, number: invoice R1 was stated in line 3 already",
        "line 10, login_id: login ID taro was stated in line 4 already",
        "line 11, key: notice n was stated in line 5 already",
        "line 12, customer: the card of customer 1 was stated in line 6 already",
    ]
    assert rows("SELECT name FROM customer WHERE tenant_id = :t") == ["見本"]


def test_another_tenants_customer_is_unknown(feed: Feed, tenant_name: str) -> None:
    feed(CUSTOMER, tenant=f"{tenant_name}x")
    report = feed(CONTRACT, INVOICE, ACCOUNT, CARD, NOTICE | {"customer": "1"})
    assert [problem.field for problem in report.problems] == ["customer"] * 5
    assert feed(CONTRACT, tenant=f"{tenant_name}x").clean


def test_schemes_and_roles_of_the_operator(feed: Feed, means: Means) -> None:
    strict = replace(means, schemes={"id": TOLD_APART}, roles=frozenset({"holder"}))
    report = feed(
        CUSTOMER,
        ACCOUNT | {"login_id": "Taro"},
        ACCOUNT | {"login_id": "taro"},
        ACCOUNT | {"scheme": "mail", "login_id": "x"},
        ACCOUNT | {"role": "king", "login_id": "y"},
        means=strict,
    )
    assert [str(problem) for problem in report.problems] == [
        "line 4, scheme: 'mail' is no login scheme here; there is id",
        "line 5, role: 'king' is no role here; there is holder",
    ]
    assert report.tally.counts["account", "new"] == 2, "case tells login IDs of this scheme apart"


def test_problems_are_told_in_the_order_of_lines_and_can_be_streamed(feed: Feed) -> None:
    told: list[int] = []
    report = feed(
        CONTRACT, b"x\n", CONTRACT | {"number": "K2"}, b"y\n", on_problem=lambda problem: told.append(problem.line)
    )
    assert told == [1, 2, 3, 4]
    assert report.problems == []
    assert not report.clean


def test_secrets_of_a_bad_line_are_not_repeated(feed: Feed) -> None:
    report = feed(
        CUSTOMER, ACCOUNT | {"password": "himitsu2026" * 40}, ACCOUNT | {"customer": "9", "password": "himitsu2026"}
    )
    assert len(report.problems) == 2
    assert "himitsu" not in "\n".join(report.printable())


def test_overlong_lines_are_cut_while_reading() -> None:
    stream = io.BytesIO(b"a\n" + b"x" * 5_000_000 + b"\nb\n" + b"y" * LONGEST_LINE + b"\n" + b"z" * 3_000_000)
    lines = list(feed_lines(stream))
    assert [line[:1] for line in lines] == [b"a", b"x", b"b", b"y", b"z"]
    assert max(map(len, lines)) <= LONGEST_LINE + 2
    assert len(lines[3].rstrip()) == LONGEST_LINE


def notice_named(key: str) -> bytes:
    return json.dumps(NOTICE | {"key": key}).encode()


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.binary(max_size=200)
    | st.text(max_size=80).map(lambda text: json.dumps({"type": "notice", "key": text}).encode())
)
def test_no_bytes_make_it_stumble(means: Means, raw: bytes) -> None:
    with suppress(BadLine):
        decode(raw)
    assert sum(batch.lines for batch in batches([raw], means, 10)) <= 1
